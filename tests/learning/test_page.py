"""The learning page: the planted truths are named, tried, applied as a version and taken back."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from campaigns.models import ScoringDraft, ScoringRule
from crm.common.periods import Period
from crm.funnel import ledger
from crm.funnel.models import Handoff, MqlDefinition
from crm.learning import report
from crm.learning.chosen import cases
from crm.reports.questions import Question
from crm.stages import Stage
from crm.users.models import Role, User
from leads.models import Channel, Lead
from tests.factories import ChannelFactory, UserFactory
from tests.learning.companies import CHANNELS, DOUBLE, LATE, REPS, RULES, USELESS, company
from tests.reports.crawling import Crawl

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
STAGES = {True: Stage.CUSTOMER, False: Stage.LOST, None: Stage.SAL}


def write(leads: int) -> tuple[list[Channel], list[User]]:
    """Write a company of known truth into the database."""
    ScoringRule.objects.update(is_active=False)
    for name, points in RULES.items():
        ScoringRule.objects.create(name=name, points=points, kind="engagement",
                                   touch_kind="demo_request")  # fmt: skip
    channels = [ChannelFactory(name=f"Channel {n}") for n in range(CHANNELS)]
    reps = [UserFactory(name=f"Rep {n}") for n in range(REPS)]
    told, at, definition = company(1, leads), now() - timedelta(days=60), MqlDefinition.current()
    made = Lead.objects.bulk_create(
        Lead(name=f"L{case.lead}", channel=channels[case.channel], stage=STAGES[case.won],
             owner=reps[case.rep])
        for case in told
    )  # fmt: skip
    Handoff.objects.bulk_create(
        Handoff(
            lead=lead, attempt=1, rep=reps[case.rep], opened_at=at, routed_at=at, answered_at=at,
            outcome="accepted", definition=definition, answer_minutes=case.minutes,
            evidence={"score": case.score, "lines": [{"label": rule, "points": RULES[rule]}
                                                     for rule in sorted(case.rules)]},
        )
        for lead, case in zip(made, told, strict=True)
    )  # fmt: skip
    return channels, reps


def test_the_page_names_the_three_truths_and_nothing_else(sign_in):
    write(6000)

    answer = report.answer(Question())
    page = sign_in(role=Role.VIEWER).get("/learning/?period=all").content.decode()

    titles = [one["title"] for one in answer.own["advice"]]
    sure = [title for title in titles if "sort leads" not in title and "instead of" not in title]
    assert sure == [
        f"“{USELESS}” is useless",
        f"Channel {DOUBLE} converts better than the other channels",
        f"Rep {LATE} answers late",
    ]
    assert all(title in page for title in (sure[1], sure[2]))
    assert "Try it without points" not in page  # a viewer tries nothing


@pytest.mark.parametrize("by", ["channel", "band", "rule", "industry"])
def test_every_number_leads_to_its_leads(by):
    write(150)

    answer = report.answer(Question(by=by))

    assert not Crawl(UserFactory(role=Role.VIEWER)).faults(answer)
    assert sum(answer.tables[0].total.value(part) for part in ("won", "lost", "pending")) == 150


def test_groups_are_ranked_by_what_is_sure_and_few_are_said_to_be_few():
    write(400)
    Lead.objects.filter(pk__lte=Lead.objects.order_by("pk")[9].pk).update(
        channel=ChannelFactory(name="Tiny"), stage=Stage.CUSTOMER
    )

    table = report.answer(Question()).tables[0]

    assert table.rows[0].label == f"Channel {DOUBLE}"
    assert table.rows[-1].label == "Tiny"
    assert table.rows[-1].cells["low"].note == "too few (<20)"
    assert table.rows[-1].value("rate") is None


def test_a_lead_counts_once_with_its_first_handoff():
    write(1)
    lead = Lead.objects.get()
    Handoff.objects.create(lead=lead, attempt=2, opened_at=now(), evidence={"score": 90},
                           definition=MqlDefinition.current())  # fmt: skip

    [case] = cases(Period(), "", None)

    assert case.score < 90


def test_an_imported_past_teaches_what_converts_though_it_had_no_handoffs():
    good, other, at = ChannelFactory(name="Good"), ChannelFactory(name="Weak"), now()
    for number in range(80):
        lead = Lead.objects.create(name=f"L{number}", channel=good if number % 2 else other,
                                   created_at=at, stage_since=at)  # fmt: skip
        ledger.write(lead, None, Stage.LEAD, at=at, actor=None)
        ledger.write(lead, Stage.LEAD, Stage.MQL, at=at, actor=None)
        lead.stage = Stage.CUSTOMER if number % 2 and number % 3 else Stage.LOST
        lead.save()
    ledger.rebuild_entries([lead.pk for lead in Lead.objects.all()])

    answer = report.answer(Question())

    assert answer.tables[0].total.value("decided") == 80
    assert not Crawl(UserFactory(role=Role.VIEWER)).faults(answer)
    assert "than the other channels" in answer.own["advice"][0]["title"]
    assert not answer.tables[1].rows[0].value("with_it")


def test_trying_points_drafts_them_in_the_studio(sign_in):
    rule = ScoringRule.objects.filter(is_active=True, points__gt=0)[0]
    client = sign_in(role=Role.MARKETING_MANAGER)

    tried = client.post("/learning/try/", {f"points-{rule.pk}": "0", "why": "Useless"})

    assert tried.url == "/settings/scoring/"
    draft = ScoringDraft.objects.get()
    assert draft.why == "Useless"
    assert {one["key"]: one["points"] for one in draft.rules}[str(rule.pk)] == 0
    rule.refresh_from_db()
    assert rule.points > 0


def test_another_threshold_is_a_new_version_and_can_be_taken_back(sign_in):
    client, before = sign_in(role=Role.SALES_MANAGER), MqlDefinition.current()
    to = before.threshold + 15

    preview = client.get(f"/learning/threshold/{to}/").content.decode()
    client.post(f"/learning/threshold/{to}/", {"why": "No win lost"})
    applied = MqlDefinition.current()
    client.post(f"/learning/threshold/{applied.version}/undo/")
    undone = MqlDefinition.current()

    assert f"instead of {before.threshold}" in preview
    assert (applied.threshold, applied.note) == (to, "No win lost")
    assert applied.required_fields == before.required_fields
    assert (undone.version, undone.threshold) == (before.version + 2, before.threshold)


def test_the_page_costs_few_queries(sign_in, django_assert_max_num_queries):
    write(60)
    client = sign_in(role=Role.VIEWER)

    with django_assert_max_num_queries(13):
        client.get("/learning/")
