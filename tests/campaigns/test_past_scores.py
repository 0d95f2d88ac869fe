"""Why a lead had its score then: rules, touches and facts of a past moment."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from campaigns import scoring
from campaigns.models import ScoringVersion
from campaigns.scoring import Rule, Scorer
from campaigns.services import explain_lead, record_touch, rules
from campaigns.services.explaining import as_it_was, explain_past
from crm.audit.models import Change
from crm.users.models import Role
from leads.services import edit_lead
from tests.factories import CompanyFactory, LeadFactory, TouchFactory

from .test_studio import with_points

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def labels(lines):
    return {line.label: line.points for line in lines}


def test_lines_of_a_past_day_sum_to_the_score_of_that_day():
    lead = LeadFactory(job_title="CEO", phone="+49301234567")
    days = [60, 45, 30, 10, 3]
    for day in days:
        TouchFactory(lead=lead, kind="form", at=now() - timedelta(days=day))
    moments = [now() - timedelta(days=day) for day in (61, 50, 31, 20, 5, 0)]
    then = []
    for moment in moments:
        with time_machine.travel(moment, tick=False):
            then.append(scoring.score(explain_lead(lead)))

    past = [explain_past(lead, moment) for moment in moments]

    assert [scoring.score(lines) for lines in past] == then
    assert then[0] < max(then)


def test_past_score_is_explained_by_the_rules_of_then():
    lead = LeadFactory(phone="+49301234567")
    rules.apply(with_points("Phone known", 9), actor=None)
    ScoringVersion.objects.filter(number=1).update(at=now() - timedelta(days=30))
    ScoringVersion.objects.filter(number=2).update(at=now() - timedelta(days=10))

    found = [labels(explain_past(lead, now() - timedelta(days=day))) for day in (40, 20, 5)]

    assert found == [{"Phone known": 5}, {"Phone known": 5}, {"Phone known": 9}]


def test_past_score_is_explained_by_the_facts_of_then():
    first = CompanyFactory(size="50-249")
    with time_machine.travel(now() - timedelta(days=20), tick=False):
        lead = LeadFactory(job_title="Student", company=first)
    with time_machine.travel(now() - timedelta(days=10), tick=False):
        edit_lead(lead, {"job_title": "CEO", "company": None}, actor=None)
        Change.objects.of(lead).update(at=now())
    edit_lead(lead, {"job_title": "Founder"}, actor=None)

    past = as_it_was(lead, now() - timedelta(days=15))
    between = as_it_was(lead, now() - timedelta(days=5))

    assert (past.job_title, past.company) == ("Student", first)
    assert (between.job_title, between.company) == ("CEO", None)
    assert lead.job_title == "Founder"
    assert "50 to 999 people" in labels(explain_past(lead, now() - timedelta(days=15)))


def test_touches_after_the_day_do_not_count():
    lead = LeadFactory()
    record_touch(lead, "demo_request", now() - timedelta(days=2), "demo")

    assert explain_past(lead, now() - timedelta(days=3)) == []
    assert scoring.score(explain_past(lead, now() - timedelta(days=1))) > 30


def test_score_panel_shows_a_past_day(sign_in):
    lead = LeadFactory(phone="+49301234567")
    TouchFactory(lead=lead, kind="demo_request", at=now() - timedelta(days=2))
    client = sign_in(role=Role.MARKETER)
    url = reverse("campaigns:lead-score", args=[lead.pk])
    day = (now() - timedelta(days=7)).date()

    today, past = client.get(url), client.get(url, {"on": str(day)})

    assert "Asked for a demo" in today.content.decode()
    assert "Asked for a demo" not in past.content.decode()
    assert past.context["lead"].score == 5
    assert client.get(url, {"on": "whenever"}).status_code == 200


def test_capped_line_is_no_faded_one():
    lines = scoring.explain(
        [Rule(1, "Much", "fit", 70, field="phone", operator="set"),
         Rule(2, "More", "fit", 42, field="phone", operator="set")],
        {"phone": ["1"]}, [], now(),
    )  # fmt: skip

    assert [(line.points, line.is_faded) for line in lines] == [
        (70, False), (42, False), (-12, False),
    ]  # fmt: skip


KINDS = st.sampled_from(["form", "webinar", "page_view"])


@given(
    touches=st.lists(st.tuples(KINDS, st.floats(0, 900)), max_size=30),
    points=st.lists(st.integers(-100, 100), min_size=4, max_size=4),
    cap=st.none() | st.integers(0, 60),
    half_life=st.none() | st.integers(1, 90),
    title=st.sampled_from(["", "CEO", "Head of sales", "student"]),
)
def test_bulk_score_is_the_sum_of_the_explanation(touches, points, cap, half_life, title):
    at = now()
    used = [
        Rule(1, "Form", "engagement", points[0], touch_kind="form", cap=cap,
             half_life_days=half_life),
        Rule(2, "Webinar", "engagement", points[1], touch_kind="webinar", cap=cap),
        Rule(3, "Boss", "fit", points[2], field="job_title", operator="contains",
             values=("ceo", "head")),
        Rule(4, "Titled", "fit", points[3], field="job_title", operator="set"),
    ]  # fmt: skip
    facts = {"job_title": (title,)}
    done, seen = {}, []
    for kind, age in touches:
        moment = at - timedelta(days=age)
        done.setdefault(kind, []).append(moment)
        seen.append(scoring.Response(kind, moment))

    explained = scoring.score(scoring.explain(used, facts, seen, at))

    assert Scorer(used).total(facts, done, at) == explained
