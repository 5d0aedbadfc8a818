"""Connections go to the checked address; TLS verifies the name."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from integrations.providers.contract.base import ProviderUnavailable
from integrations.tests.upstream import answer, session, upstream, world

__all__ = ["session", "world"]


def certificate(name):
    """Build a self-signed certificate with its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM) + private


@pytest.mark.parametrize(("name", "is_right"), [("ghe.test", True), ("other.test", False)])
def test_tls_is_checked_against_the_name(session, monkeypatch, tmp_path, name, is_right):
    pem = tmp_path / "ghe.pem"
    pem.write_bytes(certificate(name))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with upstream(answer(b"[1]"), pem=pem) as server:
        url = f"https://ghe.test:{server.port}"
        with session(server, url) as out:
            if is_right:
                assert out.get(url, endpoint="/").body == b"[1]"
            else:
                with pytest.raises(ProviderUnavailable, match="certificate"):
                    out.get(url, endpoint="/")
