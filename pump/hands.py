"""What each command does: first whether it may be, then what comes of it.

`answer` carries a command out, or returns the refusal. Three questions come first, in this order: does
the mode listen at all, does the lock allow it, is the pump in a state for it. A handler looks before it
acts: what it refuses has changed nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pump.commands import (
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    CommandName,
    ConfirmProgram,
    LinkLost,
    LinkRestored,
    Lock,
    LockLevel,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.counters import MARK_NL, NL_PER_ML, whole_nl
from pump.delivery import DELIVERING, Mode, Trigger
from pump.errors import Reason, Refusal
from pump.events import CommandAccepted, CommandRefused, Noted
from pump.limits import hard_faults, reservoir_faults, soft_faults
from pump.lock import action_of
from pump.power import Supply
from pump.program import Draft
from pump.senses import begin_self_test, note_keys, note_supply, switch_off

if TYPE_CHECKING:
    from pump.core import PumpCore

COMMAND_NAMES: Final[dict[type[Command], CommandName]] = {
    PowerOn: "power_on",
    PowerOff: "power_off",
    Start: "start",
    Stop: "stop",
    Prime: "prime",
    PressKey: "press_key",
    Silence: "silence",
    Acknowledge: "acknowledge",
    Unlock: "unlock",
    Lock: "lock",
    ProgramChange: "program_change",
    ConfirmProgram: "confirm_program",
    CancelProgram: "cancel_program",
    ResetReservoir: "reset_reservoir",
    ClearGiven: "clear_given",
    NewBag: "new_bag",
    LinkLost: "link_lost",
    LinkRestored: "link_restored",
}

_ALWAYS: Final[frozenset[type[Command]]] = frozenset(
    {PowerOff, Stop, PressKey, Silence, Acknowledge, LinkLost, LinkRestored}
)
HEARS: Final[dict[Mode, tuple[frozenset[type[Command]], Refusal]]] = {
    Mode.OFF: (frozenset({PowerOn, PressKey}), Refusal(Reason.OFF, "the pump is off: switch it on")),
    Mode.SELF_TEST: (_ALWAYS, Refusal(Reason.SELF_TEST, "the pump is testing itself: wait")),
    Mode.FAULT: (
        _ALWAYS,
        Refusal(Reason.FAULT, "the pump has a fault: switch it off and on, or call for service"),
    ),
}
"""What is listened to in the modes that do not listen to everything, and the answer to all else."""


def obey(core: PumpCore, t_s: float, command: Command) -> None:
    """Carry out `command`, or refuse it; both are events."""
    refusal = answer(core, t_s, command)
    if refusal is not None:
        core.journal.add(
            CommandRefused,
            t_s,
            command=COMMAND_NAMES[type(command)],
            access=command.access.value,
            reason=refusal.reason.value,
            text=refusal.text,
        )


def answer(core: PumpCore, t_s: float, command: Command) -> Refusal | None:
    """Carry out `command`, or return why not."""
    hears = HEARS.get(core.mode)
    if hears is not None and type(command) not in hears[0]:
        return hears[1]
    draft_changes_rate = isinstance(command, ConfirmProgram) and core.draft.changes_rate(core.program)
    action = action_of(command, core.lock.level, draft_changes_rate=draft_changes_rate)
    refusal = core.lock.refusal(t_s, action, command.access, running=core.mode in DELIVERING)
    if refusal is None:
        refusal = _HANDLERS[type(command)](core, t_s, command)
    if refusal is None and core.lock.is_unlocked:
        core.lock.touch(t_s)
    return refusal


def _accept(core: PumpCore, t_s: float, command: Command, detail: str = "") -> None:
    core.journal.add(
        CommandAccepted,
        t_s,
        command=COMMAND_NAMES[type(command)],
        access=command.access.value,
        detail=detail,
    )


# ---------------------------------------------------------------- power


def _power_on(core: PumpCore, t_s: float, command: PowerOn) -> Refusal | None:
    if core.mode is not Mode.OFF:
        return Refusal(Reason.ALREADY_ON, "the pump is on")
    core.power.sense(core.readings, core.program.rate_ml_h)
    if core.power.state in (Supply.FLAT, Supply.DEPLETED):
        return Refusal(Reason.NO_POWER, "no power: plug the pump in, or put in a full battery")
    core.interrupted = False
    _accept(core, t_s, command)
    begin_self_test(core, t_s, "power_on")
    return None


def _power_off(core: PumpCore, t_s: float, command: PowerOff) -> Refusal | None:
    if core.mode in DELIVERING:
        return Refusal(Reason.DELIVERING, "not while the pump delivers: stop it first")
    _accept(core, t_s, command)
    switch_off(core, t_s, "power_off")
    return None


# ---------------------------------------------------------------- delivery


def _start(core: PumpCore, t_s: float, command: Start) -> Refusal | None:
    if refusal := _not_startable(core, t_s):
        return refusal
    delay_s = 0.0 if core.begun else core.program.delay_s
    _accept(core, t_s, command, f"in {delay_s:g} s" if delay_s else f"{core.program.rate_ml_h:g} mL/h")
    if not core.lock_applied:
        core.lock_applied = True
        _set_lock(core, t_s, core.settings.lock_level)
    if not delay_s:
        core.run(t_s, "start")
        return None
    core.timers["delayed_start"] = t_s + delay_s
    if core.kvo_ml_h > 0.0:
        core.alarms.begin(t_s, "KVO_RUNNING", f"{core.kvo_ml_h:g} mL/h until the delay is over")
        core.change(t_s, Trigger.START_LATER, "start")
        core.air.change(t_s, air_frac=core.readings.air_frac)
        core.demand(t_s, core.kvo_ml_h)
    else:
        core.remind(t_s)
    return None


def _not_startable(core: PumpCore, t_s: float) -> Refusal | None:
    if core.mode in (Mode.RUNNING, Mode.PRIMING):
        return Refusal(Reason.DELIVERING, f"the pump is {core.mode.value}: it cannot be started")
    if core.waits:
        return Refusal(Reason.WAITING, "a delayed start is pending")
    if refusal := core.not_ready():
        return refusal
    if core.ledger.vtbi_left_nl_at(t_s) <= 0.0:
        return Refusal(Reason.NOTHING_LEFT, "the VTBI has been given: enter a new bag or a new programme")
    if core.ledger.reservoir_nl_at(t_s) <= 0.0:
        return Refusal(Reason.RESERVOIR_EMPTY, "the reservoir counter is at 0: enter what the bag holds")
    return None


def _stop(core: PumpCore, t_s: float, command: Stop) -> Refusal | None:
    if core.mode in DELIVERING or core.mode is Mode.COMPLETE:
        _accept(core, t_s, command)
        primed = core.mode is Mode.PRIMING
        core.change(t_s, Trigger.STOP, "stop")
        core.demand(t_s, 0.0, push=not primed)
    elif core.waits:
        _accept(core, t_s, command, "the delayed start is cancelled")
        del core.timers["delayed_start"]
        core.remind(t_s)
    else:
        _accept(core, t_s, command, "not delivering")
    return None


def _prime(core: PumpCore, t_s: float, command: Prime) -> Refusal | None:
    cap_ml = core.settings.prime_cap_ml
    if core.waits:
        return Refusal(Reason.WAITING, "a delayed start is pending: stop first")
    if refusal := core.not_ready():
        return refusal
    if not command.disconnected_confirmed:
        return Refusal(Reason.NOT_CONFIRMED_DISCONNECTED, "confirm that the patient is disconnected")
    if not (command.volume_ml > 0.0 and whole_nl(min(command.volume_ml, cap_ml)) > 0.0):
        return Refusal(Reason.BAD_VALUE, f"a prime of {command.volume_ml:g} mL cannot be made")
    if core.ledger.reservoir_nl <= 0.0:
        return Refusal(Reason.RESERVOIR_EMPTY, "the reservoir counter is at 0: enter what the bag holds")
    capped = f", stops at {cap_ml:g} mL" if command.volume_ml > cap_ml else ""
    _accept(core, t_s, command, f"{command.volume_ml:g} mL{capped}")
    core.handled = True
    core.prime_target_nl = core.ledger.primed_nl + whole_nl(min(command.volume_ml, cap_ml))
    core.timers["prime_timeout"] = t_s + core.profile.prime_timeout_s
    core.air.reset(t_s)
    core.change(t_s, Trigger.PRIME, "prime")
    core.demand(t_s, core.profile.prime_rate_ml_h, priming=True)
    return None


# ---------------------------------------------------------------- programme


def _program_change(core: PumpCore, t_s: float, command: ProgramChange) -> Refusal | None:
    draft = core.draft.keyed(command)
    if draft.is_empty:
        return Refusal(Reason.NOTHING_KEYED, "nothing was keyed")
    if command.reservoir_ml is not None and core.mode in DELIVERING:
        return Refusal(
            Reason.DELIVERING, "the reservoir cannot be entered while the pump delivers: stop it first"
        )
    faults = draft.faults() or hard_faults(draft.over(core.program), core.profile)
    if faults:
        return Refusal(Reason.HARD_LIMIT, "; ".join(faults))
    _accept(core, t_s, command, _keyed(command))
    core.draft = draft
    core.alarms.cancel("PROGRAM_INCOMPLETE")
    core.alarms.end(t_s, "PROGRAM_INCOMPLETE")
    core.alarms.begin(t_s, "PROGRAM_INCOMPLETE", debounce_s=core.profile.program_reminder_s)
    core.timers["program_clear"] = t_s + core.profile.program_clear_s
    return None


def _keyed(command: ProgramChange) -> str:
    names = ("rate_ml_h", "vtbi_ml", "duration_s", "reservoir_ml", "kvo_ml_h", "delay_s")
    keyed = ((name, getattr(command, name)) for name in names)
    words = [f"{name} {value:g}" for name, value in keyed if value is not None]
    if command.withdraws is not None:
        words.append("withdraws" if command.withdraws else "infuses")
    return ", ".join(words)


def _confirm_program(core: PumpCore, t_s: float, command: ConfirmProgram) -> Refusal | None:
    if core.draft.is_empty:
        return Refusal(Reason.NOTHING_KEYED, "nothing was keyed that could be confirmed")
    program = core.draft.over(core.program)
    given_ml = core.ledger.at(t_s).given_ml
    if program.vtbi_ml != core.program.vtbi_ml and program.vtbi_ml <= given_ml:
        return Refusal(
            Reason.HARD_LIMIT,
            f"VTBI {program.vtbi_ml:g} mL is not above the {given_ml:.1f} mL given: clear given first",
        )
    if core.mode in DELIVERING and program.withdraws != core.program.withdraws:
        return Refusal(Reason.DELIVERING, "the pump cannot turn round while it delivers: stop it first")
    if core.mode is Mode.KVO and program.kvo_ml_h == 0.0:
        return Refusal(Reason.DELIVERING, "KVO cannot be switched off while it runs: stop the pump first")
    overrides = soft_faults(program, core.profile)
    if overrides and not command.soft_override:
        return Refusal(Reason.SOFT_LIMIT, f"{'; '.join(overrides)}: confirm once more to override")
    _accept(core, t_s, command, f"{program.rate_ml_h:g} mL/h, {program.vtbi_ml:g} mL")
    reservoir_keyed = core.draft.reservoir_ml is not None
    core.program = program
    core.soft_overrides = overrides
    core.handled = True
    core.ledger.vtbi_nl = whole_nl(program.vtbi_ml)
    if reservoir_keyed and core.mode not in DELIVERING:
        core.entered_nl = core.ledger.reservoir_nl = whole_nl(program.reservoir_ml)
    _drop_draft(core, t_s)
    core.alarms.end(t_s, "RATE_LIMIT")
    if overrides:
        core.alarms.begin(t_s, "RATE_LIMIT", "; ".join(overrides))
    if core.mode is Mode.RUNNING:
        core.demand(t_s, program.rate_ml_h)
    elif core.mode is Mode.KVO:
        core.demand(t_s, core.kvo_ml_h)
    core.power.sense(core.readings, program.rate_ml_h)
    note_supply(core, t_s)
    _counters_changed(core, t_s)
    return None


def _cancel_program(core: PumpCore, t_s: float, command: CancelProgram) -> Refusal | None:
    if core.draft.is_empty:
        return Refusal(Reason.NOTHING_KEYED, "nothing was keyed that could be cancelled")
    _accept(core, t_s, command)
    _drop_draft(core, t_s)
    return None


def _drop_draft(core: PumpCore, t_s: float) -> None:
    core.draft = Draft()
    core.timers.pop("program_clear", None)
    core.alarms.cancel("PROGRAM_INCOMPLETE")
    core.alarms.end(t_s, "PROGRAM_INCOMPLETE")


# ---------------------------------------------------------------- counters


def _reset_reservoir(core: PumpCore, t_s: float, command: ResetReservoir) -> Refusal | None:
    if refusal := _bad_reservoir(core, command.reservoir_ml):
        return refusal
    _enter_reservoir(core, command.reservoir_ml)
    _accept(core, t_s, command, f"{core.entered_nl / NL_PER_ML:g} mL")
    _counters_changed(core, t_s)
    return None


def _clear_given(core: PumpCore, t_s: float, command: ClearGiven) -> Refusal | None:
    _accept(core, t_s, command, f"{core.ledger.given_nl / NL_PER_ML:.3f} mL")
    core.begun = False
    core.ledger.given_nl = 0.0
    _counters_changed(core, t_s)
    return None


def _new_bag(core: PumpCore, t_s: float, command: NewBag) -> Refusal | None:
    if refusal := _bad_reservoir(core, command.reservoir_ml):
        return refusal
    _enter_reservoir(core, command.reservoir_ml)
    _accept(core, t_s, command, f"{core.entered_nl / NL_PER_ML:g} mL")
    core.begun = False
    core.handled = True
    core.ledger.given_nl = 0.0
    core.ledger.primed_nl = 0.0
    _counters_changed(core, t_s)
    return None


def _bad_reservoir(core: PumpCore, reservoir_ml: float | None) -> Refusal | None:
    faults = () if reservoir_ml is None else reservoir_faults(reservoir_ml, core.profile)
    return Refusal(Reason.HARD_LIMIT, "; ".join(faults)) if faults else None


def _enter_reservoir(core: PumpCore, reservoir_ml: float | None) -> None:
    if reservoir_ml is not None:
        core.entered_nl = whole_nl(reservoir_ml)
    core.ledger.reservoir_nl = core.entered_nl


def _counters_changed(core: PumpCore, t_s: float) -> None:
    """Let alarms, mode and timers follow counters that a hand has set."""
    if core.ledger.reservoir_nl > 0.0:
        core.alarms.end(t_s, "RESERVOIR_EMPTY")
    if core.mode is Mode.COMPLETE and core.ledger.vtbi_left_nl > MARK_NL:
        core.change(t_s, Trigger.REFILL, "counters")
    core.remind(t_s)
    core.plan(t_s)


# ---------------------------------------------------------------- alarms, lock, link


def _silence(core: PumpCore, t_s: float, command: Silence) -> Refusal | None:
    if not core.alarms.silence(t_s):
        return Refusal(Reason.NOTHING_TO_SILENCE, "nothing sounds")
    _accept(core, t_s, command)
    return None


def _acknowledge(core: PumpCore, t_s: float, command: Acknowledge) -> Refusal | None:
    codes = core.alarms.acknowledge(t_s)
    if not codes:
        return Refusal(Reason.NOTHING_TO_ACKNOWLEDGE, "no alarm waits for notice")
    _accept(core, t_s, command, ", ".join(codes))
    return None


def _unlock(core: PumpCore, t_s: float, command: Unlock) -> Refusal | None:
    outcome = core.lock.unlock(t_s, command.code, command.access)
    if outcome.session is not None:
        _accept(core, t_s, command, f"{outcome.session.value}'s code")
    if outcome.tamper:
        core.alarms.begin(t_s, "TAMPER", "too many wrong codes")
    return outcome.refusal


def _lock(core: PumpCore, t_s: float, command: Lock) -> Refusal | None:
    _accept(core, t_s, command, command.level.value)
    _set_lock(core, t_s, command.level)
    return None


def _set_lock(core: PumpCore, t_s: float, level: LockLevel) -> None:
    core.lock.set_level(t_s, level)
    core.journal.add(Noted, t_s, what="lock_level", detail=level.value)


def _link_lost(core: PumpCore, t_s: float, command: LinkLost) -> Refusal | None:
    _accept(core, t_s, command)
    core.alarms.begin(t_s, "LINK_LOST")
    return None


def _link_restored(core: PumpCore, t_s: float, command: LinkRestored) -> Refusal | None:
    _accept(core, t_s, command)
    core.alarms.end(t_s, "LINK_LOST")
    return None


# ---------------------------------------------------------------- keys


def _press_key(core: PumpCore, t_s: float, command: PressKey) -> Refusal | None:
    """Take the edge of a key, and carry out what it means; held long enough, a key is stuck."""
    _accept(core, t_s, command, f"{command.key.value} {'down' if command.down else 'up'}")
    meant = core.keypad.press(core, t_s, command.key, down=command.down, access=command.access)
    note_keys(core, t_s)
    for each in meant:
        obey(core, t_s, each)
    return None


_HANDLERS: Final[dict[type[Command], Callable[[PumpCore, float, Any], Refusal | None]]] = {
    PowerOn: _power_on,
    PowerOff: _power_off,
    Start: _start,
    Stop: _stop,
    Prime: _prime,
    PressKey: _press_key,
    Silence: _silence,
    Acknowledge: _acknowledge,
    Unlock: _unlock,
    Lock: _lock,
    ProgramChange: _program_change,
    ConfirmProgram: _confirm_program,
    CancelProgram: _cancel_program,
    ResetReservoir: _reset_reservoir,
    ClearGiven: _clear_given,
    NewBag: _new_bag,
    LinkLost: _link_lost,
    LinkRestored: _link_restored,
}
