"""The `alaris` dialect: what hosts of Alaris GH and CC pumps speak, as far as public facts reach.

Its specification, with a mark of certainty on every statement, stands in docs/protocols/alaris.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.dialects import HostSide, PumpIdentity, PumpSide
from drivers.dialects.alaris.frames import LONGEST_FRAME_COUNT
from drivers.dialects.alaris.host import AlarisHost
from drivers.dialects.alaris.pump import AlarisPump
from drivers.dialects.alaris.tables import CAPABILITIES, LEASE_S, NAME
from drivers.transport import LineSettings
from pump.commands import Access
from pump.port import PumpDevice

ANYONE: Final = PumpIdentity(serial="8000-00001")


class AlarisDialect:
    """Both sides of the protocol.

    Args:
        access: Whose hand a remote command counts as.
        lease_s: How long a leave to control lasts that is not renewed, in wall time.
    """

    name = NAME
    title = (
        "hospital pumps of the Alaris GH and CC family: status, and a leave to control that must be renewed"
    )
    line = LineSettings(baud=38400)
    capabilities = CAPABILITIES
    longest_reply_count = LONGEST_FRAME_COUNT
    tells_outcomes = False
    read_only_by_default = True

    def __init__(self, access: Access = Access.NURSE, lease_s: float = LEASE_S) -> None:
        self._access = access
        self._lease_s = lease_s

    def host(self, draw_session: Callable[[], int]) -> HostSide:  # noqa: ARG002 - there are no sessions
        """Make a controller's side."""
        return AlarisHost()

    def pump(self, device: PumpDevice, identity: PumpIdentity = ANYONE, *, timers: bool = True) -> PumpSide:
        """Make the side of the pump `device`."""
        return AlarisPump(device, identity, self._access, lease_s=self._lease_s, timers=timers)


ALARIS: Final = AlarisDialect()
