"""Logging in: how often it may be tried, from where, and who hears of it.

Attempts are counted before the password is looked at, and given back when it was right. A device
that the account knows has a budget of its own; all others share one for each network and one for
each account. So a stranger can never keep somebody out of their own browser.
"""

from datetime import timedelta

from allauth.account import views
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate

from crm.common.views import too_many_requests
from crm.mailing import services as mailing
from crm.people.devices import device_of
from crm.throttling.services import Limit, Refusal, count_attempts, give_back, network_of
from crm.users.models import User

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NETWORK = (Limit("log-in, network", 30, MINUTE), Limit("log-in, network", 300, HOUR))
ACCOUNT = (
    Limit("log-in, account", 5, timedelta(minutes=5)),
    Limit("log-in, account", 50, DAY),
)
DEVICE = (Limit("log-in, device", 10, timedelta(minutes=5)), Limit("log-in, device", 50, DAY))

Attempts = list[tuple[Limit, str]]


def log_in(request: HttpRequest) -> HttpResponse:
    """Show the log-in or try it; 429 with the time to wait after too many wrong passwords."""
    if request.method != "POST" or request.user.is_authenticated:
        return show(request)
    address = request.POST.get("login", "").strip().lower()
    user = User.objects.filter(email=address).first() if is_plain(address) else None
    attempts = attempts_of(request, address, user)
    if refusal := count_attempts(*attempts):
        if user and refusal.limit in ACCOUNT and refusal.is_first:
            warn_owner(user)
        return too_many_requests(request, refusal.seconds, advice=advice(refusal))
    response = show(request)
    if request.user.is_authenticated:
        give_back(*attempts)
    return response


def show(request: HttpRequest) -> HttpResponse:
    response: HttpResponse = views.login(request)
    return response


def is_plain(address: str) -> bool:
    """Return whether the database can be asked for `address` at all."""
    return 0 < len(address) <= 254 and "\0" not in address


def attempts_of(request: HttpRequest, address: str, user: User | None) -> Attempts:
    """Return what one attempt counts against."""
    device = device_of(request)
    if device and user and user.pk in device.users:
        return [(limit, f"{device.id}:{user.pk}") for limit in DEVICE]
    network = network_of(request)
    return [(limit, network) for limit in NETWORK] + account_attempts(address)


def account_attempts(address: str) -> Attempts:
    return [(limit, address) for limit in ACCOUNT]


def advice(refusal: Refusal) -> str:
    if refusal.limit not in ACCOUNT:
        return ""
    return (
        "A browser in which you logged in before is not affected. "
        "In a new one you can also choose a new password."
    )


def warn_owner(user: User) -> None:
    """Tell the owner of an account, once a day at most, that somebody tries to get in."""
    if not user.can_log_in or not user.email:
        return
    mailing.send(
        key=f"log_in_attempts:{user.pk}:{localdate().isoformat()}",
        to=user.email,
        subject="Somebody tried to log in as you",
        template="log_in_attempts",
        context={"user": user},
    )
