"""What tests of quotes start from."""

from datetime import timedelta
from decimal import Decimal

import pytest

from crm.users.models import Role
from deals.quotes import sending, services
from deals.quotes.models import QuoteSettings
from deals.quotes.sending import Letter
from deals.quotes.services import NewLine
from tests.factories import CompanyFactory, DealFactory, LeadFactory, TeamFactory, UserFactory


@pytest.fixture
def team(organisation):
    return TeamFactory(name="North")


@pytest.fixture
def rep(team):
    return UserFactory(name="Rita Rep", team=team)


@pytest.fixture
def manager(team):
    return UserFactory(name="Sam Manager", team=team, role=Role.SALES_MANAGER)


@pytest.fixture
def deal(rep):
    company = CompanyFactory(name="Feld & Söhne")
    lead = LeadFactory(name="Marcus Feld", email="marcus@feld.example", company=company, owner=rep)
    return DealFactory(name="Licences", lead=lead, company=company, owner=rep, team=rep.team)


@pytest.fixture
def limit(organisation):
    """A rep may give 10 % on his own."""
    return QuoteSettings.objects.create(pk=1, approve_percent=Decimal(10), address="Acme\nBerlin")


@pytest.fixture
def draft(deal, rep):
    """Return a function: a draft of `deal` with these lines."""

    def make(*lines, **facts):
        quote = services.create_quote(deal, actor=rep)
        written = lines or (NewLine("Licence", Decimal(10), 10_000, tax_rate=Decimal(19)),)
        return services.write_draft(quote, facts, written, revision=quote.revision)

    return make


@pytest.fixture
def sent(draft, rep):
    """Return a function: a quote that has left the house."""

    def make(*lines, **facts):
        quote = draft(*lines, **facts)
        return sending.send(quote, LETTER, revision=quote.revision, actor=rep)

    return make


LETTER = Letter("marcus@feld.example", "Your quote", "Hello Marcus")
LATER = timedelta(days=60)
