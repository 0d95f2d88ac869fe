"""The organisation's settings, and everybody's own."""

from datetime import UTC, date, datetime

import pytest

from crm.users.calendar import business_calendar
from crm.users.models import Holiday, Organisation, Role, User
from tests.factories import UserFactory
from tests.matrix.users import ORGANISATION

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
PATH = "/settings/organisation/"


@pytest.fixture
def browser(sign_in):
    return sign_in(role=Role.ADMIN)


def test_administrator_sets_the_working_week(browser):
    week = {**ORGANISATION, "from_0": "08:00", "works_5": "on", "from_5": "10:00", "to_5": "12:30"}
    del week["works_2"]

    response = browser.post(PATH, week)

    assert response.status_code == 302
    assert Organisation.get().workdays == [
        ["08:00", "17:00"], ["09:00", "17:00"], None, ["09:00", "17:00"], ["09:00", "17:00"],
        ["10:00", "12:30"], None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"time_zone": "Mars/Olympus"},
        {"currency": "XXQ"},
        {"name": ""},
        {"remind_percent": 100},
        {"remind_percent": 0},
        {"answer_minutes": 0},
        {"digest_hour": 24},
        {"from_0": "18:00"},
        {"to_0": ""},
        {"holiday_country": "QQ"},
    ],
)
def test_a_wrong_value_changes_nothing(browser, wrong):
    before = Organisation.objects.values().get()

    response = browser.post(PATH, {**ORGANISATION, **wrong})

    assert response.status_code == 422
    assert Organisation.objects.values().get() == before


def test_a_week_that_never_opens_is_refused(browser):
    closed = {key: value for key, value in ORGANISATION.items() if not key.startswith("works_")}

    response = browser.post(PATH, closed)

    assert response.status_code == 422
    assert "At least one day needs working hours" in response.content.decode()
    assert any(Organisation.get().workdays)


def test_deadlines_leave_out_public_holidays_and_our_own(browser):
    browser.post(PATH, {**ORGANISATION, "holiday_country": "DE", "time_zone": "Europe/Berlin"})
    browser.post("/settings/holidays/new/", {"day": "2026-12-28", "name": "Between the years"})

    due = business_calendar().add_minutes(datetime(2026, 12, 24, 15, 0, tzinfo=UTC), 120)

    assert due == datetime(2026, 12, 29, 9, 0, tzinfo=UTC)


def test_own_holiday_is_added_once_and_removed(browser):
    browser.post("/settings/holidays/new/", {"day": "2026-12-24"})
    twice = browser.post("/settings/holidays/new/", {"day": "2026-12-24"})
    count = Holiday.objects.count()
    browser.post(f"/settings/holidays/{Holiday.objects.get().pk}/remove/")

    assert (twice.status_code, count, Holiday.objects.count()) == (422, 1, 0)
    assert date(2026, 12, 24) not in business_calendar().holidays


def test_a_page_asks_for_the_organisation_once(sign_in, django_assert_max_num_queries):
    browser = sign_in(role=Role.REP, time_zone="")

    with django_assert_max_num_queries(10) as asked:
        browser.get("/settings/")

    assert sum("users_organisation" in query["sql"] for query in asked.captured_queries) == 1


def test_settings_show_each_role_only_what_it_may_open(sign_in):
    def shown(role):
        groups = sign_in(role=role).get("/settings/").context["groups"]
        return {place.label for places in groups.values() for place, _ in places}

    assert {"Organisation", "People", "Teams", "Profile"} <= shown(Role.ADMIN)
    assert "Organisation" not in shown(Role.SALES_MANAGER)
    assert "People" in shown(Role.SALES_MANAGER)
    assert "Profile" in shown(Role.VIEWER)
    assert "People" not in shown(Role.VIEWER)


def test_everybody_edits_the_own_profile_and_nothing_more(sign_in):
    rep = UserFactory(role=Role.REP)

    response = sign_in(rep).post("/profile/", {
        "name": "Rita", "time_zone": "America/New_York", "theme": "dark", "single_keys": "",
        "role": "admin", "scope": "all", "capacity": "9999",
    })  # fmt: skip

    rep.refresh_from_db()
    assert response.status_code == 302
    assert (rep.name, rep.time_zone, rep.theme, rep.single_keys) == (
        "Rita", "America/New_York", "dark", False,
    )  # fmt: skip
    assert (rep.role, rep.scope, rep.capacity) == (Role.REP, "own", 30)


def test_theme_is_kept_from_the_top_bar(sign_in):
    rep = UserFactory()
    browser = sign_in(rep)

    good = browser.post("/profile/theme/", {"theme": "dark"})
    bad = browser.post("/profile/theme/", {"theme": "neon"})

    assert (good.status_code, bad.status_code) == (204, 400)
    assert User.objects.get(pk=rep.pk).theme == "dark"


def test_navigation_leaves_out_what_the_role_may_not_open(sign_in):
    page = sign_in(role=Role.VIEWER).get("/settings/")

    nav = {entry["key"]: entry for entry in page.context["nav"]}
    assert nav["settings"]["active"]
    assert not [key for key, entry in nav.items() if entry["active"] and key != "settings"]


def test_page_that_refuses_names_who_can_grant(sign_in):
    UserFactory(role=Role.ADMIN, name="Alice Admin")

    page = sign_in(role=Role.REP).get(PATH)

    assert page.status_code == 403
    assert "Alice Admin" in page.content.decode()
