"""What the workers do, what waits for them, what failed; and a person's hand in it.

`workers` asks the running workers, `queues` looks into the broker, `failed` and `syncs` read the
database; `snapshot` is all of it at one moment, and `actions` what an admin may do about it.
"""
