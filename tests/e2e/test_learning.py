"""Journey 12: advice is tried, applied, audited and undone; the palette finds the audit."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import expect

from campaigns.models import ScoringRule, Touch
from campaigns.services import record_touch
from crm.audit.models import AuditEntry
from crm.funnel.models import Handoff, MqlDefinition
from crm.outbox.services import sweep
from crm.stages import Stage
from crm.users.models import Role, User
from leads.models import Lead
from tests.e2e.conftest import SignIn, settled
from tests.e2e.looking import faults
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def mira(organisation: object) -> User:
    """A company of which the outcomes say that the rule of the form is useless."""
    at, definition = now() - timedelta(days=60), MqlDefinition.current()
    demo, form = (
        ScoringRule.objects.get(name=name) for name in ("Asked for a demo", "Sent a form")
    )
    leads = Lead.objects.bulk_create(
        Lead(
            name=f"L{n}",
            stage=Stage.CUSTOMER if (n % 2 and n % 3) or n % 11 == 0 else Stage.LOST,
        )
        for n in range(2400)
    )
    Handoff.objects.bulk_create(
        Handoff(
            lead=lead, attempt=1, opened_at=at, routed_at=at, answered_at=at, outcome="accepted",
            definition=definition, evidence={"score": 50 + n % 2, "lines": [
                {"label": rule.name, "points": rule.points}
                for rule, told in ((demo, n % 2), (form, n % 4 < 2)) if told
            ]},
        )
        for n, lead in enumerate(leads)
    )  # fmt: skip
    for number in range(3):
        lead = LeadFactory(name=f"New {number}")
        record_touch(lead, kind=Touch.Kind.FORM, at=now(), key=f"form:{number}")
    carry_out()
    return UserFactory(name="Mira", email="mira@example.com", role=Role.MARKETING_MANAGER)


def scores() -> dict[int, int]:
    return dict(Lead.objects.values_list("pk", "score"))


def carry_out() -> None:
    while sweep():
        pass


def test_advice_is_tried_applied_audited_and_undone(mira: User, enter: SignIn) -> None:
    page = enter(mira.email)
    page.goto("/learning/?period=all")
    settled(page)
    expect(page.locator("#advice")).to_contain_text("“Sent a form” is useless")
    assert not faults(page)

    page.get_by_role("button", name="Try it without points").click()  # 1
    expect(page.locator("#draft-preview")).to_contain_text("3 scores would change")
    assert not faults(page)
    before = scores()
    page.get_by_role("button", name="Apply 1 change").click()  # 2
    expect(page.locator("#toasts")).to_contain_text("Version 2 is in force")
    carry_out()
    assert sum(before[pk] != score for pk, score in scores().items()) == 3
    assert ScoringRule.objects.get(name="Sent a form").points == 0
    entry = AuditEntry.objects.get(area="scoring")
    assert "+15" in entry.before

    page.locator("#toasts").get_by_role("button", name="Undo").click()  # 3
    expect(page.locator("#toasts")).to_contain_text("Version 3")
    assert ScoringRule.objects.get(name="Sent a form").points == 15


def test_the_palette_finds_the_audit_by_keys_alone(mira: User, enter: SignIn) -> None:
    AuditEntry.objects.create(area="scoring", what="Version 2 in force", who="Mira", before="+15",
                              after="+60")  # fmt: skip
    page = enter(mira.email)
    page.goto("/")
    settled(page)

    page.keyboard.press("Control+k")
    page.keyboard.type("aud")
    expect(page.get_by_role("option", name="Audit")).to_be_visible()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile("/audit/"))
    expect(page.get_by_role("main")).to_contain_text("Version 2 in force")
    expect(page.get_by_role("main").locator("ins")).to_contain_text("+60")
    assert not faults(page)
