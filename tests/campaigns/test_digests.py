"""Each owner of campaigns gets one weekly digest, once, at the organisation's hour."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils.timezone import now

from campaigns.services import digests
from campaigns.tasks import send_digests
from crm.funnel import handoffs
from crm.funnel.models import Reason, Verdict
from crm.mailing.models import Mail
from crm.outbox.models import Effect
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 3, 2)
IN_WEEK = datetime(2026, 3, 4, 12, tzinfo=UTC)
DUE = datetime(2026, 3, 9, 7, tzinfo=UTC)  # Monday 8:00 in Berlin


@pytest.fixture
def campaign(organisation):
    return CampaignFactory(name="Spring fair", owner=UserFactory(role=Role.MARKETER, name="Maya"))


def said(campaign, kind, *, at=IN_WEEK, **fields):
    count = Verdict.objects.count()
    lead = LeadFactory(campaign=campaign)
    return Verdict.objects.create(lead=lead, key=f"k{count}", kind=kind, at=at, **fields)


def send_at(at, run_effects):
    """Let beat run at the moment `at`, and carry out what it asked for."""
    with time_machine.travel(at, tick=False):
        send_digests()
    Effect.objects.update(due_at=now() - timedelta(days=9999))
    run_effects()


def test_digest_counts_the_week_before(campaign, run_effects):
    wrong_fit = Reason.objects.get(name="Wrong fit")
    said(campaign, "accepted")
    said(campaign, "rejected", reason=wrong_fit)
    said(campaign, "rejected", reason=wrong_fit)
    said(campaign, "recycled", reason=Reason.objects.get(name="Bad timing"))
    said(campaign, "won", amount_minor=1_200_000, currency="EUR")
    said(campaign, "won", amount_minor=300_000, currency="EUR")
    said(campaign, "accepted", at=IN_WEEK - timedelta(days=7))
    said(campaign, "accepted", withdrawn_at=IN_WEEK)
    waiting_handoff(lead=LeadFactory(campaign=campaign), due_at=DUE - timedelta(days=1))

    send_at(DUE, run_effects)

    mail = Mail.objects.get()
    assert mail.to == campaign.owner.email
    assert mail.subject == "Spring fair: 1 accepted, 3 given back, 2 won, 1 still open"
    assert "2 × Wrong fit (to be mended by: targeting)" in mail.text
    assert "Won: 2, €15,000.00" in mail.text
    assert f"/feedback/?view=all&campaign={campaign.pk}" in mail.text
    assert "€15,000.00" in mail.html


def test_digest_is_sent_once_however_often_beat_runs(campaign, run_effects):
    said(campaign, "accepted")

    for minutes in (0, 0, 15, 30, 60 * 24 * 6):
        send_at(DUE + timedelta(minutes=minutes), run_effects)

    assert Mail.objects.get().key == f"digest:owner:{campaign.owner.pk}:2026-W10"


def test_nothing_is_sent_before_its_hour(campaign, run_effects):
    said(campaign, "accepted")

    send_at(DUE - timedelta(minutes=1), run_effects)

    assert not Mail.objects.exists()


def test_beat_that_was_away_catches_up_once(campaign, run_effects):
    said(campaign, "accepted")
    said(campaign, "accepted", at=IN_WEEK + timedelta(days=14))

    send_at(DUE + timedelta(days=14, hours=5), run_effects)
    send_at(DUE + timedelta(days=14, hours=6), run_effects)

    assert Mail.objects.get().key == f"digest:owner:{campaign.owner.pk}:2026-W12"


def test_campaign_without_any_handoff_gets_no_digest(campaign, run_effects):
    said(campaign, "accepted", at=IN_WEEK - timedelta(days=30))

    send_at(DUE, run_effects)

    assert not Mail.objects.exists()


def test_a_week_in_which_nothing_happened_brings_no_digest(campaign, run_effects):
    handoff = waiting_handoff(lead=LeadFactory(campaign=campaign))
    type(handoff).objects.update(opened_at=IN_WEEK - timedelta(days=60))

    send_at(DUE, run_effects)

    assert not Mail.objects.exists()


def test_what_is_still_open_stands_in_a_digest(campaign, run_effects):
    handoff = waiting_handoff(lead=LeadFactory(campaign=campaign))
    type(handoff).objects.update(opened_at=IN_WEEK)

    send_at(DUE, run_effects)

    assert Mail.objects.get().subject == "Spring fair: 0 accepted, 0 given back, 1 still open"


def test_campaign_without_an_owner_who_can_log_in_is_passed_over(campaign, run_effects):
    said(CampaignFactory(), "accepted")
    said(CampaignFactory(owner=UserFactory(password=None)), "accepted")

    send_at(DUE, run_effects)

    assert not Mail.objects.exists()


def test_one_digest_tells_a_person_of_all_their_campaigns(campaign, run_effects):
    other = CampaignFactory(name="Webinar", owner=campaign.owner)
    CampaignFactory(name="Quiet one", owner=campaign.owner)
    said(campaign, "accepted")
    said(other, "won", amount_minor=100, currency="EUR")
    said(CampaignFactory(name="Of somebody else", owner=UserFactory()), "accepted")

    send_at(DUE, run_effects)

    mail = Mail.objects.get(to=campaign.owner.email)
    assert mail.subject == "2 campaigns: 1 accepted, 0 given back, 1 won"
    for body in (mail.text, mail.html):
        assert "Spring fair" in body
        assert "Webinar" in body
        assert "Quiet one" not in body
        assert "Of somebody else" not in body
    assert Mail.objects.count() == 2


def test_a_digest_asked_for_before_the_upgrade_is_the_owners(campaign):
    said(campaign, "accepted")

    for _ in range(2):
        digests.handle_person({"campaign": campaign.pk, "monday": MONDAY.isoformat()})

    assert Mail.objects.get().to == campaign.owner.email


@pytest.mark.parametrize(
    ("at", "week"),
    [
        (DUE, MONDAY),
        (DUE - timedelta(seconds=1), MONDAY - timedelta(days=7)),
        (DUE + timedelta(days=6), MONDAY),
        (datetime(2026, 3, 30, 6, tzinfo=UTC), date(2026, 3, 23)),  # 8:00 after summer time began
        (datetime(2026, 3, 30, 5, 59, tzinfo=UTC), date(2026, 3, 16)),
    ],
)
def test_week_is_due_by_the_organisations_clock(at, week, organisation):
    assert digests.week_due(at, organisation) == week


def test_digest_day_and_hour_are_the_organisations_choice(organisation):
    organisation.digest_weekday, organisation.digest_hour = 4, 17

    assert digests.week_due(datetime(2026, 3, 13, 16, tzinfo=UTC), organisation) == MONDAY


def test_verdict_on_a_real_handoff_is_counted(campaign, run_effects):
    rep = UserFactory()
    handoff = waiting_handoff(rep=rep, lead=LeadFactory(campaign=campaign))

    handoffs.accept(handoff, actor=rep)

    monday = now().date() - timedelta(days=now().weekday())
    digest = digests.digest_of(campaign, monday)
    assert (len(digest.accepted), digest.waiting) == (1, 0)
