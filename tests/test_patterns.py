"""No regular expression of the product takes more than time in proportion to what it reads."""

import subprocess
from pathlib import Path

import pytest

from tests.patterns import patterns_in, why_slow

ROOT = Path(__file__).parent.parent
ROOMS = ("crm", "leads", "campaigns", "deals", "bin", "bench")


@pytest.mark.parametrize(
    "pattern",
    [
        r"a*a*b", r"(a+)+b", r"(a|b+)*c", r"\s*(.*)\s*$", r"x\s*\n\s*y", r"\s+$", r"[^@]+@b",
        r"(?i)-{3,}.*-{3,}$", r"(\d+)*x", r"^[>\s*]*From:\s*(.+)$", r"a+\w+b", r"(?:a?b*)*c",
    ],
)  # fmt: skip
def test_repeats_that_share_characters_are_refused(pattern):
    assert why_slow(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        r"<[^<>]+>", r"\d+(?:[.,]\d+)*", r"^\s*\d+\s*$", r"[^a-z0-9]+", r"href=\"([^\"]*)\"",
        r"(?:ab|cd)+", r"#\d{1,9}\s*$", r"a{0,9}a{0,9}b", r"^x\s*=\s*y",
    ],
)  # fmt: skip
def test_patterns_that_read_each_character_in_one_way_are_not(pattern):
    assert why_slow(pattern) == ""


def test_what_must_match_from_the_beginning_may_begin_with_a_repeat():
    assert why_slow(r"\d+x")
    assert why_slow(r"\d+x", searched=False) == ""


def test_the_tree_has_no_slow_pattern():
    listed = subprocess.check_output(["git", "ls-files", "*.py"], cwd=ROOT, text=True).split()  # noqa: S603, S607
    files = [ROOT / name for name in listed if name.startswith(ROOMS)]
    found = [one for path in files if path.exists() for one in patterns_in(path)]

    slow = {
        one.place.removeprefix(f"{ROOT}/"): (one.pattern, why)
        for one in found
        if (why := "cannot be looked at: write it where it is used" if one.pattern is None
            else why_slow(one.pattern, one.flags, searched=one.searched))
    }  # fmt: skip

    assert len(found) > 50
    assert slow == {}
