"""A host decides when to advance the world, and nothing else.

The same setup gives the same events on every host; the virtual one does it at once.
"""

from __future__ import annotations

from typing import Protocol

from sim.world.result import Result
from sim.world.setup import Setup
from sim.world.world import World


class Host(Protocol):
    """Runs a setup to its end."""

    def run(self, setup: Setup) -> Result:
        """Run and return the numbers of the run."""
        ...


class VirtualHost:
    """Runs at once."""

    def run(self, setup: Setup) -> Result:
        """Run to the end without waiting for anything."""
        return World(setup).run()
