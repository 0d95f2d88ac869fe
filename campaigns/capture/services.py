"""Receiving what was sent through a form: a submission, a lead, its consent, its touch."""

import logging
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import OperationalError, transaction
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.timezone import now

from campaigns.capture import links, utm
from campaigns.capture.known_leads import handle_known
from campaigns.capture.models import CaptureForm, Submission, UtmLink
from campaigns.models import Campaign
from campaigns.services.feedback import marketing_managers
from campaigns.services.touches import record_touch
from crm.funnel.causes import Cause, Code
from crm.funnel.intake import take_in
from crm.notifications.services import notify
from crm.outbox import services as outbox
from crm.users.models import User
from leads import companies
from leads.companies import CompanyNotAccepted
from leads.consents import ask_consent
from leads.duplicates import domain_of
from leads.models import Company, Lead
from leads.normalising import BadValue
from leads.services import EmailTaken, LeadNotAccepted, edit_lead

logger = logging.getLogger(__name__)
LONGEST_DETAIL = 250
UNEXPECTED = "An unexpected error. Check what was typed, then release it."
SUBMITTED = "capture.submitted"
"""Payload {"submission": pk}: a person has sent a form and is a lead now."""

FACTS = {"name": "name", "job_title": "job_title", "phone": "phone", "country": "country",
         "message": "notes"}  # fmt: skip
"""Fields of a form and those of a lead that they fill."""


@dataclass(frozen=True)
class Sent:
    """What arrived with one sent form.

    values: field name to text
    consent: whether the box was ticked
    sender: keyed hash of where it came from
    visitor: the tracker's id, None without
    """

    values: dict[str, str]
    consent: bool = False
    utm_last: dict[str, str] = field(default_factory=dict)
    visitor: uuid.UUID | None = None
    sender: str = ""


@transaction.atomic
def receive(
    form: CaptureForm, sent: Sent, *, token: str, spam: str = Submission.Spam.NONE
) -> tuple[Submission, bool]:
    """Store a sent form once for each `token`; return it and whether it was new.

    A person's makes a lead or finds it by its address; if that fails, for whatever reason, it is
    kept for review. Spam is stored and does nothing else.
    """
    submission, new = Submission.objects.get_or_create(
        token=token,
        defaults={
            "form": form,
            "values": sent.values,
            "consent_text": form.consent_text if sent.consent else "",
            "consent_version": form.consent_version if sent.consent else None,
            "utm_first": sent.utm_last,
            "utm_last": sent.utm_last,
            "visitor": sent.visitor,
            "sender": sent.sender,
            "spam": spam,
        },
    )
    if new and not spam:
        accept_or_keep(submission)
    return submission, new


def accept_or_keep(submission: Submission) -> None:
    """Make a submission a lead; what cannot become one waits for review.

    An error of the connection is raised: then nothing is stored, and the sender is told to retry.
    """
    try:
        with transaction.atomic():
            accept(submission)
    except OperationalError:
        raise
    except Exception as error:
        expected = isinstance(error, LeadNotAccepted | BadValue)
        if not expected:
            logger.exception("Submission %s is kept for review", submission.pk)
        submission.lead = None
        keep_for_review(submission, str(error) if expected else UNEXPECTED)


def keep_for_review(submission: Submission, problem: str) -> None:
    """Note why a submission is no lead yet, and tell who looks after the form."""
    submission.problem = problem[:300] or UNEXPECTED
    submission.save(update_fields=["problem"])
    form = submission.form
    for user in caretakers(form):
        notify(
            user,
            key=f"capture-review:{submission.pk}",
            title=f"A submission of “{form.name}” waits for review",
            body=submission.problem,
            url=reverse("capture:review-one", args=[submission.pk]),
        )


def caretakers(form: CaptureForm) -> list[User]:
    """Return who hears of what happens to a form: its owner, its campaign's, the managers."""
    owners = [form.owner, form.campaign.owner if form.campaign else None]
    found = next((owner for owner in owners if owner and owner.is_active), None)
    return [found] if found else marketing_managers()


def accept(submission: Submission) -> Lead:
    """Make a person's submission a lead, with consent, touch, and what else may follow."""
    form, values = submission.form, submission.values
    campaign = campaign_of(submission)
    lead, known = lead_of(form, values, campaign)
    if submission.consent_text:
        ask_consent(
            lead,
            source=f"Form {form.name}",
            wording=submission.consent_text,
            version=submission.consent_version,
            address=values["email"],
        )
    record_touch(
        lead,
        form.touch_kind,
        now(),
        f"capture:{submission.pk}",
        campaign=campaign,
        detail=detail_of(submission),
    )
    Submission.objects.filter(pk=submission.pk).update(lead=lead)
    submission.lead = lead
    if known:
        handle_known(submission, lead)
    outbox.enqueue(SUBMITTED, f"{SUBMITTED}:{submission.pk}", {"submission": submission.pk})
    return lead


def campaign_of(submission: Submission) -> Campaign | None:
    """Return the campaign of the saved UTM link that led here, else the form's."""
    return links.campaign_of(submission.utm_last) or submission.form.campaign


def detail_of(submission: Submission) -> str:
    """Return what the touch says: the form, what led to it, and the beginning of the message."""
    came, message = utm.words(submission.utm_last), submission.values.get("message", "")
    detail = f"{submission.form.name}, from {came}" if came else submission.form.name
    if not message:
        return detail
    room = LONGEST_DETAIL - len(detail) - len(": “”")
    return f"{detail}: “{Truncator(' '.join(message.split())).chars(room)}”"


def lead_of(
    form: CaptureForm, values: dict[str, str], campaign: Campaign | None
) -> tuple[Lead, bool]:
    """Return the lead of this address, made now if there is none, and whether it was known.

    Of a known one only what is blank is filled: a stranger may write any address into a form.
    """
    facts: dict[str, Any] = {
        ours: values[asked] for asked, ours in FACTS.items() if values.get(asked)
    }
    if company := company_of(values):
        facts["company"] = company
    known = Lead.objects.with_address(values["email"]).first()
    if known is None:
        try:
            made = take_in(
                actor=None, cause=Cause(Code.FORM, form.pk), email=values["email"],
                campaign=campaign, channel=campaign.channel if campaign else None, **facts,
            )  # fmt: skip
            return made, False
        except EmailTaken as taken:
            known = taken.lead
    blank = {name: value for name, value in facts.items() if not getattr(known, name)}
    if blank:
        edit_lead(known, blank, actor=None)
    return known, True


def company_of(values: dict[str, str]) -> Company | None:
    """Return the company that was typed, else a known one by the address's domain."""
    domain, name = domain_of(values["email"]), values.get("company", "")
    if not name:
        return companies.match("", domain) if domain else None
    try:
        return companies.match_or_create(name, domain, actor=None)
    except CompanyNotAccepted:
        return None


@transaction.atomic
def save_form(form: CaptureForm, *, actor: User) -> CaptureForm:
    """Save a form as its builder left it; other words of consent are its next version."""
    if form.pk is None:
        form.owner = actor
    else:
        before = CaptureForm.objects.select_for_update().get(pk=form.pk)
        changed = before.consent_text != form.consent_text
        form.consent_version = before.consent_version + int(changed)
    form.save()
    return form


def set_active(form: CaptureForm, active: bool) -> CaptureForm:
    """Open or close a form: a closed one says so and takes nothing."""
    CaptureForm.objects.filter(pk=form.pk).update(is_active=active)
    form.is_active = active
    return form


def save_link(
    campaign: Campaign, base_url: str, values: dict[str, str], *, actor: User
) -> tuple[UtmLink, bool]:
    """Keep a link of a campaign; return it and whether it was new."""
    parts = {part: values.get(part, "") for part in ("source", "medium", "term", "content")}
    return UtmLink.objects.get_or_create(
        campaign=campaign,
        base_url=base_url,
        name=values["campaign"],
        **parts,
        defaults={"created_by": actor},
    )
