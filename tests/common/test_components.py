"""What the components say, and that the style guide shows each of them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.template import engines
from django.utils import timezone, translation

from crm.common import formats, parts, samples, views
from crm.common.templatetags.tandem_parts import HEIGHTS, NARROW, tall
from crm.common.templatetags.tandem_rows import initials, tint
from crm.stages import Stage

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
ROOT = Path(settings.BASE_DIR)


def show(source, request=None, **context):
    return " ".join(engines["django"].from_string(source).render(context, request).split())


def read(html):
    """Return what remains of a part when its marks are taken away."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture
def page(rf):
    request = rf.get("/leads/", {"stage": "mql", "tag": ["hot", "cold"], "page": "3"})
    request.user = AnonymousUser()
    return request


# Values


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (123450, "EUR", "en", "€1,234.50"),
        (123450, "EUR", "de", "1.234,50\xa0€"),
        (5000, "JPY", "en", "¥5,000"),
        (1234, "KWD", "en", "KWD1.234"),
        (-50, "USD", "en", "-$0.50"),
        (0, "EUR", "en", "€0.00"),
        (None, "EUR", "en", "–"),
    ],
)
def test_money_is_written_from_minor_units_in_the_users_language(minor, currency, language, text):
    with translation.override(language):
        assert show("{{ m|money:c }}", m=minor, c=currency) == text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("minor", "currency", "language", "text"),
    [
        (123456789, "EUR", "en", "€1,234,568"),
        (123456789, "EUR", "de", "1.234.568\xa0€"),
        (-500000, "EUR", "en", "-€5,000"),
        (123456, "JPY", "en", "¥123,456"),
        (None, "EUR", "en", "–"),
    ],
)
def test_large_money_is_written_in_whole_units(minor, currency, language, text):
    with translation.override(language):
        assert formats.money_whole(minor, currency) == text


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.384, 0, "38%"), (0.384, 1, "38.4%"), (0.002, 0, "0.2%"), (0, 0, "0%"), (1.2, 0, "120%")],
)
def test_a_share_is_written_in_percent_and_a_small_one_never_as_nothing(share, digits, text):
    assert formats.percent(share, digits) == text


def test_a_share_of_nothing_is_not_zero():
    assert formats.percent(None) == "n/a"


def test_german_puts_a_space_before_percent():
    with translation.override("de"):
        assert formats.percent(0.384, 1) == "38,4\xa0%"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (30, "less than 1 m"),
        (300, "5 m"),
        (7800, "2 h 10 m"),
        (7200, "2 h"),
        (100000, "1 d 3 h"),
        (timedelta(hours=-3), "3 h"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(seconds, text):
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=3), "3 min ago"),
        (timedelta(hours=-5), "in 5 h"),
        (timedelta(days=37), "37 d ago"),
        (timedelta(days=90), "3 mo ago"),
        (timedelta(days=800), "2 y ago"),
    ],
)
def test_a_moment_is_told_relative_to_now(at_noon, ago, text):
    assert formats.relative(NOON - ago) == text


def test_the_full_moment_is_in_the_users_zone(at_noon):
    with timezone.override("Asia/Tokyo"):
        html = show("{% ago at %}", at=NOON - timedelta(minutes=3))

    assert 'title="12 Mar 2026, 20:57 JST"' in html
    assert 'datetime="2026-03-12T11:57:00+00:00"' in html


def test_what_never_happened_says_so():
    assert read(show("{% ago at %}", at=None)) == "never"
    assert read(show('{% ago at none="not yet" %}', at=None)) == "not yet"


# Deadlines


@pytest.mark.parametrize(
    ("due", "start", "state", "text"),
    [
        (2.5, -0.5, "is-left", "2 h 30 m left"),
        (0.5, -3.5, "is-warn", "30 m left"),
        (-3, -7, "is-over", "overdue 3 h"),
        (2.5, None, "is-left", "2 h 30 m left"),
    ],
)
def test_a_deadline_warns_from_three_quarters_and_turns_at_the_breach(
    at_noon, due, start, state, text
):
    begun = None if start is None else NOON + timedelta(hours=start)
    html = show("{% countdown due start=begun %}", due=NOON + timedelta(hours=due), begun=begun)

    assert state in html
    assert read(html) == text
    assert "data-countdown" in html


def test_a_kept_deadline_says_how_fast_and_stands_still(at_noon):
    begun, answered = NOON - timedelta(hours=5), NOON - timedelta(hours=3)
    html = show("{% countdown d start=b done=a %}", d=NOON, b=begun, a=answered)

    assert read(html) == "in 2 h"
    assert "data-countdown" not in html


def test_a_late_answer_says_how_late(at_noon):
    html = show("{% countdown d done=a %}", d=NOON - timedelta(hours=4), a=NOON)

    assert read(html) == "4 h late"


# Stages, people, change


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_tag_with_its_name(stage):
    html = show("{% stage_tag s %}", s=stage)

    assert read(html) == stage.label
    assert "tag-" in html


def test_a_state_is_told_by_icon_and_word_not_by_colour_alone():
    html = show('{% status_tag "rotting" "Idle 12 d, limit 10" %}')

    assert "<svg" in html
    assert read(html) == "Idle 12 d, limit 10"


def test_a_name_of_a_user_cannot_bring_marks_into_the_page():
    html = show("{% person who %}{% tag who %}{% stage_tag who %}", who="<b>x</b>")

    assert "<b>" not in html


@pytest.mark.parametrize(
    ("name", "letters"), [("Ana Costa", "AC"), ("ana@acme.example", "AA"), ("Ana", "A"), ("", "")]
)
def test_initials_come_from_the_first_and_last_word(name, letters):
    assert initials(name) == letters


def test_a_person_keeps_the_tint():
    assert tint("Ana Costa") == tint("Ana Costa")
    assert 0 <= tint("Ana Costa") < 6


@pytest.mark.parametrize(
    ("source", "tone"),
    [
        ("{% delta 0.1 %}", "is-good"),
        ("{% delta -0.1 %}", "is-bad"),
        ('{% delta -0.1 good="down" %}', "is-good"),
        ("{% delta 0 %}", "is-flat"),
        ("{% delta None %}", "is-flat"),
    ],
)
def test_less_cost_is_good_news_and_less_leads_are_not(source, tone):
    assert tone in show(source)


# Addresses


def test_an_address_keeps_the_filters_it_does_not_change(page):
    assert (
        show("{% url_with page=4 %}", page)
        == "/leads/?stage=mql&amp;tag=hot&amp;tag=cold&amp;page=4"
    )


def test_a_removed_filter_leaves_its_sisters_and_starts_at_the_first_page(page):
    assert show('{% url_without "tag" "hot" %}', page) == "/leads/?stage=mql&amp;tag=cold"


def test_a_second_click_on_a_header_turns_the_order_round(rf):
    once = show('{% sort_th "Score" "score" first="desc" %}', rf.get("/leads/?page=3"))
    twice = show('{% sort_th "Score" "score" first="desc" %}', rf.get("/leads/?sort=-score"))

    assert 'href="/leads/?sort=-score"' in once
    assert 'href="/leads/?sort=score"' in twice
    assert 'aria-sort="descending"' in twice


def test_each_active_filter_is_a_chip_that_takes_it_away(rf):
    request = rf.get("/leads/?stage=mql&q=ana&view=mine")
    html = show("{% filter_chips form %}", request, form=samples.FilterForm(request.GET))

    assert "Remove the filter Stage: MQL" in html
    assert 'href="/leads/?q=ana&amp;view=mine"' in html
    assert 'class="chip-clear" href="/leads/?view=mine"' in html


def test_no_filter_no_chips(rf):
    request = rf.get("/leads/?stage=")

    assert show("{% filter_chips form %}", request, form=samples.FilterForm(request.GET)) == ""


# Steps and funnels


def test_a_passed_stage_without_a_moment_counts_as_skipped(at_noon):
    entered = {"lead": NOON - timedelta(days=9), "sql": NOON - timedelta(days=2)}
    states = [step.state for step in parts.stage_steps("sql", entered)]

    assert states == ["done", "skipped", "skipped", "current", "next", "next"]


def test_days_run_from_one_entry_to_the_next(at_noon):
    entered = {"lead": NOON - timedelta(days=9), "mql": NOON - timedelta(days=2)}

    assert [step.days for step in parts.stage_steps("mql", entered)][:2] == [7, 2]


def test_a_recycled_lead_shows_its_way_so_far_and_the_way_out(at_noon):
    entered = {"lead": NOON - timedelta(days=9), "mql": NOON - timedelta(days=3), "recycled": NOON}
    steps = parts.stage_steps("recycled", entered)

    assert [step.label for step in steps] == ["Lead", "MQL", "Recycled"]
    assert steps[-1].state == "current"


def test_the_funnel_tells_step_and_total_conversion_and_links_both_ways():
    steps = [
        parts.FunnelStep("Leads", "lead", 200, "/leads/"),
        parts.FunnelStep("MQL", "mql", 50, "/leads/?stage=mql", 150, "/leads/?out=mql", 4.0),
        parts.FunnelStep("SAL", "sal", 25, "/leads/?stage=sal", 25, "/leads/?out=sal", 0.5),
    ]
    bars = parts.funnel_bars(steps)
    html = show("{% funnel steps %}", steps=steps)

    assert [(bar.of_previous, bar.of_first) for bar in bars] == [
        (None, None), (0.25, 0.25), (0.5, 0.125)
    ]  # fmt: skip
    assert html.count('href="/leads/?stage=mql"') == 2, "bar and table twin"
    assert html.count('href="/leads/?out=sal"') == 2


def test_an_empty_funnel_divides_by_nothing():
    bars = parts.funnel_bars(
        [parts.FunnelStep("Leads", "lead", 0, "#"), parts.FunnelStep("MQL", "mql", 0, "#")]
    )

    assert [(bar.of_previous, bar.width) for bar in bars] == [(None, 0.0), (None, 0.0)]


# States and forms


def test_an_error_is_told_at_the_top_and_beside_its_field():
    html = show("{% form_fields form %}", form=samples.CampaignForm({"name": "Webinar"}))

    assert '<a href="#id_channel">Channel</a>: This field is required.' in html
    assert re.search(r'aria-describedby="[^"]*"[^>]*aria-invalid="true"|aria-invalid="true"', html)
    assert html.count("data-errors") == 1


def test_progress_is_told_to_a_screen_reader():
    html = show('{% progress 4210 10000 label="Imported rows" text="4,210 of 10,000" %}')

    assert 'role="progressbar"' in html
    assert 'aria-valuenow="42"' in html
    assert 'aria-valuetext="4,210 of 10,000"' in html


def test_a_bar_never_leaves_its_track():
    assert 'width="100.0%"' in show("{% bar 250 100 %}")
    assert 'width="0.0%"' in show("{% bar 5 0 %}")


def test_a_flat_sparkline_and_an_empty_one_are_drawn():
    assert "<polyline" in show('{% sparkline v label="x" %}', v=[3, 3, 3])
    assert "<polyline" not in show('{% sparkline v label="x" %}', v=[])


# The whole


@pytest.fixture
def guide(rf, db):
    request = rf.get("/styleguide/")
    request.user = AnonymousUser()
    return views.styleguide(request).content.decode()


def test_the_style_guide_has_one_heading_and_its_landmarks(guide):
    assert guide.count("<h1") == 1
    assert guide.count("<main") == 1
    assert guide.count('aria-live="polite"') == 1
    assert 'href="#main"' in guide


def test_the_policy_against_foreign_scripts_is_kept(guide):
    assert not re.search(r"<script(?![^>]*\bsrc=)", guide)
    assert not re.search(r"\son(click|change|load|submit|error)=", guide)
    assert "hx-on" not in guide
    assert "js:" not in guide


def test_sizes_that_pages_may_ask_for_have_their_class():
    """The policy refuses style attributes, so a size without a class would be none."""
    css = (ROOT / "static/css/app.css").read_text()
    pages = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    avatars = {"20", "24", *re.findall(r"{% avatar [^%]*size=(\d+)", pages)}

    assert [h for h in HEIGHTS if f".tall-{h} {{ --tall: {h}px; }}" not in css] == []
    assert [h for h in NARROW if f".narrow-{h} {{ --tall: {h}px; }}" not in css] == []
    assert {a for a in avatars if f".size-{a} " not in css} == set()
    assert [n for n in range(1, 21) if f".steps-{n} {{ --steps: {n}; }}" not in css] == []


@pytest.mark.parametrize(("asked", "given"), [(0, 0), (100, 110), (120, 120), (9000, 480)])
def test_a_placeholder_is_as_high_as_asked_or_a_little_higher(asked, given):
    assert tall(asked) == given


def test_every_element_that_asks_the_server_has_an_id(guide):
    asking = re.findall(r"<[a-z]+[^>]*\shx-(?:get|post)=[^>]*>", guide)

    assert asking
    assert [tag for tag in asking if not re.search(r'\sid="[^"]+"', tag)] == []


def test_no_id_is_used_twice_in_the_frame(rf, db):
    request = rf.get("/x/")
    request.user = AnonymousUser()
    found = re.findall(r'\sid="([^"]+)"', show('{% extends "base.html" %}', request))

    assert len(found) == len(set(found))


def test_every_component_of_the_guide_is_documented():
    text = (ROOT / "docs" / "components.md").read_text()
    library = engines["django"].engine.template_builtins[-1]

    missing = [name for name in library.tags if not re.search(rf"{{% {name}\b", text)]
    assert missing == []


def test_every_icon_that_a_template_names_is_in_the_sprite():
    listed = set((ROOT / "static" / "icons.txt").read_text().split())
    named = set()
    for file in (ROOT / "templates").rglob("*.html"):
        named |= set(re.findall(r'{% icon "([^"]+)"|icon="([a-z0-9-]+)"', file.read_text()))

    assert {a or b for a, b in named} - listed == set()


def test_a_component_is_short_and_says_what_it_needs():
    for file in (ROOT / "templates" / "components").glob("*.html"):
        lines = file.read_text().splitlines()
        assert lines[0].startswith("{# "), file.name
        assert "Needs:" in lines[0], file.name
        assert len(lines) <= 40, file.name


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_page_of_error_says_what_to_do_next(rf, db, status):
    request = rf.get("/x/", headers={"X-Request-ID": "abc-123"})
    request.user = AnonymousUser()
    response = views.problem(request, status, reason="Only managers may sign a definition.")

    assert response.status_code == status
    assert response["X-Request-ID"] == "abc-123"
    assert "btn-primary" in response.content.decode()


def test_a_broken_server_answers_with_the_request_number_and_without_the_database(rf):
    response = views.server_error(rf.get("/x/", headers={"X-Request-ID": "abc-123"}))

    assert response.status_code == 500
    assert "abc-123" in response.content.decode()
