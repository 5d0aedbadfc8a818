"""Mail server on the loopback that keeps received mails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller


@dataclass
class MailServer:
    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    refusal: str = ""
    """SMTP response that rejects every mail: `550 no`; empty accepts."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's
        if self.refusal:
            return self.refusal
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]


def link_in(mail: EmailMessage, page: str) -> str:
    """Return path and query of the link to `page` in a mail."""
    [found] = re.findall(rf"https?://[^/\s]+(/mail/{page}/\?link=\S+)", mail.get_content())
    return str(found)


class _AnyPort(Controller):
    """Controller on a free port chosen by the system."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    controller = _AnyPort(server, hostname="127.0.0.1", port=0)
    controller.start()
    server.port = controller.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    yield server
    controller.stop()
