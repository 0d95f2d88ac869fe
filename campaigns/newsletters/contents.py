"""What a marketing mail says: kept once, rendered once, made into a message for each lead."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from functools import lru_cache
from html import escape
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse

from campaigns.newsletters.models import Content, Link, MarketingMail
from crm.mailing import blocks as writing
from crm.mailing import merging, tokens
from crm.mailing.letterhead import Letterhead, letterhead
from crm.mailing.returning import MARKETING, set_return_address
from crm.users.models import Organisation
from leads.models import Lead

FIELDS: dict[str, str] = {
    "first_name": "First name",
    "last_name": "Last name",
    "form_of_address": "Form of address",
    "salutation": "Salutation (Dr. Weber, else the first name)",
    "name": "Full name",
    "company": "Company",
    "job_title": "Job title",
    "country": "Country",
    "email": "E-mail address",
}
"""The merge fields that a mail may have."""


def values_of(lead: Lead) -> dict[str, str]:
    """Return the values of FIELDS for one lead, "" where it has none."""
    return {
        "first_name": lead.given_name,
        "last_name": lead.family_name,
        "form_of_address": lead.form_of_address,
        "salutation": lead.salutation,
        "name": lead.name,
        "company": str(lead.company or ""),
        "job_title": lead.job_title,
        "country": str(lead.country.name or ""),  # type: ignore[attr-defined]
        "email": lead.email,
    }


@transaction.atomic
def keep_content(
    *,
    subject: str,
    blocks: list[writing.Block],
    preheader: str = "",
    sender_name: str = "",
    reply_to: str = "",
) -> Content:
    """Return the content that says exactly this, written if there was none. It never changes.

    Raises BlocksNotAccepted for what is no list of blocks.
    """
    said = {
        "subject": " ".join(subject.split())[:200],
        "preheader": " ".join(preheader.split())[:200],
        "sender_name": " ".join(sender_name.split())[:80],
        "reply_to": reply_to.strip(),
        "blocks": writing.cleaned(blocks),
    }
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    content, created = Content.objects.get_or_create(digest=digest, defaults=said)
    if created:
        Link.objects.bulk_create(
            Link(content=content, number=number, url=url)
            for number, url in enumerate(rendered(content).links)
        )
    return content


def rendered(content: Content) -> writing.Rendered:
    """Return a content as mail, before it is anybody's."""
    return render_once(json.dumps(content.blocks), content.subject, content.preheader, letterhead())


@lru_cache(maxsize=64)
def render_once(blocks: str, subject: str, preheader: str, head: Letterhead) -> writing.Rendered:
    return writing.render(json.loads(blocks), subject=subject, preheader=preheader, head=head)


@dataclass(frozen=True)
class Letter:
    """What one lead reads: subject and both parts, nothing left open."""

    subject: str
    html: str
    text: str


def letter(
    content: Content, values: Mapping[str, str], address: Callable[[str, int], str]
) -> Letter:
    """Return a content as one lead reads it. address: the web address of each place in it."""
    mail = rendered(content)
    html = merging.fill(mail.html, values, escape=escape)
    return Letter(
        subject=merging.fill(content.subject, values),
        html=writing.fill_places(html, lambda what, number: escape(address(what, number))),
        text=writing.fill_places(merging.fill(mail.text, values), address),
    )


def addresses_of(mail_id: int) -> Callable[[str, int], str]:
    """Return a function: the signed web address of each place in one mail."""
    leave = tokens.sign(tokens.UNSUBSCRIBE, mail_id)

    def address(what: str, number: int) -> str:
        if what == "link":
            return site_url("newsletters:click", tokens.sign(tokens.CLICK, mail_id, number))
        if what == "pixel":
            return site_url("newsletters:pixel", tokens.sign(tokens.OPEN, mail_id))
        return site_url(f"newsletters:{what}", leave)

    return address


def site_url(name: str, *args: Any) -> str:
    """Return the public address of a page, from the configured site and no request's host."""
    return f"{settings.SITE_URL}{reverse(name, args=args)}"


def message_of(mail: MarketingMail, lead: Lead) -> EmailMultiAlternatives:
    """Return the message of a mail, its headers as RFC 8058 and the large providers ask."""
    address = addresses_of(mail.pk)
    said = letter(mail.content, values_of(lead), address)
    message = new_message(mail.content, said, lead.email)
    message.extra_headers = {
        "Message-ID": message_id(mail.pk),
        "List-Unsubscribe": f"<{address('unsubscribe', 0)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": f"{mail.get_kind_display()} <{mail.kind}.{tokens.host()}>",
        "Feedback-ID": feedback_id(mail),
        "Precedence": "bulk",
        "Auto-Submitted": "auto-generated",
    }
    report = tokens.sign(tokens.REPORT, mail.pk)
    set_return_address(message, MARKETING, mail.pk)
    message.metadata = {"marketing_mail": report}  # type: ignore[attr-defined]
    message.track_clicks = message.track_opens = False  # type: ignore[attr-defined]
    return message


def new_message(content: Content, said: Letter, to: str) -> EmailMultiAlternatives:
    """Return a message without its headers: from whom, to whom, both parts."""
    _, own = parseaddr(settings.DEFAULT_FROM_EMAIL)
    name = content.sender_name or Organisation.get().name
    message = EmailMultiAlternatives(
        said.subject,
        said.text,
        from_email=formataddr((name, own)),
        to=[to],
        reply_to=[content.reply_to] if content.reply_to else None,
    )
    message.attach_alternative(said.html, "text/html")
    return message


def message_id(mail_id: int) -> str:
    """Return the Message-ID of a mail, signed: always the same for the same mail."""
    return tokens.message_id(tokens.sign(tokens.MESSAGE, mail_id))


def feedback_id(mail: MarketingMail) -> str:
    """Return what large providers count complaints by: content, campaign, kind, sender."""
    content = tokens.opaque("content", str(mail.content_id))[:16]
    campaign = tokens.opaque("campaign", str(mail.campaign_id))[:16] if mail.campaign_id else "none"
    return f"{content}:{campaign}:{mail.kind}:tandem"
