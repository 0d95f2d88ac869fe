"""The e-mail step: one marketing mail for each lead, by campaigns.newsletters, which sends it.

Never two on one day to one lead, unless the sequence says so: who got one today, or has one
waiting, stays at the step until the next day. Who may not get mail is passed over. While the
organisation's postal address is missing, everybody stays at the step.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils.timezone import localdate

from campaigns.newsletters import audience, testing
from campaigns.newsletters.models import Kind, MarketingMail
from campaigns.newsletters.services import keep_content, queue_one
from campaigns.sequences.models import Enrolment, Sequence, Step, StepRun
from campaigns.sequences.performing import Later, Result, Results
from campaigns.sequences.plans import Plan
from campaigns.sequences.waiting import Wait, wait_until
from crm.common.business_time import BusinessCalendar
from crm.mailing.letterhead import NO_ADDRESS, may_send
from crm.mailing.models import Mail
from crm.users.calendar import business_calendar
from crm.users.models import User
from leads.models import Lead

MAILED = "mailed_today"
TOMORROW = Wait(1)
ASK_AGAIN = timedelta(hours=1)
"""How long leads stay at the step before the postal address is looked for again."""
WAITS = "One marketing mail a day: it goes tomorrow."


def key_of(step: Step, turn: int) -> str:
    """Return what the mail of `step` to a lead on its walk number `turn` is known by."""
    return f"sequence:{step.sequence_id}:step:{step.pk}:{turn}"


def send(plan: Plan, step: Step, group: list[Enrolment], at: datetime) -> Results:
    """Queue the mail for those of the group who may get it today."""
    if not may_send():
        return {enrolment.pk: Later(at + ASK_AGAIN, NO_ADDRESS) for enrolment in group}
    day, also = localdate(at, plan.calendar.zone), plan.sequence.allow_second_mail_a_day
    reasons = refusals([enrolment.lead_id for enrolment in group], day, also_today=also)
    content = keep_content(subject=step.settings["subject"], blocks=step.settings["blocks"])
    results: Results = {}
    for enrolment in group:
        why = reasons[enrolment.lead_id]
        if why == MAILED:
            results[enrolment.pk] = Later(next_day(at, plan.calendar), WAITS)
        elif why:
            results[enrolment.pk] = Result(StepRun.Outcome.SKIPPED, audience.WHY[why])
        else:
            queue_one(
                enrolment.lead,
                content,
                key_of(step, enrolment.turn),
                campaign=plan.sequence.campaign,
                also_today=also,
            )
            results[enrolment.pk] = Result()
    return results


def send_test(step: Step, *, actor: User) -> Mail:
    """Send the mail of a step to `actor`, as if they were a lead; return it, for them to read."""
    settings = step.settings
    letter = testing.draft_letter(
        settings["subject"], settings["blocks"], testing.own_values(actor)
    )
    return testing.queue_test(letter, actor.email or "", actor=actor, of=f"step:{step.pk}")


def next_day(at: datetime, calendar: BusinessCalendar) -> datetime:
    """Return the same time of day on the next day, by the organisation's clock."""
    return wait_until(at, TOMORROW, calendar)


def refusals(lead_ids: Iterable[int], day: date, *, also_today: bool) -> dict[int, str]:
    """Return by lead why it gets no mail of a sequence on `day`, "" if it gets it.

    Two queries. A mail that waits to be sent counts as one of the day.
    """
    ids = list(lead_ids)
    judged = audience.with_why(
        Lead.objects.filter(pk__in=ids), Kind.SEQUENCE, day, also_today=also_today
    )
    found = {pk: str(why) for pk, why in judged.values_list("pk", F("why"))}
    if not also_today:
        free = [pk for pk, why in found.items() if not why]
        found |= dict.fromkeys(waiting_for(free), MAILED)
    return found


def waiting_for(lead_ids: list[int]) -> list[int]:
    """Return those of the leads for whom a marketing mail waits that is not held back."""
    waiting = MarketingMail.objects.open().filter(lead__in=lead_ids, also_today=False)
    return [pk for pk in waiting.values_list("lead", flat=True) if pk is not None]


class Rehearsal:
    """What the e-mail steps of a dry run would do for one lead. Nothing is queued."""

    def __init__(self, sequence: Sequence, lead: Lead) -> None:
        self.also, self.lead = sequence.allow_second_mail_a_day, lead
        self.calendar = business_calendar()
        self.days = set(
            MarketingMail.objects.filter(lead=lead, also_today=False, day__isnull=False)
            .order_by()
            .values_list("day", flat=True)
        )
        today = localdate(timezone=self.calendar.zone)
        self.why = refusals([lead.pk], today, also_today=True)[lead.pk]

    @property
    def to(self) -> str:
        return f"To {self.lead.email}"

    def not_before(self, at: datetime) -> Later | None:
        """Return until when a mail at `at` would wait because another left that day; None: not."""
        if self.also or self.why or self.day(at) not in self.days:
            return None
        later = next_day(at, self.calendar)
        while self.day(later) in self.days:
            later = next_day(later, self.calendar)
        return Later(later, "It gets another marketing mail that day.")

    def why_not(self) -> str:
        """Return why the lead would get no mail, "" if it would."""
        if not may_send():
            return NO_ADDRESS
        return f"Left out: {audience.WHY[self.why].lower()}." if self.why else ""

    def sent(self, at: datetime) -> None:
        self.days.add(self.day(at))

    def day(self, at: datetime) -> date:
        return localdate(at, self.calendar.zone)
