"""Invitations: a signed link that makes a known person choose a password, once."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.timezone import now

from crm.mailing import services as mailing
from crm.mailing.links import blank_used
from crm.people.services import check_may_change
from crm.users.models import User

SALT = "crm.people.invitations"
LIFE = timedelta(days=7)


class CannotInvite(ValueError):
    """An invitation needs an e-mail address, and somebody who cannot log in yet."""


@transaction.atomic
def invite(user: User, *, actor: User) -> None:
    """Send `user` a link to choose a password. An earlier link stops working.

    Raises CannotInvite, NotAllowed.
    """
    check_may_change(actor, user, user.role)
    if not user.email or not user.is_active or user.has_usable_password():
        raise CannotInvite(f"{user} needs an address, and must not have a password yet.")
    blank_used(mail_key(user))
    at = now()
    User.objects.filter(pk=user.pk).update(invited_at=at)
    user.invited_at = at
    mailing.send(
        key=f"{mail_key(user)}{at.timestamp()}",
        to=user.email,
        subject=f"{actor} invites you to Tandem",
        template="invitation",
        context={"user": user, "actor": actor, "url": link(user), "days": LIFE.days},
        link_life=LIFE,
    )


def mail_key(user: User) -> str:
    """Return what the keys of all mails that invite `user` begin with."""
    return f"invitation:{user.pk}:"


def link(user: User) -> str:
    """Return the address, by the configured site, at which `user` chooses his password."""
    path = reverse("users:accept", args=[token(user)])
    return f"{settings.SITE_URL}{path}"


def token(user: User) -> str:
    signed: str = signing.dumps([user.pk, seal(user)], salt=SALT)
    return signed


def seal(user: User) -> str:
    """Return what changes when the invitation is used, sent anew or made void."""
    state = f"{user.pk}:{user.password}:{user.email}:{user.is_active}:{user.invited_at}"
    return salted_hmac(SALT, state).hexdigest()[:32]


def invited(token: str) -> User | None:
    """Return the person whom this link invites; None for a wrong, used, old or replaced link."""
    try:
        pk, sealed = signing.loads(token, salt=SALT, max_age=LIFE)
    except signing.BadSignature:
        return None
    user = User.objects.active().filter(pk=pk).first()
    if user is None or user.has_usable_password():
        return None
    return user if constant_time_compare(seal(user), sealed) else None


@transaction.atomic
def accept(token: str, *, name: str, password: str) -> User | None:
    """Let the invited person in with this password; None if the link does not work (any more)."""
    found = invited(token)
    if found is None:
        return None
    user = User.objects.select_for_update().get(pk=found.pk)
    if invited(token) is None:
        return None
    user.name, user.joined_at = name, now()
    user.set_password(password)
    user.save(update_fields=["name", "password", "joined_at"])
    blank_used(mail_key(user))
    return user
