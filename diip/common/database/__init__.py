"""Django's database backends with a time limit on every wait."""
