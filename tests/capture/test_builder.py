"""Building a form, reading what was sent, mending a wrong suspicion."""

import pytest
from django.core.management import call_command
from django.utils.timezone import now, timedelta

from campaigns.capture.fields import changed, field_of, first_fields
from campaigns.capture.models import CaptureForm, Submission
from crm.users.models import Role, Scope
from leads.models import Lead
from tests.factories import (
    CampaignFactory,
    CaptureFormFactory,
    LeadFactory,
    SubmissionFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def marketer(sign_in):
    return sign_in(role=Role.MARKETER)


def names(fields):
    return [field["name"] for field in fields]


def built(form, **changes):
    """Return what the builder posts for this form."""
    data = {
        "name": form.name, "touch_kind": "form", "button": "Send", "thank_you": "Thanks",
        "order": ",".join(names(form.fields)), "consent_text": form.consent_text,
    }  # fmt: skip
    data |= {f"label_{field['name']}": field["label"] for field in form.fields}
    return data | changes


def test_fields_are_moved_removed_and_added_but_the_address_stays():
    fields = first_fields()

    assert names(changed(fields, "up:email")) == ["email", "name", "company"]
    assert names(changed(fields, "down:company")) == ["name", "email", "company"]
    assert names(changed(fields, "remove:name")) == ["email", "company"]
    assert names(changed(fields, "remove:email")) == ["name", "email", "company"]
    assert names(changed(fields, "add:phone")) == ["name", "email", "company", "phone"]
    assert names(changed(fields, "add:name")) == ["name", "email", "company"]
    assert names(changed(fields, "add:password")) == ["name", "email", "company"]


def test_a_new_form_asks_the_usual_and_is_built_on_its_page(marketer):
    campaign = CampaignFactory()

    answer = marketer.post("/forms/new/", {"name": "Webinar", "campaign": campaign.pk})

    form = CaptureForm.objects.get()
    assert answer["Location"] == form.get_absolute_url()
    assert names(form.fields) == ["name", "email", "company"]
    assert marketer.get(form.get_absolute_url()).status_code == 200


def test_a_move_keeps_what_is_typed_but_not_saved_yet(marketer):
    form = CaptureFormFactory()
    data = built(form, act="up:email", label_name="Your name", required_name="on")

    marketer.post(form.get_absolute_url(), data)

    form.refresh_from_db()
    assert form.fields[0] == {**field_of("email"), "label": "Work e-mail"}
    assert form.fields[1] == {"name": "name", "label": "Your name", "required": True}


def test_a_form_without_a_name_is_refused_with_what_was_typed(marketer):
    form = CaptureFormFactory(name="Old")

    answer = marketer.post(form.get_absolute_url(), built(form, name="", intro="Kept words"))

    assert answer.status_code == 422
    assert b"Kept words" in answer.content
    form.refresh_from_db()
    assert form.name == "Old"


def test_the_preview_shows_what_is_typed_and_saves_nothing(marketer):
    form = CaptureFormFactory()

    answer = marketer.post(f"/forms/{form.pk}/preview/", built(form, button="Get it"))

    assert b"Get it" in answer.content
    form.refresh_from_db()
    assert form.button == "Send"


def test_a_rep_reads_only_submissions_of_leads_in_his_scope(sign_in):
    form = CaptureFormFactory()
    SubmissionFactory(form=form, lead=LeadFactory(name="Seen not"))

    answer = sign_in(role=Role.REP, scope=Scope.OWN).get(f"/forms/{form.pk}/submissions/")

    assert answer.status_code == 200
    assert b"Seen not" not in answer.content


def test_spam_is_listed_by_reason_and_can_be_a_person_after_all(marketer):
    form = CaptureFormFactory(campaign=CampaignFactory())
    spam = SubmissionFactory(form=form, spam=Submission.Spam.RATE, values={"email": "a@b.example"})

    page = marketer.get(f"/forms/{form.pk}/spam/")
    marketer.post(f"/forms/submissions/{spam.pk}/rescue/")
    again = marketer.post(f"/forms/submissions/{spam.pk}/rescue/")

    assert b"Too many from one place" in page.content
    assert Lead.objects.get().campaign == form.campaign
    assert again.status_code == 404
    assert Submission.objects.get().spam == ""


def test_what_no_mail_could_reach_stays_spam(marketer):
    spam = SubmissionFactory(spam=Submission.Spam.FORGED, values={"email": "nobody"})

    marketer.post(f"/forms/submissions/{spam.pk}/rescue/")

    assert not Lead.objects.exists()
    assert Submission.objects.spam().count() == 1


@pytest.mark.parametrize("number", [5, 100])
def test_lists_ask_the_same_few_queries_for_any_length(
    number, marketer, django_assert_max_num_queries
):
    form = CaptureFormFactory()
    for _ in range(number):
        SubmissionFactory(form=form, lead=LeadFactory())
        if number == 5:
            CaptureFormFactory()

    for path in ("/forms/", f"/forms/{form.pk}/submissions/"):
        with django_assert_max_num_queries(9):
            assert marketer.get(path).status_code == 200


def test_after_30_days_nobody_knows_where_a_form_came_from_and_old_spam_is_gone():
    kept = SubmissionFactory(sender="a" * 64)
    old = SubmissionFactory(sender="b" * 64, at=now() - timedelta(days=31))
    SubmissionFactory(spam=Submission.Spam.FORGED, at=now() - timedelta(days=91))

    call_command("prune")

    assert {s.pk: s.sender for s in Submission.objects.all()} == {kept.pk: "a" * 64, old.pk: ""}
