"""What came of a newsletter: its numbers, and the mails behind each of them."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from campaigns.newsletters import planning
from campaigns.newsletters.models import LEFT_OUT, Link, MarketingMail, Newsletter
from campaigns.newsletters.results import NUMBERS, WAYS, Results, by_subject, mails_in, results_of
from campaigns.newsletters.views.common import LEAST, found
from campaigns.newsletters.views.lists import reach
from crm.common import keyset
from crm.common.formats import percent
from crm.common.htmx import toast
from crm.common.parts import Tab
from crm.mailing.letterhead import NoPostalAddress, address_notice
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow

PAGE = 50
BY_KEY = keyset.Order("pk", int)
State = Newsletter.State


@allow(EVERYBODY)
@require_GET
def detail(request: SignedInRequest, pk: int) -> HttpResponse:
    newsletter = found(request, pk)
    may_write = request.user.role in MARKETING
    context: dict[str, Any] = {"newsletter": newsletter, "may_write": may_write}
    context |= address_notice(request.user)
    if newsletter.state in (State.DRAFT, State.SCHEDULED):
        context |= reach(newsletter)
        return render(request, "newsletters/before.html", context)
    context |= numbers_of(newsletter, request) | {"links": links_of(newsletter)}
    return render(request, "newsletters/detail.html", context)


@allow(EVERYBODY)
@require_GET
def numbers(request: SignedInRequest, pk: int) -> HttpResponse:
    """The numbers alone, asked for again while the newsletter is on its way."""
    newsletter = found(request, pk)
    context = {"newsletter": newsletter, **numbers_of(newsletter, request)}
    return render(request, "newsletters/_numbers.html", context)


def numbers_of(newsletter: Newsletter, request: SignedInRequest) -> dict[str, Any]:
    """Return the numbers of a newsletter, each with its list."""
    results = results_of([newsletter], request.user)[newsletter.pk]
    path = reverse("newsletters:mails", args=[newsletter.pk])
    urls = {name: f"{path}?what={name}" for name in NUMBERS}
    ways = [
        (NUMBERS[name][0], results.count(name), urls[name]) for name in WAYS if results.count(name)
    ]
    return {
        "results": results.numbers,
        "urls": urls,
        "ways": ways,
        "click_rate": percent(results.click_rate, 1),
        "share": round(results.finished_share * 100),
        "left_out": [(LEFT_OUT.get(why, why), n) for why, n in newsletter.left_out.items()],
        "subjects": subjects_of(newsletter),
        "least": LEAST,
        "runs": newsletter.state == State.SENDING,
    }


def subjects_of(newsletter: Newsletter) -> list[dict[str, Any]]:
    """Return the two subjects with their results, none if only one was tried."""
    if not newsletter.tries_subjects:
        return []
    found: dict[str, Results] = by_subject(newsletter)
    words = {"a": newsletter.subject, "b": newsletter.subject_b}
    return [
        {
            "name": name.upper(),
            "subject": words[name],
            "results": found[name],
            "won": newsletter.winner == name,
        }
        for name in ("a", "b")
    ]


def links_of(newsletter: Newsletter) -> list[dict[str, Any]]:
    """Return the addresses in a newsletter, each with its `people`: readers who went there."""
    people = Count(
        "clicks__mail",
        filter=Q(clicks__machine=False, clicks__mail__newsletter=newsletter),
        distinct=True,
    )
    contents = [pk for pk in (newsletter.content_id, newsletter.content_b_id) if pk]
    links = Link.objects.filter(content__in=contents).order_by()
    rows: Any = links.values("url").annotate(people=people).order_by("-people", "url")
    return list(rows)


@allow(EVERYBODY)
@require_GET
def mails(request: SignedInRequest, pk: int) -> HttpResponse:
    newsletter = found(request, pk)
    what = request.GET.get("what", "all")
    what = what if what in NUMBERS else "all"
    rows = mails_in(newsletter, request.user, what)
    page = keyset.page(rows.select_related("lead__company"), BY_KEY, request.GET, size=PAGE)
    context = {
        "newsletter": newsletter,
        "what": what,
        "title": NUMBERS[what][0],
        "total": rows.count(),
        "page": page,
        "older": page.older(request.GET, request.path),
        "newer": page.newer(request.GET, request.path),
        "tabs": mail_tabs(newsletter, request, what),
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "newsletters/mails.html", context)


def mail_tabs(newsletter: Newsletter, request: SignedInRequest, what: str) -> list[Tab]:
    results = results_of([newsletter], request.user)[newsletter.pk]
    path = reverse("newsletters:mails", args=[newsletter.pk])
    return [
        Tab(label, f"{path}?what={name}", active=name == what, count=results.count(name))
        for name, (label, _) in NUMBERS.items()
        if results.count(name) or name == what
    ]


@allow(MARKETING)
@require_POST
def resend(request: SignedInRequest, pk: int) -> HttpResponse:
    """Send a mail of unknown fate once more: a person's decision, for this one reader."""
    mine = MarketingMail.objects.visible_to(request.user).select_related("newsletter")
    mail = get_object_or_404(mine, pk=pk)
    try:
        sent = planning.resend(mail)
    except NoPostalAddress as error:
        toast(request, str(error), level="error")
        return after_resend(mail)
    if sent:
        toast(request, f"The mail to {mail.address or mail.lead} goes out once more")
    else:
        toast(request, "Its fate is not unknown any more.", level="warning")
    return after_resend(mail)


def after_resend(mail: MarketingMail) -> HttpResponse:
    if mail.newsletter_id is None:
        return redirect("newsletters:list")
    return redirect(f"{reverse('newsletters:mails', args=[mail.newsletter_id])}?what=unknown")
