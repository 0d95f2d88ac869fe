"""Which records keep a history, and why the others need none.

Every model stands in one of the two lists; tests/audit/test_history.py reads them from the app
registry and fails for one that does not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db.models import Field, GeneratedField, Model

from crm.common.keys import KeyField

NEVER = frozenset({
    "created_at", "updated_at", "password", "token", "version", "revision", "search_key",
})  # fmt: skip
"""Fields that tell nothing, or must never be read again."""


@dataclass(frozen=True)
class Kept:
    """How a model's history is kept.

    skip: fields that are derived or counted, or secret; only: the fields that count, if not all
    made: whether its making is noted too; records that say themselves who made them need not
    personal: what it said goes with it when it is deleted
    """

    skip: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    made: bool = True
    personal: bool = False

    def fields(self, model: type[Model]) -> list[Field]:
        return [
            field
            for field in model._meta.concrete_fields
            if not (field.primary_key or isinstance(field, GeneratedField | KeyField))
            and field.name not in NEVER | self.skip
            and (not self.only or field.name in self.only)
        ]


def kept(*skip: str, made: bool = True, personal: bool = False) -> Kept:
    return Kept(frozenset(skip), made=made, personal=personal)


SETTINGS: dict[str, Kept] = {
    "users.Organisation": kept("set_up_step"),
    "users.Holiday": kept(),
    "users.Team": kept(),
    "users.User": kept("last_login", "theme", "single_keys", personal=True),
    "users.Absence": kept(),
    "leads.Channel": kept(),
    "funnel.MqlDefinition": kept(),
    "funnel.RoutingRule": kept(),
    "funnel.Reason": kept(),
    "campaigns.ScoringRule": kept(),
    "campaigns.Commitment": kept(),
    "channel_metrics.BrandChannel": kept(),
    "capture.CaptureForm": kept(),
    "capture.UtmLink": kept(),
    "segments.Segment": kept(),
    "newsletters.Newsletter": kept("paid_until", "tested_version"),
    "sequences.Sequence": kept(),
    "sequences.Step": kept(),
    "correspondence.EmailTemplate": kept(),
    "deals.Pipeline": kept(),
    "deals.PipelineStage": kept(),
    "deals.LostReason": kept(),
    "quotes.Product": kept(),
    "quotes.ProductPrice": kept(),
    "quotes.QuoteSettings": kept(),
    "playbooks.Playbook": kept(),
    "playbooks.PlaybookStep": kept(),
    "forecast.Quota": kept(),
    "alignment.Promise": kept(),
    "planning.AdoptedPlan": kept(),
}
"""What all work by. Managers read its changes together."""

RECORDS: dict[str, Kept] = {
    "segments.SegmentMember": kept(made=False),
    "newsletters.MailPreference": kept("changed_at", personal=True),
    "mailing.Suppression": kept("digest", personal=True),
    "correspondence.UserMailbox": kept(personal=True),
    "forecast.ForecastCall": kept(),
    "channel_metrics.ChannelWeek": kept(made=False),
    "leads.Company": kept(),
    "leads.Lead": kept(
        "score", "scored_at", "last_touch_at", "stage_since", made=False,
        personal=True,
    ),
    "leads.EmailAddress": kept(personal=True),
    "leads.PhoneNumber": kept(personal=True),
    "leads.Consent": kept(made=False, personal=True),
    "campaigns.Campaign": kept("status_before", "status_batch"),
    "campaigns.Spend": kept(),
    "campaigns.MemberResponse": kept("at", made=False),
    "activities.Activity": kept(made=False, personal=True),
    "activities.FollowUp": kept("key", made=False, personal=True),
    "capture.OfferedFact": kept(made=False, personal=True),
    "correspondence.Message": Kept(only=frozenset({"lead", "deal"}), made=False, personal=True),
    "funnel.Handoff": kept("evidence", "answer_minutes", "first_contact_at", made=False),
    "funnel.Verdict": kept("key", made=False),
    "deals.Deal": kept("last_activity_at", "stage_since"),
    "deals.DealContact": kept(),
    "deals.DealFile": kept("key"),
    "deals.MetCriterion": kept(),
    "quotes.Quote": kept("key"),
    "quotes.QuoteLine": kept(made=False),
    "negotiation.Entry": kept(made=False),
    "qualification.Qualification": kept("updated_by", made=False),
    "playbooks.PlaybookRun": kept(made=False),
}  # fmt: skip
"""What the teams work on. Who may see a record reads its history with it."""

HISTORY = SETTINGS | RECORDS

APPENDED = "Is appended and never changed: each row says itself who and when."
DERIVED = "Derived from other rows, and made anew from them."
MACHINERY = "Machinery: its states are its own log, and nobody edits it."
OWN = "A user's own convenience; nothing of anybody else hangs on it."

NO_HISTORY: dict[str, str] = {
    "audit.AuditEntry": APPENDED,
    "users.Logo": APPENDED,
    "audit.Change": APPENDED,
    "leads.SavedView": OWN,
    "reports.SavedReport": OWN,
    "campaigns.ScoringDraft": "Counts for nobody until it is a version.",
    "activities.CalendarFeed": "A secret link, made anew and never edited.",
    "funnel.StageTransition": APPENDED,
    "funnel.StageEntry": DERIVED,
    "funnel.LedgerDoor": "Is itself the note of who opened the ledger, and when.",
    "funnel.RobinTurn": MACHINERY,
    "campaigns.CommitmentChange": APPENDED,
    "alignment.PromiseChange": APPENDED,
    "alignment.DefinitionSignature": APPENDED,
    "campaigns.ScoringVersion": APPENDED,
    "campaigns.Touch": APPENDED,
    "campaigns.Feedback": "A verdict in an inbox; only that it was read changes.",
    "campaigns.Rescoring": MACHINERY,
    "campaigns.HeldLead": MACHINERY,
    "capture.Submission": "Kept as it was sent.",
    "newsletters.Content": APPENDED,
    "newsletters.Link": APPENDED,
    "newsletters.MarketingMail": MACHINERY,
    "newsletters.Click": APPENDED,
    "newsletters.DeliveryEvent": APPENDED,
    "sequences.Enrolment": "Its runs (StepRun) are its log.",
    "sequences.StepRun": APPENDED,
    "deals.DealMove": APPENDED,
    "quotes.SentPdf": APPENDED,
    "forecast.ForecastSnapshot": APPENDED,
    "forecast.SnapshotLine": APPENDED,
    "importing.Import": "Says itself who ran it and who took it back.",
    "importing.ImportedRow": APPENDED,
    "users.Transfer": "Says itself who gave what to whom; each record has its own history.",
    "home.Rebalancing": "Says itself who gave what to whom, and who took it back.",
    "home.RebalancedRow": "A part of its rebalancing.",
    "outbox.Effect": MACHINERY,
    "outbox.Heartbeat": MACHINERY,
    "mailing.Mail": MACHINERY,
    "mailing.Attachment": MACHINERY,
    "notifications.Notification": "What a user was told; only that it was read changes.",
    "correspondence.FetchedFolder": MACHINERY,
    "correspondence.Participant": "Written once with the message.",
    "correspondence.ReceivedMail": "Kept as it was received.",
    "correspondence.ReceivedFile": "Kept as it was received.",
    "throttling.AttemptCount": MACHINERY,
    "repeats.AnsweredForm": MACHINERY,
    "tracking.Hit": MACHINERY,
    "tracking.Visitor": MACHINERY,
    "tracking.Session": MACHINERY,
    "tracking.PageView": APPENDED,
    "tracking.MonthlyViews": DERIVED,
    "tracking.MonthlySessions": DERIVED,
    "reports.StaleLead": DERIVED,
    "reports.FunnelFact": DERIVED,
    "reports.FunnelSum": DERIVED,
    "reports.DurationSum": DERIVED,
    "reports.SumsState": DERIVED,
    "reports.KeptAnswer": DERIVED,
    "account.EmailAddress": "Follows the user's own address, whose changes are noted.",
    "account.EmailConfirmation": MACHINERY,
    "auth.Permission": "Django's own; Tandem goes by roles.",
    "auth.Group": "Django's own; Tandem goes by roles.",
    "contenttypes.ContentType": DERIVED,
    "sessions.Session": MACHINERY,
}


def tracked() -> Iterator[tuple[type[Model], Kept]]:
    """Yield the models that keep a history."""
    for label, how in HISTORY.items():
        yield apps.get_model(label), how
