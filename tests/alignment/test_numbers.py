"""The numbers of the alignment equal a recount by hand on random histories."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random

import pytest
from django.utils.timezone import now

from crm.activities.models import Activity
from crm.alignment import counting
from crm.alignment.chosen import ATTEMPTED, NUMBERS
from crm.funnel.models import Handoff
from crm.reports import questions
from crm.reports.kinds import KINDS
from crm.reports.questions import Question
from crm.users.models import Organisation, Role
from deals.forecast.spans import MONTH, QUARTER, Span, span_of
from leads.models import Lead
from tests.alignment import histories
from tests.alignment.histories import History
from tests.factories import TeamFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
Counts = Counter[tuple[date, str]]


def recount(history: History, kind: str, sees=lambda lead: True) -> Counts:
    """Count row by row what `counting.counted` has the database count."""
    found: Counts = Counter()
    zone, moment = Organisation.get().zone, now()

    def add(name: str, at: datetime | None, lead_id: int, holds: bool) -> None:
        if at is not None and holds and sees(lead_id):
            found[span_of(kind, at.astimezone(zone).date()).first, name] += 1

    for lead, at in history.qualified.items():
        add("mqls", at, lead, True)
    for one in history.handoffs:
        accepted = one.outcome == Handoff.Outcome.ACCEPTED
        late = one.answered_at is None and one.due_at is not None and one.due_at < moment
        long_ago = one.answered_at is not None and one.answered_at <= moment - ATTEMPTED
        add("answered", one.answered_at, one.lead_id, True)
        add("accepted", one.answered_at, one.lead_id, accepted)
        add("tried", one.answered_at, one.lead_id, accepted and long_ago)
        add("handed", one.opened_at, one.lead_id, True)
        add("complete", one.opened_at, one.lead_id, is_complete(one))
        add("due", one.due_at, one.lead_id, bool(one.answered_at) or late)
        add("judged", one.due_at, one.lead_id, bool(one.answered_at))
        in_time = bool(one.answered_at and one.due_at and one.answered_at <= one.due_at)
        add("in_time", one.due_at, one.lead_id, in_time)
    for verdict in history.verdicts:
        closed = verdict.kind in ("won", "lost") and verdict.withdrawn_at is None
        add("closed", verdict.at, verdict.lead_id, closed)
        add("said", verdict.at, verdict.lead_id, closed and verdict.good_lead is not None)
    for activity in history.activities:
        spans = {
            span_of(kind, one.answered_at.astimezone(zone).date()).first: one.answered_at
            for one in history.handoffs
            if is_attempt(activity, one, moment)
        }
        for at in spans.values():
            add("attempts", at, activity.lead_id, True)
    return found


def is_complete(handoff: Handoff) -> bool:
    lead = handoff.lead
    asked = all(getattr(lead, name) for name in handoff.definition.required_fields)
    return bool(asked and lead.company and (lead.email or lead.phone))


def is_attempt(activity: Activity, handoff: Handoff, moment: datetime) -> bool:
    taken = handoff.answered_at
    return (
        handoff.lead_id == activity.lead_id
        and handoff.outcome == Handoff.Outcome.ACCEPTED
        and taken <= moment - ATTEMPTED
        and taken <= activity.at < taken + ATTEMPTED
        and activity.kind in Activity.CONTACTS
        and activity.by_id is not None
    )


def asked(kind: str) -> list[Span]:
    here = span_of(kind, questions.today())
    return [here.shifted(n) for n in range(-15 if kind == MONTH else -5, 1)]


@pytest.mark.parametrize("kind", [MONTH, QUARTER])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_number_equals_a_recount_row_by_row(seed, kind):
    reps = [UserFactory(team=TeamFactory()) for _ in range(3)]
    history = histories.tell(Random(seed), reps, now())
    spans = asked(kind)

    found = counting.counted(Question(), spans)

    by_hand = recount(history, kind)
    assert sum(by_hand.values()) > 100
    for span in spans:
        for name in NUMBERS:
            assert found.of(span.first, name) == by_hand[span.first, name], (span, name)


@pytest.mark.parametrize("role", [Role.REP, Role.SALES_MANAGER])
def test_yours_are_those_that_the_lists_show(role):
    team = TeamFactory()
    reader = UserFactory(role=role, team=team)
    reps = [reader, UserFactory(team=team), UserFactory(team=TeamFactory())]
    history = histories.tell(Random(4), reps, now())
    span = asked(QUARTER)[-2]
    seen = set(Lead.objects.visible_to(reader).values_list("pk", flat=True))

    found = counting.counted(Question(user=reader), [span])

    by_hand = recount(history, QUARTER, sees=lambda lead: lead in seen)
    for name, number in NUMBERS.items():
        assert found.seen_of(span.first, name) == by_hand[span.first, name], name
        if number.kind != "leads":
            listed = KINDS[number.kind].scoped(number.rows(span.period), reader)
            assert listed.count() == by_hand[span.first, name], name


def test_the_last_days_count_no_attempts_yet():
    rep = UserFactory()
    history = histories.tell(Random(5), [rep], now() - timedelta(days=1))

    late = [one for one in history.handoffs if one.answered_at]
    Handoff.objects.filter(pk__in=[one.pk for one in late]).update(
        outcome=Handoff.Outcome.ACCEPTED, answered_at=now() - timedelta(days=3)
    )

    found = counting.counted(Question(), asked(MONTH)[-2:])
    assert all(row["tried"] == 0 for row in found.all.values() if "tried" in row)
    assert all(row.get("attempts", 0) == 0 for row in found.all.values())
