"""Carrying a playbook out: one follow-up at a time, the next when the one before is done.

A run stops by itself when its lead or deal moves on. The rows say where each run stands; an effect
carries it on at once, and the beat does if the effect was lost.
"""

from datetime import date, datetime, time
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.timezone import localdate, now

from crm.activities.models import Activity, FollowUp
from crm.activities.services import FOLLOW_UP_SETTLED, NextStep, call_off, plan_follow_up
from crm.common.business_time import BusinessCalendar, NeverOpen
from crm.users.calendar import business_calendar
from crm.users.models import User
from deals.models import Deal
from deals.playbooks.models import Playbook, PlaybookRun
from leads.models import Lead

STEP_SETTLED = f"{FOLLOW_UP_SETTLED}:playbooks"
KEY = "playbook:"
"""Beginning of the key of the follow-ups that runs plan: `playbook:<run>:<step>:<times>`."""

BATCH = 200
State = PlaybookRun.State


class NotStarted(ValueError):
    """The playbook cannot be started here; the message says why."""


@transaction.atomic
def start(playbook: Playbook, lead: Lead, *, actor: User, deal: Deal | None = None) -> PlaybookRun:
    """Begin a playbook on a lead, or on a deal, and plan its first follow-up.

    The follow-ups are the deal's or the lead's owner's, else the actor's.
    Raises NotStarted if one runs there already, if it has no steps, or if the deal is closed.
    """
    steps = [step.frozen() for step in playbook.steps.all()]
    if not steps:
        raise NotStarted(f"“{playbook}” has no steps yet.")
    if deal and not deal.is_open:
        raise NotStarted("The deal is closed.")
    run = PlaybookRun(
        playbook=playbook,
        lead=lead,
        deal=deal,
        owner=(deal.owner if deal else lead.owner) or actor,
        steps=steps,
        lead_stage=lead.stage,
        deal_stage=deal.stage if deal else None,
        started_by=actor,
    )
    try:
        with transaction.atomic():
            run.save(force_insert=True)
    except IntegrityError:
        raise NotStarted("Another playbook runs here already. Stop it first.") from None
    plan(run, localdate(timezone=business_calendar().zone))
    return run


def plan(run: PlaybookRun, after: date) -> None:
    """Plan the follow-up of the run's present step, its delay counted from the day `after`."""
    calendar, step = business_calendar(), run.steps[run.step]
    day = due_day(after, step["delay_days"], calendar)
    times = FollowUp.objects.filter(key__startswith=f"{KEY}{run.pk}:{run.step}:").count()
    run.follow_up = plan_follow_up(
        run.lead,
        NextStep(Activity.Kind(step["kind"]), begin_of(day, calendar), step["title"]),
        owner=run.owner,
        deal=run.deal,
        key=f"{KEY}{run.pk}:{run.step}:{times}",
    )
    run.save(update_fields=["follow_up"])


def due_day(after: date, delay: int, calendar: BusinessCalendar) -> date:
    """Return the working day that lies `delay` working days after a day; 0 is the day itself.

    A day that is none is put off to the next working day. Without any, all days are working days.
    """
    day = after
    try:
        if delay:
            day = calendar.working_day_after(after, delay)
        return day if calendar.is_working_day(day) else calendar.working_day_after(day, 1)
    except NeverOpen:
        return day


def begin_of(day: date, calendar: BusinessCalendar) -> datetime:
    """Return when work begins on a day; for today, which has begun, an hour from now."""
    hours = calendar.week[day.weekday()]
    begins = datetime.combine(day, hours[0] if hours else time(9), calendar.zone)
    return max(begins, now())


# Going on -----------------------------------------------------------------------------------------


def handle_settled(payload: dict[str, Any]) -> None:
    """The effect: a follow-up that Tandem made is done, or open again."""
    run_id = run_of(payload["follow_up"])
    if run_id is not None:
        carry_on(run_id)


def run_of(follow_up: int) -> int | None:
    key = FollowUp.objects.filter(pk=follow_up).values_list("key", flat=True).first()
    if not key or not key.startswith(KEY):
        return None
    return int(key.split(":")[1])


@transaction.atomic
def carry_on(run_id: int) -> bool:
    """Take a run one step further if its follow-up is done, or back if that is open again.

    False if there is nothing to do. Twice it does nothing the second time.
    """
    run = locked(run_id)
    if run is None:
        return False
    if PlaybookRun.objects.moved_on().filter(pk=run.pk).exists():
        return end(run, State.STOPPED, moved_words(run))
    if run.state == State.PAUSED:
        return False
    if step_back(run):
        return True
    done_at = run.follow_up.done_at if run.follow_up else now()
    if not run.is_going or done_at is None:
        return False
    run.step += 1
    run.save(update_fields=["step"])
    if run.step >= len(run.steps):
        return end(run, State.FINISHED, "")
    plan(run, localdate(done_at, business_calendar().zone))
    return True


def locked(run_id: int) -> PlaybookRun | None:
    """Return the run, locked, with what it stands on.

    Locked first and read after: PostgreSQL joins what a waiter for a lock sees to old rows.
    """
    PlaybookRun.objects.select_for_update().only("pk").filter(pk=run_id).first()
    runs = PlaybookRun.objects.select_related("follow_up", "lead", "deal", "owner__team")
    return runs.filter(pk=run_id).first()


def step_back(run: PlaybookRun) -> bool:
    """Follow a completion that was taken back: the step before is the present one again."""
    place = run.step - 1
    if place < 0 or run.state == State.STOPPED:
        return False
    before = FollowUp.objects.open().filter(key__startswith=f"{KEY}{run.pk}:{place}:").first()
    if before is None or (run.is_going and run.follow_up_id == before.pk):
        return False
    if run.is_going and run.follow_up and run.follow_up.done_at is None:
        call_off(run.follow_up)
    run.step, run.follow_up, run.state, run.ended_at = place, before, State.RUNNING, None
    run.save(update_fields=["step", "follow_up", "state", "ended_at"])
    return True


def end(run: PlaybookRun, state: PlaybookRun.State, why: str) -> bool:
    """End a run and take its open follow-up away; False if it was over."""
    if not run.is_going:
        return False
    if run.follow_up and run.follow_up.done_at is None:
        call_off(run.follow_up)
        run.follow_up = None
    run.state, run.why, run.ended_at = state, why[:120], now()
    run.save(update_fields=["state", "why", "ended_at", "follow_up"])
    return True


def moved_words(run: PlaybookRun) -> str:
    deal = run.deal
    if deal is None:
        return f"The lead moved on to {run.lead.get_stage_display()}"
    if not deal.is_open:
        return f"The deal was {deal.get_status_display().lower()}"
    return f"The deal moved on to {deal.stage}"


# By hand ------------------------------------------------------------------------------------------


@transaction.atomic
def pause(run: PlaybookRun) -> bool:
    """Let a run rest: its open follow-up goes away until it is resumed."""
    found = locked(run.pk)
    if found is None or found.state != State.RUNNING:
        return False
    if found.follow_up and found.follow_up.done_at is None:
        call_off(found.follow_up)
        found.follow_up = None
    found.state = State.PAUSED
    found.save(update_fields=["state", "follow_up"])
    return True


@transaction.atomic
def resume(run: PlaybookRun) -> bool:
    """Go on with a paused run: its present step is planned anew from today."""
    found = locked(run.pk)
    if found is None or found.state != State.PAUSED:
        return False
    found.state = State.RUNNING
    found.save(update_fields=["state"])
    plan(found, localdate(timezone=business_calendar().zone))
    return True


@transaction.atomic
def stop(run: PlaybookRun, *, actor: User) -> bool:
    """End a run by hand; False if it was over."""
    found = locked(run.pk)
    return found is not None and end(found, State.STOPPED, f"Stopped by {actor}")


@transaction.atomic
def take_up_again(run: PlaybookRun) -> bool:
    """Undo a stop: the run goes on with the step it stood at. False if another runs by now."""
    found = locked(run.pk)
    if found is None or found.state != State.STOPPED:
        return False
    found.state, found.ended_at, found.why = State.RUNNING, None, ""
    try:
        with transaction.atomic():
            found.save(update_fields=["state", "ended_at", "why"])
    except IntegrityError:
        return False
    plan(found, localdate(timezone=business_calendar().zone))
    return True


# By the clock -------------------------------------------------------------------------------------


def tend(limit: int = BATCH) -> int:
    """Stop what has moved on, and carry on what was done while the effect got lost."""
    running = PlaybookRun.objects.filter(state=State.RUNNING)
    settled = running.filter(Q(follow_up=None) | Q(follow_up__done_at__isnull=False))
    waiting: set[int] = set()
    for runs in (PlaybookRun.objects.moved_on(), settled):
        waiting |= set(runs.values_list("pk", flat=True)[:limit])
    return sum(carry_on(pk) for pk in sorted(waiting))
