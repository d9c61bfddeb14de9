"""The clauses: what whoever steers a pump through a `PumpPort` may rely on, whatever lies in between.

Each is a function of a rig. It begins with a pump that is ready (`Deed.MAKE_READY`) and may leave it in any
state. A clause that does not hold raises `ContractBroken`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Final

from drivers.dialects import Capability
from drivers.hil.rig import Deed, Rig
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    Command,
    ConfirmProgram,
    Prime,
    ProgramChange,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.delivery import DELIVERING, Mode
from pump.errors import Reason
from pump.port import Outcome, PumpStatus

S_PER_H: Final = 3600.0
NOT_TOLD: Final = "a volume that this link does not tell"

OCCLUSION_LIMIT_S: Final = 2 * 3600.0
"""At 0.6 mL/h a closed line is found after about 41 minutes; a slower or softer set may take longer."""


class ContractBroken(AssertionError):  # noqa: N818 - what it is, said as such
    """A pump did not do what every pump port promises."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise. `needs` is what pump and link must offer for it; `by_hand` says that it needs hands."""

    name: str
    text: str
    needs: frozenset[Capability]
    by_hand: bool
    check: Callable[[Rig], None]

    @property
    def moves_the_pump(self) -> bool:
        """Whether it sends commands, and so must be allowed."""
        return bool(self.needs & CONTROL)


CONTROL: Final = frozenset(
    {
        Capability.START,
        Capability.STOP,
        Capability.PRIME,
        Capability.PROGRAM_WRITE,
        Capability.SILENCE,
        Capability.ACKNOWLEDGE,
    }
)

_entered: list[Clause] = []


def clause(
    *needs: Capability, by_hand: bool = False
) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    """Put a function among the clauses, under its own name and with the first line of what it says."""

    def enter(check: Callable[[Rig], None]) -> Callable[[Rig], None]:
        text = (check.__doc__ or "").partition("\n")[0]
        _entered.append(Clause(check.__name__, text, frozenset(needs), by_hand, check))
        return check

    return enter


def expect(holds: bool, what: str) -> None:
    """Go on only if something holds.

    Raises:
        ContractBroken: it does not.
    """
    if not holds:
        raise ContractBroken(what)


def accepted(rig: Rig, command: Command) -> Outcome:
    """Send what must be accepted."""
    outcome = rig.port.send(command)
    expect(outcome.accepted, f"{command} was refused: {outcome.reason}")
    return outcome


def refused(rig: Rig, command: Command) -> Outcome:
    """Send what must be refused, with a reason that is one."""
    outcome = rig.port.send(command)
    expect(not outcome.accepted, f"{command} was accepted")
    expect(outcome.reason in set(Reason), f"{command} was refused for {outcome.reason!r}, which is no reason")
    return outcome


def given_ml(status: PumpStatus) -> float:
    """The volume given, which a clause that asks for it needs."""
    if status.given_ml is None:
        raise ContractBroken(NOT_TOLD)
    return status.given_ml


# ---------------------------------------------------------------- asking


@clause(Capability.STATUS)
def a_ready_pump_says_that_it_is_stopped(rig: Rig) -> None:
    """A pump that is ready is stopped, delivers nothing and has no alarm."""
    status = rig.port.status()
    expect(status.mode == Mode.STOPPED, f"it says it is {status.mode}")
    expect(status.rate_ml_h == 0.0, f"it says it delivers {status.rate_ml_h} mL/h")
    expect(not any(each.priority == "high" for each in status.alarms), f"alarms stand: {status.alarms}")
    expect(isfinite(status.t_s), "its time is no number")


@clause(Capability.STATUS, Capability.LOG)
def asking_changes_nothing(rig: Rig) -> None:
    """However often a pump is asked, its mode, volume and log are what they were."""
    before, rows = rig.port.status(), rig.port.log()
    for _ in range(5):
        rig.port.status()
        rig.port.log()
    after = rig.port.status()
    expect(after.mode == before.mode, f"it was {before.mode} and is {after.mode}")
    expect(after.given_ml == before.given_ml, f"it had given {before.given_ml} mL and now {after.given_ml}")
    expect(rig.port.log() == rows, "its log has changed")


@clause(Capability.LOG)
def the_log_counts_upwards(rig: Rig) -> None:
    """The rows of the log are numbered upwards, and can be asked for from any number on."""
    rows = rig.port.log()
    numbers = [row.number for row in rows]
    expect(numbers == sorted(set(numbers)), f"the numbers are {numbers}")
    expect(bool(rows), "the log is empty, though the pump was made ready")
    middle = numbers[len(numbers) // 2]
    expect(rig.port.log(middle) == tuple(row for row in rows if row.number > middle), "its end is another")
    expect(rig.port.log(numbers[-1]) == (), "there are rows after the last one")


# ---------------------------------------------------------------- starting and stopping


@clause(Capability.STATUS, Capability.START, Capability.STOP, Capability.PROGRAM_READ)
def a_start_delivers_what_is_programmed(rig: Rig) -> None:
    """After a start the pump runs at the programme's rate."""
    accepted(rig, Start())
    status = rig.port.status()
    rate_ml_h = rig.port.program().rate_ml_h
    expect(status.mode == Mode.RUNNING, f"it says it is {status.mode}")
    expect(
        abs(status.rate_ml_h - rate_ml_h) <= 1e-6 * rate_ml_h,
        f"{status.rate_ml_h} instead of {rate_ml_h} mL/h",
    )


@clause(Capability.STATUS, Capability.START, Capability.STOP)
def a_running_pump_cannot_be_started(rig: Rig) -> None:
    """A second start is refused, and the pump goes on as it was."""
    accepted(rig, Start())
    outcome = refused(rig, Start())
    expect(outcome.reason == Reason.DELIVERING, f"the reason is {outcome.reason}")
    expect(rig.port.status().mode == Mode.RUNNING, "it does not run any more")


@clause(Capability.STATUS, Capability.START, Capability.STOP)
def a_stop_stops(rig: Rig) -> None:
    """After a stop nothing is given any more, however long one waits."""
    accepted(rig, Start())
    rig.let_pass(60.0)
    accepted(rig, Stop())
    before = rig.port.status()
    expect(before.mode == Mode.STOPPED, f"it says it is {before.mode}")
    expect(before.rate_ml_h == 0.0, f"it says it delivers {before.rate_ml_h} mL/h")
    rig.let_pass(60.0)
    after = rig.port.status()
    expect(after.given_ml == before.given_ml, f"{before.given_ml} mL became {after.given_ml} mL")


@clause(Capability.STATUS, Capability.STOP)
def a_stopped_pump_can_be_stopped(rig: Rig) -> None:
    """Stop is always allowed, and may be repeated."""
    for _ in range(3):
        accepted(rig, Stop())
    expect(rig.port.status().mode not in DELIVERING, "it delivers")


@clause(Capability.STATUS, Capability.START, Capability.STOP)
def what_is_given_follows_the_rate(rig: Rig) -> None:
    """The volume given grows with the rate and the pump's own time, to a step of the link's numbers."""
    accepted(rig, Start())
    first = rig.port.status()
    rig.let_pass(rig.watched_s)
    last = rig.port.status()
    span_h = (last.t_s - first.t_s) / S_PER_H
    due_ml = first.rate_ml_h * span_h
    found_ml = given_ml(last) - given_ml(first)
    expect(
        abs(found_ml - due_ml) <= rig.volume_step_ml,
        f"{found_ml} mL in {span_h} h at {first.rate_ml_h} mL/h: {due_ml} mL are due",
    )


@clause(Capability.STATUS, Capability.START, Capability.STOP)
def the_pump_goes_on_without_its_host(rig: Rig) -> None:
    """Who lets go of the link leaves the pump as it is, and finds it so again."""
    accepted(rig, Start())
    before = rig.port.status()
    rig.reopen()
    after = rig.port.status()
    expect(after.mode == Mode.RUNNING, f"it says it is {after.mode}")
    expect(given_ml(after) >= given_ml(before), "it has lost what it had given")


@clause(Capability.LOG, Capability.START, Capability.STOP)
def commands_are_on_record(rig: Rig) -> None:
    """A command that was carried out leaves a row in the log, and one only."""
    rows = rig.port.log()
    accepted(rig, Start())
    accepted(rig, Stop())
    new = rig.port.log(rows[-1].number)
    found = [row.code for row in new if row.what == "command"]
    expect(found == ["start", "stop"], f"the log has {found}")


# ---------------------------------------------------------------- programme


def _opened(rig: Rig) -> None:
    if rig.nurse_code is not None:
        accepted(rig, Unlock(code=rig.nurse_code))


@clause(Capability.PROGRAM_READ, Capability.PROGRAM_WRITE)
def a_keyed_programme_waits_for_its_confirmation(rig: Rig) -> None:
    """What is keyed is not in force before it is confirmed; what is cancelled never is."""
    _opened(rig)
    before = rig.port.program()
    vtbi_ml = before.vtbi_ml - 1.0
    accepted(rig, ProgramChange(vtbi_ml=vtbi_ml))
    expect(rig.port.program() == before, "it is in force already")
    accepted(rig, CancelProgram())
    expect(rig.port.program() == before, "it is in force though it was cancelled")
    refused(rig, ConfirmProgram())
    accepted(rig, ProgramChange(vtbi_ml=vtbi_ml))
    accepted(rig, ConfirmProgram())
    found_ml = rig.port.program().vtbi_ml
    expect(abs(found_ml - vtbi_ml) <= rig.volume_step_ml, f"{found_ml} mL instead of {vtbi_ml} mL")


@clause(Capability.PROGRAM_READ, Capability.PROGRAM_WRITE)
def an_absurd_programme_is_refused(rig: Rig) -> None:
    """A rate beyond every pump's limits is refused, and the programme stays."""
    _opened(rig)
    before = rig.port.program()
    refused(rig, ProgramChange(rate_ml_h=1e6, access=Access.SUPPLIER))
    expect(rig.port.program() == before, "the programme is another")


@clause(Capability.STATUS, Capability.PRIME)
def a_prime_is_never_one_action_alone(rig: Rig) -> None:
    """Without the word that nobody is connected a prime is refused."""
    _opened(rig)
    outcome = refused(rig, Prime(volume_ml=1.0, disconnected_confirmed=False))
    expect(outcome.reason == Reason.NOT_CONFIRMED_DISCONNECTED, f"the reason is {outcome.reason}")
    expect(rig.port.status().mode not in DELIVERING, "it delivers")


# ---------------------------------------------------------------- alarms


@clause(Capability.SILENCE, Capability.ACKNOWLEDGE)
def without_an_alarm_there_is_nothing_to_answer(rig: Rig) -> None:
    """Silence and acknowledge are refused while nothing sounds."""
    expect(refused(rig, Silence()).reason == Reason.NOTHING_TO_SILENCE, "another reason")
    expect(refused(rig, Acknowledge()).reason == Reason.NOTHING_TO_ACKNOWLEDGE, "another reason")


@clause(Capability.STATUS, Capability.START, Capability.STOP, Capability.ACKNOWLEDGE, by_hand=True)
def a_closed_line_is_found_and_stops_the_pump(rig: Rig) -> None:
    """A line that is clamped below the pump raises the alarm on the wire; then the pump delivers nothing.

    It starts again only after the clamp is open and the alarm has been acknowledged.
    """
    accepted(rig, Start())
    rig.do(Deed.CLAMP_BELOW)
    found = rig.wait_until(lambda: _has_alarm(rig, "OCCLUSION_DOWNSTREAM"), OCCLUSION_LIMIT_S)
    expect(found, f"no alarm within {OCCLUSION_LIMIT_S:g} s")
    status = rig.port.status()
    expect(status.mode == Mode.HALTED, f"it says it is {status.mode}")
    expect(status.rate_ml_h == 0.0, f"it says it delivers {status.rate_ml_h} mL/h")
    expect(refused(rig, Start()).reason == Reason.ALARM, "the start was refused for another reason")
    rig.do(Deed.OPEN_BELOW)
    rig.wait_until(lambda: not _is_active(rig, "OCCLUSION_DOWNSTREAM"), OCCLUSION_LIMIT_S)
    accepted(rig, Acknowledge())
    accepted(rig, Start())
    expect(rig.port.status().mode == Mode.RUNNING, "it does not run")


def _has_alarm(rig: Rig, code: str) -> bool:
    return any(alarm.code == code for alarm in rig.port.status().alarms)


def _is_active(rig: Rig, code: str) -> bool:
    return any(alarm.code == code and alarm.state == "active" for alarm in rig.port.status().alarms)


CLAUSES: Final = tuple(_entered)
"""Every clause, in the order in which a person would try them."""
