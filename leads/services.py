"""What is done with leads: making one, editing its facts, taking that back.

A new lead enters the funnel through `crm.funnel.intake.take_in`, which calls `create_lead`. Every
change asks for a new score (LEAD_CHANGED); the history that undo reads is written by the database.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from crm.audit.acting import acting
from crm.audit.models import Change
from crm.common import folding
from crm.outbox import services as outbox
from crm.users.models import Organisation, User
from leads import addresses, writing
from leads.models import Channel, Company, Consent, Lead
from leads.names import LONGEST, PARTS, follow_name
from leads.normalising import (
    BadValue,
    email_address,
    many_lines,
    one_line,
    phone_number,
    several,
)

LEAD_CHANGED = "leads.changed"
"""Payload {"lead": pk}: the facts of a lead are new, its score may be another."""

PLAIN = (
    "name",
    *PARTS,
    "email",
    "more_emails",
    "phone",
    "more_phones",
    "job_title",
    "country",
    "notes",
)
LINKS = ("company", "channel", "campaign")
EDITABLE = PLAIN + LINKS
FORM_FIELDS = {"more_emails": "email", "more_phones": "phone"}
"""Where a form shows what is wrong with them."""
SEARCHED = {"name", "email", "more_emails", "phone", "more_phones", "company"}


@dataclass
class LeadNotAccepted(ValueError):
    """Some values cannot be kept. errors: field to what is wrong with it, in words."""

    errors: dict[str, str]

    def __str__(self) -> str:
        return " ".join(self.errors.values())


@dataclass
class EmailTaken(LeadNotAccepted):
    """Another lead has this address already; `lead` is that one."""

    lead: Lead

    @classmethod
    def by(cls, lead: Lead, address: str = "") -> "EmailTaken":
        """address: the one that is taken, if it is not the main one"""
        named = f"the address {address}" if address else "this address"
        return cls({"email": f"A lead with {named} is already known."}, lead)


class ChangedSince(Exception):
    """Nothing was taken back: the same fields have been changed again meanwhile."""


def cleaned(values: Mapping[str, Any], *, country: str = "") -> dict[str, Any]:
    """Return a lead's plain values as they are kept. Raises LeadNotAccepted with all that is wrong.

    country: of the stored lead or its company, for phone numbers, unless `values` say another;
        where nobody says one, it is the organisation's
    """
    if values.get("phone") or values.get("more_phones"):
        country = phone_country(values.get("country"), country, values.get("company"))
    how: dict[str, Callable[[Any], str]] = {
        "name": one_line,
        **{part: partial(one_line, longest=most) for part, most in LONGEST.items()},
        "email": email_address,
        "phone": lambda text: phone_number(text, country),
        "more_emails": lambda text: several(text, email_address),
        "more_phones": lambda text: several(text, lambda one: phone_number(one, country)),
        "job_title": lambda text: one_line(text, 120),
        "country": lambda text: one_line(text, 2).upper(),
        "notes": many_lines,
        "consent_source": one_line,
    }
    kept = dict(values)
    errors: dict[str, str] = {}
    for field, keep in how.items():
        if field in values:
            try:
                kept[field] = keep(as_typed(values[field]))
            except BadValue as error:
                errors.setdefault(FORM_FIELDS.get(field, field), str(error))
    if errors:
        raise LeadNotAccepted(errors)
    return kept


def phone_country(*known: Any) -> str:
    """Return the country in which a phone number is dialled: the first known, else our own.

    known: codes of countries, or companies
    """
    codes = (str(getattr(one, "country", one) or "") for one in known)
    return next(filter(None, codes), "") or Organisation.get().country


def as_typed(value: Any) -> Any:
    """Return a list as it is, anything else as text; nothing is no text."""
    return value if isinstance(value, list) else str(value or "")


def search_key(lead: Lead, company: Company | str | None = None) -> str:
    """Return what the search of leads looks into: name, company, addresses, digits of numbers.

    company: the lead's, if it is at hand
    """
    named = lead.company if company is None else company
    words = folding.search_key(lead.name, str(named or ""), lead.email, lead.more_emails)
    digits = folding.phone_key(*addresses.PHONES.of(lead))
    return f"{words} {digits}".strip()


def new_lead(**values: Any) -> Lead:
    """Return a lead with normalised values, not saved. Raises LeadNotAccepted.

    Takes the fields of Lead; without `consent_at` a given consent is of now; without `team` the
    lead is in its owner's.
    """
    kept = follow_name(cleaned(values), Lead())
    if not (kept.get("name") or kept.get("email") or kept.get("external_id")):
        raise LeadNotAccepted({"name": "Give a name or an e-mail address."})
    if kept.get("consent"):
        kept["consent_at"] = kept["consent_asked_at"] = kept.get("consent_at") or now()
    owner = kept.get("owner")
    if owner is not None and "team" not in kept:
        kept["team"] = owner.team
    lead = Lead(**addresses.follow_main(kept, Lead()))
    lead.search_key = search_key(lead)
    return lead


def create_lead(
    *,
    actor: User | None,
    name: str = "",
    email: str = "",
    phone: str = "",
    job_title: str = "",
    company: Company | None = None,
    country: str = "",
    channel: Channel | None = None,
    campaign: Any = None,
    consent: bool = False,
    consent_source: str = "",
    **more: Any,
) -> Lead:
    """Write a new lead, for `crm.funnel.intake.take_in`, which enters it into the funnel as well.

    Inside a transaction that the caller has open: a savepoint of its own would be two round trips.

    campaign: the Campaign that brought it in
    consent: given to one of us, who says where in `consent_source`; never what a stranger typed
    more: other fields of Lead (owner, team, notes, external_id, created_at, consent_at), and
        more_emails, more_phones

    Raises LeadNotAccepted for values that cannot be kept, EmailTaken if the address is known,
    NotTheirs for fields that are not the actor's to write.
    """
    theirs = writing.given({"consent": consent, "consent_source": consent_source, **more})
    writing.check_fields(actor, theirs, writing.NEW_LEAD)
    lead = new_lead(
        name=name, email=email, phone=phone, job_title=job_title, company=company,
        country=country, channel=channel, campaign=campaign, consent=consent,
        consent_source=consent_source, created_by=actor, **more,
    )  # fmt: skip
    save_unless_known(lead)
    if lead.consent and lead.consent_at:
        Consent.given(
            lead,
            source=lead.consent_source,
            at=lead.consent_at,
            proof=Consent.Proof.STAFF,
            by=actor,
        ).save()
    outbox.enqueue(LEAD_CHANGED, f"{LEAD_CHANGED}:{lead.pk}:new", {"lead": lead.pk})
    return lead


def save_unless_known(lead: Lead, fields: set[str] | None = None) -> None:
    """Save `lead` with its rows of addresses and numbers; None saves a new one.

    The database says whether an address is another's: then raise EmailTaken.
    """
    try:
        with transaction.atomic():
            if fields is None:
                lead.save()
                addresses.write([lead], new=True)
            else:
                lead.save(update_fields=fields)
                addresses.write([lead], fields)
    except IntegrityError:
        for address in addresses.EMAILS.of(lead):
            known = Lead.objects.with_address(address).exclude(pk=lead.pk).first()
            if known is not None:
                raise EmailTaken.by(known, address if address != lead.email else "") from None
        raise


@transaction.atomic
def edit_lead(lead: Lead, changes: Mapping[str, Any], *, actor: User | None) -> uuid.UUID | None:
    """Change facts of `lead`; return the batch of history that undoes it, None if none changed.

    changes: some of EDITABLE; company, channel and campaign are rows or None

    Raises LeadNotAccepted for values that cannot be kept, EmailTaken if the address is another's,
    NotTheirs for fields that are not the actor's to write.
    """
    if unknown := set(changes) - set(EDITABLE):
        raise TypeError(f"edit_lead does not write {', '.join(sorted(unknown))}")
    stored = locked(lead)
    if changes.get("country"):  # the numbers may be understood now
        changes = {"phone": stored.phone, "more_phones": stored.more_phones, **changes}
    country = str(stored.country or getattr(stored.company, "country", ""))
    kept = addresses.follow_main(cleaned(changes, country=country), stored)
    kept = follow_name(kept, stored)
    changed = set(writing.changed(stored, kept))
    writing.check_fields(actor, changed)
    if not changed:
        return None
    for field in changed:
        setattr(stored, field, kept[field])
    with acting(actor, batch=uuid.uuid4()) as act:
        save_facts(stored, changed)
    for field in changed:
        setattr(lead, field, kept[field])
    lead.search_key = stored.search_key
    ask_for_scores([stored.pk], act.batch)
    return act.batch


def locked(lead: Lead) -> Lead:
    """Return the lead as it is stored, locked until the transaction ends.

    Locked first and read after: PostgreSQL joins what a waiter for a lock sees to old rows.
    """
    Lead.objects.select_for_update().only("pk").get(pk=lead.pk)
    named = Lead.objects.select_related("company", "channel", "campaign", "owner")
    return named.get(pk=lead.pk)


def save_facts(lead: Lead, fields: set[str]) -> None:
    """Write `fields` of a locked lead, and with them what is derived. Raises LeadNotAccepted."""
    if not (lead.name or lead.email or lead.external_id):
        raise LeadNotAccepted({"name": "Keep a name or an e-mail address."})
    if fields & SEARCHED:
        lead.search_key = search_key(lead)
        fields = fields | {"search_key", "sort_key"}
    save_unless_known(lead, fields)


def ask_for_scores(leads: Iterable[int], batch: uuid.UUID | None) -> None:
    """Ask for new scores of leads whose facts one act has changed."""
    wishes = [(f"{LEAD_CHANGED}:{pk}:{batch}", {"lead": pk}) for pk in sorted(leads)]
    outbox.enqueue_many(LEAD_CHANGED, wishes)


@transaction.atomic
def take_back(batch: uuid.UUID, *, actor: User) -> int:
    """Undo edits of facts that one act made (`Change.batch`); return how many leads it touched.

    Only what `actor` did themself, and only while every field is still as they left it.
    Raises ChangedSince otherwise, NotTheirs if their role writes such a field no more; then nothing
    is taken back.
    """
    made = Change.objects.of_field(Lead, *EDITABLE).filter(batch=batch, actor=actor)
    by_lead: dict[int, list[Change]] = {}
    for change in made.order_by("pk"):
        by_lead.setdefault(change.object_id, []).append(change)
    writing.check_fields(actor, {one.attribute for changes in by_lead.values() for one in changes})
    with acting(actor, batch=uuid.uuid4()) as act:
        for pk, changes in sorted(by_lead.items()):
            restore(Lead(pk=pk), changes)
    ask_for_scores(by_lead, act.batch)
    return len(by_lead)


def restore(lead: Lead, changes: list[Change]) -> None:
    """Put the values from before `changes` back into one lead, if those after still stand."""
    stored = locked(lead)
    for change in changes:
        if getattr(stored, change.field) != change.value_after or not change.still_there:
            raise ChangedSince(str(stored))
        setattr(stored, change.field, change.value_before)
    save_facts(stored, {change.attribute for change in changes})
