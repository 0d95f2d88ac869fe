from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from crm.mailing.models import Mail
from crm.outbox.models import Effect
from crm.reports import scheduling, tasks
from crm.reports.models import SavedReport
from crm.users.models import Role, Scope
from tests.factories import LeadFactory, UserFactory

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=BERLIN)


def mailed(user, *recipients, **fields):
    fields = {"every": "weekly", "report": "funnel", "query": "period=all", **fields}
    saved = SavedReport(user=user, name="The week", **fields)
    scheduling.start(saved, MONDAY - timedelta(days=1))
    saved.save()
    saved.recipients.set(recipients or [user])
    return saved


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (MONDAY - timedelta(seconds=1), date(2026, 11, 16)),
        (MONDAY, date(2026, 11, 23)),
        (MONDAY + timedelta(days=6), date(2026, 11, 23)),
    ],
)
def test_a_weekly_report_is_due_from_its_hour_on(at, due):
    assert scheduling.last_due(SavedReport(every="weekly", weekday=0, hour=8), at, BERLIN) == due


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 3, 28, 7, 59, tzinfo=BERLIN), date(2026, 2, 28)),
        (datetime(2026, 3, 28, 8, tzinfo=BERLIN), date(2026, 3, 28)),
        (datetime(2026, 3, 27, 12, tzinfo=BERLIN), date(2026, 2, 28)),
        (datetime(2026, 1, 2, tzinfo=BERLIN), date(2025, 12, 28)),
    ],
)
def test_a_monthly_report_is_due_on_its_day(at, due):
    assert scheduling.last_due(SavedReport(every="monthly", day=28, hour=8), at, BERLIN) == due


@given(
    at=st.integers(0, 4 * 366 * 24 * 60).map(
        lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n)
    ),
    every=st.sampled_from(["weekly", "monthly"]),
    weekday=st.integers(0, 6),
    day=st.integers(1, 28),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Niue", "America/New_York"]),
)
def test_what_is_due_has_passed_and_is_less_than_a_round_ago(at, every, weekday, day, hour, zone):
    saved = SavedReport(every=every, weekday=weekday, day=day, hour=hour)

    due = scheduling.last_due(saved, at, ZoneInfo(zone))

    since = at - datetime(due.year, due.month, due.day, hour, tzinfo=ZoneInfo(zone))
    assert timedelta(0) <= since + timedelta(hours=1)
    assert since < timedelta(days=7 if every == "weekly" else 31, hours=2)


@pytest.mark.django_db
def test_a_report_is_mailed_once_a_week(organisation, run_effects):
    mailed(UserFactory(role=Role.MARKETING_MANAGER))

    for _ in range(2):
        scheduling.ask_for_mails(MONDAY)
        run_effects()

    assert Mail.objects.filter(key__startswith="report:").count() == 1
    assert scheduling.ask_for_mails(MONDAY + timedelta(days=6)) == 0
    assert scheduling.ask_for_mails(MONDAY + timedelta(days=7)) == 1


@pytest.mark.django_db
def test_what_was_due_before_it_was_saved_is_not_mailed(organisation):
    saved = mailed(UserFactory(role=Role.MARKETING_MANAGER))
    scheduling.start(saved, MONDAY + timedelta(hours=1))
    saved.save()

    assert scheduling.ask_for_mails(MONDAY + timedelta(hours=2)) == 0


@pytest.mark.django_db
def test_each_recipient_gets_the_rows_that_he_sees(organisation, run_effects):
    manager = UserFactory(role=Role.MARKETING_MANAGER)
    rep = UserFactory(role=Role.REP, scope=Scope.OWN)
    LeadFactory(owner=rep)
    LeadFactory()
    saved = mailed(manager, manager, rep)

    scheduling.handle({"saved": saved.pk, "day": "2026-11-23"})

    totals = {mail.to: mail.text.partition("Total: ")[2][:7] for mail in Mail.objects.all()}
    assert totals == {manager.email: "Lead 2,", rep.email: "Lead 1,"}


@pytest.mark.django_db
def test_who_has_left_gets_no_report(organisation, run_effects):
    manager, gone = UserFactory(role=Role.ADMIN), UserFactory(role=Role.REP, is_active=False)
    saved = mailed(manager, gone)

    scheduling.handle({"saved": saved.pk, "day": "2026-11-23"})

    assert not Mail.objects.exists()


@pytest.mark.django_db
def test_beat_asks_for_what_is_due(organisation):
    saved = mailed(UserFactory(role=Role.ADMIN))
    SavedReport.objects.filter(pk=saved.pk).update(mailed_for=date(2026, 1, 1))

    tasks.mail_reports()
    tasks.mail_reports()

    assert Effect.objects.filter(kind=scheduling.MAIL).count() == 1


@pytest.mark.django_db
def test_a_report_is_saved_as_it_is_shown(organisation, sign_in):
    user = UserFactory(role=Role.MARKETER)

    sign_in(user).post(
        "/reports/funnel/save/",
        {"name": "By campaign", "query": "by=campaign&period=quarter&page=3&sort=x"},
    )

    saved = SavedReport.objects.get()
    assert (saved.query, saved.every) == ("by=campaign&period=quarter", "")
    page = sign_in(user).get("/reports/").content.decode()
    assert "/reports/funnel/?by=campaign&amp;period=quarter" in page


@pytest.mark.django_db
def test_a_mailed_report_needs_a_recipient_and_a_new_name(organisation, sign_in):
    user = UserFactory(role=Role.MARKETING_MANAGER)
    mailed(user)
    client = sign_in(user)

    nobody = client.post("/reports/funnel/save/", {"name": "Other", "every": "weekly"})
    taken = client.post("/reports/funnel/save/", {"name": "the WEEK"})

    assert nobody.status_code == taken.status_code == 422
    assert "Choose who gets it." in nobody.content.decode()
    assert "report of this name already" in taken.content.decode()
    assert SavedReport.objects.count() == 1


@pytest.mark.django_db
def test_a_rep_mails_to_himself_alone(organisation, sign_in):
    rep, other = UserFactory(role=Role.REP), UserFactory(role=Role.REP)
    asked = {"name": "Mine", "every": "weekly"}

    refused = sign_in(rep).post("/reports/funnel/save/", {**asked, "recipients": [other.pk]})
    taken = sign_in(rep).post("/reports/funnel/save/", {**asked, "recipients": [rep.pk]})

    assert (refused.status_code, taken.status_code) == (422, 302)


@pytest.mark.django_db
def test_a_saved_report_can_be_mailed_now(organisation, sign_in):
    user = UserFactory(role=Role.MARKETING_MANAGER)
    saved = mailed(user)

    sign_in(user).post(f"/reports/saved/{saved.pk}/send/")

    mail = Mail.objects.get()
    assert mail.to == user.email
    assert "/reports/funnel/?period=all" in mail.html


@pytest.mark.django_db
def test_the_list_of_reports_costs_few_queries(
    organisation, sign_in, django_assert_max_num_queries
):
    user = UserFactory(role=Role.MARKETING_MANAGER)
    for number in range(5):
        saved = SavedReport.objects.create(user=user, report="funnel", name=f"R{number}")
        saved.recipients.add(user)
    client = sign_in(user)

    with django_assert_max_num_queries(7):
        client.get("/reports/")


@pytest.mark.django_db
def test_asked_for_twice_by_a_double_click_it_is_mailed_once(organisation, sign_in):
    user = UserFactory(role=Role.SALES_MANAGER)
    saved = SavedReport.objects.create(user=user, report="funnel", name="Mine", query="period=all")
    client = sign_in(user)

    with time_machine.travel(now(), tick=False):
        for _ in range(2):
            client.post(f"/reports/saved/{saved.pk}/send/")

    assert Mail.objects.count() == 1
    told = [str(one) for one in client.get("/reports/").context["messages"]]
    assert told == [f"“Mine” is on its way to {user.email}"] * 2
