"""What the frame of every page shows: navigation, the New menu, the organisation."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.functional import SimpleLazyObject

from crm.users.models import Organisation, Role, User
from crm.users.permissions import may_open


@dataclass(frozen=True)
class Place:
    """One entry of the navigation. It shows if its URL exists and the user's role may open it.

    marks: beginnings of URL names (with namespace) whose pages belong to this entry; of several
        entries the one with the longest matching beginning is the active one
    badge: name of the URL that answers with the entry's count, loaded after the page
    under: key of the entry that this one stands under: it shows only on that entry's pages
    """

    key: str
    label: str
    icon: str
    name: str
    marks: tuple[str, ...]
    badge: str = ""
    under: str = ""


PLACES = (
    Place("home", "My day", "home", "home", ("home",)),
    Place("leads", "Leads", "users", "leads:list", ("leads:", "funnel:lead-create")),
    Place("companies", "Companies", "building", "leads:company-list", ("leads:company",)),
    Place("handoff", "Handoff", "heart-handshake", "funnel:queue", ("funnel:",),
          "funnel:queue-count"),
    Place("deals", "Deals", "layout-kanban", "deals:list",
          ("deals:", "quotes:", "negotiation:", "qualification:")),
    Place("forecast", "Forecast", "target", "forecast:forecast", ("forecast:",), under="deals"),
    Place("activities", "Activities", "calendar", "activities:list", ("activities:",)),
    Place("mail", "E-mail", "mail", "correspondence:list", ("correspondence:",),
          under="activities"),
    Place("campaigns", "Campaigns", "speakerphone", "campaigns:list",
          ("campaigns:", "channel_metrics:campaign")),
    Place("channels", "Channels", "chart-bar", "channel_metrics:channels", ("channel_metrics:",),
          under="campaigns"),
    Place("forms", "Forms", "clipboard-list", "capture:list", ("capture:",), under="campaigns"),
    Place("website", "Website", "world", "tracking:website", ("tracking:",), under="campaigns"),
    Place("segments", "Segments", "filter", "segments:list", ("segments:",), under="campaigns"),
    Place("newsletters", "Newsletters", "mail", "newsletters:list", ("newsletters:",),
          under="campaigns"),
    Place("sequences", "Sequences", "stack-2", "sequences:list", ("sequences:",),
          under="campaigns"),
    Place("feedback", "Feedback", "inbox", "campaigns:feedback",
          ("campaigns:feedback", "campaigns:verdict", "campaigns:dispute"),
          "campaigns:feedback-count"),
    Place("imports", "Imports", "file-import", "importing:list", ("importing:",)),
    Place("reports", "Reports", "chart-bar", "reports:index", ("reports:",)),
    Place("report-funnel", "Funnel", "chart-funnel", "reports:funnel",
          ("reports:funnel",), under="reports"),
    Place("velocity", "Velocity", "clock", "reports:velocity", ("reports:velocity",),
          under="reports"),
    Place("response", "First response", "bolt", "reports:response", ("reports:response",),
          under="reports"),
    Place("activity-report", "Activity", "phone-call", "reports:activity", ("reports:activity",),
          under="reports"),
    Place("attribution", "Attribution", "stack-2", "reports:attribution",
          ("reports:attribution",), under="reports"),
    Place("return", "Return", "target", "reports:return", ("reports:return",), under="reports"),
    Place("report-feedback", "Feedback", "inbox", "reports:feedback", ("reports:feedback",),
          under="reports"),
    Place("learning", "Learning", "bolt", "learning:learning", ("learning:",), under="reports"),
    Place("alignment", "Alignment", "heart-handshake", "alignment:alignment", ("alignment:",),
          under="reports"),
    Place("plan", "Planner", "adjustments", "planning:plan", ("planning:",), under="reports"),
    Place("leaks", "Leaks", "alert-triangle", "reports:leaks", ("reports:leaks",),
          under="reports"),
    Place("settings", "Settings", "settings", "users:settings",
          ("users:", "outbox:", "mailing:", "funnel:definition", "funnel:reason",
           "funnel:routing", "campaigns:channel", "campaigns:commitments",
           "campaigns:rule", "deals:pipeline", "playbooks:",
           "deals:lost-reason", "leads:channel", "quotes:product",
           "quotes:settings", "correspondence:mailbox", "correspondence:template",
           "correspondence:addresses", "correspondence:set-address")),
    Place("audit", "Audit", "history", "audit:list", ("audit:",), under="settings"),
)  # fmt: skip

NEW = (
    ("Lead", "user-plus", "funnel:lead-create"),
    ("Company", "building", "leads:company-create"),
    ("Deal", "briefcase", "deals:create"),
    ("Campaign", "speakerphone", "campaigns:create"),
    ("Newsletter", "mail", "newsletters:create"),
    ("Activity", "phone-call", "activities:create"),
    ("Follow-up", "clock", "activities:follow-up-create"),
    ("Import", "file-import", "importing:create"),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what every page's frame needs; each costs nothing until a template uses it.

    Counts are not here: `crm.users` lies below the apps that count. Each app answers its own
    badge (`funnel:queue-count`, `campaigns:feedback-count`, `notifications:bell`).
    """
    user = getattr(request, "user", None)
    known = user if user is not None and user.is_authenticated else None
    # Django's is lazy; a page with a form in each row would wake it hundreds of times.
    token = {"csrf_token": get_token(request)} if known else {}
    return token | {
        "nav": SimpleLazyObject(lambda: navigation(request, known) if known else []),
        "elsewhere": SimpleLazyObject(lambda: elsewhere(request, known) if known else []),
        "new_menu": SimpleLazyObject(lambda: new_menu(known) if known else []),
        "nav_counts": {},
        "organisation": SimpleLazyObject(Organisation.get),
        "theme": known.theme if known else "system",
        "administrators": SimpleLazyObject(administrators),
    }


def navigation(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    """Return the entries that `user` may open, the one that the page belongs to marked active."""
    here, area = where(request)
    return [
        {
            "key": place.key,
            "label": place.label,
            "icon": place.icon,
            "url": url,
            "active": place.key == here,
            "under": place.under,
            "badge_url": may_open(user, place.badge) if place.badge else "",
        }
        for place in PLACES
        if place.under in ("", area) and (url := may_open(user, place.name))
    ]


def where(request: HttpRequest) -> tuple[str, str]:
    """Return the keys of the entry that the page belongs to, and of the one that it is under."""
    here = active_place(getattr(request.resolver_match, "view_name", "") or "")
    return here, next((place.under or place.key for place in PLACES if place.key == here), "-")


def elsewhere(request: HttpRequest, user: User) -> list[dict[str, str]]:
    """Return the entries that do not show here: the palette knows them on every page."""
    _, area = where(request)
    return [
        {"key": place.key, "label": place.label, "icon": place.icon, "url": url}
        for place in PLACES
        if place.under not in ("", area) and (url := may_open(user, place.name))
    ]


@cache
def active_place(view_name: str) -> str:
    """Return the key of the entry that the URL `view_name` belongs to, "" for none."""
    found = [
        (len(mark), place.key)
        for place in PLACES
        for mark in place.marks
        if view_name.startswith(mark)
    ]
    return max(found)[1] if found else ""


def new_menu(user: User) -> list[dict[str, str]]:
    """Return what `user` may create."""
    return [
        {"label": label, "icon": icon, "url": url, "key": ""}
        for label, icon, name in NEW
        if (url := may_open(user, name))
    ]


def administrators() -> list[str]:
    """Return the names of those who can grant a permission, for the page that refuses one."""
    found = User.objects.active().filter(role=Role.ADMIN)
    return list(found.values_list("name", flat=True)[:3])
