"""What opening a lead's record costs in all: the page, and every panel that loads after it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.users.models import Role
from tests.factories import LeadFactory, UserFactory

LOADED = re.compile(r'<[^>]*hx-get="([^"]+)"[^>]*hx-trigger="load[^"]*"[^>]*>')


@pytest.mark.django_db
def test_the_whole_record_takes_100_queries_in_16_requests_at_most(client):
    client.force_login(UserFactory(role=Role.ADMIN))
    lead = LeadFactory()
    client.get(lead.get_absolute_url())

    with CaptureQueriesContext(connection) as queries:
        page = client.get(lead.get_absolute_url()).content.decode()
        panels = [path.replace("&amp;", "&") for path in LOADED.findall(page)]
        answers = [client.get(path, headers={"HX-Request": "true"}) for path in panels]

    assert {answer.status_code for answer in answers} == {200}
    assert len(panels) + 1 <= 16
    assert len(queries) <= 100
