"""“First start” of docs/operations.md is what a stock Debian machine needs, word for word."""

import subprocess
import sys

import pytest

from bin import first_start


def test_every_command_of_first_start_names_its_user():
    lines = first_start.commands(first_start.PAGE.read_text())

    by_hand = [line for line in lines if "manage.py" in line or "createdb" in line]
    assert first_start.SETUP in lines
    assert len(by_hand) == 3
    assert all(line.startswith(("runuser -u tandem", "runuser -u postgres")) for line in by_hand)


def test_a_command_that_fails_ends_the_script_wherever_it_stands():
    told = first_start.script(["git clone <this repository> /srv/tandem && cd /srv/tandem"])

    assert " && cd" not in told
    assert f"file://{first_start.ROOT}" in told


@pytest.mark.faults
def test_first_start_works_on_a_debian_machine_of_its_own():
    done = subprocess.run(
        [sys.executable, first_start.__file__], capture_output=True, text=True, check=False
    )

    if reason := first_start.why_not():
        assert (done.returncode, done.stdout.strip()) == (first_start.CANNOT, reason)
    else:
        assert "First start works." in done.stdout, done.stderr[-3000:]
        assert done.returncode == 0
