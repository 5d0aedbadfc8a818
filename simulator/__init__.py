"""Trackers that run here: they behave, change while one reads them, and fail on demand.

Plain Python, importable alone. `server.TrackerServer` starts all of them on one port.
"""
