"""`/_control/deliveries`: who gets webhooks, and how well, over HTTP."""

from collections.abc import Callable
from typing import Any

import msgspec

from .deliveries import Deliveries
from .web import Reply, Request, json_reply

HELP = {
    "GET /_control/deliveries": "subscriptions, behaviour, what was sent and what is held",
    "POST /_control/deliveries": "{copies, hold, shuffle, drop, signature: right, none, bad or"
    " wrong_secret}: behave so from now on; DELETE ends all subscriptions",
    "POST /_control/deliveries/subscribe": "{tracker, url, secret}",
    "POST /_control/deliveries/release": "send what is held",
    "POST /_control/deliveries/redeliver": "{id}: once more, under the same headers",
}
Body = dict[str, Any]


def handle(deliveries: Deliveries, request: Request, tail: str, body: Body) -> Reply:
    """LookupError where there is nothing of that name."""
    if request.method == "GET" and not tail:
        return json_reply(200, _shown(deliveries))
    if request.method == "DELETE" and not tail:
        deliveries.unsubscribe_all()
        return Reply(204)
    actions: dict[str, Callable[[], object]] = {
        "": lambda: deliveries.behave(**body),
        "subscribe": lambda: _subscribe(deliveries, body),
        "release": lambda: [delivery.shown() for delivery in deliveries.release()],
        "redeliver": lambda: deliveries.redeliver(int(body["id"])).shown(),
    }
    if tail not in actions:
        raise LookupError(f"{tail} cannot be done; GET /_control lists what can")
    return json_reply(200, actions[tail]())


def _subscribe(deliveries: Deliveries, body: Body) -> object:
    secret = str(body.get("secret", ""))
    return deliveries.subscribe(str(body["tracker"]), str(body["url"]), secret).shown()


def _shown(deliveries: Deliveries) -> dict[str, object]:
    return {
        "subscriptions": [subscription.shown() for subscription in deliveries.subscriptions],
        "behaviour": msgspec.to_builtins(deliveries.behaviour),
        "sent": [delivery.shown() for delivery in deliveries.sent],
        "held": [delivery.shown() for delivery in deliveries.held],
    }
