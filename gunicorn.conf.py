"""gunicorn's options. Threads wait on the database and on long-polls; processes do the work."""

import itertools
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

# webapp/settings.py checks HOST. It is not imported here: a reload (SIGHUP) reads this file again, but no module.
_host = (os.environ.get("HOST", "").strip() or "127.0.0.1").strip("[]")
bind = (f"[{_host}]:" if ":" in _host else f"{_host}:") + (os.environ.get("PORT") or "8000")
worker_class = "webapp.server.BoundedThreadWorker"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
# Longer than the longest wait that a client may ask for.
timeout = 60
graceful_timeout = 10
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
# The application refuses half of this, with headers that browsers need (webapp/headers.py).
limit_request_line = 8190
limit_request_fields = 200
limit_request_field_size = 16_384
# Our own log has a line per request, by route and without query strings.
accesslog = None
errorlog = "-"
loglevel = "warning"
# gunicorn's own lines, in the shape of ours.
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "webapp.logs.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "WARNING", "handlers": ["stderr"], "propagate": False}},
}
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeats must not wait for a disk
control_socket_disable = True

# The processes of this host count requests in files that each of them can read (webapp/operations/metrics.py).
# A directory for each start: counters of processes long gone would otherwise be added for ever.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="interview-metrics-")


def pre_fork(server: Any, worker: Any) -> None:
    """Give the process the lowest number that no live one has, for the names of its counters' files."""
    taken = {other.metrics_slot for other in server.WORKERS.values() if other is not worker}
    worker.metrics_slot = next(number for number in itertools.count() if number not in taken)


def post_fork(server: Any, worker: Any) -> None:
    # The parent has imported a part of the application (worker_class, the formatter above). After a reload (SIGHUP)
    # a worker must not mix that with modules of the new version.
    for name in [name for name in sys.modules if name.partition(".")[0] == "webapp"]:
        del sys.modules[name]
    # Named by the number and not by the process: one that replaces another (max_requests) goes on with its files,
    # which would otherwise be two more with every replacement, for as long as gunicorn runs.
    from prometheus_client import values

    values.ValueClass = values.MultiProcessValue(lambda: worker.metrics_slot)


def on_exit(server: Any) -> None:
    import shutil

    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)
