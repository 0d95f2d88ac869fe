"""What keeps the code in the shape of docs/architecture.md."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model
from importlinter.application.use_cases import SUCCESS, lint_imports
from importlinter.configuration import configure

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("crm", "leads", "campaigns", "deals")
LONGEST_FILE, LONGEST_FUNCTION = 500, 50
LONGEST_PAGE, LONGEST_FRAGMENT = 120, 40


def sources() -> list[Path]:
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "migrations" not in path.parts)


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def matching(pattern: str, paths: list[Path]) -> list[str]:
    return [name(path) for path in paths if re.search(pattern, path.read_text())]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_point_down(monkeypatch):
    monkeypatch.chdir(ROOT)
    configure()

    result = lint_imports(config_filename="pyproject.toml", cache_dir=None)

    assert result == SUCCESS


def test_no_file_is_longer_than_500_lines():
    long = [name(path) for path in sources() if len(path.read_text().splitlines()) > LONGEST_FILE]

    assert not long


def test_no_function_is_longer_than_50_lines():
    long = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in sources()
        for node in functions(path)
        if (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert not long


def test_a_page_has_at_most_120_lines_and_a_fragment_40():
    limits = {
        path: LONGEST_FRAGMENT if path.name.startswith("_") else LONGEST_PAGE
        for path in templates()
    }

    assert not [
        name(path) for path, most in limits.items() if len(path.read_text().splitlines()) > most
    ]


def test_a_fragment_says_first_what_it_is_and_needs():
    fragments = [path for path in templates() if path.name.startswith("_")]

    silent = [
        name(path)
        for path in fragments
        if not re.match(r"\{# [A-Z].+[.?] Needs( nothing|: .+)\. #\}", path.read_text())
    ]

    assert not silent


def test_no_script_is_written_into_a_page():
    inline = r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=[\"']|javascript:|hx-on|hx-vals=[\"']js:"

    assert not matching(inline, templates())


def test_no_style_is_written_into_a_page():
    """The policy of the pages refuses it. Mail has no style sheet, and no policy of ours."""
    inline = re.compile(r"<[a-z]+[^<>]*\sstyle=[\"'][^\"']|<style")
    snippet = re.compile(r"data-copy='[^']*'")
    pages = [path for path in templates() if ROOT / "templates/emails" not in path.parents]

    styled = [
        name(path)
        for path in pages
        if inline.search(snippet.sub("", TAG.sub("", path.read_text())))
    ]

    assert not styled
    assert not matching(r"<[a-z]+[^<>]*\sstyle=", sources())


TAG = re.compile(r"\{%.*?%\}")


def test_every_element_that_asks_the_server_has_an_id():
    asks = re.compile(r"<[a-z]+[^>]*\shx-(?:get|post)=[^>]*>")

    nameless = [
        f"{name(path)}: {tag[:60]}"
        for path in templates()
        for tag in asks.findall(path.read_text())
        if not re.search(r"\sid=", tag)
    ]

    assert not nameless


def test_our_apps_do_not_talk_by_signals():
    receivers = (
        r"django\.dispatch|@receiver|(?<!def )\b(?:pre|post)_(?:save|delete|init)\b|m2m_changed"
    )

    assert not matching(receivers, sources())


def test_nothing_compares_without_case_in_the_database():
    """The equality without case has no index on PostgreSQL: store, or compare, lower case."""
    assert not matching("__iexact", sources())


def our_models() -> list[type[Model]]:
    configs = [config for config in apps.get_app_configs() if config.name.startswith(PACKAGES)]
    return [model for config in configs for model in config.get_models()]


@pytest.mark.parametrize("method", ["save", "delete"])
def test_no_model_does_anything_when_it_is_saved(method):
    assert not [model.__name__ for model in our_models() if method in vars(model)]


def test_there_is_no_admin():
    assert not matching(r"django\.contrib\.admin|admin\.site", sources())


def test_only_the_ledger_writes_a_leads_stage():
    """Nobody else assigns it; `deals` updates the stage of deals, which is another one."""
    assigned = matching(r"\blead\.stage(_since)?(, lead\.\w+)*\s*=[^=]", sources())
    updated = matching(r"Lead\.objects[^\n]*\n?[^\n]*\.update\([^)]*\bstage=", sources())

    assert set(assigned) | set(updated) <= {"crm/funnel/ledger.py", *IMPORTING, *DEMO}


IMPORTING = {"crm/importing/ledger_rows.py", "crm/importing/undo_steps.py"}
"""An import writes dated histories in bulk, ledger rows and stage together, and takes them back."""

DEMO = {"crm/demo/returning.py"}
"""So does the sample company, for its leads that came back."""


def test_views_are_functions():
    classes = r"class \w+\((?:\w+\.)*\w*View\)|as_view\("

    assert not matching(classes, sources())
