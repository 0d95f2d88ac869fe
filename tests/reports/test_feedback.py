"""The feedback report equals a count verdict by verdict, and costs few queries."""

from datetime import timedelta

import pytest
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.common.periods import Period
from crm.funnel import handoffs, verdicts
from crm.funnel.models import Handoff, MqlDefinition, Reason, Verdict
from crm.reports.feedback import counting, report
from crm.reports.questions import Question
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, UserFactory, waiting_handoff
from tests.reports.histories import ONE_TRANSACTION

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def told():
    """Of the fair one accepted, two rejected, one pending; of the ads one recycled."""
    rep, marketer = UserFactory(), UserFactory(role=Role.MARKETER)
    fair, ads = CampaignFactory(name="Fair"), CampaignFactory(name="Ads")

    def handed(campaign):
        return waiting_handoff(rep=rep, lead=LeadFactory(campaign=campaign, score=80))

    price = Reason.objects.create(name="No budget", use="reject", side="targeting")
    later = Reason.objects.create(
        name="Next year", use="recycle", return_path="nurture", side="scoring"
    )
    handoffs.accept(handed(fair), actor=rep)
    for _ in range(2):
        verdict = handoffs.reject(handed(fair), reason=price, actor=rep)
    handed(fair)
    handoffs.recycle(handed(ads), reason=later, actor=rep)
    disputed = verdicts.dispute(verdict, by=marketer, note="It fits")
    verdicts.rule(disputed, ruling=Verdict.Ruling.UPHELD, by=UserFactory(role=Role.SALES_MANAGER))
    return fair, ads


def test_acceptance_leaves_out_what_is_pending(told):
    fair, ads = told

    found = counting.feedback_by(Question(by="campaign"), Period())

    of_fair = found[str(fair.pk)]
    assert (of_fair.handed, of_fair.waiting, of_fair.answered) == (4, 1, 3)
    assert of_fair.accept_rate == pytest.approx(1 / 3)
    assert (of_fair.disputed, of_fair.upheld, of_fair.open) == (1, 1, 0)
    assert found[str(ads.pk)].accept_rate == 0


def test_reasons_stand_by_campaign_and_name_who_is_to_mend_them(told):
    fair, ads = told

    answer = report.answer(Question(by="campaign"))

    main, reasons, sides, _ = answer.tables
    assert reasons.heat
    cells = {
        row.label: {c.label: row.value(c.key) for c in reasons.columns} for row in reasons.rows
    }
    assert cells == {
        "No budget": {"All": 2, "Fair": 2, "Ads": 0},
        "Next year": {"All": 1, "Fair": 0, "Ads": 1},
    }
    assert {row.label: (row.value("count"), row.value("upheld")) for row in sides.rows} == {
        "Targeting": (2, 1),
        "Scoring": (1, 0),
    }
    assert main.total.value("handed") == 5


def test_a_verdict_taken_back_counts_nowhere(told):
    handoff = Handoff.objects.filter(outcome="recycled")[0]
    handoffs.take_back_answer(handoff, actor=handoff.answered_by)

    answer = report.answer(Question(by="campaign"))

    assert [row.label for row in answer.tables[1].rows] == ["No budget"]


def test_another_period_has_none_of_it(told):
    ahead = now().date() + timedelta(days=5)

    answer = report.answer(Question(period=Period(ahead, None), by="campaign"))

    assert answer.tables[0].total.value("handed") == 0
    assert not answer.tables[1].rows


def test_the_page_costs_few_queries(told, sign_in, django_assert_max_num_queries):
    client = sign_in(role=Role.MARKETING_MANAGER)

    with django_assert_max_num_queries(12):
        client.get("/reports/feedback/", {"period": "all"})
    with django_assert_max_num_queries(14):
        page = client.get("/reports/feedback/", {"compare": "before"}).content.decode()
    assert "No budget" in page


OUTCOMES = ["accepted", "rejected", "recycled", "waiting"]
RULINGS = ["", "disputed", "upheld", "overturned"]
told_of = st.tuples(st.integers(0, 2), st.sampled_from(OUTCOMES), st.sampled_from(RULINGS),
                    st.sampled_from([None, True, False]), st.booleans())  # fmt: skip


@settings(ONE_TRANSACTION, max_examples=12)
@given(stories=st.lists(told_of, max_size=12))
def test_the_report_equals_a_count_story_by_story(stories):
    """Each story: campaign, answer, dispute, the word at the close, whether it was taken back."""
    Verdict.objects.all().delete()
    Handoff.objects.all().delete()
    campaigns = [CampaignFactory(), CampaignFactory(), None]
    reason = Reason.objects.filter(use="reject")[0]
    at, definition = now(), MqlDefinition.current()
    for number, (campaign, outcome, ruling, good, withdrawn) in enumerate(stories):
        lead = LeadFactory(campaign=campaigns[campaign])
        handoff = Handoff.objects.create(
            lead=lead, attempt=1, outcome=outcome, opened_at=at, definition=definition, evidence={},
            routed_at=at, answered_at=None if outcome == "waiting" else at,
        )  # fmt: skip
        said = {
            "lead": lead,
            "handoff": handoff,
            "at": at,
            "withdrawn_at": at if withdrawn else None,
        }
        if outcome in ("rejected", "recycled"):
            ruled = ruling if ruling in ("upheld", "overturned") else ""
            Verdict.objects.create(
                key=f"a{number}", kind=outcome, reason=reason, ruling=ruled,
                disputed_at=at if ruling else None, ruled_at=at if ruled else None, **said,
            )  # fmt: skip
        if good is not None:
            Verdict.objects.create(key=f"b{number}", kind="won" if good else "lost",
                                   good_lead=good, **said)  # fmt: skip

    found = counting.feedback_by(Question(by="campaign"), Period())

    expected: dict[str, counting.Feedback] = {}
    for campaign, outcome, ruling, good, withdrawn in stories:
        key = str(campaigns[campaign].pk) if campaigns[campaign] else "none"
        one = expected.setdefault(key, counting.Feedback())
        one.handed += 1
        setattr(one, outcome, getattr(one, outcome) + 1)
        if withdrawn:
            continue
        one.good += good is True
        one.not_good += good is False
        if outcome in ("rejected", "recycled") and ruling:
            one.disputed += 1
            name = {"disputed": "open"}.get(ruling, ruling)
            setattr(one, name, getattr(one, name) + 1)
    assert found == expected
