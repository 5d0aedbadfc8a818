"""DIIP's own settings, with the endpoint to compare with among the URLs."""

from diip.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api_peer"
ALLOWED_HOSTS = ["127.0.0.1"]
