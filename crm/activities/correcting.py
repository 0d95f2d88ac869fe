"""Correcting and deleting what somebody has logged: by its author, within a day."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from crm.activities.models import Activity, FollowUp
from crm.activities.services import FIRST_CALL, check, is_contact
from crm.activities.timeline import Page
from crm.funnel.models import Handoff
from crm.outbox import services as outbox
from crm.users.models import User
from leads.models import Lead
from leads.normalising import many_lines, one_line

ACTIVITY_CHANGED = "activities.changed"
"""Payload {"lead": pk, "deal": pk or None}: an activity was corrected or deleted. Asked for if a
higher app registered a handler for it."""

OPEN_FOR = timedelta(days=1)
AT_ONCE = timedelta(minutes=1)
"""Within this of its logging an activity has completed the first call."""
CORRECTED = ("outcome", "text", "minutes", "meeting_kind", "place", "shown", "reaction", "at")


def changeable(user: User) -> QuerySet[Activity]:
    """Return what `user` may correct or delete: typed by them, less than a day ago."""
    return Activity.objects.filter(
        by=user, typed=True, created_at__gt=now() - OPEN_FOR, lead__in=Lead.objects.visible_to(user)
    )


def changeable_on(page: Page, user: User) -> set[str]:
    """Return the keys of the events that `user` may correct; asks only if some are theirs."""
    own = [
        item.number
        for item in page.items
        if item.key.startswith("activity-") and item.who == str(user)
    ]
    found = changeable(user).filter(pk__in=own).values_list("pk", flat=True) if own else []
    return {f"activity-{pk}" for pk in found}


@transaction.atomic
def correct(activity: Activity, **values: Any) -> Activity:
    """Write what was meant; see CORRECTED. Raises NotLogged or BadValue as logging does."""
    if unknown := values.keys() - set(CORRECTED):
        raise TypeError(f"not to be corrected: {unknown}")
    values["at"] = values.get("at") or activity.at
    values["text"] = many_lines(values.get("text", ""))
    for name in {"place", "shown"} & values.keys():
        values[name] = one_line(values[name])
    check(Activity.Kind(activity.kind), values["text"], values["at"], values.get("minutes"))
    was_contact = is_contact(activity)
    for name, value in values.items():
        setattr(activity, name, value)
    activity.save(update_fields=[*values, "search_key"])
    measure_again(activity, contact=was_contact or is_contact(activity))
    return activity


@transaction.atomic
def delete(activity: Activity) -> None:
    """Delete an activity and take back what followed from it."""
    Activity.objects.filter(pk=activity.pk).delete()
    measure_again(activity, contact=is_contact(activity))


def measure_again(activity: Activity, *, contact: bool) -> None:
    """Let the first contact, the first call and the deal's last activity follow a change.

    contact: whether the activity is one with the lead, or was before
    """
    if contact:
        measure_contact(activity)
    if ACTIVITY_CHANGED in outbox.HANDLERS:
        key = f"{ACTIVITY_CHANGED}:{activity.pk}:{now().isoformat()}"
        payload = {"lead": activity.lead_id, "deal": activity.deal_id}
        outbox.enqueue(ACTIVITY_CHANGED, key, payload)


def measure_contact(activity: Activity) -> None:
    """Find the first contact since sales accepted the lead again.

    Without one, the first call that this activity completed is open again.
    """
    lead = activity.lead
    accepted = Handoff.objects.accepted().filter(lead=lead).order_by("-attempt").first()
    if accepted is None or accepted.answered_at is None:
        return
    known = Activity.objects.filter(lead=lead, at__gte=accepted.answered_at).order_by("at")
    first = next((one.at for one in known if is_contact(one)), None)
    Handoff.objects.filter(pk=accepted.pk).update(first_contact_at=first)
    call = FollowUp.objects.filter(key=f"{FIRST_CALL}{accepted.pk}")
    if first is not None:
        call.open().update(done_at=now())
        return
    logged = activity.created_at
    call.filter(done_at__range=(logged - AT_ONCE, logged + AT_ONCE)).update(done_at=None)
