"""The `ambupump` dialect: our own, open, for everything that the pump port offers.

Its specification stands in docs/protocols/ambupump.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.dialects import Capability, HostSide, PumpIdentity, PumpSide
from drivers.dialects.ambupump.frames import LONGEST_FRAME_COUNT
from drivers.dialects.ambupump.host import AmbupumpHost
from drivers.dialects.ambupump.pump import AmbupumpPump
from drivers.transport import LineSettings
from pump.port import PumpDevice

ANYONE: Final = PumpIdentity()


class AmbupumpDialect:
    """Both sides of the protocol."""

    name = "ambupump"
    title = "the open protocol of this project: everything the pump can do, no command twice"
    line = LineSettings(baud=115200)
    capabilities = frozenset(Capability)
    longest_reply_count = LONGEST_FRAME_COUNT
    tells_outcomes = True
    read_only_by_default = False

    def host(self, draw_session: Callable[[], int]) -> HostSide:
        """Make a controller's side."""
        return AmbupumpHost(draw_session)

    def pump(self, device: PumpDevice, identity: PumpIdentity = ANYONE, *, timers: bool = True) -> PumpSide:
        """Make the side of the pump `device`."""
        return AmbupumpPump(device, identity, self.capabilities, timers=timers)


AMBUPUMP: Final = AmbupumpDialect()
