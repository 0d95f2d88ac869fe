"""The floor: the least that a Django page costs here. Log-in, 50 rows, one template, no more.

Settings, address and view of a server of its own, so that nothing of Tandem is in it.
"""

from bench import settings as ours
from bench.settings import *  # noqa: F403

ROOT_URLCONF = "bench.floor_page"
MIDDLEWARE = [
    "bench.probe.Probe",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [{**ours.TEMPLATES[0], "DIRS": ["bench/templates"], "OPTIONS": {}}]
