"""One timeline of a lead: everything that happened, latest first, nothing twice, nothing lost."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils.timezone import now

from crm.activities import services, timeline
from crm.activities.models import Activity
from crm.activities.services import NextStep
from crm.activities.timeline import Cursor, Item, read_page, register_source
from crm.audit.models import Change
from crm.funnel import handoffs
from crm.funnel.models import Reason
from crm.users.models import Role
from leads import ownership
from leads.models import Lead
from tests.factories import LeadFactory, UserFactory, waiting_handoff

pytestmark = pytest.mark.django_db
NOTE = Activity.Kind.NOTE


def titles(page):
    return [item.title for item in page.items]


def test_everything_that_happened_shows_with_who_did_it(organisation):
    rep, manager = UserFactory(name="Rita"), UserFactory(name="Sam", role=Role.SALES_MANAGER)
    handoff = waiting_handoff(rep=rep)
    lead = handoff.lead
    handoffs.reject(
        handoff, reason=Reason.objects.filter(use="reject", note_required=False)[0], actor=rep
    )
    ownership.assign_owner(Lead.objects.filter(pk=lead.pk), rep, actor=manager)
    services.log_activity(lead, Activity.Kind.CALL, actor=rep, outcome="reached", minutes=5)
    done = services.plan_follow_up(lead, NextStep(NOTE, now(), "Look again"), owner=rep)
    services.complete_follow_up(done)

    items = read_page(lead).items

    shown = {item.title for item in items}
    assert {"Call: Reached, 5 min", "Done: Look again", "Owner changed"} <= shown
    assert {"Came into the funnel", "Lead → MQL"} <= shown
    assert any(title.startswith("Rejected by sales: ") for title in shown)
    assert any(title.startswith("Offered to Rita, attempt 1") for title in shown)
    assert [item.at for item in items] == sorted((item.at for item in items), reverse=True)
    assert "Sam" in {item.who for item in items if item.title == "Owner changed"}


def test_timeline_is_narrowed_to_one_type(organisation):
    lead, rep = LeadFactory(), UserFactory()
    services.log_activity(lead, NOTE, actor=rep, text="Hello")

    assert titles(read_page(lead, type="activities")) == ["Note"]
    assert titles(read_page(lead, type="funnel")) == ["Came into the funnel"]


def walk(lead, size):
    seen, cursor = [], None
    while True:
        page = read_page(lead, type="activities", cursor=cursor, size=size)
        seen += [item.key for item in page.items]
        if page.next is None:
            return seen
        cursor = Cursor.read(str(page.next))


@pytest.mark.parametrize("size", [1, 3, 7])
def test_pages_show_each_event_once_even_those_of_one_moment(size):
    lead, at = LeadFactory(), now() - timedelta(days=1)
    notes = [
        Activity.objects.create(lead=lead, kind=NOTE, at=at + timedelta(hours=number // 6))
        for number in range(20)
    ]

    seen = walk(lead, size)

    assert len(seen) == len(set(seen)) == len(notes)


def test_an_event_of_a_full_second_is_on_one_page(organisation):
    """The database writes such a moment otherwise than Django does, on SQLite."""
    lead, moment = LeadFactory(), datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    for _ in range(3):
        Activity.objects.create(lead=lead, kind=NOTE, at=moment)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("UPDATE activities_activity SET at = at || '.000'")

    assert len(walk(lead, 1)) == 3


def test_moments_are_compared_alike_whoever_wrote_them(organisation):
    """The history's moments come from the database's clock, cut shorter on SQLite."""
    lead, manager = LeadFactory(), UserFactory(role=Role.ADMIN)
    for number in range(12):
        owner = UserFactory() if number % 2 else None
        ownership.assign_owner(Lead.objects.filter(pk=lead.pk), owner, actor=manager)

    seen, cursor = [], None
    while page := read_page(lead, type="changes", cursor=cursor, size=2):
        seen += [item.key for item in page.items]
        if not (cursor := page.next):
            break

    assert len(seen) == len(set(seen)) == Change.objects.of(lead).count()


@pytest.fixture
def more_events():
    register_source("extra", "extra", "Extra", lambda lead, before, limit: [
        Item(now(), "extra-1", "A touch", text=str(lead))
    ])  # fmt: skip
    yield
    del timeline.TIMELINE_SOURCES["extra"], timeline.TYPES["extra"]


def test_higher_apps_add_their_events(more_events):
    assert titles(read_page(LeadFactory()))[0] == "A touch"


@pytest.mark.parametrize("word", ["x", "2026-01-01~1", "2026-01-01T00:00:00+00:00~-1", "~", "\x00"])
def test_damaged_cursor_is_none(word):
    assert Cursor.read(word) is None


@pytest.mark.parametrize("count", [5, 50])
def test_timeline_takes_few_queries_however_much_happened(
    organisation, sign_in, count, django_assert_max_num_queries
):
    lead = LeadFactory()
    for _ in range(count):
        services.log_activity(lead, NOTE, actor=UserFactory(), text="Hello")
        services.plan_follow_up(lead, NextStep(NOTE, now()), owner=UserFactory())
    client = sign_in(role=Role.ADMIN)

    with django_assert_max_num_queries(19):
        client.get(reverse("activities:lead-panel", args=[lead.pk]))


def test_earlier_events_come_when_they_are_asked_for(organisation, sign_in):
    lead, rep = LeadFactory(), UserFactory(role=Role.ADMIN)
    for number in range(45):
        services.log_activity(lead, NOTE, actor=rep, text=f"Text {number}.")
    client, url = sign_in(rep), reverse("activities:lead-timeline", args=[lead.pk])

    first = client.get(url)
    second = client.get(first.context["more"])
    third = client.get(second.context["more"])

    pages = [page.content.decode() for page in (first, second, third)]
    shown = [n for page in pages for n in range(45) if f"Text {n}." in page]
    assert sorted(shown) == list(range(45))
    assert third.context["more"] == ""


def test_timeline_of_anothers_lead_does_not_exist(organisation, sign_in):
    lead = LeadFactory(owner=UserFactory())
    client = sign_in()

    for name in ("lead-timeline", "lead-panel", "lead-next"):
        assert client.get(reverse(f"activities:{name}", args=[lead.pk])).status_code == 404


def test_script_in_a_note_is_text(organisation, sign_in):
    lead, rep = LeadFactory(), UserFactory(role=Role.ADMIN)
    services.log_activity(lead, NOTE, actor=rep, text="<script>alert(1)</script>")

    page = sign_in(rep).get(reverse("activities:lead-timeline", args=[lead.pk])).content.decode()

    assert "<script>" not in page
