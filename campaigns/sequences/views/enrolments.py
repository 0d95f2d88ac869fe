"""Who is in a sequence: the leads behind each number, adding and taking out, one lead's own."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.sequences import entering, leaving
from campaigns.sequences.forms import AddForm
from campaigns.sequences.models import Enrolment, Sequence
from campaigns.sequences.numbers import at_step, totals
from campaigns.sequences.outline import WORDS
from campaigns.sequences.plans import plans_of
from campaigns.sequences.querysets import SHOWN, EnrolmentQuerySet
from campaigns.sequences.views.pages import seen
from campaigns.views.common import show_form
from crm.common import keyset, parameters
from crm.common.htmx import done, toast
from crm.common.keyset import Order
from crm.common.parts import Tab
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow
from leads.models import Lead
from leads.views_bulk import MOST_IDS, chosen

LATEST = Order("entered_at", datetime, descending=True)
TABS = {
    "": "All",
    "active": "Walking",
    "paused": "Paused",
    "finished": "Finished",
    "goal": "Goal reached",
    "left": "Left",
}


@allow(EVERYBODY)
@require_GET
def enrolments(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who is or was in a sequence; by `show` or by `step` and `at` those that a number counts."""
    sequence = seen(request, pk)
    plan = plans_of([sequence.pk])[sequence.pk]
    show, step = request.GET.get("show", ""), asked_step(request)
    if step and step not in plan.steps:
        raise Http404
    mine = Enrolment.objects.visible_to(request.user).filter(sequence=sequence)
    found = narrowed(request, mine, step)
    rows = found.select_related("lead__company", "step__segment", "entered_by")
    page = keyset.page(rows, LATEST, request.GET)
    at = request.GET.get("at", "")
    context = {
        "sequence": sequence,
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "rows": [(row, plan.reader.title(row.step) if row.step else "") for row in page.rows],
        "tabs": tabs(request, sequence, show, step),
        "step_title": plan.reader.title(plan.steps[step]) if step else "",
        "count": keyset.capped_count(found) if step else 0,
        "at_words": WORDS.get(at, at) if step else "",
        "narrowed": bool(show or step or request.GET.get("q")),
        "q": request.GET.get("q", ""),
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "sequences/enrolments.html", context)


def asked_step(request: SignedInRequest) -> int:
    word = request.GET.get("step", "")
    return parameters.whole_number(word) or 0


def narrowed(request: SignedInRequest, mine: EnrolmentQuerySet, step: int) -> EnrolmentQuerySet:
    if step:
        mine = at_step(mine, step, request.GET.get("at", ""))
    elif shown := SHOWN.get(request.GET.get("show", "")):
        mine = mine.filter(shown)
    if words := request.GET.get("q", ""):
        mine = mine.filter(lead__in=Lead.objects.search(words).values("pk"))
    return mine


def tabs(request: SignedInRequest, sequence: Sequence, show: str, step: int) -> list[Tab]:
    path = reverse("sequences:enrolments", args=[sequence.pk])
    found = totals([sequence], request.user)[sequence.pk]
    return [
        Tab(
            label,
            f"{path}?{urlencode({'show': key})}" if key else path,
            active=not step and key == show,
            count=getattr(found, key or "enrolled"),
        )
        for key, label in TABS.items()
    ]


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def add(request: SignedInRequest) -> HttpResponse:
    """Let the chosen leads of the lead list enter a sequence."""
    data = request.POST if request.method == "POST" else request.GET
    leads = chosen(request, data)
    asked = "sequence" in data
    form = AddForm(data if asked else None)
    if asked and form.is_valid():
        sequence, again = form.cleaned_data["sequence"], form.cleaned_data["again"]
        look = entering.look_at(sequence, leads)
        if "sure" in data and request.method == "POST":
            count = entering.add(sequence, leads, actor=request.user, again=again)
            toast(request, f"{count:,} leads added to {sequence}")
            return done(request, f"{reverse('leads:list')}?{data.get('query', '')}")
        return ask(request, form, data, leads, look=look, entering=look.entering(again=again))
    return ask(request, form, data, leads)


def ask(
    request: SignedInRequest, form: AddForm, data: Any, leads: Any, **more: Any
) -> HttpResponse:
    """Ask into which sequence; or, once it is known, say how many would enter."""
    context = {"form": form, "data": data, "ids": data.getlist("ids")[:MOST_IDS], **more}
    return show_form(
        request,
        "sequences/_add.html",
        context,
        title=f"Add {leads.count():,} leads to a sequence",
        back=reverse("leads:list"),
        back_label="Leads",
    )


@allow(MARKETING)
@require_POST
def take_out(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take one lead out of a sequence."""
    mine = Enrolment.objects.visible_to(request.user).select_related("lead", "sequence")
    enrolment = get_object_or_404(mine, pk=pk)
    try:
        leaving.take_out(enrolment, now())
    except leaving.NotOpen:
        toast(request, "It was over already.", level="info")
    else:
        toast(request, f"{enrolment.lead} taken out of {enrolment.sequence}")
    return done(request, back_to(request, enrolment), event="lead-changed")


def back_to(request: SignedInRequest, enrolment: Enrolment) -> str:
    """Return where the button stood: the sequence's list, or the lead."""
    wanted = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if own and wanted.startswith("/") else enrolment.lead.get_absolute_url()


@allow(EVERYBODY)
@require_GET
def lead_sequences(request: SignedInRequest, pk: int) -> HttpResponse:
    """The sequences of one lead, for its record: where it stands and what comes next."""
    lead = get_object_or_404(Lead.objects.visible_to(request.user), pk=pk)
    found = list(lead.enrolments.select_related("sequence", "step__segment").order_by("-pk")[:6])
    plans = plans_of({row.sequence_id for row in found})
    context = {
        "lead": lead,
        "rows": [
            (row, plans[row.sequence_id].reader.title(row.step) if row.step else "")
            for row in found
        ],
        "may_write": request.user.role in MARKETING,
        "add_url": f"{reverse('sequences:add')}?{urlencode({'ids': lead.pk})}",
    }
    return render(request, "sequences/_lead_sequences.html", context)
