"""The contract of a pump port, unchanged in every dialect, at hand and on every kind of line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.hil import WAYS, EmulatedRig, Way, emulated_rig
from drivers.dialects.catalogue import DIALECTS, dialect_named
from drivers.hil.contract import CLAUSES, Clause, ContractBroken
from drivers.hil.rig import Deed
from pump.commands import Command
from pump.port import Outcome, PumpStatus

STEPS_ML = {
    "ambupump": 2e-6,  # volumes go over the wire in nanolitres; what is given is rounded twice
    "alaris": 0.001,  # three decimals, rounded twice to the nearest
    "miva": 0.01,  # whole hundredths, rounded twice to the nearest
    "new-era": 0.01,  # four digits, of up to 99.99 mL, cut off
}
"""The finest volume that each dialect tells."""

KEPT_COUNTS = {"ambupump": len(CLAUSES), "alaris": 7, "miva": 14, "new-era": 13}
"""So many clauses at least are held to in each dialect; the others need what it has no words for."""


FAST_WAYS: tuple[Way, ...] = ("memory", "pty", "tcp")


def ways_of(clause: Clause, name: str) -> tuple[Way, ...]:
    """All ways for our own dialect; for the others one clause alone over RFC 2217, which opens slowly."""
    if name == "ambupump":
        return WAYS
    return (*FAST_WAYS, "rfc2217") if clause is CLAUSES[0] else FAST_WAYS


def cases() -> Iterator[Any]:
    """Every clause in every dialect, or why it is left out."""
    for name in DIALECTS:
        offers = dialect_named(name).capabilities
        for clause in CLAUSES:
            missing = ", ".join(sorted(clause.needs - offers))
            if missing:
                why = pytest.mark.skip(reason=f"{name} has no words for {missing}")
                yield pytest.param(clause, name, "memory", marks=why, id=f"{clause.name}-{name}")
                continue
            for way in ways_of(clause, name):
                yield pytest.param(clause, name, way, id=f"{clause.name}-{name}-{way}")


@pytest.mark.parametrize(("clause", "name", "way"), list(cases()))
def test_the_contract_is_kept(clause: Clause, name: str, way: Way, tmp_path: Path) -> None:
    with emulated_rig(way, dialect_named(name), tmp_path, STEPS_ML[name]) as rig:
        rig.do(Deed.MAKE_READY)
        clause.check(rig)


@pytest.mark.parametrize("name", DIALECTS)
def test_enough_of_the_contract_is_asked_of_every_dialect(name: str) -> None:
    offers = dialect_named(name).capabilities
    kept = [clause for clause in CLAUSES if clause.needs <= offers]
    assert len(kept) >= KEPT_COUNTS[name]


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
        return replace(self.real.status(), alarms=())


class CountsTooMuch(Bad):
    gain_frac = 1.1

    def status(self) -> PumpStatus:
        found = self.real.status()
        return replace(found, given_ml=self.gain_frac * (found.given_ml or 0.0))


class CountsALittleTooMuch(CountsTooMuch):
    gain_frac = 1.001


class NeverRuns(Bad):
    def status(self) -> PumpStatus:
        return replace(self.real.status(), mode="stopped", rate_ml_h=0.0)


class IsChangedByAsking(Bad):
    def status(self) -> PumpStatus:
        self.asked_count = getattr(self, "asked_count", 0) + 1
        found = self.real.status()
        return replace(found, given_ml=(found.given_ml or 0.0) + 0.1 * self.asked_count)


STEERED = (NeverStops, AcceptsEverything, GivesNoReason)
TOLD = (HidesAlarms, CountsTooMuch, NeverRuns, IsChangedByAsking)
LIES = [
    *((bad, "ambupump", "local") for bad in (*STEERED, *TOLD, DoesEverythingTwice, CountsALittleTooMuch)),
    *((bad, "new-era", "memory") for bad in (*STEERED, *TOLD)),
    *((bad, "miva", "memory") for bad in (NeverStops, AcceptsEverything, *TOLD)),
    *((bad, "alaris", "memory") for bad in TOLD),
]


@pytest.mark.parametrize(("bad", "name", "way"), LIES)
def test_a_pump_that_lies_is_found_out(bad: type[Bad], name: str, way: Way, tmp_path: Path) -> None:
    broken = []
    for clause in CLAUSES:
        with emulated_rig(way, dialect_named(name), tmp_path, STEPS_ML[name]) as rig:
            if not clause.needs <= rig.offers:
                continue
            rig.do(Deed.MAKE_READY)
            real, rig.port = rig.port, bad(rig)  # type: ignore[assignment]  # it has what it does not bend from it
            try:
                clause.check(rig)
            except ContractBroken:
                broken.append(clause.name)
            rig.port = real
    assert broken
