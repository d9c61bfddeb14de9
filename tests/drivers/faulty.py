"""A host that behaves, a pump on a table, and a line between them on which faults happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drivers.dialects import Verdict
from drivers.dialects.ambupump.line_faults import FRAMES
from drivers.errors import LinkError, UncertainDelivery
from drivers.faults.port import FaultyWire
from drivers.faults.script import parse_script
from drivers.serial_pump import PATIENCE_S, QUESTION_TRIES_COUNT, QUIET_LIMIT_S
from drivers.transport import Port
from pump.commands import Command, PowerOn, ResetReservoir
from pump.program import Program
from tests.drivers.line import Line, RigPump
from tests.pump.rig import Rig

FAST = Program(rate_ml_h=36.0, vtbi_ml=100.0, reservoir_ml=110.0)
"""A hundredth of a millilitre each second."""

WATCHDOG_S = 5.0
TALKS_COUNT = 7
"""Nobody's call is more than so many talks: connecting says hello twice, and asks for five things."""


class FaultyRig(Line):
    """A line on which a script of faults happens. The pump's own time is the wall's, from 0."""

    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(device=RigPump(Rig(program=FAST)), **{"watchdog_s": WATCHDOG_S} | options)
        self.begun_s = self.wall_s
        self.powers_count = 0
        self.wire = FaultyWire(
            super().open, parse_script(text), FRAMES, clock=lambda: self.wall_s, power=self.set_power
        )

    @property
    def rig(self) -> Rig:
        return self.device.rig

    @property
    def longest_call_s(self) -> float:
        """No call may take longer than its talks, each asked three times at most, with quiet after each."""
        longest_line_s = 2 * 1030 * 10 / self.dialect.line.baud
        return TALKS_COUNT * QUESTION_TRIES_COUNT * (PATIENCE_S + longest_line_s + QUIET_LIMIT_S + 0.05)

    def open(self) -> Port:
        return self.wire.open()

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
        self.rig.to(wall_s - self.begun_s)

    def _wait(self, deadline_s: float) -> None:
        self.pass_time(min(deadline_s, self.side.next_deadline_s()) - self.wall_s)

    def set_power(self, on: bool) -> None:
        """Take the pump's supply, or give it back; somebody presses the key then."""
        self.powers_count += 1
        self.rig.read(supply_frac=1.0 if on else 0.0)
        if on:
            self._say(self.side.restart(self.wall_s))
            self.rig.do(PowerOn())

    def applied(self, wanted: Command) -> int:
        """How often the pump was asked for it, whatever it answered."""
        return sum(each == wanted for each in self.device.applied)

    def lost_s(self) -> list[float]:
        """When the pump found its link lost."""
        return [t_s for t_s, code in self.rig.raised() if code == "LINK_LOST"]


@dataclass
class Sent:
    """A command that no other is equal to, and what the host believes became of it."""

    command: Command
    belief: str = "unsent"


class Host:
    """Sends a command now and then, and does with every error what the error says.

    It looks to its link every `TICK_S`, sends every `EVERY_S`, and never sends anything twice.
    """

    TICK_S = 0.25
    EVERY_S = 1.0

    def __init__(self, line: FaultyRig) -> None:
        self.line = line
        self.sent: list[Sent] = []
        self.longest_s = 0.0
        self.errors: list[str] = []

    def live_until(self, at_s: float) -> None:
        """Go on until the script has run for `at_s`."""
        next_s = self.line.wall_s
        while self.line.wall_s - self.line.begun_s < at_s:
            self.poll()
            if self.line.wall_s >= next_s:
                self.act()
                next_s = self.line.wall_s + self.EVERY_S
            self.line.pass_time(self.TICK_S)

    def poll(self) -> None:
        """Look to the link, and to what is uncertain."""
        self._timed(self.line.pump.poll)
        if self.line.pump.uncertain is not None and self.line.pump.connected:
            self._timed(self.resolve)

    def act(self) -> None:
        """Send one more command, unless something is uncertain or there is no link."""
        if self.line.pump.connected and self.line.pump.uncertain is None:
            volume_ml = round(1.0 + 0.1 * len(self.sent), 1)  # whole steps of the pump, each another
            self.sent.append(Sent(ResetReservoir(reservoir_ml=volume_ml)))
            self._timed(self._send)

    def _send(self) -> None:
        sent = self.sent[-1]
        try:
            outcome = self.line.pump.send(sent.command)
        except UncertainDelivery:
            sent.belief = "uncertain"
        else:
            sent.belief = "accepted" if outcome.accepted else "refused"

    def resolve(self) -> None:
        """Find out what became of the last command."""
        uncertain = self.line.pump.uncertain
        assert uncertain is not None
        resolved = self.line.pump.resolve()
        (sent,) = (each for each in self.sent if each.command == uncertain.command)
        sent.belief = str(resolved.verdict)

    def _timed(self, call: Callable[[], object]) -> None:
        begun_s = self.line.wall_s
        try:
            call()
        except LinkError as error:
            self.errors.append(type(error).__name__)
        self.longest_s = max(self.longest_s, self.line.wall_s - begun_s)

    def check(self) -> None:
        """Compare what the host believes of each command with what the pump did."""
        for each in self.sent:
            count = self.line.applied(each.command)
            assert count <= 1, f"{each} was carried out {count} times"
            if each.belief in ("accepted", "refused", str(Verdict.DONE)):
                assert count == 1, f"{each} was not carried out"
            if each.belief in ("unsent", str(Verdict.NOT_DONE)):
                assert count == 0, f"{each} was carried out"
        assert self.longest_s <= self.line.longest_call_s
