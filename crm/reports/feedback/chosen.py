"""Which verdicts and handoffs stand behind the numbers of the feedback report.

Source: docs/metrics.md#feedback.
"""

from typing import Any

from django.db.models import Q

from crm.common.periods import Period
from crm.funnel.models import Handoff, Verdict
from crm.funnel.models.verdicts import AGAINST
from crm.reports.dimensions import OF_HANDOFFS, seen_from
from crm.reports.questions import Question, of_whom, within
from crm.reports.rows import Params, RowSet, url_of
from crm.reports.velocity.chosen import asked, in_group
from crm.users.models import User

OF_VERDICTS = seen_from("lead__", rep="handoff__rep", team="handoff__team")
AGAINST_IT, GOOD, NOT_GOOD, JUDGED, LOST = "against", "good", "not-good", "judged", "lost"
DISPUTED, OPEN, UPHELD, OVERTURNED = "disputed", "open", "upheld", "overturned"
Ruling = Verdict.Ruling
PARTS = {
    AGAINST_IT: Q(kind__in=AGAINST),
    GOOD: Q(good_lead=True),
    NOT_GOOD: Q(good_lead=False),
    JUDGED: Q(good_lead__isnull=False),
    LOST: Q(kind=Verdict.Kind.LOST),
    DISPUTED: Q(disputed_at__isnull=False),
    OPEN: Q(disputed_at__isnull=False, ruling=""),
    UPHELD: Q(ruling=Ruling.UPHELD),
    OVERTURNED: Q(ruling=Ruling.OVERTURNED),
}
"""Of the verdicts that stand. against: sales gave the lead back; good, not-good: the word on the
lead when its deal closed; disputed: marketing objected, whatever was ruled."""
HANDED = ("", *Handoff.Outcome.values)
ANSWERED = "answered"


def verdicts(period: Period, whose: str = "") -> Any:
    """Return the verdicts given in the period that were not taken back."""
    whom = of_whom(whose, owner="handoff__rep", team="handoff__team")
    return Verdict.objects.standing().filter(within(period), whom)


def handed(period: Period, whose: str = "") -> Any:
    """Return the handoffs opened in the period."""
    whom = of_whom(whose, owner="rep", team="team")
    return Handoff.objects.filter(within(period, "opened_at"), whom)


# As addresses -------------------------------------------------------------------------------------


def verdicts_url(question: Question, part: str, value: str = "", **more: Any) -> str:
    return url_of("verdicts-given", part=part, **asked(question, value), **more)


def handed_url(question: Question, outcome: str, value: str = "") -> str:
    return url_of("handed-over", outcome=outcome, **asked(question, value))


def verdicts_of(params: Params, user: User | None) -> Any:
    found = verdicts(params.period, params.text("whose")).filter(
        PARTS[params.choice("part", PARTS)], in_group(params, OF_VERDICTS)
    )
    if side := params.text("side"):
        of_side = Q(reason=None) if side == "none" else Q(reason__side=side)
        found = found.filter(of_side, kind__in=AGAINST)
    if params.text("reason"):
        found = found.filter(reason=params.number("reason"))
    if "said" in params:
        found = found.filter(reason_text="" if params["said"] == "none" else params["said"])
    return found


def handed_of(params: Params, user: User | None) -> Any:
    outcome = params.choice("outcome", (*HANDED, ANSWERED))
    found = handed(params.period, params.text("whose")).filter(in_group(params, OF_HANDOFFS))
    if outcome == ANSWERED:
        return found.exclude(outcome=Handoff.Outcome.WAITING)
    return found.filter(outcome=outcome) if outcome else found


WORDS = {
    AGAINST_IT: "Leads given back",
    GOOD: "Good leads",
    NOT_GOOD: "Leads that were not good",
    JUDGED: "Leads with a word on their quality",
    LOST: "Lost deals",
    DISPUTED: "Disputed verdicts",
    OPEN: "Open disputes",
    UPHELD: "Disputes: sales was right",
    OVERTURNED: "Disputes: marketing was right",
}
SETS = (
    RowSet(
        "verdicts-given",
        "verdicts",
        verdicts_of,
        lambda params: f"{WORDS[params.choice('part', PARTS)]}: {params.period}",
    ),
    RowSet(
        "handed-over",
        "handoffs",
        handed_of,
        lambda params: (
            f"Handed over{', ' if params.text('outcome') else ''}"
            f"{params.text('outcome')}: {params.period}"
        ),
    ),
)
