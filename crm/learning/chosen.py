"""Which leads stand behind the numbers of the learning report. Source: docs/metrics.md#learning.

A lead is counted once for all its handoffs of a period, with what was frozen at the first of them.
An imported past has no handoffs: there a lead counts that became an MQL in the period.
It is decided when it became a customer, was lost, given back or disqualified; else it is pending.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q

from crm.common.periods import Period
from crm.funnel.models import Handoff, StageEntry
from crm.learning.lessons import Case
from crm.reports.dimensions import DIMENSIONS, Dimension, as_written
from crm.reports.questions import Question, of_whom, within
from crm.reports.rows import LEADS, Params, RowSet, damaged, in_period, url_of
from crm.stages import Stage
from crm.users.models import User
from leads.models import Lead

DECIDED, WON, NOT_WON, PENDING, ALL = "decided", "won", "not-won", "pending", "all"
NO = [Stage.LOST.value, Stage.RECYCLED.value, Stage.DISQUALIFIED.value]
PARTS = {
    DECIDED: Q(stage__in=[Stage.CUSTOMER, *NO]),
    WON: Q(stage=Stage.CUSTOMER),
    NOT_WON: Q(stage__in=NO),
    PENDING: ~Q(stage__in=[Stage.CUSTOMER, *NO]),
    ALL: Q(),
}
HANDOFFS = Handoff.objects.filter(lead=OuterRef("pk"))
BAND, RULE, FROM = "band", "rule", "from"
BAND_WIDTH = 10
ROLE = Dimension("role", "Role", "job_title", as_written, is_text=True)
OF_LEADS = {**{key: DIMENSIONS[key] for key in ("channel", "campaign", "industry", "size")},
            "role": ROLE}  # fmt: skip
BY = {**{key: one.label for key, one in OF_LEADS.items()}, BAND: "Score band",
      RULE: "Scoring rule"}  # fmt: skip


def handed(period: Period, whose: str, user: User | None) -> Any:
    """Return the handoffs opened in the period of leads that `user` sees."""
    found = Handoff.objects.filter(
        within(period, "opened_at"), of_whom(whose, owner="rep", team="team")
    )
    asked = Question(user=user)
    return found if asked.sees_all else found.filter(lead__in=asked.seen(Lead.objects.all()))


def leads(period: Period, whose: str, user: User | None, part: str = ALL) -> Any:
    """Return the handed leads, each once."""
    handoffs = handed(period, whose, user).filter(lead=OuterRef("pk"))
    past = Q() if whose else Q(Exists(imported(period)), ~Exists(HANDOFFS))
    return Lead.objects.filter(
        Q(Exists(handoffs)) | past if past else Exists(handoffs), PARTS[part]
    )


def imported(period: Period) -> Any:
    """Return the MQL entries of the period of the lead at hand."""
    return StageEntry.objects.filter(within(period), lead=OuterRef("pk"), stage=Stage.MQL)


def cases(period: Period, whose: str, user: User | None) -> Iterator[Case]:
    """Yield each handed lead with what its first handoff of the period froze."""
    columns = ("lead", "lead__stage", "evidence", "lead__channel", "rep", "answer_minutes")
    rows = handed(period, whose, user).order_by("lead", "opened_at", "pk")
    last = None
    for lead, stage, evidence, channel, rep, minutes in rows.values_list(*columns).iterator():
        if lead == last:
            continue
        last = lead
        told = frozenset(line["label"] for line in evidence.get("lines", []) if line["points"])
        yield Case(lead, won_at(stage), int(evidence.get("score", 0)), told, channel, rep, minutes)
    if whose:
        return
    past = Lead.objects.filter(Exists(imported(period)), ~Exists(HANDOFFS))
    rows = Question(user=user).seen(past).order_by("pk").values_list("pk", "stage", "channel")
    for lead, stage, channel in rows.iterator():
        yield Case(lead, won_at(stage), None, frozenset(), channel)


def won_at(stage: str) -> bool | None:
    return True if stage == Stage.CUSTOMER else False if stage in NO else None


def band_of(score: int) -> str:
    """Return the band that a score is in: “40–49”."""
    low = min(score, 99) // BAND_WIDTH * BAND_WIDTH
    return f"{low}–{low + BAND_WIDTH - 1 if low < 90 else 100}"


def in_group(by: str, value: str) -> Callable[[Case], bool] | None:
    """Return whether a case is of a group that is known by its evidence; None for other groups."""
    if by == BAND:
        return lambda case: case.score is not None and band_of(case.score) == value
    if by == RULE:
        return lambda case: value in case.rules
    if by == FROM:
        return lambda case: case.score is not None and case.score >= int(value)
    return None


# As addresses -------------------------------------------------------------------------------------


def leads_url(question: Question, part: str, by: str = "", value: str = "") -> str:
    period = in_period(question.period)
    return url_of("learned-leads", part=part, by=by, value=value, whose=question.whose, **period)


def leads_of(params: Params, user: User | None) -> Any:
    by, value, whose = params.text("by"), params.text("value"), params.text("whose")
    found = leads(params.period, whose, user, params.choice("part", PARTS))
    if by in OF_LEADS:
        return found.filter(OF_LEADS[by].condition(value))
    if not by:
        return found
    if by == FROM and not value.isdecimal():
        raise damaged()
    belongs = in_group(by, value)
    if belongs is None:
        raise damaged()
    seen = cases(params.period, whose, user)
    return found.filter(pk__in=[case.lead for case in seen if belongs(case)])


def label(params: Params) -> str:
    part = params.choice("part", PARTS).replace("-", " ")
    return f"Handed leads, {part}: {params.period}"


SETS = (RowSet("learned-leads", LEADS, leads_of, label),)
