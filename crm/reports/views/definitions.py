"""What the numbers mean: docs/metrics.md as a page. And marketing's quarter, a panel of My day."""

from functools import cache
from itertools import pairwise

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.http import require_GET
from markdown_it import MarkdownIt

from crm.reports import marketing_quarter, questions
from crm.users.permissions import EVERYBODY, SignedInRequest, allow


@allow(EVERYBODY)
@require_GET
def metrics(request: SignedInRequest) -> HttpResponse:
    """The definitions of all numbers: docs/metrics.md as a page."""
    return render(request, "reports/metrics.html", {"text": definitions()})


@cache
def definitions() -> str:
    """Return docs/metrics.md as HTML, its headings with the anchors that pages link to."""
    tokens = (markdown := MarkdownIt().enable("table")).parse(
        (settings.BASE_DIR / "docs" / "metrics.md").read_text()
    )
    del tokens[:3]  # its title: the page has its own
    for heading, text in pairwise(tokens):
        if heading.type == "heading_open":
            heading.attrSet("id", slugify(text.content))
    return str(markdown.renderer.render(tokens, markdown.options, {}))


@allow(EVERYBODY)
@require_GET
def marketing_quarter_panel(request: SignedInRequest) -> HttpResponse:
    """The panel of My day with what the quarter brought marketing."""
    found = marketing_quarter.quarter(request.user, questions.today())
    return render(request, "reports/_marketing_quarter.html", {"found": found})
