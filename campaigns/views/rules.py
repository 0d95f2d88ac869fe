"""The scoring studio: rules in force, a draft of changes with what it would do, all versions."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import rule_sets
from campaigns.models import ScoringRule, ScoringVersion
from campaigns.rule_form import RuleForm
from campaigns.services import drafts, previews, releasing, rescoring
from campaigns.services import rules as services
from campaigns.services.explaining import active_rules
from campaigns.views.common import show_form
from crm.common.htmx import conflict, done, toast, wants_partial
from crm.funnel.forms import OfferingForm
from crm.funnel.models import MqlDefinition
from crm.users.permissions import EVERYBODY, MANAGERS, MARKETING_MANAGERS, SignedInRequest, allow


@allow(EVERYBODY)
@require_GET
def rules(request: SignedInRequest) -> HttpResponse:
    return render(request, "campaigns/rules.html", studio(request))


def studio(request: SignedInRequest) -> dict[str, Any]:
    """Return what the studio shows: the draft of whoever may write one, else what is in force."""
    may_edit = request.user.role in MARKETING_MANAGERS
    draft = drafts.draft_of(request.user) if may_edit else None
    in_force = services.rules_now()
    shown = draft.rules if draft else in_force
    changes = rule_sets.changes(in_force, shown)
    return {
        "groups": [
            (kind, [in_words(rule) for rule in shown if rule["kind"] == kind])
            for kind in ScoringRule.Kind
        ],
        "draft": draft,
        "changes": changes,
        "changed_keys": {change.key for change in changes},
        "version": services.current_version(),
        "definition": MqlDefinition.current(),
        "progress": rescoring.progress(),
        "held": releasing.held_now(),
        "offering": OfferingForm(),
        "may_edit": may_edit,
        "may_release": request.user.role in MANAGERS,
    }


def in_words(rule: rule_sets.RuleData) -> rule_sets.RuleData:
    return {**rule, "when": rule_sets.condition_words(rule) + rule_sets.limit_words(rule)}


@allow(EVERYBODY)
@require_GET
def rules_progress(request: SignedInRequest) -> HttpResponse:
    """How far the scoring of all leads is; stops asking when it is done."""
    return render(request, "campaigns/_rescoring.html", {"progress": rescoring.progress()})


@allow(MARKETING_MANAGERS)
@require_GET
def draft_preview(request: SignedInRequest) -> HttpResponse:
    """What the whole draft would do."""
    draft = drafts.draft_of(request.user)
    found = None
    if draft is not None:
        found = previews.compare(active_rules(), rule_sets.as_rules(draft.rules))
    return render(request, "campaigns/_rule_preview.html", {"preview": found})


@allow(MARKETING_MANAGERS)
@require_http_methods(["GET", "POST"])
def create(request: SignedInRequest, kind: str) -> HttpResponse:
    return write(request, new_rule(kind), f"New rule of {kind}")


def new_rule(kind: str) -> ScoringRule:
    if kind not in ScoringRule.Kind.values:
        raise Http404
    return ScoringRule(kind=kind)


@allow(MARKETING_MANAGERS)
@require_http_methods(["GET", "POST"])
def edit(request: SignedInRequest, key: str) -> HttpResponse:
    rule = drafted(request, key)
    return write(request, rule, f"Edit {rule}", key)


def drafted(request: SignedInRequest, key: str) -> ScoringRule:
    """Return a rule of the set that the user is writing, else raise Http404."""
    data = rule_sets.find(drafts.rules_of(request.user), key)
    if data is None:
        raise Http404
    return rule_sets.thaw(data)


def write(request: SignedInRequest, rule: ScoringRule, title: str, key: str = "") -> HttpResponse:
    """Show the form of a rule; put it into the draft, or with “preview” only show its effect."""
    form = RuleForm(request.POST or None, instance=rule, kind=rule.kind)
    context: dict[str, Any] = {"form": form, "rule": rule, "key": key}
    if request.method == "POST" and form.is_valid():
        filled = form.filled()
        if "preview" not in request.POST:
            drafts.put_rule(request.user, filled, key)
            toast(request, f"{filled} is in the draft. Apply it to let it count.")
            return done(request, reverse("campaigns:rules"))
        context["preview"] = preview_with(request, filled, key)
    return show_form(
        request,
        "campaigns/_rule_form.html",
        context,
        title=title,
        back=reverse("campaigns:rules"),
        back_label="Scoring",
    )


def preview_with(request: SignedInRequest, row: ScoringRule, key: str) -> previews.Preview:
    """Return what the draft would do with this rule in it."""
    rules = rule_sets.with_rule(drafts.rules_of(request.user), row, key)
    return previews.compare(active_rules(), rule_sets.as_rules(rules))


@allow(MARKETING_MANAGERS)
@require_POST
def preview(request: SignedInRequest, kind: str) -> HttpResponse:
    """What the rule in the form would do, as one types. Writes nothing."""
    key = request.POST.get("rule", "")
    rule = drafted(request, key) if key else new_rule(kind)
    form = RuleForm(request.POST, instance=rule, kind=rule.kind)
    found = preview_with(request, form.filled(), key) if form.is_valid() else None
    return render(request, "campaigns/_rule_preview.html", {"preview": found})


@allow(MARKETING_MANAGERS)
@require_POST
def activate(request: SignedInRequest, key: str) -> HttpResponse:
    return set_active(request, key, True)


@allow(MARKETING_MANAGERS)
@require_POST
def deactivate(request: SignedInRequest, key: str) -> HttpResponse:
    return set_active(request, key, False)


def set_active(request: SignedInRequest, key: str, active: bool) -> HttpResponse:
    drafted(request, key)
    drafts.set_active(request.user, key, active)
    return done(request, reverse("campaigns:rules"))


@allow(MARKETING_MANAGERS)
@require_POST
def move(request: SignedInRequest, key: str, way: str) -> HttpResponse:
    drafted(request, key)
    drafts.move(request.user, key, up=way == "up")
    return done(request, reverse("campaigns:rules"))


@allow(MARKETING_MANAGERS)
@require_POST
def apply_draft(request: SignedInRequest) -> HttpResponse:
    """Put the draft in force as a new version; 409 if another came in between."""
    if "overwrite" in request.POST:
        drafts.rebase(request.user)
    offering = OfferingForm(request.POST)
    if not offering.is_valid():
        context = {**studio(request), "offering": offering}
        return render(request, "campaigns/rules.html", context, status=422)
    why = request.POST.get("why", "").strip()
    try:
        version = drafts.apply(request.user, why=why, **offering.choice)
    except services.RulesChanged as fault:
        context = {**studio(request), "newer": fault.version}
        return conflict(request, "campaigns/rules.html", context)
    except services.NothingToApply as fault:
        toast(request, str(fault), level="warning")
        return redirect("campaigns:rules")
    undo = reverse("campaigns:rules-restore", args=[version.number - 1])
    toast(request, f"{version} is in force. All leads are being scored anew.", undo_url=undo)
    return done(request, reverse("campaigns:rules"))


@allow(MARKETING_MANAGERS)
@require_POST
def discard(request: SignedInRequest) -> HttpResponse:
    drafts.discard(request.user)
    toast(request, "The draft is gone; the rules in force stay.")
    return done(request, reverse("campaigns:rules"))


@allow(EVERYBODY)
@require_GET
def versions(request: SignedInRequest) -> HttpResponse:
    """All versions, with what each changed, by whom and why: a drawer, or a page."""
    context = {"versions": services.history(),
               "may_edit": request.user.role in MARKETING_MANAGERS}  # fmt: skip
    partial = wants_partial(request)
    template = "campaigns/_rule_versions.html" if partial else "campaigns/rule_versions.html"
    return render(request, template, context)


@allow(MARKETING_MANAGERS)
@require_POST
def restore(request: SignedInRequest, number: int) -> HttpResponse:
    """Put an earlier version's rules in force again, as a new version."""
    version = get_object_or_404(ScoringVersion, number=number)
    newest = services.number_now()
    try:
        made = services.restore(version, actor=request.user)
    except services.NothingToApply as fault:
        toast(request, str(fault), level="warning")
        return done(request, reverse("campaigns:rules"))
    undo = reverse("campaigns:rules-restore", args=[newest])
    toast(request, f"{made} is in force: the rules of version {number} again.", undo_url=undo)
    return done(request, reverse("campaigns:rules"))
