"""A syringe pump that others wrote, against our driver: by hand, and held to the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.dialects import Capability
from drivers.dialects.new_era import NEW_ERA
from drivers.hil.contract import CLAUSES, Clause
from drivers.hil.rig import Deed
from drivers.serial_pump import SerialPump, pump_at
from pump.commands import Acknowledge, ClearGiven, ConfirmProgram, ProgramChange, Start, Stop
from pump.errors import Reason
from tests.drivers.independent.typing_at import Prompt, prompt

RATE_ML_H = 30.0
LINE = replace(NEW_ERA.line, baud=115_200)
"""A socket has no baud rate: waiting takes less time so."""

STALL_ML = 0.5


@contextmanager
def on_a_port(folder: Path) -> Iterator[Prompt]:
    """Run their pump in a process of its own."""
    with prompt(folder) as typed:
        typed("from tests.drivers.independent.syringe_pump import OnAPort")
        typed("there = OnAPort()")
        yield typed


@pytest.fixture
def their_pump(tmp_path: Path) -> Iterator[Prompt]:
    """Their pump, just switched on."""
    with on_a_port(tmp_path) as typed:
        yield typed


@pytest.fixture
def ours(their_pump: Prompt) -> Iterator[SerialPump]:
    """Our driver, connected to it."""
    with pump_at(str(their_pump("there.url")), NEW_ERA, LINE) as pump:
        yield pump


def made_ready(pump: SerialPump, vtbi_ml: float = 20.0) -> None:
    """Take notice that it was off, and program it."""
    if pump.status().alarms:
        assert pump.send(Acknowledge()).accepted
    assert pump.send(ProgramChange(rate_ml_h=RATE_ML_H, vtbi_ml=vtbi_ml)).accepted
    assert pump.send(ConfirmProgram()).accepted


def let_pass(their_pump: Prompt, span_s: float) -> None:
    their_pump(f"there.clock_s[0] += {span_s!r}")


def test_it_is_found_out_who_is_there_and_what_it_cannot_do(ours: SerialPump) -> None:
    assert ours.identity is not None
    assert (ours.identity.model, ours.identity.software) == ("NE-1000", "3.923")
    assert Capability.WATCHDOG not in ours.capabilities, "this pump knows no Safe mode"
    status = ours.status()
    assert (status.mode, [alarm.code for alarm in status.alarms]) == ("halted", ["POWER_LOST"])
    assert ours.send(Start()).reason == Reason.ALARM


def test_it_runs_to_its_target_and_no_further(their_pump: Prompt, ours: SerialPump) -> None:
    assert their_pump("there.pump.phases[2]['fun']") == "RAT", "as it comes it would go on behind phase 1"
    made_ready(ours, vtbi_ml=2.0)
    assert ours.send(Start()).accepted
    let_pass(their_pump, 120.0)
    status = ours.status()
    assert (status.mode, status.rate_ml_h, status.given_ml) == ("running", RATE_ML_H, 1.0)
    let_pass(their_pump, 3600.0)
    status = ours.status()
    assert (status.mode, status.rate_ml_h, status.given_ml) == ("stopped", 0.0, 2.0)
    assert their_pump("there.pumped_ml") == 2.0


def test_it_stops_and_goes_on_where_it_was(their_pump: Prompt, ours: SerialPump) -> None:
    made_ready(ours, vtbi_ml=2.0)
    for mode, change in (
        ("running", Start()),
        ("stopped", Stop()),
        ("stopped", Stop()),
        ("running", Start()),
    ):
        assert ours.send(change).accepted
        assert ours.status().mode == mode
        let_pass(their_pump, 60.0)
    assert ours.status().given_ml == 1.0
    let_pass(their_pump, 3600.0)
    assert ours.status().given_ml == 2.0


def test_a_stall_is_an_alarm_that_must_be_answered(their_pump: Prompt, ours: SerialPump) -> None:
    made_ready(ours)
    assert ours.send(Start()).accepted
    their_pump(f"there.stall_after({STALL_ML})")
    let_pass(their_pump, 120.0)
    status = ours.status()
    assert (status.mode, [alarm.code for alarm in status.alarms]) == ("halted", ["OCCLUSION_DOWNSTREAM"])
    assert [row.code for row in ours.poll()] == ["POWER_LOST", "OCCLUSION_DOWNSTREAM"]
    assert ours.send(Start()).reason == Reason.ALARM
    their_pump("there.stall_after(None)")
    assert ours.send(Acknowledge()).accepted
    assert ours.send(Start()).accepted
    assert ours.status().mode == "running"


def test_it_withdraws_and_clears(their_pump: Prompt, ours: SerialPump) -> None:
    made_ready(ours)
    assert ours.send(ProgramChange(withdraws=True)).accepted
    assert ours.send(ConfirmProgram()).accepted
    assert ours.program().withdraws
    assert ours.send(Start()).accepted
    let_pass(their_pump, 120.0)
    assert ours.status().given_ml == 1.0
    assert their_pump("there.pump.dispensed['WDR']") == 1.0
    assert ours.send(Stop()).accepted
    assert ours.send(ClearGiven()).accepted
    assert ours.status().given_ml == 0.0


def test_a_rate_is_changed_while_it_runs(their_pump: Prompt, ours: SerialPump) -> None:
    made_ready(ours)
    assert ours.send(Start()).accepted
    assert ours.send(ProgramChange(rate_ml_h=60.0)).accepted
    assert ours.send(ConfirmProgram()).accepted
    let_pass(their_pump, 60.0)
    assert (ours.status().rate_ml_h, ours.status().given_ml) == (60.0, 1.0)


class TheirRig:
    """Their pump under our contract: time is typed, and a closed line is a stall a little later."""

    nurse_code: str | None = None
    tells_outcomes = NEW_ERA.tells_outcomes
    offers = NEW_ERA.capabilities
    volume_step_ml = 0.01
    watched_s = 1800.0

    def __init__(self, their_pump: Prompt) -> None:
        self.theirs = their_pump
        self.port = pump_at(str(their_pump("there.url")), NEW_ERA, LINE)
        self.port.connect()

    def now_s(self) -> float:
        return float(str(self.theirs("there.clock_s[0]")))

    def do(self, deed: Deed) -> None:
        match deed:
            case Deed.MAKE_READY:
                self.theirs("there.stall_after(None)")
                self.port.send(Stop())
                made_ready(self.port)
                self.port.send(ClearGiven())
            case Deed.CLAMP_BELOW:
                self.theirs(f"there.stall_after({STALL_ML})")
            case Deed.OPEN_BELOW:
                self.theirs("there.stall_after(None)")
            case _:
                raise AssertionError(f"{deed} is done over the link")

    def let_pass(self, span_s: float) -> None:
        let_pass(self.theirs, span_s)

    def wait_until(self, holds: Callable[[], bool], limit_s: float) -> bool:
        end_s = self.now_s() + limit_s
        while not holds():
            if self.now_s() > end_s:
                return False
            self.let_pass(60.0)
        return True

    def reopen(self) -> None:
        self.port.close()
        self.port.connect()


KEPT = [clause for clause in CLAUSES if clause.needs <= NEW_ERA.capabilities]


@pytest.fixture(scope="module")
def their_rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TheirRig]:
    """One pump for all clauses, as on a bench."""
    with on_a_port(tmp_path_factory.mktemp("theirs")) as typed:
        rig = TheirRig(typed)
        yield rig
        rig.port.close()


@pytest.mark.parametrize("clause", KEPT, ids=lambda clause: clause.name)
def test_their_pump_keeps_our_contract(clause: Clause, their_rig: TheirRig) -> None:
    their_rig.do(Deed.MAKE_READY)
    clause.check(their_rig)
