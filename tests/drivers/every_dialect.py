"""A host and a pump of any dialect on a line in memory, with the pump's own time at the wall's pace."""

from __future__ import annotations

from typing import Any, cast

from console.behind import ON_A_TABLE
from drivers.dialects import Capability
from drivers.dialects.catalogue import dialect_named
from drivers.faults.frames import frames_of
from drivers.faults.port import FaultyWire
from drivers.faults.script import parse_script
from drivers.record import TappedPort
from drivers.transport import Port
from pump.commands import Acknowledge, ConfirmProgram, ProgramChange, Start
from pump.events import CommandAccepted, Event
from pump.port import PumpDevice
from pump.program import Program
from tests.drivers.dialects.new_era.made import Table
from tests.drivers.line import Line, RigPump
from tests.pump.rig import Rig

FAST = Program(rate_ml_h=36.0, vtbi_ml=100.0, reservoir_ml=110.0)
"""A hundredth of a millilitre each second."""

WATCHDOG_S = 60.0


class Subject(Line):
    """A line in the dialect `name`, on which a script of faults may happen. Commands are allowed.

    Where a dialect has checksums only under a watchdog, there is one. `written` keeps what the host writes.
    """

    def __init__(self, name: str, faults: str = "", **options: Any) -> None:
        self.rig: Rig | None = None
        self.table: Table | None = None
        device: object
        if name in ON_A_TABLE:
            self.table = Table()
            device = self.table.device
        else:
            self.rig = Rig(program=FAST)
            device = RigPump(self.rig)
        self.written: list[bytes] = []
        options = {"allow_control": True, "watchdog_s": WATCHDOG_S} | options
        super().__init__(dialect_named(name), cast("RigPump", device), **options)
        self.begun_s = self.wall_s
        script = parse_script(faults)
        self.wire = FaultyWire(super().open, script, frames_of(name), clock=lambda: self.wall_s)

    # The line

    def open(self) -> Port:
        return TappedPort(self.wire.open(), self)

    def heard(self, data: bytes) -> None:
        """Note what goes to the pump."""
        self.written.append(data)

    def said(self, data: bytes) -> None:
        """Note nothing of what comes back."""

    def pass_time(self, span_s: float) -> None:
        """Let wall time pass, with the faults, the protocol timers and the pump."""
        end_s = self.wall_s + max(0.0, span_s)
        while (due_s := min(self.side.next_deadline_s(), self.wire.next_deadline_s())) <= end_s:
            self._be_at(max(self.wall_s, due_s))
            if self.side.next_deadline_s() <= self.wall_s:
                self._say(self.side.wake(self.wall_s))
            self.wire.look()
        self._be_at(end_s)

    def _be_at(self, wall_s: float) -> None:
        self.wall_s = wall_s
        if self.rig is not None:
            self.rig.to(wall_s - self.begun_s)
        if self.table is not None:
            self.table.bench.advance_to(wall_s - self.begun_s)

    def _wait(self, deadline_s: float) -> None:
        self.pass_time(
            min(deadline_s, self.side.next_deadline_s(), self.wire.next_deadline_s()) - self.wall_s
        )

    # The pump

    @property
    def real(self) -> PumpDevice:
        """The pump as it is, whatever the line makes of it."""
        return cast("PumpDevice", self.device)

    @property
    def events(self) -> list[Event]:
        """What has happened to it."""
        if self.table is not None:
            return list(self.table.bench.journal.events)
        assert self.rig is not None
        return list(self.rig.journal.events)

    @property
    def starts_count(self) -> int:
        """How often it was started; a start that it refused is none."""
        return sum(isinstance(each, CommandAccepted) and each.command == "start" for each in self.events)

    def offers(self, *capabilities: Capability) -> bool:
        """Whether the dialect has words for all of these."""
        return set(capabilities) <= self.dialect.capabilities

    def connected(self) -> Subject:
        """Connect, and make the pump ready to be started."""
        self.pump.connect()
        if self.pump.status().alarms and self.offers(Capability.ACKNOWLEDGE):
            self.pump.send(Acknowledge())
        if self.table is not None:
            self.pump.send(ProgramChange(rate_ml_h=FAST.rate_ml_h, vtbi_ml=50.0))
            self.pump.send(ConfirmProgram())
        return self

    def start_by_hand(self) -> None:
        """Start it at its own keys."""
        assert self.real.apply(Start()).accepted
