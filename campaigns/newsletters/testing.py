"""Looking at a newsletter before anybody gets it: as a preview, or as a test in one's own inbox."""

from collections.abc import Mapping
from html import escape

from django.db import transaction

from campaigns.newsletters import audience
from campaigns.newsletters.contents import FIELDS, Letter, site_url, values_of
from campaigns.newsletters.models import Newsletter
from campaigns.segments.rules import RulesNotAccepted
from crm.mailing import blocks as writing
from crm.mailing import merging
from crm.mailing.models import Mail
from crm.mailing.services import send_all
from crm.users.models import Organisation, User
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
    """Return a draft as one reader would read it; its links lead where their author says."""
    mail = writing.render(
        newsletter.blocks,
        subject=newsletter.subject,
        preheader=newsletter.preheader,
        organisation=Organisation.get().name,
    )

    def address(what: str, number: int) -> str:
        if what == "link":
            return mail.links[number]
        if what == "pixel":
            return "data:,"
        return site_url(f"newsletters:{what}", NOBODYS)

    return Letter(
        subject=merging.fill(newsletter.subject, values),
        html=writing.fill_places(
            merging.fill(mail.html, values, escape=escape), lambda *place: escape(address(*place))
        ),
        text=writing.fill_places(merging.fill(mail.text, values), address),
    )


@transaction.atomic
def send_test(newsletter: Newsletter, to: str, *, actor: User) -> None:
    """Send a draft to a colleague, as the first reader would get it."""
    letter = letter_of(newsletter, sample_values(newsletter, actor))
    send_all(
        [
            Mail(
                key=f"newsletter-test:{newsletter.pk}:{newsletter.version}:{to}",
                to=to,
                subject=f"[Test] {letter.subject}"[:250],
                text=letter.text,
                html=letter.html,
            )
        ]
    )
    tested = Newsletter.objects.filter(pk=newsletter.pk)
    tested.update(tested_version=newsletter.version)
