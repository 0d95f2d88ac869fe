"""Effects that must not be lost.

A service that wants something to happen after its transaction writes an Effect row in that same
transaction with `enqueue`. Once committed, its id is published as a hint; whoever takes it (a
worker, or the sweeper when the hint was lost) runs the handler and marks the row done in one
transaction. Taken twice, the second finds it done. Many of one kind are taken as a set.
See docs/architecture.md#outbox.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models.functions import Now

from crm.audit.acting import Door, acting
from crm.outbox import hints
from crm.outbox.models import Effect, Heartbeat
from crm.users.models import organisation_read_once

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
Handler = Callable[[Payload], None]
SetHandler = Callable[[list[Payload]], None]
HANDLERS: dict[str, Handler] = {}
SET_HANDLERS: dict[str, SetHandler] = {}
MOST_IN_A_SET = hints.IN_A_SET
MAX_ATTEMPTS = 8
LONGEST_TURN = 30.0
"""Seconds after which a task begins nothing more; its limit is CELERY_TASK_TIME_LIMIT."""
LONGEST_PAUSE = timedelta(minutes=5)
KILLED = "Each time the process ended before the effect did: killed, out of memory, or too slow."


class Wish(NamedTuple):
    """An effect that is asked for."""

    kind: str
    key: str
    payload: Payload


def register(kind: str, handler: Handler, *, many: SetHandler | None = None) -> None:
    """Let `handler` carry out effects of `kind`. Called from an AppConfig.ready.

    many: carries out a set of them in one transaction, for kinds that come by the hundred
    """
    if HANDLERS.get(kind, handler) is not handler:
        raise ValueError(f"two handlers for {kind}")
    HANDLERS[kind] = handler
    if many:
        SET_HANDLERS[kind] = many


# Asking ---------------------------------------------------------------------------------------


def enqueue(kind: str, key: str, payload: Payload, *, due_at: datetime | None = None) -> None:
    """Ask that an effect of `kind` happens once after this transaction commits.

    key: unique among all effects; a second request with the same key changes nothing
    due_at: not before this time; None is at once
    """
    write([Wish(kind, key, payload)], due_at)


def enqueue_all(*wishes: Wish) -> None:
    """Ask for effects of several kinds in one statement."""
    write(wishes, None)


def tell(kind: str, key: str, payload: Payload) -> None:
    """Ask for an effect of `kind`, and of each registered kind that begins with it and a colon.

    So several apps hear of the same event, each by a kind of its own: `funnel.lead_returned` and
    `funnel.lead_returned:sequences`.
    """
    listeners = [listener for listener in sorted(HANDLERS) if listener.startswith(f"{kind}:")]
    heard = [
        Wish(listener, f"{key}:{listener.removeprefix(kind)[1:]}", payload)
        for listener in listeners
    ]
    enqueue_all(Wish(kind, key, payload), *heard)


def enqueue_many(
    kind: str, wishes: Iterable[tuple[str, Payload]], *, due_at: datetime | None = None
) -> int:
    """Ask for many effects of `kind`, each a (key, payload); return how many were new."""
    asked = dict(wishes)
    known = set(Effect.objects.filter(key__in=asked).values_list("key", flat=True))
    new = [Wish(kind, key, payload) for key, payload in asked.items() if key not in known]
    write(new, due_at)
    return len(new)


def write(wishes: Sequence[Wish], due_at: datetime | None) -> None:
    """Write the rows, and let the workers know of them once they are committed."""
    when = Now() if due_at is None else due_at
    effects = [Effect(kind=w.kind, key=w.key, payload=w.payload, due_at=when) for w in wishes]
    Effect.objects.bulk_create(effects, ignore_conflicts=True, batch_size=500)
    if due_at is None and wishes:
        keys = [wish.key for wish in wishes]
        together = all(wish.kind in SET_HANDLERS for wish in wishes)
        transaction.on_commit(lambda: hints.publish(keys, together=together))


# Carrying out ---------------------------------------------------------------------------------


def carry_all(keys: Iterable[str]) -> int:
    """Carry out the effects `keys`, and then what they asked for; return how many were done.

    What follows is done here, by who has just committed its cause: no further message is waited
    for. Only what is too much for one message goes to the other workers, and what still follows
    after LONGEST_TURN becomes a message of its own: an import of a million rows is a chain of
    effects, and its task would be killed at its time limit.
    """
    done, left, until = 0, list(keys), time.monotonic() + LONGEST_TURN
    while left:
        with hints.kept() as following:
            done += sum(carry(*keys) for keys in sets_of(left))
        if following and time.monotonic() > until:
            hints.publish(following)
            break
        left = following
    return done


def sets_of(keys: list[str]) -> Iterator[list[str]]:
    """Yield which of `keys` to carry out together: of a kind with a handler for sets, else one.

    What else of that kind is due comes along, so that the longer the queue is, the quicker it
    moves. Only a first attempt is made in a set: what killed its process is alone the next time,
    and so never takes others along to their eighth attempt.
    """
    due, sets = Effect.objects.due(), defaultdict[str, list[str]](list)
    for key, kind, attempts in due.filter(key__in=keys).values_list("key", "kind", "attempts"):
        if kind in SET_HANDLERS and not attempts:
            sets[kind].append(key)
        else:
            yield [key]
    for kind, asked in sets.items():
        others = due.filter(kind=kind, attempts=0).exclude(key__in=asked).order_by("due_at", "pk")
        room = -len(asked) % MOST_IN_A_SET
        chosen = [*asked, *others.values_list("key", flat=True)[:room]]
        for start in range(0, len(chosen), MOST_IN_A_SET):
            yield chosen[start : start + MOST_IN_A_SET]


def carry(*keys: str) -> int:
    """Carry out what is due and in nobody else's hands; return how many effects this call did.

    keys: one, or several of one kind that has a handler for sets

    The attempt is counted before it begins: a handler that kills its process is counted too.
    """
    claimed = claim(*keys)
    return attempt(claimed) if claimed else 0


def claim(*keys: str) -> list[str]:
    """Count one more attempt at each due effect and put off the next by a pause that doubles.

    The pause keeps others away until this attempt has locked the row; if the process dies, the
    sweep tries again after it. Left out of what is returned: what is not due, in another's hands,
    or was tried eight times.
    """
    claimed = []
    with transaction.atomic():
        due = Effect.objects.due().select_for_update(skip_locked=True).order_by("attempts", "pk")
        for before, same in groupby(due.filter(key__in=keys), key=lambda e: e.attempts):
            effects = list(same)
            rows = Effect.objects.filter(pk__in=[effect.pk for effect in effects])
            if before >= MAX_ATTEMPTS:
                rows.filter(last_error="").update(last_error=KILLED)
                rows.update(state=Effect.State.DEAD)
                continue
            rows.update(attempts=before + 1, due_at=Now() + pause_after(before + 1))
            claimed += [effect.key for effect in effects]
    return claimed


def attempt(keys: list[str]) -> int:
    """Try the claimed effects `keys`; when a set fails, its halves, so that one harms no other."""
    try:
        return carry_out(keys)
    except Exception as error:
        if len(keys) == 1:
            logger.exception("effect %s failed", keys[0])
            note_failure(keys[0], error)
            return 0
    half = len(keys) // 2
    return attempt(keys[:half]) + attempt(keys[half:])


@transaction.atomic
@organisation_read_once()
def carry_out(keys: list[str]) -> int:
    """Run the handler and mark the rows done, in one transaction; return how many."""
    pending = Effect.objects.pending().select_for_update(skip_locked=True).order_by("pk")
    effects = list(pending.filter(key__in=keys))
    if len(effects) > 1:
        with acting(door=Door.TASK):
            SET_HANDLERS[effects[0].kind]([effect.payload for effect in effects])
    else:
        for effect in effects:
            with acting(effect.payload.get("actor"), door=Door.TASK):
                HANDLERS[effect.kind](effect.payload)
    done = Effect.objects.filter(pk__in=[effect.pk for effect in effects])
    done.update(state=Effect.State.DONE, done_at=Now())
    return len(effects)


def pause_after(attempts: int) -> timedelta:
    return min(timedelta(seconds=2**attempts), LONGEST_PAUSE)


def note_failure(key: str, error: Exception) -> None:
    """Note why an attempt failed: try again after a pause, give up after the eighth."""
    effect = Effect.objects.pending().filter(key=key).first()
    if effect is None:
        return
    dead = effect.attempts >= MAX_ATTEMPTS
    Effect.objects.pending().filter(pk=effect.pk, attempts=effect.attempts).update(
        state=Effect.State.DEAD if dead else Effect.State.PENDING,
        last_error=f"{type(error).__name__}: {error}"[:2000],
        due_at=Now() + pause_after(effect.attempts),
    )


def sweep(limit: int = 500) -> int:
    """Carry out what is due and was not taken, oldest first; return how many this call did."""
    beat("sweep")
    keys = Effect.objects.due().order_by("due_at", "pk").values_list("key", flat=True)[:limit]
    return carry_all(keys)


def retry(effect: Effect) -> bool:
    """Give a dead effect eight more attempts, its old error gone. False if it was not dead."""
    return bool(
        Effect.objects.dead()
        .filter(pk=effect.pk)
        .update(state=Effect.State.PENDING, attempts=0, due_at=Now(), last_error="")
    )


def beat(name: str) -> None:
    """Note that the part `name` of the machinery is alive."""
    Heartbeat.objects.update_or_create(name=name, defaults={"at": Now()})
