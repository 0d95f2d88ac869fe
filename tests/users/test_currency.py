"""The currency that reports count in: asked for twice, and fixed once amounts are stored."""

import pytest
from django.apps import apps
from django.utils.timezone import now

from crm.audit.models import Change
from crm.users.amounts import amount_columns, models_with_amounts
from crm.users.models import Organisation, Role
from deals.negotiation.models import Entry
from deals.quotes.models import QuoteSettings
from tests.factories import CampaignFactory, DealFactory
from tests.matrix.users import ORGANISATION

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
PATH = "/settings/organisation/"
DOLLARS = {**ORGANISATION, "currency": "USD"}
SURE = {**DOLLARS, "currency_confirmed": "on"}


@pytest.fixture
def browser(sign_in):
    return sign_in(role=Role.ADMIN)


def currency() -> str:
    return Organisation.objects.get(pk=1).currency


def test_another_currency_is_asked_for_once_more_and_says_what_changes(browser):
    asked = browser.post(PATH, DOLLARS)

    page = asked.content.decode()
    assert (asked.status_code, currency()) == (422, "EUR")
    assert "Tick this to change EUR to USD." in page
    assert "Nothing is converted." in page
    assert 'name="currency_confirmed"' in page


def test_the_question_stands_only_where_the_currency_changes(browser):
    pages = [browser.get(PATH), browser.post(PATH, {**ORGANISATION, "name": ""})]

    assert not [page for page in pages if "currency_confirmed" in page.content.decode()]


def test_the_change_that_is_meant_is_made_and_stands_in_the_history(browser):
    answer = browser.post(PATH, SURE)

    change = Change.objects.get(model="users.organisation", field="currency")
    assert (answer.status_code, currency()) == (302, "USD")
    assert (change.before, change.after) == ("EUR", "USD")
    assert "USD" in browser.get("/audit/settings/").content.decode()


def test_the_currency_stands_once_records_hold_amounts_and_these_are_named(browser):
    DealFactory(amount_minor=100)
    CampaignFactory(budget_minor=500)

    refused = browser.post(PATH, SURE)

    page = refused.content.decode()
    assert (refused.status_code, currency()) == (422, "EUR")
    assert "Reports count in EUR, and amounts are stored already." in page
    assert "Amounts are in: campaigns, deals." in page


def test_amounts_of_nothing_do_not_count(browser):
    DealFactory(amount_minor=0)
    CampaignFactory(budget_minor=None)
    QuoteSettings.objects.create(pk=1, approve_unlisted_minor=0)

    assert browser.post(PATH, SURE).status_code == 302


def test_the_rest_is_saved_while_amounts_hold_the_currency(browser):
    DealFactory(amount_minor=100)

    answer = browser.post(PATH, {**ORGANISATION, "name": "Acme Ltd"})

    assert (answer.status_code, Organisation.get().name) == (302, "Acme Ltd")


def test_an_amount_that_was_given_away_counts(browser):
    Entry.objects.create(
        deal=DealFactory(amount_minor=0), side="us", currency="EUR", concession_minor=5,
        concession="Support", status="open", day="2026-01-01", at=now(),
    )  # fmt: skip

    page = browser.post(PATH, SURE).content.decode()

    assert "Amounts are in: entries (negotiation)." in page


def test_every_record_with_a_currency_of_its_own_is_looked_at():
    with_currency = {
        model
        for model in apps.get_models()
        if any(field.name == "currency" for field in model._meta.fields)
    }

    missed = with_currency - set(models_with_amounts()) - {Organisation}
    assert {model.__name__ for model in missed} <= {"ForecastSnapshot"}
    assert amount_columns(QuoteSettings) == ["approve_minor", "approve_unlisted_minor"]
