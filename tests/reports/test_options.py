"""A report of a room above may ask more than the controls that all share."""

from dataclasses import replace
from datetime import date

import pytest
from django.utils.timezone import now

from crm.common.periods import named
from crm.reports import kept
from crm.reports.answers import Answer
from crm.reports.forms import ReportForm
from crm.reports.questions import Question
from crm.reports.registry import PERIOD, Report
from crm.reports.saved_forms import only_controls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


def answer(question: Question) -> Answer:
    return Answer("plan", question.asked, now(), "EUR")


GOAL = Report(
    "goal",
    "Goal",
    "What it takes",
    answer,
    controls=(PERIOD,),
    usual="quarter",
    periods=("month", "quarter"),
    options={"target": "what is to be won"},
)


def test_what_a_report_asks_besides_comes_with_the_question():
    form = ReportForm({"target": "5000", "other": "x"}, report=GOAL, user=None)

    question = form.question()

    assert question.more == {"target": "5000"}
    assert question.asked["target"] == "5000"


def test_only_its_own_periods_can_be_chosen():
    asked = {"period": "year"}

    form = ReportForm(asked, report=GOAL, user=None)

    assert form.question(today=date(2026, 5, 4)).period == named("quarter", date(2026, 5, 4))
    assert [key for key, _ in form.fields["period"].choices] == ["quarter", "month", "custom"]


def test_two_targets_are_two_kept_answers():
    small, large = (Question(more={"target": target}) for target in ("5000", "9000"))

    assert kept.key_of(GOAL, small) != kept.key_of(GOAL, large)
    assert kept.question_of(kept.packed(small)) == replace(small, user=None)


def test_a_saved_report_keeps_what_it_was_asked():
    assert only_controls("target=5000&page=2&period=month", GOAL) == "period=month&target=5000"
