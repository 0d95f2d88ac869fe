"""The sales manager's home: the page, its panels, and giving work to others in bulk."""

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.common.htmx import toast
from crm.home import day, manager, rebalancing
from crm.home.models import RebalancedRow, Rebalancing
from crm.users.models import User
from crm.users.permissions import SALES_MANAGERS, SignedInRequest, allow
from deals.forecast import counting, pages


def manager_home(request: SignedInRequest) -> HttpResponse:
    """A sales manager's first page: answered at once, with panels that load after it."""
    found = manager.team_forecast(request.user)
    context = {
        "found": found,
        "span": found.span,
        "parts": manager.rollup(found),
        "answers": manager.answers(request.user),
        "forecast_url": reverse("forecast:forecast"),
        "won_url": pages.deals_url("won", found.span, "", found.currency),
        "open_url": pages.deals_url(counting.OPEN, found.span, "", found.currency),
        **breaches(request.user),
    }
    return render(request, "home/manager.html", context)


def breaches(user: User) -> dict[str, Any]:
    return {"breached": manager.breached(user), "sellers": rebalancing.sellers_of(user)}


@allow(SALES_MANAGERS)
@require_GET
def breached(request: SignedInRequest) -> HttpResponse:
    """The panel of missed deadlines, again after one was given to somebody else."""
    return render(request, "home/_breached.html", breaches(request.user))


@allow(SALES_MANAGERS)
@require_GET
def reps(request: SignedInRequest) -> HttpResponse:
    rows = manager.reps_compared(request.user)
    best = max((row.standing.won.amount for row in rows), default=0)
    return render(request, "home/_reps.html", {"rows": rows, "best": best})


@allow(SALES_MANAGERS)
@require_GET
def risks(request: SignedInRequest) -> HttpResponse:
    """Deals that rot, are overdue or have nothing planned."""
    return render(request, "home/_risks.html", {"cards": day.deals_at_risk(request.user)})


@allow(SALES_MANAGERS)
@require_GET
def conversion(request: SignedInRequest) -> HttpResponse:
    context = {"steps": manager.stage_conversion(request.user)}
    return render(request, "home/_conversion.html", context)


class RebalanceForm(forms.Form):
    """Whose work goes to whom, and which."""

    giver = forms.ModelChoiceField(User.objects.none(), label="From", empty_label="Choose…")
    takers = forms.ModelMultipleChoiceField(
        User.objects.none(), label="To", widget=forms.CheckboxSelectMultiple
    )
    kinds = forms.MultipleChoiceField(
        label="What",
        choices=RebalancedRow.Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=RebalancedRow.Kind.values,
    )

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        ids = [one.pk for one in rebalancing.sellers_of(user)]
        for name in ("giver", "takers"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = User.objects.filter(pk__in=ids).order_by("name")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("giver") and given["giver"] in (given.get("takers") or []):
            self.add_error("takers", "Choose others than the one who gives.")
        return given

    def plan(self, user: User) -> rebalancing.Plan:
        given = self.cleaned_data
        work = rebalancing.open_work(given["giver"], user)
        items = [item for kind in given["kinds"] for item in work[kind]]
        return rebalancing.share_out(items, list(given["takers"]))


@allow(SALES_MANAGERS)
@require_http_methods(["GET", "POST"])
def rebalance(request: SignedInRequest) -> HttpResponse:
    """Choose from whom, to whom and what; see the counts; give."""
    data = request.POST if request.method == "POST" else request.GET
    form = RebalanceForm(data if "giver" in data else None, user=request.user)
    valid = form.is_bound and form.is_valid()
    plan = form.plan(request.user) if valid else None
    if request.method == "POST" and plan is not None:
        return give(request, form, plan)
    context = {
        "form": form,
        "plan": plan,
        "kinds": RebalancedRow.Kind.labels,
        "counts": plan.counts(list(form.cleaned_data["takers"])) if plan else [],
        "earlier": earlier(request),
    }
    status = 422 if form.is_bound and not valid or (request.method == "POST") else 200
    return render(request, "home/rebalance.html", context, status=status)


def give(request: SignedInRequest, form: RebalanceForm, plan: rebalancing.Plan) -> HttpResponse:
    giver = form.cleaned_data["giver"]
    if not plan.count:
        toast(request, f"{giver} has nothing of this to give", level="warning")
        return redirect("home-rebalance")
    made = rebalancing.start(giver, plan, actor=request.user)
    undo_url = reverse("home-rebalance-undo", args=[made.pk])
    toast(request, f"{plan.count} of {giver} given to others", undo_url=undo_url)
    return redirect("home-rebalance")


def earlier(request: HttpRequest) -> list[Rebalancing]:
    """Return the last ones with what became of their rows."""
    assert isinstance(request.user, User)
    state = RebalancedRow.State
    rows = Rebalancing.objects.visible_to(request.user).select_related("giver")
    return list(
        rows.annotate(
            **{
                f"n_{name}": Count("rows", filter=Q(rows__state=name))
                for name in (state.PLANNED, state.GIVEN, state.PASSED, state.RETURNED)
            }
        )[:10]
    )


@allow(SALES_MANAGERS)
@require_POST
def rebalance_undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give back what is still where it was put."""
    made = get_object_or_404(Rebalancing.objects.visible_to(request.user), pk=pk)
    if rebalancing.undo(made):
        toast(request, f"Given back to {made.giver}")
    else:
        toast(request, "This was undone before", level="warning")
    return redirect("home-rebalance")
