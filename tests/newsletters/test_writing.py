"""Writing a newsletter in the browser without JavaScript, and what is checked before it goes."""

from datetime import timedelta

import pytest
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from campaigns.newsletters import audience, block_form, pacing
from campaigns.newsletters.checklist import check, is_broken
from campaigns.newsletters.models import Newsletter
from crm.mailing import blocks as writing
from crm.mailing import merging, services, tokens
from crm.mailing.letterhead import Letterhead
from crm.mailing.models import Mail
from crm.users.models import Role
from tests.factories import LeadFactory, NewsletterFactory, SegmentFactory, UserFactory
from tests.newsletters.conftest import reader

pytestmark = pytest.mark.django_db
DRAFT = {
    "name": "Spring", "subject": "News", "test_share": "20", "test_hours": "4",
    "rate_per_minute": "600", "blocks": "1", "block-0-kind": "text", "block-0-text": "Hello",
}  # fmt: skip


@pytest.fixture
def marketer(organisation, sign_in):
    return sign_in(role=Role.MARKETER, email="mira@example.com")


def test_a_newsletter_to_a_segment_is_written_reviewed_and_sent_in_four_requests(marketer):
    reader(name="Ana"), LeadFactory(name="Ben", consent=False)
    segment = SegmentFactory(
        rules={"join": "all", "rules": [{"field": "consent", "operator": "yes"}]}
    )

    marketer.get("/newsletters/new/")
    written = marketer.post("/newsletters/new/", {**DRAFT, "segment": segment.pk, "act": "review"})
    page = marketer.get(written["Location"]).content.decode()
    assert "Send to 1 person" in page
    sent = marketer.post(written["Location"], {"when": "now", "count": "1"})

    assert sent.status_code == 302
    assert Newsletter.objects.get().state == Newsletter.State.SCHEDULED


def test_the_confirmation_counts_again_and_says_so_if_the_number_has_moved(marketer):
    newsletter = NewsletterFactory()
    reader(), reader()

    answer = marketer.post(f"/newsletters/{newsletter.pk}/review/", {"when": "now", "count": "1"})

    assert answer.status_code == 409
    assert "Send to 2 people" in answer.content.decode()


def test_a_draft_with_holes_is_not_let_go(marketer):
    reader()
    newsletter = NewsletterFactory(subject="")

    answer = marketer.post(f"/newsletters/{newsletter.pk}/review/", {"when": "now", "count": "1"})

    assert answer.status_code == 422
    assert Newsletter.objects.get().is_draft


def test_a_time_that_is_past_is_refused(marketer):
    reader()
    newsletter = NewsletterFactory()
    data = {"when": "later", "at": "2020-01-01T10:00", "count": "1"}

    answer = marketer.post(f"/newsletters/{newsletter.pk}/review/", data)

    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()


def test_blocks_are_added_moved_and_removed_by_buttons(marketer):
    marketer.post("/newsletters/new/", {**DRAFT, "act": "add-button"})
    newsletter = Newsletter.objects.get()
    assert [block["kind"] for block in newsletter.blocks] == ["text", "button"]

    path = f"/newsletters/{newsletter.pk}/edit/"
    more = {"blocks": "2", "block-1-kind": "button", "block-1-text": "Go", "version": "1"}
    answer = marketer.post(path, {**DRAFT, **more, "act": "up-1"})
    assert answer["Location"].endswith("#block-0")
    newsletter.refresh_from_db()
    assert [block["kind"] for block in newsletter.blocks] == ["button", "text"]
    assert newsletter.blocks[0]["text"] == "Go"


def test_a_stale_form_overwrites_nothing(marketer):
    newsletter = NewsletterFactory(version=7)

    answer = marketer.post(f"/newsletters/{newsletter.pk}/edit/", {**DRAFT, "version": "6"})

    assert answer.status_code == 409
    newsletter.refresh_from_db()
    assert newsletter.subject != "News"


def test_the_preview_runs_nothing_and_shows_the_first_readers_values(marketer):
    reader(name="Ana <script>alert(1)</script>")
    blocks = [{"kind": "text", "text": "Hi {{ name }} <script>alert(2)</script>"}]
    newsletter = NewsletterFactory(blocks=blocks)

    answer = marketer.get(f"/newsletters/{newsletter.pk}/preview/")

    assert "<script" not in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert "sandbox=" in marketer.get(f"/newsletters/{newsletter.pk}/edit/").content.decode()


def test_a_test_goes_to_a_colleague_and_to_nobody_else(marketer):
    newsletter = NewsletterFactory()
    path = f"/newsletters/{newsletter.pk}/test/"

    assert marketer.post(path, {"to": "stranger@example.com"}).status_code == 422
    assert marketer.post(path, {"to": "mira@example.com"}).status_code == 302

    services.send_due()
    kept = Mail.objects.get()
    assert kept.subject.startswith("[Test]")
    assert "https://example.com/news" in kept.html
    newsletter.refresh_from_db()
    assert newsletter.tested_version == newsletter.version


def test_the_checklist_finds_broken_links_unknown_fields_and_who_lacks_a_value(marketer):
    reader(name="", email="nameless@example.com"), reader(name="Ana")
    text = "{{ first_name }} {{ shoe_size }} [x](http://localhost:8000/nowhere/) [y](https://x)"
    newsletter = NewsletterFactory(blocks=[{"kind": "text", "text": text}])

    lines = {line.label: line for line in check(newsletter, 2, UserFactory())}

    assert lines["2 of 2 links are broken"].bad
    assert lines["Unknown merge fields"].detail == "shoe_size"
    newsletter.blocks = [{"kind": "text", "text": "{{ first_name }}"}]
    newsletter.save()
    (line,) = [line for line in check(newsletter, 2, UserFactory()) if "lack" in line.label]
    assert line.label.startswith("1 readers lack")
    listed = marketer.get(line.url).content.decode()
    assert "nameless@example.com" in listed
    assert "<strong>1</strong>" in listed


@pytest.mark.parametrize(
    ("url", "broken"),
    [
        ("https://example.com/a?b=1", False),
        ("mailto:ana@example.com", False),
        ("http://localhost:8000/leads/", False),
        ("http://localhost:8000/nowhere/", True),
        ("https://nodot", True),
        ("javascript:alert(1)", True),
        ("", True),
        ("https://example.com/{{ name }}", True),
        ("https://[::1", True),
    ],
)
def test_an_address_that_leads_nowhere_is_found(url, broken):
    assert is_broken(url) == broken


def test_each_reason_of_the_audience_links_to_as_many_leads(marketer):
    reader(), LeadFactory(consent=False), LeadFactory(consent=False, email="", name="X")
    newsletter = NewsletterFactory(
        segment=SegmentFactory(
            rules={"join": "all", "rules": [{"field": "score", "operator": "min", "value": 0}]}
        )
    )

    for why, count in audience.counted(newsletter).items():
        page = marketer.get(f"/newsletters/{newsletter.pk}/audience/?why={why}").content.decode()
        assert f"<strong>{count}</strong>" in page
    assert sum(audience.counted(newsletter).values()) == 3


@given(st.text(max_size=200), st.text(max_size=60))
def test_what_authors_and_leads_write_never_becomes_markup(text, name):
    mail = writing.render(
        writing.cleaned([{"kind": "text", "text": text.replace("\x00", "")}]),
        subject="S", preheader="", head=Letterhead("Acme"),
    )  # fmt: skip

    assert "<script" not in merging.fill(mail.html, {"name": name}, escape=lambda value: "")


@given(st.integers(1, 60_000), st.lists(st.floats(0, 30), min_size=1, max_size=40))
def test_no_minute_has_much_more_than_its_rate(rate, pauses):
    at = start = now()
    paid, taken = None, 0
    for pause in pauses:
        at += timedelta(seconds=pause)
        count, paid = pacing.allowance(paid, at, rate, 50)
        taken += count

    minutes = (at - start + 2 * pacing.AHEAD) / timedelta(minutes=1)
    assert taken <= rate * minutes + len(pauses)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=3))
def test_a_token_is_read_only_for_what_it_was_made(numbers):
    token = tokens.sign("click", *numbers)

    assert tokens.read("click", token) == tuple(numbers)
    assert tokens.read("unsubscribe", token) is None
    assert tokens.read("click", token[:-1]) is None


def test_moving_the_first_block_up_changes_nothing():
    blocks = [{"kind": "divider"}, {"kind": "heading", "text": "x"}]

    assert block_form.change(blocks, "up-0")[0] == blocks
    assert block_form.change(blocks, "down-1")[0] == blocks
    assert block_form.change(blocks, "remove-9")[0] == blocks


def test_a_segment_that_nobody_understands_any_more_stops_the_newsletter_and_no_page(marketer):
    segment = SegmentFactory()
    type(segment).objects.update(
        rules={"join": "all", "rules": [{"field": "gone", "operator": "is"}]}
    )
    newsletter = NewsletterFactory(segment=segment)

    for page in ("", "edit/", "preview/", "review/", "audience/"):
        assert marketer.get(f"/newsletters/{newsletter.pk}/{page}").status_code in (200, 302)
    data = {"when": "now", "count": "0"}
    assert marketer.post(f"/newsletters/{newsletter.pk}/review/", data).status_code == 422
    assert marketer.get("/newsletters/").status_code == 200
