"""The grid of targets: shown to sellers, saved by cell, by pasted block or by form."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from crm.common.htmx import toast, wants_partial
from crm.users.models import Team, User
from crm.users.permissions import SALES, SALES_MANAGERS, SignedInRequest, allow
from deals.forecast import counting, spans, targets
from deals.forecast.forecasting import visible_people, visible_teams
from deals.forecast.pages import page_tabs
from deals.forecast.quotas import people_of, set_quotas
from deals.forecast.spans import QUARTER, Span
from deals.forecast.targets import Whose


@allow(SALES)
@require_GET
def target_grid(request: SignedInRequest) -> HttpResponse:
    """Two quarters of targets. A rep reads his own, a manager writes his team's."""
    people = people_shown(request)
    return show(request, people, rows_of(request.user, people))


def people_shown(request: HttpRequest) -> list[User]:
    """Return whose rows the two quarters have: sellers, and who left with a quota in them."""
    first = first_of(request)
    return people_of([first, first.shifted(1)])


def rows_of(user: User, people: list[User]) -> Whose:
    teams = {team.pk: team.name for team in Team.objects.all()}
    seen = visible_teams(teams, user)
    shown = [Team(pk=pk, name=name) for pk, name in seen.items()]
    return targets.whose(user, visible_people(people, user), shown)


def first_of(request: HttpRequest) -> Span:
    text = request.GET.get("from") or request.POST.get("from") or ""
    return spans.asked(QUARTER, text, counting.today())


def show(
    request: SignedInRequest,
    people: list[User],
    rows: Whose,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> HttpResponse:
    """Render the grid; 422 if amounts could not be read."""
    first = first_of(request)
    context = {
        "grid": targets.grid(rows, people, first, typed, errors),
        "first": first,
        "earlier": first.shifted(-1),
        "later": first.shifted(1),
        "errors": errors,
        "may_write": bool(rows.may_people or rows.may_teams),
        "tabs": page_tabs(request.user, "targets"),
    }
    return render(request, "forecast/targets.html", context, status=422 if errors else 200)


@allow(SALES_MANAGERS)
@require_POST
def target_save(request: SignedInRequest) -> HttpResponse:
    """Save what can be read: one cell or a block by htmx, all of a plain form without it."""
    people, typed = people_shown(request), request.POST.dict()
    rows = rows_of(request.user, people)
    changes, errors, names = targets.read(typed, rows)
    count = set_quotas(changes)
    if wants_partial(request):
        return marks(request, people, rows, errors, names)
    if errors:
        return show(request, people, rows, typed, errors)
    toast(request, f"{count} targets saved" if count != 1 else "1 target saved")
    return redirect(f"{reverse('forecast:targets')}?from={first_of(request).key}")


def marks(
    request: SignedInRequest,
    people: list[User],
    rows: Whose,
    errors: dict[str, str],
    names: list[str],
) -> HttpResponse:
    """Answer with a mark for each cell sent, and all sums of the page that it stands on."""
    shown = targets.grid(rows, people, first_of(request))
    known = {cell.name: cell for cell in shown.cells}
    sent = [known.get(name) or targets.Cell(name=name, label="") for name in names]
    context = {
        "cells": [
            replace(cell, error=errors.get(cell.name, ""), saved=cell.name not in errors)
            for cell in sent
        ],
        "grid": shown,
        "oob": True,
    }
    return render(request, "forecast/_marks.html", context, status=422 if errors else 200)
