"""What was deleted can be had back, by who deleted it."""

import re
from datetime import date

import pytest
from django.test import Client

from crm.users.models import Absence, Holiday, Role
from leads.models import SavedView
from tests.factories import CampaignFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def undo_after(client: Client, path: str) -> str:
    """Delete by a POST to `path`; return the address that the toast offers."""
    page = client.post(path, follow=True).content.decode()
    [undo] = set(re.findall(r"/undo/[0-9a-f-]+/", page))
    return str(undo)


def holiday(user):
    row = Holiday.objects.create(day=date(2026, 12, 24), name="Christmas Eve")
    return row, f"/settings/holidays/{row.pk}/remove/"


def absence(user):
    row = Absence.objects.create(user=user, first_day=date(2026, 8, 1), last_day=date(2026, 8, 14))
    return row, f"/absences/{row.pk}/remove/"


def saved_view(user):
    row = SavedView.objects.create(user=user, name="Hot", query="score_min=70")
    return row, f"/leads/views/{row.pk}/delete/"


def spend(user):
    campaign = CampaignFactory()
    row = campaign.spends.create(day=date(2026, 3, 1), amount_minor=12_50, created_by=user)
    return row, f"/campaigns/spend/{row.pk}/delete/"


@pytest.mark.parametrize("make", [holiday, absence, saved_view, spend])
def test_what_was_deleted_comes_back_as_it_was(sign_in, make):
    admin = UserFactory(role=Role.ADMIN)
    client = sign_in(admin)
    row, path = make(admin)
    before = type(row).objects.values().get()

    undo = undo_after(client, path)
    gone = not type(row).objects.exists()
    client.post(undo)

    assert gone
    assert type(row).objects.values().get() == before


def test_what_was_brought_back_once_is_not_brought_back_again(sign_in):
    admin = UserFactory(role=Role.ADMIN)
    client = sign_in(admin)
    undo = undo_after(client, holiday(admin)[1])
    client.post(undo)
    Holiday.objects.all().delete()

    page = client.post(undo, follow=True)

    assert "This is not kept any more." in page.content.decode()
    assert not Holiday.objects.exists()


def test_another_user_does_not_bring_back_what_somebody_deleted(sign_in):
    admin = UserFactory(role=Role.ADMIN)
    undo = undo_after(sign_in(admin), holiday(admin)[1])

    sign_in(role=Role.ADMIN).post(undo)

    assert not Holiday.objects.exists()


def test_what_another_took_the_place_of_stays_away(sign_in):
    admin = UserFactory(role=Role.ADMIN)
    client = sign_in(admin)
    undo = undo_after(client, holiday(admin)[1])
    Holiday.objects.create(day=date(2026, 12, 24), name="Half a day")

    page = client.post(undo, follow=True)

    assert "Another has taken its place meanwhile." in page.content.decode()
    assert Holiday.objects.get().name == "Half a day"


def test_only_the_last_few_deletions_are_kept(sign_in):
    admin = UserFactory(role=Role.ADMIN)
    client = sign_in(admin)
    rows = [Holiday.objects.create(day=date(2026, 12, day)) for day in range(1, 8)]
    for row in rows:
        client.post(f"/settings/holidays/{row.pk}/remove/")

    assert len(client.session["deleted"]) == 5


def test_whoever_has_another_role_by_now_brings_nothing_back(sign_in):
    admin = UserFactory(role=Role.ADMIN)
    client = sign_in(admin)
    row, path = holiday(admin)
    undo = undo_after(client, path)

    type(admin).objects.filter(pk=admin.pk).update(role=Role.VIEWER)
    client.post(undo)

    assert not Holiday.objects.exists()
