"""Settings of sales: the pipelines with their stages, and the reasons why deals are lost."""

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import toast
from crm.users.permissions import SALES_MANAGERS, SignedInRequest, allow
from deals import criteria, pipelines
from deals.models import LostReason, Pipeline, PipelineStage
from deals.setting_forms import (
    LostReasonForm,
    PipelineForm,
    RemovePipelineForm,
    RemoveStageForm,
    StageForm,
)
from deals.views.respond import PIPELINES, asked, saved

STEPS = {"up": -1, "down": 1}
REASONS = "deals:lost-reasons"


@allow(SALES_MANAGERS)
@require_GET
def pipeline_list(request: SignedInRequest) -> HttpResponse:
    stages = PipelineStage.objects.annotate(deal_count=Count("deals"))
    by_pipeline: dict[int, list[PipelineStage]] = {}
    for stage in stages.order_by("position", "pk"):
        stage.exit_words = criteria.words(stage)  # type: ignore[attr-defined]
        by_pipeline.setdefault(stage.pipeline_id, []).append(stage)
    rows = [(pipeline, by_pipeline.get(pipeline.pk, [])) for pipeline in Pipeline.objects.all()]
    return render(request, "deals/pipelines.html", {"rows": rows})


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def pipeline_create(request: SignedInRequest) -> HttpResponse:
    form = PipelineForm(request.POST or None, initial={"is_active": True})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        pipeline = pipelines.create_pipeline(given["name"], checklist=given["checklist"])
        return saved(request, f"Pipeline “{pipeline}” made")
    return asked(request, form, "New pipeline", "Make it")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def pipeline_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = PipelineForm(request.POST or None, instance=pipeline)
    if request.method == "POST" and form.is_valid():
        form.save()
        return saved(request, f"Pipeline “{pipeline}” saved")
    return asked(request, form, "Edit the pipeline", "Save")


@allow(SALES_MANAGERS)
@require_POST
def pipeline_shift(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    pipelines.shift_pipeline(get_object_or_404(Pipeline, pk=pk), STEPS[way])
    return redirect(PIPELINES)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def pipeline_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a pipeline; its deals need a new home in another first."""
    pipeline = get_object_or_404(Pipeline, pk=pk)
    form = RemovePipelineForm(request.POST or None, pipeline=pipeline)
    if request.method == "POST" and form.is_valid():
        home = form.cleaned_data["new_home"]
        try:
            count = pipelines.remove_pipeline(pipeline, new_home=home, actor=request.user)
        except pipelines.StageInUse as fault:
            form.add_error("new_home", str(fault))
        else:
            return saved(request, f"Pipeline “{pipeline}” deleted, {count} deals moved")
    hint = f"{pipeline.deals.count()} deals are in this pipeline, open and closed."
    title = f"Delete the pipeline {pipeline}"
    return asked(request, form, title, "Delete", hint=hint, style="danger")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def stage_create(request: SignedInRequest, pk: int) -> HttpResponse:
    stage = PipelineStage(pipeline=get_object_or_404(Pipeline, pk=pk))
    form = StageForm(request.POST or None, instance=stage)
    if request.method == "POST" and form.is_valid():
        pipelines.append_stage(form.save(commit=False))
        return saved(request, f"Stage “{stage}” added")
    return asked(request, form, f"New stage of {stage.pipeline}", "Add")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def stage_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    stage = get_object_or_404(PipelineStage.objects.select_related("pipeline"), pk=pk)
    form = StageForm(request.POST or None, instance=stage)
    if request.method == "POST" and form.is_valid():
        form.save()
        return saved(request, f"Stage “{stage}” saved")
    return asked(request, form, f"Edit the stage {stage}", "Save")


@allow(SALES_MANAGERS)
@require_POST
def stage_shift(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    pipelines.shift_stage(get_object_or_404(PipelineStage, pk=pk), STEPS[way])
    return redirect("deals:pipelines")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def stage_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    """Delete a stage; deals that sit in it need a new home first."""
    stage = get_object_or_404(PipelineStage.objects.select_related("pipeline"), pk=pk)
    form = RemoveStageForm(request.POST or None, stage=stage)
    if request.method == "POST" and form.is_valid():
        home = form.cleaned_data["new_home"]
        try:
            count = pipelines.remove_stage(stage, new_home=home, actor=request.user)
        except pipelines.StageInUse as fault:
            form.add_error("new_home", str(fault))
        else:
            return saved(request, f"Stage “{stage}” deleted, {count} deals moved")
    hint = f"{stage.deals.count()} deals sit in this stage."
    return asked(request, form, f"Delete the stage {stage}", "Delete", hint=hint, style="danger")


@allow(SALES_MANAGERS)
@require_GET
def reason_list(request: SignedInRequest) -> HttpResponse:
    rows = LostReason.objects.annotate(deal_count=Count("deals")).order_by("position", "pk")
    return render(request, "deals/lost_reasons.html", {"rows": rows})


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def reason_create(request: SignedInRequest) -> HttpResponse:
    form = LostReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = pipelines.add_reason(form.save(commit=False))
        return saved(request, f"Reason “{reason}” added", REASONS)
    return asked(request, form, "New reason", "Add", back=REASONS)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def reason_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(LostReason, pk=pk)
    form = LostReasonForm(request.POST or None, instance=reason)
    if request.method == "POST" and form.is_valid():
        form.save()
        return saved(request, f"Reason “{reason}” saved", REASONS)
    return asked(request, form, "Edit the reason", "Save", back=REASONS)


@allow(SALES_MANAGERS)
@require_POST
def reason_shift(request: SignedInRequest, pk: int, way: str) -> HttpResponse:
    pipelines.shift_reason(get_object_or_404(LostReason, pk=pk), STEPS[way])
    return redirect(REASONS)


@allow(SALES_MANAGERS)
@require_POST
def reason_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(LostReason, pk=pk)
    gone = pipelines.remove_reason(reason)
    toast(request, f"Reason “{reason}” " + ("deleted" if gone else "is no longer offered"))
    return redirect(REASONS)
