"""Once a week both sides' managers read how their promises stand."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils.timezone import now

from crm.alignment import promises, signing
from crm.alignment.measures import QUALITY
from crm.alignment.tasks import mail_alignment
from crm.funnel import handoffs
from crm.funnel.models import MqlDefinition
from crm.mailing.models import Mail
from crm.outbox.models import Effect
from crm.users.models import Role
from deals.forecast.spans import MONTH, span_of
from tests.factories import UserFactory, waiting_handoff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
DUE = datetime(2026, 3, 9, 7, tzinfo=UTC)
"""Monday, eight o'clock in Berlin."""


@pytest.fixture
def mira():
    return UserFactory(name="Mira", email="mira@example.com", role=Role.MARKETING_MANAGER)


@pytest.fixture
def sam():
    return UserFactory(name="Sam", email="sam@example.com", role=Role.SALES_MANAGER)


def beat_at(at, run_effects):
    """Let beat run at the moment `at`, and carry out what it asked for."""
    with time_machine.travel(at, tick=False):
        mail_alignment()
        Effect.objects.update(due_at=now() - timedelta(days=1))
        run_effects()


def test_both_sides_managers_get_the_numbers(mira, sam, run_effects):
    UserFactory(role=Role.REP)
    UserFactory(role=Role.MARKETING_MANAGER, password=None)
    with time_machine.travel(DUE - timedelta(hours=4), tick=False):
        promises.set_promises(QUALITY, {span_of(MONTH, DUE.date()): Decimal(80)}, by=mira)
        rita = UserFactory(role=Role.REP)
        handoffs.accept(waiting_handoff(rep=rita), actor=rita)
        signing.sign(MqlDefinition.current(), by=mira)

    beat_at(DUE, run_effects)

    mails = Mail.objects.filter(key__startswith="alignment:")
    assert sorted(mails.values_list("to", flat=True)) == ["mira@example.com", "sam@example.com"]
    mail = mails[0]
    assert mail.subject == "Alignment, March 2026: 1 of 1 promises hold"
    assert "Accepted quality: 100.0% of 80.0%, 20.0 points ahead" in mail.text
    assert "not agreed yet: sales has not signed" in mail.text
    assert "/alignment/" in mail.text
    for words in ("Marketing promises sales", "100.0%", "20.0 points ahead", "/alignment/"):
        assert words in mail.html


def test_two_beats_send_it_once(mira, sam, run_effects):
    for minutes in (0, 0, 15, 60 * 24 * 6):
        beat_at(DUE + timedelta(minutes=minutes), run_effects)

    assert Mail.objects.filter(key__startswith="alignment:2026-W10:").count() == 2
    assert Mail.objects.count() == 2


def test_a_handler_that_runs_again_sends_nothing_again(mira, sam, run_effects):
    beat_at(DUE, run_effects)
    Effect.objects.update(state=Effect.State.PENDING, attempts=0)

    beat_at(DUE + timedelta(minutes=1), run_effects)

    assert Mail.objects.count() == 2


def test_nothing_is_sent_before_its_hour_and_the_next_week_has_its_own(mira, run_effects):
    beat_at(DUE - timedelta(minutes=1), run_effects)
    assert list(Mail.objects.values_list("key", flat=True)) == [f"alignment:2026-W09:{mira.pk}"]

    beat_at(DUE, run_effects)
    assert Mail.objects.filter(key=f"alignment:2026-W10:{mira.pk}").exists()
