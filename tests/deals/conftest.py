"""What tests of deals start from."""

import pytest

from crm.funnel import handoffs
from crm.users.models import Organisation, Role
from deals import services
from deals.models import Deal, LostReason, Pipeline
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff


@pytest.fixture
def rep(organisation: Organisation):
    return UserFactory(name="Maya Rep", team=TeamFactory())


@pytest.fixture
def stages(db: None):
    return list(Pipeline.objects.get().stages.all())


@pytest.fixture
def price(db: None):
    return LostReason.objects.get(name="Price")


@pytest.fixture
def accepted(rep):
    """Return a function: a lead that `rep` accepted by a handoff."""

    def make(**fields):
        lead = LeadFactory(score=72, **fields)
        handoffs.accept(waiting_handoff(rep=rep, lead=lead), actor=rep)
        lead.refresh_from_db()
        return lead

    return make


@pytest.fixture
def sold(rep, accepted, stages):
    """Return a function: an open deal of `rep` with an accepted lead, made by the service."""

    def make(lead=None, *, stage=None, amount=100_000, **values) -> Deal:
        return services.convert(
            lead or accepted(),
            name=values.pop("name", "Big deal"),
            amount_minor=amount,
            currency=values.pop("currency", "EUR"),
            stage=stage or stages[0],
            actor=rep,
            **values,
        )

    return make


@pytest.fixture
def manager(sign_in):
    return sign_in(role=Role.ADMIN)
