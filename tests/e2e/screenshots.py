"""`make screenshots`: draw the README's pictures of the demo company, from a database of its own.

    python -m tests.e2e.screenshots [folder]

Three pages by default into docs/images; with SCREENSHOTS=all every page of the menu, at 1440 and
390 pixels, light and dark, for looking at.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.server import free_port, wait_for
from tests.e2e.pages import PAGES, SIZES, open_page

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "for the pictures"  # noqa: S105
README = [
    ("handoff", "rita@example.com", "/"),
    ("board", "sam@example.com", "/deals/?view=board"),
    ("funnel", "mira@example.com", "/reports/funnel/"),
]


@contextmanager
def demo_company() -> Iterator[str]:
    """Run Tandem with the demo company on a database that is thrown away; yield its address."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, "TANDEM_VAR": folder, "LOG_LEVEL": "ERROR", "DEBUG": "1"}
        environ.pop("DATABASE_URL", None)
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "-v0"], env=environ, check=True)  # noqa: S603
        seed = [*manage, "seed_demo", "--password", PASSWORD]
        subprocess.run(seed, env=environ, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        command = [*manage, "runserver", "--noreload", str(port)]
        server = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            yield wait_for(f"http://127.0.0.1:{port}", 60)
        finally:
            server.terminate()
            server.wait(10)


def draw(
    browser: Browser, address: str, user: str, pages: dict[str, Path], size: tuple[int, int, str]
) -> None:
    """Log in and write a picture of each page: path → file."""
    width, height, scheme = size
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto("/login/")
    page.locator("input[name=login]").fill(user)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/login/" not in url)
    for path, target in pages.items():
        answer = open_page(page, path)
        page.screenshot(path=target)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        status = answer.status if answer else 0
        if wide > 0 or status != 200:
            print(f"{path} at {width}: status {status}, {wide} pixels too wide")  # noqa: T201
    context.close()


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("TANDEM_CHROMIUM") or shutil.which("chromium")
    with demo_company() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if os.environ.get("SCREENSHOTS") == "all":
            for user, paths in PAGES:
                for size in SIZES:
                    draw(browser, address, user, files(folder, paths, size), size)
        else:
            for name, user, path in README:
                draw(browser, address, user, {path: folder / f"{name}.png"}, SIZES[0])
        browser.close()


def files(folder: Path, paths: list[str], size: tuple[int, int, str]) -> dict[str, Path]:
    width, _, scheme = size
    return {
        path: folder / f"{path.strip('/').replace('/', '_').replace('?', '_') or 'home'}"
        f"_{width}_{scheme}.png"
        for path in paths
    }


if __name__ == "__main__":
    main()
