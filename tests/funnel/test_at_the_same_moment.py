"""Several at once, in threads with their own connections: nothing lost, nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from crm.funnel import handoffs, routing, sla
from crm.funnel.models import Handoff, RobinTurn, Verdict
from crm.notifications.models import Notification
from crm.users.models import Organisation, usual_week
from tests.factories import LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _organisation():
    Organisation.objects.create(pk=1, workdays=usual_week())


def at_once(*calls):
    """Run the calls in as many threads, started together; return what each gave or raised."""
    barrier = Barrier(len(calls))

    def run(call):
        try:
            barrier.wait()
            return call()
        except Exception as error:  # noqa: BLE001 the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_eight_routings_at_once_lose_no_turn():
    reps = [UserFactory(weight=1) for _ in range(4)]
    opened = [handoffs.open_handoff(LeadFactory(), evidence={}) for _ in range(8)]

    done = at_once(*[lambda pk=handoff.pk: routing.route(pk) for handoff in opened])

    assert done == [True] * 8
    assert [Handoff.objects.filter(rep=rep).count() for rep in reps] == [2, 2, 2, 2]
    assert sum(RobinTurn.objects.values_list("given", flat=True)) == 8


def test_one_handoff_routed_by_many_at_once_takes_one_turn():
    UserFactory(), UserFactory()
    handoff = handoffs.open_handoff(LeadFactory(), evidence={})

    done = at_once(*[lambda: routing.route(handoff.pk)] * 6)

    assert sorted(done) == [False] * 5 + [True]
    assert sum(RobinTurn.objects.values_list("given", flat=True)) == 1
    assert Notification.objects.count() == 1


def test_capacity_holds_when_many_are_routed_at_once():
    rep = UserFactory(capacity=3)
    opened = [handoffs.open_handoff(LeadFactory(), evidence={}) for _ in range(6)]

    at_once(*[lambda pk=handoff.pk: routing.route(pk) for handoff in opened])

    assert Handoff.objects.filter(rep=rep).count() == 3
    assert Handoff.objects.unassigned().count() == 3


def test_of_two_reps_who_accept_one_lead_only_one_gets_it():
    ana, bob = UserFactory(name="Ana"), UserFactory(name="Bob")
    handoff = waiting_handoff(rep=ana)

    def accept(who):
        return handoffs.accept(Handoff.objects.get(pk=handoff.pk), actor=who)

    done = at_once(lambda: accept(ana), lambda: accept(bob))

    winners = [answer.by for answer in done if isinstance(answer, Verdict)]
    losers = [error for error in done if isinstance(error, handoffs.AlreadyAnswered)]
    handoff.refresh_from_db()
    handoff.lead.refresh_from_db()
    assert (len(winners), len(losers)) == (1, 1)
    assert str(losers[0]) == f"Accepted by {winners[0]}"
    assert handoff.rep == handoff.lead.owner == winners[0]
    assert handoff.lead.transitions.filter(new_stage="sal").count() == 1


def test_deadlines_watched_twice_at_once_are_told_once():
    from datetime import timedelta

    from django.utils.timezone import now

    rep, late = UserFactory(), now() - timedelta(hours=1)
    UserFactory(role="sales_manager")
    for _ in range(4):
        waiting_handoff(rep=rep, remind_at=late, due_at=late)

    done = at_once(sla.watch, sla.watch, sla.watch)

    assert [sum(column) for column in zip(*done, strict=True)] == [4, 4]
    assert Notification.objects.count() == 8
