"""Choosing a new password, by a mailed link or while logged in: how often it may be tried."""

from datetime import timedelta

from allauth.account import views
from allauth.account.utils import url_str_to_user_pk
from django.http import HttpRequest, HttpResponse

from crm.common.views import too_many_requests
from crm.mailing.links import blank_used
from crm.people.devices import remember
from crm.people.log_in import account_attempts
from crm.throttling.services import Limit, count_attempt, count_attempts, forget, network_of
from crm.users.models import User
from crm.users.permissions import EVERYBODY, SignedInRequest, allow

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ASKED = (Limit("reset, network", 20, MINUTE), Limit("reset, network", 100, HOUR))
OPENED = Limit("reset link, network", 60, MINUTE)
CHANGED = Limit("password change, user", 5, MINUTE)
MAILED = Limit("reset, account", 5, HOUR)


def may_mail_link(user: User) -> bool:
    """Count one more link for `user`; False after five an hour, when there are some to choose from.

    The answer to who asked stays the same: it tells nobody whether there is such an account, and
    nobody can keep the owner from the links that were mailed.
    """
    return count_attempt(MAILED, str(user.pk)) is None


def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Take the address of somebody who has forgotten their password."""
    if request.method == "POST":
        network = network_of(request)
        if refusal := count_attempts(*((limit, network) for limit in ASKED)):
            return too_many_requests(request, refusal.seconds)
    response: HttpResponse = views.password_reset(request)
    return response


def choose(request: HttpRequest, uidb36: str, key: str) -> HttpResponse:
    """Open a mailed link and choose a password; the account is free and the device known then."""
    if refusal := count_attempt(OPENED, network_of(request)):
        return too_many_requests(request, refusal.seconds)
    response: HttpResponse = views.password_reset_from_key(request, uidb36=uidb36, key=key)
    if request.method == "POST" and response.status_code == 302:
        user = User.objects.get(pk=url_str_to_user_pk(uidb36))
        forget(*account_attempts(user.email or ""))
        blank_used(f"password_reset:{user.pk}:")
        remember(request, response, user)
    return response


@allow(EVERYBODY)
def change(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST" and (refusal := count_attempt(CHANGED, str(request.user.pk))):
        return too_many_requests(request, refusal.seconds)
    response: HttpResponse = views.password_change(request)
    if request.method == "POST" and response.status_code == 302:
        blank_used(f"password_reset:{request.user.pk}:")
    return response
