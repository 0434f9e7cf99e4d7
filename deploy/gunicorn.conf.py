"""How gunicorn serves the site, in the image and on a machine: ``gunicorn aifashion.wsgi -c deploy/gunicorn.conf.py``."""

import os
import shutil
import tempfile
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)
# The processes share the cores: a net that takes them all in each of them only waits for the others.
os.environ.setdefault("AIFASHION_MODEL_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
timeout = 60  # a worker that does not answer for so long is killed
graceful_timeout = 30  # told to stop, it takes nobody in and has so long to answer whom it has let in
keepalive = 75  # longer than the load balancer waits, so that it never meets a door just shut
limit_request_line = 8190
control_socket_disable = True  # nobody steers it but the system that started it
accesslog = None  # the site writes a line a request itself, without addresses
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108  # nosec B108

if workers > 1:  # the processes count together; /metrics adds up
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="aifashion-metrics-")


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(os.environ.get("PROMETHEUS_MULTIPROC_DIR", ""), ignore_errors=True)
