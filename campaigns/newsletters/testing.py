"""Looking at a newsletter before anybody gets it: as a preview, or as a test in one's own inbox."""

import hashlib
from collections.abc import Mapping
from html import escape

from django.db import transaction

from campaigns.newsletters import audience
from campaigns.newsletters.contents import FIELDS, Letter, site_url, values_of
from campaigns.newsletters.models import Newsletter
from campaigns.segments.rules import RulesNotAccepted
from crm.mailing import blocks as writing
from crm.mailing import merging
from crm.mailing.letterhead import letterhead
from crm.mailing.models import Mail
from crm.mailing.services import send_all
from crm.users.models import Organisation, User
from crm.users.permissions import MARKETING
from leads.models import Lead
from leads.names import split

NOBODYS = "test"
"""A token that is nobody's: the links of a test lead to the same pages, and do nothing."""


def sample_values(newsletter: Newsletter, user: User) -> Mapping[str, str]:
    """Return the values that a preview shows: those of a reader whom `user` sees, or his own."""
    try:
        readers = audience.recipients(newsletter)
    except RulesNotAccepted:  # its segment cannot be understood any more; the page says so
        readers = Lead.objects.none()
    lead = readers.visible_to(user).select_related("company").order_by("pk").first()
    if lead is not None:
        return values_of(lead)
    return own_values(user)


def own_values(user: User) -> Mapping[str, str]:
    """Return the values of a mail to `user`, as if they were a lead of ours."""
    first, last, address = split(user.name)
    own: dict[str, str] = {
        "first_name": first,
        "last_name": last,
        "form_of_address": address,
        "salutation": first or user.name,
        "name": user.name,
        "email": str(user.email),
    }
    return {**dict.fromkeys(FIELDS, ""), "company": Organisation.get().name, **own}


def letter_of(newsletter: Newsletter, values: Mapping[str, str]) -> Letter:
    """Return a newsletter as one reader would read it, its links leading where they say."""
    return draft_letter(newsletter.subject, newsletter.blocks, values, newsletter.preheader)


def draft_letter(
    subject: str, blocks: list[writing.Block], values: Mapping[str, str], preheader: str = ""
) -> Letter:
    """Return a mail that is nobody's as one reader would read it; its links lead where they say."""
    mail = writing.render(blocks, subject=subject, preheader=preheader, head=letterhead())

    def address(what: str, number: int) -> str:
        if what == "link":
            return mail.links[number]
        if what == "pixel":
            return "data:,"
        return site_url(f"newsletters:{what}", NOBODYS)

    return Letter(
        subject=merging.fill(subject, values),
        html=writing.fill_places(
            merging.fill(mail.html, values, escape=escape), lambda *place: escape(address(*place))
        ),
        text=writing.fill_places(merging.fill(mail.text, values), address),
    )


@transaction.atomic
def send_test(newsletter: Newsletter, to: str, *, actor: User) -> Mail:
    """Send a newsletter to a colleague or oneself, as the first reader would get it.

    Return the mail, which `actor` may read. A marketer's test counts on the checklist.
    """
    letter = letter_of(newsletter, sample_values(newsletter, actor))
    mail = queue_test(letter, to, actor=actor, of=f"newsletter:{newsletter.pk}")
    if actor.role in MARKETING:
        tested = Newsletter.objects.filter(pk=newsletter.pk)
        tested.update(tested_version=newsletter.version)
    return mail


def queue_test(letter: Letter, to: str, *, actor: User, of: str) -> Mail:
    """Queue a test and return it; exactly the same one again is the one of before.

    of: what is tested, such as `newsletter:7`
    """
    said = hashlib.sha256("\0".join([to, letter.subject, letter.html, letter.text]).encode())
    mail = Mail(
        key=f"test:{of}:{actor.pk}:{said.hexdigest()[:32]}",
        to=to,
        subject=f"[Test] {letter.subject}"[:250],
        text=letter.text,
        html=letter.html,
        asked_by=actor,
    )
    send_all([mail])
    return Mail.objects.get(key=mail.key)


def say_sent(mail: Mail) -> str:
    """Say what became of a test that was asked for."""
    if mail.state == Mail.State.SENT:
        return f"Exactly this test went to {mail.to} already"
    return f"A test is on its way to {mail.to}"
