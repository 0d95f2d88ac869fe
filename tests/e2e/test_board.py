"""The board in a browser: drag, keyboard and clicks move cards; what is refused goes back."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import now
from playwright.sync_api import Locator, Page, expect

from crm.common import formats
from crm.funnel import handoffs
from crm.users.models import Organisation, Role, User, usual_week
from deals import services
from deals.models import Deal, Pipeline
from tests.e2e.conftest import SignIn
from tests.factories import LeadFactory, TeamFactory, UserFactory, waiting_handoff

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
SET_UP = {"name": "Acme", "currency": "EUR", "workdays": usual_week()}


@pytest.fixture
def rita(transactional_db: None) -> User:
    Organisation.objects.create(pk=1, set_up_at=now(), **SET_UP)
    return UserFactory(
        name="Rita", email="rita@example.com", role=Role.REP, team=TeamFactory(name="North")
    )


@pytest.fixture
def deal(rita: User) -> Deal:
    lead = LeadFactory(name="Nora")
    handoffs.accept(waiting_handoff(rep=rita, lead=lead), actor=rita)
    stage = Pipeline.objects.get().stages.all()[0]
    return services.convert(
        lead, name="Pilot", amount_minor=100_000, currency="EUR", stage=stage, actor=rita
    )


@pytest.fixture
def board(deal: Deal, enter: SignIn) -> Page:
    page = enter("rita@example.com")
    page.goto("/deals/")
    return page


def drag(page: Page, card: Locator, onto: Locator) -> None:
    """Drag as a hand does: press, move a little, move there, let go."""
    start = card.bounding_box()
    assert start
    x, y = start["x"] + 60, start["y"] + 12
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y + 8, steps=3)
    target = onto.bounding_box()
    assert target
    middle = target["x"] + target["width"] / 2
    page.mouse.move(middle, target["y"] + 20, steps=12)
    page.mouse.move(middle, target["y"] + 26, steps=3)
    page.mouse.up()


def column(page: Page, stage: str) -> Locator:
    return page.locator(f".board-cards[data-name='{stage}']")


def card(page: Page, deal: Deal) -> Locator:
    return page.locator(f"#deal-{deal.pk}")


def test_a_dragged_card_stays_and_the_sums_follow(board: Page, deal: Deal) -> None:
    drag(board, card(board, deal), column(board, "Proposal"))

    expect(board.locator("#toasts")).to_contain_text("moved to Proposal")
    expect(board.get_by_role("region", name="Proposal")).to_contain_text("€1K · €600 weighted")
    expect(board.get_by_role("region", name="New")).to_contain_text("No deals")
    board.reload()
    expect(column(board, "Proposal").locator(f"#deal-{deal.pk}")).to_be_visible()


def test_a_card_moves_by_clicks_alone(board: Page, deal: Deal) -> None:
    card(board, deal).get_by_role("link", name="Move Pilot to…").click()
    dialog = board.locator("#dialog")
    dialog.get_by_label("Demo").check()
    dialog.get_by_role("button", name="Move").click()

    expect(column(board, "Demo").locator(f"#deal-{deal.pk}")).to_be_visible()


def test_a_card_moves_by_the_keyboard_and_keeps_the_focus(board: Page, deal: Deal) -> None:
    board.keyboard.press("j")
    board.keyboard.press("Tab")
    board.keyboard.press("Shift+ArrowRight")

    expect(board.locator("#toasts")).to_contain_text("moved to Discovery")
    expect(column(board, "Discovery").locator(f"#deal-{deal.pk}")).to_be_visible()
    inside = f"document.querySelector('#deal-{deal.pk}').contains(document.activeElement)"
    assert board.evaluate(inside)
    board.keyboard.press("s")
    expect(board.get_by_role("heading", name="Move Pilot")).to_be_focused()


def test_a_drop_on_lost_asks_before_anything_happens(board: Page, deal: Deal) -> None:
    drag(board, card(board, deal), board.locator("[data-zone=lose]"))

    expect(column(board, "New").locator(f"#deal-{deal.pk}")).to_be_attached()
    expect(board.get_by_role("heading", name="Lost: Pilot")).to_be_focused()
    dialog = board.locator("#dialog")
    dialog.get_by_role("button", name="Lost").click()
    expect(dialog).to_contain_text("Marketing needs to know")
    dialog.get_by_label("Price").check()
    dialog.get_by_label("No", exact=True).check()
    dialog.get_by_role("button", name="Lost").click()
    expect(card(board, deal)).to_have_count(0)
    deal.refresh_from_db()
    assert (deal.status, deal.good_lead) == ("lost", False)


def test_an_undo_takes_a_move_back(board: Page, deal: Deal) -> None:
    drag(board, card(board, deal), column(board, "Demo"))
    board.locator("#toasts").get_by_role("button", name="Undo").click()

    expect(column(board, "New").locator(f"#deal-{deal.pk}")).to_be_visible()


def test_a_stale_move_shows_the_fresh_card_and_who_was_first(
    board: Page, deal: Deal, rita: User
) -> None:
    stages = list(deal.pipeline.stages.all())
    services.move(Deal.objects.get(pk=deal.pk), stages[4], version=1, actor=UserFactory(name="Ana"))

    drag(board, card(board, deal), column(board, "Demo"))

    expect(board.locator("#toasts")).to_contain_text("Ana changed")
    expect(column(board, "Negotiation").locator(f"#deal-{deal.pk}")).to_be_visible()


@pytest.mark.parametrize("fault", ["server", "network"])
def test_a_failed_move_goes_back_and_may_be_tried_again(
    board: Page, deal: Deal, fault: str
) -> None:
    deaf = board.context.new_page()  # the console says what the test brings about
    deaf.goto("/deals/")
    deaf.route("**/move/**", lambda r: r.fulfill(status=500) if fault == "server" else r.abort())

    drag(deaf, card(deaf, deal), column(deaf, "Demo"))

    said = re.compile("broke on our side|No connection")
    expect(deaf.locator("#toasts")).to_contain_text(said)
    expect(column(deaf, "New").locator(f"#deal-{deal.pk}")).to_be_visible()
    deaf.unroute("**/move/**")
    deaf.locator("#toasts").get_by_role("button", name="Retry").click()
    expect(column(deaf, "Demo").locator(f"#deal-{deal.pk}")).to_be_visible()


def test_on_a_phone_one_stage_shows_at_a_time(deal: Deal, enter: SignIn) -> None:
    page = enter("rita@example.com", width=390, height=844)
    page.goto("/deals/")

    page.get_by_role("navigation", name="Stages").get_by_role("link", name="Proposal").click()

    fourth = deal.pipeline.stages.all()[3]
    expect(page.locator(f"#column-{fourth.pk}")).to_be_in_viewport(ratio=0.2)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stage_that_insists_puts_the_card_back_and_asks_what_is_missing(
    board: Page, deal: Deal
) -> None:
    stage = deal.stage
    stage.exit_criteria, stage.exit_blocks = ["The need is written down"], True
    stage.save()

    drag(board, card(board, deal), column(board, "Discovery"))

    expect(board.get_by_role("heading", name="Move Pilot")).to_be_focused()
    expect(column(board, "New").locator(f"#deal-{deal.pk}")).to_be_attached()
    dialog = board.locator("#dialog")
    expect(dialog.get_by_label("Discovery")).to_be_checked()
    dialog.get_by_label("The need is written down").check()
    dialog.get_by_role("button", name="Move").click()
    expect(column(board, "Discovery").locator(f"#deal-{deal.pk}")).to_be_visible()


def test_on_a_phone_a_card_is_moved_by_taps_alone(deal: Deal, enter: SignIn) -> None:
    page = enter("rita@example.com", width=390, height=844, has_touch=True, is_mobile=True)
    page.goto("/deals/")

    card(page, deal).get_by_role("link", name="Move Pilot to…").tap()
    dialog = page.locator("#dialog")
    dialog.get_by_label("Demo").tap()
    dialog.get_by_role("button", name="Move").tap()

    expect(column(page, "Demo").locator(f"#deal-{deal.pk}")).to_be_attached()
    page.get_by_role("navigation", name="Stages").get_by_role("link", name="Demo").tap()
    expect(card(page, deal)).to_be_in_viewport(ratio=0.5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_five_thousand_deals_add_up_and_a_move_among_them_stays(
    rita: User, deal: Deal, enter: SignIn
) -> None:
    stages = list(deal.pipeline.stages.all())
    fill_board(rita, deal, 5_000)
    page = enter("rita@example.com")
    page.goto("/deals/")

    assert shown_totals(page) == sums_in_sql()
    expect(page.locator(".board-total")).to_contain_text("5,001 deals")
    expect(column(page, "New").locator(".deal-card")).to_have_count(25)
    first = column(page, "New").locator(".deal-card").first
    moved = first.get_attribute("id") or ""
    before = dict(sums_in_sql())
    first.get_by_role("link", name=re.compile("to…$")).click()
    page.locator("#dialog").get_by_label("Demo").check()
    page.locator("#dialog").get_by_role("button", name="Move").click()
    expect(column(page, "Demo").locator(f"#{moved}")).to_be_attached()
    page.reload()

    assert Deal.objects.get(pk=moved.removeprefix("deal-")).stage == stages[2]
    assert shown_totals(page) == sums_in_sql() != before
    page.locator(f"#more-{stages[0].pk}").click()
    expect(column(page, "New").locator(".deal-card")).to_have_count(50)


def fill_board(rita: User, deal: Deal, count: int) -> None:
    """Give Rita `count` more open deals, spread over the stages of the pipeline."""
    stages, at = list(deal.pipeline.stages.all()), now()
    Deal.objects.bulk_create(
        Deal(
            name=f"Deal {n}", lead=deal.lead, pipeline=deal.pipeline, owner=rita, team=rita.team,
            stage=stages[n % len(stages)], amount_minor=n * 12_345, currency="EUR",
            stage_since=at - timedelta(minutes=n + 1),
        )
        for n in range(count)
    )  # fmt: skip


def sums_in_sql() -> dict[str, tuple[str, str, str]]:
    """Count and sum each stage by one plain statement, written as the board writes them."""
    statement = """
        SELECT stage.name, COUNT(*), SUM(deal.amount_minor),
               SUM(deal.amount_minor) * stage.probability / 100.0
        FROM deals_deal AS deal JOIN deals_pipelinestage AS stage ON stage.id = deal.stage_id
        WHERE deal.status = 'open' GROUP BY stage.name, stage.probability"""
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {
            name: (f"{count:,}", formats.money_short(int(minor), "EUR"), weight(weighted))
            for name, count, minor, weighted in cursor.fetchall()
        }


def weight(weighted: float) -> str:
    return f"{formats.money_short(round(weighted), 'EUR')} weighted"


def shown_totals(page: Page) -> dict[str, tuple[str, str, str]]:
    """Read count, sum and weighted sum off the head of each column."""
    heads = page.locator(".board-head").all()
    return {
        head.locator("h2 .truncate").inner_text(): (
            head.locator(".count").inner_text(),
            head.locator("p strong").inner_text(),
            head.locator("p span").inner_text(),
        )
        for head in heads
    }
