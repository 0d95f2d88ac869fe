"""The filters of the lists: all of them in the address, nothing in them that is not allowed."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.timezone import localdate

from campaigns.metrics import Results
from campaigns.models import Campaign
from campaigns.querysets import CampaignQuerySet, FeedbackQuerySet
from crm.common.keys import matching
from crm.funnel.models import Reason, Verdict
from crm.users.models import User
from leads.models import Channel

NONE = "none"
VIEWS = {"": "All", "live": "Live", "planned": "Planned", "over": "Over budget", "mine": "Mine"}
SORTS: dict[str, Callable[[Campaign, Results], Any]] = {
    "name": lambda campaign, found: campaign.sort_key,
    "dates": lambda campaign, found: str(campaign.starts_on or ""),
    "spent": lambda campaign, found: found.spent or 0,
    "leads": lambda campaign, found: found.leads,
    "mqls": lambda campaign, found: found.mqls,
    "accepted": lambda campaign, found: found.accept_rate or 0,
    "customers": lambda campaign, found: found.customers,
    "won": lambda campaign, found: found.won or 0,
    "roi": lambda campaign, found: -2.0 if found.roi is None else found.roi,
}
"""What the list may be sorted by. The numbers are counted, not stored, so this happens here."""


class CampaignFilter(forms.Form):
    q = forms.CharField(
        label="Search",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Name"}),
    )
    channel = forms.ModelChoiceField(
        Channel.objects.all(), required=False, empty_label="Any channel"
    )
    objective = forms.ChoiceField(
        choices=[("", "Any objective"), *Campaign.Objective.choices], required=False
    )
    status = forms.ChoiceField(
        choices=[("", "Any status"), *Campaign.Status.choices], required=False
    )

    def narrow(self, campaigns: CampaignQuerySet) -> CampaignQuerySet:
        """Return those of `campaigns` that fit; a filter that makes no sense is left out.

        Archived ones are shown only when they are asked for.
        """
        self.is_valid()  # what makes no sense is left out
        data = self.cleaned_data
        campaigns = campaigns.filter(matching(data.get("q") or ""))
        for name in ("channel", "objective", "status"):
            if data.get(name):
                campaigns = campaigns.filter(**{name: data[name]})
        return campaigns if data.get("status") else campaigns.current()


def in_view(campaigns: CampaignQuerySet, view: str, user: User) -> CampaignQuerySet:
    """Return the campaigns of one of VIEWS, all of them for any other word."""
    if view == "live":
        return campaigns.live(localdate())
    if view == "planned":
        return campaigns.filter(status=Campaign.Status.PLANNED)
    if view == "over":
        return campaigns.over_budget()
    return campaigns.filter(owner=user) if view == "mine" else campaigns


def ordered(
    campaigns: list[Campaign], found: dict[int, Results], sort: str
) -> list[tuple[Campaign, Results]]:
    """Return the campaigns with their results in the order `sort`, a key of SORTS or its "-"."""
    key = SORTS.get(sort.removeprefix("-"), SORTS["dates"])
    rows = [(campaign, found[campaign.pk]) for campaign in campaigns]
    backwards = sort.startswith("-") or sort.removeprefix("-") not in SORTS
    return sorted(rows, key=lambda row: key(*row), reverse=backwards)


class ReasonField(forms.ModelChoiceField):
    """“Other” is a reason to reject and one to recycle: say which."""

    def label_from_instance(self, obj: Reason) -> str:
        return f"{obj} ({obj.get_use_display().lower()})"


class FeedbackFilter(forms.Form):
    campaign = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(
        label="Verdict", choices=[("", "Any verdict"), *Verdict.Kind.choices], required=False
    )
    reason = ReasonField(Reason.objects.all(), required=False, empty_label="Any reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(str(pk), name) for pk, name in Campaign.objects.values_list("pk", "name")]
        choices = [("", "Any campaign"), (NONE, "(no campaign)"), *names]
        self.fields["campaign"].choices = choices  # type: ignore[attr-defined]

    def narrow(self, feedback: FeedbackQuerySet) -> FeedbackQuerySet:
        self.is_valid()  # what makes no sense is left out
        data = self.cleaned_data
        if campaign := data.get("campaign"):
            feedback = feedback.filter(campaign=None if campaign == NONE else campaign)
        columns = {"kind": "verdict__kind", "reason": "verdict__reason"}
        chosen = {column: data[name] for name, column in columns.items() if data.get(name)}
        return feedback.filter(**chosen)
