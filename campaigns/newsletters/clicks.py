"""Clicks and opens: who called a link, a person or a machine, and what follows.

Mail filters open every link of a mail to look behind it. So a click is judged some seconds later,
together with the others of its mail; only a person's becomes a touch of the lead.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.newsletters.models import Click, Link, MarketingMail
from campaigns.services import record_touch
from crm.mailing import tokens
from crm.outbox import services as outbox

JUDGE_CLICK = "newsletters.judge_click"
"""Payload {"click": pk}: the click is old enough to be judged."""

TOO_QUICK = timedelta(seconds=5)
"""Within this time after the mail left nobody has read it."""
AT_ONCE = timedelta(seconds=3)
"""Two or more different links of a mail within this time: no person clicks so."""
PATIENCE = timedelta(seconds=10)
"""How long a click waits for the others that would give it away."""
SCANNERS = re.compile(
    r"bot\b|crawl|spider|scan|barracuda|mimecast|proofpoint|safelinks|ironport|symantec|"
    r"trendmicro|fortinet|sophos|preview|fetch|monitor|headless|curl|wget|python-|java/|"
    r"go-http|okhttp|libwww|apache-httpclient|googleimageproxy",
    re.IGNORECASE,
)
WHY = {
    "head": "Asked only for the head",
    "scanner": "Known scanner",
    "no_agent": "Named no browser",
    "too_quick": "Sooner than anybody reads",
    "all_at_once": "Several links at once",
}
"""Why a click counts as a machine's."""


def follow(token: str, *, method: str, agent: str) -> str | None:
    """Record one call of a link and return where it leads; None if we never made the token."""
    numbers = tokens.read(tokens.CLICK, token)
    if numbers is None or len(numbers) != 2:
        return None
    mail = MarketingMail.objects.select_related("content").filter(pk=numbers[0]).first()
    link = mail and Link.objects.filter(content=mail.content_id, number=numbers[1]).first()
    if not mail or not link:
        return None
    record(mail, link, at=now(), method=method, agent=agent)
    return link.url


@transaction.atomic
def record(
    mail: MarketingMail, link: Link, *, at: datetime, method: str = "GET", agent: str = ""
) -> Click:
    """Write one click and have it judged: at once if it gives itself away, else soon."""
    why = plainly_machine(mail, at, method, agent)
    click = Click.objects.create(
        mail=mail, link=link, at=at, agent=agent[:250], machine=True if why else None, why=why
    )
    if why:
        note_machine(click)
    else:
        payload: dict[str, Any] = {"click": click.pk}
        outbox.enqueue(JUDGE_CLICK, f"judge-click:{click.pk}", payload, due_at=at + PATIENCE)
    return click


def plainly_machine(mail: MarketingMail, at: datetime, method: str, agent: str) -> str:
    """Return why this call is no person's, "" if it may be one's."""
    if method == "HEAD":
        return "head"
    if not agent.strip():
        return "no_agent"
    if SCANNERS.search(agent):
        return "scanner"
    if mail.sent_at is None or at - mail.sent_at < TOO_QUICK:
        return "too_quick"
    return ""


def handle_judging(payload: dict[str, Any]) -> None:
    """Judge one click. Payload {"click": pk}. Safe to run twice."""
    named = Click.objects.select_related("mail__lead", "mail__campaign", "mail__content", "link")
    click = named.select_for_update(of=("self",)).filter(pk=payload["click"], machine=None).first()
    if click is None:
        return
    near = Click.objects.filter(
        mail=click.mail_id, at__gte=click.at - AT_ONCE, at__lte=click.at + AT_ONCE
    )
    if near.exclude(link=click.link_id).exists():
        Click.objects.filter(pk=click.pk).update(machine=True, why="all_at_once")
        note_machine(click)
    else:
        Click.objects.filter(pk=click.pk).update(machine=False)
        note_person(click)


def note_machine(click: Click) -> None:
    first = MarketingMail.objects.filter(pk=click.mail_id, machine_clicked_at=None)
    first.update(machine_clicked_at=click.at)


def note_person(click: Click) -> None:
    """Write a person's click on its mail, and as a touch of the lead; the same link counts once."""
    mail = click.mail
    MarketingMail.objects.filter(pk=mail.pk, clicked_at=None).update(clicked_at=click.at)
    if mail.lead is not None:
        record_touch(
            mail.lead,
            Touch.Kind.EMAIL_CLICK,
            click.at,
            f"email_click:{mail.pk}:{click.link_id}",
            campaign=mail.campaign,
            detail=f"“{mail.content.subject}”: {click.link.url}",
        )


def note_open(token: str) -> None:
    """Note that the picture of a mail was asked for. Unreliable: machines ask, readers may not."""
    numbers = tokens.read(tokens.OPEN, token)
    if numbers is not None:
        MarketingMail.objects.filter(pk=numbers[0], opened_at=None).update(opened_at=now())
