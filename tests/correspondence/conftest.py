import pytest

from tests.correspondence.servers import imap_server, smtp_server
from tests.factories import LeadFactory, UserFactory


@pytest.fixture(autouse=True)
def domain(settings):
    settings.INBOUND_DOMAIN = "in.tandem.example"
    settings.DEFAULT_FROM_EMAIL = "Tandem <tandem@example.com>"
    settings.MAIL_KEPT = True


@pytest.fixture
def smtp(settings):
    """A mail server on loopback, which the administrator has listed."""
    with smtp_server() as running:
        settings.CONNECT_NETWORKS = ["127.0.0.0/8"]
        settings.CONNECT_MAIL_PORTS = [running[1]]
        yield running


@pytest.fixture
def imap(settings):
    with imap_server() as (folder, url):
        settings.INBOUND_IMAP_URL = url
        yield folder


@pytest.fixture
def rita(organisation):
    return UserFactory(name="Rita Reyes", email="rita@example.com")


@pytest.fixture
def ana(rita):
    return LeadFactory(name="Ana Costa", email="ana@acme.pt", owner=rita)
