"""The clauses: what whoever has a pump at a `PumpPort` may rely on, whatever lies in between.

Each is a function of a rig. It begins with a pump that is ready (`Deed.MAKE_READY`) and may leave it in any
state. A clause that does not hold raises `ContractBroken`.

Many clauses are about what a link tells of a pump that runs, stops or finds its line closed. Who brings the
pump there is no part of them: it is done over the link where commands may be sent, else at the pump itself.
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
OCCLUSION: Final = "OCCLUSION_DOWNSTREAM"

OCCLUSION_LIMIT_S: Final = 2 * 3600.0
"""At 0.6 mL/h a closed line is found after about 41 minutes; a slower or softer set may take longer."""


class ContractBroken(AssertionError):  # noqa: N818 - what it is, said as such
    """A pump did not do what every pump port promises."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One promise. `needs` is what pump and link must offer for it."""

    name: str
    text: str
    needs: frozenset[Capability]
    check: Callable[[Rig], None]


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
"""What moves a pump, or changes what it would do."""

_entered: list[Clause] = []


def clause(*needs: Capability) -> Callable[[Callable[[Rig], None]], Callable[[Rig], None]]:
    """Put a function among the clauses, under its own name and with the first line of what it says."""

    def enter(check: Callable[[Rig], None]) -> Callable[[Rig], None]:
        text = (check.__doc__ or "").partition("\n")[0]
        _entered.append(Clause(check.__name__, text, frozenset(needs), check))
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


def refused(rig: Rig, command: Command, reason: Reason | None = None) -> None:
    """Send what must be refused, for `reason` or any other; a link that tells none is not held to it."""
    outcome = rig.port.send(command)
    expect(not outcome.accepted, f"{command} was accepted")
    if rig.tells_outcomes:
        reasons = set(Reason) if reason is None else {reason}
        expect(outcome.reason in reasons, f"{command} was refused for {outcome.reason!r}, not for {reason}")


def started(rig: Rig) -> None:
    """Have the pump started."""
    if Capability.START in rig.offers:
        accepted(rig, Start())
    else:
        rig.do(Deed.START)


def stopped(rig: Rig) -> None:
    """Have the pump stopped."""
    if Capability.STOP in rig.offers:
        accepted(rig, Stop())
    else:
        rig.do(Deed.STOP)


def at_rest(rig: Rig) -> PumpStatus:
    """Give the state of a pump that delivers nothing, as it must say."""
    status = rig.port.status()
    expect(status.mode not in DELIVERING, f"it says it is {status.mode}")
    expect(status.rate_ml_h == 0.0, f"it says it delivers {status.rate_ml_h} mL/h")
    return status


def given_ml(status: PumpStatus) -> float:
    """The volume given, which a clause that asks for it needs."""
    if status.given_ml is None:
        raise ContractBroken(NOT_TOLD)
    return status.given_ml


# ---------------------------------------------------------------- asking


@clause(Capability.STATUS)
def a_ready_pump_says_that_it_is_stopped(rig: Rig) -> None:
    """A pump that is ready is stopped, delivers nothing and has no alarm."""
    status = at_rest(rig)
    expect(status.mode == Mode.STOPPED, f"it says it is {status.mode}")
    expect(not any(each.priority == "high" for each in status.alarms), f"alarms stand: {status.alarms}")
    expect(status.t_s is None or isfinite(status.t_s), "its time is no number")


@clause(Capability.STATUS)
def asking_changes_nothing(rig: Rig) -> None:
    """However often a pump is asked, its mode, volume and alarms are what they were."""
    before = rig.port.status()
    for _ in range(5):
        rig.port.status()
    after = rig.port.status()
    expect(after.mode == before.mode, f"it was {before.mode} and is {after.mode}")
    expect(after.given_ml == before.given_ml, f"it had given {before.given_ml} mL and now {after.given_ml}")
    expect(after.alarms == before.alarms, f"its alarms were {before.alarms} and are {after.alarms}")


@clause(Capability.STATUS, Capability.LOG)
def asking_leaves_no_trace(rig: Rig) -> None:
    """However often a pump is asked, its log is what it was."""
    rows = rig.port.log()
    for _ in range(5):
        rig.port.status()
        rig.port.log()
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


@clause(Capability.STATUS)
def a_started_pump_says_that_it_runs(rig: Rig) -> None:
    """After a start the pump runs, at a rate."""
    started(rig)
    status = rig.port.status()
    expect(status.mode == Mode.RUNNING, f"it says it is {status.mode}")
    expect(status.rate_ml_h > 0.0, f"it says it delivers {status.rate_ml_h} mL/h")


@clause(Capability.STATUS, Capability.PROGRAM_READ)
def a_start_delivers_what_is_programmed(rig: Rig) -> None:
    """After a start the pump runs at the programme's rate."""
    started(rig)
    found_ml_h = rig.port.status().rate_ml_h
    rate_ml_h = rig.port.program().rate_ml_h
    expect(abs(found_ml_h - rate_ml_h) <= 1e-6 * rate_ml_h, f"{found_ml_h} instead of {rate_ml_h} mL/h")


@clause(Capability.STATUS, Capability.START, Capability.STOP)
def a_running_pump_cannot_be_started(rig: Rig) -> None:
    """A second start is refused, and the pump goes on as it was."""
    accepted(rig, Start())
    refused(rig, Start(), Reason.DELIVERING)
    expect(rig.port.status().mode == Mode.RUNNING, "it does not run any more")


@clause(Capability.STATUS)
def a_stop_stops(rig: Rig) -> None:
    """After a stop nothing is given any more, however long one waits."""
    started(rig)
    rig.let_pass(60.0)
    stopped(rig)
    before = at_rest(rig)
    expect(before.mode == Mode.STOPPED, f"it says it is {before.mode}")
    rig.let_pass(60.0)
    after = rig.port.status()
    expect(after.given_ml == before.given_ml, f"{before.given_ml} mL became {after.given_ml} mL")


@clause(Capability.STATUS, Capability.STOP)
def a_stopped_pump_can_be_stopped(rig: Rig) -> None:
    """Stop is always allowed, and may be repeated."""
    for _ in range(3):
        accepted(rig, Stop())
    at_rest(rig)


@clause(Capability.STATUS)
def what_is_given_follows_the_rate(rig: Rig) -> None:
    """The volume given grows with the rate and the pump's own time, to a step of the link's numbers.

    Where the link tells no time, it passed between the two questions: no less than from the first answer to
    the second question, and no more than from the first question to the second answer.
    """
    started(rig)
    asked_s = rig.now_s()
    first = rig.port.status()
    answered_s = rig.now_s()
    rig.let_pass(rig.watched_s)
    asked_again_s = rig.now_s()
    last = rig.port.status()
    if first.t_s is None or last.t_s is None:
        least_s, most_s = asked_again_s - answered_s, rig.now_s() - asked_s
    else:
        least_s = most_s = last.t_s - first.t_s
    least_ml, most_ml = (first.rate_ml_h * span_s / S_PER_H for span_s in (least_s, most_s))
    found_ml = given_ml(last) - given_ml(first)
    expect(
        least_ml - rig.volume_step_ml <= found_ml <= most_ml + rig.volume_step_ml,
        f"{found_ml} mL at {first.rate_ml_h} mL/h: {least_ml} to {most_ml} mL are due",
    )


@clause(Capability.STATUS)
def the_pump_goes_on_without_its_host(rig: Rig) -> None:
    """Who lets go of the link leaves the pump as it is, and finds it so again."""
    started(rig)
    before = rig.port.status()
    rig.reopen()
    after = rig.port.status()
    expect(after.mode == Mode.RUNNING, f"it says it is {after.mode}")
    expect(given_ml(after) >= given_ml(before), "it has lost what it had given")


@clause(Capability.LOG, Capability.START, Capability.STOP)
def commands_are_on_record(rig: Rig) -> None:
    """A command that was carried out leaves a row in the log, and one only.

    A log that knows no commands has the changes of mode that came of them.
    """
    rows = rig.port.log()
    accepted(rig, Start())
    accepted(rig, Stop())
    new = rig.port.log(rows[-1].number)
    commands = [row.code for row in new if row.what == "command"]
    modes = [row.code for row in new if row.what == "mode"]
    if commands:
        expect(commands == ["start", "stop"], f"the log has {commands}")
    else:
        expect(modes == [Mode.RUNNING, Mode.STOPPED], f"the log has {modes}")


# ---------------------------------------------------------------- programme


def _opened(rig: Rig) -> None:
    if rig.nurse_code is not None and Capability.LOCK in rig.offers:
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
    """A rate beyond every pump's limits is refused, at the latest when confirmed, and the programme stays."""
    _opened(rig)
    before = rig.port.program()
    absurd = ProgramChange(rate_ml_h=1e6, access=Access.SUPPLIER)
    if rig.port.send(absurd).accepted:
        refused(rig, ConfirmProgram(soft_override=True, access=Access.SUPPLIER))
        rig.port.send(CancelProgram())
    else:
        refused(rig, absurd)
    expect(rig.port.program() == before, "the programme is another")


@clause(Capability.STATUS, Capability.PRIME)
def a_prime_is_never_one_action_alone(rig: Rig) -> None:
    """Without the word that nobody is connected a prime is refused."""
    _opened(rig)
    refused(rig, Prime(volume_ml=1.0, disconnected_confirmed=False), Reason.NOT_CONFIRMED_DISCONNECTED)
    at_rest(rig)


# ---------------------------------------------------------------- alarms


@clause(Capability.STATUS, Capability.SILENCE)
def without_an_alarm_there_is_nothing_to_silence(rig: Rig) -> None:
    """Silence is refused while nothing sounds; where only its key is pressed, that does nothing."""
    _answered_in_vain(rig, Silence(), Reason.NOTHING_TO_SILENCE)


@clause(Capability.STATUS, Capability.ACKNOWLEDGE)
def without_an_alarm_there_is_nothing_to_acknowledge(rig: Rig) -> None:
    """Acknowledge is refused while nothing sounds; where only its key is pressed, that does nothing."""
    _answered_in_vain(rig, Acknowledge(), Reason.NOTHING_TO_ACKNOWLEDGE)


def _answered_in_vain(rig: Rig, command: Command, reason: Reason) -> None:
    before = rig.port.status()
    if rig.tells_outcomes:
        refused(rig, command, reason)
    else:
        rig.port.send(command)
    after = rig.port.status()
    expect((after.mode, after.alarms) == (before.mode, before.alarms), f"the pump is now {after}")


@clause(Capability.STATUS)
def a_closed_line_is_found_and_stops_the_pump(rig: Rig) -> None:
    """A line that is clamped below the pump raises the alarm on the wire; then the pump delivers nothing.

    It starts again only after the clamp is open and the alarm has been acknowledged.
    """
    started(rig)
    rig.do(Deed.CLAMP_BELOW)
    found = rig.wait_until(lambda: OCCLUSION in _standing(rig), OCCLUSION_LIMIT_S)
    expect(found, f"no alarm within {OCCLUSION_LIMIT_S:g} s")
    expect(at_rest(rig).mode == Mode.HALTED, f"it says it is {rig.port.status().mode}")
    if Capability.START in rig.offers:
        refused(rig, Start(), Reason.ALARM)
    rig.do(Deed.OPEN_BELOW)
    if {Capability.START, Capability.ACKNOWLEDGE} <= rig.offers:
        rig.wait_until(lambda: _standing(rig).get(OCCLUSION) != "active", OCCLUSION_LIMIT_S)
        accepted(rig, Acknowledge())
    else:
        rig.do(Deed.ANSWER)
    expect(OCCLUSION not in _standing(rig), "the alarm stands, though it was answered")
    started(rig)
    expect(rig.port.status().mode == Mode.RUNNING, "it does not run")


def _standing(rig: Rig) -> dict[str, str]:
    """Give the state of each alarm that stands."""
    return {alarm.code: alarm.state for alarm in rig.port.status().alarms}


CLAUSES: Final = tuple(_entered)
"""Every clause, in the order in which a person would try them."""
