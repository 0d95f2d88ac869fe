"""Templates, and one's own signature and server."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.correspondence import mailboxes
from crm.correspondence.addresses import logging_address
from crm.correspondence.forms import MailboxForm, TemplateForm
from crm.correspondence.models import EmailTemplate, UserMailbox
from crm.people import deleting
from crm.users.permissions import WRITERS, SignedInRequest, allow


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def mailbox(request: SignedInRequest) -> HttpResponse:
    """How the user's personal mail leaves, and where he logs what he sends elsewhere."""
    kept = UserMailbox.of(request.user)
    form = MailboxForm(request.POST or None, instance=kept)
    context = {
        "form": form,
        "logging_address": logging_address(request.user),
        "own_server": UserMailbox.objects.filter(user=request.user).exclude(host="").exists(),
    }
    if request.method == "GET":
        return render(request, "correspondence/mailbox.html", context)
    if not form.is_valid():
        return refused(request, "correspondence/mailbox.html", context)
    mailboxes.keep(form.save(commit=False), password=form.cleaned_data["new_password"] or None)
    toast(request, "Saved")
    return redirect("correspondence:mailbox")


@require_POST
@allow(WRITERS)
def test_mailbox(request: SignedInRequest) -> HttpResponse:
    """Log in at the user's server, as sending would."""
    wrong = mailboxes.test(request.user)
    toast(request, wrong or "Your server lets Tandem in", level="error" if wrong else "success")
    return done(request, reverse("correspondence:mailbox"))


@require_GET
@allow(WRITERS)
def templates(request: SignedInRequest) -> HttpResponse:
    usable = EmailTemplate.objects.usable_by(request.user).select_related("owner")
    mine = set(EmailTemplate.objects.editable_by(request.user).values_list("pk", flat=True))
    rows = [(template, template.pk in mine) for template in usable]
    return render(request, "correspondence/templates.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def template_create(request: SignedInRequest) -> HttpResponse:
    return edit(request, EmailTemplate(owner=request.user), "New template")


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def template_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(EmailTemplate.objects.editable_by(request.user), pk=pk)
    return edit(request, template, template.name)


def edit(request: SignedInRequest, template: EmailTemplate, title: str) -> HttpResponse:
    """Show a template's form, or save it."""
    form = TemplateForm(request.POST or None, instance=template, user=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        toast(request, f"{template} saved")
        return done(request, reverse("correspondence:templates"))
    partial = wants_partial(request)
    page = "correspondence/_template_form.html" if partial else "correspondence/template_form.html"
    context = {"form": form, "title": title}
    return render(request, page, context, status=422 if form.errors else 200)


@require_POST
@allow(WRITERS)
def template_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    template = get_object_or_404(EmailTemplate.objects.editable_by(request.user), pk=pk)
    back = reverse("correspondence:templates")
    undo = deleting.delete(request, template, back=back)
    toast(request, f"{template} deleted", undo_url=undo)
    return done(request, back)
