"""The keys: from edges of eight keys to the same commands as any other path.

A key goes down and comes up; what it means depends on the page that is shown. Nothing is done twice by
holding: RUN, POWER and the two confirmations act once when they have been held long enough, STOP acts at
once. UP and DOWN count faster the longer they are held, in closed form, so that no timer runs meanwhile.

    HOME --OK--> MENU --OK--> PROGRAM --OK--> EDIT    rate, VTBI, reservoir, KVO, delay
                                      --OK--> CONFIRM beyond a soft limit OK must be held
                          --> NEW_BAG, RESERVOIR      a volume, OK
                          --> PRIME --OK--> PRIME_CHECK  "patient disconnected?": OK must be held
                          --> CLEAR_GIVEN             OK
                          --> CODE                    four digits
                          --> LEVEL                   LL0, LL1, LL2
    HOME --INFO--> INFO, page after page --> HOME
    STOP leaves every page; so does a minute without a key.

A key does not know whose finger it is: its commands carry the session's access. What the lock would refuse is
not even begun: the key is ignored silently and logged [F: CADD-Legacy PLUS manual, viewer page 19].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import inf
from typing import Any, Final, Protocol, Self

from pump.alarms import AlarmSet, Standing
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
    Lock,
    LockLevel,
    NewBag,
    PowerOff,
    PowerOn,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.counters import Counters
from pump.delivery import DELIVERING, Mode
from pump.events import Journal, Noted
from pump.limits import hard_faults, soft_faults
from pump.lock import NO_ACCESS_KEY, Action, LockState, action_of
from pump.profiles import Profile
from pump.program import Draft, Program
from pump.seam import Readings
from pump.settings import PumpSettings

RUN_HOLD_S: Final = 1.0
"""RUN starts after this time [F: a press counts after 1 s, GIP 2.3.2]."""

CONFIRM_HOLD_S: Final = 1.0
"""OK held this long confirms what must not happen by one press (X)."""

POWER_ON_HOLD_S: Final = 1.0
POWER_OFF_HOLD_S: Final = 3.0
"""POWER switches on and off after these times (X)."""

PAGE_IDLE_S: Final = 60.0
"""Without a key the panel goes home after this time (X)."""

CODE_DIGITS_COUNT: Final = 4
"""How long a code is that can be typed (X)."""

REPEAT_AFTER_S: Final = 0.5
FAST_AFTER_S: Final = 3.0
REPEATS_PER_S: Final = 8.0
FAST_REPEATS_PER_S: Final = 80.0
"""UP and DOWN repeat after half a second, ten times as fast after three (X)."""


COUNTING: Final = frozenset({Key.UP, Key.DOWN})
"""Keys that count while they are held, the last one pressed alone."""


class Page(StrEnum):
    """What the panel shows."""

    HOME = "home"
    INFO = "info"
    MENU = "menu"
    CODE = "code"
    PROGRAM = "program"
    EDIT = "edit"
    CONFIRM = "confirm"
    NEW_BAG = "new bag"
    RESERVOIR = "reservoir"
    PRIME = "prime"
    PRIME_CHECK = "prime check"
    CLEAR_GIVEN = "clear given"
    LEVEL = "level"


INFO_PAGES_COUNT: Final = 6
"""Counters, programme, power, alarms, lock and limits, about."""


class PanelView(Protocol):
    """What keys and display need to see of a pump core."""

    @property
    def mode(self) -> Mode: ...  # noqa: D102
    @property
    def program(self) -> Program: ...  # noqa: D102
    @property
    def draft(self) -> Draft: ...  # noqa: D102
    @property
    def soft_overrides(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def alarms(self) -> AlarmSet: ...  # noqa: D102
    @property
    def lock(self) -> LockState: ...  # noqa: D102
    @property
    def readings(self) -> Readings: ...  # noqa: D102
    @property
    def profile(self) -> Profile: ...  # noqa: D102
    @property
    def settings(self) -> PumpSettings: ...  # noqa: D102
    @property
    def journal(self) -> Journal: ...  # noqa: D102
    @property
    def keypad(self) -> Keypad: ...  # noqa: D102
    @property
    def waits(self) -> bool: ...  # noqa: D102

    def counters(self, t_s: float) -> Counters:
        """Give the counters at `t_s`."""
        ...


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One line of the menu: what it says, what the lock has to allow (None: nothing), where it leads."""

    label: str
    action: Action | None
    page: Page


MENU: Final = (
    MenuItem("Program", None, Page.PROGRAM),
    MenuItem("New bag", "new_bag", Page.NEW_BAG),
    MenuItem("Reservoir volume", "reset_reservoir", Page.RESERVOIR),
    MenuItem("Prime", "prime", Page.PRIME),
    MenuItem("Clear given", "clear_given", Page.CLEAR_GIVEN),
    MenuItem("Enter code", "unlock", Page.CODE),
    MenuItem("Lock level", "lock_raise", Page.LEVEL),
)
"""The menu. Looking at the programme is free; each of its fields asks the lock."""

LEVELS: Final = tuple(LockLevel)


@dataclass(frozen=True, slots=True)
class ProgramField:
    """One line of the programme page: the field of `Program` it edits, and how it is counted."""

    label: str
    name: str
    unit: str
    per_unit: int = 1
    """How many of the field's own units one shown unit is: minutes are kept as seconds."""


FIELDS: Final = (
    ProgramField("Rate", "rate_ml_h", "mL/h"),
    ProgramField("VTBI", "vtbi_ml", "mL"),
    ProgramField("Reservoir", "reservoir_ml", "mL"),
    ProgramField("KVO", "kvo_ml_h", "mL/h"),
    ProgramField("Delay", "delay_s", "min", 60),
)
"""The programme page; `CONFIRM_LINE` and `FORGET_LINE` stand below."""

CONFIRM_LINE: Final = len(FIELDS)
FORGET_LINE: Final = len(FIELDS) + 1


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers that can be set with UP and DOWN: whole steps from `low` to `high`."""

    step: Decimal
    low: Decimal
    high: Decimal

    @classmethod
    def of(cls, step: float, low: float, high: float) -> Self:
        """Make a range of numbers as they were written."""
        return cls(*(Decimal(repr(each)) for each in (step, low, high)))

    def count(self, value: float) -> int:
        """Give how many steps `value` is, at most one range away."""
        return self.within(round(Decimal(repr(value)) / self.step))

    def within(self, steps_count: int) -> int:
        """Keep a number of steps in the range."""
        return min(max(steps_count, int(self.low / self.step)), int(self.high / self.step))

    def value(self, steps_count: int) -> float:
        """Give the number that many steps are."""
        return float(self.step * steps_count)


def repeats_count(held_s: float) -> int:
    """Give how many steps UP or DOWN has counted when held for `held_s`."""
    slow_s = min(max(held_s - REPEAT_AFTER_S, 0.0), FAST_AFTER_S - REPEAT_AFTER_S)
    fast_s = max(held_s - FAST_AFTER_S, 0.0)
    return 1 + int(slow_s * REPEATS_PER_S) + int(fast_s * FAST_REPEATS_PER_S)


class Keypad:
    """The keys of one pump: which are down, which page is shown, and what has been typed on it.

    `cursor` is the line of a list; `field_place` the line of the programme that is edited; `steps_count` the
    number that is set, in steps; `digits` the code as far as typed; `hand` whose press came last.
    """

    __slots__ = (
        "cursor",
        "digits",
        "field_place",
        "hand",
        "held_since_s",
        "page",
        "spent",
        "steps_count",
        "used_s",
    )

    def __init__(self) -> None:
        self.page = Page.HOME
        self.cursor = 0
        self.field_place = 0
        self.steps_count = 0
        self.digits = ""
        self.hand = Access.PATIENT
        self.used_s = 0.0
        self.held_since_s: dict[Key, float] = {}
        """Keys that are down, with the time since when."""
        self.spent: set[Key] = set()
        """Held keys that have done what holding them does."""

    # ---------------------------------------------------------------- edges and time

    def press(
        self, core: PanelView, t_s: float, key: Key, *, down: bool, access: Access
    ) -> tuple[Command, ...]:
        """Take the edge of a key at `t_s`; give the commands it makes, to be carried out in order."""
        if down == (key in self.held_since_s):
            return ()
        self.used_s = t_s
        if not down:
            if key in COUNTING:
                self.steps_count = self.shown_count(core, t_s)
            del self.held_since_s[key]
            self.spent.discard(key)
            return ()
        self.steps_count = self.shown_count(core, t_s)
        self.spent.update(self.held_since_s.keys() & COUNTING)
        self.held_since_s[key] = t_s
        self.hand = access
        by = core.lock.session or access
        if core.mode in {Mode.OFF, Mode.SELF_TEST}:
            return ()
        return self._pressed(core, t_s, key, by)

    def wake(self, core: PanelView, t_s: float) -> tuple[Command, ...]:
        """Do what is due at `t_s`: a key has been held long enough, or the page was left alone."""
        by = core.lock.session or self.hand
        for key, since_s in self.held_since_s.items():
            if key not in self.spent and since_s + self._hold_s(core, key) <= t_s:
                self.spent.add(key)
                return self._held(core, key, by)
        if self._home_s() <= t_s:
            self.show(Page.HOME)
            core.journal.add(Noted, t_s, what="panel_left_alone", detail=f"for {PAGE_IDLE_S:g} s")
        return ()

    def next_deadline_s(self, core: PanelView) -> float:
        """When `wake` is to be called; `inf` if nothing is due."""
        due_s = self._home_s()
        for key, since_s in self.held_since_s.items():
            if key not in self.spent:
                due_s = min(due_s, since_s + self._hold_s(core, key))
        return due_s

    def shown_count(self, core: PanelView, t_s: float) -> int:
        """Give the number that is set, in steps, with what a held key has counted up to `t_s`."""
        span = number_range(core, self)
        if span is None:
            return self.steps_count
        steps_count = self.steps_count
        for key, sign in ((Key.UP, 1), (Key.DOWN, -1)):
            if key in self.held_since_s and key not in self.spent:
                steps_count += sign * repeats_count(t_s - self.held_since_s[key])
        return span.within(steps_count)

    # ---------------------------------------------------------------- keeping

    def snapshot(self) -> dict[str, Any]:
        """Give everything, as plain JSON values."""
        return {
            "page": self.page.value,
            "cursor": self.cursor,
            "field_place": self.field_place,
            "steps_count": self.steps_count,
            "digits": self.digits,
            "hand": self.hand.value,
            "used_s": self.used_s,
            "held_since_s": {key.value: since_s for key, since_s in self.held_since_s.items()},
            "spent": sorted(key.value for key in self.spent),
        }

    @classmethod
    def restore(cls, snapshot: Mapping[str, Any]) -> Self:
        """Build the keypad that `snapshot` was taken of."""
        keypad = cls()
        keypad.page = Page(snapshot["page"])
        keypad.cursor = snapshot["cursor"]
        keypad.field_place = snapshot["field_place"]
        keypad.steps_count = snapshot["steps_count"]
        keypad.digits = snapshot["digits"]
        keypad.hand = Access(snapshot["hand"])
        keypad.used_s = snapshot["used_s"]
        keypad.held_since_s = {Key(key): since_s for key, since_s in snapshot["held_since_s"].items()}
        keypad.spent = {Key(key) for key in snapshot["spent"]}
        return keypad

    # ---------------------------------------------------------------- what a key does

    def _pressed(self, core: PanelView, t_s: float, key: Key, by: Access) -> tuple[Command, ...]:
        match key:
            case Key.STOP:
                return self._stop(core, by)
            case Key.SILENCE:
                signalled = core.alarms.signalled()
                return (Silence(access=by),) if signalled is not None and signalled.is_sounding else ()
            case Key.INFO:
                self._turn_info()
            case Key.UP | Key.DOWN:
                self._move(-1 if key is Key.UP else 1)
            case Key.OK:
                return self._ok(core, t_s, by)
            case Key.RUN | Key.POWER:
                pass
        return ()

    def _stop(self, core: PanelView, by: Access) -> tuple[Command, ...]:
        """Stop what turns; where nothing does, leave the page."""
        leaves_only = self.page is not Page.HOME and core.mode not in DELIVERING and not core.waits
        self.show(Page.HOME)
        return () if leaves_only else (Stop(access=by),)

    def _turn_info(self) -> None:
        if self.page is Page.HOME:
            self.show(Page.INFO)
        elif self.page is Page.INFO:
            self.cursor += 1
            if self.cursor == INFO_PAGES_COUNT:
                self.show(Page.HOME)

    def _move(self, lines_count: int) -> None:
        """Move the cursor of a list, or turn the digit of a code. Numbers count by how long a key is held."""
        match self.page:
            case Page.MENU:
                self.cursor = (self.cursor + lines_count) % len(MENU)
            case Page.PROGRAM:
                self.cursor = (self.cursor + lines_count) % (FORGET_LINE + 1)
            case Page.LEVEL:
                self.cursor = (self.cursor + lines_count) % len(LEVELS)
            case Page.CODE:
                self.cursor = (self.cursor - lines_count) % 10
            case _:
                pass

    def _ok(self, core: PanelView, t_s: float, by: Access) -> tuple[Command, ...]:
        match self.page:
            case Page.HOME if asks_for_notice(core.alarms.signalled()):
                return (Acknowledge(access=by),)
            case Page.HOME:
                self.show(Page.MENU)
            case Page.MENU:
                item = MENU[self.cursor]
                if item.action is None or self._allowed(core, t_s, item.action, by):
                    self._open(core, item.page)
            case Page.CODE:
                return self._digit(by)
            case Page.PROGRAM:
                return self._choose_line(core, t_s, by)
            case Page.EDIT:
                return self._key_in(core, by)
            case Page.CONFIRM if not must_hold_ok(core, self.page):
                return self._confirm(core, by)
            case Page.NEW_BAG:
                return self._leave_with(NewBag(reservoir_ml=self._number(core), access=by))
            case Page.RESERVOIR:
                return self._leave_with(ResetReservoir(reservoir_ml=self._number(core), access=by))
            case Page.PRIME:
                self.page = Page.PRIME_CHECK
            case Page.CLEAR_GIVEN:
                return self._leave_with(ClearGiven(access=by))
            case Page.LEVEL:
                return self._set_level(core, t_s, by)
            case _:
                pass
        return ()

    def _held(self, core: PanelView, key: Key, by: Access) -> tuple[Command, ...]:
        """Do what holding `key` long enough does."""
        match key:
            case Key.RUN if core.mode not in {Mode.OFF, Mode.SELF_TEST}:
                self.show(Page.HOME)
                return (Start(access=by),)
            case Key.POWER:
                self.show(Page.HOME)
                return (PowerOn(access=by) if core.mode is Mode.OFF else PowerOff(access=by),)
            case Key.OK if self.page is Page.PRIME_CHECK:
                volume_ml = self._number(core)
                return self._leave_with(Prime(volume_ml=volume_ml, disconnected_confirmed=True, access=by))
            case Key.OK if self.page is Page.CONFIRM:
                return self._confirm(core, by)
            case _:
                return ()

    # ---------------------------------------------------------------- pages

    def show(self, page: Page) -> None:
        """Show `page` from its beginning."""
        self.page = page
        self.cursor = 0
        self.digits = ""

    def _open(self, core: PanelView, page: Page) -> None:
        self.show(page)
        if page is Page.LEVEL:
            self.cursor = LEVELS.index(core.lock.level)
        span = number_range(core, self)
        if span is not None:
            self.steps_count = span.count(_preset(core, self))

    def _leave_with(self, command: Command) -> tuple[Command, ...]:
        self.show(Page.HOME)
        return (command,)

    def _allowed(self, core: PanelView, t_s: float, action: Action, by: Access) -> bool:
        """Ask the lock; what it would refuse is ignored silently and logged."""
        refusal = core.lock.refusal(t_s, action, by, running=core.mode in DELIVERING)
        if refusal is not None:
            core.journal.add(Noted, t_s, what=NO_ACCESS_KEY, detail=action)
        return refusal is None

    def _digit(self, by: Access) -> tuple[Command, ...]:
        self.digits += str(self.cursor)
        self.cursor = 0
        if len(self.digits) < CODE_DIGITS_COUNT:
            return ()
        return self._leave_with(Unlock(code=self.digits, access=by))

    def _choose_line(self, core: PanelView, t_s: float, by: Access) -> tuple[Command, ...]:
        if self.cursor == FORGET_LINE:
            return self._leave_with(CancelProgram(access=by))
        if self.cursor == CONFIRM_LINE:
            changes_rate = core.draft.changes_rate(core.program)
            action: Action = "confirm_rate" if changes_rate else "confirm_program"
            if not core.draft.is_empty and self._allowed(core, t_s, action, by):
                self.show(Page.CONFIRM)
            return ()
        action = "rate_change" if FIELDS[self.cursor].name == "rate_ml_h" else "program_change"
        if self._allowed(core, t_s, action, by):
            self.field_place = self.cursor
            self._open(core, Page.EDIT)
        return ()

    def _key_in(self, core: PanelView, by: Access) -> tuple[Command, ...]:
        field = FIELDS[self.field_place]
        value = self._number(core) * field.per_unit
        self.show(Page.PROGRAM)
        self.cursor = self.field_place
        match field.name:
            case "rate_ml_h":
                return (ProgramChange(rate_ml_h=value, access=by),)
            case "vtbi_ml":
                return (ProgramChange(vtbi_ml=value, access=by),)
            case "reservoir_ml":
                return (ProgramChange(reservoir_ml=value, access=by),)
            case "kvo_ml_h":
                return (ProgramChange(kvo_ml_h=value, access=by),)
            case _:
                return (ProgramChange(delay_s=value, access=by),)

    def _confirm(self, core: PanelView, by: Access) -> tuple[Command, ...]:
        """Confirm; with hard faults the page stays, and the pump says no."""
        override = bool(draft_soft_faults(core))
        if not draft_hard_faults(core):
            self.show(Page.HOME)
        return (ConfirmProgram(soft_override=override, access=by),)

    def _set_level(self, core: PanelView, t_s: float, by: Access) -> tuple[Command, ...]:
        command = Lock(level=LEVELS[self.cursor], access=by)
        if not self._allowed(core, t_s, action_of(command, core.lock.level), by):
            return ()
        return self._leave_with(command)

    # ---------------------------------------------------------------- numbers and times

    def _number(self, core: PanelView) -> float:
        span = number_range(core, self)
        return 0.0 if span is None else span.value(self.steps_count)

    def _hold_s(self, core: PanelView, key: Key) -> float:
        match key:
            case Key.RUN:
                return RUN_HOLD_S
            case Key.POWER:
                return POWER_ON_HOLD_S if core.mode is Mode.OFF else POWER_OFF_HOLD_S
            case Key.OK if must_hold_ok(core, self.page):
                return CONFIRM_HOLD_S
            case _:
                return inf

    def _home_s(self) -> float:
        return inf if self.page is Page.HOME or self.held_since_s else self.used_s + PAGE_IDLE_S


def asks_for_notice(signalled: Standing | None) -> bool:
    """Whether OK acknowledges: something is signalled that nobody has taken notice of this time."""
    return signalled is not None and (not signalled.stepped_back or signalled.acknowledged_s is None)


def must_hold_ok(core: PanelView, page: Page) -> bool:
    """Whether OK has to be held on `page`."""
    return page is Page.PRIME_CHECK or (page is Page.CONFIRM and bool(draft_soft_faults(core)))


def draft_hard_faults(core: PanelView) -> tuple[str, ...]:
    """Give what keeps the keyed programme from being confirmed, in words."""
    return core.draft.faults() or hard_faults(core.draft.over(core.program), core.profile)


def draft_soft_faults(core: PanelView) -> tuple[str, ...]:
    """Give what is unusual about the keyed programme, in words."""
    if core.draft.faults():
        return ()
    return soft_faults(core.draft.over(core.program), core.profile)


def number_range(core: PanelView, keypad: Keypad) -> Range | None:
    """Give the range of the number that the page sets; None where it sets none."""
    profile = core.profile
    match keypad.page:
        case Page.EDIT:
            return _field_range(profile, FIELDS[keypad.field_place])
        case Page.NEW_BAG | Page.RESERVOIR:
            return Range.of(profile.volume_step_ml, profile.volume_step_ml, profile.volume_max_ml)
        case Page.PRIME | Page.PRIME_CHECK:
            return Range.of(profile.volume_step_ml, profile.volume_step_ml, core.settings.prime_cap_ml)
        case _:
            return None


def _field_range(profile: Profile, field: ProgramField) -> Range:
    match field.name:
        case "rate_ml_h":
            return Range.of(profile.rate_step_ml_h, profile.rate_min_ml_h, profile.rate_max_ml_h)
        case "kvo_ml_h":
            return Range.of(profile.rate_step_ml_h, 0.0, profile.kvo_max_ml_h)
        case "delay_s":
            return Range.of(1.0, 0.0, profile.delay_max_s / field.per_unit)
        case _:
            return Range.of(profile.volume_step_ml, profile.volume_step_ml, profile.volume_max_ml)


def _preset(core: PanelView, keypad: Keypad) -> float:
    """Give the number that a page begins with."""
    match keypad.page:
        case Page.EDIT:
            field = FIELDS[keypad.field_place]
            program = core.program if core.draft.faults() else core.draft.over(core.program)
            return float(getattr(program, field.name)) / field.per_unit
        case Page.NEW_BAG | Page.RESERVOIR:
            return core.program.reservoir_ml
        case _:
            return min(3.0, core.settings.prime_cap_ml)
