"""What an undo does, in its order: each step takes back one kind of thing, chunk by chunk.

Values come back first, so that what the import both created and changed is as it was created.
Then goes what others hang on: deals, touches, leads and their moves; lists last.
"""

from collections.abc import Callable
from functools import partial

from django.apps import apps
from django.db.models import Model

from campaigns.models import Touch
from campaigns.services.touches import take_back
from crm.funnel import ledger
from crm.funnel.models import StageEntry, StageTransition
from crm.importing import marketing_rows, undo_rules
from crm.importing.restoring import restore
from crm.importing.undo_rules import MOVED
from crm.importing.undo_slices import OutOfTime, Slice, delete
from deals.models import Deal, DealMove
from leads import addresses
from leads.models import Consent, Lead

LISTS = (
    "leads.Company", "campaigns.Campaign", "leads.Channel", "users.User", "mailing.Suppression",
)  # fmt: skip
Step = Callable[[Slice], None]


def run(part: Slice) -> bool:
    """Do the steps that are left; False if the time was up before the last one ended."""
    try:
        for number, step in list(enumerate(steps()))[part.step :]:
            part.step = number
            step(part)
            part.below = None
    except OutOfTime:
        return False
    return True


def steps() -> list[Step]:
    marketing = list(marketing_rows.NOTED)
    lists = [*marketing, *map(apps.get_model, LISTS)]
    return [
        partial(restore, model=Deal),
        drop_deals,
        drop_touches,
        partial(restore, model=Lead),
        drop_leads,
        take_back_moves,
        *(partial(restore, model=model) for model in marketing),
        *(partial(drop_unused, model=model) for model in lists),
    ]


def drop_deals(part: Slice) -> None:
    for ids in part.free(Deal, partial(undo_rules.deals_whose_lead_moved, part.source)):
        delete(DealMove, deal_id__in=ids)
        delete(Deal, pk__in=ids)


def drop_touches(part: Slice) -> None:
    for ids in part.free(Touch):
        take_back(ids)


def drop_leads(part: Slice) -> None:
    for ids in part.free(Lead, partial(undo_rules.leads_with_other_moves, part.source)):
        delete(StageEntry, lead_id__in=ids)
        delete(StageTransition, lead_id__in=ids, import_id=part.source.pk)
        for kind in addresses.KINDS:
            delete(kind.model, lead_id__in=ids)
        delete(Consent, lead_id__in=ids)
        delete(Lead, pk__in=ids)


def take_back_moves(part: Slice) -> None:
    """Take the moves of leads that were there before out of the ledger, where they are last."""
    held = set(undo_rules.leads_of_kept_deals(part.source))
    for moves in part.chunks(StageTransition.objects.filter(import_id=part.source.pk)):
        ids = sorted({move.lead_id for move in moves} - held)
        ids = sorted(set(ids) - undo_rules.brought_in(part.source, ids))
        blocked = undo_rules.overtaken(part.source, ids)
        for lead in Lead.objects.filter(pk__in=blocked):
            part.keep(0, lead, MOVED)
        free = sorted(set(ids) - blocked)
        delete(StageEntry, lead_id__in=free)
        delete(StageTransition, lead_id__in=free, import_id=part.source.pk)
        ledger.rebuild_entries(free)
        set_stages(free)


def set_stages(ids: list[int]) -> None:
    """Put these leads back to the stage that the last move left in the ledger leads to."""
    last: dict[int, StageTransition] = {}
    for transition in StageTransition.objects.filter(lead_id__in=ids).order_by("pk"):
        last[transition.lead_id] = transition
    leads = list(Lead.objects.filter(pk__in=last))
    for lead in leads:
        lead.stage, lead.stage_since = last[lead.pk].new_stage, last[lead.pk].at
    Lead.objects.bulk_update(leads, ["stage", "stage_since"])


def drop_unused(part: Slice, model: type[Model]) -> None:
    """Delete what the import added to a list, unless something uses it by now."""
    for ids in part.free(model):
        delete(model, pk__in=ids)
