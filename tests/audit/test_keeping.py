"""How long the history stays, what goes with an erased person, what it costs to ask."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.utils.timezone import now

from crm.audit import retention
from crm.audit.models import Change
from crm.audit.registry import HISTORY
from crm.common.migration_rules import LARGE, is_own
from crm.mailing import suppressing
from crm.mailing.models import Suppression
from leads.models import Channel, Lead
from leads.services import edit_lead, take_back
from tests.factories import LeadFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]

SMALL_TABLES = """
    activities.calendarfeed alignment.definitionsignature alignment.promise alignment.promisechange
    campaigns.campaign campaigns.commitment campaigns.commitmentchange campaigns.rescoring
    campaigns.scoringdraft campaigns.scoringrule campaigns.scoringversion capture.captureform
    capture.utmlink channel_metrics.brandchannel channel_metrics.channelweek
    correspondence.emailtemplate correspondence.fetchedfolder correspondence.usermailbox
    deals.lostreason deals.pipeline deals.pipelinestage forecast.forecastcall
    forecast.forecastsnapshot forecast.quota funnel.ledgerdoor funnel.mqldefinition funnel.reason
    funnel.robinturn funnel.routingrule home.rebalancing importing.import leads.channel
    leads.savedview newsletters.content newsletters.link newsletters.newsletter outbox.heartbeat
    planning.adoptedplan playbooks.playbook playbooks.playbookstep quotes.product
    quotes.productprice quotes.quotesettings reports.savedreport reports.sumsstate segments.segment
    sequences.sequence sequences.step users.absence users.holiday users.logo users.organisation
    users.team users.transfer users.user
"""
SMALL = frozenset(SMALL_TABLES.split())
"""Tables with a few rows for each person, setting or campaign, however long a company works."""


def test_every_table_is_known_as_large_or_small():
    ours = {m._meta.label_lower for m in apps.get_models() if is_own(m._meta.app_label)}
    assert ours - LARGE - SMALL == set()
    assert (LARGE | SMALL) - ours == set()
    assert not LARGE & SMALL


def test_every_field_that_a_history_leaves_out_is_there():
    for label, how in HISTORY.items():
        names = {field.name for field in apps.get_model(label)._meta.concrete_fields}
        assert (how.skip | how.only) - names == set(), label


def test_a_new_search_key_leaves_no_line():
    lead = LeadFactory()
    Lead.objects.filter(pk=lead.pk).update(search_key="x", sort_key="y")

    assert not Change.objects.of(lead).filter(field__in=["search_key", "sort_key"]).exists()


def test_changes_of_records_go_after_three_years_and_those_of_settings_stay():
    old, young, channel = LeadFactory(), LeadFactory(), Channel.objects.create(name="Fairs")
    Lead.objects.filter(pk=old.pk).update(job_title="CEO")
    Channel.objects.filter(pk=channel.pk).update(name="Trade fairs")
    Change.objects.update(at=now() - timedelta(days=retention.DAYS + 1))
    Lead.objects.filter(pk=young.pk).update(job_title="CEO")

    assert retention.prune() > 0

    assert not Change.objects.of(old).exists()
    assert Change.objects.of(channel).exists()
    assert Change.objects.of(young).filter(field="job_title").exists()
    assert retention.prune() == 0


def test_nothing_that_a_deleted_person_said_stays_in_the_history():
    lead = Lead.objects.create(name="Ana Costa", email="ana@example.org")
    edit_lead(
        lead, {"name": "Ana Silva", "phone": "+4930123456", "more_emails": ["ana@home.example"]},
        actor=None,
    )  # fmt: skip

    lead.delete()

    told = " ".join(f"{c.before} {c.after}" for c in Change.objects.all()).lower()
    for value in ("costa", "silva", "ana@", "4930123456"):
        assert value not in told
    assert Change.objects.filter(model="leads.lead", act="deleted").count() == 1


def test_an_erased_address_is_not_read_in_the_history_of_the_suppression_list():
    suppressing.suppress("ana@example.org", Suppression.Reason.COMPLAINT)

    suppressing.forget("ana@example.org")

    told = " ".join(f"{c.before} {c.after}" for c in Change.objects.all())
    assert "ana@example.org" not in told


def test_undo_asks_once_for_the_history_of_many_leads(django_assert_max_num_queries):
    user, leads = UserFactory(role="sales_manager"), [LeadFactory() for _ in range(3)]
    batch = edit_lead(leads[0], {"job_title": "CEO"}, actor=user)

    with django_assert_max_num_queries(16):
        assert take_back(batch, actor=user) == 1


def test_older_edits_of_leads_came_along_with_whom_and_what():
    carried = import_module("leads.migrations.0013_carry_history").rows_of
    user, lead = UserFactory(), LeadFactory()

    class Old:
        lead_id, actor_id, at, batch = lead.pk, user.pk, now(), None
        old_id = new_id = None

        def __init__(self, field, old, new, **ids):
            self.field, self.old, self.new = field, old, new
            self.__dict__.update(ids)

    def told(*line, **ids):
        return [(c.field, c.before, c.after) for c in carried(Change, Old(*line, **ids))]

    assert told("name", "Ana", "Bea") == [("name", "Ana", "Bea")]
    assert told("company", "", "Acme", new_id=7) == [("company_id", None, "7")]
    assert told("consent", "no", "yes (Fair)") == [
        ("consent", "false", "true"), ("consent_source", "", "Fair"),
    ]  # fmt: skip
    assert told("consent", "", "True") == [("consent", "false", "true")]
    assert [c.field for c in carried(Change, Old("consent", "no", "asked, not confirmed"))] == [
        "consent_asked_at"
    ]
    (row,) = carried(Change, Old("name", "a", "b"))
    assert (row.actor_id, row.object_id, row.door) == (user.pk, lead.pk, "earlier")
