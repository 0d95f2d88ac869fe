"""Templates, and one's own signature and server."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import done, refused, toast, wants_partial
from crm.correspondence import mailboxes, own_addresses
from crm.correspondence.addresses import logging_address
from crm.correspondence.forms import AddressForm, MailboxForm, TemplateForm
from crm.correspondence.models import EmailTemplate, UserMailbox
from crm.correspondence.own_addresses import Claim
from crm.people import deleting
from crm.users.models import User
from crm.users.permissions import ADMINS, WRITERS, SignedInRequest, allow


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def mailbox(request: SignedInRequest) -> HttpResponse:
    """How the user's personal mail leaves, and where he logs what he sends elsewhere."""
    kept = UserMailbox.of(request.user)
    form = MailboxForm(request.POST or None, instance=kept)
    context = {
        "form": form,
        "logging_address": logging_address(request.user),
        "kept": UserMailbox.of(request.user),
    }
    if request.method == "GET":
        return render(request, "correspondence/mailbox.html", context)
    if not form.is_valid():
        return refused(request, "correspondence/mailbox.html", context)
    mailboxes.keep(form.save(commit=False), password=form.cleaned_data["new_password"] or None)
    tell_claim(request, own_addresses.choose(request.user, form.cleaned_data["address"]))
    return redirect("correspondence:mailbox")


def tell_claim(request: SignedInRequest, claim: Claim) -> None:
    """Say what became of the address that somebody typed."""
    if claim is Claim.COUNTS:
        toast(request, "Saved")
    elif claim is Claim.ASKED:
        toast(request, "Saved. Open the mail that we sent to your address, and confirm it there.")
    else:
        toast(request, "Saved, but no more mail goes to this address today.", level="warning")


@require_POST
@allow(WRITERS)
def ask_again(request: SignedInRequest) -> HttpResponse:
    """Send the mail that confirms the user's address once more."""
    box = UserMailbox.of(request.user)
    if box.pending_address:
        tell_claim(request, own_addresses.ask(box))
    return redirect("correspondence:mailbox")


@require_http_methods(["GET", "POST"])
@allow(WRITERS)
def confirm_address(request: SignedInRequest, token: str) -> HttpResponse:
    """The page behind the mailed link; only its button confirms, and only for who asked."""
    box = own_addresses.waiting_for(token, request.user)
    if request.method == "POST":
        if own_addresses.confirm(token, request.user):
            toast(request, "Your address counts now")
            return redirect("correspondence:mailbox")
        box = None
    status = 200 if box else 410
    context = {"address": box and box.pending_address}
    return render(request, "correspondence/confirm_address.html", context, status=status)


@require_GET
@allow(ADMINS)
def addresses(request: SignedInRequest) -> HttpResponse:
    """Who of us writes from which address, and what their own servers answered last."""
    people = User.objects.active().select_related("mailbox").order_by("name", "pk")
    page = Paginator(people, 50).get_page(request.GET.get("page"))
    return render(request, "correspondence/addresses.html", {"page": page})


@require_http_methods(["GET", "POST"])
@allow(ADMINS)
def set_address(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set a user's address, or take it away."""
    person = get_object_or_404(User.objects.active(), pk=pk)
    box = UserMailbox.of(person)
    initial = {"address": box.address or box.pending_address}
    form = AddressForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            own_addresses.set_address(person, form.cleaned_data["address"], actor=request.user)
        except own_addresses.CannotClaim as error:
            form.add_error("address", str(error))
        else:
            toast(request, f"Address of {person} saved")
            return done(request, reverse("correspondence:addresses"))
    partial = wants_partial(request)
    template = "correspondence/_set_address.html" if partial else "correspondence/set_address.html"
    context = {"form": form, "person": person, "box": box}
    return render(request, template, context, status=422 if form.errors else 200)


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
