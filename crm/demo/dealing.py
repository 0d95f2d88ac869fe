"""The demo company's deals in full: a second pipeline, exit criteria, people, files, a history."""

from collections import defaultdict
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from crm.demo.marketing import BATCH
from deals import pipelines
from deals.criteria import CHECKS
from deals.files import keep_file
from deals.history import change, told
from deals.models import Deal, DealContact, DealMove, MetCriterion, Pipeline, PipelineStage
from leads.models import Lead

CRITERIA = {
    "New": ["The need is written down"],
    "Discovery": ["Who decides is known", "The budget is known"],
    "Demo": ["The decision maker has seen the product"],
    "Proposal": ["quote.sent", "The price has been talked through"],
    "Negotiation": ["quote.accepted", "Legal has read the contract"],
}
PARTNER_STAGES = [("Introduced", 15, 21), ("Joint meeting", 40, 14), ("Offer", 65, 10)]
EVERY_NTH_IS_A_PARTNERS = 7
BRIEF = "What they want\n\n- one plan for both plants\n- live before the season\n- 40 users\n"
FILES = [("Brief.txt", BRIEF), ("Users by plant.csv", "plant,users\nNorth,22\nSouth,18\n")]
WITH_FILES = 6


def fill(rng: Random, deals: list[Deal]) -> None:
    """Give the deals all that a record shows. Counts of leads and deals stay as they are."""
    for name, texts in CRITERIA.items():
        PipelineStage.objects.filter(name=name).update(exit_criteria=texts)
    partners = found_partner_pipeline()
    open_deals = [deal for deal in deals if deal.is_open]
    hand_to_partners(rng, open_deals[::EVERY_NTH_IS_A_PARTNERS], partners)
    tell_history(rng, deals)
    tick(open_deals)
    name_people(rng, open_deals)
    attach_files(open_deals[:WITH_FILES])


def found_partner_pipeline() -> Pipeline:
    pipeline = pipelines.create_pipeline("Partner sales")
    pipeline.stages.all().delete()
    for position, (name, probability, days) in enumerate(PARTNER_STAGES):
        pipeline.stages.create(
            name=name, position=position, probability=probability, rotting_days=days
        )
    return pipeline


def hand_to_partners(rng: Random, deals: list[Deal], pipeline: Pipeline) -> None:
    stages = list(pipeline.stages.all())
    for deal in deals:
        deal.pipeline, deal.stage = pipeline, rng.choice(stages)
    Deal.objects.bulk_update(deals, ["pipeline", "stage"], batch_size=BATCH)
    DealMove.objects.filter(deal__in=deals, old="").update(new=stages[0].name)


def tell_history(rng: Random, deals: list[Deal]) -> None:
    """Write the moves through the stages so far, and an edit of the amount now and then."""
    stages = defaultdict(list)
    for stage in PipelineStage.objects.order_by("position"):
        stages[stage.pipeline_id].append(stage)
    moves = [move for deal in deals for move in moves_of(rng, deal, stages[deal.pipeline_id])]
    DealMove.objects.bulk_create(moves, batch_size=BATCH)


def moves_of(rng: Random, deal: Deal, stages: list[PipelineStage]) -> list[DealMove]:
    passed = [stage for stage in stages if stage.position <= deal.stage.position]
    span = (deal.stage_since - deal.created_at) / max(1, len(passed) - 1)
    moves = [
        DealMove(deal=deal, old=old.name, new=new.name, actor=deal.owner,
                 at=deal.created_at + span * place)
        for place, (old, new) in enumerate(zip(passed, passed[1:], strict=False), start=1)
    ]  # fmt: skip
    if deal.is_open and len(passed) > 2 and rng.random() < 0.5:
        before = round(deal.amount_minor * 0.8 / 10_000) * 10_000
        amounts = [before, deal.currency], [deal.amount_minor, deal.currency]
        changes = [change("amount_minor", *amounts)]
        at, here = deal.created_at + span * 1.5, passed[1].name
        moves.append(
            DealMove(deal=deal, old=here, new=here, at=at, actor=deal.owner,
                     note=told(changes), changes=changes)
        )  # fmt: skip
    if not deal.is_open:
        moves.append(
            DealMove(deal=deal, old=passed[-1].name, new=deal.get_status_display(),
                     at=deal.closed_at or deal.stage_since, actor=deal.owner,
                     note=str(deal.lost_reason or ""))
        )  # fmt: skip
    return moves


def tick(deals: list[Deal]) -> None:
    """Tick the criteria of the stages behind each deal, and the first of the present one."""
    ticks = []
    for deal in deals:
        for name, texts in CRITERIA.items():
            if deal.stage.name == name:
                ticks += [MetCriterion(deal=deal, text=text, by=deal.owner) for text in texts[:-1]]
                break
            ticks += [MetCriterion(deal=deal, text=text, by=deal.owner) for text in texts]
    own = {stage.pk for stage in PipelineStage.objects.all() if stage.exit_criteria}
    by_hand = [row for row in ticks if row.deal.stage_id in own and row.text not in CHECKS]
    MetCriterion.objects.bulk_create(by_hand, batch_size=BATCH)


def name_people(rng: Random, deals: list[Deal]) -> None:
    """Name colleagues of each deal's lead as its contacts, and what part the lead itself plays."""
    parts = DealContact.Part
    at_company = defaultdict(list)
    for lead in Lead.objects.filter(company__in=[d.company_id for d in deals if d.company_id]):
        at_company[lead.company_id].append(lead)
    rows = []
    for deal in deals:
        rows.append(DealContact(deal=deal, lead=deal.lead, role=parts.CHAMPION))
        others = [lead for lead in at_company[deal.company_id] if lead.pk != deal.lead_id]
        for lead in others[:2]:
            role = rng.choice([parts.DECISION_MAKER, parts.USER, parts.BLOCKER])
            rows.append(DealContact(deal=deal, lead=lead, role=role, added_by=deal.owner))
    DealContact.objects.bulk_create(rows, batch_size=BATCH)


def attach_files(deals: list[Deal]) -> None:
    for deal in deals:
        if deal.owner:
            for name, text in FILES:
                keep_file(deal, SimpleUploadedFile(name, text.encode()), actor=deal.owner)
