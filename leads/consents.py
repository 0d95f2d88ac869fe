"""Consent to marketing email: asked for, confirmed, recorded by hand, withdrawn.

Each act writes a record (leads.models.Consent) and derives the lead's columns from all of them.
Permission to answer a request is another matter and needs no consent: a sent form reaches sales
at once, whatever was ticked. docs/decisions/0055 says why.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.timezone import now

from crm.audit.acting import acting
from crm.mailing.links import blank_used
from crm.mailing.suppressing import lift_unsubscription
from crm.users.models import User
from leads import consent_mail
from leads.consent_models import LONGEST_SOURCE, Consent
from leads.models import Lead
from leads.normalising import one_line
from leads.services import ask_for_scores, locked

DERIVED = ("consent", "consent_at", "consent_source", "consent_asked_at")
Proof = Consent.Proof


@transaction.atomic
def ask_consent(
    lead: Lead,
    *,
    source: str,
    wording: str,
    version: int | None = None,
    address: str = "",
    actor: User | None = None,
) -> Consent:
    """Record that `lead` was asked, and mail the address a link that confirms.

    A stranger may type any address into a form, so this alone permits nothing and lifts nothing.
    A consent that stands already is returned as it is, unless its address has unsubscribed.

    wording, version: the words beside the box, and which version of the form's words they are
    address: which of the lead's was typed; "" is the main one
    """
    stored = locked(lead)
    address = address or stored.email
    unsubscribed = consent_mail.is_unsubscribed(address)
    standing = stored.consents.standing().first()
    if standing and not unsubscribed:
        return standing
    same = {"wording": wording, "wording_version": version, "source": source}
    asked = stored.consents.pending().filter(**same, address=address).first()
    if asked is None:
        asked = stored.consents.create(**same, address=address, asked_at=now(), recorded_by=actor)
        derive(stored, lead, actor=actor)
    consent_mail.send_link(asked)
    return asked


@transaction.atomic
def confirm_consent(consent: Consent) -> bool:
    """The owner of the address agrees, by the mailed link. False if the link is used or void.

    This alone ends an unsubscription; a complaint, a bounce, our own hand stay.
    """
    stored = locked(consent.lead)
    asked = stored.consents.pending().filter(pk=consent.pk).first()
    if asked is None or not owns(stored, asked.address):
        return False
    asked.confirmed_at, asked.proof = now(), Proof.LINK
    asked.save(update_fields=["confirmed_at", "proof"])
    lift_unsubscription(asked.address)
    derive(stored, consent.lead, actor=None)
    blank_used(consent_mail.mail_key(asked))
    return True


def owns(lead: Lead, address: str) -> bool:
    """Whether `address` is still this lead's."""
    return Lead.objects.with_address(address).filter(pk=lead.pk).exists() if address else False


@transaction.atomic
def record_consent(
    lead: Lead,
    *,
    source: str,
    actor: User | None,
    at: datetime | None = None,
    proof: str = Proof.STAFF,
) -> bool:
    """Record a consent that the lead gave to one of us; False if one stands already.

    source: where it was given: “at the fair”, “by phone to Ana”. Raises BadValue.

    It ends no unsubscription: only the owner of the address can, by the mailed link.
    """
    source = one_line(source)
    stored = locked(lead)
    if stored.consents.standing().exists():
        return False
    Consent.given(stored, source=source, at=at or now(), proof=proof, by=actor).save()
    derive(stored, lead, actor=actor)
    return True


@transaction.atomic
def withdraw_consent(
    lead: Lead, *, source: str, actor: User | None, at: datetime | None = None
) -> bool:
    """Record that the lead may get no marketing email any more; False if it might not before.

    What was asked for and never confirmed is withdrawn too: its link confirms nothing now. A
    lead whose consent has no record, because its row was written past the services, gets one.
    """
    source = one_line(source)[:LONGEST_SOURCE]
    stored = locked(lead)
    at = at or now()
    if stored.consent and not stored.consents.standing().exists():
        Consent.given(stored, source="", at=at, proof=Proof.BEFORE).save()
    gone = stored.consents.open().update(withdrawn_at=at, withdrawn_source=source)
    if gone:
        derive(stored, lead, actor=actor)
    return bool(gone)


def derive(stored: Lead, lead: Lead, *, actor: User | None) -> None:
    """Write the columns of a locked lead from its records.

    stored: the locked row; lead: the caller's object, brought up to date as well
    """
    before = columns_of(stored)
    for name, value in derived(list(stored.consents.all())).items():
        setattr(stored, name, value)
        setattr(lead, name, value)
    if columns_of(stored) == before:
        return
    with acting(actor, batch=uuid.uuid4()) as act:
        stored.save(update_fields=DERIVED)
    ask_for_scores([stored.pk], act.batch)


def columns_of(lead: Lead) -> list[object]:
    return [getattr(lead, name) for name in DERIVED]


def derived(records: list[Consent]) -> dict[str, object]:
    """Return the columns of a lead that follow from its records of consent. Pure."""
    still_open = [one for one in records if not one.withdrawn_at]
    standing = [one for one in still_open if one.confirmed_at]
    gone = [one for one in records if one.withdrawn_at]
    last_said: tuple[datetime | None, str] = (None, "")
    if standing:
        newest = max(standing, key=lambda one: one.confirmed_at or one.asked_at)
        last_said = (newest.confirmed_at, newest.source)
    elif gone:
        newest = max(gone, key=lambda one: one.withdrawn_at or one.asked_at)
        last_said = (newest.withdrawn_at, newest.withdrawn_source)
    return {
        "consent": bool(standing),
        "consent_at": last_said[0],
        "consent_source": last_said[1],
        "consent_asked_at": max((one.asked_at for one in still_open), default=None),
    }
