"""Every mode, every command, every lock level, with and without a code: accepted, or refused for a reason.

The three tables are written by hand: what a mode listens to, what the lock needs, and what is left to
say no for. The answer must be that of the first table that has one.
"""

from __future__ import annotations

import itertools

import pytest

from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
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
from pump.delivery import DELIVERING, Mode
from pump.events import CommandAccepted, CommandRefused
from pump.program import Program
from tests.pump.rig import NURSE_CODE, SUPPLIER_CODE, Rig, settings_of

COMMANDS: dict[str, Command] = {
    "power_on": PowerOn(access=Access.SUPPLIER),
    "power_off": PowerOff(access=Access.SUPPLIER),
    "start": Start(access=Access.SUPPLIER),
    "stop": Stop(access=Access.SUPPLIER),
    "prime": Prime(volume_ml=1.0, disconnected_confirmed=True, access=Access.SUPPLIER),
    "press_key": PressKey(key=Key.INFO, down=True, access=Access.SUPPLIER),
    "silence": Silence(access=Access.SUPPLIER),
    "acknowledge": Acknowledge(access=Access.SUPPLIER),
    "unlock": Unlock(code=NURSE_CODE, access=Access.SUPPLIER),
    "lock": Lock(level=LockLevel.LL2, access=Access.SUPPLIER),
    "unlock_wrong": Unlock(code="0000", access=Access.SUPPLIER),
    "lock_lower": Lock(level=LockLevel.LL0, access=Access.SUPPLIER),
    "program_change": ProgramChange(vtbi_ml=90.0, access=Access.SUPPLIER),
    "rate_change": ProgramChange(rate_ml_h=1.0, access=Access.SUPPLIER),
    "confirm_program": ConfirmProgram(access=Access.SUPPLIER),
    "cancel_program": CancelProgram(access=Access.SUPPLIER),
    "reset_reservoir": ResetReservoir(access=Access.SUPPLIER),
    "clear_given": ClearGiven(access=Access.SUPPLIER),
    "new_bag": NewBag(access=Access.SUPPLIER),
    "link_lost": LinkLost(access=Access.SUPPLIER),
    "link_restored": LinkRestored(access=Access.SUPPLIER),
}

ALWAYS = {"power_off", "stop", "press_key", "silence", "acknowledge", "link_lost", "link_restored"}
LISTENS = {
    Mode.OFF: ({"power_on", "press_key"}, "off"),
    Mode.SELF_TEST: (ALWAYS, "self_test"),
    Mode.FAULT: (ALWAYS, "fault"),
}

NURSE, SUPPLIER = "nurse", "supplier"
NEEDS: dict[str, tuple[str | None, str | None, str | None]] = {
    "prime": (None, None, NURSE),
    "lock_lower": (None, NURSE, NURSE),
    "program_change": (None, NURSE, NURSE),
    "rate_change": (SUPPLIER, SUPPLIER, SUPPLIER),
    "confirm_program": (None, NURSE, NURSE),
    "clear_given": (None, None, NURSE),
    "new_bag": (None, None, NURSE),
}
"""Whose code at LL0, LL1, LL2, while stopped."""
NEEDS_RUNNING = {
    "program_change": NURSE,
    "rate_change": SUPPLIER,
    "confirm_program": NURSE,
}
STOP_FIRST = {"prime", "reset_reservoir", "clear_given", "new_bag"}

SAYS_NO: dict[Mode, dict[str, str]] = {
    Mode.OFF: {},
    Mode.SELF_TEST: {"silence": "nothing_to_silence", "acknowledge": "nothing_to_acknowledge"},
    Mode.STOPPED: {"silence": "nothing_to_silence", "acknowledge": "nothing_to_acknowledge"},
    Mode.PRIMING: {
        "power_off": "delivering",
        "start": "delivering",
        "silence": "nothing_to_silence",
        "acknowledge": "nothing_to_acknowledge",
    },
    Mode.RUNNING: {
        "power_off": "delivering",
        "start": "delivering",
        "silence": "nothing_to_silence",
        "acknowledge": "nothing_to_acknowledge",
    },
    Mode.KVO: {"power_off": "delivering", "start": "nothing_left"},
    Mode.HALTED: {"start": "alarm", "prime": "alarm"},
    Mode.COMPLETE: {"start": "nothing_left"},
    Mode.FAULT: {},
}
"""What is refused although mode and lock allow it."""
EVERYWHERE_NO = {
    "power_on": "already_on",
    "confirm_program": "nothing_keyed",
    "cancel_program": "nothing_keyed",
    "unlock_wrong": "wrong_code",
}
"""The same in every mode but off. Nothing is keyed, so nothing can be confirmed."""


def pump_in(mode: Mode, level: LockLevel) -> Rig:
    """A pump brought into `mode` by hands, sensors and time."""
    kvo_ml_h = 0.1 if mode is Mode.KVO else 0.0
    program = Program(rate_ml_h=0.6, vtbi_ml=60.0, reservoir_ml=110.0, kvo_ml_h=kvo_ml_h)  # 100 h
    rig = Rig(settings_of(program=program, lock_level=level))
    if mode is Mode.PRIMING:
        rig.do(Lock(level=level), Unlock(code=NURSE_CODE))
        rig.do(Prime(volume_ml=10.0, disconnected_confirmed=True), Lock(level=level))
        rig.core.lock.relock()
        return rig
    rig.do(Start())
    match mode:
        case Mode.STOPPED:
            rig.do(Stop())
        case Mode.HALTED:
            rig.read(p_down_mmhg=900.0)
        case Mode.COMPLETE | Mode.KVO:
            rig.to(360_000.0)
        case Mode.OFF:
            rig.do(Stop(), PowerOff())
        case Mode.SELF_TEST:
            rig.do(Stop(), PowerOff(), PowerOn())
        case Mode.FAULT:
            rig.read(faults=frozenset({"clock"})).to(rig.t_s)
        case _:
            pass
    return rig


def expected(mode: Mode, command: str, level: LockLevel, code: str | None) -> str:
    """The reason, or nothing where the command is to be carried out."""
    if mode in LISTENS and command.replace("_wrong", "").replace("_lower", "") not in LISTENS[mode][0]:
        return LISTENS[mode][1]
    if mode in DELIVERING:
        if command in STOP_FIRST:
            return "delivering"
        needs = NEEDS_RUNNING.get(command)
        if command == "lock_lower" and level is not LockLevel.LL0:
            needs = NURSE
    else:
        needs = NEEDS.get(command, (None, None, None))[list(LockLevel).index(level)]
    if needs == SUPPLIER and code != SUPPLIER_CODE:
        return "needs_supplier"
    if needs == NURSE and code is None:
        return "locked"
    if mode is Mode.OFF:
        return ""
    return EVERYWHERE_NO.get(command) or SAYS_NO[mode].get(command, "")


CASES = [
    (mode, level, code)
    for mode, level, code in itertools.product(Mode, LockLevel, (None, NURSE_CODE, SUPPLIER_CODE))
    if code is None or mode not in LISTENS  # a mode that does not listen takes no code
]


@pytest.mark.parametrize(("mode", "level", "code"), CASES)
def test_every_cell(mode: Mode, level: LockLevel, code: str | None) -> None:
    for name, command in COMMANDS.items():
        rig = pump_in(mode, level)
        assert rig.mode == mode
        assert rig.core.lock.level == level
        if code is not None:
            assert rig.do(Unlock(code=code))
        seen = len(rig.journal.events)
        rig.do(command)
        answers = [
            event
            for event in rig.journal.events[seen:]
            if isinstance(event, CommandAccepted | CommandRefused)
        ]
        found = answers[0].reason if isinstance(answers[0], CommandRefused) else ""
        assert found == expected(mode, name, level, code), f"{name} in {mode} at {level}"
        if found:
            assert rig.mode == mode
            assert answers[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize("access", [Access.PATIENT, Access.CAREGIVER])
def test_a_patient_has_no_more_rights_for_an_open_keyboard(access: Access) -> None:
    rig = pump_in(Mode.STOPPED, LockLevel.LL2)
    rig.do(Unlock(code=NURSE_CODE))
    assert rig.refusal(Prime(volume_ml=1.0, disconnected_confirmed=True, access=access)) == "locked"
    assert rig.refusal(ClearGiven(access=access)) == "locked"


def test_the_lock_takes_effect_at_the_first_start() -> None:
    prime = Prime(volume_ml=1.0, disconnected_confirmed=True)
    rig = Rig(settings_of(lock_level=LockLevel.LL2))
    assert rig.do(prime)
    rig.to(60.0).do(Start(), Stop())
    assert rig.refusal(prime) == "locked"


def test_three_wrong_codes_are_tampering() -> None:
    rig = pump_in(Mode.RUNNING, LockLevel.LL2)
    for _ in range(3):
        rig.do(Unlock(code="1111"))
    assert "TAMPER" in rig.standing()
    assert rig.mode == Mode.RUNNING
    assert rig.refusal(Unlock(code=NURSE_CODE)) == "code_backoff"
