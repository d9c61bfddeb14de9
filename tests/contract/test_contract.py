"""The contract of a pump port, unchanged on a pump at hand, in memory, on a pty, on TCP and on RFC 2217."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.hil import WAYS, EmulatedRig, Way, emulated_rig
from drivers.dialects.ambupump import AMBUPUMP
from drivers.hil.contract import CLAUSES, Clause, ContractBroken
from drivers.hil.rig import Deed
from pump.commands import Command
from pump.port import Outcome, PumpStatus

STEP_ML = 1e-6
"""Volumes go over the wire in nanolitres; what is given is rounded twice."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.name)
def test_the_contract_is_kept(clause: Clause, way: Way, tmp_path: Path) -> None:
    with emulated_rig(way, AMBUPUMP, tmp_path, 2.0 * STEP_ML) as rig:
        assert clause.needs <= rig.offers
        rig.do(Deed.MAKE_READY)
        clause.check(rig)


def test_every_clause_says_what_it_promises() -> None:
    assert len({clause.name for clause in CLAUSES}) == len(CLAUSES)
    for clause in CLAUSES:
        assert clause.text.endswith("."), clause.name
        assert clause.needs


class Bad:
    """A pump port that lies in one way."""

    def __init__(self, rig: EmulatedRig) -> None:
        self.real = rig.port

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


class NeverStops(Bad):
    def send(self, command: Command) -> Outcome:
        if type(command).__name__ == "Stop":
            return Outcome(accepted=True)
        return self.real.send(command)


class DoesEverythingTwice(Bad):
    def send(self, command: Command) -> Outcome:
        outcome = self.real.send(command)
        self.real.send(command)
        return outcome


class AcceptsEverything(Bad):
    def send(self, command: Command) -> Outcome:
        self.real.send(command)
        return Outcome(accepted=True)


class GivesNoReason(Bad):
    def send(self, command: Command) -> Outcome:
        outcome = self.real.send(command)
        return outcome if outcome.accepted else Outcome(accepted=False, reason="no")


class HidesAlarms(Bad):
    def status(self) -> PumpStatus:
        found = self.real.status()
        return PumpStatus(t_s=found.t_s, mode=found.mode, rate_ml_h=found.rate_ml_h, given_ml=found.given_ml)


class CountsTooMuch(Bad):
    def status(self) -> PumpStatus:
        found = self.real.status()
        given_ml = 1.001 * (found.given_ml or 0.0)
        return PumpStatus(t_s=found.t_s, mode=found.mode, rate_ml_h=found.rate_ml_h, given_ml=given_ml)


@pytest.mark.parametrize(
    "bad", [NeverStops, DoesEverythingTwice, AcceptsEverything, GivesNoReason, HidesAlarms, CountsTooMuch]
)
def test_a_pump_that_lies_is_found_out(bad: type[Bad], tmp_path: Path) -> None:
    broken = []
    for clause in CLAUSES:
        with emulated_rig("local", AMBUPUMP, tmp_path, 2.0 * STEP_ML) as rig:
            real, rig.port = rig.port, bad(rig)  # type: ignore[assignment]
            try:
                clause.check(rig)
            except ContractBroken:
                broken.append(clause.name)
            rig.port = real
    assert broken
