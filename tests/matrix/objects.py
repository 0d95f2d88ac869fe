"""What the URLs of the permission matrix are about: one function for each kind of object.

`@kind("lead", seen="scope")` above a function that makes one object of a given owner and team. The
function may return `Subject(args, row)` where the URL's argument is not the row's key.

seen: who sees it.
    "scope": the row scope own, team, all (see VISIBLE)
    "owner": only its owner, whatever his scope
    "actor": its owner, and an administrator
    "managed": himself, a manager for the people of his team, an administrator
    "all": whoever may call the URL
"""

import uuid
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from django.db.models import Model
from django.utils.timezone import now

from campaigns.capture.models import OfferedFact
from campaigns.models import Feedback, ScoringRule, ScoringVersion
from campaigns.sequences.models import Sequence
from campaigns.services.rules import rules_now
from crm.activities.feeds import digest_of
from crm.activities.models import Activity, CalendarFeed, FollowUp
from crm.audit.models import Change
from crm.correspondence import own_addresses
from crm.correspondence.models import EmailTemplate, Message, UserMailbox
from crm.funnel import handoffs
from crm.funnel.models import MqlDefinition, Reason, RoutingRule, Verdict
from crm.home.models import Rebalancing
from crm.importing.models import Import
from crm.mailing import tokens
from crm.mailing.models import Mail, Suppression
from crm.mailing.suppressing import suppress
from crm.notifications.models import Notification
from crm.outbox.models import Effect
from crm.people import invitations
from crm.stages import Stage
from crm.users.models import Absence, Holiday, Logo, Role, Scope, Team, User
from leads.consent_mail import new_token
from leads.consents import ask_consent
from leads.models import Lead, SavedView
from leads.services import edit_lead
from tests.factories import (
    CampaignFactory,
    CaptureFormFactory,
    ChannelFactory,
    CompanyFactory,
    LeadFactory,
    MarketingMailFactory,
    MessageFactory,
    NewsletterFactory,
    SegmentFactory,
    SequenceFactory,
    SubmissionFactory,
    TeamFactory,
    TouchFactory,
    UserFactory,
    UtmLinkFactory,
    received_mail,
    waiting_handoff,
)

Seen = Literal["scope", "owner", "actor", "managed", "all"]
Whose = Literal["own", "own team", "other team", "own queue", "other queue", "unassigned"]
WHOSE: tuple[Whose, ...] = (
    "own", "own team", "other team", "own queue", "other queue", "unassigned"
)  # fmt: skip
VISIBLE: dict[str, set[Whose]] = {
    Scope.OWN: {"own", "own queue"},
    Scope.TEAM: {"own", "own team", "own queue", "unassigned"},
    Scope.ALL: set(WHOSE),
}
"""The row scope in one table, as docs/permissions.md says it.

A queue: of no owner, waiting in the own or another team. Unassigned: of no owner and no team.
"""

NO_SUCH = (999_999_999,)


@dataclass(frozen=True)
class Subject:
    """The URL's arguments for one object, and its row."""

    args: tuple[Any, ...]
    row: Model | None = None


@dataclass(frozen=True)
class Kind:
    make: Callable[[User | None, Team | None], Model | Subject]
    seen: Seen
    missing: tuple[Any, ...] | None
    """arguments that name none; None where a forged link is answered like a good one"""

    def sees(self, user: User, whose: Whose) -> bool:
        if self.seen == "all":
            return True
        if self.seen == "scope":
            return whose in VISIBLE[user.scope]
        if self.seen == "owner":
            return whose == "own"
        if self.seen == "actor":
            return whose == "own" or user.is_admin
        return whose == "own" or user.is_admin or (user.is_manager and whose == "own team")


KINDS: dict[str, Kind] = {}
Maker = Callable[[User | None, Team | None], Any]


def kind(
    name: str,
    *,
    seen: Seen = "all",
    missing: tuple[Any, ...] | None = NO_SUCH,
) -> Callable[[Maker], Maker]:
    """Register how an object of the kind `name` is made."""

    def register(make: Maker) -> Maker:
        KINDS[name] = Kind(make, seen, missing)
        return make

    return register


class Cast:
    """One user of each role in one team, a colleague there, an outsider in another team."""

    def __init__(self) -> None:
        self.team, self.other_team = TeamFactory(), TeamFactory()
        self.users = {role: UserFactory(role=role, team=self.team) for role in Role}
        self.colleague = UserFactory(role=Role.REP, team=self.team)
        self.outsider = UserFactory(role=Role.REP, team=self.other_team)
        self.made = {key: self.make(*key) for key in self.keys()}

    def keys(self) -> Iterator[tuple[str, Whose, Role | None]]:
        """Yield what is made: for each kind one object of each user, or one for everybody."""
        for name, kind in KINDS.items():
            if kind.seen == "all":
                yield name, "own", None
            else:
                yield from ((name, "own", role) for role in Role)
                yield from ((name, whose, None) for whose in WHOSE if whose != "own")

    def make(self, name: str, whose: Whose, role: Role | None) -> Subject:
        made = KINDS[name].make(*self.owner_and_team(whose, role or Role.ADMIN))
        return made if isinstance(made, Subject) else Subject((made.pk,), made)

    def subject(self, name: str, whose: Whose, role: Role) -> Subject:
        """Return the object of kind `name` that is `whose` as seen by the user of `role`."""
        if KINDS[name].seen == "all":
            return self.made[name, "own", None]
        return self.made[name, whose, role if whose == "own" else None]

    def owner_and_team(self, whose: Whose, role: Role) -> tuple[User | None, Team | None]:
        return {
            "own": (self.users[role], self.team),
            "own team": (self.colleague, self.team),
            "other team": (self.outsider, self.other_team),
            "own queue": (None, self.team),
            "other queue": (None, self.other_team),
            "unassigned": (None, None),
        }[whose]


# People -----------------------------------------------------------------------------------------


@kind("user")
def user(owner: User | None, team: Team | None) -> User:
    return UserFactory(role=Role.REP, team=team)


@kind("imported user")
def imported_user(owner: User | None, team: Team | None) -> User:
    return UserFactory(role=Role.REP, team=team, password=None, external_id="sdr-1")


@kind("invited user", missing=("wrong",))
def invited_user(owner: User | None, team: Team | None) -> Subject:
    user = UserFactory(role=Role.REP, team=team, password=None, invited_at=now())
    return Subject((invitations.token(user),), user)


@kind("team")
def team(owner: User | None, team: Team | None) -> Team:
    return TeamFactory()


@kind("person", seen="managed")
def person(owner: User | None, team: Team | None) -> User:
    return owner or UserFactory()


@kind("absence", seen="managed")
def absence(owner: User | None, team: Team | None) -> Absence:
    return Absence.objects.create(
        user=person(owner, team), first_day=date(2026, 8, 1), last_day=date(2026, 8, 14)
    )


@kind("holiday")
def holiday(owner: User | None, team: Team | None) -> Holiday:
    return Holiday.objects.create(day=date(2026, 12, 24), name="Christmas Eve")


# Leads and companies ----------------------------------------------------------------------------


@kind("lead", seen="scope")
def lead(owner: User | None, team: Team | None) -> Model:
    return LeadFactory(owner=owner, team=team, score=72)


@kind("worked lead", seen="scope")
def worked_lead(owner: User | None, team: Team | None) -> Model:
    """A lead that sales has accepted."""
    return LeadFactory(owner=owner, team=team, score=72, stage=Stage.SAL)


def lead_of_team(_: object = None) -> Any:
    """Return a lead that everybody of the cast sees: it waits in their team's queue."""
    team = Team.objects.order_by("pk")[0]
    return Lead.objects.filter(owner=None, team=team, stage=Stage.LEAD).order_by("pk")[0]


def address_of_lead(_: object = None) -> str:
    return str(lead_of_team().email)


@kind("asked consent", missing=("wrong",))
def asked_consent(owner: User | None, team: Team | None) -> Subject:
    """A consent that waits for the click on the mailed link."""
    asked = ask_consent(LeadFactory(), source="By phone", wording="Yes", actor=None)
    return Subject((new_token(asked),), asked)


@kind("history of a lead", seen="scope", missing=("leads", "lead", NO_SUCH[0]))
def history_of_a_lead(owner: User | None, team: Team | None) -> Subject:
    row = lead(owner, team)
    return Subject(("leads", "lead", row.pk), row)


@kind("company")
def company(owner: User | None, team: Team | None) -> Model:
    return CompanyFactory(owner=owner)


@kind("channel")
def channel(owner: User | None, team: Team | None) -> Model:
    return ChannelFactory()


@kind("change of a lead", seen="owner", missing=(uuid.UUID(int=0),))
def change_of_a_lead(owner: User | None, team: Team | None) -> Subject:
    """An edit that its owner made; only he takes it back."""
    actor = owner or UserFactory()
    batch = edit_lead(lead(owner, team), {"job_title": "Changed"}, actor=None)
    Change.objects.filter(batch=batch).update(actor=actor)  # of a viewer who wrote once
    return Subject((batch,), Change.objects.get(batch=batch))


@kind("saved view", seen="owner")
def saved_view(owner: User | None, team: Team | None) -> Model:
    return SavedView.objects.create(user=owner or UserFactory(), name="Of the matrix")


# The funnel -------------------------------------------------------------------------------------


@kind("handoff", seen="scope")
def handoff(owner: User | None, team: Team | None) -> Any:
    row = LeadFactory(score=72, team=team)
    return waiting_handoff(rep=owner, lead=row, team=team)


@kind("answered handoff", seen="scope")
def answered_handoff(owner: User | None, team: Team | None) -> Any:
    waiting = handoff(owner, team)
    handoffs.reject(waiting, reason=reject_reason(), actor=when_selling(owner))
    waiting.refresh_from_db()
    return waiting


def when_selling(user: User | None) -> User:
    """Return the user as they were when they were a rep: each may have answered a handoff."""
    seller = copy(user) if user else UserFactory()
    seller.role = Role.REP
    return seller


def reject_reason() -> Any:
    return Reason.objects.filter(use=Reason.Use.REJECT, note_required=False)[0]


@kind("verdict", seen="scope")
def verdict(owner: User | None, team: Team | None) -> Any:
    """A rejection that stands, of a lead that came from the owner's campaign."""
    return answered_handoff(owner, team).verdicts.get()


@kind("disputed verdict", seen="scope")
def disputed_verdict(owner: User | None, team: Team | None) -> Any:
    """A verdict that marketing disputes and that waits for a manager's ruling."""
    disputed = verdict(owner, team)
    Verdict.objects.filter(pk=disputed.pk).update(disputed_at=now(), dispute_note="Not so")
    disputed.refresh_from_db()
    return disputed


@kind("reason")
def reason(owner: User | None, team: Team | None) -> Model:
    return Reason.objects.create(name="Of the matrix", side=Reason.Side.DATA)


@kind("routing rule")
def routing_rule(owner: User | None, team: Team | None) -> Model:
    return RoutingRule.objects.create(name="Of the matrix", team=TeamFactory())


@kind("mql definition")
def mql_definition(owner: User | None, team: Team | None) -> Model:
    return MqlDefinition.current()


# Activities -------------------------------------------------------------------------------------


@kind("activity", seen="scope")
def activity(owner: User | None, team: Team | None) -> Model:
    """A call with a lead of this owner; who sees the lead sees the call."""
    return Activity.objects.create(
        lead=lead(owner, team), kind=Activity.Kind.CALL, at=now(), by=owner
    )


@kind("own activity", seen="owner")
def own_activity(owner: User | None, team: Team | None) -> Model:
    """A note that its owner typed just now; only they correct or delete it."""
    by = owner or UserFactory()
    return Activity.objects.create(
        lead=lead(by, team), kind=Activity.Kind.NOTE, text="Typed", at=now(), by=by, typed=True
    )


@kind("follow-up", seen="scope")
def follow_up(owner: User | None, team: Team | None) -> Model:
    return FollowUp.objects.create(
        lead=lead(owner, team), title="Call", due_at=now() + timedelta(days=1), owner=owner,
        team=team,
    )  # fmt: skip


@kind("calendar feed", missing=("no-such-token",))
def calendar_feed(owner: User | None, team: Team | None) -> Subject:
    feed = CalendarFeed.objects.create(user=UserFactory(), digest=digest_of("a-secret-token"))
    return Subject(("a-secret-token",), feed)


@kind("message", seen="scope")
def message(owner: User | None, team: Team | None) -> Model:
    return MessageFactory(lead=lead(owner, team), by=owner)


@kind("received message", seen="scope")
def received_message(owner: User | None, team: Team | None) -> Model:
    message = MessageFactory(lead=lead(owner, team), by=owner)
    received_mail(message)
    return message


@kind("mail not read")
def mail_not_read(owner: User | None, team: Team | None) -> Model:
    return received_mail(None)


@kind("own message", seen="owner")
def own_message(owner: User | None, team: Team | None) -> Model:
    writer = owner or UserFactory()
    return MessageFactory(
        lead=lead(writer, team), by=writer, direction=Message.Direction.OUT,
        state=Message.State.UNKNOWN,
    )  # fmt: skip


@kind("unmatched message", seen="owner")
def unmatched_message(owner: User | None, team: Team | None) -> Model:
    return MessageFactory(lead=None, by=owner or UserFactory())


@kind("address to confirm", seen="owner", missing=("wrong",))
def address_to_confirm(owner: User | None, team: Team | None) -> Subject:
    """An address of one's own that waits for the click on the mailed link."""
    user = owner or UserFactory()
    box = UserMailbox.objects.create(
        user=user, pending_address=f"other{user.pk}@example.net", asked_at=now()
    )
    return Subject((own_addresses.token(box),), box)


@kind("mail template", seen="owner")
def mail_template(owner: User | None, team: Team | None) -> Model:
    writer = owner or UserFactory()
    return EmailTemplate.objects.create(name="Hello", subject="Hello", body="Hello", owner=writer)


# Campaigns --------------------------------------------------------------------------------------


@kind("campaign")
def campaign(owner: User | None, team: Team | None) -> Any:
    return CampaignFactory(owner=owner)


@kind("campaign of a channel")
def campaign_of_a_channel(owner: User | None, team: Team | None) -> Any:
    return CampaignFactory(owner=owner, channel=ChannelFactory())


@kind("member", seen="scope", missing=(999_999_999, 999_999_999))
def member(owner: User | None, team: Team | None) -> Subject:
    response_of = CampaignFactory()
    row = lead(owner, team)
    TouchFactory(lead=row, campaign=response_of)
    return Subject((response_of.pk, row.pk), row)


@kind("segment")
def segment(owner: User | None, team: Team | None) -> Any:
    return SegmentFactory(owner=owner)


@kind("static segment")
def static_segment(owner: User | None, team: Team | None) -> Any:
    return SegmentFactory(owner=owner, kind="static", rules={})


@kind("sequence")
def sequence(owner: User | None, team: Team | None) -> Any:
    return SequenceFactory(owner=owner)


@kind("paused sequence")
def paused_sequence(owner: User | None, team: Team | None) -> Any:
    return SequenceFactory(owner=owner, state=Sequence.State.PAUSED)


@kind("sequence step")
def sequence_step(owner: User | None, team: Team | None) -> Any:
    return SequenceFactory(owner=owner).steps.get()


@kind("step with a mail")
def step_with_a_mail(owner: User | None, team: Team | None) -> Any:
    settings = {"subject": "Hello", "blocks": [{"kind": "text", "text": "How are you?"}]}
    return SequenceFactory(owner=owner).steps.create(kind="email", settings=settings, position=2)


@kind("enrolment", seen="scope")
def enrolment(owner: User | None, team: Team | None) -> Any:
    lead = LeadFactory(owner=owner, team=team)
    return SequenceFactory().enrolments.create(lead=lead, entered_at=now())


@kind("spend")
def spend(owner: User | None, team: Team | None) -> Any:
    return campaign(owner, team).spends.create(day=date(2026, 3, 1), amount_minor=10_000)


@kind("touch", seen="scope")
def touch(owner: User | None, team: Team | None) -> Model:
    return TouchFactory(lead=lead(owner, team))


@kind("scoring version")
def scoring_version(owner: User | None, team: Team | None) -> Any:
    number = ScoringVersion.objects.count() + 1
    version = ScoringVersion.objects.create(number=number, rules=rules_now())
    return Subject((number,), version)


@kind("scoring rule")
def scoring_rule(owner: User | None, team: Team | None) -> Model:
    return ScoringRule.objects.all()[0]


@kind("feedback", seen="owner")
def feedback(owner: User | None, team: Team | None) -> Model:
    return Feedback.objects.create(verdict=verdict(None, None), owner=owner or UserFactory())


@kind("disputed feedback", seen="scope")
def disputed_feedback(owner: User | None, team: Team | None) -> Model:
    """Feedback on a verdict that waits for a manager's ruling; who sees the verdict sees it."""
    return Feedback.objects.create(verdict=disputed_verdict(owner, team))


# Newsletters ------------------------------------------------------------------------------------


@kind("newsletter")
def newsletter(owner: User | None, team: Team | None) -> Any:
    return NewsletterFactory(owner=owner)


@kind("marketing mail", seen="scope")
def marketing_mail(owner: User | None, team: Team | None) -> Any:
    return MarketingMailFactory(lead=lead(owner, team), state="unknown")


@kind("link in a mail", missing=("1.forged",))
def link_in_a_mail(owner: User | None, team: Team | None) -> Subject:
    mail = MarketingMailFactory()
    return Subject((tokens.sign(tokens.CLICK, mail.pk, 0),), mail)


@kind("reader of mail", missing=None)
def reader_of_mail(owner: User | None, team: Team | None) -> Subject:
    """Who may leave or choose by the link at the end of a mail."""
    mail = MarketingMailFactory()
    return Subject((tokens.sign(tokens.UNSUBSCRIBE, mail.pk),), mail)


@kind("opened mail", missing=None)
def opened_mail(owner: User | None, team: Team | None) -> Subject:
    mail = MarketingMailFactory()
    return Subject((tokens.sign(tokens.OPEN, mail.pk),), mail)


@kind("suppression")
def suppression(owner: User | None, team: Team | None) -> Model:
    suppress("gone@example.com", Suppression.Reason.BY_HAND)
    return Suppression.objects.get()


# Capture forms -----------------------------------------------------------------------------------


@kind("form")
def capture_form(owner: User | None, team: Team | None) -> Model:
    return CaptureFormFactory()


@kind("public form", missing=(uuid.UUID(int=0),))
def public_form(owner: User | None, team: Team | None) -> Subject:
    made = CaptureFormFactory()
    return Subject((made.uuid,), made)


@kind("spam submission")
def spam_submission(owner: User | None, team: Team | None) -> Model:
    return SubmissionFactory(spam="rate")


@kind("offered fact", seen="scope")
def offered_fact(owner: User | None, team: Team | None) -> Model:
    lead = LeadFactory(owner=owner, team=team)
    sent = SubmissionFactory(lead=lead)
    return OfferedFact.objects.create(
        lead=lead, submission=sent, field="job_title", value="Head of Planning"
    )


@kind("utm link")
def utm_link(owner: User | None, team: Team | None) -> Model:
    return UtmLinkFactory()


# Imports, effects, mail, notifications ---------------------------------------------------------


@kind("import")
def an_import(owner: User | None, team: Team | None) -> Model:
    return Import.objects.create(
        kind=Import.Kind.LEADS, file="imports/none.csv", file_name="none.csv", created_by=owner
    )


@kind("effect")
def effect(owner: User | None, team: Team | None) -> Model:
    return Effect.objects.create(
        kind="matrix", key="matrix:dead", state=Effect.State.DEAD, attempts=8
    )


@kind("logo", missing=("forged",))
def logo(owner: User | None, team: Team | None) -> Subject:
    found = Logo.objects.create(
        key="matrix", content_type="image/gif", content=b"GIF89a", width=1, height=1
    )
    return Subject((found.key,), found)


@kind("mail", seen="actor")
def mail(owner: User | None, team: Team | None) -> Model:
    """A test that its owner has sent; others of ours are for administrators."""
    return Mail.objects.create(
        key=f"matrix:{uuid.uuid4()}", to="ana@example.com", subject="Hello", text="Hello",
        html="<p>Hello</p>", asked_by=owner,
    )  # fmt: skip


@kind("notification", seen="owner")
def notification(owner: User | None, team: Team | None) -> Model:
    return Notification.objects.create(
        user=owner or UserFactory(), key="matrix", title="Something happened", url="/leads/"
    )


# The sales manager's home -----------------------------------------------------------------------


@kind("rebalancing", seen="actor")
def rebalancing(owner: User | None, team: Team | None) -> Model:
    """What its owner gave to others; only he, or an administrator, undoes it."""
    actor = owner or UserFactory(role=Role.SALES_MANAGER)
    return Rebalancing.objects.create(actor=actor, giver=UserFactory())
