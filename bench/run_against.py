"""Ask DjangoCRM and Tandem for their pages in turn, and print a row for each; see bench.against."""

import http.client
import os
import sys
import time
from statistics import median_high

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings"
django.setup()

from bench.against import ROUNDS, WARM_UP, line, pairs, serving_peer, session_of_peer  # noqa: E402
from bench.browser import FRAGMENT, Browser  # noqa: E402
from bench.pages import user_of  # noqa: E402
from bench.seeder import fill  # noqa: E402
from bench.server import free_port, serving, wait_until_open  # noqa: E402
from deals.models import Deal  # noqa: E402
from leads.models import Lead  # noqa: E402


def ask_peer(connection: http.client.HTTPConnection, path: str, session: str) -> tuple[float, int]:
    """Return the milliseconds until the whole page was there, and its queries."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": f"sessionid={session}"})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    return (time.perf_counter() - began) * 1000, int(answer.headers["X-Queries"])


def ask_us(browser: Browser, path: str, *, fragment: bool) -> tuple[float, int]:
    began = time.perf_counter()
    answer, _ = browser.get(path, FRAGMENT if fragment else None)
    return (time.perf_counter() - began) * 1000, int(answer.headers["X-Queries"])


leads, peer_url = int(sys.argv[1]), sys.argv[2]
if not Lead.objects.exists():
    fill(leads)
peer, port = session_of_peer(peer_url), free_port()
lead = Lead.objects.filter(stage="opportunity").order_by("pk")[0].pk
deal = Deal.objects.open().order_by("pk")[0].pk
sys.stdout.write(f"{leads:,} leads; median ms of {ROUNDS} [queries]\n")
sys.stdout.write(f"{'':32}{'DjangoCRM':>14}{'Tandem':>14}{'ratio':>14}{'bar':>8}\n")
with serving_peer(peer_url, port) as theirs, serving("bench.anew") as ours:
    wait_until_open(port)
    connection = http.client.HTTPConnection(theirs, timeout=120)
    for pair in pairs(peer, lead, deal):
        browser = Browser(ours, user_of(pair.role))
        they: list[float] = []
        we: list[float] = []
        counts: list[tuple[int, int]] = []
        for turn in range(WARM_UP + ROUNDS):
            their_ms, their_queries = ask_peer(connection, pair.theirs, peer["session"])
            our_ms, our_queries = ask_us(browser, pair.ours, fragment=pair.as_one_types)
            if turn >= WARM_UP:
                they.append(their_ms)
                we.append(our_ms)
                counts.append((their_queries, our_queries))
        queries = (median_high(c[0] for c in counts), median_high(c[1] for c in counts))
        sys.stdout.write(line(pair, they, we, queries) + "\n")
        sys.stdout.flush()
