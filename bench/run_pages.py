"""Seed the present database with a number of leads, and print what each operation costs there.

One line of JSON for each figure; `bench.__main__` makes the table.
"""

import dataclasses
import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
django.setup()

from bench.actions import actions  # noqa: E402
from bench.bars import Bar  # noqa: E402
from bench.exports import export  # noqa: E402
from bench.pages import Figure, Page, measure, pages  # noqa: E402
from bench.seeder import fill  # noqa: E402
from bench.server import running, serving  # noqa: E402

FLOOR = Page("floor", "/floor/", bar=Bar())


def say(figure: Figure) -> None:
    sys.stdout.write(json.dumps(dataclasses.asdict(figure)) + "\n")
    sys.stdout.flush()


def floor(name: str) -> None:
    with serving("bench.floor") as address:
        say(dataclasses.replace(measure(address, FLOOR), name=name))


fill(int(sys.argv[1]))
floor("floor, before")
with serving("bench.anew") as address:
    for page in pages():
        say(measure(address, page))
floor("floor, after")
with running() as (address, process):
    taken = export(address, process)
    for figure in actions(address):
        say(figure)
sys.stdout.write(json.dumps({"export": dataclasses.asdict(taken) | {"rate": taken.rate}}) + "\n")
