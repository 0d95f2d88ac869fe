"""What is looked at before a newsletter goes out: links, merge fields, the way to unsubscribe.

Addresses are checked by their form, those of our own site also by whether the page exists. Pages of
other sites are not opened: a check from the server may count as a visit, and is no proof for
tomorrow.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import Resolver404, resolve, reverse

from campaigns.newsletters import audience
from campaigns.newsletters.contents import FIELDS
from campaigns.newsletters.models import Newsletter
from crm.mailing import blocks as writing
from crm.mailing import merging
from crm.mailing.letterhead import PAGE, letterhead
from crm.users.models import User
from crm.users.permissions import may_open
from leads.models import LeadQuerySet

LACKS: dict[str, Q] = {
    "first_name": Q(given_name=""),
    "last_name": Q(family_name=""),
    "form_of_address": Q(form_of_address=""),
    "salutation": Q(given_name="") & (Q(name="") | Q(name__contains="@")),
    "name": Q(name=""),
    "company": Q(company=None),
    "job_title": Q(job_title=""),
    "country": Q(country=""),
    "email": Q(email=""),
}
"""Of each merge field the condition on leads that have no value for it."""

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE)


@dataclass(frozen=True)
class Check:
    """One line of the checklist. bad: it must not go out so; warns: look again."""

    label: str
    detail: str = ""
    bad: bool = False
    warns: bool = False
    url: str = ""

    @property
    def tone(self) -> str:
        return "danger" if self.bad else "warning" if self.warns else "ok"


def check(newsletter: Newsletter, reached: int, user: User) -> list[Check]:
    """Return the checklist of a newsletter that would reach so many leads, as `user` reads it."""
    words = "\n".join(
        [newsletter.subject, newsletter.subject_b, newsletter.preheader,
         writing.words_of(newsletter.blocks)]
    )  # fmt: skip
    mail = writing.render(
        newsletter.blocks, subject=newsletter.subject, preheader=newsletter.preheader,
        head=letterhead(),
    )  # fmt: skip
    return [
        check_subject(newsletter),
        check_words(newsletter),
        check_address(user),
        check_unsubscribe(mail),
        check_links(newsletter),
        *check_fields(newsletter, words),
        *check_pictures(newsletter),
        check_test(newsletter),
        check_audience(reached),
    ]


def check_subject(newsletter: Newsletter) -> Check:
    if newsletter.subject.strip():
        return Check("The subject is there", newsletter.subject)
    return Check("The subject is missing", bad=True)


def check_words(newsletter: Newsletter) -> Check:
    if any(block.get("text") for block in newsletter.blocks):
        return Check("The mail says something")
    return Check("The mail says nothing yet", "Write at least one text block.", bad=True)


def check_address(user: User) -> Check:
    """Say whether the mail carries a postal address; the way to add one, for those who may."""
    if lines := letterhead().address:
        return Check("Your postal address stands under it", ", ".join(lines))
    page = may_open(user, PAGE)
    who = "Add it" if page else "A marketing manager or administrator may add it"
    detail = f"Most countries ask for it in marketing mail. {who} in Settings › Letterhead."
    return Check("The postal address is missing", detail, bad=True, url=page)


def check_unsubscribe(mail: writing.Rendered) -> Check:
    there = all("tandem-unsubscribe-" in part for part in (mail.html, mail.text))
    label = "The unsubscribe link is in both parts and in the header"
    return Check(label) if there else Check("The unsubscribe link is missing", bad=True)


def check_links(newsletter: Newsletter) -> Check:
    """Say which addresses lead nowhere, of links, buttons and pictures."""
    found = addresses_in(newsletter.blocks)
    broken = [url for url in found if is_broken(url)]
    if broken:
        return Check(f"{len(broken)} of {len(found)} links are broken", ", ".join(broken), bad=True)
    detail = "By their form, and on our own site by their page; other sites are not visited."
    return Check(f"{len(found)} links lead somewhere", detail) if found else Check("No links")


def addresses_in(blocks: list[writing.Block]) -> list[str]:
    """Return the addresses that an author wrote, also those that cannot be ones, each once."""
    found: list[str] = []
    for block in blocks:
        if block["kind"] == "text":
            tokens = writing.MARKDOWN.parse(block["text"])
            inline = [each for token in tokens for each in token.children or ()]
            found += [str(each.attrs["href"]) for each in inline if each.type == "link_open"]
        elif block["kind"] == "button":
            found.append(block["url"])
        elif block["kind"] == "image":
            found += [url for url in (block["url"], block["link"]) if url]
    return list(dict.fromkeys(found))


def is_broken(url: str) -> bool:
    """Say whether `url` cannot lead anywhere."""
    if not writing.safe_url(url) or merging.FIELD.search(url):
        return True
    try:
        parts = urlsplit(url)
        own = parts.netloc == urlsplit(settings.SITE_URL).netloc
    except ValueError:
        return True
    if parts.scheme in ("mailto", "tel"):
        return not parts.path
    if own:
        return not has_page(parts.path or "/")
    return not HOST.fullmatch(parts.hostname or "")


def has_page(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def check_fields(newsletter: Newsletter, words: str) -> list[Check]:
    """Say which merge fields nobody has, and which some readers lack."""
    if unknown := merging.unknown(words, FIELDS):
        names = ", ".join(sorted(unknown))
        return [Check("Unknown merge fields", names, bad=True)]
    holes = []
    for name in sorted(merging.needed(words)):
        if count := lacking(newsletter, name).count():
            where = reverse("newsletters:audience", args=[newsletter.pk])
            holes.append(
                Check(
                    f"{count:,} readers lack: {FIELDS[name].lower()}",
                    f"Give a fallback, such as {{{{ {name} | there }}}}.",
                    warns=True,
                    url=f"{where}?lacks={name}",
                )
            )
    return holes or [Check("Every merge field has a value or a fallback")]


def lacking(newsletter: Newsletter, name: str) -> LeadQuerySet:
    """Return the readers of a newsletter that have no value for the merge field `name`."""
    return audience.recipients(newsletter).filter(LACKS[name])


def check_pictures(newsletter: Newsletter) -> list[Check]:
    mute = [each for each in newsletter.blocks if each["kind"] == "image" and not each["alt"]]
    return [Check("A picture has no words for those who do not see it", warns=True)] if mute else []


def check_test(newsletter: Newsletter) -> Check:
    if newsletter.tested_version == newsletter.version:
        return Check("A test was sent of exactly this")
    return Check("No test was sent since the last change", warns=True)


def check_audience(reached: int) -> Check:
    if reached:
        return Check(f"{reached:,} people will get it")
    return Check("Nobody would get it", bad=True)
