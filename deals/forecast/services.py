"""What a user says of a deal's forecast."""

from django.db import transaction
from django.utils.timezone import now

from crm.users.models import User
from deals.forecast.models import ForecastCall
from deals.models import Deal
from deals.services import NotAllowedNow


@transaction.atomic
def call_deal(deal: Deal, category: str, *, actor: User) -> None:
    """Put an open deal into a category of the forecast; "" leaves it to its stage again.

    Raises NotAllowedNow for a closed deal.
    """
    if not deal.is_open:
        raise NotAllowedNow(f"“{deal}” is {deal.get_status_display().lower()}.")
    if not category:
        ForecastCall.objects.filter(deal=deal).delete()
        return
    values = {"category": ForecastCall.Category(category), "by": actor, "at": now()}
    ForecastCall.objects.update_or_create(deal=deal, defaults=values)
