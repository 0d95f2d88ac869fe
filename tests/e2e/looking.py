"""What is wrong with a page that is open: seen by axe, too wide, or with targets too small."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.pages import SMALL


def faults(page: Page) -> list[str]:
    """Return what is wrong with the page as it stands; empty when nothing is."""
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = [f"{wide} pixels too wide"] if wide > 0 else []
    found += [f"small target {name}" for name in page.evaluate(SMALL)]
    for violation in Axe().run(page).response["violations"]:
        where = [node["target"] for node in violation["nodes"][:3]]
        found.append(f"{violation['id']} {where}")
    return found
