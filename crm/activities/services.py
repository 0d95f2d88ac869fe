"""What is done with activities and follow-ups: logging one, planning the next, completing it."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate, now

from crm.activities import invitations, recurrence, reminders
from crm.activities.models import Activity, FollowUp, new_uid
from crm.funnel import sla
from crm.outbox import services as outbox
from crm.users.models import User
from leads.models import Lead
from leads.normalising import many_lines, one_line

ACTIVITY_LOGGED = "activities.logged"
"""Payload {"activity": pk}. Asked for if a higher app registered a handler for it."""

FOLLOW_UP_SETTLED = "activities.follow_up_settled"
"""Payload {"follow_up": pk}: one that Tandem made was completed, or is open again. Asked for if a
higher app registered a handler for it."""

FIRST_CALL = "first-call:"
"""Beginning of the key of the follow-up that accepting a handoff asks for."""

REPEATED = "repeat:"
"""Beginning of the key of a follow-up that comes after one of its series."""

DESCRIBED = (
    "kind", "title", "due_at", "day", "minutes", "meeting_kind", "place", "remind_minutes",
    "repeats", "repeat_until", "repeat_on",
)  # fmt: skip
CLOCKS_DIFFER = timedelta(minutes=5)
MOST_MINUTES = 24 * 60


class NotLogged(ValueError):
    """The activity cannot be: it is in the future, or says nothing."""


@dataclass(frozen=True)
class NextStep:
    """What is to be done next, and by when."""

    kind: Activity.Kind
    due_at: datetime
    title: str = ""
    day: date | None = None
    """All day on this day; then `due_at` does not matter."""
    minutes: int | None = None
    meeting_kind: str = ""
    place: str = ""
    remind_minutes: int | None = None
    repeats: str = ""
    repeat_until: date | None = None
    invite: bool = False
    """Invite the lead by mail."""


@transaction.atomic
def log_activity(
    lead: Lead,
    kind: Activity.Kind,
    *,
    actor: User | None,
    text: str = "",
    outcome: str = "",
    minutes: int | None = None,
    meeting_kind: str = "",
    place: str = "",
    shown: str = "",
    reaction: str = "",
    at: datetime | None = None,
    deal: Any = None,
    next_step: NextStep | None = None,
    contact: bool = True,
    typed: bool = False,
) -> Activity:
    """Record what happened with `lead`, and plan what comes next.

    outcome: of a call, see Activity.Outcome; minutes: how long it took; at: None is now
    meeting_kind, place: how and where people met; shown, reaction: of a demo
    deal: the Deal that it was about, one of this lead's
    contact: False for what we did not do, such as mail that came in: it stops no deadline
    typed: True for what a person wrote down, who may correct it for a day

    Raises NotLogged for a future time or an empty note, BadValue for a text that cannot be kept.
    """
    at = at or now()
    text = many_lines(text)
    check(kind, text, at, minutes)
    activity = Activity.objects.create(
        lead=lead,
        deal=deal,
        kind=kind,
        outcome=outcome,
        text=text,
        minutes=minutes,
        meeting_kind=meeting_kind,
        place=one_line(place),
        shown=one_line(shown),
        reaction=reaction,
        at=at,
        by=actor,
        typed=typed,
    )
    tell(activity, contact=contact)
    if next_step:
        plan_follow_up(lead, next_step, owner=actor, deal=deal)
    return activity


def tell(activity: Activity, *, contact: bool) -> None:
    """Stop the clock of the first contact if this is one, and tell the apps above."""
    if contact and is_contact(activity):
        sla.note_first_contact(activity.lead, activity.at)
        complete_first_calls(activity.lead)
    if ACTIVITY_LOGGED in outbox.HANDLERS:
        outbox.enqueue(
            ACTIVITY_LOGGED, f"{ACTIVITY_LOGGED}:{activity.pk}", {"activity": activity.pk}
        )


def check(kind: Activity.Kind, text: str, at: datetime, minutes: int | None) -> None:
    """Raise NotLogged for what cannot have happened like that."""
    if at > now() + CLOCKS_DIFFER:
        raise NotLogged("This is in the future. Plan it as a follow-up.")
    if kind == Activity.Kind.NOTE and not text:
        raise NotLogged("Write what you want to keep.")
    if minutes is not None and not 0 <= minutes <= MOST_MINUTES:
        raise NotLogged("That is longer than a day.")


def is_contact(activity: Activity) -> bool:
    """Say whether sales reached the lead by this: a call that nobody answered is no contact."""
    reached = activity.outcome in ("", Activity.Outcome.REACHED)
    return Activity.Kind(activity.kind) in Activity.CONTACTS and reached


def complete_first_calls(lead: Lead) -> int:
    """Complete the first call that accepting the lead asked for: it has happened."""
    asked = FollowUp.objects.open().filter(lead=lead, key__startswith=FIRST_CALL)
    return asked.update(done_at=now())


@transaction.atomic
def plan_follow_up(
    lead: Lead, step: NextStep, *, owner: User | None, deal: Any = None, key: str | None = None
) -> FollowUp:
    """Set what `owner` is to do next for `lead`. Raises BadValue for a title that cannot be kept.

    key: of those made by Tandem itself, so that the same is not made twice
    """
    team = owner.team if owner else lead.team
    follow_up = FollowUp(lead=lead, deal=deal, owner=owner, team=team, key=key)
    describe(follow_up, step)
    follow_up.save(force_insert=True)
    reminders.ask(follow_up)
    if step.invite and lead.email:
        invitations.invite(follow_up)
    return follow_up


def describe(follow_up: FollowUp, step: NextStep) -> None:
    """Write what `step` says into a follow-up, not yet saved."""
    before = follow_up.repeat_on and follow_up.on.day
    follow_up.kind = step.kind
    follow_up.title = one_line(step.title) or title_of(step.kind, follow_up.lead)
    follow_up.day = step.day
    follow_up.due_at = end_of(step.day, follow_up.zone) if step.day else step.due_at
    follow_up.minutes = step.minutes
    follow_up.meeting_kind = step.meeting_kind
    follow_up.place = one_line(step.place)
    follow_up.remind_minutes = step.remind_minutes
    follow_up.repeats = step.repeats
    follow_up.repeat_until = step.repeat_until if step.repeats else None
    if step.repeats != FollowUp.Repeats.MONTHLY:
        follow_up.repeat_on = None
    elif follow_up.on.day != before:
        follow_up.repeat_on = follow_up.on.day


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the last minute of a day: when something for the whole day is due."""
    return datetime.combine(day, time(23, 59), zone)


def title_of(kind: Activity.Kind, lead: Lead) -> str:
    """Return the usual title: “Call Ana Costa”, “Meeting with Ana Costa”."""
    joined = {Activity.Kind.CALL: "Call", Activity.Kind.EMAIL: "Write to"}
    words = joined.get(kind) or ("Note on" if kind == Activity.Kind.NOTE else f"{kind.label} with")
    return f"{words} {lead}"[:200]


@transaction.atomic
def complete_follow_up(follow_up: FollowUp) -> bool:
    """Mark a follow-up as done, and plan the next of its series; False if it was already."""
    at = now()
    if not FollowUp.objects.open().filter(pk=follow_up.pk).update(done_at=at):
        return False
    follow_up.done_at = at
    if follow_up.repeats:
        repeat(follow_up)
    tell_settled(follow_up, at)
    return True


def tell_settled(follow_up: FollowUp, at: datetime) -> None:
    """Tell the apps above that what they asked for is done, or is not after all."""
    if follow_up.key and FOLLOW_UP_SETTLED in outbox.HANDLERS:
        key = f"{FOLLOW_UP_SETTLED}:{follow_up.pk}:{at.isoformat()}"
        outbox.tell(FOLLOW_UP_SETTLED, key, {"follow_up": follow_up.pk})


def repeat(follow_up: FollowUp) -> FollowUp | None:
    """Plan the next of a series, once; None if the series is over."""
    zone, key = follow_up.zone, f"{REPEATED}{follow_up.pk}"
    day = recurrence.day_after(
        follow_up.on,
        follow_up.repeats,
        today=localdate(timezone=zone),
        on=follow_up.repeat_on,
        until=follow_up.repeat_until,
    )
    if day is None or FollowUp.objects.filter(key=key).exists():
        return None
    clock = follow_up.due_at.astimezone(zone).time()
    following = FollowUp.objects.get(pk=follow_up.pk)
    following.pk, following.key, following.done_at = None, key, None
    following.guest, following.sequence, following.created_at = "", 0, now()
    following.closed_with_deal = False
    following.guest_answer, following.guest_comment = "", ""
    following.guest_answered_at, following.uid = None, new_uid()
    following.day = day if follow_up.day else None
    following.due_at = datetime.combine(day, clock, zone)
    following._state.adding = True
    following.save(force_insert=True)
    reminders.ask(following)
    return following


@transaction.atomic
def reopen_follow_up(follow_up: FollowUp) -> bool:
    """Take a completion back, and the next of its series with it; False if it is open."""
    follow_up.done_at = None
    done = FollowUp.objects.filter(pk=follow_up.pk, done_at__isnull=False)
    if not done.update(done_at=None):
        return False
    FollowUp.objects.open().filter(key=f"{REPEATED}{follow_up.pk}").delete()
    tell_settled(follow_up, now())
    return True


def snooze(follow_up: FollowUp, days: int) -> bool:
    """Put a follow-up off by whole days from today, or from its day if that is later.

    False if it was done meanwhile.
    """
    late = max(0, (localdate(timezone=follow_up.zone) - follow_up.on).days)
    return move_follow_up(follow_up, follow_up.on + timedelta(days=late + days))


@transaction.atomic
def move_follow_up(follow_up: FollowUp, day: date) -> bool:
    """Put a follow-up on another day, at the same time of day. False if it was done meanwhile.

    A reminder moves along, and a guest gets the new day.
    """
    if follow_up.on == day:
        return True
    zone = follow_up.zone
    due_at = datetime.combine(day, follow_up.due_at.astimezone(zone).time(), zone)
    moved = {"due_at": due_at, "day": day if follow_up.day else None}
    if not FollowUp.objects.open().filter(pk=follow_up.pk).update(**moved):
        return False
    follow_up.due_at, follow_up.day = due_at, moved["day"]
    reminders.ask(follow_up)
    invitations.change(follow_up)
    return True


@transaction.atomic
def edit_follow_up(follow_up: FollowUp, step: NextStep) -> FollowUp:
    """Change what is to be done and when. Raises BadValue for a title that cannot be kept.

    Whoever was invited is told if his part of it has changed.
    """
    told = seen_by_guest(follow_up)
    describe(follow_up, step)
    follow_up.save(update_fields=DESCRIBED)
    reminders.ask(follow_up)
    if step.invite and not follow_up.guest and follow_up.lead.email:
        invitations.invite(follow_up)
    elif seen_by_guest(follow_up) != told:
        invitations.change(follow_up)
    return follow_up


def seen_by_guest(follow_up: FollowUp) -> tuple[Any, ...]:
    seen = follow_up
    return seen.title, seen.due_at, seen.day, seen.minutes, seen.place


@transaction.atomic
def call_off(follow_up: FollowUp) -> bool:
    """Take an open follow-up away: it will not happen. False if it was done or gone meanwhile.

    With a series, what would come after goes too. A guest is told.
    """
    gone, _ = FollowUp.objects.open().filter(pk=follow_up.pk).delete()
    if not gone:
        return False
    invitations.call_off(follow_up)
    return True
