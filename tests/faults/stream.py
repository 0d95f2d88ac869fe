"""What people do while things break, and the count of what came of it."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.files.base import ContentFile
from django.db import connection

from campaigns.models import Feedback
from crm.activities.models import FollowUp
from crm.funnel import handoffs
from crm.funnel.models import Handoff, Reason, StageTransition, Verdict
from crm.importing import services as importing
from crm.importing import uploads
from crm.importing.models import Import
from crm.mailing.models import Mail
from crm.mailing.services import message_id_of
from crm.notifications.models import Notification
from crm.outbox.models import Effect
from crm.users.models import Role, User
from leads.models import Lead
from tests.factories import LeadFactory
from tests.faults.processes import wait_until
from tests.faults.world import World

OFFERED = "is waiting for your answer"


@dataclass
class Tally:
    """Of what was asked for: how much happened, never happened, happened more than once."""

    asked: int = 0
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)

    def expect_one(self, what: str, key: object, count: int) -> None:
        self.asked += 1
        if count < 1:
            self.lost.append(f"{what} {key}")
        elif count > 1:
            self.twice.append(f"{what} {key}: {count}")


class Stream:
    """Handoffs opened, routed ones answered, one file imported, in threads of their own."""

    def __init__(self, world: World, name: str, rows: int = 0) -> None:
        self.world = world
        self.name = name
        self.opened: list[int] = []
        self.answered: list[int] = []
        self.threads: list[threading.Thread] = []
        self.faults: list[BaseException] = []
        self.first = Effect.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        self.source = self.bring_in(rows) if rows else None

    # Under way ----------------------------------------------------------------------------------

    def in_thread(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            except BaseException as fault:
                self.faults.append(fault)
            finally:
                connection.close()

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def open(self, count: int) -> None:
        """Open `count` handoffs in the background, answer what was routed meanwhile."""
        self.in_thread(lambda: [self.open_one() for _ in range(count)])
        self.in_thread(self.answer_some)

    def open_one(self) -> None:
        lead = LeadFactory(score=72, name=f"{self.name} {len(self.opened)}")
        handoff = handoffs.open_handoff(lead, evidence={"score": 72, "lines": []})
        self.opened.append(handoff.pk)

    def answer_some(self) -> None:
        """Accept every third routed handoff, recycle every fourth."""
        reason = Reason.objects.filter(use=Reason.Use.RECYCLE, note_required=False)[0]
        routed = Handoff.objects.waiting().filter(pk__in=self.opened).exclude(rep=None)
        for handoff in routed.select_related("rep"):
            with contextlib.suppress(handoffs.AlreadyAnswered):
                self.answer(handoff, reason)

    def answer(self, handoff: Handoff, reason: Reason) -> None:
        assert handoff.rep
        if handoff.pk % 3 == 0:
            handoffs.accept(handoff, actor=handoff.rep)
        elif handoff.pk % 4 == 0:
            handoffs.recycle(handoff, actor=handoff.rep, reason=reason)
        else:
            return
        self.answered.append(handoff.pk)

    def bring_in(self, rows: int) -> Import:
        """Start the import of a file with `rows` leads."""
        lines = [f"{self.name}-{n},Imported {n},{self.name}{n}@import.example" for n in range(rows)]
        file = ContentFile("\n".join(["external_id,name,email", *lines]).encode(), "leads.csv")
        source = uploads.receive(file, kind="leads", actor=self.importer())
        importing.set_mapping(source, {field: field for field in ("external_id", "name", "email")})
        source.state = Import.State.CHECKED
        source.save()
        importing.start(source, actor=source.created_by)
        return source

    def importer(self) -> User:
        return User.objects.filter(role=Role.MARKETING_MANAGER)[0]

    def done(self) -> int:
        """Return how many effects were carried out since this stream began."""
        return Effect.objects.filter(pk__gt=self.first, state=Effect.State.DONE).count()

    def in_the_middle(self, more: int = 3) -> None:
        """Return when a few more effects were carried out: others are in somebody's hands."""
        enough = self.done() + more
        wait_until(lambda: self.done() >= enough or self.world.is_idle(), "work goes on")

    # Afterwards ---------------------------------------------------------------------------------

    def finish(self) -> Tally:
        """Wait until everything is done, and count it."""
        self.join()
        self.world.settle()
        self.answer_some()
        self.world.settle()
        assert not self.faults, self.faults
        tally = Tally()
        self.count_routed(tally)
        self.count_answers(tally)
        self.count_mail(tally)
        self.count_rows(tally)
        dead = Effect.objects.dead().filter(pk__gt=self.first)
        tally.lost += [f"dead: {effect} {effect.last_error}" for effect in dead]
        return tally

    def join(self) -> None:
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive(), "a request hangs"

    def count_routed(self, tally: Tally) -> None:
        told = Counter(
            int(key.split(":")[1])
            for key in Notification.objects.filter(
                key__startswith="handoff:", title__endswith=OFFERED
            ).values_list("key", flat=True)
        )
        rows = Handoff.objects.filter(pk__in=self.opened).exclude(routed_at=None)
        routed = set(rows.values_list("pk", flat=True))
        for pk in self.opened:
            tally.expect_one("routed", pk, pk in routed)
            tally.expect_one("notified", pk, told[pk])

    def count_answers(self, tally: Tally) -> None:
        given = Verdict.objects.filter(handoff__in=self.answered)
        verdicts = Counter(given.values_list("handoff", flat=True))
        home = Counter(Feedback.objects.values_list("verdict", flat=True))
        told = Counter(
            Notification.objects.filter(key__startswith="verdict:").values_list("key", flat=True)
        )
        calls = Counter(FollowUp.objects.values_list("lead", flat=True))
        for pk in self.answered:
            tally.expect_one("verdict", pk, verdicts[pk])
        for verdict in given:
            tally.expect_one("feedback", verdict.pk, home[verdict.pk])
            tally.expect_one("told of verdict", verdict.pk, told[f"verdict:{verdict.pk}"])
            if verdict.kind == Verdict.Kind.ACCEPTED:
                tally.expect_one("first call", verdict.lead_id, calls[verdict.lead_id])

    def count_mail(self, tally: Tally) -> None:
        """One message for each routed handoff; found half-sent, the same may have come again."""
        wanted = {
            int(mail.key.split(":")[3]): message_id_of(mail).strip("<>").partition("@")[0]
            for mail in Mail.objects.filter(key__contains=":handoff:")
        }
        got = self.world.mail.got
        for pk in self.opened:
            tally.expect_one("mail", pk, min(got[wanted.get(pk, "none")], 1))

    def count_rows(self, tally: Tally) -> None:
        if self.source is None:
            return
        self.source.refresh_from_db()
        assert self.source.state == Import.State.DONE, self.source.error
        leads = Lead.objects.filter(external_id__startswith=f"{self.name}-")
        found = Counter(leads.values_list("external_id", flat=True))
        steps = Counter(
            StageTransition.objects.filter(lead__in=leads).values_list(
                "lead__external_id", flat=True
            )
        )
        for n in range(self.source.rows):
            tally.expect_one("row", n, found[f"{self.name}-{n}"])
            tally.expect_one("row in the ledger", n, steps[f"{self.name}-{n}"])

    @property
    def repeated_mails(self) -> int:
        return sum(count - 1 for count in self.world.mail.got.values())

    def taken_again(self) -> int:
        return Effect.objects.filter(pk__gt=self.first, attempts__gt=1).count()


def passed(fault: str, stream: Stream, began: float) -> str:
    """Assert that nothing was lost or done twice; return the line to print."""
    tally = stream.finish()
    line = (
        f"{fault}: {tally.asked} asked, {len(tally.lost)} lost, {len(tally.twice)} twice; "
        f"{len(stream.opened)} handoffs, {len(stream.answered)} answers, "
        f"{stream.source.rows if stream.source else 0} rows; "
        f"{stream.taken_again()} effects taken again, "
        f"slowest publish {stream.world.slowest * 1000:.0f} ms, "
        f"{time.monotonic() - began:.0f} s"
    )
    assert not tally.lost, tally.lost[:10]
    assert not tally.twice, tally.twice[:10]
    return line
