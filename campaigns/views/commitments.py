"""What marketing commits itself to, month by month; set by marketing managers."""

from datetime import date

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods

from campaigns import commitments
from campaigns.models import Commitment
from crm.common.htmx import toast
from crm.common.periods import add_months
from crm.users.models import Organisation
from crm.users.permissions import MARKETING_MANAGERS, SignedInRequest, allow

MONTHS = 12
MOST = 1_000_000


class CommitmentsForm(forms.Form):
    """One number for each of the next twelve months, the present one first; blank: none."""

    def __init__(self, data: object, *, today: date) -> None:
        self.months = [add_months(today, n) for n in range(MONTHS)]
        known = Commitment.objects.filter(month__in=self.months).values_list("month", "mqls")
        initial = {f"{month:%Y-%m}": mqls for month, mqls in known}
        super().__init__(data, initial=initial)  # type: ignore[arg-type]
        for month in self.months:
            self.fields[f"{month:%Y-%m}"] = forms.IntegerField(
                label=f"{month:%B %Y}", min_value=1, max_value=MOST, required=False
            )

    def wanted(self) -> dict[date, int | None]:
        return {month: self.cleaned_data[f"{month:%Y-%m}"] for month in self.months}


@allow(MARKETING_MANAGERS)
@require_http_methods(["GET", "POST"])
def commitments_page(request: SignedInRequest) -> HttpResponse:
    today = localdate(timezone=Organisation.get().zone)
    form = CommitmentsForm(request.POST or None, today=today)
    if request.method == "POST" and form.is_valid():
        commitments.commit(form.wanted(), by=request.user)
        toast(request, "Commitments saved")
        return redirect("campaigns:commitments")
    status = 422 if form.errors else 200
    context = {"form": form, "changes": commitments.history()}
    return render(request, "campaigns/commitments.html", context, status=status)
