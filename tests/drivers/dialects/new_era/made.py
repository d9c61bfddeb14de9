"""A syringe pump on a table behind the dialect, and ways to talk to it."""

from __future__ import annotations

from typing import Any, TypeVar

from drivers.dialects import Talk
from drivers.dialects.new_era.host import NewEraHost
from drivers.dialects.new_era.pump import NewEraPump
from pump.commands import Command
from pump.port import Outcome
from pump.profiles import load_profile
from pump.program import Program
from pump.settings import PumpSettings
from sim.bench import BenchOf
from sim.local_pump import LocalPump
from sim.plant.actions import Clamp
from sim.plant.syringe import SyringeConfig, SyringePlant
from tests.drivers.dialects.feeding import answer_of

T = TypeVar("T")

CLOSED = Clamp(where="downstream", closed=True)
OPEN = Clamp(where="downstream", closed=False)
STALL_S = 200.0
"""At 100 mL/h against a closed line the motor stalls before: 4.1 mL are stored by then."""


class Table:
    """A pump, its syringe, and the wall's time, all moved by hand."""

    def __init__(self, config: SyringeConfig | None = None, **options: Any) -> None:
        program = Program(rate_ml_h=1.0, vtbi_ml=9999.0, reservoir_ml=9999.0)
        settings = PumpSettings(profile=load_profile("lab-syringe"), program=program)
        self.bench = BenchOf(settings, config or SyringeConfig(), 1.0, 0.0, SyringePlant)
        self.applied: list[Command] = []
        self.device = LocalPump(self.bench)
        apply = self.device.apply

        def noted(command: Command) -> Outcome:
            self.applied.append(command)
            return apply(command)

        self.device.apply = noted  # type: ignore[method-assign]
        self.side = NewEraPump(self.device, **{"powered_up": False, **options})
        self.wall_s = 1000.0

    def to(self, span_s: float) -> bytes:
        """Let the pump's own time pass; returns what it says meanwhile."""
        self.bench.advance_to(self.bench.t_s + span_s)
        return self.side.on_change(self.wall_s)

    def wait(self, span_s: float) -> bytes:
        """Let wall time pass; returns what the pump says meanwhile."""
        end_s = self.wall_s + span_s
        said = b""
        while self.side.next_deadline_s() <= end_s:
            self.wall_s = max(self.wall_s, self.side.next_deadline_s())
            said += self.side.wake(self.wall_s)
        self.wall_s = end_s
        return said

    def hear(self, data: bytes) -> bytes:
        """Bytes as they are, to the pump and back."""
        return self.side.receive(data, self.wall_s)

    def say(self, *commands: str) -> str:
        """Say commands in Basic mode; returns the last reply without its marks."""
        said = b""
        for command in commands:
            said = self.hear(command.encode() + b"\r")
        return said.decode().strip("\x02\x03")


class Spoken:
    """A host on a table's line."""

    def __init__(self, table: Table, address_no: int = 0) -> None:
        self.table = table
        self.host = NewEraHost(address_no)
        self.said: list[bytes] = []

    def ask(self, talk: Talk[T]) -> T:
        """Carry on a talk to its end; every request must be answered."""

        def reply_to(data: bytes) -> bytes | None:
            self.said.append(data)
            return self.host.receive(self.table.hear(data))

        return answer_of(talk, reply_to)

    def send(self, command: Command) -> Outcome:
        """Have a command carried out."""
        return self.ask(self.host.send(command))
