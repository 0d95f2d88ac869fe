"""A form sent by somebody we know: sales is told, and new facts are offered, never overwritten."""

from collections.abc import Iterator

from django.db import transaction
from django.utils.timezone import now

from campaigns.capture.models import CaptureForm, OfferedFact, Submission
from crm.notifications.services import Notice, notify_all
from crm.users.models import Role, User
from leads import companies
from leads.addresses import PHONES
from leads.models import Lead
from leads.normalising import SEPARATOR
from leads.services import edit_lead

LONGEST_MESSAGE = 500


class Decided(Exception):
    """Somebody has accepted or dismissed this already."""


def handle_known(submission: Submission, lead: Lead) -> None:
    """Tell who works this lead, and offer what the form says otherwise than we know."""
    offer_facts(submission, lead)
    by_mail = submission.form.touch_kind == CaptureForm.Kind.DEMO
    message = submission.values.get("message", "")
    notify_all(
        [
            Notice(
                user,
                key=f"capture-again:{submission.pk}",
                title=f"{lead} sent “{submission.form.name}”",
                body=message[:LONGEST_MESSAGE],
                url=lead.get_absolute_url(),
                by_mail=by_mail,
            )
            for user in who_is_told(submission, lead)
        ]
    )


def who_is_told(submission: Submission, lead: Lead) -> list[User]:
    """Return the lead's owner, else the managers of its team, else the campaign's owner."""
    if lead.owner and lead.owner.is_active:
        return [lead.owner]
    managers = User.objects.active().filter(team=lead.team_id, role=Role.SALES_MANAGER)
    if lead.team_id and (found := list(managers)):
        return found
    campaign = submission.form.campaign
    return [campaign.owner] if campaign and campaign.owner else []


def offer_facts(submission: Submission, lead: Lead) -> None:
    """Keep what differs from what we know, once for each value."""
    OfferedFact.objects.bulk_create(
        [
            OfferedFact(lead=lead, submission=submission, field=field, value=value[:200])
            for field, value in differing(submission.values, lead)
        ],
        ignore_conflicts=True,
    )


def differing(values: dict[str, str], lead: Lead) -> Iterator[tuple[str, str]]:
    for field in OfferedFact.FIELDS:
        value = values.get(field, "")
        if field == "phone":
            known = [number.lower() for number in PHONES.of(lead)]
        else:
            known = [str(getattr(lead, field) or "").lower()]
        if value and value.lower() not in known:
            yield field, value


@transaction.atomic
def accept(fact: OfferedFact, *, actor: User) -> None:
    """Write an offered fact: a phone number joins those we know, all else replaces it.

    Raises Decided, or LeadNotAccepted if it cannot be kept.
    """
    decide(fact, True, actor=actor)
    edit_lead(fact.lead, change_of(fact, actor), actor=actor)


def change_of(fact: OfferedFact, actor: User) -> dict[str, object]:
    if fact.field == "company":
        return {"company": companies.match_or_create(fact.value, actor=actor)}
    if fact.field == "phone":
        known = PHONES.of(fact.lead)
        return (
            {"more_phones": SEPARATOR.join([*known[1:], fact.value])}
            if known
            else {"phone": fact.value}
        )
    return {fact.field: fact.value}


def decide(fact: OfferedFact, accepted: bool, *, actor: User) -> None:
    """Note the decision. Raises Decided if there is one."""
    waiting = OfferedFact.objects.filter(pk=fact.pk, accepted=None)
    if not waiting.update(accepted=accepted, decided_at=now(), decided_by=actor):
        raise Decided
