"""The demo company's website: forms and what was sent, UTM links, half a year of visits."""

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any

from campaigns.capture.fields import field_of
from campaigns.capture.models import CaptureForm, Submission, UtmLink
from campaigns.models import Campaign, Touch
from crm.demo import words
from crm.demo.people import Cast
from crm.tracking.models import PageView, Session, Visitor
from leads.models import Lead

BATCH = 1000
HOST = "www.brightside-planning.example"
HALF_YEAR = timedelta(weeks=26)
FORMS = [
    # name, touch's detail, campaign, counts as, fields beside e-mail, introduction
    ("Guide: planning without spreadsheets", "Guide form", "Guide: planning without spreadsheets",
     "download", ["name", "company", "job_title"], "40 pages, as a PDF, at once."),
    ("Try it for two weeks", "Trial form", "Search ads: planning software", "form",
     ["name", "company", "phone"], "No card needed."),
    ("Newsletter", "Newsletter form", "LinkedIn weekly", "form", ["name"], "Once a month, short."),
    ("See a demo", "Demo form", "", "demo_request",
     ["name", "company", "job_title", "phone", "message"], "Half an hour, with your own numbers."),
    ("Contact for partners", "Contact form", "Partner programme", "form",
     ["name", "company", "country", "message"], ""),
]  # fmt: skip
LINKS = [
    # campaign, page, source, medium, name, content
    (
        "Search ads: planning software",
        "/planning-software",
        "google",
        "cpc",
        "planning-software",
        "",
    ),
    ("Retargeting", "/trial", "google", "display", "retargeting", "trial-banner"),
    ("LinkedIn weekly", "/blog/a-week-in-operations", "linkedin", "social", "weekly", ""),
    ("Founder on video", "/stories", "youtube", "social", "founder-on-video", ""),
    ("Monthly newsletter", "/blog", "newsletter", "email", "monthly", ""),
    ("Product news", "/features/capacity", "newsletter", "email", "product-news", "button"),
    ("Guide: planning without spreadsheets", "/guide", "linkedin", "social", "guide", ""),
    ("Webinar: a week in operations", "/webinar", "newsletter", "email", "webinar", ""),
    ("Partner programme", "/partners", "partner", "referral", "partner-programme", ""),
]
PATHS = [
    ("/", "Planning for operations"), ("/pricing", "Pricing"), ("/features", "Features"),
    ("/features/capacity", "Capacity view"), ("/blog", "Blog"),
    ("/blog/a-week-in-operations", "A week in operations"), ("/stories", "Customer stories"),
    ("/guide", "Guide: planning without spreadsheets"), ("/demo", "See a demo"),
    ("/planning-software", "Planning software"), ("/about", "About us"), ("/partners", "Partners"),
]  # fmt: skip
READ_AT = {"Pricing page": "/pricing", "Feature page": "/features", "Landing page": "/guide",
           "Blog post": "/blog/a-week-in-operations", "Partner page": "/partners"}  # fmt: skip
REFERRERS = ["www.google.com", "www.google.com", "www.bing.com", "www.linkedin.com", "", "", ""]
MACHINES = [("Googlebot", 5), ("bingbot", 3), ("AhrefsBot", 2), ("HeadlessChrome", 1)]
TITLES = dict(PATHS)


def fill(rng: Random, now: datetime, cast: Cast) -> None:
    """Write forms, submissions and visits that agree with the leads' touches; no touch is added."""
    campaigns = {campaign.name: campaign for campaign in Campaign.objects.all()}
    forms = build_forms(now, campaigns, cast)
    links = build_links(now, campaigns, cast)
    seen = Touch.objects.filter(at__gte=now - HALF_YEAR, at__lte=now).order_by("at", "pk")
    touches = list(seen.filter(kind__in=["form", "download", "demo_request", "page_view"]))
    visitors = visitors_of(rng, touches, links)
    send_forms(rng, now, forms, touches, visitors)
    visits = [*visits_of_leads(rng, touches, visitors), *visits_of_strangers(rng, now, links)]
    write_visits(rng, now, visits)


def build_forms(
    now: datetime, campaigns: dict[str, Campaign], cast: Cast
) -> dict[str, CaptureForm]:
    """Create the forms, by the word that the touches have for them."""
    made = {}
    for name, detail, campaign, kind, fields, intro in FORMS:
        made[detail] = CaptureForm.objects.create(
            name=name,
            intro=intro,
            campaign=campaigns.get(campaign),
            touch_kind=kind,
            fields=[field_of("email"), *map(field_of, fields)],
            consent_text=words.CONSENT,
            button="Get the guide" if kind == "download" else "Send",
            thank_you="Thank you. Look into your inbox in a minute.",
            owner=cast.marketers[0],
            created_at=now - timedelta(weeks=50),
        )
    return made


def build_links(now: datetime, campaigns: dict[str, Campaign], cast: Cast) -> list[UtmLink]:
    return UtmLink.objects.bulk_create(
        UtmLink(
            campaign=campaigns[campaign],
            base_url=f"https://{HOST}{page}",
            source=source,
            medium=medium,
            name=name,
            content=content,
            created_by=cast.marketers[number % len(cast.marketers)],
            created_at=now - timedelta(weeks=26 + number),
        )
        for number, (campaign, page, source, medium, name, content) in enumerate(LINKS)
    )


def visitors_of(
    rng: Random, touches: list[Touch], links: list[UtmLink]
) -> dict[int, tuple[Visitor, UtmLink | None]]:
    """Return a browser for each lead that was on the website, and the link that brought it."""
    by_campaign = {link.campaign_id: link for link in links}
    found: dict[int, tuple[Visitor, UtmLink | None]] = {}
    for touch in touches:
        if touch.lead_id not in found:
            link = by_campaign.get(touch.campaign_id or 0)
            values = {part: value for part, value in link.values.items() if value} if link else {}
            visitor = Visitor(
                key=key_of(rng), lead_id=touch.lead_id, first_at=touch.at, last_at=touch.at,
                first_utm=values, last_utm=values, first_referrer=rng.choice(REFERRERS),
            )  # fmt: skip
            found[touch.lead_id] = visitor, link
        found[touch.lead_id][0].last_at = touch.at
    return found


def key_of(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128))


def send_forms(
    rng: Random,
    now: datetime,
    forms: dict[str, CaptureForm],
    touches: list[Touch],
    visitors: dict[int, tuple[Visitor, UtmLink | None]],
) -> None:
    """Write a submission for each touch that a form earned, and the usual spam."""
    detail_of = {"Guide: planning without spreadsheets": "Guide form"}
    leads = Lead.objects.select_related("company").in_bulk({touch.lead_id for touch in touches})
    sent = []
    for touch in touches:
        form = forms.get(detail_of.get(touch.detail, touch.detail))
        if form and touch.kind != "page_view":
            lead, visitor = leads[touch.lead_id], visitors[touch.lead_id][0]
            sent.append(
                Submission(
                    form=form, token=f"demo-{touch.pk}", at=touch.at, lead=lead,
                    values=values_of(form, lead), visitor=visitor.key,
                    utm_first=visitor.first_utm, utm_last=visitor.last_utm,
                    consent_text=words.CONSENT if lead.consent_asked_at else "",
                    consent_version=1 if lead.consent_asked_at else None,
                )
            )  # fmt: skip
    reasons = [reason for reason in Submission.Spam.values if reason]
    for number in range(48):
        sent.append(
            Submission(
                form=rng.choice(list(forms.values())), token=f"demo-spam-{number}",
                at=now - timedelta(days=rng.uniform(0.1, 80)),
                values={"email": f"offer{number}@pills.example", "name": "Best offer today"},
                spam=rng.choices(reasons, weights=[6, 3, 2, 1])[0],
            )
        )  # fmt: skip
    Submission.objects.bulk_create(sorted(sent, key=lambda row: row.at), batch_size=BATCH)


def values_of(form: CaptureForm, lead: Lead) -> dict[str, str]:
    known = {
        "email": lead.email, "name": lead.name, "company": str(lead.company or ""),
        "job_title": lead.job_title, "phone": lead.phone, "country": str(lead.country),
    }  # fmt: skip
    return {f["name"]: known[f["name"]] for f in form.fields if known.get(f["name"])}


def visits_of_leads(
    rng: Random, touches: list[Touch], visitors: dict[int, tuple[Visitor, UtmLink | None]]
) -> list[tuple[Session, list[str]]]:
    """Return a session for each day on which a lead was on the website; they end with its touch."""
    days: dict[tuple[int, Any], list[Touch]] = {}
    for touch in touches:
        days.setdefault((touch.lead_id, touch.at.date()), []).append(touch)
    made = []
    for (lead, _), mine in days.items():
        visitor, link = visitors[lead]
        paths = [READ_AT.get(touch.detail, "/demo") for touch in mine]
        wander = rng.sample([path for path, _ in PATHS], rng.randrange(3))
        session = session_of(visitor, mine[0].at, link if mine[0].at == visitor.first_at else None)
        session.lead_id = lead
        made.append((session, [*wander, *dict.fromkeys(paths)]))
    return made


def visits_of_strangers(
    rng: Random, now: datetime, links: list[UtmLink]
) -> list[tuple[Session, list[str]]]:
    """Return visits of people who sent no form: more of late, fewer at weekends."""
    made = []
    for ago in range(HALF_YEAR.days):
        day = now - timedelta(days=ago)
        usual = 34 - ago / 12
        for _ in range(round(usual * (0.35 if day.weekday() > 4 else 1) * rng.uniform(0.7, 1.3))):
            at = day - timedelta(minutes=rng.uniform(1, 600))
            link = rng.choice(links) if rng.random() < 0.45 else None
            values = {part: text for part, text in link.values.items() if text} if link else {}
            visitor = Visitor(
                key=key_of(rng), first_at=at, last_at=at, first_utm=values, last_utm=values
            )
            session = session_of(visitor, at, link)
            session.referrer = "" if link else rng.choice(REFERRERS)
            paths = rng.choices([path for path, _ in PATHS], k=rng.choice([1, 1, 1, 2, 4]))
            made.append((session, paths))
    return made


def session_of(visitor: Visitor, at: datetime, link: UtmLink | None) -> Session:
    values = link.values if link else {}
    return Session(visitor=visitor, started_at=at, last_at=at, **values)


def write_visits(rng: Random, now: datetime, visits: list[tuple[Session, list[str]]]) -> None:
    """Save visitors, sessions and their page views, a minute or so apart, and the machines'."""
    visitors = {session.visitor.key: session.visitor for session, _ in visits}
    Visitor.objects.bulk_create(visitors.values(), batch_size=BATCH)
    views = []
    for session, paths in visits:
        session.visitor_id = session.visitor.pk
        session.entry_path, session.views = paths[0], len(paths)
        for number, path in enumerate(paths):
            at = session.started_at + timedelta(seconds=70 * number)
            session.last_at = at
            views.append(view_of(rng, at, path, session=session))
    Session.objects.bulk_create((session for session, _ in visits), batch_size=BATCH)
    names, weights = zip(*MACHINES, strict=True)
    for _ in range(400):
        at = now - HALF_YEAR * rng.random()
        path = rng.choice(PATHS)[0]
        views.append(view_of(rng, at, path, bot=rng.choices(names, weights=weights)[0]))
    PageView.objects.bulk_create(sorted(views, key=lambda view: view.at), batch_size=BATCH)


def view_of(rng: Random, at: datetime, path: str, **more: Any) -> PageView:
    return PageView(key=key_of(rng), at=at, host=HOST, path=path, title=TITLES[path], **more)
