"""Moving a deal, winning, losing, reopening it. A stale write is answered 409 and saves nothing."""

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from crm.common.htmx import conflict, done, refused, toast, wants_partial
from crm.funnel.ledger import LeadMoved
from crm.users.permissions import SALES, SignedInRequest, allow
from deals import board, cards, closing, criteria, services
from deals.forms import LoseForm, MoveForm, ReopenForm, WinForm
from deals.models import Deal, PipelineStage
from deals.services import NotAllowedNow, StaleDeal

CHANGED = "deal-changed"
BLOCKED = "deal-blocked"
"""The browser's event at which the board opens the dialog that says what is missing."""


def deal_of(request: SignedInRequest, pk: int) -> Deal:
    deals = Deal.objects.visible_to(request.user).select_related("stage", "pipeline", "lead")
    return get_object_or_404(deals.prefetch_related("pipeline__stages"), pk=pk)


def from_board(request: HttpRequest) -> bool:
    """True if the card itself asks: the answer is the card. Else the dialog asks, or no script."""
    return request.headers.get("HX-Trigger", "").startswith("deal-")


@allow(SALES)
@require_http_methods(["GET", "POST"])
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Put the deal into another stage: by a drop or key on the board, the dialog, the stepper."""
    deal = deal_of(request, pk)
    asked = request.GET.get("stage", "") if request.method == "GET" else ""
    form = MoveForm(request.POST or None, deal=deal, asked=asked)
    if request.method == "GET" or not form.is_valid():
        return move_form(request, deal, form)
    take_ticks(request, deal)
    old, stage = deal.stage, form.cleaned_data["stage"]
    missing = [found.label for _stage, found in criteria.unmet(deal, stage)]
    try:
        services.move(deal, stage, version=version_of(request, deal, form), actor=request.user)
    except (StaleDeal, NotAllowedNow) as fault:
        return not_moved(request, deal, form, fault)
    if deal.stage_id != old.pk:
        tell_moved(request, deal, old, missing)
    if from_board(request):
        return card_answer(request, deal)
    return closed(request, deal)


def take_ticks(request: SignedInRequest, deal: Deal) -> None:
    """Take over the exit criteria that the dialog showed; a drop on the board shows none."""
    if shown := request.POST.getlist("shown"):
        ticked = request.POST.getlist("met")
        criteria.tick_shown(deal, shown=shown, ticked=ticked, actor=request.user)


def tell_moved(request: HttpRequest, deal: Deal, old: PipelineStage, missing: list[str]) -> None:
    """Say that the deal moved, what it leaves unmet, and how to take it back."""
    undo = urlencode({"stage": old.pk, "version": deal.version})
    back = f"{reverse('deals:move-back', args=[deal.pk])}?{undo}"
    text = f"“{deal}” moved to {deal.stage}"
    if missing:
        toast(request, f"{text}. Not met: {'; '.join(missing)}", undo_url=back, level="warning")
    else:
        toast(request, text, undo_url=back)


def move_form(request: HttpRequest, deal: Deal, form: Form, **more: Any) -> HttpResponse:
    """Answer with the dialog, or the page without script; from the board with the card."""
    if form.is_bound and from_board(request):
        toast(request, "This is not a stage of the deal’s pipeline.", level="error")
        return card_answer(request, deal, status=422)
    asked = str(form["stage"].value() or "")
    return answer_form(request, "move", deal, form, criteria=leaving(deal, asked), **more)


def leaving(deal: Deal, asked: str) -> list[tuple[PipelineStage, criteria.Criterion]]:
    """Return the exit criteria on the way to the stage asked for; else those of the present one."""
    there = next((s for s in deal.pipeline.stages.all() if str(s.pk) == asked), None)
    behind = criteria.left_behind(deal, there) if there else []
    return criteria.of_stages(deal, behind or [deal.stage])


def not_moved(
    request: HttpRequest, deal: Deal, form: Form, fault: StaleDeal | NotAllowedNow
) -> HttpResponse:
    """Answer a refused move: from the board with the card as it stands, and who was first."""
    stale = fault.deal if isinstance(fault, StaleDeal) else None
    asked = str(form["stage"].value() or "")
    if not from_board(request):
        rows = leaving(deal, asked)
        return answer_fault(request, "move", deal, form, fault, criteria=rows)
    toast(request, str(fault), level="warning")
    answer = card_answer(request, stale or deal, status=409 if stale else 422)
    if isinstance(fault, services.ExitBlocked):
        url = f"{reverse('deals:move', args=[deal.pk])}?{urlencode({'stage': asked})}"
        trigger_client_event(answer, BLOCKED, {"url": url})
    return answer


def card_answer(request: HttpRequest, deal: Deal, status: int = 200) -> HttpResponse:
    """Answer with the deal's card; a closed deal has none, which takes it off the board."""
    card = board.cards_of([deal.pk], cards.clock())[deal.pk]
    context = {"cards": [card] if card.deal.is_open else [], "may_move": True}
    answer = render(request, "deals/_moved.html", context, status=status)
    answer["HX-Trigger-After-Swap"] = CHANGED
    return answer


@allow(SALES)
@require_POST
def move_back(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a move: a move back, refused if somebody changed the deal since."""
    deal = deal_of(request, pk)
    form = MoveForm(request.GET, deal=deal)
    if not form.is_valid():
        return HttpResponse(status=400)
    try:
        stage, version = form.cleaned_data["stage"], form.cleaned_data["version"]
        services.move(deal, stage, version=version, actor=request.user, note="Taken back")
    except (StaleDeal, NotAllowedNow) as fault:
        toast(request, str(fault), level="warning")
    else:
        toast(request, f"“{deal}” is back in {deal.stage}")
    return undone(request, deal)


def undone(request: HttpRequest, deal: Deal) -> HttpResponse:
    """Answer an undo: the board renews itself, any other page is loaded again."""
    if not wants_partial(request):
        return redirect(deal)
    answer = HttpResponse(status=204)
    if on_board(request, deal):
        answer["HX-Trigger"] = CHANGED
    else:
        answer["HX-Refresh"] = "true"
    return answer


def on_board(request: HttpRequest, deal: Deal) -> bool:
    """True if the page asking is not the deal's own record: it need not be loaded again."""
    record = reverse("deals:detail", args=[deal.pk])
    return record not in request.headers.get("HX-Current-URL", "")


@allow(SALES)
@require_http_methods(["GET", "POST"])
def win(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = deal_of(request, pk)
    form = WinForm(request.POST or None, deal=deal)
    if request.method == "GET" or not form.is_valid():
        unmet = criteria.unmet(deal, None)
        return answer_form(request, "win", deal, form, unmet=unmet)
    given = form.cleaned_data
    try:
        closing.win(
            deal,
            version=version_of(request, deal, form),
            amount_minor=given["amount"],
            currency=given["currency"],
            signed_on=given["closed_on"],
            note=given["note"],
            actor=request.user,
        )
    except (StaleDeal, NotAllowedNow, LeadMoved) as fault:
        return answer_fault(request, "win", deal, form, fault)
    toast(request, f"“{deal}” won", undo_url=reverse("deals:undo-close", args=[deal.pk]))
    return closed(request, deal)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def lose(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = deal_of(request, pk)
    form = LoseForm(request.POST or None, deal=deal)
    if request.method == "GET" or not form.is_valid():
        return answer_form(request, "lose", deal, form)
    given = dict(form.cleaned_data)
    given["version"] = version_of(request, deal, form)
    try:
        closing.lose(deal, actor=request.user, **given)
    except (StaleDeal, NotAllowedNow, LeadMoved) as fault:
        return answer_fault(request, "lose", deal, form, fault)
    toast(request, f"“{deal}” lost", undo_url=reverse("deals:undo-close", args=[deal.pk]))
    return closed(request, deal)


@allow(SALES)
@require_http_methods(["GET", "POST"])
def reopen(request: SignedInRequest, pk: int) -> HttpResponse:
    deal = deal_of(request, pk)
    form = ReopenForm(request.POST or None, initial={"version": deal.version})
    if request.method == "GET" or not form.is_valid():
        return answer_form(request, "reopen", deal, form)
    version = version_of(request, deal, form)
    try:
        closing.reopen(
            deal, version=version, actor=request.user, mistake=form.cleaned_data["mistake"]
        )
    except (StaleDeal, NotAllowedNow, LeadMoved) as fault:
        return answer_fault(request, "reopen", deal, form, fault)
    toast(request, f"“{deal}” is open again")
    return closed(request, deal)


@allow(SALES)
@require_POST
def undo_close(request: SignedInRequest, pk: int) -> HttpResponse:
    """Undo a win or a loss that was a slip: nothing of it counts."""
    deal = deal_of(request, pk)
    try:
        closing.reopen(deal, version=deal.version, actor=request.user, mistake=True)
    except (StaleDeal, NotAllowedNow, LeadMoved) as fault:
        toast(request, str(fault) or "The lead has moved on.", level="warning")
    else:
        toast(request, f"“{deal}” is open again")
    return undone(request, deal)


def version_of(request: HttpRequest, deal: Deal, form: Form) -> int:
    """Return the version that the user saw, or the present one if he chose to overwrite."""
    seen: int = form.cleaned_data["version"]
    return deal.version if "overwrite" in request.POST else seen


def closed(request: HttpRequest, deal: Deal) -> HttpResponse:
    """Answer a close: the board drops the card, the record is loaded again."""
    event = CHANGED if on_board(request, deal) else ""
    return done(request, deal.get_absolute_url(), event=event)


def answer_form(
    request: HttpRequest, act: str, deal: Deal, form: Form, **more: Any
) -> HttpResponse:
    """Answer with the dialog of an act, on a page of its own without script; 422 with errors."""
    part = f"deals/_{act}.html"
    context = {"deal": deal, "form": form, "act": act, "part": part, **more}
    name = part if wants_partial(request) else "deals/act.html"
    return refused(request, name, context) if form.is_bound else render(request, name, context)


def answer_fault(
    request: HttpRequest, act: str, deal: Deal, form: Form, fault: Exception, **more: Any
) -> HttpResponse:
    """Answer what the service refused: a stale write with 409 and the choice to overwrite."""
    if not isinstance(fault, StaleDeal):
        form.add_error(None, str(fault) or "Somebody else moved the lead meanwhile.")
        return answer_form(request, act, deal, form, **more)
    part = f"deals/_{act}.html"
    last = fault.deal.moves.select_related("actor").first()
    context = {"deal": fault.deal, "form": form, "act": act, "part": part} | more
    name = part if wants_partial(request) else "deals/act.html"
    return conflict(request, name, context | {"stale": fault.deal, "last": last})
