"""The application's settings with a probe that counts the queries of each request."""

from crm.settings import *  # noqa: F403
from crm.settings import MIDDLEWARE

MIDDLEWARE = ["bench.probe.Probe", *MIDDLEWARE]
ALLOWED_HOSTS = ["127.0.0.1"]
