"""A sequence walked with one lead on paper: what would happen when, and why. Nothing is done.

Branches and consent are answered as things stand now; waits run by the real calendar.
"""

from dataclasses import dataclass
from datetime import datetime

from campaigns.sequences import mailing
from campaigns.sequences.conditions import asked_by, goal_of
from campaigns.sequences.models import Enrolment, Sequence, Step, StepRun
from campaigns.sequences.performing import follow_up_due
from campaigns.sequences.plans import Plan, plan_of
from campaigns.sequences.querysets import OVER, with_sales
from campaigns.sequences.steps import ICONS, wait_of
from campaigns.sequences.waiting import wait_until
from crm.stages import Stage
from leads.models import Lead


@dataclass(frozen=True)
class Line:
    """One thing that would happen, or would not, and why."""

    at: datetime
    what: str
    why: str = ""
    icon: str = "point"
    happens: bool = True


def dry_run(sequence: Sequence, lead: Lead, start: datetime) -> list[Line]:
    """Return what would happen if `lead` entered `sequence` at `start`."""
    return Rehearsal(plan_of(sequence), lead, start).lines()


class Rehearsal:
    def __init__(self, plan: Plan, lead: Lead, start: datetime) -> None:
        self.plan, self.lead, self.start = plan, lead, start
        self.at = start
        self.found: list[Line] = []
        self.post = mailing.Rehearsal(plan.sequence, lead)

    def lines(self) -> list[Line]:
        if self.keeps_out():
            return self.found
        step = self.plan.tree.first()
        while step is not None:
            held = self.plan.steps[step]
            outcome = self.perform(held)
            if held.kind == Step.Kind.EXIT:
                return self.found
            step = self.plan.tree.after(step, outcome)
        self.add("The sequence ends", "That was the last step.", "flag")
        return self.found

    def add(self, what: str, why: str = "", icon: str = "point", *, happens: bool = True) -> None:
        self.found.append(Line(self.at, what, why, icon, happens))

    def keeps_out(self) -> bool:
        """Say whether the lead would leave at once; note what else matters at the beginning."""
        stage, me = Stage(self.lead.stage), Lead.objects.filter(pk=self.lead.pk)
        if stage in OVER:
            self.add("It would not enter", f"It is {stage.label.lower()}.", "ban", happens=False)
            return True
        goal = goal_of(self.plan.sequence)
        if goal and me.filter(goal.met(lead="pk", since=self.start)).exists():
            self.add("It would leave at once", f"It {goal}: the goal.", "target", happens=False)
            return True
        if me.filter(with_sales("pk")).exists():
            why = "It is with sales. The steps follow once it comes back; dates are as if it did."
            self.add("It would wait", why, "player-pause", happens=False)
        else:
            before = self.been_before()
            self.add("It would not enter" if before else "It enters", before, "user-plus")
        return False

    def been_before(self) -> str:
        turns = Enrolment.objects.filter(sequence=self.plan.sequence, lead=self.lead)
        last = turns.order_by("-turn").first()
        if last is None:
            return ""
        if last.is_open:
            return "It walks through this sequence now; the rest is as if it began."
        return "It walked through before; it enters again only by hand or coming back from sales."

    def perform(self, step: Step) -> str:
        """Note what `step` would do; return the outcome that decides where to go on."""
        does = {
            Step.Kind.WAIT: self.wait,
            Step.Kind.EMAIL: self.mail,
            Step.Kind.FOLLOW_UP: self.ask,
            Step.Kind.BRANCH: self.branch,
            Step.Kind.EXIT: self.leave,
        }
        return does[Step.Kind(step.kind)](step)

    def wait(self, step: Step) -> str:
        wait = wait_of(step)
        ends = wait_until(self.at, wait, self.plan.calendar)
        self.add(str(wait), "", ICONS[Step.Kind.WAIT])
        self.at = ends
        return ""

    def mail(self, step: Step) -> str:
        later = self.post.not_before(self.at)
        if later is not None:
            self.add("Wait for the next day", later.note, "clock")
            self.at = later.at
        why_not = self.post.why_not()
        title = self.plan.reader.title(step)
        self.add(title, why_not or self.post.to, "mail", happens=not why_not)
        if not why_not:
            self.post.sent(self.at)
        return ""

    def ask(self, step: Step) -> str:
        asked = self.plan.reader.asked(step)
        owner = asked.owner_for(self.lead, self.plan.sequence)
        title = self.plan.reader.title(step)
        if owner is None or not owner.is_active:
            self.add(title, "Left out: nobody to give it to.", "phone", happens=False)
            return ""
        due = follow_up_due(asked, self.at, self.plan.calendar).astimezone(self.plan.calendar.zone)
        self.add(f"Follow-up: {title}", f"For {owner}, due {due:%-d %b %Y, %H:%M}.", "phone")
        return ""

    def branch(self, step: Step) -> str:
        asked = asked_by(step)
        me = Lead.objects.filter(pk=self.lead.pk)
        holds = me.filter(asked.met(lead="pk", since=self.start)).exists()
        answer = StepRun.Outcome.YES if holds else StepRun.Outcome.NO
        self.add(
            f"If it {asked}: {answer.label.lower()}",
            "As things stand now.",
            ICONS[Step.Kind.BRANCH],
        )
        return answer

    def leave(self, step: Step) -> str:
        goal = step.settings.get("goal")
        self.add("The sequence ends", "Counts as goal reached." if goal else "An exit.", "flag")
        return ""
