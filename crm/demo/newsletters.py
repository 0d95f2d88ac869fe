"""The demo company's newsletters: three sent with their results, one scheduled, one draft."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from campaigns.models import Campaign
from campaigns.newsletters.block_form import FIRST
from campaigns.newsletters.comparing import groups
from campaigns.newsletters.models import Click, Content, DeliveryEvent, MarketingMail, Newsletter
from campaigns.newsletters.planning import content_of, schedule
from campaigns.newsletters.results import compared
from campaigns.segments.models import Segment
from campaigns.segments.services import members
from crm.demo.people import Cast
from crm.mailing.blocks import Block
from crm.mailing.models import Suppression
from crm.mailing.suppressing import digest_of
from crm.stages import Stage
from leads.models import Consent, Lead

State = MarketingMail.State
BATCH = 500
SITE = "https://www.example.com"
SHARES = {"clicked": 0.11, "machine": 0.03, "opened": 0.41, "bounced": 0.012, "left": 0.006}


@dataclass(frozen=True)
class Plan:
    """One newsletter: how many days ago it went out (negative: days to come; None: a draft)."""

    name: str
    subject: str
    days_ago: int | None
    opening: str
    subject_b: str = ""


PLANS = (
    Plan("Product news, spring", "What is new, {{ first_name | there }}", 64,
         "Three things that our customers asked for are ready."),
    Plan("Webinar invitation", "Forecasts without spreadsheets: a webinar", 31,
         "In 40 minutes we show how sales and marketing read one funnel.",
         "Your forecast is wrong, and here is why"),
    Plan("Case study: half the time to quote", "How one team halved its time to quote", 6,
         "A sales team of twelve wrote down what took them so long. Then they changed it."),
    Plan("Invitation to the autumn fair", "Meet us at the fair, {{ first_name | there }}", -2,
         "We have a table, coffee and half an hour for your questions."),
    Plan("Product news, draft", "What is new", None, "To be written."),
)  # fmt: skip


def send_out(now: datetime, cast: Cast) -> None:
    """Write the newsletters; those of the past with what came of them."""
    rng = Random(2027)  # noqa: S311
    segment = Segment.objects.order_by("pk").first()
    campaign = Campaign.objects.filter(channel__key="email").order_by("pk").first()
    for number, plan in enumerate(PLANS):
        newsletter = Newsletter.objects.create(
            name=plan.name,
            subject=plan.subject,
            subject_b=plan.subject_b,
            preheader=plan.opening[:90],
            sender_name="Maja at Tandem",
            blocks=blocks_of(plan),
            segment=segment if number in (2, 3) else None,
            campaign=campaign,
            owner=cast.marketers[number % len(cast.marketers)],
        )
        if plan.days_ago is None:
            continue
        at = (now - timedelta(days=plan.days_ago)).replace(minute=0, second=0, microsecond=0)
        if at > now:
            schedule(newsletter, at)
        else:
            send(rng, newsletter, at)


def blocks_of(plan: Plan) -> list[Block]:
    if plan.days_ago is None:
        return [*FIRST]
    return [
        {"kind": "heading", "text": plan.subject.replace("{{ first_name | there }}", "friends")},
        {"kind": "text", "text": f"Hello {{{{ first_name | there }}}},\n\n{plan.opening}\n\n"
         "- what it is\n- whom it helps\n- how to begin\n\n"
         f"[Read the whole story]({SITE}/news)."},
        {"kind": "button", "text": "See it in three minutes", "url": f"{SITE}/demo"},
        {"kind": "divider"},
        {"kind": "text", "text": "Questions? Answer to this mail: a person reads it."},
    ]  # fmt: skip


def send(rng: Random, newsletter: Newsletter, at: datetime) -> None:
    """Write a newsletter as sent at that time, to all who had agreed by then."""
    contents = {
        "a": content_of(newsletter, newsletter.subject),
        "b": content_of(newsletter, newsletter.subject_b or newsletter.subject),
    }
    tried = newsletter.tries_subjects
    Newsletter.objects.filter(pk=newsletter.pk).update(
        state=Newsletter.State.SENT,
        content=contents["a"],
        content_b=contents["b"] if tried else None,
        winner_at=at + timedelta(hours=newsletter.test_hours) if tried else None,
        scheduled_at=at,
        started_at=at,
        frozen_at=at,
        finished_at=at + timedelta(minutes=9),
        updated_at=at,
        left_out={"no_consent": 61, "suppressed": 3},
    )
    newsletter.refresh_from_db()
    wanted = members(newsletter.segment) if newsletter.segment else Lead.objects.all()
    leads = wanted.filter(consent=True, created_at__lt=at).exclude(email="").order_by("pk")
    trying = groups(newsletter.pk, [lead.pk for lead in leads], newsletter.test_share)
    variants = {pk: name for name, group in trying.items() for pk in group} if tried else {}
    mails = [
        mail_of(rng, newsletter, lead, at, contents, variants.get(lead.pk, "")) for lead in leads
    ]
    MarketingMail.objects.bulk_create(mails, batch_size=BATCH)
    if tried:
        sure = compared(newsletter).sure
        Newsletter.objects.filter(pk=newsletter.pk).update(winner_sure=sure)
    note_clicks(rng, mails)
    note_leaving(mails)


def mail_of(
    rng: Random,
    newsletter: Newsletter,
    lead: Lead,
    at: datetime,
    contents: dict[str, Content],
    variant: str,
) -> MarketingMail:
    """Return one mail with what became of it. The audience is too small for a winner: A it is."""
    said = variant or "a"
    sent = at + timedelta(seconds=rng.uniform(20, 500))
    bounced = rng.random() < SHARES["bounced"]
    reached = not bounced
    clicks = SHARES["clicked"] * (1.6 if said == "b" else 1)
    clicked = reached and rng.random() < clicks
    left = reached and not clicked and lead.stage == Stage.LEAD and rng.random() < SHARES["left"]
    later = sent + timedelta(hours=rng.expovariate(1 / 6) + 0.05)
    return MarketingMail(
        lead=lead,
        key=newsletter.key,
        newsletter=newsletter,
        campaign=newsletter.campaign,
        content=contents[said],
        variant=variant,
        state=State.BOUNCED if bounced else State.SENT,
        last_error="550 5.1.1 No such user" if bounced else "",
        address=lead.email,
        day=at.date(),
        due_at=at,
        queued_at=at,
        sent_at=sent,
        clicked_at=later if clicked else None,
        machine_clicked_at=sent if reached and rng.random() < SHARES["machine"] else None,
        opened_at=later if reached and rng.random() < SHARES["opened"] else None,
        unsubscribed_at=later if left else None,
    )


def note_clicks(rng: Random, mails: list[MarketingMail]) -> None:
    links = {content.pk: list(content.links.all()) for content in {mail.content for mail in mails}}
    people = [
        Click(mail=mail, link=rng.choice(links[mail.content_id]), at=mail.clicked_at, machine=False)
        for mail in mails
        if mail.clicked_at
    ]
    machines = [
        Click(mail=mail, link=link, at=sent_at(mail), machine=True, why="too_quick")
        for mail in mails
        if mail.machine_clicked_at
        for link in links[mail.content_id]
    ]
    Click.objects.bulk_create([*people, *machines], batch_size=BATCH)


def sent_at(mail: MarketingMail) -> datetime:
    assert mail.sent_at
    return mail.sent_at


def note_leaving(mails: list[MarketingMail]) -> None:
    """Suppress the addresses that bounced or left, and withdraw the consent of who left."""
    bounced = [mail for mail in mails if mail.state == State.BOUNCED]
    left = [mail for mail in mails if mail.unsubscribed_at]
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            mail=mail, kind=DeliveryEvent.Kind.HARD_BOUNCE, at=sent_at(mail), address=mail.address,
            detail=mail.last_error, key=f"demo:{mail.pk}",
        )
        for mail in bounced
    )  # fmt: skip
    reasons = [(mail, Suppression.Reason.HARD_BOUNCE, sent_at(mail)) for mail in bounced]
    reasons += [
        (mail, Suppression.Reason.UNSUBSCRIBED, mail.unsubscribed_at or sent_at(mail))
        for mail in left
    ]
    Suppression.objects.bulk_create(
        [
            Suppression(
                digest=digest_of(mail.address), address=mail.address, reason=reason,
                source=mail.source, at=at,
            )
            for mail, reason, at in reasons
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    for mail in left:
        source = f"unsubscribed on the page: {mail.source}"
        Consent.objects.filter(lead=mail.lead_id).update(
            withdrawn_at=mail.unsubscribed_at, withdrawn_source=source
        )
        Lead.objects.filter(pk__in=[mail.lead_id]).update(
            consent=False, consent_at=mail.unsubscribed_at, consent_source=source,
            consent_asked_at=None,
        )  # fmt: skip
