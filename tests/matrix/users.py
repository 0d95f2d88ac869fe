"""Rows of log-in, people, teams, settings and the first-run set-up."""

import uuid

from crm.users.permissions import ADMINS, EVERYBODY, MANAGERS, MARKETING_MANAGERS
from tests.factories import PASSWORD
from tests.matrix.base import Row

DAYS = {"first_day": "2026-12-01", "last_day": "2026-12-05"}
HOURS = {f"works_{day}": "on" for day in range(5)} | {
    f"{part}_{day}": at for day in range(5) for part, at in (("from", "09:00"), ("to", "17:00"))
}
PERSON = {"name": "Eva", "email": "eva@example.com", "role": "rep", "capacity": 9, "weight": 1}
ORGANISATION = {
    "name": "Acme", "currency": "EUR", "time_zone": "Europe/Berlin", "answer_minutes": 240,
    "contact_minutes": 1440, "remind_percent": 75, "digest_weekday": 0, "digest_hour": 8, **HOURS,
}  # fmt: skip

ROWS = [
    Row("account_login", EVERYBODY, EVERYBODY, public=True),
    Row("account_logout", EVERYBODY, EVERYBODY, public=True),
    Row("account_inactive", EVERYBODY, public=True),
    Row("account_change_password", EVERYBODY, EVERYBODY, data={
        "oldpassword": PASSWORD, "password1": "another good one", "password2": "another good one",
    }),
    Row("account_reset_password", EVERYBODY, EVERYBODY, data={"email": "x@y.com"}, public=True),
    Row("account_reset_password_done", EVERYBODY, public=True),
    Row("account_reset_password_from_key", EVERYBODY, EVERYBODY, args=("1", "x"), public=True),
    Row("account_reset_password_from_key_done", EVERYBODY, public=True),
    Row("setup", None, None, public=True),
    Row("styleguide", EVERYBODY, public=True),
    Row("users:restore", post=EVERYBODY, args=(uuid.UUID(int=0),)),
    Row("users:accept", EVERYBODY, EVERYBODY, obj="invited user", data={
        "name": "Eva", "password": PASSWORD,
    }, public=True),
    Row("users:welcome", ADMINS, ADMINS),
    Row("users:settings", EVERYBODY),
    Row("users:organisation", ADMINS, ADMINS, data=ORGANISATION),
    Row("users:letterhead", MARKETING_MANAGERS, MARKETING_MANAGERS, data={
        "postal_address": "2 Acme Road", "mail_colour": "#7a1fa2",
    }),
    Row("users:letterhead-preview", MARKETING_MANAGERS),
    Row("users:add-holiday", None, ADMINS, data={"day": "2026-12-27"}),
    Row("users:remove-holiday", None, ADMINS, obj="holiday"),
    Row("users:list", MANAGERS),
    Row("users:create", ADMINS, ADMINS, data=PERSON),
    Row("users:edit", ADMINS, ADMINS, obj="user", data=PERSON),
    Row("users:work", MANAGERS, MANAGERS, obj="person", data={"capacity": 5, "weight": 2}),
    Row("users:invite", None, ADMINS, obj="imported user"),
    Row("users:deactivate", ADMINS, ADMINS, obj="user"),
    Row("users:transfers", MANAGERS, obj="person"),
    Row("users:reactivate", None, ADMINS, obj="user"),
    Row("users:add-absence", None, EVERYBODY, obj="person", data=DAYS),
    Row("users:remove-absence", None, EVERYBODY, obj="absence"),
    Row("users:teams", ADMINS),
    Row("users:create-team", ADMINS, ADMINS, data={"name": "North"}),
    Row("users:edit-team", ADMINS, ADMINS, obj="team", data={"name": "North"}),
    Row("users:delete-team", None, ADMINS, obj="team"),
    Row("users:profile", EVERYBODY, EVERYBODY, data={"name": "Ana", "theme": "dark"}),
    Row("users:theme", None, EVERYBODY, data={"theme": "dark"}),
]  # fmt: skip
