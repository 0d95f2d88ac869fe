"""What answering costs, and what offering and routing many leads at one time costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from campaigns.services import record_touch, score_leads
from crm.funnel import handoffs, routing
from crm.funnel.models import Handoff, Reason
from crm.mailing.models import Mail
from crm.notifications.models import Notification
from crm.users.models import Role
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def rep():
    return UserFactory(team=TeamFactory(), time_zone="Europe/Berlin")


def queries(act):
    """Return how many statements `act` needs, without those that only mark a nested transaction."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return sum("SAVEPOINT" not in query["sql"] for query in captured)


def test_accepting_takes_ten_queries(rep, sign_in):
    handoff, client = waiting_handoff(rep=rep), sign_in(rep)
    answers = []

    assert queries(lambda: answers.append(client.post(f"/handoff/{handoff.pk}/accept/"))) <= 10

    assert answers[0].status_code == 302
    handoff.refresh_from_db()
    assert handoff.outcome == Handoff.Outcome.ACCEPTED


@pytest.mark.parametrize("verb", ["reject", "recycle"])
def test_giving_back_takes_few_queries(rep, sign_in, verb):
    handoff, client = waiting_handoff(rep=rep), sign_in(rep)
    reason = Reason.objects.filter(use=verb, note_required=False)[0]
    data = {"reason": reason.pk, "note": ""}

    assert queries(lambda: client.post(f"/handoff/{handoff.pk}/{verb}/", data)) <= 15

    handoff.refresh_from_db()
    assert handoff.answered_by == rep


def test_a_touch_is_recorded_in_few_queries():
    lead = LeadFactory()

    assert queries(lambda: record_touch(lead, "demo_request", now(), "demo:1")) <= 7


def crossing(count):
    """Return leads that meet the definition once they are scored."""
    leads = [LeadFactory(job_title="Head of Sales") for _ in range(count)]
    for lead in leads:
        record_touch(lead, "demo_request", now(), f"demo:{lead.pk}")
    return [lead.pk for lead in leads]


def test_offering_a_hundred_leads_takes_hardly_more_queries_than_offering_five():
    few, many = crossing(5), crossing(100)

    assert queries(lambda: score_leads(few)) <= 13
    assert queries(lambda: score_leads(many)) <= 16  # SQLite takes fewer rows in one INSERT

    assert Handoff.objects.count() == 105


def test_routing_takes_one_query_more_for_each_further_handoff():
    reps = [UserFactory(capacity=100) for _ in range(3)]
    opened = [handoffs.open_handoff(LeadFactory(), evidence={}).pk for _ in range(65)]
    routing.route(opened[0])

    few = queries(lambda: routing.route_all(opened[1:5]))
    many = queries(lambda: routing.route_all(opened[5:65]))

    assert (few, many - few) == (few, 56)
    assert few <= 15
    assert sum(rep.handoffs.count() for rep in reps) == 65


def test_leads_of_a_set_go_round_the_reps_and_each_is_told_of_his_own():
    reps = [UserFactory() for _ in range(3)]
    opened = [handoffs.open_handoff(LeadFactory(), evidence={}) for _ in range(6)]

    assert routing.route_all([handoff.pk for handoff in opened]) == 6

    for rep in reps:
        own = set(rep.handoffs.values_list("pk", flat=True))
        told = {f"/handoff/{pk}/" for pk in own}
        assert len(own) == 2
        assert set(rep.notifications.values_list("url", flat=True)) == told
        assert Mail.objects.filter(to=rep.email).count() == 2
        assert rep.leads.filter(handoffs__in=own).count() == 2


def test_what_of_a_set_finds_nobody_waits_and_the_managers_are_told():
    rep, manager = UserFactory(capacity=2), UserFactory(role=Role.SALES_MANAGER)
    opened = [handoffs.open_handoff(LeadFactory(), evidence={}).pk for _ in range(5)]

    assert routing.route_all(opened) == 2

    left = Handoff.objects.unassigned()
    assert {f"/handoff/{handoff.pk}/" for handoff in left} == set(
        Notification.objects.filter(user=manager).values_list("url", flat=True)
    )
    assert all(handoff.due_at for handoff in left)
    assert rep.handoffs.count() == 2
