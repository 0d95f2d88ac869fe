"""Objects for tests: plausible by default, and in a consistent state."""

import zlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import factory
from django.utils.dateparse import parse_datetime
from django.utils.timezone import localdate, now

from campaigns.capture.fields import first_fields
from campaigns.capture.models import CaptureForm, Submission, UtmLink
from campaigns.models import Campaign, Touch
from campaigns.newsletters.contents import keep_content
from campaigns.newsletters.models import MarketingMail, Newsletter
from campaigns.segments.models import Segment
from campaigns.sequences.models import Sequence, Step
from crm.correspondence.models import Message, ReceivedFile, ReceivedMail
from crm.funnel import handoffs, ledger
from crm.funnel.models import Handoff
from crm.users.models import Organisation, Role, Team, User
from deals.models import Deal, Pipeline
from deals.quotes.models import Product, Quote
from leads import addresses
from leads.models import Channel, Company, Consent, Lead
from leads.names import PARTS, split
from leads.services import search_key

PASSWORD = "correct horse battery"  # noqa: S105


class TeamFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(factory.django.DjangoModelFactory):
    """A user who can log in; `role` decides the scope unless `scope` is given."""

    class Meta:
        model = User

    name = factory.Sequence(lambda n: f"Person {n}")
    email = factory.Sequence(lambda n: f"person{n}@example.com")
    role = Role.REP

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        kwargs.setdefault("scope", "")
        return model_class.objects.create_user(password=password, **kwargs)


class CompanyFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Company {n}")


class ChannelFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Channel

    name = factory.Sequence(lambda n: f"Channel {n}")
    key = factory.Sequence(lambda n: f"channel_{n}")


class CampaignFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Campaign

    name = factory.Sequence(lambda n: f"Campaign {n}")
    status = Campaign.Status.LIVE


class LeadFactory(factory.django.DjangoModelFactory):
    """A lead that entered the funnel properly: its first ledger row, its consent's record."""

    class Meta:
        model = Lead

    name = factory.Sequence(lambda n: f"Lead {n}")
    email = factory.Sequence(lambda n: f"lead{n}@example.org")

    @classmethod
    def _create(cls, model_class: type[Lead], *args: Any, **kwargs: Any) -> Lead:
        lead = super()._create(model_class, *args, **kwargs)
        for part, text in zip(PARTS, split(lead.name), strict=True):
            setattr(lead, part, getattr(lead, part) or text)
        lead.search_key = search_key(lead)
        lead.save(update_fields=[*PARTS, "search_key"])
        addresses.write([lead], new=True)
        if lead.consent:
            lead.consent_at = lead.consent_asked_at = lead.consent_at or now()
            lead.save(update_fields=["consent_at", "consent_asked_at"])
            given = {"source": lead.consent_source, "at": lead.consent_at}
            Consent.given(lead, proof=Consent.Proof.STAFF, **given).save()
        ledger.enter(lead, actor=None)
        return lead


def day_of(moment: datetime | str | None) -> date | None:
    """Return the day of a moment where the organisation is."""
    at = parse_datetime(moment) if isinstance(moment, str) else moment
    return localdate(at, Organisation.get().zone) if at else None


def waiting_handoff(*, rep: User | None = None, lead: Lead | None = None, **values: Any) -> Handoff:
    """Return a handoff that waits for `rep`'s answer, routed an hour ago, due in three."""
    lead = lead or LeadFactory(score=72)
    handoff = handoffs.open_handoff(lead, evidence={"score": lead.score, "lines": []})
    values = {
        "rep": rep,
        "team": rep.team if rep else None,
        "routed_at": now() - timedelta(hours=1),
        "remind_at": now() + timedelta(hours=2),
        "due_at": now() + timedelta(hours=3),
        **values,
    }
    Handoff.objects.filter(pk=handoff.pk).update(**values)
    handoffs.assign(lead, rep)
    handoff.refresh_from_db()
    return handoff


class SequenceFactory(factory.django.DjangoModelFactory):
    """A live sequence of one step: a wait of two days."""

    class Meta:
        model = Sequence

    name = factory.Sequence(lambda n: f"Sequence {n}")
    state = Sequence.State.LIVE

    @classmethod
    def _create(cls, model_class: type[Sequence], *args: Any, **kwargs: Any) -> Sequence:
        sequence = super()._create(model_class, *args, **kwargs)
        sequence.steps.create(kind=Step.Kind.WAIT, settings={"amount": 2, "unit": "days"})
        return sequence


class TouchFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Touch

    lead = factory.SubFactory(LeadFactory)
    kind = Touch.Kind.FORM
    at = factory.LazyFunction(now)
    key = factory.Sequence(lambda n: f"touch-{n}")


class SegmentFactory(factory.django.DjangoModelFactory):
    """A dynamic segment of everybody; give `rules`, or `kind="static", rules={}`."""

    class Meta:
        model = Segment

    name = factory.Sequence(lambda n: f"Segment {n}")
    rules = factory.LazyFunction(
        lambda: {"join": "all", "rules": [{"field": "score", "operator": "min", "value": 0}]}
    )


class DealFactory(factory.django.DjangoModelFactory):
    """An open deal in the first stage of the first pipeline."""

    class Meta:
        model = Deal

    name = factory.Sequence(lambda n: f"Deal {n}")
    lead = factory.SubFactory(LeadFactory)
    pipeline = factory.LazyFunction(lambda: Pipeline.objects.all()[0])
    stage = factory.LazyAttribute(lambda deal: deal.pipeline.stages.all()[0])
    amount_minor = 100_000
    currency = "EUR"
    closed_on = factory.LazyAttribute(lambda deal: day_of(getattr(deal, "closed_at", None)))


class CaptureFormFactory(factory.django.DjangoModelFactory):
    """An open form that asks for name, e-mail, company and consent."""

    class Meta:
        model = CaptureForm

    name = factory.Sequence(lambda n: f"Form {n}")
    fields = factory.LazyFunction(first_fields)
    consent_text = "Yes, write me about news."


class SubmissionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Submission

    form = factory.SubFactory(CaptureFormFactory)
    token = factory.Sequence(lambda n: f"token-{n}")
    values = factory.Sequence(lambda n: {"email": f"sender{n}@example.org"})


class UtmLinkFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = UtmLink

    campaign = factory.SubFactory(CampaignFactory)
    base_url = "https://www.example.com/webinar"
    source = "linkedin"
    medium = "social"
    name = "spring"


class NewsletterFactory(factory.django.DjangoModelFactory):
    """A draft to everybody who agreed to get mail."""

    class Meta:
        model = Newsletter

    name = factory.Sequence(lambda n: f"Newsletter {n}")
    subject = "News for {{ first_name | you }}"
    blocks = factory.LazyFunction(
        lambda: [{"kind": "text", "text": "Read [this](https://example.com/news)."}]
    )


class MarketingMailFactory(factory.django.DjangoModelFactory):
    """A mail of no newsletter that waits to be sent."""

    class Meta:
        model = MarketingMail

    lead = factory.SubFactory(LeadFactory, consent=True)
    key = factory.Sequence(lambda n: f"mail-{n}")
    content = factory.LazyFunction(
        lambda: keep_content(
            subject="News", blocks=[{"kind": "text", "text": "[this](https://example.com/news)"}]
        )
    )


class MessageFactory(factory.django.DjangoModelFactory):
    """A mail that a lead wrote to us."""

    class Meta:
        model = Message

    lead = factory.SubFactory(LeadFactory)
    direction = Message.Direction.IN
    state = Message.State.LOGGED
    sender = factory.Sequence(lambda n: f"writer{n}@example.net")
    to = factory.LazyFunction(lambda: ["rita@example.com"])
    subject = "Your offer"
    text = "How soon could we begin?"
    message_id = factory.Sequence(lambda n: f"<message-{n}@example.net>")
    thread = factory.SelfAttribute("message_id")
    at = factory.LazyFunction(now)


def received_mail(message: Message | None) -> ReceivedMail:
    """Return the raw message behind `message`, with one file; without it one that was not read."""
    raw = b"".join((
        b"From: ana@example.com\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        b"--b\r\nContent-Type: text/plain\r\n\r\nSee attached\r\n",
        b"--b\r\nContent-Type: application/pdf; name=offer.pdf\r\n\r\n%PDF\r\n--b--\r\n",
    ))  # fmt: skip
    if message:
        ReceivedFile.objects.create(
            message=message, number=1, name="offer.pdf", kind="application/pdf", size=4
        )
    return ReceivedMail.objects.create(
        message=message, digest=uuid4().hex, packed=zlib.compress(raw), size=len(raw),
        door=ReceivedMail.Door.SERVER, problem="" if message else "It has no headers.",
    )  # fmt: skip


class ProductFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Product

    name = factory.Sequence(lambda n: f"Product {n}")


class QuoteFactory(factory.django.DjangoModelFactory):
    """A draft of one line; a frozen one is made by `deals.quotes.sending`."""

    class Meta:
        model = Quote

    deal = factory.SubFactory(DealFactory)
    version = 1
    currency = "EUR"
    customer = "Feld"
    valid_until = factory.LazyFunction(lambda: now().date() + timedelta(days=30))

    @classmethod
    def _create(cls, model_class: type[Quote], *args: Any, **kwargs: Any) -> Quote:
        sent = kwargs.pop("sent", False)
        quote = super()._create(model_class, *args, **kwargs)
        quote.lines.create(position=1, text="Licence", price_minor=10_000)
        if sent:
            Quote.objects.filter(pk=quote.pk).update(state="sent", sent_at=now())
            quote.refresh_from_db()
        return quote
