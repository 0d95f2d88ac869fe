"""What the two teams agreed on: the MQL definition, the reasons, the routing rules."""

from typing import Any

from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.audit import services as audit
from crm.common.freshness import status_of
from crm.common.htmx import done, toast
from crm.funnel import agreements, choosing
from crm.funnel.forms import DefinitionForm, OfferingForm, ReasonForm, RoutingRuleForm, TestLeadForm
from crm.funnel.models import MqlDefinition, Reason, RoutingRule
from crm.funnel.views.respond import form_page, posted
from crm.people import deleting
from crm.users.permissions import (
    EVERYBODY,
    MANAGERS,
    SALES_MANAGERS,
    SignedInRequest,
    allow,
    may_open,
)


@allow(EVERYBODY)
@require_GET
def definition(request: SignedInRequest) -> HttpResponse:
    """Show what makes a lead an MQL, and every version before."""
    versions = list(MqlDefinition.objects.select_related("created_by")[:100])
    may_change = request.user.role in MANAGERS
    context = {
        "current": versions[0],
        "versions": versions,
        "may_change": may_change,
        "signatures_url": may_open(request.user, "alignment:alignment"),
    }
    return render(request, "funnel/definition.html", context)


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def definition_create(request: SignedInRequest) -> HttpResponse:
    """Put a new version into force; handoffs keep the one under which they were opened."""
    current = MqlDefinition.current()
    start = {field: getattr(current, field) for field in ("threshold", "consent")}
    start["required_fields"] = current.required_fields
    form = DefinitionForm(posted(request), initial=start)
    offering = OfferingForm(posted(request))
    if request.method == "POST" and form.is_valid() and offering.is_valid():
        definition = form.save(commit=False)
        made = agreements.change_definition(definition, by=request.user, **offering.choice)
        toast(request, f"Version {made.version} is in force")
        return done(request, "/settings/definition/")
    context = {"form": form, "offering": offering, "title": "New version of the MQL definition"}
    status = 422 if offering.is_bound and not offering.is_valid() else status_of(form)
    return form_page(request, "funnel/_definition_form.html", context, status=status)


@allow(MANAGERS)
@require_GET
def reasons(request: SignedInRequest) -> HttpResponse:
    """Show why sales may give a lead back, and what follows from each reason."""
    uses = [
        (use, [reason for reason in Reason.objects.all() if reason.use == use])
        for use in Reason.Use
    ]
    return render(request, "funnel/reasons.html", {"uses": uses})


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def reason_create(request: SignedInRequest) -> HttpResponse:
    return reason_form(request, Reason(), "New reason")


@allow(MANAGERS)
@require_http_methods(["GET", "POST"])
def reason_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    reason = get_object_or_404(Reason, pk=pk)
    return reason_form(request, reason, f"Edit “{reason}”")


def reason_form(request: SignedInRequest, reason: Reason, title: str) -> HttpResponse:
    form = ReasonForm(posted(request), instance=reason)
    return in_order(request, form, title, among=Reason.objects.all(), back="/settings/reasons/")


def in_order(
    request: SignedInRequest, form: ModelForm, title: str, *, among: QuerySet[Any], back: str
) -> HttpResponse:
    """Answer with the form of a row that has its place among others; a new one comes last."""
    if request.method == "POST" and form.is_valid():
        saved = agreements.save_last(form.save(commit=False), among=among, by=request.user)
        form.save_m2m()
        toast(request, f"“{saved}” saved")
        return done(request, back)
    context = {"form": form, "title": title, "verb": "Save"}
    return form_page(request, "funnel/_settings_form.html", context, status=status_of(form))


@allow(MANAGERS)
@require_POST
def reason_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move a reason one place up, or down with `by=1`."""
    reason = get_object_or_404(Reason, pk=pk)
    agreements.shift(reason, among=Reason.objects.filter(use=reason.use), by=step(request))
    return redirect("funnel:reasons")


def step(request: SignedInRequest) -> int:
    return 1 if request.POST.get("by") == "1" else -1


@allow(SALES_MANAGERS)
@require_GET
def routing(request: SignedInRequest) -> HttpResponse:
    """Show the rules in their order."""
    rules = RoutingRule.objects.select_related("team", "rep").prefetch_related("channels")
    context = {"rules": rules, "form": TestLeadForm(user=request.user)}
    return render(request, "funnel/routing.html", context)


@allow(SALES_MANAGERS)
@require_GET
def routing_test(request: SignedInRequest) -> HttpResponse:
    """Say which rule and which rep a lead would get now, and why; nothing is written."""
    form = TestLeadForm(request.GET, user=request.user)
    context: dict[str, object] = {"title": "Who would get it?", "form": form}
    if form.is_valid():
        lead = form.cleaned_data["lead"]
        barred = choosing.gave_back([lead.pk]).get(lead.pk, ())
        choice = choosing.Desk(now()).decide(lead, barred)
        asked = [(rule, choosing.holds(rule, lead)) for rule in choosing.rules()]
        context |= {"lead": lead, "choice": choice, "asked": asked}
    status = 200 if form.is_valid() else 422
    return form_page(request, "funnel/_routing_test.html", context, status=status)


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def rule_create(request: SignedInRequest) -> HttpResponse:
    return rule_form(request, RoutingRule(), "New routing rule")


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def rule_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(RoutingRule, pk=pk)
    return rule_form(request, rule, f"Edit “{rule}”")


def rule_form(request: SignedInRequest, rule: RoutingRule, title: str) -> HttpResponse:
    form = RoutingRuleForm(posted(request), instance=rule)
    among = RoutingRule.objects.all()
    return in_order(request, form, title, among=among, back="/settings/routing/")


@allow(SALES_MANAGERS)
@require_POST
def rule_move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Move a rule one place up, or down with `by=1`."""
    rule = get_object_or_404(RoutingRule, pk=pk)
    agreements.shift(rule, among=RoutingRule.objects.all(), by=step(request))
    return redirect("funnel:routing")


@allow(SALES_MANAGERS)
@require_POST
def rule_switch(request: SignedInRequest, pk: int) -> HttpResponse:
    """Switch a rule off, or on again."""
    rule = agreements.switch(get_object_or_404(RoutingRule, pk=pk), by=request.user)
    toast(request, f"“{rule}” is {'on' if rule.is_active else 'off'}")
    return redirect("funnel:routing")


@allow(SALES_MANAGERS)
@require_POST
def rule_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(RoutingRule, pk=pk)
    undo = deleting.delete(request, rule, back=reverse("funnel:routing"))
    audit.record(request.user, audit.Area.ROUTING, f"“{rule}” deleted", url="/settings/routing/")
    toast(request, f"“{rule}” deleted", undo_url=undo)
    return redirect("funnel:routing")
