"""Recorded rows of an earlier tree, as plain values.

python -m tests.upgrade.record     record this tree (CONTRIBUTING.md says when)
"""

from base64 import urlsafe_b64encode
from pathlib import Path

FILE = Path(__file__).with_name("recorded.json")
EMAIL = "ann@example.com"
PASSWORD = "correct horse 9"
TOKEN = "ghp_one"
SETTINGS = {
    "SECRET_KEY": "only for recorded tests, and no secret at all " * 2,
    "DIIP_ENCRYPTION_KEYS": urlsafe_b64encode(b"only for recorded tests, no key!").decode(),
}
"""Keys of the recorded hashes and ciphertexts. Record again after changing them."""
