"""The demo company's calendar: today's meetings with a place, what repeats, and how demos went."""

from datetime import datetime, timedelta
from itertools import cycle

from django.utils.timezone import localdate

from campaigns.services.enriching import ask
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep, plan_follow_up
from crm.funnel.models import Reason, Verdict
from crm.stages import Stage
from crm.users.models import Role, User

VIDEO = "https://meet.example.com/tandem"
PLACES = (
    (Activity.MeetingKind.VIDEO, VIDEO, 30),
    (Activity.MeetingKind.IN_PERSON, "At the customer's, reception", 60),
    (Activity.MeetingKind.PHONE, "", 30),
)
SHOWN = ("Planning board with their own orders", "Capacity view", "Reports for the management")
HOURS = (11, 14, 16)


def fill(moment: datetime) -> None:
    """Give meetings a place, each rep a day with meetings, and something that comes every week."""
    furnish_follow_ups()
    furnish_activities()
    ask_for_data()
    for rep in User.objects.filter(role=Role.REP).order_by("pk"):
        fill_day(moment, rep)


def furnish_follow_ups() -> None:
    rows = list(FollowUp.objects.open().filter(kind__in=("meeting", "demo")).order_by("pk"))
    for row, (kind, place, minutes) in zip(rows, cycle(PLACES), strict=False):
        row.meeting_kind, row.place, row.minutes = kind, place, minutes
    FollowUp.objects.bulk_update(rows, ["meeting_kind", "place", "minutes"], batch_size=500)


def furnish_activities() -> None:
    met = list(Activity.objects.filter(kind__in=("meeting", "demo")).order_by("pk"))
    reactions = cycle(Activity.Reaction.values)
    for row, (kind, place, _), shown in zip(met, cycle(PLACES), cycle(SHOWN), strict=False):
        row.meeting_kind, row.place = kind, place
        if row.kind == Activity.Kind.DEMO:
            row.shown, row.reaction = shown, next(reactions)
    fields = ["meeting_kind", "place", "shown", "reaction"]
    Activity.objects.bulk_update(met, fields, batch_size=500)


def ask_for_data() -> None:
    """Let marketing have some leads whose data it is asked to complete."""
    returned = Verdict.objects.filter(
        reason__return_path=Reason.ReturnPath.ENRICH, lead__stage=Stage.RECYCLED
    )
    for verdict in returned.select_related("lead", "reason").order_by("-at", "pk")[:4]:
        moves = verdict.lead.transitions.select_related("lead__campaign__owner__team")
        if move := moves.order_by("pk").last():
            ask(move, str(verdict.reason))


def fill_day(moment: datetime, rep: User) -> None:
    """Plan two meetings today, and a weekly call, with leads that the rep works already."""
    mine = FollowUp.objects.open().filter(owner=rep).select_related("lead", "deal")
    known = list(mine.order_by("-due_at", "pk")[:4])
    today = localdate(moment, rep.zone)
    kinds = (Activity.Kind.MEETING, Activity.Kind.DEMO)
    for row, kind, hour, (how, place, minutes) in zip(known, kinds, HOURS, PLACES, strict=False):
        at = datetime(today.year, today.month, today.day, hour, tzinfo=rep.zone)
        step = NextStep(kind, at, minutes=minutes, meeting_kind=how, place=place)
        plan_follow_up(row.lead, step, owner=rep, deal=row.deal)
    for row in known[2:3]:
        at = datetime(today.year, today.month, today.day, 9, tzinfo=rep.zone) + timedelta(days=1)
        weekly = NextStep(Activity.Kind.CALL, at, minutes=15, repeats=FollowUp.Repeats.WEEKLY)
        plan_follow_up(row.lead, weekly, owner=rep, deal=row.deal)
    for row in known[3:4]:
        step = NextStep(
            Activity.Kind.EMAIL, moment, "Send the offer", day=today + timedelta(days=2)
        )
        plan_follow_up(row.lead, step, owner=rep, deal=row.deal)
