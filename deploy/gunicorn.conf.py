"""gunicorn's settings in production: `gunicorn --config deploy/gunicorn.conf.py crm.wsgi`.

Sync views on threads. WEB_CONCURRENCY sets the number of workers (about one per core, plus one).
"""

import multiprocessing
import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", multiprocessing.cpu_count() + 1))
threads = 4
timeout = 60
graceful_timeout = 30
max_requests = 5000  # a slow leak never grows for long
max_requests_jitter = 500
control_socket_disable = True  # nobody asks it anything
worker_tmp_dir = "/dev/shm"  # noqa: S108  # a heartbeat file on a slow disk looks like a dead worker
