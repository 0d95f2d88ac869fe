"""Every page of the demo company: no accessibility violation, no sideways scroll, no tiny target,
nothing that comes late or moves what one reads.

E2E_FULL=1 (`make e2e`) looks at each page in all four combinations of size and theme, and at the
forms too; the suite at the pages of the menu, each in one of the four, in turn.
"""

import os

import pytest
from playwright.sync_api import Page

from crm.demo import company
from tests.e2e.conftest import OpenPage, SignIn
from tests.e2e.looking import faults
from tests.e2e.pages import FORMS, PAGES, SIZES, open_page
from tests.e2e.vitals import slow_or_shifting
from tests.factories import PASSWORD

FULL = bool(os.environ.get("E2E_FULL"))
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def test_every_page_is_accessible_and_fits(
    numbered_from_one: None, enter: SignIn, visit: OpenPage
) -> None:
    company.seed(password=PASSWORD)
    found: list[str] = []

    for user, paths in [*PAGES, *FORMS] if FULL else PAGES:
        for place, (width, height, scheme) in enumerate(SIZES):
            view = {"width": width, "height": height, "color_scheme": scheme}
            page = enter(user, **view) if user else visit(**view)
            for path in paths if FULL else paths[place :: len(SIZES)]:
                found += [f"{path} at {width} {scheme}: {fault}" for fault in look(page, path)]
            page.context.close()

    assert not found, "\n".join(found)


def look(page: Page, path: str) -> list[str]:
    """Open a page and return what is wrong with it."""
    answer = open_page(page, path)
    assert answer
    assert answer.status == 200, path
    return slow_or_shifting(page) + faults(page)
