"""From page views to sessions, from visitors to leads, and what is kept of old visits."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.utils.timezone import now

from campaigns import website
from campaigns.capture.services import SUBMITTED
from campaigns.models import Touch
from crm.activities.timeline import read_page
from crm.common.periods import Period
from crm.outbox import services as outbox
from crm.tracking import counting, counts, events, retention
from crm.tracking.models import MonthlySessions, MonthlyViews, PageView, Session, Visitor
from crm.users.models import Role, Scope
from tests.factories import LeadFactory, SubmissionFactory, UtmLinkFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("organisation")]
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ANA, BEN = uuid.UUID(int=1), uuid.UUID(int=2)
ALL = Period()


def view(path="/", *, minutes=0.0, visitor=ANA, at=NOON, agent=CHROME, referrer="", query=""):
    event = events.of_page(
        f"https://www.example.com{path}{query}", visitor=visitor.hex,
        at=at + timedelta(minutes=minutes), agent=agent, referrer=referrer,
    )  # fmt: skip
    assert event
    return event


def send_form(lead, *, visitor=ANA, **values):
    submission = SubmissionFactory(lead=lead, visitor=visitor, at=NOON, **values)
    outbox.enqueue(SUBMITTED, f"{SUBMITTED}:{submission.pk}", {"submission": submission.pk})
    return submission


# Sessions ----------------------------------------------------------------------------------------


def test_half_an_hour_without_a_page_ends_a_session():
    counting.count([view("/a"), view("/b", minutes=30), view("/c", minutes=60.1)])

    assert list(Session.objects.order_by("started_at").values_list("entry_path", "views")) == [
        ("/a", 2), ("/c", 1),
    ]  # fmt: skip


def test_a_session_goes_on_however_its_views_are_counted():
    for minutes in (0, 20, 40, 10):  # the last one came late
        counting.count([view(minutes=minutes)])

    session = Session.objects.get()
    assert session.views == 4
    assert session.last_at - session.started_at == timedelta(minutes=40)


def test_a_view_counts_once_however_often_it_comes():
    event = view()

    assert counting.count([event]) == 1
    assert counting.count([event]) == 0

    assert (PageView.objects.count(), Session.objects.get().views) == (1, 1)


def test_first_and_last_utm_values_are_kept_over_page_views():
    counting.count([view("/a", query="?utm_source=google&utm_campaign=spring")])
    counting.count([view("/b", minutes=1)])
    counting.count([view("/c", minutes=90, query="?utm_source=newsletter")])

    visitor = Visitor.objects.get()
    assert visitor.first_utm == {"source": "google", "campaign": "spring"}
    assert visitor.last_utm == {"source": "newsletter"}
    assert [s.source for s in Session.objects.order_by("started_at")] == ["google", "newsletter"]


def test_counting_asks_the_same_few_queries_for_any_number(django_assert_max_num_queries):
    for number in (5, 100):
        found = [view(visitor=uuid.uuid4()) for _ in range(number)]
        with django_assert_max_num_queries(14):
            counting.count(found)


# Numbers -----------------------------------------------------------------------------------------


def test_numbers_count_people_by_days_of_the_organisation():
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)  # the 11th in Berlin
    counting.count(
        [view(), view(minutes=1), view(at=late), view(visitor=BEN), view(agent="curl/8")]
    )

    assert counts.total(ALL) == website.Visits(views=4, sessions=3, visitors=2)
    assert counts.series(ALL, "day") == {
        date(2026, 3, 10): website.Visits(3, 2, 2),
        date(2026, 3, 11): website.Visits(1, 1, 1),
    }
    assert counts.bot_views(ALL) == 1
    assert counts.sessions(Period(date(2026, 3, 11), date(2026, 3, 12))) == 1


def test_those_below_the_tracker_ask_for_its_weeks():
    counting.count([view(), view(visitor=BEN, minutes=7 * 24 * 60)])

    assert website.weekly(ALL) == {
        date(2026, 3, 9): website.Visits(1, 1, 1),
        date(2026, 3, 16): website.Visits(1, 1, 1),
    }


def test_visits_of_a_link_are_the_sessions_with_its_values():
    link, other = UtmLinkFactory(), UtmLinkFactory(content="button")
    query = "?utm_source=linkedin&utm_medium=social&utm_campaign=spring"
    counting.count([view(query=query), view(minutes=1), view(visitor=BEN, query=query)])

    assert counts.visits_of_links([link, other]) == {link.pk: 2, other.pk: 0}


def test_sources_are_utm_values_else_the_linking_site_else_direct():
    counting.count([
        view(query="?utm_source=google&utm_medium=cpc"),
        view(visitor=BEN, referrer="https://blog.example.org/post"),
        view(visitor=uuid.UUID(int=3), referrer="https://www.example.com/own"),
    ])  # fmt: skip

    assert {source.label: source.sessions for source in counts.sources(ALL)} == {
        "google / cpc": 1, "blog.example.org": 1, "Direct": 1,
    }  # fmt: skip


# Leads -------------------------------------------------------------------------------------------


def test_earlier_page_views_join_the_lead_when_a_form_is_sent(run_effects):
    link = UtmLinkFactory()
    query = "?utm_source=linkedin&utm_medium=social&utm_campaign=spring"
    counting.count([view("/blog", at=NOON - timedelta(days=2), query=query), view("/pricing")])
    lead = LeadFactory()

    submission = send_form(lead, utm_last={"source": "google"})
    run_effects()

    touches = lead.touches.filter(kind=Touch.Kind.PAGE_VIEW).order_by("at")
    assert [(touch.detail, touch.campaign) for touch in touches] == [
        ("/blog", link.campaign), ("/pricing", None),
    ]  # fmt: skip
    titles = [item.text for item in read_page(lead, type="website").items]
    assert titles == ["/pricing", "/blog"]
    assert read_page(lead, type="touches").items == [], "a visit shows once, not as its touch too"
    submission.refresh_from_db()
    assert submission.utm_first["source"] == "linkedin"
    assert submission.utm_last["source"] == "google"
    lead.refresh_from_db()
    assert lead.scored_at is not None


def test_views_counted_after_the_form_was_sent_join_too(run_effects):
    lead = LeadFactory()
    send_form(lead)
    run_effects()

    counting.count([view("/late")])

    assert Session.objects.get().lead == lead
    assert lead.touches.get().detail == "/late"


def test_a_known_lead_earns_one_touch_a_day_however_much_it_reads(run_effects):
    lead = LeadFactory()
    send_form(lead)
    run_effects()

    for minutes in (0, 5, 60, 120, 24 * 60):
        counting.count([view(minutes=minutes)])

    assert lead.touches.filter(kind=Touch.Kind.PAGE_VIEW).count() == 2


def test_visits_of_a_shared_browser_stay_with_who_made_them(run_effects):
    first, second = LeadFactory(), LeadFactory()
    counting.count([view("/first")])
    send_form(first)
    run_effects()

    send_form(second)
    run_effects()
    counting.count([view("/second", minutes=120)])

    assert Session.objects.get(entry_path="/first").lead == first
    assert Session.objects.get(entry_path="/second").lead == second


def test_joining_twice_changes_nothing(run_effects):
    counting.count([view()])
    lead = LeadFactory()
    submission = send_form(lead)
    run_effects()

    outbox.enqueue(SUBMITTED, "again", {"submission": submission.pk})
    run_effects()

    assert lead.touches.count() == 1


def test_visits_of_a_lead_out_of_scope_are_not_shown(sign_in):
    lead = LeadFactory()

    assert (
        sign_in(role=Role.REP, scope=Scope.OWN).get(f"/website/leads/{lead.pk}/").status_code == 404
    )


def test_the_record_shows_where_a_lead_first_and_last_came_from(sign_in, run_effects):
    counting.count([view("/blog", query="?utm_source=linkedin"), view("/p", minutes=90)])
    lead = LeadFactory()
    send_form(lead, utm_last={"source": "google", "medium": "cpc"})
    run_effects()

    page = sign_in(role=Role.MARKETER).get(f"/website/leads/{lead.pk}/").content.decode()

    assert "linkedin" in page
    assert "/blog" in page


# Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["", "month", "all", "12m", "nonsense"])
def test_the_website_page_answers_for_every_period(sign_in, period):
    with time_machine.travel(NOON + timedelta(days=1)):
        counting.count([view(), view("/b", minutes=3), view(agent="curl/8")])
        answer = sign_in(role=Role.MARKETER).get("/website/", {"period": period})

    assert answer.status_code == 200
    assert answer.context["total"].views == 2


def test_pages_without_a_visit_say_what_to_do(sign_in):
    marketer = sign_in(role=Role.MARKETER)

    assert b"Install the counter" in marketer.get("/website/").content
    assert b"/t.js" in marketer.get("/website/install/").content


@pytest.mark.parametrize("number", [5, 100])
def test_the_website_page_asks_the_same_few_queries(number, sign_in, django_assert_max_num_queries):
    counting.count([view(f"/{n}", visitor=uuid.uuid4(), at=now()) for n in range(number)])
    marketer = sign_in(role=Role.MARKETER)

    with django_assert_max_num_queries(22):
        assert marketer.get("/website/").status_code == 200


# Retention ---------------------------------------------------------------------------------------


def test_totals_are_the_same_before_and_after_old_views_become_sums():
    link = UtmLinkFactory()
    query = "?utm_source=linkedin&utm_medium=social&utm_campaign=spring"
    found = []
    for month in range(1, 7):
        start = datetime(2025, month, 28, 21, 50, tzinfo=UTC)
        for number in range(4):
            who = uuid.UUID(int=number + 1)
            at = start + timedelta(days=number)
            found += [view(f"/{number}", visitor=who, at=at, query=query if number else "")]
            found += [view("/b", visitor=who, at=at, minutes=25)]
        found.append(view(at=start, agent="curl/8"))
    for event in found:
        counting.count([event])
    before = everything(link)

    gone = retention.prune(date(2026, 5, 20))  # January to March 2025 are too old

    assert everything(link) == before
    assert gone > 0
    assert not Session.objects.filter(started_at__lt=datetime(2025, 3, 31, 21, tzinfo=UTC)).exists()
    assert MonthlyViews.objects.exists()
    assert MonthlySessions.objects.exists()
    assert PageView.objects.exists()
    assert retention.prune(date(2026, 5, 20)) == 0
    assert everything(link) == before


def everything(link):
    return (
        counts.total(ALL), counts.series(ALL, "month"), counts.top_pages(ALL),
        counts.bot_views(ALL), counts.visits_of_links([link]),
        {source.label: source.sessions for source in counts.sources(ALL)},
    )  # fmt: skip


def test_browsers_that_never_came_again_are_forgotten():
    counting.count([view(at=datetime(2025, 1, 5, tzinfo=UTC)), view(visitor=BEN)])

    retention.prune(date(2026, 5, 20))

    assert Visitor.objects.get().key == BEN
