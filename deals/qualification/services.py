"""Writing down what a seller learns, and taking it along into the deal."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.timezone import now

from crm.funnel import verdicts
from crm.stages import Stage
from crm.users.models import User
from deals import services as deals
from deals.contacts import set_role
from deals.history import change
from deals.models import Deal, DealContact, Pipeline
from deals.qualification.models import Qualification
from deals.services import note_edit
from leads.models import Lead

FIELDS = (*Qualification.PARTS, "competitor", "notes", "checked")


class StaleQualification(Exception):
    """Somebody else wrote first; `who` says who."""

    def __init__(self, who: User | None) -> None:
        self.who = str(who or "Somebody")
        super().__init__(f"{self.who} wrote it down meanwhile. Look at it and save again.")


def of_lead(lead: Lead) -> Qualification:
    """Return what is known of a lead that has no deal yet; unsaved if nothing is."""
    found = Qualification.objects.filter(lead=lead, deal=None).select_related("updated_by").first()
    return found or Qualification(lead=lead)


def of_deal(deal: Deal) -> Qualification:
    """Return what is known of a deal; its competitor is the deal's own."""
    found = Qualification.objects.filter(deal=deal).select_related("updated_by").first()
    found = found or Qualification(lead=deal.lead, deal=deal)
    found.competitor = deal.competitor
    return found


def checklist_of(deal: Deal | None) -> list[str]:
    """Return the checklist of the deal's pipeline; without a deal that of the first one."""
    pipeline = deal.pipeline if deal else Pipeline.objects.filter(is_active=True).first()
    return list(pipeline.checklist) if pipeline else []


@transaction.atomic
def write(
    known: Qualification, values: dict[str, Any], *, version: int, actor: User
) -> Qualification:
    """Write down `values` (see FIELDS). The history of a deal says what was changed.

    version: as the caller saw it, 0 where nothing was written yet
    Raises StaleQualification if somebody wrote meanwhile.
    """
    changed = [f for f in FIELDS if f in values and values[f] != getattr(known, f)]
    if not changed and version == known.version:
        return known
    written = {field: values[field] for field in changed}
    if known.pk is None:
        create(known, written, actor)
    else:
        same = Qualification.objects.filter(pk=known.pk, version=version)
        stamp = {"version": F("version") + 1, "updated_at": now(), "updated_by": actor}
        if not same.update(**written, **stamp):
            known.refresh_from_db()
            raise StaleQualification(known.updated_by)
    if known.deal:
        tell(known.deal, changed, written, actor)
    known.refresh_from_db()
    return known


def create(known: Qualification, written: dict[str, Any], actor: User) -> None:
    for field, value in written.items():
        setattr(known, field, value)
    known.version, known.updated_at, known.updated_by = 1, now(), actor
    try:
        with transaction.atomic():
            known.save(force_insert=True)
    except IntegrityError:
        raise StaleQualification(None) from None


def tell(deal: Deal, changed: Iterable[str], written: dict[str, Any], actor: User) -> None:
    """Keep the deal's competitor in step, and let its history say what was written."""
    if "competitor" in written:
        deals.edit(deal, {"competitor": written["competitor"]}, version=deal.version, actor=actor)
    said = [change(field, None, None) for field in changed if field != "competitor"]
    if said:
        note_edit(deal, said, actor=actor)


@transaction.atomic
def qualify(lead: Lead, known: dict[str, Any], *, version: int, actor: User) -> None:
    """The need is confirmed: write it down, and SAL → SQL. Raises as `write` and `qualify_lead`."""
    write(of_lead(lead), known, version=version, actor=actor)
    if lead.stage == Stage.SAL:
        verdicts.qualify_lead(lead, actor=actor)


@transaction.atomic
def convert(
    lead: Lead,
    known: dict[str, Any],
    *,
    version: int,
    actor: User,
    people: Iterable[Lead] = (),
    **deal_values: Any,
) -> Deal:
    """Qualify a lead and open its deal in one go: nothing is copied, nobody is made twice.

    known: what was learned; people: others at the company who take part, made contacts of the deal
    deal_values: as `deals.services.convert` takes them
    The lead, with every touch and activity it has, is the deal's lead.
    """
    before = write(of_lead(lead), known, version=version, actor=actor)
    deal = deals.convert(lead, actor=actor, **deal_values)
    if before.pk:
        Qualification.objects.filter(pk=before.pk).update(deal=deal)
    if known.get("competitor"):
        Deal.objects.filter(pk=deal.pk).update(competitor=known["competitor"])
        deal.competitor = known["competitor"]
    for person in people:
        set_role(deal, person, DealContact.Part.OTHER, actor=actor)
    return deal


def is_complete(deal: Deal) -> bool:
    """The exit criterion: need, budget, authority and timing are known."""
    return len(of_deal(deal).known) == len(Qualification.PARTS)


def is_checked(deal: Deal) -> bool:
    """The exit criterion: the whole checklist of the pipeline is done."""
    return set(checklist_of(deal)) <= set(of_deal(deal).checked)
