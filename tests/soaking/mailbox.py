"""A real mail server on loopback that keeps what it is given."""

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from threading import Condition
from typing import Any

from aiosmtpd.controller import Controller

from tests.platform import free_port


@dataclass
class Mailbox:
    port: int
    mails: list[Message] = field(default_factory=list)
    _came: Condition = field(default_factory=Condition, repr=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        with self._came:
            self.mails.append(message_from_bytes(envelope.content))
            self._came.notify_all()
        return "250 Taken"

    @property
    def ids(self) -> list[str]:
        """Of alerts: mails that ask an address something have a way to refuse more."""
        alerts = [mail for mail in self.mails if "/mail/refuse/" not in _text(mail)]
        return [str(mail["Message-ID"]) for mail in alerts]

    def answer(self, page: str, to: str, **fields: str) -> None:
        """Wait for the mail that asks this address, follow its link and press the button."""
        with self._came:
            assert self._came.wait_for(lambda: self._links(page, to), timeout=120), (page, to)
        place, _, link = self._links(page, to)[-1].partition("?link=")
        form = urllib.parse.urlencode({"link": urllib.parse.unquote(link), **fields})
        with urllib.request.urlopen(place, form.encode(), timeout=60) as said:
            assert said.status == 200

    def _links(self, page: str, to: str) -> list[str]:
        texts = [_text(mail) for mail in self.mails if mail["To"] == to]
        return re.findall(rf"http\S+/mail/{page}/\?link=\S+", "\n".join(texts))


def _text(mail: Message) -> str:
    return bytes(mail.get_payload(decode=True)).decode()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox(free_port())
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
