"""DjangoCRM's own settings on the benchmark's PostgreSQL, with the probe that Tandem has there."""

import os
import sys
from pathlib import Path

from webcrm.settings import *  # noqa: F403
from webcrm.settings import MIDDLEWARE

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
CONN = os.environ["PEER_DATABASE"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": CONN.rpartition("/")[2],
        "USER": "postgres",
        "HOST": CONN.partition("@")[2].partition(":")[0],
        "PORT": CONN.rpartition(":")[2].partition("/")[0],
        "CONN_MAX_AGE": 600,
    }
}
sys.path.append(str(Path(__file__).parents[1]))
"""Last, for bench/probe.py alone: other names there are those of DjangoCRM's packages."""
MIDDLEWARE = ["probe.Probe", *MIDDLEWARE]
LOGGING = {"version": 1}
