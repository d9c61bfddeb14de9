"""Sequences of keys on a real core: they lead to the same commands as any other path."""

from __future__ import annotations

import json

import pytest

from pump.commands import Access, Key, Lock, LockLevel, PowerOff, PressKey, Start, Unlock
from pump.delivery import Mode
from pump.events import CommandAccepted, CommandRefused, Noted
from pump.keypad import Keypad, Page, Range, repeats_count
from pump.panel import panel
from tests.pump.rig import NURSE_CODE, SUPPLIER_CODE, Rig


class Finger:
    """A finger on the keys of a rig."""

    def __init__(self, rig: Rig, access: Access = Access.PATIENT) -> None:
        self.rig = rig
        self.access = access

    def edge(self, key: Key, *, down: bool) -> None:
        self.rig.do(PressKey(key=key, down=down, access=self.access))

    def press(self, *keys: Key, hold_s: float = 0.1) -> Finger:
        for key in keys:
            self.edge(key, down=True)
            self.rig.to(self.rig.t_s + hold_s)
            self.edge(key, down=False)
        return self

    def type_code(self, code: str) -> Finger:
        self.press(Key.OK, *[Key.DOWN] * 5, Key.OK)
        for digit in code:
            self.press(*[Key.UP] * int(digit), Key.OK)
        return self

    def sees(self, page: Page) -> bool:
        return self.rig.core.keypad.page is page

    @property
    def lines(self) -> tuple[str, ...]:
        return panel(self.rig.core, self.rig.t_s).lines


def commands(rig: Rig) -> list[tuple[str, str]]:
    """What was carried out, but for the edges themselves, and for whom."""
    return [(each.command, each.access) for each in rig.all(CommandAccepted) if each.command != "press_key"]


def in_mode(rig: Rig, mode: Mode) -> bool:
    return rig.mode is mode


def at_level(rig: Rig, level: LockLevel) -> bool:
    return rig.core.lock.level is level


def ignored(rig: Rig) -> list[str]:
    return [each.detail for each in rig.all(Noted) if each.what == "no_access_key"]


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def finger(rig: Rig) -> Finger:
    return Finger(rig)


@pytest.fixture
def locked_rig(rig: Rig) -> Rig:
    """At LL2, as after the first start."""
    rig.do(Lock(level=LockLevel.LL2))
    return rig


# -------------------------------------------------------------------- run, stop, power, silence


def test_run_starts_when_held_for_a_second(rig: Rig, finger: Finger) -> None:
    finger.press(Key.RUN, hold_s=0.9)
    assert in_mode(rig, Mode.STOPPED)
    finger.press(Key.RUN, hold_s=1.0)
    assert in_mode(rig, Mode.RUNNING)
    assert rig.last(CommandAccepted).command == "press_key"
    assert commands(rig) == [("start", "patient")]


def test_run_held_longer_starts_once(rig: Rig, finger: Finger) -> None:
    finger.press(Key.RUN, hold_s=30.0)
    assert commands(rig) == [("start", "patient")]
    assert rig.all(CommandRefused) == []


def test_the_start_is_the_hands_that_pressed(rig: Rig) -> None:
    Finger(rig, Access.CAREGIVER).press(Key.RUN, hold_s=2.0)
    assert commands(rig) == [("start", "caregiver")]


def test_stop_acts_at_once(rig: Rig, finger: Finger) -> None:
    rig.do(Start())
    finger.edge(Key.STOP, down=True)
    assert in_mode(rig, Mode.STOPPED)


def test_power_goes_off_after_three_seconds_and_on_after_one(rig: Rig, finger: Finger) -> None:
    finger.press(Key.POWER, hold_s=2.9)
    assert in_mode(rig, Mode.STOPPED)
    finger.press(Key.POWER, hold_s=3.0)
    assert in_mode(rig, Mode.OFF)
    finger.press(Key.RUN, Key.OK, hold_s=5.0)
    assert in_mode(rig, Mode.OFF)
    finger.press(Key.POWER, hold_s=1.0)
    assert in_mode(rig, Mode.SELF_TEST)


def test_silence_pauses_what_sounds(rig: Rig, finger: Finger) -> None:
    finger.press(Key.SILENCE)
    assert commands(rig) == []
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    finger.press(Key.SILENCE)
    assert commands(rig)[-1] == ("silence", "patient")
    finger.press(Key.SILENCE)
    assert len(commands(rig)) == 2, "once silent there is nothing to silence"


def test_ok_acknowledges_what_is_signalled(rig: Rig, finger: Finger) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    assert in_mode(rig, Mode.HALTED)
    finger.press(Key.OK)
    assert commands(rig)[-1] == ("acknowledge", "patient")
    assert finger.sees(Page.HOME)
    rig.read(p_down_mmhg=20.0)
    assert in_mode(rig, Mode.STOPPED)
    finger.press(Key.RUN, hold_s=1.5)
    assert in_mode(rig, Mode.RUNNING)


def test_an_edge_that_is_none_means_nothing(rig: Rig, finger: Finger) -> None:
    finger.edge(Key.STOP, down=False)
    finger.edge(Key.OK, down=True)
    assert finger.sees(Page.MENU)
    finger.edge(Key.OK, down=True)
    assert finger.sees(Page.MENU)


# -------------------------------------------------------------------- pages


def test_info_turns_six_pages_and_goes_home(finger: Finger) -> None:
    seen = set()
    for place in range(6):
        finger.press(Key.INFO)
        assert finger.sees(Page.INFO)
        assert finger.rig.core.keypad.cursor == place
        seen.add(finger.lines)
    assert len(seen) == 6
    finger.press(Key.INFO)
    assert finger.sees(Page.HOME)


def test_stop_leaves_a_page_before_it_does_anything_else(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.STOP)
    assert finger.sees(Page.HOME)
    assert commands(rig) == []


def test_stop_on_a_page_of_a_running_pump_stops_it(rig: Rig, finger: Finger) -> None:
    rig.do(Start())
    finger.press(Key.INFO)
    finger.press(Key.STOP)
    assert in_mode(rig, Mode.STOPPED)
    assert finger.sees(Page.HOME)


def test_a_page_left_alone_for_a_minute_goes_home(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK)
    rig.to(rig.t_s + 59.9)
    assert finger.sees(Page.MENU)
    rig.to(rig.t_s + 0.1)
    assert finger.sees(Page.HOME)
    assert rig.last(Noted).what == "panel_left_alone"


def test_lists_go_round(finger: Finger) -> None:
    finger.press(Key.OK, Key.UP)
    assert finger.lines[-1] == ">Lock level"
    finger.press(Key.DOWN)
    assert finger.lines[1] == ">Program"


# -------------------------------------------------------------------- the lock at the keys


def test_a_key_without_access_is_ignored_silently_and_logged(locked_rig: Rig) -> None:
    finger = Finger(locked_rig)
    finger.press(Key.OK, *[Key.DOWN] * 3, Key.OK)
    assert finger.sees(Page.MENU)
    assert ignored(locked_rig) == ["prime"]
    assert locked_rig.all(CommandRefused) == []


def test_the_reservoir_is_open_to_all_at_ll2(locked_rig: Rig) -> None:
    finger = Finger(locked_rig)
    finger.press(Key.OK, *[Key.DOWN] * 2, Key.OK)
    assert finger.sees(Page.RESERVOIR)
    finger.press(Key.DOWN, hold_s=0.1)
    finger.press(Key.OK)
    assert locked_rig.reservoir_ml == 109.9
    assert commands(locked_rig)[-1] == ("reset_reservoir", "patient")


def test_the_nurses_code_opens_the_keys_for_whoever_presses_them(locked_rig: Rig) -> None:
    finger = Finger(locked_rig)
    finger.type_code(NURSE_CODE)
    assert commands(locked_rig)[-1] == ("unlock", "patient")
    finger.press(Key.OK, *[Key.DOWN] * 3, Key.OK)
    assert finger.sees(Page.PRIME)
    finger.press(Key.OK)
    finger.press(Key.OK, hold_s=0.5)
    assert in_mode(locked_rig, Mode.STOPPED), "never one action alone, nor a short one"
    finger.press(Key.OK, hold_s=1.0)
    assert in_mode(locked_rig, Mode.PRIMING)
    assert commands(locked_rig)[-1] == ("prime", "nurse")
    locked_rig.to(locked_rig.t_s + 18.0)
    assert in_mode(locked_rig, Mode.STOPPED), "3 mL at 600 mL/h take 18 s"


def test_three_wrong_codes_are_tampering(locked_rig: Rig) -> None:
    finger = Finger(locked_rig)
    for _ in range(3):
        finger.type_code("1111")
    assert "TAMPER" in locked_rig.standing()
    assert [each.reason for each in locked_rig.all(CommandRefused)] == ["wrong_code"] * 3


def test_the_rate_needs_the_suppliers_code_even_at_ll0(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, Key.OK)
    assert finger.sees(Page.PROGRAM)
    assert ignored(rig) == ["rate_change"]


def test_the_supplier_keys_a_rate_and_confirms_it(rig: Rig, finger: Finger) -> None:
    finger.type_code(SUPPLIER_CODE)
    finger.press(Key.OK, Key.OK, Key.OK)
    assert finger.sees(Page.EDIT)
    finger.press(Key.UP, Key.UP)
    assert finger.lines[3] == "0.8 mL/h"
    finger.press(Key.OK)
    assert rig.core.draft.rate_ml_h == 0.8
    assert rig.core.program.rate_ml_h == 0.6, "the programme in force stays until confirmed"
    finger.press(*[Key.DOWN] * 5, Key.OK)
    assert finger.sees(Page.CONFIRM)
    finger.press(Key.OK)
    assert rig.core.program.rate_ml_h == 0.8
    assert commands(rig)[-2:] == [("program_change", "supplier"), ("confirm_program", "supplier")]
    assert finger.sees(Page.HOME)


def test_beyond_a_soft_limit_ok_has_to_be_held(rig: Rig, finger: Finger) -> None:
    finger.type_code(SUPPLIER_CODE)
    finger.press(Key.OK, Key.OK, Key.OK)
    finger.press(*[Key.DOWN] * 2, Key.OK)  # 0.4 mL/h, below the usual 0.5
    finger.press(*[Key.DOWN] * 5, Key.OK)
    assert "! beyond soft limit" in finger.lines
    finger.press(Key.OK)
    assert rig.core.program.rate_ml_h == 0.6
    finger.press(Key.OK, hold_s=1.0)
    assert rig.core.program.rate_ml_h == 0.4
    assert rig.core.soft_overrides


def test_keyed_values_can_be_forgotten(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, Key.DOWN, Key.OK, Key.UP, Key.OK)
    assert rig.core.draft.vtbi_ml == 100.9
    finger.press(*[Key.UP] * 2, Key.OK)
    assert rig.core.draft.is_empty
    assert commands(rig)[-1] == ("cancel_program", "patient")


def test_nothing_keyed_leads_nowhere(finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, *[Key.DOWN] * 5, Key.OK)
    assert finger.sees(Page.PROGRAM)


def test_a_new_bag() -> None:
    rig = Rig(lock_level=LockLevel.LL1)
    finger = Finger(rig)
    rig.do(Start())
    rig.to(3600.0)
    finger.press(Key.STOP)
    finger.press(Key.OK, Key.DOWN, Key.OK)
    assert finger.lines[3] == "110 mL"
    finger.press(Key.OK)
    assert (rig.given_ml, rig.reservoir_ml) == (0.0, 110.0)


def test_clearing_needs_a_confirmation() -> None:
    rig = Rig(lock_level=LockLevel.LL1)
    finger = Finger(rig)
    rig.do(Start())
    rig.to(3600.0)
    finger.press(Key.STOP)
    given_ml = rig.given_ml
    finger.press(Key.OK, *[Key.DOWN] * 4, Key.OK)
    assert rig.given_ml == given_ml > 0.0
    finger.press(Key.OK)
    assert rig.given_ml == 0.0


def test_the_level_can_be_raised_by_anybody_and_lowered_with_the_code(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.UP, Key.OK, *[Key.DOWN] * 2, Key.OK)
    assert at_level(rig, LockLevel.LL2)
    finger.press(Key.OK, Key.UP, Key.OK, *[Key.UP] * 2, Key.OK)
    assert at_level(rig, LockLevel.LL2)
    assert ignored(rig) == ["lock_lower"]
    rig.do(Unlock(code=NURSE_CODE))
    finger.press(Key.OK)
    assert at_level(rig, LockLevel.LL0)


# -------------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("held_s", "steps_count"),
    [(0.0, 1), (0.49, 1), (0.625, 2), (1.5, 9), (3.0, 21), (4.0, 101), (5.0, 181)],
)
def test_repeating(held_s: float, steps_count: int) -> None:
    # One at once; after 0.5 s eight a second; after 3 s eighty.
    assert repeats_count(held_s) == steps_count


def test_a_held_key_counts_while_it_is_held_and_no_further(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, Key.DOWN, Key.OK)
    finger.edge(Key.UP, down=True)
    due_s = rig.core.next_deadline_s()
    rig.to(rig.t_s + 3.0)
    assert finger.lines[3] == "102.9 mL"
    assert rig.core.next_deadline_s() == due_s, "no timer runs for it"
    finger.edge(Key.UP, down=False)
    rig.to(rig.t_s + 3.0)
    assert finger.lines[3] == "102.9 mL"


def test_another_key_ends_the_counting(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, Key.DOWN, Key.OK)
    finger.edge(Key.UP, down=True)
    rig.to(rig.t_s + 0.1)
    finger.press(Key.INFO)
    rig.to(rig.t_s + 10.0)
    finger.edge(Key.UP, down=False)
    assert finger.lines[3] == "100.9 mL"


def test_numbers_stop_at_their_limits(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, *[Key.DOWN] * 3, Key.OK)
    finger.press(Key.UP, hold_s=60.0)
    assert finger.lines[3] == "10 mL", "the longest prime"
    finger.press(Key.DOWN, hold_s=60.0)
    assert finger.lines[3] == "0.1 mL"


def test_a_range_counts_what_was_written() -> None:
    span = Range.of(0.1, 0.1, 125.0)
    assert [span.value(span.count(each)) for each in (0.6, 0.7, 100.8, 500.0, 0.0)] == [
        0.6,
        0.7,
        100.8,
        125.0,
        0.1,
    ]


# -------------------------------------------------------------------- stuck, kept


def test_a_key_held_for_three_minutes_is_stuck(rig: Rig, finger: Finger) -> None:
    rig.do(Start())
    finger.edge(Key.UP, down=True)
    rig.to(rig.t_s + 179.9)
    assert in_mode(rig, Mode.RUNNING)
    rig.to(rig.t_s + 0.1)
    assert rig.standing() >= {"KEY_STUCK"}
    assert in_mode(rig, Mode.HALTED)


def test_a_kept_keypad_goes_on(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK, Key.OK, Key.DOWN, Key.OK)
    finger.edge(Key.UP, down=True)
    rig.to(rig.t_s + 2.0)
    kept = json.loads(json.dumps(rig.core.keypad.snapshot(), allow_nan=False))
    again = Keypad.restore(kept)
    assert again.snapshot() == kept
    assert again.shown_count(rig.core, rig.t_s) == rig.core.keypad.shown_count(rig.core, rig.t_s)


def test_a_pump_that_was_switched_off_begins_at_home(rig: Rig, finger: Finger) -> None:
    finger.press(Key.OK)
    rig.do(PowerOff())
    assert finger.sees(Page.HOME)
