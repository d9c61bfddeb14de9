"""One run for all tests of the report: it is the drawing that takes time."""

from __future__ import annotations

import pytest

from console.report.material import Material
from console.signals import sample_run
from scenarios.loader import loads
from scenarios.runner import run
from sim.world.host import VirtualHost
from tests.console.samples import FAILS

TITLE = 'A <script src="x.js"> & costs $5 $\\frac$ \u8f38\u6db2'
"""What people write into titles: none of it may be taken for anything but text."""


def material_of(text: str) -> Material:
    verdict = run(loads(text), VirtualHost())
    return Material(
        verdict.scenario, verdict.result, verdict.found, sample_run(verdict.scenario.setup, verdict.result)
    )


@pytest.fixture(scope="session")
def material() -> Material:
    """A kink, one expectation met and one not, and a title with everything in it."""
    return material_of(FAILS.replace('"A kink for an hour"', f"'''{TITLE}'''"))
