"""The objects of sales: deals with their files and settings, quotes, products, offers."""

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.utils.timezone import localdate, now

from crm.users.models import Team, User
from deals.closing import lose
from deals.files import keep_file
from deals.models import LostReason, Pipeline
from deals.negotiation.models import Entry
from tests.factories import DealFactory, ProductFactory, QuoteFactory, UserFactory
from tests.matrix.objects import Subject, kind, lead, worked_lead

# Deals ------------------------------------------------------------------------------------------


@kind("deal", seen="scope")
def deal(owner: User | None, team: Team | None) -> Any:
    return DealFactory(owner=owner, team=team, lead=worked_lead(owner, team))


@kind("closed deal", seen="scope")
def closed_deal(owner: User | None, team: Team | None) -> Any:
    found = deal(owner, team)
    reason = LostReason.objects.all()[0]
    actor = owner if owner and owner.is_sales else UserFactory()
    return lose(found, version=found.version, reason=reason, good_lead=True, actor=actor)


@kind("deal file", seen="scope", missing=(999_999_999, 999_999_999))
def deal_file(owner: User | None, team: Team | None) -> Any:
    of = DealFactory(owner=owner, team=team, lead=lead(owner, team))
    upload = SimpleUploadedFile("brief.txt", b"What they want")
    kept = keep_file(of, upload, actor=of.owner or UserFactory())
    return Subject((of.pk, kept.pk), of)


@kind("pipeline")
def pipeline(owner: User | None, team: Team | None) -> Any:
    return Pipeline.objects.create(name=f"Pipeline {Pipeline.objects.count()}")


@kind("pipeline stage")
def pipeline_stage(owner: User | None, team: Team | None) -> Any:
    return pipeline(owner, team).stages.create(name="Of the matrix", probability=10)


@kind("lost reason")
def lost_reason(owner: User | None, team: Team | None) -> Model:
    return LostReason.objects.create(name="Of the matrix")


# Quotes and negotiation -------------------------------------------------------------------------


@kind("quote", seen="scope")
def quote(owner: User | None, team: Team | None) -> Any:
    return QuoteFactory(deal=deal(owner, team))


@kind("waiting quote", seen="scope")
def waiting_quote(owner: User | None, team: Team | None) -> Any:
    return QuoteFactory(deal=deal(owner, team), state="waiting")


@kind("public quote", missing=(uuid.UUID(int=0),))
def public_quote(owner: User | None, team: Team | None) -> Subject:
    made = QuoteFactory(sent=True)
    return Subject((made.key,), made)


@kind("product")
def product(owner: User | None, team: Team | None) -> Any:
    return ProductFactory()


@kind("offer", seen="scope")
def offer(owner: User | None, team: Team | None) -> Model:
    return Entry.objects.create(
        deal=deal(owner, team),
        day=localdate(),
        at=now(),
        side="us",
        currency="EUR",
        terms="30 days",
    )
