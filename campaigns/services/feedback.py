"""Feedback: each verdict of sales comes home to the campaign that brought the lead, once."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.timezone import now

from campaigns.models import Campaign, Feedback
from crm.funnel.models import Verdict
from crm.notifications.models import Notification
from crm.notifications.services import notify
from crm.users.models import Role, User


def handle_given(payload: dict[str, Any]) -> None:
    """Bring home one verdict. Payload {"verdict": pk}."""
    named = Verdict.objects.standing().select_related("lead__campaign__owner", "reason")
    verdict = named.filter(pk=payload["verdict"]).first()
    if verdict is not None:
        bring_home(verdict)


@transaction.atomic
def bring_home(verdict: Verdict) -> bool:
    """Put `verdict` into the inbox of its campaign's owner, and tell him; False: it was there.

    Without a campaign or an owner it is for every marketing manager.
    """
    campaign = verdict.lead.campaign
    owner = owner_of(campaign)
    feedback, created = Feedback.objects.get_or_create(
        verdict=verdict, defaults={"campaign": campaign, "owner": owner}
    )
    if created:
        for user in [owner] if owner else marketing_managers():
            tell(user, feedback)
    return created


def owner_of(campaign: Campaign | None) -> User | None:
    owner = campaign.owner if campaign else None
    return owner if owner and owner.is_active else None


def marketing_managers() -> list[User]:
    return list(User.objects.active().filter(role=Role.MARKETING_MANAGER))


def notice_key(verdict: Verdict) -> str:
    return f"verdict:{verdict.pk}"


def tell(user: User, feedback: Feedback) -> None:
    """Notify `user` of one verdict, with its reason and the rep's note."""
    verdict = feedback.verdict
    why = verdict.reason.name if verdict.reason else verdict.reason_text
    said = verdict.get_kind_display().lower()
    notify(
        user,
        key=notice_key(verdict),
        title=f"{verdict.lead}: {said}, {why}" if why else f"{verdict.lead}: {said}",
        body=" · ".join(part for part in (str(feedback.campaign or ""), verdict.note) if part),
        url=f"{reverse('campaigns:feedback')}?view=all#feedback-{feedback.pk}",
    )


def handle_withdrawn(payload: dict[str, Any]) -> None:
    """Take a withdrawn verdict out of the inbox. Payload {"verdict": pk}."""
    feedback = Feedback.objects.filter(verdict=payload["verdict"]).first()
    if feedback is not None:
        withdraw(feedback)


@transaction.atomic
def withdraw(feedback: Feedback) -> None:
    """Remove `feedback` and what told of it; who had read it learns that it no longer holds."""
    feedback.delete()
    Notification.objects.filter(key=notice_key(feedback.verdict)).delete()
    if feedback.read_at and feedback.owner:
        verdict = feedback.verdict
        notify(
            feedback.owner,
            key=f"verdict:{verdict.pk}:withdrawn",
            title=f"{verdict.lead}: {verdict.get_kind_display().lower()} was taken back",
            url=reverse("campaigns:feedback"),
        )


def mark_read(feedback: Feedback) -> bool:
    """Note that its reader has dealt with it. False if it was read before."""
    unread = Feedback.objects.filter(pk=feedback.pk, read_at=None)
    return bool(unread.update(read_at=Now()))


def mark_unread(feedback: Feedback) -> bool:
    return bool(Feedback.objects.filter(pk=feedback.pk).update(read_at=None))


def mark_all_read(user: User) -> datetime | None:
    """Mark all that `user` has to read; return the moment for `unmark_all`, None for nothing."""
    at = now()
    return at if Feedback.objects.addressed_to(user).unread().update(read_at=at) else None


def unmark_all(user: User, at: datetime) -> int:
    """Make unread again what `mark_all_read` marked at the moment `at`."""
    return Feedback.objects.addressed_to(user).filter(read_at=at).update(read_at=None)
