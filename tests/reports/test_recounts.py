"""Velocity, response, leaks and return against the same numbers counted row by row in Python."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from math import ceil
from statistics import median

import pytest
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign, Spend, Touch
from crm.activities.models import FollowUp
from crm.common.periods import Period
from crm.funnel import ledger
from crm.funnel.models import Handoff, MqlDefinition, StageEntry, Verdict
from crm.reports.leaks import report as leaks
from crm.reports.questions import Question
from crm.reports.returns.report import return_answer
from crm.reports.velocity import report as velocity
from crm.reports.velocity import response_report as response
from crm.stages import Stage
from deals.models import Deal
from tests.factories import CampaignFactory, DealFactory, LeadFactory, TouchFactory, UserFactory
from tests.reports.histories import ONE_TRANSACTION, empty_the_funnel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
FEW = settings(ONE_TRANSACTION, max_examples=12)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1))
FIRST, LAST = (datetime(2026, *day, tzinfo=UTC) for day in ((2, 28, 23), (3, 31, 22)))
"""March by the clocks of Berlin: they go forward in it."""
NAMES = ("Rita", "Rob", "(none)")


def emptied():
    """Hypothesis runs many worlds in one test: take away the one before."""
    for model in (FollowUp, Deal, Touch, Verdict, Handoff, Spend):
        model._default_manager.all().delete()
    empty_the_funnel()
    Campaign.objects.all().delete()


def reps():
    return [UserFactory(name=NAMES[0]), UserFactory(name=NAMES[1]), None]


def each_and_all(mine):
    """Return the stories of each person, and under "" those of all."""
    return [*mine.items(), ("", [story for some in mine.values() for story in some])]


def nine_tenths(taken):
    """The least that nine of ten do not exceed."""
    return sorted(taken)[ceil(0.9 * len(taken)) - 1]


deals = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["won", "won", "lost", "open"]),
    st.integers(-72, 24 * 34),
    st.integers(0, 90),
    st.integers(0, 9_000_00),
    st.sampled_from(["EUR", "EUR", "USD"]),
)
"""Whose, how it ended, hours into March, days it took, its amount and currency."""


@FEW
@given(stories=st.lists(deals, max_size=14))
def test_velocity_equals_a_count_deal_by_deal(stories):
    emptied()
    owners, mine = reps(), defaultdict(list)
    for whose, status, hour, days, amount, currency in stories:
        closed = FIRST + timedelta(hours=hour)
        DealFactory(
            owner=owners[whose], status=status, closed_at=None if status == "open" else closed,
            created_at=closed - timedelta(days=days), amount_minor=amount, currency=currency,
        )  # fmt: skip
        if status != "open" and FIRST <= closed < LAST:
            mine[NAMES[whose]].append((status, days, amount if currency == "EUR" else None))

    found = velocity.answer(Question(period=MARCH, by="rep"))

    rows = {row.label: row for row in found.tables[0].rows}
    assert set(rows) == set(mine)
    for name, ended in each_and_all(mine):
        row = rows[name] if name else found.tables[0].total
        won = [one for one in ended if one[0] == "won"]
        amounts = [amount for _, _, amount in won if amount is not None]
        assert (row.value("won"), row.value("lost")) == (len(won), len(ended) - len(won))
        assert row.value("win_rate") == (len(won) / len(ended) if ended else None)
        assert row.value("amount") == sum(amounts)
        took = [days for _, days, _ in won]
        assert row.value("cycle") == (median(took) if took else None)
        assert row.value("cycle_p90") == (nine_tenths(took) if took else None)


answers = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["accepted", "rejected", "recycled", "waiting"]),
    st.integers(-72, 24 * 34),
    st.integers(0, 90),
    st.integers(0, 600),
    st.one_of(st.none(), st.integers(1, 400)),
    st.one_of(st.none(), st.integers(0, 5000)),
)
"""Whose, what he answered, hours into March of the answer, minutes of routing, of the rep, to the
deadline, and from the offer to the first contact."""


@FEW
@given(stories=st.lists(answers, max_size=14))
def test_response_equals_a_count_handoff_by_handoff(stories):
    emptied()
    owners, mine, definition = reps(), defaultdict(list), MqlDefinition.current()
    for whose, outcome, hour, routing, took, due, contact in stories:
        waits = outcome == "waiting"
        answered = FIRST + timedelta(hours=hour)
        routed = answered - timedelta(minutes=took)
        opened = routed - timedelta(minutes=routing)
        due_at = None if due is None else routed + timedelta(minutes=due)
        Handoff.objects.create(
            lead=LeadFactory(), attempt=1, outcome=outcome, definition=definition, evidence={},
            opened_at=opened, routed_at=routed, due_at=due_at, rep=owners[whose],
            answered_at=None if waits else answered, answered_by=None if waits else owners[whose],
            answer_minutes=None if waits else took,
            first_contact_at=None if contact is None else opened + timedelta(minutes=contact),
        )  # fmt: skip
        if not waits and FIRST <= answered < LAST:
            late = due is not None and took > due
            mine[NAMES[whose]].append((outcome, routing, took, due is not None, late, contact))

    found = response.answer(Question(period=MARCH, by="rep"))

    rows = {row.label: row for row in found.tables[0].rows}
    assert set(rows) == set(mine)
    for name, given_back in each_and_all(mine):
        row = rows[name] if name else found.tables[0].total
        with_deadline, late = (sum(one[place] for one in given_back) for place in (3, 4))
        taken = sum(one[0] == "accepted" for one in given_back)
        assert (row.value("answered"), row.value("late")) == (len(given_back), late)
        in_time = (with_deadline - late) / with_deadline if with_deadline else None
        assert row.value("in_time") == in_time
        assert row.value("accepted") == (taken / len(given_back) if given_back else None)
        routing, took = ([one[place] for one in given_back] for place in (1, 2))
        contacts = [one[5] for one in given_back if one[5] is not None]
        assert row.value("routing") == (median(routing) if routing else None)
        assert row.value("rep") == (median(took) if took else None)
        assert row.value("rep_p90") == (nine_tenths(took) if took else None)
        days = median(contacts) / 1440 if contacts else None
        assert row.value("contact") == (days and pytest.approx(days))


SALE = 50_000_00
leads = st.tuples(
    st.integers(0, 2),
    st.sampled_from(["mql", "offered", "late", "sal", "called", "fresh", "customer"]),
)
open_deals = st.tuples(st.integers(0, 2), st.integers(0, 90_000_00), st.booleans(),
                       st.sampled_from(["EUR", "USD"]))  # fmt: skip


def come_so_far(lead, *stages):
    transition = lead.transitions.first() or ledger.enter(lead, actor=None)
    for stage in stages:
        StageEntry.objects.get_or_create(
            lead=lead, stage=stage, defaults={"at": now(), "transition": transition}
        )


def lying_lead(owner, case, definition):
    """Write one lead of a case; return in which leak it is, if in one."""
    stage = {"sal": Stage.SAL, "called": Stage.SAL, "fresh": Stage.SAL,
             "customer": Stage.CUSTOMER}.get(case, Stage.MQL)  # fmt: skip
    lead = LeadFactory(stage=stage, owner=owner)
    reached = {Stage.MQL: 1, Stage.SAL: 2, Stage.CUSTOMER: 3}[stage]
    come_so_far(lead, *(Stage.MQL, Stage.SAL, Stage.CUSTOMER)[:reached])
    if case not in ("mql", "customer"):
        at = now()
        accepted = stage == Stage.SAL
        due = at + timedelta(hours=-1 if case == "late" else 1)
        old = at - timedelta(days=30 if case in ("sal", "called") else 0)
        Handoff.objects.create(
            lead=lead, attempt=1, outcome="accepted" if accepted else "waiting", rep=owner,
            definition=definition, evidence={}, opened_at=old, due_at=due,
            answered_at=old if accepted else None, answered_by=owner if accepted else None,
            first_contact_at=at if case == "called" else None,
        )  # fmt: skip
    if stage == Stage.MQL and owner is None:
        return "ownerless"
    return {"late": "unanswered", "sal": "uncontacted"}.get(case)


def lying_deal(owner, amount, planned, currency):
    """Write an open deal; return what it puts at stake, None if its next activity is planned."""
    deal = DealFactory(owner=owner, amount_minor=amount, currency=currency)
    if planned:
        FollowUp.objects.create(deal=deal, lead=deal.lead, kind="call", title="Call",
                                due_at=now(), owner=owner)  # fmt: skip
        return None
    return amount * deal.stage.probability / 100 if currency == "EUR" else 0


@FEW
@given(people=st.lists(leads, max_size=12), pipeline=st.lists(open_deals, max_size=6))
def test_leaks_equal_a_count_lead_by_lead(people, pipeline):
    emptied()
    owners, definition, lying = reps(), MqlDefinition.current(), Counter()
    for whose, case in people:
        lying[NAMES[whose], lying_lead(owners[whose], case, definition)] += 1
    stakes = [(whose, lying_deal(owners[whose], *deal)) for whose, *deal in pipeline]
    for whose, stake in stakes:
        lying[NAMES[whose], "bare-deals"] += stake is not None
    sold = sum(case == "customer" for _, case in people)
    DealFactory.create_batch(sold, status="won", closed_at=now(), amount_minor=SALE)

    found = leaks.answer(Question(by="rep"))

    rows = {row.key: row for row in found.tables[0].rows}
    for leak in ("ownerless", "unanswered", "uncontacted", "bare-deals"):
        assert rows[leak].value("count") == sum(lying[name, leak] for name in NAMES)
        assert all(row.value(leak) == lying[row.label, leak] for row in found.tables[1].rows)
    at_stake = sum(stake or 0 for _, stake in stakes)
    assert rows["bare-deals"].value("worth") == pytest.approx(at_stake, abs=len(stakes))
    accepted = sum(case in ("sal", "called", "fresh", "customer") for _, case in people)
    for leak, of in (("ownerless", len(people)), ("unanswered", len(people)),
                     ("uncontacted", accepted)):  # fmt: skip
        assert rows[leak].value("each") == (round(SALE * sold / of) if sold else None)


campaign_leads = st.tuples(
    st.integers(0, 2),
    st.sampled_from([Stage.LEAD, Stage.MQL, Stage.CUSTOMER]),
    st.one_of(st.none(), st.sampled_from(["won", "open", "lost"])),
    st.integers(0, 9_000_00),
    st.integers(0, 2),
)
"""Of which campaign, how far it came, its deal if any, the amount, which campaign it met later."""
spends = st.lists(st.tuples(st.integers(0, 1), st.integers(-500_00, 5_000_00)), max_size=5)


@FEW
@given(people=st.lists(campaign_leads, max_size=12), money=spends)
def test_return_equals_a_count_campaign_by_campaign(people, money):
    emptied()
    campaigns = [CampaignFactory(name=name) for name in ("Fair", "Search")] + [None]
    counts, spent, touched = defaultdict(Counter), {}, defaultdict(set)
    for whose, amount in money:
        Spend.objects.create(campaign=campaigns[whose], day=MARCH.first, amount_minor=amount)
        spent[whose] = spent.get(whose, 0) + amount
    for whose, stage, status, amount, met in people:
        lead = LeadFactory(campaign=campaigns[whose], stage=stage)
        come_so_far(lead, *(Stage.MQL, Stage.CUSTOMER)[: [Stage.LEAD, Stage.MQL].index(stage)
                            if stage != Stage.CUSTOMER else 2])  # fmt: skip
        counts[whose]["leads"] += 1
        counts[whose]["mqls"] += stage != Stage.LEAD
        counts[whose]["customers"] += stage == Stage.CUSTOMER
        if campaigns[met]:
            TouchFactory(lead=lead, campaign=campaigns[met], at=now())
        if status:
            closed = None if status == "open" else now()
            deal = DealFactory(lead=lead, status=status, closed_at=closed, amount_minor=amount)
            counts[whose][status] += amount
            if status == "open":
                touched[met].add((deal.pk, amount))

    found = {row.label: row for row in return_answer(Question(by="campaign")).tables[0].rows}

    for place, campaign in enumerate(campaigns[:2]):
        row, one, cost = found[campaign.name], counts[place], spent.get(place)
        assert row.value("spend") == cost
        assert [row.value(key) for key in ("leads", "mqls", "customers")] == [
            one["leads"], one["mqls"], one["customers"],
        ]  # fmt: skip
        assert (row.value("won"), row.value("pipeline")) == (one["won"], one["open"])
        assert row.value("influenced") == sum(amount for _, amount in touched[place])
        for key, many in (("cost_per_lead", "leads"), ("cost_per_mql", "mqls"),
                          ("cost_per_customer", "customers")):  # fmt: skip
            per = cost / one[many] if cost and cost > 0 and one[many] else None
            assert row.value(key) == (per if per is None else pytest.approx(per, abs=1))
        rate = (one["won"] - cost) / cost if cost is not None and cost > 0 else None
        assert row.value("roi") == (rate if rate is None else pytest.approx(rate))
