"""The page “Channels”: traffic, engagement, leads and awareness over time, each number a link."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timezone import localdate
from django.views.decorators.http import require_GET

from campaigns.channel_metrics.trends import STEPS, Bucket, History, Series
from campaigns.channel_metrics.views import page_tabs
from crm.common.parts import Tab
from crm.stages import Stage
from crm.users.permissions import EVERYBODY, MARKETING, SignedInRequest, allow


@dataclass(frozen=True)
class Figure:
    """One chart with its table. `chart` is what charts.js draws; `links`: series × buckets."""

    key: str
    title: str
    about: str
    series: list[Series]
    buckets: list[Bucket]
    links: list[list[str]] = field(default_factory=list)
    kind: str = "line"

    @property
    def is_empty(self) -> bool:
        return not any(value for one in self.series for value in one.values)

    @property
    def chart(self) -> dict[str, Any]:
        return {
            "labels": [bucket.label for bucket in self.buckets],
            "stacked": self.kind == "bar",
            "series": [
                {"label": one.label, "values": one.values, "links": links, "type": self.kind,
                 "colour": f"--series-{number}"}
                for number, (one, links) in enumerate(zip(self.series, self.links, strict=True), 1)
            ],
        }  # fmt: skip

    @property
    def rows(self) -> list[tuple[Bucket, list[tuple[int | None, str]]]]:
        """Return for each bucket, the latest first, the values with their links."""
        found = []
        for place, bucket in enumerate(self.buckets):
            values = [one.values[place] for one in self.series]
            found.append(
                (bucket, list(zip(values, (row[place] for row in self.links), strict=True)))
            )
        return found[::-1]


@allow(EVERYBODY)
@require_GET
def channels(request: SignedInRequest) -> HttpResponse:
    by = request.GET.get("by", "")
    by = by if by in STEPS else "quarter"
    history = History(by, localdate())
    context = {
        "tabs": page_tabs("charts"),
        "steps": [Tab(step.label, f"?by={key}", active=key == by) for key, step in STEPS.items()],
        "figures": figures(history),
        "leads": leads_figure(history, request),
        "brand": brand_figures(history),
        "may_write": request.user.role in MARKETING,
    }
    return render(request, "channel_metrics/channels.html", context)


def figures(history: History) -> list[Figure]:
    engagement = history.sums(("likes", "Likes"), ("comments", "Comments"), ("shares", "Shares"))
    return [
        figure(history, "traffic", "Website traffic", "Sessions by channel",
               history.by_channel("sessions"), "bar"),
        figure(history, "engagement", "Social engagement", "Likes, comments and shares",
               engagement, "bar"),
    ]  # fmt: skip


def brand_figures(history: History) -> list[Figure]:
    return [
        figure(history, "brand-sessions", "Direct and branded traffic",
               "Sessions of the channels that show awareness", history.brand()),
        figure(history, "brand-followers", "Followers",
               "At the end of each period, all channels", [history.followers()]),
        figure(history, "brand-reach", "Reach",
               "Impressions, all channels", history.sums(("impressions", "Impressions"))),
    ]  # fmt: skip


def figure(
    history: History, key: str, title: str, about: str, series: list[Series], kind: str = "line"
) -> Figure:
    """Return a figure whose numbers lead to the weeks behind them."""
    links = [[week_url(one, bucket) for bucket in history.buckets] for one in series]
    return Figure(key, title, about, series, history.buckets, links, kind)


def week_url(one: Series, bucket: Bucket) -> str:
    """Return the address of the weeks of a channel up to the bucket's end; "" without a channel."""
    if one.key is None:
        return ""
    path = reverse("channel_metrics:channel", args=[one.key])
    return f"{path}?to={bucket.end - timedelta(days=1)}"


def leads_figure(history: History, request: SignedInRequest) -> Figure:
    """Return leads and MQLs, each number with exactly its leads (crm.reports.drill)."""
    stages = (Stage.LEAD, Stage.MQL)
    series = history.stages(request.user, *stages)
    links = [[leads_url(stage, bucket) for bucket in history.buckets] for stage in stages]
    about = "Leads that came in, and leads that became MQLs"
    return Figure("leads", "Lead generation", about, series, history.buckets, links)


def leads_url(stage: Stage, bucket: Bucket) -> str:
    word = f"period.{stage.value}.{bucket.first}.{bucket.end}.."
    return f"{reverse('leads:list')}?{urlencode({'funnel': word})}"
