"""The Content-Security-Policy of the pages: our own files, nothing written into a page."""

import pytest

from crm.users.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
PAGES = ["/", "/leads/", "/deals/", "/reports/funnel/", "/settings/", "/no/such/page/"]


def policy(response):
    return response.headers["Content-Security-Policy"]


def test_a_page_before_the_log_in_takes_our_own_files_alone(client):
    said = policy(client.get("/login/"))

    assert "default-src 'self'" in said
    assert "object-src 'none'" in said
    assert "frame-ancestors 'none'" in said
    assert "unsafe" not in said


@pytest.mark.parametrize("path", PAGES)
def test_no_page_may_hold_script_or_style_of_its_own(sign_in, path):
    response = sign_in(role=Role.ADMIN).get(path)

    assert "unsafe" not in policy(response)
    assert "http" not in policy(response)
