"""The application under measurement, its reports counted for each visit, never shown as kept."""

from datetime import timedelta

from bench.settings import *  # noqa: F403

REPORT_KEPT_FROM = timedelta(days=1)
