"""Sends signed webhooks as trackers do: usually right, and wrong in every way on demand.

    deliveries.subscribe("github", "http://127.0.0.1:8000/hooks/7/", "s3cret")
    deliveries.behave(copies=2, hold=True, shuffle=True)
    trackers.github.changes().close(7)
    deliveries.release()

What is not held goes out from a thread of its own: a change never waits for its listeners.
"""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import count
from queue import Queue
from threading import Lock, Thread
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from .clock import Clock
from .seeded_random import Dice, key_of
from .web import Outgoing

_PATIENCE = 10
"""Seconds, GitHub's own."""
Post = Callable[[str, bytes, Mapping[str, str]], int]
Greeting = Callable[["Subscription"], Outgoing]


class Subscription(msgspec.Struct, frozen=True):
    """A hook: who gets to hear of a tracker's changes."""

    id: int
    tracker: str
    url: str
    secret: str = ""

    def shown(self) -> dict[str, object]:
        return {"id": self.id, "tracker": self.tracker, "url": self.url}


class Behaviour(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How deliveries are made."""

    copies: int = 1
    """How often each is sent, under the same id."""
    hold: bool = False
    """Kept until `release()`."""
    shuffle: bool = False
    """What was held is released in no order."""
    drop: float = 0
    """Percent that never go out."""
    signature: Literal["right", "none", "bad", "wrong_secret"] = "right"


class Delivery(msgspec.Struct):
    """One webhook to one subscriber, and what was answered."""

    id: int
    subscription: Subscription
    outgoing: Outgoing
    signature: str
    status: int | None = None
    """None: not sent, or nobody answered."""
    error: str = ""
    """`dropped`, or why there was no answer."""
    at: float | None = None

    @property
    def headers(self) -> dict[str, str]:
        hook = str(self.subscription.id)
        headers = {n: v.replace("{hook}", hook) for n, v in self.outgoing.headers.items()}
        return headers | (
            {self.outgoing.signature_header: self.signature} if self.signature else {}
        )

    def shown(self) -> dict[str, object]:
        return {
            "id": self.id, "subscription": self.subscription.id, "event": self.outgoing.event,
            "headers": self.headers, "status": self.status, "error": self.error, "at": self.at,
        }  # fmt: skip


class Deliveries:
    """All subscriptions, and what was sent to them."""

    def __init__(self, seed: int, clock: Clock, post: Post | None = None) -> None:
        self.behaviour = Behaviour()
        self.sent: list[Delivery] = []
        """Also what was dropped, in the order in which it left."""
        self.held: list[Delivery] = []
        self.subscriptions: list[Subscription] = []
        self.greetings: dict[str, Greeting] = {}
        """What a tracker sends first of all, by tracker."""
        self._clock, self._post = clock, post or post_over_http
        self._dice = Dice(key_of(seed, "deliveries"))
        self._ids, self._hooks = count(1), count(400_000_001)
        self._lock = Lock()
        self._queue: Queue[Delivery | None] = Queue()
        self._thread: Thread | None = None

    # --- who, and how ----------------------------------------------------------------------------

    def subscribe(self, tracker: str, url: str, secret: str = "") -> Subscription:
        """ValueError where the address is none that can be sent to."""
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).netloc:
            raise ValueError(f"{url!r} is no address for webhooks")
        subscription = Subscription(next(self._hooks), tracker, url, secret)
        self.subscriptions.append(subscription)
        if tracker in self.greetings:
            self._take(subscription, self.greetings[tracker](subscription))
        return subscription

    def unsubscribe_all(self) -> None:
        self.subscriptions.clear()
        self.held.clear()

    def is_wanted(self, tracker: str) -> bool:
        """Nobody needs to write a payload that nobody gets."""
        return any(subscription.tracker == tracker for subscription in self.subscriptions)

    def behave(self, **options: Any) -> Behaviour:
        """From now on; what is not named is as it was at first."""
        self.behaviour = msgspec.convert(options, Behaviour)
        return self.behaviour

    # --- what goes out ---------------------------------------------------------------------------

    def happened(self, tracker: str, outgoing: Outgoing) -> None:
        for subscription in self.subscriptions:
            if subscription.tracker == tracker:
                self._take(subscription, outgoing)

    def release(self) -> list[Delivery]:
        """Send what was held, here and now; returns it with the answers."""
        with self._lock:
            held, self.held = self.held, []
            if self.behaviour.shuffle:
                held = self._dice.few(held, len(held))
        for delivery in held:
            self._send(delivery)
        return held

    def redeliver(self, delivery_id: int) -> Delivery:
        """Once more, under the same headers, here and now."""
        for old in self.sent:
            if old.id == delivery_id:
                again = Delivery(next(self._ids), old.subscription, old.outgoing, old.signature)
                self._send(again)
                return again
        raise LookupError(f"No delivery {delivery_id} was sent")

    def settle(self) -> None:
        """Wait until everything that is not held has been answered."""
        self._queue.join()

    def stop(self) -> None:
        """What is on its way still arrives."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            self._thread = None

    def _take(self, subscription: Subscription, outgoing: Outgoing) -> None:
        with self._lock:
            signature = self._signature(subscription, outgoing)
            for _ in range(self.behaviour.copies):
                delivery = Delivery(next(self._ids), subscription, outgoing, signature)
                if self._dice.chance(self.behaviour.drop):
                    delivery.error = "dropped"
                    self.sent.append(delivery)
                elif self.behaviour.hold:
                    self.held.append(delivery)
                else:
                    self._soon(delivery)

    def _soon(self, delivery: Delivery) -> None:
        self._queue.put(delivery)
        if self._thread is None:
            self._thread = Thread(target=self._work, daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                self._send(delivery)
            finally:
                self._queue.task_done()

    def _send(self, delivery: Delivery) -> None:
        delivery.at = self._clock.exact()
        try:
            url, body = delivery.subscription.url, delivery.outgoing.body
            delivery.status = self._post(url, body, delivery.headers)
        except (OSError, HTTPException) as error:
            delivery.error = type(error).__name__
        with self._lock:
            self.sent.append(delivery)

    def _signature(self, subscription: Subscription, outgoing: Outgoing) -> str:
        kind, secret = self.behaviour.signature, subscription.secret
        if kind == "none" or not secret:
            return ""
        body = outgoing.body + (b" " if kind == "bad" else b"")
        return sign(secret + ("-not" if kind == "wrong_secret" else ""), body)


def sign(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


def post_over_http(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=_PATIENCE)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
