"""Task dashboard: running, waiting and failed tasks, and admin actions on them.

`workers` queries the running workers, `queues` reads the broker, `failed` and `syncs` read the
database; `snapshot` combines them at one time, `actions` holds the admin actions.
"""
