"""What somebody logged by a slip is put right by its author, within a day."""

from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from crm.activities import correcting, services
from crm.activities.models import Activity, FollowUp
from crm.funnel import handoffs
from tests.factories import DealFactory, LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
CALL = Activity.Kind.CALL


@pytest.fixture
def rep():
    return UserFactory(team=TeamFactory(), scope="all")


@pytest.fixture
def accepted(rep, run_effects):
    """An accepted handoff whose first call is planned."""
    handoff = waiting_handoff(rep=rep)
    run_effects()
    handoffs.accept(handoff, actor=rep)
    run_effects()
    return handoff


def called(lead, rep, **values):
    values = {"outcome": "reached", "typed": True} | values
    made = services.log_activity(lead, CALL, actor=rep, **values)
    made.refresh_from_db()
    return made


def test_an_author_corrects_a_call(sign_in, rep):
    call = called(LeadFactory(owner=rep), rep)

    page = sign_in(rep).get(f"/activities/{call.pk}/correct/").content.decode()
    sign_in(rep).post(
        f"/activities/{call.pk}/correct/", {"outcome": "no_answer", "text": "Rang twice"}
    )

    call.refresh_from_db()
    assert "Next step" not in page
    assert (call.outcome, call.text) == ("no_answer", "Rang twice")


def test_a_contact_corrected_to_no_answer_was_none(accepted, rep):
    call = called(accepted.lead, rep)
    first = FollowUp.objects.get(key=f"{services.FIRST_CALL}{accepted.pk}")
    assert first.done_at

    correcting.correct(call, outcome="no_answer", text="")

    accepted.refresh_from_db()
    first.refresh_from_db()
    assert (accepted.first_contact_at, first.done_at) == (None, None)


def test_a_deleted_call_is_gone_with_what_followed_and_comes_back(
    sign_in, rep, accepted, run_effects
):
    deal = DealFactory(lead=accepted.lead, owner=rep)
    call = called(accepted.lead, rep, deal=deal)
    run_effects()
    client = sign_in(rep)

    client.post(f"/activities/{call.pk}/remove/")
    run_effects()
    accepted.refresh_from_db()
    deal.refresh_from_db()
    assert not Activity.objects.exists()
    assert (accepted.first_contact_at, deal.last_activity_at) == (None, None)

    number = next(iter(client.session["deleted"]))
    client.post(f"/undo/{number}/")  # what follows from it would not come back
    assert not Activity.objects.exists()
    client.post(f"/activities/back/{number}/")
    run_effects()
    accepted.refresh_from_db()
    deal.refresh_from_db()
    assert Activity.objects.get().pk == call.pk
    assert (accepted.first_contact_at, deal.last_activity_at) == (call.at, call.at)


def test_a_logged_activity_is_undone_from_its_toast(sign_in, rep):
    lead = LeadFactory(owner=rep)

    page = sign_in(rep).post(f"/leads/{lead.pk}/log/note/", {"text": "Slip"}, follow=True)

    assert f"/activities/{Activity.objects.get().pk}/remove/" in page.content.decode()


@pytest.mark.parametrize("act", ["correct", "remove"])
def test_nobody_else_and_nobody_later_changes_what_was_logged(sign_in, rep, act):
    call = called(LeadFactory(owner=rep), rep)
    other = UserFactory(scope="all")
    before = Activity.objects.values().get()

    with time_machine.travel(now() + timedelta(hours=25)):
        late = sign_in(rep).post(f"/activities/{call.pk}/{act}/", {"outcome": "busy"})
    foreign = sign_in(other).post(f"/activities/{call.pk}/{act}/", {"outcome": "busy"})

    assert (late.status_code, foreign.status_code) == (404, 404)
    assert Activity.objects.values().get() == before


def test_what_tandem_logged_by_itself_is_not_corrected(rep):
    services.log_activity(LeadFactory(owner=rep), Activity.Kind.EMAIL, actor=rep, text="Quote")

    assert not correcting.changeable(rep).exists()


def test_the_timeline_offers_it_to_the_author_alone(sign_in, rep):
    lead = LeadFactory(owner=rep)
    call = called(lead, rep)
    other = UserFactory(scope="all")

    mine = sign_in(rep).get(f"/leads/{lead.pk}/timeline/").content.decode()
    theirs = sign_in(other).get(f"/leads/{lead.pk}/timeline/").content.decode()

    assert f"/activities/{call.pk}/correct/" in mine
    assert f"/activities/{call.pk}/correct/" not in theirs


def test_the_outcome_of_a_call_is_never_preset(sign_in, rep):
    lead = LeadFactory(owner=rep)

    refused = sign_in(rep).post(f"/leads/{lead.pk}/log/call/", {"text": "Rang"})

    assert refused.status_code == 422
    assert "Say how the call went." in refused.content.decode()
    assert not Activity.objects.exists()
