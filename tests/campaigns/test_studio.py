"""The scoring studio: drafts, previews that come true, numbered versions, restoring one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from campaigns import rule_sets, scoring
from campaigns.models import ScoringDraft, ScoringRule, ScoringVersion
from campaigns.services import drafts, explain_lead, previews, rescore, rules
from campaigns.services.explaining import active_rules
from crm.funnel.models import Handoff
from crm.outbox.models import Effect
from crm.stages import Stage
from crm.users.models import Role
from leads.models import Lead
from tests.factories import LeadFactory, TouchFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
GERMAN = {
    "name": "German", "field": "country", "operator": "in", "words": "Germany, AT", "points": "12",
}  # fmt: skip


@pytest.fixture
def manager(sign_in):
    return sign_in(role=Role.MARKETING_MANAGER)


@pytest.fixture
def mira(db):
    return UserFactory(role=Role.MARKETING_MANAGER)


def text(response):
    return response.content.decode()


def rule_named(name):
    return ScoringRule.objects.get(name=name)


def with_points(name, points):
    """Return the rules in force with other points for one of them."""
    return [{**rule, "points": points} if rule["name"] == name else rule
            for rule in rules.rules_now()]  # fmt: skip


def test_new_rule_counts_only_when_the_draft_is_applied(manager, run_effects):
    lead = LeadFactory(country="DE")

    manager.post("/settings/scoring/new/fit/", GERMAN)
    run_effects()
    lead.refresh_from_db()
    assert lead.score == 0
    assert not ScoringRule.objects.filter(name="German").exists()

    manager.post("/settings/scoring/apply/", {"why": "Many come from there"})
    run_effects()
    lead.refresh_from_db()
    assert rule_named("German").values == ["Germany", "AT"]
    assert lead.score == 12


@pytest.mark.parametrize(
    ("kind", "data", "wrong"),
    [
        ("fit", {"field": "country", "operator": "in", "words": " , ", "points": "5"}, "words"),
        ("fit", {"operator": "set", "points": "5"}, "field"),
        ("fit", {"field": "phone", "operator": "set", "points": "0"}, "points"),
        ("engagement", {"touch_kind": "form", "points": "101"}, "points"),
        ("engagement", {"touch_kind": "form", "points": "5", "half_life_days": "0"},
         "half_life_days"),
        ("engagement", {"points": "5"}, "touch_kind"),
    ],
)  # fmt: skip
def test_rule_that_makes_no_sense_is_refused(kind, data, wrong, manager):
    answer = manager.post(f"/settings/scoring/new/{kind}/", {"name": "New", **data})

    assert answer.status_code == 422
    assert wrong in answer.context["form"].errors
    assert not ScoringDraft.objects.exists()


def test_preview_tells_who_would_become_mql_and_saves_nothing(manager):
    for _ in range(3):
        LeadFactory(job_title="CEO")
    TouchFactory(lead=Lead.objects.all()[0], kind="other", at=now() - timedelta(days=2))
    LeadFactory(job_title="CEO", email="")  # a required field is missing
    LeadFactory(job_title="Student")
    rule = rule_named("Decision maker")
    url = reverse("campaigns:rule-preview", args=["fit"])

    answer = manager.post(
        url,
        {"rule": rule.pk, "name": rule.name, "field": "job_title", "operator": "contains",
         "words": "ceo", "points": "60"},
    )  # fmt: skip

    assert "3 leads would become ready for sales, 1 with a touch in the last week" in text(answer)
    found = answer.context["preview"]
    assert (found.changed, found.sample) == (4, 5)
    assert (found.before, found.after) == (
        [1, 4, 0, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 4, 0, 0, 0],
    )  # fmt: skip
    rule.refresh_from_db()
    assert rule.points == 15
    assert not Effect.objects.filter(kind="campaigns.rescore").exists()


def test_preview_speaks_of_the_whole_draft(manager, mira):
    LeadFactory(job_title="CEO", phone="+49301234567")
    for name, points in (("Decision maker", 30), ("Phone known", 20)):
        row = rule_named(name)
        data = {"name": name, "field": row.field, "operator": row.operator,
                "words": ", ".join(row.values), "points": points}  # fmt: skip
        manager.post(f"/settings/scoring/{row.pk}/edit/", data)

    answer = manager.get("/settings/scoring/preview/")

    assert "1 lead would become ready for sales" in text(answer)


def test_preview_comes_true(manager, run_effects, mira):
    """Journey 12: the previewed number is the number of leads that change."""
    for number in range(20):
        lead = LeadFactory(job_title="CEO" if number % 3 else "Student", consent=True)
        for _ in range(number % 4):
            TouchFactory(lead=lead, kind="form", at=now() - timedelta(days=number))
    rescore(Lead.objects.all())
    run_effects()
    scores = dict(Lead.objects.filter(stage=Stage.LEAD).values_list("pk", "score"))
    mqls = Handoff.objects.count()
    pk = rule_named("Decision maker").pk
    drafts.propose(mira, {pk: {"points": 28}}, why="They convert twice as often")
    draft = drafts.draft_of(mira)
    found = previews.compare(active_rules(), rule_sets.as_rules(draft.rules))

    drafts.apply(mira)
    run_effects()

    changed = sum(lead.score != scores[lead.pk] for lead in Lead.objects.filter(pk__in=scores))
    assert found.crossing > 0
    assert Handoff.objects.count() - mqls == found.crossing
    assert changed == found.changed


def test_preview_is_bounded_and_says_of_how_many_it_speaks(
    monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(previews, "MOST", 3)
    for _ in range(7):
        LeadFactory(phone="+49301234567")
    new = rule_sets.as_rules(with_points("Phone known", 10))

    with django_assert_max_num_queries(8):
        found = previews.compare(active_rules(), new)

    assert (found.sample, found.total) == (3, 7)
    assert found.is_complete  # 5 points more lift nobody from 5 to 40


def test_preview_admits_that_leads_beyond_its_bound_may_cross(monkeypatch):
    monkeypatch.setattr(previews, "MOST", 3)
    for _ in range(7):
        LeadFactory(phone="+49301234567")

    found = previews.compare(active_rules(), rule_sets.as_rules(with_points("Phone known", 60)))

    assert not found.is_complete


def test_every_change_is_a_version_that_says_who_why_and_what(manager, mira):
    rules.apply(with_points("Phone known", 9), actor=mira, why="Calls reach people")

    newest, first = rules.history()

    version, changes = newest
    assert (version.number, version.actor, version.why) == (2, mira, "Calls reach people")
    assert [(change.before, change.after) for change in changes] == [
        ("Phone known: Phone is known, +5", "Phone known: Phone is known, +9")
    ]
    assert (first[0].number, first[1]) == (1, [])
    page = text(manager.get("/settings/scoring/versions/"))
    assert "Calls reach people" in page
    assert "Phone known: Phone is known, +9" in page


def test_undo_restores_the_rules_as_a_new_version(manager, run_effects):
    lead = LeadFactory(phone="+49301234567")
    manager.post("/settings/scoring/new/fit/", GERMAN)
    pk = rule_named("Phone known").pk
    manager.post(f"/settings/scoring/{pk}/deactivate/")
    manager.post("/settings/scoring/apply/")
    run_effects()
    lead.refresh_from_db()
    assert lead.score == 0

    manager.post("/settings/scoring/versions/1/restore/")
    run_effects()

    lead.refresh_from_db()
    third = ScoringVersion.objects.get(number=3)
    assert (lead.score, third.restores.number) == (5, 1)
    assert active_rules() == rule_sets.as_rules(ScoringVersion.objects.get(number=1).rules)
    assert not rule_named("German").is_active


def test_stale_draft_is_told_who_was_first_and_may_overwrite(manager, mira):
    manager.post("/settings/scoring/new/fit/", GERMAN)
    rules.apply(with_points("Phone known", 9), actor=mira)

    stale = manager.post("/settings/scoring/apply/")
    assert stale.status_code == 409
    assert mira.name in text(stale)
    assert ScoringVersion.objects.count() == 2

    manager.post("/settings/scoring/apply/", {"overwrite": "1"})
    assert rule_named("German").is_active


def test_draft_without_a_difference_is_no_draft(manager):
    pk = rule_named("Phone known").pk
    manager.post(f"/settings/scoring/{pk}/deactivate/")
    assert ScoringDraft.objects.count() == 1

    manager.post(f"/settings/scoring/{pk}/activate/")

    assert not ScoringDraft.objects.exists()
    assert manager.post("/settings/scoring/apply/").status_code == 302
    assert not ScoringVersion.objects.exists()


def test_discarded_draft_leaves_everything_as_it_was(manager):
    before = rules.rules_now()
    manager.post("/settings/scoring/new/fit/", GERMAN)

    manager.post("/settings/scoring/discard/")

    assert rules.rules_now() == before
    assert not ScoringDraft.objects.exists()


def test_rules_are_moved_within_their_kind(manager):
    first, second = ScoringRule.objects.filter(kind="fit")[:2]

    manager.post(f"/settings/scoring/{second.pk}/move/up/")
    manager.post(f"/settings/scoring/{second.pk}/move/up/")
    manager.post("/settings/scoring/apply/")

    assert list(ScoringRule.objects.filter(kind="fit")[:2]) == [second, first]


def test_drafted_rule_can_be_edited_before_it_is_applied(manager):
    manager.post("/settings/scoring/new/fit/", GERMAN)

    manager.post("/settings/scoring/new-1/edit/", {**GERMAN, "points": "20"})

    assert ScoringDraft.objects.get().rules[-1]["points"] == 20
    assert manager.get("/settings/scoring/new-2/edit/").status_code == 404


def test_progress_of_scoring_all_leads_is_told_until_it_is_done(manager, run_effects):
    LeadFactory()
    manager.post(f"/settings/scoring/{ScoringRule.objects.all()[0].pk}/deactivate/")
    manager.post("/settings/scoring/apply/")

    assert b"poll" in manager.get("/settings/scoring/progress/").content
    run_effects()

    assert b"poll" not in manager.get("/settings/scoring/progress/").content


def test_marketer_reads_the_rules_and_changes_none(sign_in):
    page = text(sign_in(role=Role.MARKETER).get("/settings/scoring/"))

    assert "Decision maker" in page
    assert "New rule" not in page


def test_lead_that_came_in_while_rules_changed_is_scored_by_the_new_ones(run_effects):
    LeadFactory(phone="+49301234567")
    rules.apply(with_points("Phone known", 9), actor=None)
    late = LeadFactory(phone="+49301234568", stage=Stage.LEAD)

    run_effects()

    late.refresh_from_db()
    assert late.score == 9 == scoring.score(explain_lead(late))
