"""What allauth asks us: nobody signs up by himself, its mail leaves as our own, its limits are off.

How often something may be tried is counted by crm.people.log_in and crm.people.passwords.
"""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string
from django.utils.timezone import now

from crm.mailing import services as mailing
from crm.people import devices, passwords
from crm.users.models import User

MAILS = {
    "account/email/password_reset_key": ("password_reset", "Choose a new password"),
    "account/email/password_reset": ("password_changed", "Your password was changed"),
    "account/email/password_changed": ("password_changed", "Your password was changed"),
}
"""allauth's name for a mail, our template for it, its subject."""


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        raise PermissionError("Users are made by invitation.")

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Do not count in the cache, nor wait for its lock, before a password is looked at."""

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        return response

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        if passwords.may_mail_link(user):
            super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        template, subject = MAILS[template_prefix]
        url = context.get("password_reset_url", "")
        mailing.send(
            key=f"{template}:{context['user'].pk}:{get_random_string(16)}",
            to=email,
            subject=subject,
            template=template,
            context={"user": context["user"], "url": url},
            link_life=timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT) if url else None,
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        if user.email:
            self.send_mail(template_prefix, user.email, {"user": user, "at": now()})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link by the configured site, never by the Host that the browser named."""
        uid, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        return f"{settings.SITE_URL}{path}"

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("users:profile")
