"""The lock against truths written down by hand from the manual's table and the project's definitions."""

from __future__ import annotations

import json
from math import inf
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pump.commands import (
    Access,
    Acknowledge,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
    Lock,
    LockLevel,
    NewBag,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
)
from pump.errors import Reason
from pump.lock import ACCESS, KEYBOARD, NURSE_CODE, SUPPLIER_CODE, Action, LockState, action_of

FREE, CODE, SUPPLIER, STOP = "free", "code", "supplier", "stop first"

#            action             LL0       LL1       LL2       running
TRUTH: list[tuple[Action, str, str, str, str]] = [
    ("power_on", FREE, FREE, FREE, FREE),
    ("power_off", FREE, FREE, FREE, FREE),
    ("start", FREE, FREE, FREE, FREE),
    ("stop", FREE, FREE, FREE, FREE),
    ("silence", FREE, FREE, FREE, FREE),
    ("acknowledge", FREE, FREE, FREE, FREE),
    ("press_key", FREE, FREE, FREE, FREE),
    ("unlock", FREE, FREE, FREE, FREE),
    ("prime", FREE, FREE, CODE, STOP),
    ("rate_change", SUPPLIER, SUPPLIER, SUPPLIER, SUPPLIER),
    ("confirm_rate", SUPPLIER, SUPPLIER, SUPPLIER, SUPPLIER),
    ("program_change", FREE, CODE, CODE, CODE),
    ("confirm_program", FREE, CODE, CODE, CODE),
    ("cancel_program", FREE, FREE, FREE, FREE),
    ("reset_reservoir", FREE, FREE, FREE, STOP),
    ("clear_given", FREE, FREE, CODE, STOP),
    ("new_bag", FREE, FREE, CODE, STOP),
    ("lock_raise", FREE, FREE, FREE, FREE),
    ("lock_lower", FREE, CODE, CODE, CODE),
    ("link_lost", FREE, FREE, FREE, FREE),
    ("link_restored", FREE, FREE, FREE, FREE),
]

MAY = {
    (FREE, None): set(Access),
    (FREE, Access.NURSE): set(Access),
    (FREE, Access.SUPPLIER): set(Access),
    (CODE, None): set(),
    (CODE, Access.NURSE): {Access.NURSE, Access.SUPPLIER},
    (CODE, Access.SUPPLIER): {Access.NURSE, Access.SUPPLIER},
    (SUPPLIER, None): set(),
    (SUPPLIER, Access.NURSE): set(),
    (SUPPLIER, Access.SUPPLIER): {Access.SUPPLIER},
    (STOP, None): set(),
    (STOP, Access.NURSE): set(),
    (STOP, Access.SUPPLIER): set(),
}
"""Which hands may, by what is needed and whose code has opened the keyboard."""

REASON = {CODE: Reason.LOCKED, SUPPLIER: Reason.NEEDS_SUPPLIER, STOP: Reason.DELIVERING}

CELLS = [
    (action, level, running, running_need if running else needs[place])
    for action, *needs, running_need in TRUTH
    for place, level in enumerate(LockLevel)
    for running in (False, True)
]


def opened(level: LockLevel, session: Access | None) -> LockState:
    lock = LockState(level)
    if session is not None:
        code = {Access.NURSE: NURSE_CODE, Access.SUPPLIER: SUPPLIER_CODE}[session]
        assert lock.unlock(0.0, code, session).accepted
    return lock


def is_open(lock: LockState) -> bool:
    return lock.is_unlocked


def test_the_truths_cover_the_table() -> None:
    assert sorted(action for action, *_ in TRUTH) == sorted(get_args(Action))
    assert sorted(ACCESS) == sorted(get_args(Action))


@pytest.mark.parametrize("session", [None, Access.NURSE, Access.SUPPLIER])
@pytest.mark.parametrize(("action", "level", "running", "need"), CELLS)
def test_every_cell(
    action: Action, level: LockLevel, running: bool, need: str, session: Access | None
) -> None:
    lock = opened(level, session)
    for access in Access:
        refusal = lock.refusal(1.0, action, access, running=running)
        if access in MAY[need, session]:
            assert refusal is None
        else:
            assert refusal is not None
            assert refusal.reason is REASON[need]
            assert refusal.text


def test_ambiguous_cells_say_so() -> None:
    notes = [cell.note for row in ACCESS.values() for cell in (row.ll0, row.ll1, row.ll2, row.running)]
    assert sum(note.startswith("ambiguous") for note in notes) == 4
    for row in ACCESS.values():
        for cell in (row.ll0, row.ll1, row.ll2, row.running):
            assert (
                cell.certainty in {"F", "D"} or row.action == "power_on" or cell.note or "link" in row.action
            )


def test_a_profile_may_leave_the_rate_to_the_nurse() -> None:
    lock = LockState(LockLevel.LL0, rate_change=Access.NURSE)
    assert lock.refusal(0.0, "rate_change", Access.NURSE, running=False) is not None, (
        "still not without a code"
    )
    lock.unlock(0.0, NURSE_CODE, Access.NURSE)
    assert lock.refusal(0.0, "rate_change", Access.NURSE, running=False) is None


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (Start(), "start"),
        (Stop(), "stop"),
        (Silence(), "silence"),
        (Acknowledge(), "acknowledge"),
        (Prime(volume_ml=3.0, disconnected_confirmed=True), "prime"),
        (ProgramChange(rate_ml_h=1.0), "rate_change"),
        (ProgramChange(rate_ml_h=1.0, vtbi_ml=5.0), "rate_change"),
        (ProgramChange(vtbi_ml=5.0), "program_change"),
        (ConfirmProgram(), "confirm_program"),
        (Lock(level=LockLevel.LL2), "lock_raise"),
        (Lock(level=LockLevel.LL1), "lock_raise"),
        (Lock(level=LockLevel.LL0), "lock_lower"),
        (ResetReservoir(), "reset_reservoir"),
        (ClearGiven(), "clear_given"),
        (NewBag(), "new_bag"),
    ],
)
def test_the_row_of_a_command_at_ll1(command: Command, action: Action) -> None:
    assert action_of(command, LockLevel.LL1) == action


def test_every_command_has_a_row() -> None:
    made: dict[str, dict[str, object]] = {
        "Prime": {"volume_ml": 1.0, "disconnected_confirmed": True},
        "Lock": {"level": LockLevel.LL1},
        "PressKey": {"key": Key.RUN, "down": True},
        "Unlock": {"code": "0000"},
    }
    for kind in get_args(Command):
        assert action_of(kind(**made.get(kind.__name__, {})), LockLevel.LL2) in ACCESS


def test_confirming_another_rate_is_changing_it() -> None:
    assert action_of(ConfirmProgram(), LockLevel.LL2, draft_changes_rate=True) == "confirm_rate"


# -------------------------------------------------------------------- codes and sessions


def test_a_code_opens_the_session_of_its_owner() -> None:
    lock = LockState(LockLevel.LL2)
    outcome = lock.unlock(5.0, SUPPLIER_CODE, Access.NURSE)
    assert outcome.accepted
    assert outcome.session is Access.SUPPLIER
    assert lock.refusal(6.0, "rate_change", Access.SUPPLIER, running=False) is None
    assert lock.refusal(6.0, "rate_change", Access.NURSE, running=False) is not None, (
        "a command names its hand"
    )


def test_the_caregiver_and_the_patient_have_no_code() -> None:
    assert set(LockState(LockLevel.LL2).codes) == {Access.NURSE, Access.SUPPLIER}


def test_it_locks_itself_after_two_minutes_without_use() -> None:
    lock = opened(LockLevel.LL2, Access.NURSE)
    lock.touch(60.0)
    assert lock.next_deadline_s() == 180.0
    assert not lock.wake(179.0)
    assert is_open(lock)
    assert lock.refusal(179.9, "prime", Access.NURSE, running=False) is None
    assert lock.refusal(180.0, "prime", Access.NURSE, running=False) is not None, "exactly then no longer"
    assert lock.wake(180.0)
    assert not is_open(lock)
    assert lock.next_deadline_s() == inf


def test_relock_and_levels() -> None:
    lock = opened(LockLevel.LL1, Access.NURSE)
    lock.set_level(1.0, LockLevel.LL0)
    assert is_open(lock), "lowering leaves the nurse at work"
    lock.set_level(2.0, LockLevel.LL2)
    assert not is_open(lock), "raising locks"
    assert lock.level is LockLevel.LL2
    lock.unlock(3.0, NURSE_CODE, Access.NURSE)
    lock.set_level(4.0, LockLevel.LL2)
    assert not is_open(lock), "the same level again locks"
    assert not lock.relock()


def test_three_wrong_codes_are_tampering_and_the_wait_doubles() -> None:
    lock = LockState(LockLevel.LL2)
    t_s = 0.0
    for wait_s in (60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3600.0, 3600.0):
        outcomes = [lock.unlock(t_s, "0000", Access.PATIENT) for _ in range(3)]
        assert [outcome.tamper for outcome in outcomes] == [False, False, True]
        assert all(outcome.refusal and outcome.refusal.reason is Reason.WRONG_CODE for outcome in outcomes)
        assert outcomes[-1].blocked_until_s == t_s + wait_s == lock.next_deadline_s()
        right = lock.unlock(t_s + wait_s - 0.1, NURSE_CODE, Access.NURSE)
        assert right.refusal is not None, "not even the right code"
        assert right.refusal.reason is Reason.CODE_BACKOFF
        assert not right.tamper
        t_s += wait_s
        assert not lock.wake(t_s)
    assert lock.unlock(t_s, NURSE_CODE, Access.NURSE).accepted
    again = [lock.unlock(t_s, "0000", Access.PATIENT) for _ in range(3)]
    assert again[-1].blocked_until_s == t_s + 60.0, "a right code forgives"
    assert not lock.is_unlocked, "and tampering closes what was open"


def test_the_wait_ends_by_itself_even_when_nobody_woke_the_lock() -> None:
    lock = LockState(LockLevel.LL2)
    for _ in range(3):
        lock.unlock(0.0, "0000", Access.PATIENT)
    assert lock.unlock(60.0, NURSE_CODE, Access.NURSE).accepted
    assert lock.state == "unlocked"


def test_two_wrong_codes_and_a_right_one_are_a_slip() -> None:
    lock = LockState(LockLevel.LL2)
    for _ in range(5):
        lock.unlock(0.0, "0000", Access.NURSE)
        lock.unlock(0.0, "0001", Access.NURSE)
        assert lock.unlock(0.0, NURSE_CODE, Access.NURSE).accepted


KEYBOARD_CELLS = {
    ("locked", "right_code"): "unlocked",
    ("unlocked", "right_code"): "unlocked",
    ("locked", "too_many_wrong"): "backing off",
    ("unlocked", "too_many_wrong"): "backing off",
    ("locked", "relock"): "locked",
    ("unlocked", "relock"): "locked",
    ("backing off", "relock"): "backing off",
    ("backing off", "backoff_over"): "locked",
}


@pytest.mark.parametrize("state", ["locked", "unlocked", "backing off"])
@pytest.mark.parametrize("trigger", ["right_code", "too_many_wrong", "relock", "backoff_over"])
def test_every_cell_of_the_keyboard(state: str, trigger: str) -> None:
    if (state, trigger) not in KEYBOARD_CELLS:
        assert trigger not in KEYBOARD.get_triggers(state)
        return
    lock = LockState()
    lock.state = state
    KEYBOARD.events[trigger].trigger(lock)
    assert lock.state == KEYBOARD_CELLS[state, trigger]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["right", "wrong", "supplier", "touch", "relock", "raise", "lower", "wake"]),
        st.floats(0.0, 200.0),
    ),
    max_size=20,
)


@given(STEPS)
def test_a_restored_lock_goes_on_like_the_one_that_was_kept(steps: list[tuple[str, float]]) -> None:
    lock = LockState(LockLevel.LL1)
    t_s = 0.0
    for what, passed_s in steps:
        t_s += passed_s
        twin = LockState.restore(json.loads(json.dumps(lock.snapshot(), allow_nan=False)))
        answers = [_step(each, what, t_s) for each in (lock, twin)]
        assert answers[0] == answers[1]
        assert lock.snapshot() == twin.snapshot()
        assert lock.is_unlocked == (lock.state == "unlocked")
        assert (lock.blocked_until_s is not None) == (lock.state == "backing off")
        for action in ("stop", "start", "silence", "acknowledge"):
            assert lock.refusal(t_s, action, Access.PATIENT, running=True) is None


def _step(lock: LockState, what: str, t_s: float) -> object:
    match what:
        case "right":
            return lock.unlock(t_s, NURSE_CODE, Access.NURSE)
        case "supplier":
            return lock.unlock(t_s, SUPPLIER_CODE, Access.SUPPLIER)
        case "wrong":
            return lock.unlock(t_s, "9999", Access.PATIENT)
        case "touch":
            lock.touch(t_s)
            return None
        case "relock":
            return lock.relock()
        case "raise":
            lock.set_level(t_s, LockLevel.LL2)
            return None
        case "lower":
            lock.set_level(t_s, LockLevel.LL0)
            return None
        case _:
            return lock.wake(t_s)
