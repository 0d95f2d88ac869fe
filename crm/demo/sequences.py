"""The demo company's nurture: two live sequences, walked through for weeks, and a draft."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils.timezone import localdate

from campaigns.models import Touch
from campaigns.newsletters.models import Kind, MarketingMail
from campaigns.segments.models import Segment
from campaigns.sequences import engine, leaving
from campaigns.sequences.models import Enrolment, Sequence, Step
from crm.demo.people import Cast
from crm.funnel.models import Reason
from crm.stages import Stage
from crm.users.models import Organisation
from leads.models import Lead, LeadQuerySet

WAIT, EMAIL, FOLLOW_UP = Step.Kind.WAIT, Step.Kind.EMAIL, Step.Kind.FOLLOW_UP
BRANCH, EXIT = Step.Kind.BRANCH, Step.Kind.EXIT
DAYS_BACK = 40
WARM, BACK = 90, 60
"""How many leads have entered each sequence."""


def nurture(rng: Random, now: datetime, cast: Cast) -> None:
    """Write the sequences and let leads walk through them, day by day, up to now."""
    warm, back = warm_up(cast), wake_up(cast)
    draft = write("After the fair", cast.marketers[0], state=Sequence.State.DRAFT)
    mail(draft, 0, "Good to meet you, {{ first_name | hello again }}", "Here is what we showed.")
    cold = Lead.objects.filter(score__gte=10, stage__in=[Stage.LEAD, Stage.RECYCLED])
    enter(rng, now, warm, cold, WARM)
    enter(rng, now, back, Lead.objects.filter(stage=Stage.RECYCLED), BACK)
    sold = Lead.objects.filter(stage__in=[Stage.SAL, Stage.SQL, Stage.OPPORTUNITY])
    enter(rng, now, warm, sold, WARM // 6)
    enter(rng, now, back, sold, BACK // 10)
    walk(now)


def write(name: str, owner: Any, **values: Any) -> Sequence:
    values = {"state": Sequence.State.LIVE, **values}
    return Sequence.objects.create(name=name, owner=owner, **values)


def warm_up(cast: Cast) -> Sequence:
    """Return the sequence for leads that are close to the threshold; its goal is the MQL."""
    warm = write(
        "Warm up to MQL",
        cast.marketers[0],
        entry_segment=Segment.objects.filter(name="Warm, not yet with sales").first(),
        goal=Sequence.Goal.STAGE,
        goal_stage=Stage.MQL,
    )
    mail(warm, 0, "How others plan, {{ first_name | in short }}", "Three teams, three boards.")
    wait(warm, 1, 3)
    mail(warm, 2, "A checklist for your next quarter", "Ten questions, one page.")
    wait(warm, 3, 4, at="09:00")
    keen = Segment.objects.filter(name="Webinar or demo, larger companies").first()
    branch = add(warm, BRANCH, 4, {"condition": "segment"}, segment=keen)
    call(warm, 0, "Ask what the checklist showed", parent=branch, branch="yes")
    wait(warm, 0, 5, parent=branch, branch="no")
    mail(warm, 1, "Shall we keep in touch?", "One click is enough.", parent=branch, branch="no")
    wait(warm, 5, 10)
    add(warm, EXIT, 6, {"goal": False})
    return warm


def wake_up(cast: Cast) -> Sequence:
    """Return the sequence for leads that sales gave back: not now, later perhaps."""
    back = write(
        "Wake up recycled leads",
        cast.marketing_manager,
        entry_on_revisit=True,
        enters_again=True,
        goal=Sequence.Goal.TOUCH,
        goal_touch=Touch.Kind.DEMO_REQUEST,
    )
    back.entry_reasons.set(Reason.objects.filter(use=Reason.Use.RECYCLE)[:2])
    wait(back, 0, 10, unit="working_days", at="10:00")
    mail(back, 1, "What is new since we spoke", "Boards, forecasts and a calendar.")
    wait(back, 2, 12)
    branch = add(back, BRANCH, 3, {"condition": "score", "score": 40})
    call(back, 0, "Has the time come?", parent=branch, branch="yes")
    mail(back, 0, "A short film, two minutes", "No reading.", parent=branch, branch="no")
    wait(back, 4, 30)
    return back


def add(sequence: Sequence, kind: Step.Kind, position: int, settings: Any, **where: Any) -> Step:
    values = {"kind": kind, "position": position, "settings": settings, **where}
    return Step.objects.create(sequence=sequence, **values)


def wait(
    sequence: Sequence,
    position: int,
    amount: int,
    *,
    unit: str = "days",
    at: str = "",
    **where: Any,
) -> Step:
    return add(sequence, WAIT, position, {"amount": amount, "unit": unit, "at": at}, **where)


def mail(sequence: Sequence, position: int, subject: str, text: str, **where: Any) -> Step:
    words = f"Hello {{{{ first_name | there }}}},\n\n{text}\n\nBest wishes\nBrightside Planning"
    button = {"kind": "button", "text": "Have a look", "url": "https://example.com/planning"}
    blocks = [{"kind": "text", "text": words}, button]
    return add(sequence, EMAIL, position, {"subject": subject, "blocks": blocks}, **where)


def call(sequence: Sequence, position: int, title: str, **where: Any) -> Step:
    asked = {"kind": "call", "title": title, "for": "lead", "user": None, "days": 1}
    return add(sequence, FOLLOW_UP, position, asked, **where)


def enter(rng: Random, now: datetime, sequence: Sequence, leads: LeadQuerySet, count: int) -> None:
    """Let some leads have entered on the last days, each at its own moment."""
    walking = Enrolment.objects.filter(sequence=sequence).values("lead")
    found = list(leads.exclude(pk__in=walking).order_by("pk"))
    how = Enrolment.How.SEGMENT if sequence.entry_segment else Enrolment.How.RETURN
    made = []
    for lead in rng.sample(found, min(count, len(found))):
        since = max(lead.created_at, now - timedelta(days=DAYS_BACK))
        at = since + (now - since) * rng.random()
        made.append(Enrolment(sequence=sequence, lead=lead, how=how, entered_at=at, due_at=at))
    Enrolment.objects.bulk_create(made)
    Sequence.objects.filter(pk=sequence.pk).update(started_at=now - timedelta(days=DAYS_BACK))


def walk(now: datetime) -> None:
    """Let the days pass: the engine does what was due, mail leaves."""
    for ago in range(DAYS_BACK, -1, -1):
        at = now - timedelta(days=ago)
        leaving.leave_reached(at)
        engine.advance_all(at)
        send(at)
    leaving.leave_reached(now)
    leaving.leave_over(now)
    leaving.pause_held(now)


def send(at: datetime) -> None:
    """Let the mail of the sequences that waits at `at` have left then."""
    waiting = MarketingMail.objects.filter(kind=Kind.SEQUENCE, state=MarketingMail.State.QUEUED)
    day = localdate(at, Organisation.get().zone)
    mails = list(waiting.select_related("lead"))
    for sent in mails:
        assert sent.lead
        sent.state, sent.day, sent.address = MarketingMail.State.SENT, day, sent.lead.email
        sent.queued_at = sent.due_at = sent.sent_at = at
    changed = ["state", "day", "address", "queued_at", "due_at", "sent_at"]
    MarketingMail.objects.bulk_update(mails, changed, batch_size=500)
