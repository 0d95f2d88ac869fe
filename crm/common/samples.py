"""Fixed data for the style guide: believable, the same each time, no models."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.timezone import now

from crm.common.parts import Chip, FunnelStep, Step, Tab
from crm.stages import Stage

PEOPLE = ("Ana Costa", "Jonas Weber", "Maya Lindqvist", "Tom O’Brien", "Priya Nair")
LEADS = (
    ("Helena Duarte", "Porto Ceramics", "mql", 78, "Spring webinar", "Ana Costa", 5),
    (
        "Marcus Feld",
        "Feld & Söhne Maschinenbau",
        "sal",
        71,
        "Trade fair Hannover",
        "Jonas Weber",
        26,
    ),
    ("Yuki Tanabe", "Tanabe Optics", "sql", 66, "Paid search", "Ana Costa", 50),
    ("Oluwaseun Adeyemi", "Lagos Freight", "opportunity", 83, "Referral", "Priya Nair", 75),
    ("Claire Fontaine", "Atelier Fontaine", "lead", 34, "Newsletter", "", 200),
    ("Ibrahim Haddad", "Cedar Analytics", "customer", 91, "Spring webinar", "Tom O’Brien", 900),
    ("Sofia Rossi", "Rossi Trasporti", "recycled", 41, "Content", "", 1500),
    ("Nils Berg", "Nordlys Energi", "lost", 58, "Paid social", "Jonas Weber", 2000),
)


class FilterForm(forms.Form):
    q = forms.CharField(
        label="Search", required=False, widget=forms.TextInput({"placeholder": "Search leads"})
    )
    stage = forms.ChoiceField(required=False, choices=[("", "Any stage"), *Stage.choices])
    owner = forms.ChoiceField(
        required=False, choices=[("", "Any owner"), *((name, name) for name in PEOPLE)]
    )


class CampaignForm(forms.Form):
    name = forms.CharField(max_length=80)
    channel = forms.ChoiceField(
        choices=[("", "Choose…"), ("content", "Content"), ("event", "Event"), ("email", "Email")]
    )
    starts = forms.DateField(widget=forms.DateInput({"type": "date"}))
    budget = forms.DecimalField(help_text="In euros, for the whole campaign.")
    note = forms.CharField(required=False, widget=forms.Textarea({"rows": 3}))
    nurture = forms.BooleanField(required=False, label="Nurture everyone who answers")


def leads(at: datetime) -> list[dict[str, Any]]:
    names = ("name", "company", "stage", "score", "campaign", "owner", "hours")
    rows: list[dict[str, Any]] = [
        dict(zip(names, lead, strict=True), pk=pk) for pk, lead in enumerate(LEADS, 1)
    ]
    return [row | {"touched": at - timedelta(hours=row["hours"])} for row in rows]


def handoffs(at: datetime) -> list[dict[str, Any]]:
    def row(pk: int, name: str, why: str, score: int, left: float) -> dict[str, Any]:
        due = at + timedelta(hours=left)
        return {
            "pk": pk,
            "name": name,
            "why": why,
            "score": score,
            "due": due,
            "start": due - timedelta(hours=4),
        }

    return [
        row(1, "Helena Duarte", "Asked for a demo after the spring webinar", 78, -3),
        row(2, "Marcus Feld", "Opened the price list three times this week", 71, 0.7),
        row(3, "Yuki Tanabe", "Visited the stand, wants a call", 66, 2.17),
    ]


def funnel() -> list[FunnelStep]:
    counts = (
        ("Visitors", "visitor", 18240, None),
        ("Leads", "lead", 2310, 3.0),
        ("MQL", "mql", 640, 11.4),
        ("SAL", "sal", 498, 0.4),
        ("SQL", "sql", 231, 6.5),
        ("Opportunities", "opportunity", 142, 4.0),
        ("Customers", "customer", 39, 31.2),
    )
    steps: list[FunnelStep] = []
    before = 0
    for label, stage, count, days in counts:
        lost = before - count if before else None
        url = f"?stage={stage}"
        steps.append(FunnelStep(label, stage, count, url, lost, f"{url}&out=1", days))
        before = count
    return steps


def exit_steps(at: datetime) -> list[Step]:
    return [
        Step("New", "done", at=at - timedelta(days=20), days=4, hue="sal"),
        Step("Proposal", "current", at=at - timedelta(days=16), days=16, hue="sql"),
        Step("Negotiation", "next", hue="opportunity"),
        Step("Closed", "next", hue="customer"),
    ]


TONES = "marketing handoff sales won closed warning danger quiet".split()  # noqa: SIM905
STATUSES = "overdue today none planned rotting done waiting paused failed draft live".split()  # noqa: SIM905


def context(request: HttpRequest) -> dict[str, Any]:
    """Return what `common/styleguide.html` needs."""
    at = now()
    entered = {
        stage: at - timedelta(days=days)
        for stage, days in (("lead", 44), ("mql", 12), ("sal", 11), ("sql", 3))
    }
    wrong = CampaignForm({"name": "", "channel": "", "starts": "2026-03-01", "budget": ""})
    paginator = Paginator(range(1240), 50)
    return {
        "filter_form": FilterForm(request.GET),
        "form": CampaignForm(initial={"budget": 4500}),
        "wrong_form": wrong,
        "page": paginator.get_page(request.GET.get("page", 3)),
        "leads": leads(at),
        "handoffs": handoffs(at),
        "funnel_steps": funnel(),
        "deal_steps": exit_steps(at),
        "entered": entered,
        "stages": ["visitor", "lead", "mql", "handoff", *list(Stage)[2:]],
        "people": PEOPLE,
        "series": [12, 18, 15, 22, 19, 27, 31, 29, 36],
        "views": [
            Tab("All", "?view=all", True, 1240),
            Tab("Mine", "?view=mine", count=38),
            Tab("New today", "?view=today", count=7),
            Tab("Ready for sales", "?view=ready", count=12),
            Tab("Recycled", "?view=recycled"),
            Tab("No owner", "?view=none", count=64),
        ],
        "chips": [Chip("Stage", "MQL", "stage", "mql"), Chip("Owner", "Ana Costa", "owner", "Ana")],
        "ago": at - timedelta(minutes=7),
        "soon": at + timedelta(hours=2, minutes=10),
        "late": at - timedelta(hours=3),
        "begun": at - timedelta(hours=2),
        "tones": TONES,
        "statuses": STATUSES,
    }
