import pytest
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.services import record_touch
from crm.funnel.agreements import change_definition
from crm.funnel.models import Handoff, MqlDefinition
from crm.users.models import Role
from tests.factories import LeadFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_lower_threshold_offers_at_once_whoever_meets_it_now(organisation, run_effects):
    lead = LeadFactory()
    record_touch(lead, kind=Touch.Kind.DEMO_REQUEST, at=now(), key="demo")
    run_effects()
    assert not Handoff.objects.exists()

    change_definition(
        MqlDefinition(threshold=30, required_fields=["email"]), by=UserFactory(role=Role.ADMIN)
    )
    run_effects()

    assert Handoff.objects.get().definition.version == 2
