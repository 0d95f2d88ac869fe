"""Faults 1 and 2: workers killed, as the OOM killer and a broken machine do."""

import random
import time

import pytest

from tests.faults.processes import wait_until
from tests.faults.stream import Stream, passed
from tests.faults.world import SIZE, World

pytestmark = [pytest.mark.faults, pytest.mark.django_db]


def test_a_worker_killed_again_and_again_loses_nothing(world: World, tell):
    began = time.monotonic()
    stream = Stream(world, "killed", SIZE.rows)
    for _ in range(SIZE.rounds):
        stream.open(SIZE.handoffs)
        stream.in_the_middle()
        world.worker.kill()
        world.worker.start()

    tell(passed(f"1 worker tree killed {SIZE.rounds} times", stream, began))


@pytest.mark.services
def test_a_killed_pool_child_loses_nothing(world: World, tell):
    began = time.monotonic()
    stream = Stream(world, "child", SIZE.rows)
    wait_until(world.worker.children, "the pool has children")
    for _ in range(SIZE.rounds * 2):
        stream.open(SIZE.handoffs // 2)
        stream.in_the_middle()
        if children := world.worker.children():
            random.choice(children).kill()

    tell(passed(f"2 pool child killed {SIZE.rounds * 2} times", stream, began))
    assert world.worker.runs
