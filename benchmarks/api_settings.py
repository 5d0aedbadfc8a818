"""DIIP's settings with the URLs of the comparison endpoint added."""

from diip.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.api_peer"
ALLOWED_HOSTS = ["127.0.0.1"]
