"""The `new-era` dialect: syringe pumps of the NE-1000 family, in Basic and Safe mode.

Its specification, with how sure each statement is, stands in docs/protocols/new-era.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.dialects import HostSide, PumpIdentity, PumpSide
from drivers.dialects.new_era.frames import LONGEST_PACKET_COUNT
from drivers.dialects.new_era.host import CAPABILITIES, NewEraHost
from drivers.dialects.new_era.pump import NewEraPump
from drivers.dialects.new_era.runner import USUAL, Habits
from drivers.dialects.new_era.tables import LARGEST_ADDRESS, NE_1000, Model
from drivers.transport import LineSettings
from pump.port import PumpDevice

ANYONE: Final = PumpIdentity()


class NewEraDialect:
    """Both sides of the protocol, for the pump at one address.

    Args:
        address_no: 0 to 99; several pumps on a line have one each.
        model: What an emulated pump calls itself, and how fast its pusher goes.
        habits: What the sources leave open.
    """

    name = "new-era"
    title = "bench-top syringe pumps of the New Era NE-1000 family (not for people)"
    capabilities = CAPABILITIES
    addresses = range(LARGEST_ADDRESS + 1)
    longest_reply_count = LONGEST_PACKET_COUNT
    tells_outcomes = True
    read_only_by_default = False

    def __init__(self, address_no: int = 0, model: Model = NE_1000, habits: Habits = USUAL) -> None:
        self.line = LineSettings(baud=model.baud)
        self._address_no = address_no
        self._model = model
        self._habits = habits

    def at(self, address_no: int) -> NewEraDialect:
        """Give the dialect as it is spoken with the pump at an address."""
        return NewEraDialect(address_no, self._model, self._habits)

    def host(self, draw_session: Callable[[], int]) -> HostSide:  # noqa: ARG002  (it knows no sessions)
        """Make a controller's side."""
        return NewEraHost(self._address_no)

    def pump(
        self,
        device: PumpDevice,
        identity: PumpIdentity = ANYONE,  # noqa: ARG002  (a pump says its model and version, no more)
        *,
        timers: bool = True,
    ) -> PumpSide:
        """Make the side of the pump `device`, just switched on."""
        return NewEraPump(
            device, address_no=self._address_no, model=self._model, habits=self._habits, timers=timers
        )


NEW_ERA: Final = NewEraDialect()
