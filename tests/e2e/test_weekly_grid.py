"""The weekly grid in a browser: a tick for each cell, a block from a spreadsheet, money at once."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate, now
from playwright.sync_api import expect

from campaigns.channel_metrics.models import ChannelWeek
from campaigns.channel_metrics.numbers import monday
from crm.users.models import Organisation, Role
from tests.e2e.conftest import SignIn
from tests.factories import CampaignFactory, ChannelFactory, UserFactory

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASTE = """(text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_a_marketer_types_three_cells_and_pastes_a_block(enter: SignIn) -> None:
    Organisation.objects.create(pk=1, name="Acme", currency="EUR", set_up_at=now())
    UserFactory(name="Maya", email="maya@example.com", role=Role.MARKETER)
    campaign = CampaignFactory(name="Fair", channel=ChannelFactory())
    week = monday(localdate())
    maya = enter("maya@example.com")

    maya.goto(f"/campaigns/{campaign.pk}/metrics/")
    cells = maya.locator("tr.grid-now input")
    cells.nth(0).click()
    for text in ("150", "-5", "99"):
        maya.keyboard.type(text)
        maya.keyboard.press("Tab")

    expect(maya.locator(f"#m-{week}-sessions .grid-ok")).to_be_visible()
    expect(maya.locator(f"#m-{week}-visitors")).to_have_text("A number below zero cannot be.")
    expect(cells.nth(1)).to_have_value("-5")
    expect(cells.nth(1)).to_have_attribute("aria-invalid", "true")

    cells.nth(8).fill("50")
    maya.keyboard.press("Enter")
    expect(maya.locator(f"#total-{week}")).to_have_text("€50.00")

    maya.locator(f"#c-{week - timedelta(weeks=1)}-likes").focus()
    maya.evaluate(PASTE, "11\t12\n21\t22\n31\t32")
    expect(maya.locator(f"#m-{week}-comments .grid-ok")).to_be_visible()
    expect(maya.get_by_text("2 pasted cells lie outside the grid").first).to_be_visible()
    maya.keyboard.press("ArrowDown")
    expect(maya.locator(f"#c-{week}-likes")).to_be_focused()

    now_week = ChannelWeek.objects.get(week=week)
    assert (now_week.sessions, now_week.visitors, now_week.impressions) == (150, None, 99)
    assert (now_week.likes, now_week.comments) == (21, 22)
    assert campaign.spends.get().amount_minor == 5_000
