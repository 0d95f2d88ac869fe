"""The composer and the list of follow-ups, with and without JavaScript."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils.timezone import now

from crm.activities import services
from crm.activities.agenda import group_of_day
from crm.activities.models import Activity, FollowUp
from crm.activities.services import NextStep
from crm.users.models import Role
from tests.factories import DealFactory, LeadFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
LIST = reverse("activities:list")
CALL = Activity.Kind.CALL


@pytest.fixture
def rep():
    return UserFactory(team=TeamFactory())


@pytest.fixture
def client(organisation, sign_in, rep):
    return sign_in(rep)


@pytest.fixture
def lead(rep):
    return LeadFactory(name="Ana", owner=rep, team=rep.team)


def log_url(lead, kind="call"):
    return reverse("activities:log", args=[lead.pk, kind])


def planned(lead, owner, due_at):
    return services.plan_follow_up(lead, NextStep(CALL, due_at), owner=owner)


def test_call_is_logged_with_its_next_step(client, lead, rep):
    data = {
        "text": "Wants a demo", "outcome": "reached", "minutes": "12",
        "next_kind": "demo", "next_due": "2030-03-01T09:00",
    }  # fmt: skip

    response = client.post(log_url(lead), data, **HTMX)

    call, step = Activity.objects.get(), FollowUp.objects.get()
    assert (call.outcome, call.minutes, call.by) == ("reached", 12, rep)
    assert step.due_at == datetime(2030, 3, 1, 9, tzinfo=ZoneInfo("Europe/Berlin"))
    assert "activity-logged" in response["HX-Trigger"]


def test_note_is_logged_without_javascript(client, lead):
    response = client.post(log_url(lead, "note"), {"text": "Hello"})

    assert response.url == lead.get_absolute_url()
    assert Activity.objects.get().kind == Activity.Kind.NOTE


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("note", {"text": ""}),
        ("call", {"outcome": "magic"}),
        ("call", {"outcome": "reached", "minutes": "-1"}),
        ("call", {"outcome": "reached", "at": "2999-01-01T09:00"}),
        ("note", {"text": "x", "next_kind": "call", "next_due": ""}),
        ("note", {"text": "a\u202eb"}),
    ],
)
def test_what_cannot_be_logged_is_refused_with_what_was_typed(client, lead, kind, data):
    response = client.post(log_url(lead, kind), data, **HTMX)

    assert response.status_code == 422
    assert not Activity.objects.exists()
    assert not FollowUp.objects.exists()


def test_activity_can_be_about_one_of_the_leads_deals(client, lead, rep):
    deal, other = DealFactory(lead=lead, owner=rep), DealFactory()

    client.post(f"{log_url(lead)}?deal={deal.pk}", {"outcome": "reached"})
    refused = client.post(f"{log_url(lead)}?deal={other.pk}", {"outcome": "reached"})

    assert Activity.objects.get().deal == deal
    assert refused.status_code == 404


def test_only_a_call_asks_for_an_outcome(client, lead):
    assert "outcome" in client.get(log_url(lead)).content.decode()
    assert "outcome" not in client.get(log_url(lead, "note")).content.decode()


@pytest.mark.parametrize(
    ("day", "group"),
    [(3, "today"), (4, "today"), (5, "tomorrow"), (6, "week"), (8, "week"), (9, "later")],
)
def test_days_fall_into_groups(day, group):
    wednesday = datetime(2026, 3, 4).date()  # noqa: DTZ001 - a day

    assert group_of_day(wednesday.replace(day=day), wednesday) == group


@time_machine.travel(datetime(2026, 3, 4, 12, tzinfo=ZoneInfo("Europe/Berlin")), tick=False)
def test_follow_ups_are_grouped_by_when_they_are_due(client, lead, rep):
    for hours in (-50, -1, 1, 24, 60, 24 * 9):
        planned(lead, rep, now() + timedelta(hours=hours))
    planned(lead, UserFactory(), now())

    groups = client.get(LIST).context["groups"]

    counted = {group.label: len(group.follow_ups) for group in groups}
    assert counted == {"Overdue": 2, "Today": 1, "Tomorrow": 1, "This week": 1, "Later": 1}


def test_follow_up_is_completed_in_one_click_and_asks_what_comes_next(client, lead, rep):
    follow_up = planned(lead, rep, now())

    page = client.post(reverse("activities:complete", args=[follow_up.pk]), **HTMX)
    client.post(
        reverse("activities:plan-next", args=[follow_up.pk]),
        {"next_kind": "email", "next_due": "2030-03-01T09:00"},
        **HTMX,
    )

    follow_up.refresh_from_db()
    assert follow_up.done_at is not None
    assert "Next step for Ana?" in page.content.decode()
    step = FollowUp.objects.open().get()
    assert (step.title, step.owner) == ("Write to Ana", rep)


def test_completion_is_taken_back(client, lead, rep):
    follow_up = planned(lead, rep, now())
    services.complete_follow_up(follow_up)

    client.post(reverse("activities:reopen", args=[follow_up.pk]))

    assert FollowUp.objects.open().get() == follow_up


def test_no_next_step_is_an_answer_too(client, lead, rep):
    follow_up = planned(lead, rep, now())

    response = client.post(reverse("activities:plan-next", args=[follow_up.pk]), {}, **HTMX)

    assert response.status_code == 200
    assert FollowUp.objects.count() == 1


def test_follow_up_is_put_off(client, lead, rep):
    due = now() + timedelta(hours=2)
    follow_up = planned(lead, rep, due)

    client.post(reverse("activities:snooze", args=[follow_up.pk]), {"days": "7"}, **HTMX)

    follow_up.refresh_from_db()
    assert follow_up.due_at == due + timedelta(days=7)


def test_follow_up_is_edited(client, lead, rep):
    follow_up = planned(lead, rep, now())
    url = reverse("activities:follow-up-edit", args=[follow_up.pk])

    client.post(url, {"kind": "email", "title": "Send prices", "due_at": "2030-03-01T09:00"})

    follow_up.refresh_from_db()
    assert (follow_up.kind, follow_up.title) == ("email", "Send prices")


@pytest.mark.parametrize("typed", ["ana@example.org", "Ana", "Somebody #{pk}"])
def test_follow_up_is_planned_for_a_lead_chosen_by_typing(client, rep, typed):
    lead = LeadFactory(name="Ana", email="ana@example.org", owner=rep)
    url = reverse("activities:follow-up-create")

    client.post(
        url, {"lead": typed.format(pk=lead.pk), "kind": "call", "due_at": "2030-03-01T09:00"}
    )

    assert FollowUp.objects.get().lead == lead


@pytest.mark.parametrize("typed", ["Hidden", "Twin", "nobody", "#0", "x #99999999999999999999"])
def test_lead_that_is_not_found_or_not_one_is_refused(client, rep, typed):
    LeadFactory(name="Hidden", owner=UserFactory())
    for _ in range(2):
        LeadFactory(name="Twin", owner=rep)
    url = reverse("activities:follow-up-create")

    response = client.post(url, {"lead": typed, "kind": "call", "due_at": "2030-03-01T09:00"})

    assert response.status_code == 422
    assert not FollowUp.objects.exists()


def test_activity_from_anywhere_starts_with_the_lead(client, lead):
    response = client.post(reverse("activities:create"), {"lead": f"Ana #{lead.pk}"})

    assert response.url == log_url(lead)


@pytest.mark.parametrize("count", [5, 50])
def test_list_takes_ten_queries(organisation, sign_in, count, django_assert_max_num_queries):
    client = sign_in(role=Role.ADMIN)
    for _ in range(count):
        owner = UserFactory(team=TeamFactory())
        deal = DealFactory(lead=LeadFactory(), owner=owner)
        services.plan_follow_up(deal.lead, NextStep(CALL, now()), owner=owner, deal=deal)

    with django_assert_max_num_queries(10):
        response = client.get(f"{LIST}?view=all")

    assert sum(len(group.follow_ups) for group in response.context["groups"]) == count


def test_anothers_follow_up_does_not_exist_and_stays_open(client, lead):
    follow_up = planned(LeadFactory(), UserFactory(team=TeamFactory()), now())

    for name in ("complete", "reopen", "snooze", "plan-next"):
        url = reverse(f"activities:{name}", args=[follow_up.pk])
        assert client.post(url).status_code == 404, name

    follow_up.refresh_from_db()
    assert follow_up.done_at is None
