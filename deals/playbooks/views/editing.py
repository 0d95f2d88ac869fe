"""Settings: the playbooks of sales and their steps."""

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import toast
from crm.users.permissions import SALES_MANAGERS, SignedInRequest, allow
from deals.playbooks import editing
from deals.playbooks.forms import PlaybookForm, StepForm
from deals.playbooks.models import Playbook, PlaybookStep
from deals.views.respond import asked, saved

WAYS = {"up": -1, "down": 1}
LIST = "playbooks:list"


@allow(SALES_MANAGERS)
@require_GET
def playbook_list(request: SignedInRequest) -> HttpResponse:
    playbooks = Playbook.objects.annotate(run_count=Count("runs")).prefetch_related("steps")
    return render(request, "playbooks/list.html", {"playbooks": playbooks})


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    form = PlaybookForm(request.POST or None, initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        playbook = editing.append(form.save(commit=False))
        return saved(request, f"Playbook “{playbook}” made. Add its steps.", LIST)
    return asked(request, form, "New playbook", "Make it", back=LIST)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    form = PlaybookForm(request.POST or None, instance=get_object_or_404(Playbook, pk=pk))
    if request.method == "POST" and form.is_valid():
        return saved(request, f"Playbook “{form.save()}” saved", LIST)
    return asked(request, form, "Edit the playbook", "Save", back=LIST)


@allow(SALES_MANAGERS)
@require_POST
def shift(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    editing.shift(get_object_or_404(Playbook, pk=pk), WAYS[way])
    return redirect(LIST)


@allow(SALES_MANAGERS)
@require_POST
def remove(request: SignedInRequest, pk: int) -> HttpResponse:
    playbook = get_object_or_404(Playbook, pk=pk)
    gone = editing.remove(playbook)
    said = "deleted" if gone else "ran before: it is kept and no longer offered"
    toast(request, f"“{playbook}” {said}")
    return redirect(LIST)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def step_create(request: SignedInRequest, pk: int) -> HttpResponse:
    step = PlaybookStep(playbook=get_object_or_404(Playbook, pk=pk))
    form = StepForm(request.POST or None, instance=step)
    if request.method == "POST" and form.is_valid():
        editing.append(form.save(commit=False))
        return saved(request, "Step added", LIST)
    return asked(request, form, f"New step of {step.playbook}", "Add", back=LIST)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def step_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    form = StepForm(request.POST or None, instance=get_object_or_404(PlaybookStep, pk=pk))
    if request.method == "POST" and form.is_valid():
        form.save()
        return saved(request, "Step saved", LIST)
    return asked(request, form, "Edit the step", "Save", back=LIST)


@allow(SALES_MANAGERS)
@require_POST
def step_shift(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    editing.shift(get_object_or_404(PlaybookStep, pk=pk), WAYS[way])
    return redirect(LIST)


@allow(SALES_MANAGERS)
@require_POST
def step_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    step = get_object_or_404(PlaybookStep, pk=pk)
    step.delete()
    toast(request, f"“{step}” deleted. What runs already keeps it.")
    return redirect(LIST)
