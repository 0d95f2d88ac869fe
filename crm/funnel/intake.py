"""How a lead comes in: written and entered into the funnel, in one transaction."""

from typing import Any

from django.db import transaction

from crm.funnel import ledger
from crm.funnel.causes import Cause
from crm.users.models import User
from leads import services
from leads.models import Lead


@transaction.atomic
def take_in(*, actor: User | None, cause: Cause | None = None, **values: Any) -> Lead:
    """Create a lead by `leads.services.create_lead` and record that it entered the funnel.

    values: what create_lead takes (name, email, phone, company, campaign, consent, …)
    cause: how it came, for the ledger

    Raises LeadNotAccepted for values that cannot be kept, EmailTaken if the address is known.
    """
    lead = services.create_lead(actor=actor, **values)
    ledger.enter(lead, actor=actor, cause=cause)
    return lead
