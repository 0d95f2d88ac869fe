"""What a first visit costs: the files of every page, compressed as the server compresses them."""

import gzip
from pathlib import Path

import django_htmx
import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "static"
CSS = ["vendor/bootstrap.min.css", "css/app.css"]
JS = ["vendor/bootstrap.bundle.min.js", "js/theme.js", "js/sending.js", "js/app.js", "js/keys.js"]
HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"


def weight(paths: list[Path]) -> float:
    """Return the compressed size in kB."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths) / 1000


@pytest.mark.parametrize(
    ("what", "paths", "most"),
    [
        ("CSS", [STATIC / name for name in CSS], 42),
        ("own code", [STATIC / name for name in JS[1:]], 12),
        ("icons", [STATIC / "vendor/icons.svg"], 5),
        ("board", [STATIC / "vendor/Sortable.min.js", STATIC / "js/board.js"], 20),
    ],
)
def test_a_part_of_the_frame_keeps_its_budget(what, paths, most):
    assert weight(paths) <= most, what


def test_a_first_visit_stays_under_its_budget():
    files = [*(STATIC / name for name in [*CSS, *JS, "vendor/icons.svg"]), HTMX]

    assert weight(files) <= 100, "and 30 kB are left for the page itself"
