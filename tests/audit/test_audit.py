"""What is changed leaves an entry with before and after; managers read them, page by page."""

from datetime import date

import pytest

from campaigns.models import ScoringRule
from campaigns.services import drafts
from crm.alignment.promises import set_promises
from crm.audit import services as audit
from crm.audit.models import AuditEntry
from crm.funnel.models import MqlDefinition, Reason
from crm.people.services import edit_user
from crm.users.models import Role
from deals.forecast.spans import MONTH, span_of
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]


@pytest.fixture
def admin():
    return UserFactory(name="Alex", role=Role.ADMIN)


def latest() -> AuditEntry:
    return AuditEntry.objects.order_by("-pk")[0]


def test_a_version_of_the_scoring_rules_tells_points_before_and_after(admin):
    rule = ScoringRule.objects.get(name="Decision maker")

    drafts.propose(admin, {rule.pk: {"points": 20}}, why="They convert")
    drafts.apply(admin)

    entry = latest()
    assert (entry.area, entry.actor) == ("scoring", admin)
    assert "+15" in entry.before
    assert "+20" in entry.after


def test_a_definition_tells_its_threshold(sign_in):
    before = MqlDefinition.current().threshold
    client = sign_in(role=Role.SALES_MANAGER)

    client.post(f"/learning/threshold/{before + 5}/", {"why": "Try"})

    assert latest().before == f"Threshold: {before}"
    assert latest().after == f"Threshold: {before + 5}"


def test_a_person_tells_role_and_team(admin):
    rep = UserFactory(role=Role.REP)

    edit_user(rep, actor=admin, role=Role.SALES_MANAGER)

    assert latest().area == "people"
    assert (latest().before, latest().after) == ("Role: Sales rep", "Role: Sales manager")


def test_a_reason_and_a_target_leave_theirs(sign_in, admin):
    reason = Reason.objects.filter(use="reject")[0]
    form = {
        name: getattr(reason, name) for name in ("use", "return_path", "cool_down_days", "side")
    }
    sign_in(admin).post(f"/settings/reasons/{reason.pk}/edit/", {**form, "name": "Too small"})
    told = latest()

    set_promises("mqls", {span_of(MONTH, date(2026, 5, 1)): 40}, by=admin)

    assert told.after.startswith("Name: Too small")
    assert (latest().before, latest().after) == ("none", "40")


def test_nothing_changed_leaves_nothing(admin):
    edit_user(admin, actor=admin, role=Role.ADMIN)

    assert not AuditEntry.objects.exists()


def test_managers_read_it_page_by_page_and_others_do_not(sign_in, admin, django_assert_num_queries):
    for number in range(60):
        audit.record(admin, audit.Area.ROUTING, f"Rule {number:02}", before="a", after="b")
    audit.record(None, audit.Area.SCORING, "Version 2 in force")
    client = sign_in(role=Role.MARKETING_MANAGER)

    first = client.get("/audit/").content.decode()
    routing = client.get("/audit/", {"area": "routing"}).content.decode()
    last = client.get(
        "/audit/", {"older": AuditEntry.objects.order_by("pk")[5].pk}
    ).content.decode()

    assert first.count('id="entry-') == 50
    assert "Version 2 in force" in first
    assert "Version 2" not in routing
    assert last.count('id="entry-') == 5
    assert sign_in(role=Role.REP).get("/audit/").status_code == 403
