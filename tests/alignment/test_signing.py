"""Both sides sign each version of the MQL definition; it is in force all the same."""

import pytest
from django.db import DatabaseError, transaction

from crm.alignment import comparing, signing
from crm.alignment.models import DefinitionSignature
from crm.funnel import agreements
from crm.funnel.models import MqlDefinition
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def mira():
    return UserFactory(name="Mira", role=Role.MARKETING_MANAGER)


@pytest.fixture
def sam():
    return UserFactory(name="Sam", role=Role.SALES_MANAGER)


def new_version(by, **fields):
    values = {"threshold": 45, "required_fields": ["email"], "note": "Too many students", **fields}
    return agreements.change_definition(MqlDefinition(**values), by=by)


def test_a_version_is_agreed_once_both_sides_have_signed(mira, sam):
    definition = new_version(mira)

    assert signing.sign(definition, by=mira)
    assert signing.versions()[0].missing == ["sales"]
    assert signing.sign(definition, by=sam)

    assert signing.versions()[0].is_agreed


def test_a_side_signs_once(mira, sam):
    definition = MqlDefinition.current()

    assert signing.sign(definition, by=sam)
    assert not signing.sign(definition, by=UserFactory(role=Role.SALES_MANAGER))
    assert DefinitionSignature.objects.get().by == sam


def test_an_unsigned_version_is_in_force(mira):
    definition = new_version(mira)

    assert MqlDefinition.current() == definition
    assert not signing.versions()[0].is_agreed


def test_only_the_version_in_force_is_signed(mira, sam):
    first = MqlDefinition.current()
    new_version(mira)

    with pytest.raises(signing.NotInForce, match="Version 2 is in force now"):
        signing.sign(first, by=sam)


def test_both_sides_managers_are_asked_once_to_sign_a_new_version(mira, sam, run_effects):
    UserFactory(role=Role.REP)
    new_version(mira)

    run_effects()
    signing.handle_changed({"version": 2})

    asked = Notification.objects.filter(title__contains="waits for your signature")
    assert set(asked.values_list("user__name", flat=True)) == {"Mira", "Sam"}
    assert asked.count() == Mail.objects.count() == 2
    assert "The score must be 45 or more, 40 before." in asked[0].body


def test_a_version_that_was_replaced_at_once_is_not_asked_for(mira, sam):
    new_version(mira)
    new_version(mira, threshold=50)

    signing.handle_changed({"version": 2})

    assert not Notification.objects.exists()


def test_the_others_hear_that_it_is_agreed_and_nothing_waits_any_more(mira, sam, run_effects):
    definition = new_version(mira)
    run_effects()
    signing.sign(definition, by=mira)
    assert Notification.objects.unread().count() == 2

    signing.sign(definition, by=sam)

    (told,) = Notification.objects.unread()
    assert (told.user, told.title) == (
        mira,
        "Both sides have signed version 2 of the MQL definition",
    )


@pytest.mark.parametrize("act", ["update", "delete"])
def test_the_database_lets_no_signature_be_changed_or_dropped(mira, act):
    signing.sign(MqlDefinition.current(), by=mira)
    rows = DefinitionSignature.objects.all()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(side="sales") if act == "update" else rows.delete()

    assert DefinitionSignature.objects.get().side == "marketing"


def test_a_new_version_is_told_by_what_it_changes():
    old = MqlDefinition(threshold=40, required_fields=["email", "phone"], consent="none")
    new = MqlDefinition(threshold=35, required_fields=["email", "company"], consent="confirmed")

    assert comparing.changes(old, new) == [
        "The score must be 35 or more, 40 before. More leads will do.",
        "Company must be filled now.",
        "Phone may be blank now.",
        "Consent to marketing email must be confirmed now.",
    ]
    assert comparing.changes(old, old) == []


class TestThePanel:
    def test_a_manager_signs_for_his_side(self, mira, sam, sign_in):
        definition = new_version(mira)
        client = sign_in(sam)
        assert "Not agreed yet" in client.get("/alignment/definition/").content.decode()
        assert "Sign this version" in client.get("/alignment/definition/").content.decode()

        client.post(f"/alignment/definition/{definition.pk}/sign/")

        page = client.get("/alignment/definition/").content.decode()
        assert "Sam" in page
        assert "Sign this version" not in page

    def test_an_administrator_signs_for_no_side(self, sign_in):
        client = sign_in(role=Role.ADMIN)

        assert (
            client.post(f"/alignment/definition/{MqlDefinition.current().pk}/sign/").status_code
            == 403
        )  # noqa: E501
        assert "Sign this version" not in client.get("/alignment/definition/").content.decode()

    def test_who_signs_a_replaced_version_is_told_which_is_in_force(self, mira, sam, sign_in):
        first = MqlDefinition.current()
        new_version(mira)

        page = sign_in(sam).post(f"/alignment/definition/{first.pk}/sign/", follow=True)

        assert "Version 2 is in force now" in page.content.decode()
        assert not DefinitionSignature.objects.exists()

    def test_it_takes_as_many_queries_with_many_versions(
        self, mira, sign_in, django_assert_max_num_queries
    ):
        for number in range(12):
            signing.sign(new_version(mira, threshold=41 + number), by=mira)
        client = sign_in(mira)

        with django_assert_max_num_queries(6):
            page = client.get("/alignment/definition/")

        assert "Earlier versions (12)" in page.content.decode()
