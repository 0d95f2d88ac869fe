"""Writing a newsletter: its form, its blocks, its preview. Each button saves what was typed."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.models import Campaign
from campaigns.newsletters import block_form, planning, testing
from campaigns.newsletters.contents import FIELDS
from campaigns.newsletters.forms import NewsletterForm
from campaigns.newsletters.models import Newsletter
from campaigns.newsletters.views.common import found, too_late
from campaigns.newsletters.views.lists import reach
from campaigns.segments.models import Segment
from crm.common import parameters
from crm.common.htmx import toast
from crm.mailing import blocks as writing
from crm.users.permissions import MARKETING, SignedInRequest, allow

SANDBOX = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src 'self' http: https: data:; frame-ancestors 'self'"
)
"""What a mail may do in its frame: show itself and its pictures, follow a link into a new tab."""


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest) -> HttpResponse:
    newsletter = Newsletter(
        owner=request.user,
        blocks=block_form.FIRST,
        segment=chosen(Segment, request.GET.get("segment", "")),
        campaign=chosen(Campaign, request.GET.get("campaign", "")),
    )
    return write(request, newsletter)


def chosen(model: type[Any], pk: str) -> Any:
    return model.objects.filter(pk=pk).first() if pk.isdecimal() else None


@allow(MARKETING)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    newsletter = found(request, pk)
    if not newsletter.is_draft:
        return too_late(request, newsletter)
    return write(request, newsletter)


def write(request: SignedInRequest, newsletter: Newsletter) -> HttpResponse:
    """Show the editor, or save what was typed and do what the pressed button asks for."""
    if request.method != "POST":
        return show(request, newsletter, NewsletterForm(instance=newsletter))
    act = request.POST.get("act", "save")
    blocks, focus = block_form.change(block_form.read(request.POST), act)
    form = NewsletterForm(request.POST, instance=newsletter)
    newsletter.blocks = blocks
    if not form.is_valid():
        return show(request, newsletter, form, status=422)
    try:
        return save(request, form, blocks, act=act, focus=focus)
    except writing.BlocksNotAccepted as error:
        form.add_error(None, str(error))
        return show(request, newsletter, form, status=422)
    except planning.Changed:
        form.add_error(None, "Somebody else saved this meanwhile. Copy your text, and load again.")
        return show(request, newsletter, form, status=409)
    except planning.NotNow:
        return too_late(request, newsletter)


def save(
    request: SignedInRequest,
    form: NewsletterForm,
    blocks: list[writing.Block],
    *,
    act: str,
    focus: int | None,
) -> HttpResponse:
    newsletter = form.save(commit=False)
    newsletter.blocks = writing.cleaned(blocks)
    seen = parameters.whole_number(request.POST.get("version"))
    planning.save_draft(newsletter, version=seen)
    if act == "review":
        return redirect("newsletters:review", newsletter.pk)
    if act == "test":
        return redirect("newsletters:test", newsletter.pk)
    if act == "save":
        toast(request, "Saved")
    path = reverse("newsletters:edit", args=[newsletter.pk])
    return redirect(path if focus is None else f"{path}#block-{focus}")


def show(
    request: SignedInRequest, newsletter: Newsletter, form: NewsletterForm, *, status: int = 200
) -> HttpResponse:
    blocks = [
        {"number": number, "label": block_form.LABELS[block["kind"]], **block}
        for number, block in enumerate(newsletter.blocks)
    ]
    context = {
        "newsletter": newsletter,
        "form": form,
        "blocks": blocks,
        "kinds": block_form.LABELS,
        "fields": FIELDS,
        **(reach(newsletter) if newsletter.pk else {}),
    }
    return render(request, "newsletters/edit.html", context, status=status)


@allow(MARKETING)
@require_GET
@xframe_options_sameorigin
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """The mail alone, as its first reader sees it, for a sandboxed frame."""
    newsletter = found(request, pk)
    letter = testing.letter_of(newsletter, testing.sample_values(newsletter, request.user))
    if request.GET.get("part") == "text":
        return HttpResponse(letter.text, content_type="text/plain; charset=utf-8")
    html = letter.html.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(html, headers={"Content-Security-Policy": SANDBOX})
