"""The browser of the journeys: the system's own Chromium, never a downloaded one.

The pages are real, and so is the worker: a Celery process on the test's database and broker.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from crm.outbox.models import Heartbeat
from crm.outbox.tasks import sweep
from tests.factories import PASSWORD

# Playwright keeps an event loop in this thread; Django would refuse its own ORM beside it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
expect.set_options(timeout=15_000)
REFUSED = ("422", "409", "401")
"""Answers that are swapped into the page; Chromium reports them as errors all the same."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    chromium = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium")
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    quiet = ["--disable-background-networking", "--disable-quic"]
    return {**browser_type_launch_args, "executable_path": chromium, "args": as_root + quiet}


def watch(page: Page, heard: list[str]) -> Page:
    """Add to `heard` what the page's console says of errors, and what its scripts throw.

    Nothing is raised here: an exception in a listener ends Playwright's own connection.
    """

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(code in message.text for code in REFUSED):
            heard.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: heard.append(f"{page.url}: {error}"))
    return page


SignIn = Callable[..., Page]
OpenPage = Callable[..., Page]


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Yield the errors that watched pages report; the test fails for them at its end."""
    errors: list[str] = []
    yield errors
    assert not errors, "\n".join(errors)


@pytest.fixture
def visit(browser: Browser, live_server: Any, heard: list[str]) -> Iterator[OpenPage]:
    """Return a function: a page of a new browser session in which nobody has logged in."""
    contexts = []

    def a_page(*, width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        return watch(context.new_page(), heard)

    yield a_page
    for context in contexts:
        context.close()


@pytest.fixture
def enter(visit: OpenPage) -> SignIn:
    """Return a function: a page of a new browser session in which this user has logged in."""

    def as_user(email: str, **options: Any) -> Page:
        page = visit(**options)
        page.goto("/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button").first.click()
        page.wait_for_url(lambda url: "/login/" not in url)
        return page

    return as_user


def settled(page: Page) -> None:
    """Wait until htmx has swapped, and bound, all that it asked for."""
    page.wait_for_load_state("networkidle")
    busy = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
    page.wait_for_function("busy => !document.querySelector(busy)", arg=busy)


@pytest.fixture
def worker(live_server: Any) -> Iterator[None]:
    """Run a Celery worker on the test's own database until the test ends."""
    environ = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "TANDEM_VAR": str(settings.VAR),
        "TANDEM_FILES": str(settings.MEDIA_ROOT),
    }
    command = [sys.executable, "-m", "celery", "-A", "crm", "worker", "-c", "1", "-l", "ERROR"]
    process = subprocess.Popen(command, env=environ)  # noqa: S603
    try:
        wait_for_worker()
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def database_url() -> str:
    """Return the URL of the test's database."""
    used = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{used['NAME']}"
    host, port = used["HOST"] or "127.0.0.1", used["PORT"] or 5432
    return f"postgres://{used['USER']}:{used['PASSWORD']}@{host}:{port}/{used['NAME']}"


def wait_for_worker(patience: float = 60) -> None:
    until = time.monotonic() + patience
    while not Heartbeat.objects.filter(name="worker").exists():
        if time.monotonic() > until:
            pytest.fail("The worker showed no life.")
        sweep.apply_async(retry=False)
        time.sleep(0.5)
