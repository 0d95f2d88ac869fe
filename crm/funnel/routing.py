"""Routing: giving an offered lead to a rep, or to the queue of a team whose managers then know."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.timezone import now

from crm.common.business_time import NeverOpen
from crm.funnel import handoffs
from crm.funnel.choosing import Choice, Desk, gave_back
from crm.funnel.models import Handoff, RobinTurn
from crm.notifications import services as notifications
from crm.notifications.models import Notification
from crm.outbox.services import Payload
from crm.users.calendar import business_calendar
from crm.users.models import Organisation, Role, Team, User
from leads.models import Lead

SET = 100
"""How many handoffs are routed in one transaction."""


class Gift(NamedTuple):
    """A handoff that a rep gets, and why he."""

    handoff: Handoff
    rep: User
    reason: str


def handle(payload: Payload) -> None:
    """The handler of the effect funnel.route_handoff. Safe to run twice."""
    route(payload["handoff"])


def handle_all(payloads: list[Payload]) -> None:
    """The same for many."""
    route_all([payload["handoff"] for payload in payloads])


def route(handoff_id: int) -> bool:
    """Give an unassigned handoff to a rep, or let it wait in a team's queue; True if a rep has it.

    Answered, assigned or gone: nothing.
    """
    return bool(route_all([handoff_id]))


@transaction.atomic
def route_all(handoff_ids: Collection[int]) -> int:
    """Give handoffs to reps, in a few statements for all; return how many a rep has now.

    Locks the handoffs, so that each takes one turn, and the turns, so that nobody else decides
    from what is about to change.
    """
    named = Handoff.objects.unassigned().select_related("lead__company", "lead__channel", "team")
    locked = named.select_for_update(of=["self"]).order_by("opened_at", "pk")
    waiting = list(locked.filter(pk__in=handoff_ids))
    if not waiting:
        return 0
    hold_turns()
    at = now()
    desk, gifts, left = Desk(at), [], []
    again = [handoff.lead_id for handoff in waiting if handoff.attempt > 1]
    barred = gave_back(again) if again else {}
    for handoff in waiting:
        choice = desk.decide(handoff.lead, barred.get(handoff.lead_id, ()))
        if choice.rep is None:
            left.append((handoff, choice))
            continue
        desk.count(choice.rep, choice.runners)
        gifts.append(Gift(handoff, choice.rep.user, choice.reason))
    write_turns(desk.turns)
    give_all(gifts, at)
    let_wait(left, at)
    return len(gifts)


def hold_turns() -> None:
    """Let no other routing decide until this transaction ends."""
    held = RobinTurn.objects.select_for_update().order_by("pk").values_list("pk", flat=True)
    if not list(held):  # the first routing ever
        turns = [RobinTurn(rep=rep) for rep in User.objects.reps()]
        RobinTurn.objects.bulk_create(turns, ignore_conflicts=True)
        list(held.all())


def write_turns(turns: Mapping[int, float]) -> None:
    """Write how often each rep had his turn."""
    RobinTurn.objects.bulk_create(
        [RobinTurn(rep_id=rep, given=given) for rep, given in turns.items()],
        update_conflicts=True,
        unique_fields=["rep"],
        update_fields=["given"],
    )


def give_all(gifts: Sequence[Gift], at: datetime) -> None:
    """Write that these handoffs, locked and waiting, are the reps' from now on, and tell them."""
    if not gifts:
        return
    due_at, remind_at = deadline(at)
    told = [handoff.get_absolute_url() for handoff, *_ in gifts if handoff.due_at]
    same = {"routed_at": at, "due_at": due_at, "remind_at": remind_at}
    for handoff, rep, reason in gifts:
        values = {**same, "rep": rep, "team": rep.team, "routing_reason": reason[:250]}
        if handoff.due_at and handoff.due_at < at and handoff.breached_at is None:
            values["breached_at"] = handoff.due_at
        write(handoff, reminded_at=None, escalated_at=None, **values)
    write_owners([gift.handoff for gift in gifts])
    if told:
        notifications.settle(*told)
    notifications.notify_all([notice(handoff, rep, at) for handoff, rep, _ in gifts])


def write(handoff: Handoff, **values: Any) -> None:
    """Write columns of a handoff. One by one is quicker than one UPDATE with a CASE for each."""
    for field, value in values.items():
        setattr(handoff, field, value)
    Handoff.objects.filter(pk=handoff.pk).update(**values)


def write_owners(offered: Sequence[Handoff]) -> None:
    """Let each lead be whose its waiting handoff is."""
    for handoff in offered:
        handoff.lead.owner, handoff.lead.team = handoff.rep, handoff.team
    mine = Handoff.objects.waiting().filter(lead=OuterRef("pk"))
    Lead.objects.filter(pk__in=[handoff.lead_id for handoff in offered]).update(
        owner=Subquery(mine.values("rep")[:1]), team=Subquery(mine.values("team")[:1])
    )


def notice(handoff: Handoff, rep: User, at: datetime) -> notifications.Notice:
    return notifications.Notice(
        rep,
        key=f"handoff:{handoff.pk}:{rep.pk}:{at.isoformat()}",
        title=f"{handoff.lead} is waiting for your answer",
        body=summary(handoff),
        url=handoff.get_absolute_url(),
        kind=Notification.Kind.ACTION,
        by_mail=True,
    )


def summary(handoff: Handoff) -> str:
    """Say in a few lines what is offered, for a notification."""
    lead, evidence = handoff.lead, handoff.evidence
    company = f" · {lead.company}" if lead.company else ""
    lines = [
        f"Score {evidence.get('score', lead.score)}{company}",
        ", ".join(signal.label for signal in handoff.signals),
        handoff.note,
    ]
    return "\n".join(line for line in lines if line)


def let_wait(left: Sequence[tuple[Handoff, Choice]], at: datetime) -> None:
    """Leave handoffs in the queue of a team; that team's managers are told of each once."""
    first = [handoff for handoff, _ in left if handoff.due_at is None]
    due_at, remind_at = deadline(at) if first else (None, None)
    changed = []
    for handoff, choice in left:
        values: dict[str, Any] = {"team": choice.team, "routing_reason": choice.reason[:250]}
        if handoff.due_at is None:
            values |= {"due_at": due_at, "remind_at": remind_at}
        elif all(getattr(handoff, field) == value for field, value in values.items()):
            continue
        write(handoff, **values)
        changed.append(handoff)
    if changed:
        write_owners(changed)
        tell_managers(changed)


def tell_managers(waiting: Sequence[Handoff]) -> None:
    """Tell the managers of each team what waits in its queue because nobody can take it."""
    managers = {team: managers_of(team) for team in {handoff.team for handoff in waiting}}
    notifications.notify_all(
        [
            notifications.Notice(
                manager,
                key=f"handoff:{handoff.pk}:nobody",
                title=f"Nobody can take {handoff.lead}",
                body=handoff.routing_reason,
                url=handoff.get_absolute_url(),
                kind=Notification.Kind.ACTION,
                by_mail=True,
            )
            for handoff in waiting
            for manager in managers[handoff.team]
        ]
    )


def managers_of(team: Team | None) -> list[User]:
    """Return the sales managers of `team`; it has none: all; there are none: the administrators."""
    active = User.objects.active()
    managers = list(active.filter(role=Role.SALES_MANAGER))
    own = [user for user in managers if team and user.team_id == team.pk]
    return own or managers or list(active.filter(role=Role.ADMIN))


def deadline(at: datetime) -> tuple[datetime, datetime]:
    """Return when an answer is due and when to remind of it, by the business calendar.

    An organisation without working time gets plain minutes: better a deadline than none.
    """
    organisation = Organisation.get()
    minutes = organisation.answer_minutes
    before = minutes * organisation.remind_percent / 100
    calendar = business_calendar(organisation)
    try:
        return calendar.add_minutes(at, minutes), calendar.add_minutes(at, before)
    except NeverOpen:
        return at + timedelta(minutes=minutes), at + timedelta(minutes=before)


@transaction.atomic
def reassign(handoff: Handoff, rep: User, *, actor: User) -> None:
    """A manager gives a waiting handoff to another rep: same attempt, new deadline.

    A rep who has it already keeps it, with its deadline, and is not told again.
    Raises AlreadyAnswered if it was answered meanwhile.
    """
    waiting = Handoff.objects.waiting().select_for_update().filter(pk=handoff.pk).first()
    if waiting is None:
        handoff.refresh_from_db()
        raise handoffs.AlreadyAnswered(handoff)
    if waiting.rep_id == rep.pk:
        return
    before = handoff.rep or (f"the queue of {handoff.team}" if handoff.team else "the queue")
    give_all([Gift(handoff, rep, f"{actor} gave it to {rep}, before: {before}")], now())


@transaction.atomic
def leave_in_queue(handoff: Handoff, team: Team | None, *, actor: User | None) -> bool:
    """Put a waiting handoff back into the queue of `team`: same attempt, same deadline.

    False if it was answered or given meanwhile. Its rep need not answer it any more.
    """
    reason = f"{actor or 'Somebody'} gave it to nobody, before: {handoff.rep}"
    values = {"rep": None, "team": team or handoff.team, "routed_at": None}
    mine = Handoff.objects.waiting().filter(pk=handoff.pk, rep=handoff.rep)
    if not mine.update(**values, routing_reason=reason[:250]):
        return False
    notifications.settle(handoff.get_absolute_url())
    return True


def route_unassigned(limit: int = 1000) -> int:
    """Try again for what waits without a rep, or for one who is none any more.

    Return how many found one.
    """
    free_from_leavers()
    waiting = Handoff.objects.unassigned().order_by("opened_at").values_list("pk", flat=True)
    pks = list(waiting[:limit])
    return sum(route_all(pks[start : start + SET]) for start in range(0, len(pks), SET))


@transaction.atomic
def free_from_leavers() -> int:
    """Put what waits for people who left, or sell no more, back into the queue of their team."""
    held = Handoff.objects.waiting().filter(rep__isnull=False)
    left = held.exclude(rep__in=User.objects.sellers())
    ids = list(left.select_for_update(of=["self"]).values_list("pk", flat=True))
    Lead.objects.filter(handoffs__in=ids).update(owner=None)
    freed = Handoff.objects.waiting().filter(pk__in=ids)
    return freed.update(rep=None, routed_at=None, routing_reason="The rep has left")
