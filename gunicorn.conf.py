"""The web server. By hand, in a container and under `run_platform` alike."""

import os
from pathlib import Path

from environ import Env

Env.read_env(os.environ.get("DIIP_ENV_FILE", Path(__file__).with_name(".env")))

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "diip.web_worker.BufferedWorker"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
preload_app = True
timeout = 60
graceful_timeout = 20
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 8190
# An absurd token gets the API's own 401 and not a page of the server.
limit_request_field_size = 65_536
# Opened under the user's home by default: two instances would fight over it.
control_socket_disable = True
# A heartbeat file on a slow disk makes healthy workers look dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
# One JSON object a line; no query strings, they hold what people search for.
accesslog = os.environ.get("ACCESS_LOG") or None
access_log_format = (
    '{"at":"%(t)s","from":"%({x-forwarded-for}i)s","method":"%(m)s","path":"%(U)s",'
    '"status":%(s)s,"bytes":"%(B)s","seconds":%(L)s,"request_id":"%({x-request-id}o)s"}'
)
