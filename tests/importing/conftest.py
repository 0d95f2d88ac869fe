"""Imports made for tests: by the engine, by the command, by the wizard."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command

from crm.funnel.models import StageEntry
from crm.importing import services, uploads
from crm.importing.guessing import guess
from crm.importing.models import Import


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def bring_in(db) -> Callable[..., Import]:
    """Return a function that imports bytes at once, columns guessed unless mapped."""

    def run(
        data: bytes | str, *, kind: str = "leads", name: str = "file.csv", actor: Any = None,
        mapping: dict[str, str] | None = None, duplicates: str = "update", **options: Any,
    ) -> Import:  # fmt: skip
        content = data.encode() if isinstance(data, str) else data
        source = uploads.receive(
            ContentFile(content, name), kind=kind, actor=actor, options=options
        )
        source.duplicates = duplicates
        services.set_mapping(source, mapping or guess(kind, source.columns, actor))
        source.save()
        services.run_here(source)
        source.refresh_from_db()
        return source

    return run


@pytest.fixture
def command(tmp_path: Path, capsys) -> Callable[..., str]:
    """Return a function that runs import_file on bytes and returns what it prints."""

    def run(kind: str, data: bytes, mapping: dict[str, str], *more: str) -> str:
        path = tmp_path / f"{kind}.csv"
        path.write_bytes(data)
        maps = [
            part for field, column in mapping.items() for part in ("--map", f"{field}={column}")
        ]
        call_command("import_file", kind, str(path), *maps, *more)
        return str(capsys.readouterr().out)

    return run


def by_channel(stage: str) -> Counter[str]:
    """Return how many leads reached the stage, by the key of their channel; "" is none."""
    keys = StageEntry.objects.filter(stage=stage).values_list("lead__channel__key", flat=True)
    return Counter(key or "" for key in keys)


def errors_of(source: Import) -> list[tuple[int, str]]:
    return [(p["line"], p["message"]) for p in source.problems if p["level"] == "error"]
