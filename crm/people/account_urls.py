"""The parts of allauth that we use: log-in, log-out, password. Nobody signs up by himself."""

from allauth.account import views
from django.urls import path, re_path

from crm.people import log_in, passwords

urlpatterns = [
    path("login/", log_in.log_in, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/change/", passwords.change, name="account_change_password"),
    path("password/reset/", passwords.ask_for_link, name="account_reset_password"),
    path("password/reset/sent/", views.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/saved/",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        passwords.choose,
        name="account_reset_password_from_key",
    ),
]
