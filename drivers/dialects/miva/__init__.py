"""The `miva` dialect: what hosts of Zyno MIVA ambulatory pumps speak, as far as public facts reach.

Its specification, with a mark of certainty on every statement, stands in docs/protocols/miva.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.dialects import HostSide, PumpIdentity, PumpSide
from drivers.dialects.miva.frames import LONGEST_FRAME_COUNT, Checksum
from drivers.dialects.miva.host import MivaHost
from drivers.dialects.miva.pump import MivaPump
from drivers.dialects.miva.tables import CAPABILITIES, NAME
from drivers.transport import LineSettings
from pump.port import PumpDevice

ANYONE: Final = PumpIdentity(serial="SN000001")


class MivaDialect:
    """Both sides of the protocol.

    Args:
        checksum: How the platform brings the characters of a text together.
    """

    name = NAME
    title = "ambulatory pumps of the Zyno MIVA family: reads, event log, text queries, keys"
    line = LineSettings(baud=9600)
    capabilities = CAPABILITIES
    longest_reply_count = LONGEST_FRAME_COUNT
    tells_outcomes = False
    read_only_by_default = True

    def __init__(self, checksum: Checksum = Checksum.SUM) -> None:
        self._checksum = checksum

    def host(self, draw_session: Callable[[], int]) -> HostSide:  # noqa: ARG002 - there are no sessions
        """Make a controller's side."""
        return MivaHost(self._checksum)

    def pump(self, device: PumpDevice, identity: PumpIdentity = ANYONE, *, timers: bool = True) -> PumpSide:
        """Make the side of the pump `device`."""
        return MivaPump(device, identity, self._checksum, timers=timers)


MIVA: Final = MivaDialect()
