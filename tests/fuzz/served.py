"""What gunicorn serves while it is attacked: DIIP, where every name but this machine's is unknown.

No request of a fuzz leaves the machine: asking a tracker fails at the look-up of its name.
"""

import socket
from typing import Any

from diip.wsgi import application

__all__ = ["application"]

_look_up = socket.getaddrinfo


def _here_only(host: Any, *arguments: Any, **options: Any) -> Any:
    if host not in ("127.0.0.1", "localhost", "::1", None, ""):
        raise socket.gaierror(socket.EAI_NONAME, "no names in a fuzz")
    return _look_up(host, *arguments, **options)


socket.getaddrinfo = _here_only
