"""Every record and every setting keeps its history, whoever writes and by whichever way."""

import pytest
from django.apps import apps

from crm.audit.acting import acting
from crm.audit.models import Change
from crm.audit.registry import HISTORY, NO_HISTORY
from crm.outbox import services as outbox
from crm.users.models import Organisation, Role, User
from leads.models import Channel, Company
from tests.factories import CompanyFactory, DealFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def history(record):
    return [(c.field or c.act, c.before, c.after) for c in Change.objects.of(record).order_by("pk")]


def test_every_model_keeps_a_history_or_says_why_not():
    labels = {model._meta.label for model in apps.get_models()}

    assert labels - set(HISTORY) - set(NO_HISTORY) == set()
    assert (set(HISTORY) | set(NO_HISTORY)) - labels == set()
    assert not set(HISTORY) & set(NO_HISTORY)
    assert all(NO_HISTORY.values())


def test_a_change_tells_who_when_what_before_and_after(sign_in):
    company = CompanyFactory(name="Acme", industry="Steel")
    manager = UserFactory(role=Role.SALES_MANAGER)

    sign_in(manager).post(f"/companies/{company.pk}/edit/", {"name": "Acme", "industry": "Glass"})

    change = Change.objects.of(company).get(act="changed")
    assert (change.field, change.before, change.after) == ("industry", "Steel", "Glass")
    assert (change.actor, change.door) == (manager, "screen")
    assert change.batch is not None


@pytest.mark.parametrize(
    "write",
    [
        lambda c: Company.objects.filter(pk=c.pk).update(industry="Glass"),
        lambda c: Company.objects.bulk_update([c], ["industry"]),
        lambda c: c.save(),
        lambda c: Company.objects.bulk_create(
            [c], update_conflicts=True, unique_fields=["id"], update_fields=["industry"]
        ),
    ],
)
def test_no_way_of_writing_passes_the_history_by(write):
    company = CompanyFactory(industry="Steel")
    company.industry = "Glass"

    write(company)

    assert ("industry", "Steel", "Glass") in history(company)


def test_what_changes_nothing_leaves_no_trace():
    company = CompanyFactory(industry="Steel")
    before = history(company)

    company.save()

    assert history(company) == before


def test_a_setting_tells_its_making_and_its_end():
    channel = Channel.objects.create(name="Fairs", key="fairs-2")
    gone = Channel(pk=channel.pk)

    channel.delete()

    made, deleted = Change.objects.of(gone).order_by("pk")
    assert (made.act, deleted.act) == ("made", "deleted")
    assert "Fairs" in made.after
    assert "Fairs" in deleted.before


def test_what_a_deleted_person_said_goes_with_it():
    user = UserFactory(name="Ana Costa")
    User.objects.filter(pk=user.pk).update(name="Ana Silva")
    gone = User(pk=user.pk)

    user.delete()

    assert history(gone) == [("deleted", None, None)]


def test_one_act_shares_a_batch_and_a_way():
    one, other = CompanyFactory(), CompanyFactory()
    user = UserFactory()

    with acting(user, door="import") as act:
        Company.objects.update(industry="Glass")

    changes = Change.objects.filter(field="industry")
    assert {change.object_id for change in changes} == {one.pk, other.pk}
    assert {(c.actor_id, c.door, c.batch) for c in changes} == {(user.pk, "import", act.batch)}


def test_an_effect_acts_for_whom_its_payload_names(monkeypatch):
    company, user = CompanyFactory(), UserFactory()
    work = lambda payload: Company.objects.update(industry="Glass")  # noqa: E731
    monkeypatch.setitem(outbox.HANDLERS, "test.work", work)
    outbox.enqueue("test.work", "test.work:1", {"actor": user.pk})

    outbox.sweep()

    change = Change.objects.of(company).get(field="industry")
    assert (change.actor, change.door) == (user, "task")


def test_the_currency_of_the_organisation_is_in_the_history(organisation):
    Organisation.objects.update(currency="USD")

    assert ("currency", "EUR", "USD") in history(organisation)


def test_a_deals_counted_fields_leave_no_line(organisation):
    deal = DealFactory()
    before = history(deal)

    type(deal).objects.update(version=99, last_activity_at=deal.created_at)

    assert history(deal) == before
