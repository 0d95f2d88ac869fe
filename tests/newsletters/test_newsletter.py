"""A newsletter from draft to results: its audience, its pace, its subjects, its numbers."""

from collections import Counter
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import now

from campaigns.models import Touch
from campaigns.newsletters import audience, clicks, comparing, leaving, planning, sending
from campaigns.newsletters.models import Click, MarketingMail, Newsletter
from campaigns.newsletters.results import NUMBERS, WAYS, mails_in, results_of
from crm.mailing import tokens
from crm.outbox.models import Effect
from crm.users.models import Role
from tests.factories import CampaignFactory, LeadFactory, NewsletterFactory, UserFactory
from tests.newsletters.conftest import reader

pytestmark = pytest.mark.django_db
State = MarketingMail.State
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def go(newsletter, run_effects) -> Newsletter:
    """Let a draft go now, with all that follows from it."""
    planning.schedule(newsletter, None)
    run_effects()
    sending.send_due()
    newsletter.refresh_from_db()
    return newsletter


def all_due_now() -> None:
    Effect.objects.pending().update(due_at=now() - timedelta(seconds=1))


def test_everybody_who_agreed_gets_it_once_and_then_it_is_sent(inbox, organisation, run_effects):
    for _ in range(3):
        reader()
    LeadFactory(consent=False)

    newsletter = go(NewsletterFactory(), run_effects)

    assert newsletter.state == Newsletter.State.SENT
    assert len(inbox.messages) == len(set(inbox.recipients)) == 3


def test_a_draft_that_changed_its_time_does_not_go_out_at_the_old_one(organisation, run_effects):
    newsletter = NewsletterFactory()
    reader()
    planning.schedule(newsletter, now() + timedelta(hours=1))
    planning.unschedule(newsletter)
    planning.schedule(newsletter, now() + timedelta(hours=9))
    Effect.objects.filter(payload__version=2).update(due_at=now() - timedelta(seconds=1))

    run_effects()

    newsletter.refresh_from_db()
    assert newsletter.state == Newsletter.State.SCHEDULED


def test_two_who_schedule_one_draft_at_once_schedule_it_once(organisation):
    newsletter = NewsletterFactory()
    planning.schedule(newsletter, None)

    with pytest.raises(planning.NotNow):
        planning.schedule(Newsletter.objects.get(), None)


def test_a_pause_stops_at_once_and_resuming_mails_the_rest_only(inbox, organisation, run_effects):
    for number in range(3):
        reader(email=f"r{number}@example.com")
    newsletter = NewsletterFactory()
    inbox.during = lambda address: None
    planning.schedule(newsletter, None)
    run_effects()
    batch = sending.take_batch(newsletter.pk)
    with sending.Post() as post:
        sending.send_batch(batch[:1], post)
        planning.pause(newsletter)
        sending.send_batch(batch[1:], post)
    assert len(inbox.messages) == 1

    planning.resume(newsletter)
    MarketingMail.objects.filter(state=State.QUEUED).update(lease_until=None)
    sending.send_due()

    assert sorted(inbox.recipients) == [f"r{number}@example.com" for number in range(3)]


def test_cancelling_leaves_the_rest_without_mail(inbox, organisation, run_effects):
    reader(), reader()
    newsletter = NewsletterFactory()
    planning.schedule(newsletter, None)
    run_effects()

    assert planning.cancel(newsletter) == 2
    sending.send_due()

    assert inbox.messages == []


def test_who_has_had_a_marketing_mail_today_is_left_out(inbox, organisation, run_effects):
    reader()
    first, second = NewsletterFactory(), NewsletterFactory()
    go(first, run_effects)

    assert audience.counted(second) == {"mailed_today": 1}
    second.also_mailed_today = True
    assert audience.counted(second) == {"": 1}


def test_the_better_subject_goes_to_the_rest_by_itself(
    inbox, organisation, run_effects, monkeypatch
):
    monkeypatch.setattr(comparing, "LEAST_DELIVERED", 8)
    monkeypatch.setattr(comparing, "LEAST_CLICKS", 5)
    for _ in range(32):
        reader()
    newsletter = go(NewsletterFactory(subject="A", subject_b="B", test_share=50), run_effects)
    tried = newsletter.mails.exclude(variant="")
    assert len(inbox.messages) == tried.count() == 16
    tried.filter(variant="b").update(clicked_at=now())

    all_due_now()
    run_effects()
    sending.send_due()

    newsletter.refresh_from_db()
    assert newsletter.winner == "b"
    assert newsletter.winner_sure > 0.99
    assert len(inbox.messages) == 32
    rest = newsletter.mails.filter(variant="").values_list("content__subject", flat=True)
    assert set(rest) == {"B"}


def test_without_enough_to_tell_there_is_no_winner_and_the_first_goes_to_the_rest(
    inbox, organisation, run_effects, sign_in
):
    for _ in range(20):
        reader()
    newsletter = go(NewsletterFactory(subject="A", subject_b="B", test_share=50), run_effects)
    newsletter.mails.filter(variant="b").update(clicked_at=now())

    all_due_now()
    run_effects()
    sending.send_due()

    newsletter.refresh_from_db()
    assert (newsletter.winner, newsletter.winner_sure) == ("", None)
    rest = newsletter.mails.filter(variant="").values_list("content__subject", flat=True)
    assert set(rest) == {"A"}
    assert len(inbox.messages) == 20
    page = sign_in(role=Role.MARKETER).get(newsletter.get_absolute_url()).content.decode()
    assert "No difference" in page
    assert "100 delivered of each" in page


def test_exactly_as_many_try_each_subject(organisation, run_effects):
    for _ in range(148):
        reader()
    newsletter = NewsletterFactory(subject="A", subject_b="B", test_share=30)
    planning.schedule(newsletter, None)
    run_effects()

    tried = Counter(newsletter.mails.values_list("variant", "content__subject"))
    assert tried == {("a", "A"): 22, ("b", "B"): 22, ("", "A"): 104}


def test_an_unknown_mail_goes_out_again_only_when_somebody_says_so(
    inbox, organisation, run_effects, sign_in
):
    reader()
    inbox.reply = "cut"
    newsletter = go(NewsletterFactory(), run_effects)
    inbox.reply = ""
    sending.send_due()
    assert inbox.messages == []

    sign_in(role=Role.MARKETER).post(f"/newsletters/mails/{newsletter.mails.get().pk}/resend/")
    sending.send_due()

    assert len(inbox.messages) == 1


# Clicks -----------------------------------------------------------------------------------------


@pytest.fixture
def sent(inbox, organisation, run_effects) -> MarketingMail:
    """A newsletter's mail with two links, which left an hour ago."""
    reader()
    blocks = [{"kind": "text", "text": "[a](https://example.com/a) [b](https://example.com/b)"}]
    newsletter = NewsletterFactory(blocks=blocks, campaign=CampaignFactory())
    go(newsletter, run_effects)
    MarketingMail.objects.update(sent_at=now() - timedelta(hours=1))
    return MarketingMail.objects.get()


def call(mail: MarketingMail, number: int = 0, *, method: str = "get", agent: str = BROWSER):
    token = tokens.sign(tokens.CLICK, mail.pk, number)
    return getattr(Client(), method)(f"/m/c/{token}/", headers={"user-agent": agent})


def test_a_persons_click_leads_on_and_becomes_one_touch(sent, run_effects):
    answers = [call(sent), call(sent)]
    all_due_now()
    run_effects()

    assert [answer["Location"] for answer in answers] == ["https://example.com/a"] * 2
    touch = Touch.objects.get()
    assert (touch.kind, touch.campaign) == (Touch.Kind.EMAIL_CLICK, sent.campaign)
    sent.refresh_from_db()
    assert sent.clicked_at


@pytest.mark.parametrize(
    ("calls", "why"),
    [
        ([(0, "head", BROWSER)], "head"),
        ([(0, "get", "Barracuda Sentinel")], "scanner"),
        ([(0, "get", "")], "no_agent"),
        ([(0, "get", BROWSER), (1, "get", BROWSER)], "all_at_once"),
    ],
)
def test_a_machines_click_is_counted_apart_and_is_no_touch(sent, run_effects, calls, why):
    for number, method, agent in calls:
        call(sent, number, method=method, agent=agent)
    all_due_now()
    run_effects()

    assert set(Click.objects.values_list("machine", "why")) == {(True, why)}
    sent.refresh_from_db()
    assert (sent.clicked_at, bool(sent.machine_clicked_at)) == (None, True)
    assert not Touch.objects.exists()


def test_a_click_within_seconds_of_sending_is_a_machines(sent):
    MarketingMail.objects.update(sent_at=now())

    call(sent)

    assert Click.objects.get().why == "too_quick"
    assert clicks.WHY["too_quick"]


# Numbers ----------------------------------------------------------------------------------------


def test_each_number_is_the_length_of_its_list_and_the_ways_add_up(
    inbox, organisation, run_effects, sign_in
):
    leads = [reader() for _ in range(8)]
    inbox.answers[leads[0].email] = "550 5.1.1 no such user"
    inbox.answers[leads[1].email] = "554 5.7.1 policy"
    newsletter = NewsletterFactory()
    planning.schedule(newsletter, None)
    run_effects()
    leaving.withdraw_by_mail(newsletter.mails.get(lead=leads[2]), "by phone", now())
    sending.send_due()
    MarketingMail.objects.filter(lead=leads[3]).update(clicked_at=now())
    user = UserFactory(role=Role.MARKETER)

    results = results_of([newsletter], user)[newsletter.pk]

    assert sum(results.count(name) for name in WAYS) == results.count("all") == 8
    assert (results.count("bounced"), results.count("failed"), results.count("skipped")) == (
        1,
        1,
        1,
    )
    for name in NUMBERS:
        assert mails_in(newsletter, user, name).count() == results.count(name)
    page = sign_in(user).get(f"/newsletters/{newsletter.pk}/mails/?what=delivered")
    assert f"<strong>{results.count('delivered')}</strong> delivered" in page.content.decode()


def test_a_user_counts_only_mail_to_leads_in_his_scope(inbox, organisation, run_effects):
    rep = UserFactory(role=Role.REP)
    reader(owner=rep), reader(owner=UserFactory(role=Role.REP))
    newsletter = go(NewsletterFactory(), run_effects)

    assert results_of([newsletter], rep)[newsletter.pk].count("all") == 1
    assert mails_in(newsletter, rep, "all").count() == 1


@pytest.mark.parametrize("count", [5, 100])
def test_the_list_asks_the_database_as_often_for_many_newsletters(
    organisation, sign_in, django_assert_max_num_queries, count
):
    NewsletterFactory.create_batch(count)
    client = sign_in(role=Role.MARKETER)

    with django_assert_max_num_queries(8):
        assert client.get("/newsletters/").status_code == 200
