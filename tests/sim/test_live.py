"""A session on a loop whose wall time is not always a number that the simulated time has."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from sim.clocks import PacedClock
from sim.live import LiveSession
from sim.world.world import World
from tests.drivers.virtual_loop import at_once
from tests.sim.made import STARTED, setup, step

ODD = Random(1)
SETUP = setup(*STARTED, *(step(ODD.uniform(700.0, 9e4), "wait") for _ in range(200)), until_s=1e5)
"""Steps at times of all digits: at 3600 times the speed half of them lie an ulp beyond the wall's time."""


@pytest.mark.parametrize("rate_frac", [1.0, 7.0, 3600.0])
def test_a_loop_that_is_an_ulp_early_does_not_spin(rate_frac: float) -> None:
    async def live() -> World:
        wall = asyncio.get_running_loop().time
        session = LiveSession(World(SETUP), PacedClock(wall(), rate_frac=rate_frac), wall)
        await session.run()
        return session.world

    assert at_once(live()).bench.journal.events == list(World(SETUP).run().events)
