"""Reasons of sales: those to recycle lead to nurture, others never; no two are called alike."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from crm.funnel.models import Reason, Verdict
from crm.users.models import Role
from tests.factories import LeadFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
FORM = {"name": "Too small", "use": "reject", "return_path": "close", "cool_down_days": 30,
        "side": "sales", "is_active": "on"}  # fmt: skip
EACH = [(use, path) for use in Reason.Use for path in Reason.ReturnPath]


@pytest.fixture
def manager(sign_in):
    return sign_in(role=Role.SALES_MANAGER)


def fits(use, path):
    return (use == Reason.Use.RECYCLE) == (path == Reason.ReturnPath.NURTURE)


def shown():
    rows = Reason.objects.filter(is_active=True)
    return {(reason.use, reason.name, reason.return_path) for reason in rows}


def test_tandem_starts_with_reasons_that_do_not_overlap():
    assert all(fits(use, path) for use, _, path in shown())
    assert {name for use, name, _ in shown() if use == "recycle"} == {
        "Not interested yet", "No budget this year", "Bad timing", "Could not be reached",
        "Other, not now",
    }  # fmt: skip
    assert {(name, path) for use, name, path in shown() if use == "reject"} == {
        ("Wrong fit", "close"), ("Bad data", "enrich"), ("Duplicate", "close"),
        ("Wrong territory", "reroute"), ("No consent", "close"), ("Other", "close"),
    }  # fmt: skip


@pytest.mark.parametrize(("use", "path"), [each for each in EACH if not fits(*each)])
def test_a_return_path_of_the_other_use_is_refused_with_what_to_do(manager, use, path):
    answer = manager.post("/settings/reasons/new/", {**FORM, "use": use, "return_path": path})

    assert answer.status_code == 422
    [said] = answer.context["form"].errors["return_path"]
    assert f"or use the reason to {'reject' if use == 'recycle' else 'recycle'}" in said
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.create(name="Too small", side="sales", use=use, return_path=path)


@pytest.mark.parametrize(("use", "path"), [each for each in EACH if fits(*each)])
def test_a_return_path_of_its_use_is_taken(manager, use, path):
    answer = manager.post("/settings/reasons/new/", {**FORM, "use": use, "return_path": path})

    assert answer.status_code == 302
    assert (use, "Too small", path) in shown()


def test_a_new_reason_disqualifies_unless_told_otherwise(manager):
    form = manager.get("/settings/reasons/new/").context["form"]

    assert (form["use"].value(), form["return_path"].value()) == ("reject", "close")
    assert Reason(name="Too small", side="sales").return_path == "close"


@pytest.mark.parametrize("name", ["Bad timing", "bad TIMING"])
def test_a_name_in_use_is_refused_also_for_the_other_use(manager, name):
    answer = manager.post("/settings/reasons/new/", {**FORM, "name": name})

    assert answer.status_code == 422
    [said] = answer.context["form"].errors["name"]
    assert said.startswith("Another reason in use has this name.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Reason.objects.create(name=name, side="sales")


def test_a_name_is_free_again_when_its_reason_is_no_longer_in_use(manager):
    Reason.objects.filter(name="Bad timing").update(is_active=False)

    assert manager.post("/settings/reasons/new/", {**FORM, "name": "Bad timing"}).status_code == 302


@pytest.fixture
def before(transactional_db, organisation):
    """A database from before reasons had to differ, without any."""
    call_command("migrate", "funnel", "0011", verbosity=0)
    Reason.objects.all().delete()
    yield
    call_command("migrate", "funnel", verbosity=0)


def reason(name, use, path, **values):
    return Reason.objects.create(name=name, use=use, return_path=path, side="data", **values)


def test_reasons_of_before_keep_where_they_lead_and_get_names_of_their_own(before):
    reason("Too early", "reject", "nurture")
    reason("No phone", "recycle", "enrich")
    reason("Other", "reject", "nurture", note_required=True)
    reason("Other", "recycle", "nurture", note_required=True)
    long = "x" * 80
    for name, active in (("Price", True), ("PRICE", True), ("price", False)):
        reason(name, "reject", "close", is_active=active)
    reason(long, "reject", "close")
    reason(long, "recycle", "nurture")

    call_command("migrate", "funnel", verbosity=0)

    assert shown() == {
        ("recycle", "Too early", "nurture"), ("reject", "No phone", "enrich"),
        ("reject", "Other", "close"), ("recycle", "Other, not now", "nurture"),
        ("reject", "Price", "close"), ("reject", "PRICE (2)", "close"),
        ("reject", long, "close"), ("recycle", "x" * 71 + ", not now", "nurture"),
    }  # fmt: skip
    assert Reason.objects.filter(name="price", is_active=False).exists()


def test_a_reason_of_before_that_verdicts_name_goes_on_to_nurture(before):
    used = reason("Other", "reject", "nurture", note_required=True)
    reason("Other", "recycle", "nurture", note_required=True)
    lead = LeadFactory()
    Verdict.objects.create(lead=lead, key="k", kind="rejected", reason=used, at=lead.created_at)

    call_command("migrate", "funnel", verbosity=0)

    assert shown() == {
        ("recycle", "Other", "nurture"), ("recycle", "Other, not now", "nurture"),
        ("reject", "Other, not a prospect", "close"),
    }  # fmt: skip
    assert str(Verdict.objects.get().reason) == "Other, not now"
