"""Rows of the page counter and of the website's traffic."""

from crm.users.permissions import EVERYBODY
from tests.matrix.base import Row

ROWS = [
    Row("tracking:hit", post=EVERYBODY, public=True),
    Row("tracking:script", get=EVERYBODY, public=True),
    Row("tracking:pixel", get=EVERYBODY, public=True),
    Row("tracking:website", get=EVERYBODY),
    Row("tracking:install", get=EVERYBODY),
    Row("tracking:lead-website", get=EVERYBODY, obj="lead"),
]
