from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST, require_safe

from crm.common.htmx import done, toast
from crm.common.parts import Tab
from crm.mailing import services
from crm.mailing.models import Mail
from crm.users.models import Logo
from crm.users.permissions import ADMINS, EVERYBODY, SignedInRequest, allow


@allow(ADMINS)
@require_GET
def mailbox(request: SignedInRequest) -> HttpResponse:
    """What Tandem has sent, or would have sent where no mail server is configured."""
    view = request.GET.get("view", "")
    rows = {"waiting": Mail.objects.waiting(), "failed": Mail.objects.failed()}
    shown = rows.get(view, Mail.objects.all()).defer("html", "text")
    failed = Mail.objects.failed().count()
    context = {
        "page": Paginator(shown, 50).get_page(request.GET.get("page")),
        "kept": settings.MAIL_KEPT,
        "view": view if view in rows else "",
        "failed": failed,
        "tabs": tabs(view, failed),
    }
    return render(request, "mailing/mailbox.html", context)


def tabs(view: str, failed: int) -> list[Tab]:
    path = reverse("mailing:mailbox")
    return [
        Tab("All", path, view not in ("waiting", "failed")),
        Tab("Waiting", f"{path}?view=waiting", view == "waiting"),
        Tab("Failed", f"{path}?view=failed", view == "failed", count=failed or None),
    ]


@allow(EVERYBODY)
@require_GET
def tests(request: SignedInRequest) -> HttpResponse:
    """The tests that one has sent oneself."""
    own = Mail.objects.filter(asked_by=request.user).defer("html", "text")
    context = {
        "page": Paginator(own, 50).get_page(request.GET.get("page")),
        "kept": settings.MAIL_KEPT,
    }
    return render(request, "mailing/tests.html", context)


@allow(EVERYBODY)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    mail = get_object_or_404(Mail.objects.readable_by(request.user), pk=pk)
    context = {"mail": mail, "reads_all": request.user.role in ADMINS}
    return render(request, "mailing/detail.html", context)


@allow(EVERYBODY)
@require_GET
@xframe_options_sameorigin
def html(request: SignedInRequest, pk: int) -> HttpResponse:
    """The HTML part alone, for a sandboxed frame: its pictures, but no scripts and no forms.

    Only what Tandem has written itself is shown here, to administrators and to who sent a test.
    """
    mail = get_object_or_404(Mail.objects.readable_by(request.user), pk=pk)
    response = HttpResponse(mail.html or "<p>This mail has no HTML part.</p>")
    response["Content-Security-Policy"] = (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:"
        " data:; frame-ancestors 'self'"
    )
    return response


@allow(ADMINS)
@require_POST
def retry(request: SignedInRequest, pk: int) -> HttpResponse:
    """Queue one failed mail again."""
    get_object_or_404(Mail, pk=pk)
    if services.retry(Mail.objects.filter(pk=pk)):
        toast(request, "Queued again. It will be tried within seconds.")
    return done(request, f"{reverse('mailing:mailbox')}?view=failed")


@allow(ADMINS)
@require_POST
def retry_all(request: SignedInRequest) -> HttpResponse:
    """Queue all failed mail again: the server answers once more."""
    count = services.retry(Mail.objects.all())
    toast(request, f"{count} mails queued again." if count != 1 else "1 mail queued again.")
    return done(request, reverse("mailing:mailbox"))


@require_safe
def logo(request: HttpRequest, key: str) -> HttpResponse:
    """The logo in a mail, for whoever reads it. Of one key always the same, so kept for a year."""
    found = get_object_or_404(Logo, key=key)
    return HttpResponse(
        bytes(found.content),
        content_type=found.content_type,
        headers={
            "Cache-Control": "public, max-age=31536000, immutable",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "X-Content-Type-Options": "nosniff",
        },
    )
