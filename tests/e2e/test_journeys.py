"""Journeys 2, 3, 6, 7 and 10 of the acceptance list: what people do most, within their clicks.

Each looks at its pages, light and dark, before and after the main action.
"""

import re
from pathlib import Path

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import Locator, Page, expect

from campaigns.models import Campaign, Spend
from crm.funnel import handoffs
from crm.funnel.models import Verdict
from crm.outbox.services import sweep
from crm.users.models import Role, User
from deals.models import Deal
from leads.models import Company, Lead
from tests.e2e.conftest import SignIn, settled
from tests.e2e.looking import faults
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    CompanyFactory,
    DealFactory,
    LeadFactory,
    TeamFactory,
    UserFactory,
    waiting_handoff,
)

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
THEMED = "scheme => document.documentElement.dataset.bsTheme === scheme"


class Hand:
    """A hand that counts its clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def look(self) -> None:
        """The page has no fault, light or dark, and the focus is somewhere."""
        settled(self.page)
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.wait_for_function(THEMED, arg=scheme)
            assert not faults(self.page)

    def has_focus(self) -> bool:
        return bool(self.page.evaluate("document.activeElement !== document.body"))


@pytest.fixture
def maya(organisation: object) -> User:
    return UserFactory(name="Maya", email="maya@example.com", role=Role.MARKETER)


@pytest.fixture
def rita(organisation: object) -> User:
    return UserFactory(name="Rita", email="rita@example.com", team=TeamFactory(name="North"))


def carry_out() -> None:
    while sweep():
        pass


def test_a_campaign_is_made_in_three_clicks(maya: User, enter: SignIn) -> None:
    ChannelFactory(name="Fairs")
    page = enter(maya.email)
    hand = Hand(page)
    page.goto("/")
    settled(page)
    page.keyboard.press("c")
    hand.click(page.locator(".topbar").get_by_role("link", name="Campaign"))  # 1
    expect(page.get_by_label("Name")).to_be_visible()
    hand.look()

    with page.expect_response(lambda answer: answer.request.method == "POST") as refused:
        hand.click(page.get_by_role("button", name="Save", exact=True))  # 2
    assert refused.value.status == 422
    expect(page.get_by_label("Name")).to_be_focused()
    assert page.locator("[aria-invalid=true]").count() >= 2
    hand.look()

    page.get_by_label("Name").fill("Autumn fair")
    page.get_by_label("Channel").select_option(label="Fairs")
    page.get_by_label("Starts").fill(localdate().isoformat())
    page.get_by_label("Budget").fill("5000")
    page.get_by_label("Goal: MQLs").fill("40")
    hand.click(page.get_by_role("button", name="Save", exact=True))  # 3

    expect(page.get_by_role("heading", level=1)).to_contain_text("Autumn fair")
    expect(page.get_by_role("main")).to_contain_text("€5K")
    assert Campaign.objects.get().budget_minor == 500_000
    assert hand.clicks <= 3
    hand.look()


def test_spend_comes_from_a_file_of_which_two_lines_are_bad(
    maya: User, enter: SignIn, worker: None, tmp_path: Path
) -> None:
    campaign = CampaignFactory(name="Fair", channel=ChannelFactory(), owner=maya)
    DealFactory(
        lead=LeadFactory(campaign=campaign),
        status="won",
        closed_at=now(),
        amount_minor=200_000,
        currency="EUR",
    )
    day = localdate()
    lines = [f"Fair,{day},{amount}" for amount in (100, 100, 100, 100, 100, 100, 200, 200)]
    bad = [f"Nothing of ours,{day},50", f"Fair,{day},a lot"]
    notes = [f"{line},Line {number}" for number, line in enumerate(lines + bad)]
    file = tmp_path / "spend.csv"
    file.write_text("campaign,day,amount,note\n" + "\n".join(notes) + "\n")
    page = enter(maya.email)
    hand = Hand(page)

    page.goto("/imports/new/?kind=spend")
    page.locator("input[type=file]").set_input_files(file)
    hand.click(page.get_by_role("button", name="Upload"))  # 1
    hand.look()
    hand.click(page.get_by_role("button", name="Check the file"))  # 2
    hand.look()
    hand.click(page.get_by_role("button", name="Import", exact=True))  # 3

    main = page.get_by_role("main")
    expect(main).to_contain_text("Nothing of ours", timeout=60_000)
    expect(main).to_contain_text("a lot")
    for line in ("10", "11"):
        expect(main.locator("table").last).to_contain_text(line)
    assert Spend.objects.count() == 8
    hand.look()
    page.goto(campaign.get_absolute_url())
    expect(page.get_by_role("main")).to_contain_text("€1K")
    expect(page.get_by_role("main")).to_contain_text("100%")  # 2,000 won for 1,000
    assert hand.clicks <= 6


def test_a_rejection_needs_a_reason_and_comes_home(
    maya: User, rita: User, enter: SignIn, worker: None
) -> None:
    campaign = CampaignFactory(name="Fair", owner=maya)
    lead = LeadFactory(name="Ana Costa", campaign=campaign, owner=None)
    handoff = waiting_handoff(rep=rita, lead=lead)
    page = enter(rita.email)
    hand = Hand(page)
    page.goto("/handoff/")
    settled(page)
    page.locator(f"#handoff-{handoff.pk}").focus()

    page.keyboard.press("r")
    dialog = page.locator("#dialog")
    hand.click(dialog.get_by_role("button", name=re.compile("Reject|Give back")))  # 1
    expect(dialog.locator("[aria-invalid=true], .invalid-feedback").first).to_be_visible()
    hand.look()
    hand.click(dialog.get_by_role("radio").first)  # 2
    hand.click(dialog.get_by_role("button", name=re.compile("Reject|Give back")))  # 3
    expect(page.locator(f"#handoff-{handoff.pk}")).to_have_count(0)
    assert hand.has_focus()
    assert hand.clicks <= 3
    hand.look()

    home = enter(maya.email)
    for _ in range(60):
        home.goto("/feedback/")
        if home.get_by_role("link", name="Ana Costa").count():
            break
        home.wait_for_timeout(300)
    expect(home.locator("#count-feedback")).to_have_text(re.compile(r"^\s*1"))
    home.get_by_role("link", name="Ana Costa").first.click()
    expect(home).to_have_url(re.compile(f"/leads/{lead.pk}/"))


def test_a_lead_is_converted_into_a_known_company_in_two_clicks(rita: User, enter: SignIn) -> None:
    company = CompanyFactory(name="Acme Works", domain="acme.example")
    lead = LeadFactory(
        name="Ana Costa", email="ana@acme.example", owner=rita, team=rita.team, company=None
    )
    handoffs.accept(waiting_handoff(rep=rita, lead=lead), actor=rita)
    page = enter(rita.email)
    hand = Hand(page)
    page.goto(lead.get_absolute_url())
    settled(page)
    hand.look()
    hand.click(page.get_by_role("link", name=re.compile("Convert")).first)  # 1
    dialog = page.locator("#dialog")
    expect(dialog.get_by_label("Company")).to_have_value("Acme Works")
    hand.look()
    hand.click(dialog.get_by_role("button", name="Open the deal"))  # 2

    page.wait_for_url(re.compile(r"/deals/\d+/"))
    expect(page.locator(".stepper [aria-current=step], .stepper .is-current").first).to_be_visible()
    deal = Deal.objects.get()
    assert (deal.lead, deal.company) == (lead, company)
    assert Lead.objects.count() == Company.objects.count() == 1
    lead.refresh_from_db()
    assert lead.stage == "opportunity"
    assert hand.clicks <= 2
    hand.look()


def test_a_deal_is_won_in_two_clicks_and_the_month_has_it(rita: User, enter: SignIn) -> None:
    deal = DealFactory(
        name="Planning", lead=LeadFactory(stage="opportunity", owner=rita, team=rita.team),
        owner=rita, team=rita.team, amount_minor=1_200_000, currency="EUR",
    )  # fmt: skip
    page = enter(rita.email)
    hand = Hand(page)
    page.goto(deal.get_absolute_url())
    settled(page)
    hand.click(page.get_by_role("link", name="Won").first)  # 1
    hand.click(page.locator("#dialog").get_by_role("button", name="Won"))  # 2
    expect(page.locator("#toasts")).to_contain_text("won")
    hand.look()
    assert hand.clicks <= 2

    page.goto("/forecast/")
    expect(page.get_by_role("main")).to_contain_text("€12K")


def test_a_bad_lead_is_told_to_marketing_when_its_deal_is_lost(
    maya: User, rita: User, enter: SignIn
) -> None:
    lead = LeadFactory(
        name="Ana Costa", stage="opportunity", owner=rita, team=rita.team,
        campaign=CampaignFactory(name="Fair", owner=maya),
    )  # fmt: skip
    deal = DealFactory(name="Planning", lead=lead, owner=rita, team=rita.team)
    page = enter(rita.email)
    page.goto(deal.get_absolute_url())
    settled(page)
    page.get_by_role("link", name="Lost").first.click()
    dialog = page.locator("#dialog")
    dialog.get_by_role("button", name="Lost").click()
    expect(dialog).to_contain_text("Marketing needs to know")
    assert not Verdict.objects.exists()
    dialog.get_by_label("Price").check()
    dialog.get_by_label("No", exact=True).check()
    dialog.get_by_role("button", name="Lost").click()
    expect(page.locator("#toasts")).to_contain_text("lost")
    carry_out()

    home = enter(maya.email)
    home.goto("/feedback/")
    expect(home.get_by_role("main")).to_contain_text("Ana Costa")
    expect(home.get_by_role("main")).to_contain_text("Was it a good lead? No")
