"""Who gives a lead back as a duplicate says of whom."""

import pytest

from crm.funnel import handoffs
from crm.funnel.models import Handoff, Reason, Verdict
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def rep():
    return UserFactory(team=TeamFactory(), scope="all")


@pytest.fixture
def duplicate():
    return Reason.objects.get(name="Duplicate")


@pytest.fixture
def handoff(rep):
    return waiting_handoff(rep=rep, lead=LeadFactory(name="Ana Costa", phone="+4930123456"))


def post(client, handoff, reason, **data):
    return client.post(f"/handoff/{handoff.pk}/reject/", {"reason": reason.pk} | data)


@pytest.mark.parametrize("typed", ["{name} #{pk}", "{email}", "ana m. costa"])
def test_the_lead_that_stays_is_named(sign_in, rep, handoff, duplicate, typed):
    stays = LeadFactory(name="Ana M. Costa", email="ana@brook.example")
    words = typed.format(name=stays.name, pk=stays.pk, email=stays.email)

    post(sign_in(rep), handoff, duplicate, duplicate_of=words)

    handoff.refresh_from_db()
    verdict = Verdict.objects.get(handoff=handoff)
    assert (handoff.outcome, verdict.duplicate_of) == ("rejected", stays)
    page = sign_in(rep).get(f"/leads/{handoff.lead_id}/handoffs/").content.decode()
    assert "Ana M. Costa" in page


@pytest.mark.parametrize("typed", ["", "nobody@example.org", "{own}"])
def test_a_duplicate_of_nobody_is_asked_again(sign_in, rep, handoff, duplicate, typed):
    words = typed.format(own=f"#{handoff.lead_id}")

    answer = post(sign_in(rep), handoff, duplicate, duplicate_of=words)

    handoff.refresh_from_db()
    assert answer.status_code == 422
    assert handoff.outcome == Handoff.Outcome.WAITING
    assert not Verdict.objects.exists()


def test_the_service_asks_too(rep, handoff, duplicate):
    with pytest.raises(handoffs.NotAnswerable, match="of which other lead"):
        handoffs.reject(handoff, reason=duplicate, actor=rep)

    handoff.refresh_from_db()
    assert handoff.outcome == Handoff.Outcome.WAITING


def test_no_other_reason_asks(sign_in, rep, handoff):
    wrong = Reason.objects.get(name="Wrong fit")

    post(sign_in(rep), handoff, wrong, duplicate_of="whatever")

    assert Verdict.objects.get(handoff=handoff).duplicate_of is None


def test_who_disqualifies_a_lead_as_a_duplicate_says_of_whom(sign_in, rep, handoff, duplicate):
    handoffs.accept(handoff, actor=rep)
    stays, url = LeadFactory(), f"/leads/{handoff.lead_id}/disqualify/"

    refused = sign_in(rep).post(url, {"reason": duplicate.pk})
    sign_in(rep).post(url, {"reason": duplicate.pk, "duplicate_of": f"#{stays.pk}"})

    assert refused.status_code == 422
    assert Verdict.objects.get(kind="disqualified").duplicate_of == stays


def test_leads_that_look_alike_are_suggested(sign_in, rep, handoff):
    same = LeadFactory(name="Another Ana", phone="+4930123456")

    page = sign_in(rep).get(f"/handoff/{handoff.pk}/reject/").content.decode()

    assert f'<option value="Another Ana #{same.pk}">' in page
