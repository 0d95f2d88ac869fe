"""The organisation's business calendar, read from its settings and holidays."""

from datetime import date, time
from functools import lru_cache

import holidays
from django.utils.timezone import now

from crm.common.business_time import BusinessCalendar, Hours
from crm.users.models import Holiday, Organisation

NEVER = (None,) * 7


def business_calendar(organisation: Organisation | None = None) -> BusinessCalendar:
    """Return the calendar by which deadlines run, holidays of this year and the next three."""
    organisation = organisation or Organisation.get()
    return BusinessCalendar(
        zone=organisation.zone,
        week=tuple(as_hours(day) for day in organisation.workdays) or NEVER,
        holidays=frozenset(Holiday.objects.values_list("day", flat=True))
        | public_holidays(organisation.holiday_country, now().year),
    )


def as_hours(day: list[str] | None) -> Hours | None:
    return (time.fromisoformat(day[0]), time.fromisoformat(day[1])) if day else None


@lru_cache(maxsize=8)
def public_holidays(country: str, this_year: int) -> frozenset[date]:
    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=range(this_year - 1, this_year + 4)))
