"""What changes something: a new lead, an answer to a handoff, a card on the board; 30 of each."""

import time

from bench import bars
from bench.browser import Browser
from bench.pages import ROUNDS, WARM_UP, Figure, Sheet, user_of
from crm.funnel.models import Handoff
from crm.users.models import User
from deals.models import Deal, PipelineStage


def actions(address: str) -> list[Figure]:
    return [create_leads(address), accept_handoffs(address), move_cards(address)]


def create_leads(address: str) -> Figure:
    """Duplicate check, first stage, score, history: all that a lead by hand means."""
    browser, sheet, stamp = Browser(address, user_of("manager")), Sheet(), time.time_ns()
    for turn in range(WARM_UP + ROUNDS):
        facts = {"name": f"New {turn}", "email": f"new{stamp}-{turn}@example.com"}
        answer = browser.post("/leads/new/", **facts, company="Bench & Sons")
        if turn >= WARM_UP:
            sheet.note(answer)
    return sheet.figure("create a lead", bars.CREATE)


def accept_handoffs(address: str) -> Figure:
    """Each by the rep whose it is."""
    sheet = Sheet()
    waiting = Handoff.objects.waiting().filter(rep__isnull=False).order_by("-pk")
    for turn, handoff in enumerate(waiting.select_related("rep")[: WARM_UP + ROUNDS]):
        assert isinstance(handoff.rep, User)
        answer = Browser(address, handoff.rep).post(f"/handoff/{handoff.pk}/accept/")
        if turn >= WARM_UP:
            sheet.note(answer)
    return sheet.figure("accept a handoff", bars.ACT)


def move_cards(address: str) -> Figure:
    """Each by the rep whose it is, to another stage of the pipeline."""
    sheet, stages = Sheet(), list(PipelineStage.objects.order_by("position"))
    deals = Deal.objects.open().filter(owner__isnull=False).select_related("owner").order_by("-pk")
    for turn, deal in enumerate(deals[: WARM_UP + ROUNDS]):
        assert isinstance(deal.owner, User)
        other = next(stage for stage in stages if stage.pk != deal.stage_id)
        path, values = f"/deals/{deal.pk}/move/", {"stage": other.pk, "version": deal.version}
        answer = Browser(address, deal.owner).post(path, **values)
        if turn >= WARM_UP:
            sheet.note(answer)
    return sheet.figure("move a card", bars.ACT)
