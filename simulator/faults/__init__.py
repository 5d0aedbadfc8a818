"""How a tracker misbehaves on demand."""
