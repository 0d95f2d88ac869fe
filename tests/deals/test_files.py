"""Files of a deal: taken in within bounds, given out only to who sees the deal, never run."""

import os
import time
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils.timezone import now

from deals import files
from deals.files import FileRefused
from deals.models import DealFile
from tests.factories import DealFactory, UserFactory

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(name="brief.txt", content=b"What they want"):
    return SimpleUploadedFile(name, content)


def read(answer):
    return b"".join(answer.streaming_content)


def test_a_file_comes_back_as_an_attachment_that_no_browser_runs(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)
    client.post(
        reverse("deals:file-add", args=[deal.pk]), {"files": upload("größe.pdf", b"%PDF-1")}
    )

    answer = client.get(reverse("deals:file", args=[deal.pk, deal.files.get().pk]))

    assert read(answer) == b"%PDF-1"
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("page.html", b"<script>", "no type that is taken"),
        ("tool.exe", b"MZ", "no type that is taken"),
        ("noending", b"x", "no type that is taken"),
        ("empty.txt", b"", "is empty"),
        ("trick.pdf", b"<html>", "not what its name says"),
        ("picture.png", b"GIF89a", "not what its name says"),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_leaves_nothing(sold, rep, name, content, fault):
    deal = sold()

    with pytest.raises(FileRefused, match=fault):
        files.keep_file(deal, upload(name, content), actor=rep)

    assert not deal.files.exists()
    assert not files.folder().exists()


def test_a_file_that_is_too_large_is_refused(sold, rep, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 10)

    with pytest.raises(FileRefused, match="larger than"):
        files.keep_file(sold(), upload(content=b"12345678901"), actor=rep)


def test_of_several_files_the_good_ones_are_kept_and_the_others_named(sold, sign_in, rep):
    deal = sold()

    answer = sign_in(rep).post(
        reverse("deals:file-add", args=[deal.pk]),
        {"files": [upload("good.txt"), upload("bad.exe")]},
        headers=HTMX,
    )

    assert answer.status_code == 422
    assert "bad.exe" in answer.content.decode()
    assert [file.name for file in deal.files.all()] == ["good.txt"]


def test_a_name_is_only_a_name_never_a_place(sold, rep):
    kept = files.keep_file(sold(), upload("../../etc/passwd.txt"), actor=rep)

    assert kept.name == "passwd.txt"
    assert files.path_of(kept).parent == files.folder()


def test_a_deleted_file_is_gone_and_can_be_brought_back(sold, sign_in, rep):
    deal, client = sold(), sign_in(rep)
    kept = files.keep_file(deal, upload(), actor=rep)
    arguments = [deal.pk, kept.pk]

    client.post(reverse("deals:file-delete", args=arguments), headers=HTMX)
    gone = client.get(reverse("deals:file", args=arguments))
    listed = client.get(reverse("deals:files", args=[deal.pk])).content.decode()
    client.post(reverse("deals:file-restore", args=arguments), headers=HTMX)

    assert gone.status_code == 404
    assert "brief.txt" not in listed.split('id="deal-tab"')[1].split("file-form")[0]
    assert read(client.get(reverse("deals:file", args=arguments))) == b"What they want"
    notes = [move.note for move in deal.moves.all()[:3]]
    assert notes == ["File: – → brief.txt", "File: brief.txt → –", "File: – → brief.txt"]


def test_a_file_is_found_only_by_its_own_deal_and_in_scope(sold, sign_in, rep):
    mine, theirs = sold(), DealFactory(owner=UserFactory())
    kept = files.keep_file(theirs, upload(), actor=rep)
    client = sign_in(rep)

    for deal in (mine, theirs):
        assert client.get(reverse("deals:file", args=[deal.pk, kept.pk])).status_code == 404


def test_pruning_drops_old_deletions_and_bytes_of_uploads_that_were_cut_off(sold, rep):
    deal = sold()
    old, fresh, present = (files.keep_file(deal, upload(), actor=rep) for _ in range(3))
    DealFile.objects.filter(pk=old.pk).update(deleted_at=now() - timedelta(days=31))
    DealFile.objects.filter(pk=fresh.pk).update(deleted_at=now())
    for path in files.folder().iterdir():
        os.utime(path, (time.time() - 90_000, time.time() - 90_000))
    (files.folder() / "cut-off-now").write_bytes(b"half")

    files.prune()
    files.prune()

    kept = {path.name for path in files.folder().iterdir()}
    assert kept == {fresh.key.hex, present.key.hex, "cut-off-now"}
