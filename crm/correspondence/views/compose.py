"""Writing to a lead: from a template, as an answer, or once more what was taken back."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from crm.activities.views import deal_of, visible
from crm.common.htmx import refused, toast
from crm.correspondence import composing
from crm.correspondence.forms import ComposeForm
from crm.correspondence.models import EmailTemplate, Message
from crm.users.permissions import WRITERS, SignedInRequest, allow
from leads.models import Lead

PAGE = "correspondence/compose.html"


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def compose(request: SignedInRequest, pk: int) -> HttpResponse:
    """The page on which a mail to a lead is written, looked at and sent."""
    lead = visible(request, pk)
    if request.method == "GET":
        form = ComposeForm(initial=beginning(request, lead))
        return render(request, PAGE, context_of(request, lead, form))
    form = ComposeForm(request.POST)
    if not form.is_valid():
        return refused(request, PAGE, context_of(request, lead, form))
    values = composing.values_of(lead, request.user, deal_of(request, lead))
    draft = composing.filled(form.draft(), values)
    doubts = composing.doubts(form.draft(), values)
    context = context_of(request, lead, form) | {"doubts": doubts, "preview": draft}
    if request.POST.get("act") == "preview":
        return render(request, PAGE, context)
    if doubts and not form.cleaned_data["sure"]:
        return refused(request, PAGE, context)
    return send(request, lead, draft)


def send(request: SignedInRequest, lead: Lead, draft: composing.Draft) -> HttpResponse:
    """Queue the mail and go back to the record; for ten seconds it can be taken back."""
    deal = deal_of(request, lead)
    message = composing.queue(
        lead, draft, by=request.user, deal=deal, answers=named(request, lead, "reply")
    )
    undo = reverse("correspondence:take-back", args=[message.pk])
    toast(request, f"Your mail to {lead} leaves in ten seconds", undo_url=undo)
    return redirect(deal or lead)


def context_of(request: SignedInRequest, lead: Lead, form: ComposeForm) -> dict[str, Any]:
    templates = EmailTemplate.objects.usable_by(request.user)
    about = {k: request.GET[k] for k in ("deal", "reply") if k in request.GET}
    deal = deal_of(request, lead)
    return {
        "lead": lead,
        "deal": deal,
        "form": form,
        "templates": templates,
        "chosen": request.GET.get("template", ""),
        "about": about,
        "action": f"{request.path}?{urlencode(about)}" if about else request.path,
        "warnings": composing.dead(lead.email) if lead.email else [],
        "fields": composing.FIELDS,
        "may_undo": composing.UNDO.seconds,
    }


def beginning(request: SignedInRequest, lead: Lead) -> dict[str, Any]:
    """Return what the form begins with."""
    if again := named(request, lead, "again"):
        return {"to": ", ".join(again.to), "cc": ", ".join(again.cc), "subject": again.subject,
                "text": again.text}  # fmt: skip
    sign = composing.opening(request.user)
    if answered := named(request, lead, "reply"):
        to = answered.to if answered.is_out else [answered.sender]
        subject = composing.answer_subject(answered.subject)
        text = sign + composing.quoted(answered)
        return {"to": ", ".join(to), "subject": subject, "text": text}
    template = chosen_template(request)
    text = (template.body if template else "") + sign
    return {"to": lead.email, "subject": template.subject if template else "", "text": text}


def named(request: SignedInRequest, lead: Lead, name: str) -> Message | None:
    """Return the lead's message that the address names under `name`."""
    pk = request.GET.get(name, "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return get_object_or_404(Message.objects.filter(lead=lead), pk=pk)


def chosen_template(request: SignedInRequest) -> EmailTemplate | None:
    pk = request.GET.get("template", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return EmailTemplate.objects.usable_by(request.user).filter(pk=pk).first()
