"""How a deal ends: won, lost, or opened again. What it says of the lead goes home as a verdict."""

from datetime import date, datetime, time
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.utils.timezone import localdate, now

from crm.activities.of_deals import close_with_deals, open_with_deal
from crm.audit.acting import acting
from crm.common import formats
from crm.funnel import handoffs, ledger, verdicts
from crm.funnel.causes import Cause, Code
from crm.funnel.models import StageTransition, Verdict
from crm.outbox import services as outbox
from crm.stages import Stage
from crm.users.models import Organisation, User
from deals.history import changes_of
from deals.models import Deal, LostReason
from deals.services import NotAllowedNow, check_exit, make_opportunity, note_move, write
from deals.writing import check_act
from leads import ownership
from leads.models import Lead

WON, LOST, REOPENED = "Won", "Lost", "Reopened"


@transaction.atomic
def win(
    deal: Deal,
    *,
    version: int,
    amount_minor: int,
    currency: str,
    actor: User,
    signed_on: date | None = None,
    note: str = "",
) -> Deal:
    """Close a deal as won: its lead becomes a customer, and marketing hears of it.

    signed_on: the day, the same in every time zone; None is today
    Raises StaleDeal if `version` is not the present one, NotAllowedNow for a closed deal or one
    opened after that day, ExitBlocked if a stage wants its exit criteria met first, NotTheirs.
    """
    check_act(actor, "win")
    lead, signed_on = lock_lead(deal), signed_on or localdate()
    if deal.is_open and deal.version == version:
        check_signed(deal, signed_on)
        check_exit(deal, None)
    at = moment_of(signed_on, deal)
    old, signed = deal.stage.name, {"amount_minor": amount_minor, "currency": currency}
    changes = changes_of(deal, signed) if differs(deal, signed) else []
    values = {
        "status": Deal.Status.WON,
        "closed_at": at,
        "closed_on": signed_on,
        "close_note": note,
        "good_lead": True,
        **signed,
    }
    write(deal, version, values, status=Deal.Status.OPEN)
    note_move(deal, old, WON, actor=actor, note=note, changes=changes)
    close_with_deals([deal.pk])
    if lead.stage != Stage.CUSTOMER:
        make_opportunity(lead, actor=actor, cause=Cause(Code.DEAL, deal.pk))
        ledger.move(lead, Stage.CUSTOMER, actor=actor, cause=Cause(Code.DEAL_WON, deal.pk))
    verdicts.record_close(
        lead,
        key=close_key(deal),
        kind=Verdict.Kind.WON,
        good_lead=True,
        note=note,
        amount_minor=amount_minor,
        currency=currency,
        actor=actor,
        at=at,
    )
    return deal


def check_signed(deal: Deal, day: date) -> None:
    """Raise NotAllowedNow if the deal was opened after the day on which it was signed."""
    opened = opened_on(deal)
    if day < opened:
        raise NotAllowedNow(f"The deal was opened on {formats.day(opened)}: sign it then or later.")


def opened_on(deal: Deal) -> date:
    """Return the day the deal was opened: here, or where the organisation is, if earlier there."""
    return min(localdate(deal.created_at), localdate(deal.created_at, Organisation.get().zone))


def moment_of(day: date, deal: Deal) -> datetime:
    """Return now for today, else noon of that day where the organisation is.

    Never before the deal was opened: what reports measure between the two is not below zero.
    """
    if day >= localdate():
        return now()
    return max(datetime.combine(day, time(12), Organisation.get().zone), deal.created_at)


def differs(deal: Deal, values: dict[str, Any]) -> bool:
    return any(getattr(deal, name) != value for name, value in values.items())


@transaction.atomic
def lose(
    deal: Deal,
    *,
    version: int,
    reason: LostReason,
    good_lead: bool,
    actor: User,
    competitor: str = "",
    note: str = "",
    revisit_on: date | None = None,
) -> Deal:
    """Close a deal as lost, with the reason and whether the lead was a good one.

    The lead becomes Lost, unless another of its deals is open; one that bought before is a customer
    still. revisit_on: a lost lead goes back to nurture, not to be offered before that day.

    Raises NotAllowedNow if the reason wants a note or the deal is closed, StaleDeal, NotTheirs.
    """
    check_act(actor, "lose")
    if reason.note_required and not note.strip():
        raise NotAllowedNow(f"“{reason}” needs a note.")
    lead, at = lock_lead(deal), now()
    old = deal.stage.name
    values = {
        "status": Deal.Status.LOST,
        "closed_at": at,
        "closed_on": localdate(),
        "lost_reason": reason,
        "good_lead": good_lead,
        "competitor": competitor,
        "close_note": note,
    }
    write(deal, version, values, status=Deal.Status.OPEN)
    note_move(deal, old, LOST, actor=actor, note=f"{reason}. {note}".strip())
    close_with_deals([deal.pk])
    verdicts.record_close(
        lead,
        key=close_key(deal),
        kind=Verdict.Kind.LOST,
        good_lead=good_lead,
        reason_text=reason.name,
        note=note,
        actor=actor,
        at=at,
    )
    let_go(deal, lead, reason, actor=actor, revisit_on=revisit_on)
    return deal


def let_go(
    deal: Deal, lead: Lead, reason: LostReason, *, actor: User, revisit_on: date | None
) -> None:
    """Move the lead of a lost deal: nowhere while another deal is open, else Lost or Customer."""
    if lead.stage != Stage.OPPORTUNITY or lead.deals.open().exists():
        return
    if lead.deals.filter(status=Deal.Status.WON).exists():
        ledger.move(lead, Stage.CUSTOMER, actor=actor, cause=Cause(Code.OTHER_DEAL_LOST))
        return
    ledger.move(lead, Stage.LOST, actor=actor, cause=Cause(Code.DEAL_LOST, reason.pk))
    if revisit_on:
        batch = batch_of(close_key(deal))
        recycle(lead, actor=actor, revisit_on=max(revisit_on, localdate()), batch=batch)


def recycle(lead: Lead, *, actor: User, revisit_on: date, batch: UUID) -> None:
    """Give a lost lead back to marketing: → Recycled, free, not to be offered before that day.

    batch: of the changes that say whose it was; undoing the close reads them
    """
    with acting(actor, batch=batch):
        handoffs.assign(lead, None)
    Lead.objects.filter(pk=lead.pk).update(recycled_until=revisit_on)
    cause = Cause(Code.REVISIT, day=revisit_on)
    move = ledger.move(lead, Stage.RECYCLED, actor=actor, cause=cause)
    outbox.tell(handoffs.LEAD_RETURNED, f"returned:{move.pk}", {"lead": lead.pk, "reason": None})


@transaction.atomic
def reopen(deal: Deal, *, version: int, actor: User, mistake: bool = False) -> Deal:
    """Open a closed deal again in the stage it was in; its verdict is withdrawn.

    mistake: the close never happened, so the lead's move is taken back and reports count neither.
        If the lead has moved on since, it is a new move like any other.

    Raises NotAllowedNow for an open deal or a lead that is out of sales' hands, StaleDeal,
    NotTheirs for an actor who does not sell.
    """
    check_act(actor, "reopen")
    if deal.is_open:
        raise NotAllowedNow(f"“{deal}” is open.")
    lead, closed_as = lock_lead(deal), deal.get_status_display()
    closes = list(Verdict.objects.standing().filter(key__startswith=f"deal:{deal.pk}:"))
    for verdict in closes:
        handoffs.withdraw(verdict)
    values = {
        "status": Deal.Status.OPEN,
        "closed_at": None,
        "closed_on": None,
        "lost_reason": None,
        "good_lead": None,
        "close_note": "",
        "stage_since": now(),
    }
    write(deal, version, values)
    note_move(deal, closed_as, deal.stage.name, actor=actor, note=REOPENED)
    open_with_deal(deal.pk)
    if mistake and took_back(lead, deal, actor):
        ownership.take_release_back(lead, [batch_of(verdict.key) for verdict in closes])
    else:
        make_opportunity(lead, actor=actor, cause=Cause(Code.DEAL_REOPENED, deal.pk))
    return deal


def took_back(lead: Lead, deal: Deal, actor: User) -> bool:
    """Take back the moves that the close made, if they are the lead's last ones.

    A loss with a day to offer the lead again has made two: → Lost → Recycled.
    """
    moves = made_by_close(lead)
    closed = deal.moves.filter(new__in=[WON, LOST]).first()
    if not moves or closed is None or moves[-1].at < closed.at:
        return False  # it was another deal's close
    for move in moves:
        ledger.take_back(move, actor=actor)
    lead.refresh_from_db()
    return True


def made_by_close(lead: Lead) -> list[StageTransition]:
    """Return the lead's last moves, the latest first, if they are those of a deal's close."""
    last: StageTransition | None
    last, *earlier = [*lead.transitions.order_by("-pk")[:2], None]
    if last is None or last.reverts_id:
        return []
    if last.new_stage in {Stage.CUSTOMER, Stage.LOST} and last.old_stage == Stage.OPPORTUNITY:
        return [last]
    lost = earlier[0]
    if lost is None or last.new_stage != Stage.RECYCLED or last.old_stage != Stage.LOST:
        return []
    return [last, lost] if lost.old_stage == Stage.OPPORTUNITY else []


def batch_of(key: str) -> UUID:
    """Return under which batch the lead's history keeps what the close with this key changed."""
    return uuid5(NAMESPACE_URL, key)


def lock_lead(deal: Deal) -> Lead:
    """Return the deal's lead, kept from others until the end: two deals of one lead may close."""
    return Lead.objects.select_for_update().get(pk=deal.lead_id)


def close_key(deal: Deal) -> str:
    """Return the verdict's key for this close: a deal closed again after reopening has another."""
    return f"deal:{deal.pk}:{deal.version}"
