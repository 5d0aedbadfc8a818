"""The sync engine: how an integration's feeds become rows without losing or inventing any."""
