"""Journey 4: an anonymous form becomes a lead, the lead an MQL, and sales sees it by itself."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.utils.timezone import now
from playwright.sync_api import Browser, Page, expect

from campaigns.capture.fields import field_of
from campaigns.capture.models import CaptureForm, Submission
from crm.outbox.services import sweep
from crm.tracking import buffer, counting
from crm.tracking.models import Session
from crm.users.models import Organisation, Role
from leads.models import Lead
from tests.e2e.conftest import SignIn, watch
from tests.e2e.pages import SMALL
from tests.factories import CampaignFactory, CaptureFormFactory, TeamFactory, UserFactory

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36"
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def form(transactional_db: None) -> CaptureForm:
    always = [["00:00", "23:59"]] * 7
    Organisation.objects.create(pk=1, name="Acme", currency="EUR", workdays=always, set_up_at=now())
    team = TeamFactory(name="North")
    UserFactory(name="Maya", email="maya@example.com", role=Role.MARKETER)
    UserFactory(name="Rita", email="rita@example.com", role=Role.REP, team=team)
    return CaptureFormFactory(
        name="See a demo",
        campaign=CampaignFactory(name="Autumn webinar"),
        touch_kind=CaptureForm.Kind.DEMO,
        fields=[field_of(name) for name in ("email", "name", "company", "job_title")],
    )


def test_a_form_sent_without_javascript_reaches_sales_by_itself(
    form: CaptureForm, browser: Browser, live_server: object, enter: SignIn, worker: None
) -> None:
    address = live_server.url  # type: ignore[attr-defined]
    visitor = browser.new_context(base_url=address, java_script_enabled=False).new_page()
    send_form(visitor, form)

    maya = enter("maya@example.com")
    see_new_lead(maya)
    see_score(maya)
    see_handoff(enter("rita@example.com"))


def send_form(page: Page, form: CaptureForm) -> None:
    """A mistake first, then all is well: what was typed is still there."""
    page.goto(f"{form.public_path}?utm_source=linkedin&utm_medium=social")
    page.wait_for_timeout(2500)
    page.get_by_label("Name").fill("Nora Holm")
    page.get_by_label("Company").fill("Holm Tools")
    page.get_by_label("Job title").fill("Head of Operations")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Nora Holm")
    page.get_by_label("Work e-mail").fill("nora@example.org")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()


def see_new_lead(page: Page) -> None:
    page.goto("/leads/")
    page.get_by_role("link", name="New today").click()
    row = page.locator("tr[id^=lead-]").filter(has_text="Nora Holm")
    expect(row).to_contain_text("Autumn webinar")
    row.get_by_role("link", name="Nora Holm").click()
    expect(page.locator("#lead-website")).to_contain_text("linkedin")
    expect(page.locator("#lead-touches")).to_contain_text("See a demo, from linkedin / social")


def see_score(page: Page) -> None:
    """Decider 15, company 5, demo 35: the lines of the explanation sum to the score."""
    for _ in range(60):
        page.reload()
        page.wait_for_load_state("networkidle")
        if Lead.objects.get().stage == "mql":
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("main")).to_contain_text("MQL")
    lead = Lead.objects.get()
    assert lead.score == 55
    expect(page.locator("#lead-score")).to_contain_text("55")


def see_handoff(page: Page) -> None:
    row = page.locator("[id^=handoff-]").filter(has_text="Nora Holm")
    for _ in range(60):
        page.goto("/handoff/")
        if row.count():
            break
        page.wait_for_timeout(500)
    expect(row.first).to_contain_text(re.compile(r"left"))
    expect(row.first).to_contain_text("Demo requested")


@contextmanager
def website(html: str) -> Iterator[str]:
    """Serve this page at every address of a site of its own; yield the site's address."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def no_views() -> None:
    """Forget the page views that an earlier run left waiting in Redis."""
    if settings.REDIS_URL:
        buffer.client().delete(buffer.STREAM)


def test_script_and_form_work_inside_a_page_of_another_site(
    form: CaptureForm, browser: Browser, live_server: object, heard: list[str], no_views: None
) -> None:
    """A cookie of that site alone, one view without secrets, and the form knows the visitor."""
    address = live_server.url  # type: ignore[attr-defined]
    context = browser.new_context(user_agent=CHROME)
    context.add_init_script("delete Object.getPrototypeOf(navigator).webdriver")
    html = (
        f'<!doctype html><title>Blog</title><script defer src="{address}/t.js"></script>'
        f'<iframe src="{address}{form.public_path}?embed=1" width="400" height="700"></iframe>'
    )
    page = watch(context.new_page(), heard)
    with website(html) as site:
        with page.expect_response(re.compile(r"/t$")) as answered:
            page.goto(f"{site}/blog?utm_source=linkedin&secret=1")
        (cookie,) = context.cookies()
        frame = page.frame_locator("iframe")
        page.wait_for_timeout(2500)
        frame.get_by_label("Work e-mail").fill("nora@example.org")
        frame.get_by_role("button", name="Send").click()
        expect(frame.get_by_text("Thank you.")).to_be_visible()

    assert answered.value.status == 204
    assert "secret" not in (answered.value.request.post_data or "")
    assert (cookie["name"], cookie["domain"]) == ("tandem_visitor", "127.0.0.1")
    submission = Submission.objects.get()
    assert submission.visitor
    assert submission.visitor.hex == cookie["value"]
    assert submission.utm_last == {"source": "linkedin"}
    counting.count_waiting()
    sweep()
    assert Session.objects.get().lead == submission.lead
    context.close()


def test_a_browser_that_asks_for_privacy_reports_nothing(
    form: CaptureForm, browser: Browser, live_server: object, heard: list[str]
) -> None:
    context = browser.new_context(base_url=live_server.url)  # type: ignore[attr-defined]
    context.add_init_script(
        "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})"
    )
    page = watch(context.new_page(), heard)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(form.public_path)
    page.wait_for_load_state("networkidle")

    assert not any(url.endswith("/t") for url in asked)
    assert not context.cookies()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_form_is_accessible_on_a_phone(
    form: CaptureForm, browser: Browser, live_server: object, scheme: str, heard: list[str]
) -> None:
    context = browser.new_context(
        base_url=live_server.url,  # type: ignore[attr-defined]
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": 320, "height": 700},
    )
    page = watch(context.new_page(), heard)
    page.goto(form.public_path)
    for _ in range(2):  # as it comes, and with its errors
        found = Axe().run(page).response["violations"]
        assert not found, found
        assert not page.evaluate(SMALL)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.wait_for_timeout(2200)  # nobody is faster
        page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    context.close()
