"""The lock: which hand may do what, at which level, stopped or running. One table and a small machine.

The table `ACCESS` is modelled on the CADD-Legacy PLUS manual, viewer page 20 [F], read from a flattened copy,
so that some of its cells are ambiguous; `Cell.certainty` and `Cell.note` say which and how they were
decided. While the pump runs that manual allows nothing but stop; where this table allows more, the cell
says so.

Keys and remote commands go through the same table. A key does not know whose finger it is: it acts with
the rights of the session. A remote command names its hand, and has the lesser of the hand's rights and the
session's. What is not allowed by a key is ignored silently and logged as `NO_ACCESS_KEY` [F: viewer page 19].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any, Final, Literal, Self

from transitions import Machine

from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
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
from pump.errors import Reason, Refusal
from pump.machine import compiled, fire

Action = Literal[
    "power_on",
    "power_off",
    "start",
    "stop",
    "prime",
    "press_key",
    "silence",
    "acknowledge",
    "unlock",
    "lock_raise",
    "lock_lower",
    "program_change",
    "rate_change",
    "confirm_program",
    "confirm_rate",
    "cancel_program",
    "reset_reservoir",
    "clear_given",
    "new_bag",
    "link_lost",
    "link_restored",
]
"""What the lock distinguishes: the commands, with those that change the rate or the lock told apart."""

NO_ACCESS_KEY: Final = "no_access_key"
"""The log's word for a key that the lock ignored."""

RELOCK_IDLE_S: Final = 120.0
"""An unlocked keyboard locks itself after this time without use (X)."""

CODE_TRIES_COUNT: Final = 3
"""Wrong codes in a row after which no code is taken for a while (X)."""

FIRST_BACKOFF_S: Final = 60.0
"""How long the first time; every further time twice as long (X)."""

LONGEST_BACKOFF_S: Final = 3600.0
"""But never longer, so that a nurse gets in within the hour (X)."""

NURSE_CODE: Final = "2580"
SUPPLIER_CODE: Final = "6500"
"""Codes of a pump that nobody gave others (X). Caregivers and patients have none."""


class Need(StrEnum):
    """What an action needs at one level of the lock."""

    NOTHING = "nothing"
    CODE = "code"
    SUPPLIER_CODE = "supplier code"
    STOPPED = "stopped"
    """The pump must be stopped first; no code helps."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the table: what is needed, how sure that is, and what was ambiguous about it."""

    need: Need
    certainty: Literal["F", "S", "D", "G", "X"]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRow:
    """One action: its cells while stopped, per level, and the one while running, for every level."""

    action: Action
    ll0: Cell
    ll1: Cell
    ll2: Cell
    running: Cell

    def cell(self, level: LockLevel, *, running: bool) -> Cell:
        """Give the cell that applies."""
        if running:
            return self.running
        match level:
            case LockLevel.LL0:
                return self.ll0
            case LockLevel.LL1:
                return self.ll1
            case LockLevel.LL2:
                return self.ll2


_FREE_F: Final = Cell(Need.NOTHING, "F")
_FREE_X: Final = Cell(Need.NOTHING, "X")
_CODE_F: Final = Cell(Need.CODE, "F")
_STOP_FIRST_F: Final = Cell(Need.STOPPED, "F")
_SUPPLIER_X: Final = Cell(Need.SUPPLIER_CODE, "X", "the rate is the supplier's at every level")
_CODE_RUNNING_X: Final = Cell(
    Need.CODE, "X", "the manual allows nothing but stop; keying while running is the project's choice"
)
_LL1_PROGRAM: Final = Cell(Need.CODE, "F", "ambiguous: the dose-edit cells of the flattened table")
_LL1_RATE: Final = Cell(
    Need.SUPPLIER_CODE,
    "X",
    "ambiguous: the manual lets LL1 change the rate up to the LL0 value; here only the supplier does",
)


def _always(action: Action, cell: Cell) -> AccessRow:
    return AccessRow(action=action, ll0=cell, ll1=cell, ll2=cell, running=cell)


def _program(action: Action) -> AccessRow:
    return AccessRow(action=action, ll0=_FREE_F, ll1=_LL1_PROGRAM, ll2=_CODE_F, running=_CODE_RUNNING_X)


def _rate(action: Action) -> AccessRow:
    return AccessRow(action=action, ll0=_SUPPLIER_X, ll1=_LL1_RATE, ll2=_SUPPLIER_X, running=_SUPPLIER_X)


ACCESS: Final[Mapping[Action, AccessRow]] = {
    row.action: row
    for row in (
        _always("stop", _FREE_F),
        _always("start", _FREE_F),
        _always("silence", _FREE_F),
        _always("acknowledge", _FREE_F),
        _always("press_key", _FREE_F),
        _always("power_on", _FREE_X),
        _always("power_off", Cell(Need.NOTHING, "X", "the delivery machine refuses it while it delivers")),
        _always("unlock", _FREE_F),
        _always("lock_raise", Cell(Need.NOTHING, "X", "raising the lock takes nothing from anybody")),
        AccessRow(
            action="lock_lower",
            ll0=Cell(Need.NOTHING, "F", "there is nothing below LL0"),
            ll1=_CODE_F,
            ll2=_CODE_F,
            running=_CODE_RUNNING_X,
        ),
        AccessRow(action="prime", ll0=_FREE_F, ll1=_FREE_F, ll2=_CODE_F, running=_STOP_FIRST_F),
        _rate("rate_change"),
        _rate("confirm_rate"),
        _program("program_change"),
        _program("confirm_program"),
        _always("cancel_program", Cell(Need.NOTHING, "X", "the programme in force stays")),
        AccessRow(action="reset_reservoir", ll0=_FREE_F, ll1=_FREE_F, ll2=_FREE_F, running=_STOP_FIRST_F),
        AccessRow(action="clear_given", ll0=_FREE_F, ll1=_FREE_F, ll2=_CODE_F, running=_STOP_FIRST_F),
        AccessRow(
            action="new_bag",
            ll0=Cell(Need.NOTHING, "D", "clear given and reset reservoir in one"),
            ll1=Cell(Need.NOTHING, "D", "clear given and reset reservoir in one"),
            ll2=Cell(Need.CODE, "D", "clear given needs the code"),
            running=Cell(Need.STOPPED, "D", "as both its halves"),
        ),
        _always("link_lost", _FREE_X),
        _always("link_restored", _FREE_X),
    )
}
"""What every action needs. The order is the one of the table in the documents."""


_ACTION: Final[Mapping[type[Command], Action]] = {
    PowerOn: "power_on",
    PowerOff: "power_off",
    Start: "start",
    Stop: "stop",
    Prime: "prime",
    PressKey: "press_key",
    Silence: "silence",
    Acknowledge: "acknowledge",
    Unlock: "unlock",
    CancelProgram: "cancel_program",
    ResetReservoir: "reset_reservoir",
    ClearGiven: "clear_given",
    NewBag: "new_bag",
    LinkLost: "link_lost",
    LinkRestored: "link_restored",
}


def action_of(command: Command, level: LockLevel, *, draft_changes_rate: bool = False) -> Action:
    """Tell which row of the table governs `command`, at the present `level`.

    `draft_changes_rate`: whether the keyed programme that `ConfirmProgram` would confirm has another rate.
    """
    match command:
        case Lock():
            return "lock_lower" if _HEIGHT[command.level] < _HEIGHT[level] else "lock_raise"
        case ProgramChange():
            return "program_change" if command.rate_ml_h is None else "rate_change"
        case ConfirmProgram():
            return "confirm_rate" if draft_changes_rate else "confirm_program"
        case _:
            return _ACTION[type(command)]


_HEIGHT: Final = {LockLevel.LL0: 0, LockLevel.LL1: 1, LockLevel.LL2: 2}
_RIGHTS: Final = {Access.PATIENT: 0, Access.CAREGIVER: 0, Access.NURSE: 1, Access.SUPPLIER: 2}
"""Caregivers have no code, so that their rights are the patient's."""


class KeyboardState(StrEnum):
    """Whether the keyboard is open."""

    LOCKED = "locked"
    UNLOCKED = "unlocked"
    BACKING_OFF = "backing off"
    """Too many wrong codes: none is taken for a while."""


KEYBOARD: Final = Machine(
    model=None,
    states=[state.value for state in KeyboardState],
    initial=KeyboardState.LOCKED.value,
    auto_transitions=False,
    transitions=[
        {"trigger": "right_code", "source": ["locked", "unlocked"], "dest": "unlocked"},
        {"trigger": "too_many_wrong", "source": ["locked", "unlocked"], "dest": "backing off"},
        {"trigger": "relock", "source": ["locked", "unlocked"], "dest": "locked"},
        {"trigger": "relock", "source": "backing off", "dest": "backing off"},
        {"trigger": "backoff_over", "source": "backing off", "dest": "locked"},
    ],
)
"""The keyboard's machine, run on `LockState` objects."""

_KEYBOARD: Final = compiled(KEYBOARD)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlockOutcome:
    """What came of a code: the session it opened, or why not.

    `tamper` is True for the wrong code that made the lock refuse all codes until `blocked_until_s`.
    """

    session: Access | None = None
    refusal: Refusal | None = None
    tamper: bool = False
    blocked_until_s: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether the keyboard is open."""
        return self.refusal is None


class LockState:
    """The lock of one pump: its level, the session that a code opened, and the wrong codes so far.

    Args:
        level: The level in force.
        codes: The code of each hand that has one; by default the nurse's and the supplier's.
        relock_idle_s: An unlocked keyboard locks itself after this time without use.
        rate_change: Whose code a change of the rate needs, at every level.
        is_fitted: Whether the pump has a lock at all; without one no action needs a code.
    """

    __slots__ = (
        "backoff_s",
        "blocked_until_s",
        "codes",
        "is_fitted",
        "level",
        "rate_change",
        "relock_idle_s",
        "session",
        "state",
        "used_s",
        "wrong_count",
    )

    def __init__(
        self,
        level: LockLevel = LockLevel.LL2,
        codes: Mapping[Access, str] | None = None,
        *,
        relock_idle_s: float = RELOCK_IDLE_S,
        rate_change: Access = Access.SUPPLIER,
        is_fitted: bool = True,
    ) -> None:
        self.level = level
        self.codes = dict(codes or {Access.NURSE: NURSE_CODE, Access.SUPPLIER: SUPPLIER_CODE})
        self.relock_idle_s = relock_idle_s
        self.rate_change = rate_change
        self.is_fitted = is_fitted
        self.state: str = KeyboardState.LOCKED.value
        self.session: Access | None = None
        """Whose code opened the keyboard; None while it is locked."""
        self.used_s = 0.0
        self.wrong_count = 0
        self.backoff_s = FIRST_BACKOFF_S
        self.blocked_until_s: float | None = None

    @property
    def is_unlocked(self) -> bool:
        """Whether a code has opened the keyboard."""
        return self.session is not None

    def need(self, action: Action, *, running: bool) -> Need:
        """Tell what `action` needs now, whoever asks."""
        need = ACCESS[action].cell(self.level, running=running).need
        if not self.is_fitted:
            return need if need is Need.STOPPED else Need.NOTHING
        if need is Need.SUPPLIER_CODE and self.rate_change is not Access.SUPPLIER:
            return Need.CODE
        return need

    def refusal(self, t_s: float, action: Action, access: Access, *, running: bool) -> Refusal | None:
        """Tell why `access` may not do `action` at `t_s`, or None where it may. Changes nothing."""
        need = self.need(action, running=running)
        if need is Need.NOTHING:
            return None
        if need is Need.STOPPED:
            return Refusal(Reason.DELIVERING, "not while the pump delivers: stop it first")
        needed = Access.SUPPLIER if need is Need.SUPPLIER_CODE else Access.NURSE
        if min(_RIGHTS[access], self._session_rights(t_s)) >= _RIGHTS[needed]:
            return None
        if needed is Access.SUPPLIER:
            return Refusal(
                Reason.NEEDS_SUPPLIER, "only the supplier may change the rate, with the supplier's code"
            )
        return Refusal(Reason.LOCKED, f"locked at {self.level}: needs the nurse's code")

    def unlock(self, t_s: float, code: str, access: Access) -> UnlockOutcome:
        """Try `code`, typed by `access`. The code decides whose session it opens.

        After `CODE_TRIES_COUNT` wrong codes in a row none is taken for a while, twice as long each time.
        """
        if self.blocked_until_s is not None and t_s < self.blocked_until_s:
            wait_s = self.blocked_until_s - t_s
            return UnlockOutcome(
                refusal=Refusal(Reason.CODE_BACKOFF, f"too many wrong codes: wait {wait_s:.0f} s"),
                blocked_until_s=self.blocked_until_s,
            )
        self.wake(t_s)
        owner = next((each for each, known in self.codes.items() if known == code), None)
        if owner is None:
            return self._wrong_code(t_s, access)
        fire(_KEYBOARD, self, "right_code")
        self.session = owner
        self.used_s = t_s
        self.wrong_count = 0
        self.backoff_s = FIRST_BACKOFF_S
        return UnlockOutcome(session=owner)

    def touch(self, t_s: float) -> None:
        """Note a use of the keyboard: an unlocked one stays open for another while."""
        self.used_s = t_s

    def relock(self) -> bool:
        """Close the keyboard; True if it was open."""
        was_open = self.is_unlocked
        fire(_KEYBOARD, self, "relock")
        self.session = None
        return was_open

    def set_level(self, t_s: float, level: LockLevel) -> None:
        """Put `level` in force. A level as high or higher closes the keyboard; a lower one leaves it open."""
        if _HEIGHT[level] >= _HEIGHT[self.level]:
            self.relock()
        else:
            self.touch(t_s)
        self.level = level

    def next_deadline_s(self) -> float:
        """When the keyboard locks itself or takes codes again; `inf` if neither is due."""
        if self.blocked_until_s is not None:
            return self.blocked_until_s
        return self.used_s + self.relock_idle_s if self.is_unlocked else inf

    def wake(self, t_s: float) -> bool:
        """Do what is due at `t_s`; True if the keyboard locked itself."""
        if self.next_deadline_s() > t_s:
            return False
        if self.blocked_until_s is not None:
            fire(_KEYBOARD, self, "backoff_over")
            self.blocked_until_s = None
            return False
        return self.relock()

    def snapshot(self) -> dict[str, Any]:
        """Give what changes in the life of a lock, as plain JSON values. The codes are configuration."""
        return {
            "level": self.level.value,
            "state": self.state,
            "session": None if self.session is None else self.session.value,
            "used_s": self.used_s,
            "wrong_count": self.wrong_count,
            "backoff_s": self.backoff_s,
            "blocked_until_s": self.blocked_until_s,
        }

    @classmethod
    def restore(
        cls,
        snapshot: dict[str, Any],
        codes: Mapping[Access, str] | None = None,
        *,
        relock_idle_s: float = RELOCK_IDLE_S,
        rate_change: Access = Access.SUPPLIER,
        is_fitted: bool = True,
    ) -> Self:
        """Build the lock that `snapshot` was taken of, with the same configuration."""
        lock = cls(
            LockLevel(snapshot["level"]),
            codes,
            relock_idle_s=relock_idle_s,
            rate_change=rate_change,
            is_fitted=is_fitted,
        )
        lock.state = snapshot["state"]
        lock.session = None if snapshot["session"] is None else Access(snapshot["session"])
        lock.used_s = snapshot["used_s"]
        lock.wrong_count = snapshot["wrong_count"]
        lock.backoff_s = snapshot["backoff_s"]
        lock.blocked_until_s = snapshot["blocked_until_s"]
        return lock

    def _session_rights(self, t_s: float) -> int:
        if self.session is None or t_s >= self.used_s + self.relock_idle_s:
            return 0
        return _RIGHTS[self.session]

    def _wrong_code(self, t_s: float, access: Access) -> UnlockOutcome:
        self.wrong_count += 1
        if self.wrong_count < CODE_TRIES_COUNT:
            left_count = CODE_TRIES_COUNT - self.wrong_count
            text = f"wrong code ({access}): {left_count} more tries"
            return UnlockOutcome(refusal=Refusal(Reason.WRONG_CODE, text))
        fire(_KEYBOARD, self, "too_many_wrong")
        self.session = None
        self.wrong_count = 0
        self.blocked_until_s = t_s + self.backoff_s
        text = f"wrong code ({access}): no code is taken for {self.backoff_s:.0f} s"
        self.backoff_s = min(2.0 * self.backoff_s, LONGEST_BACKOFF_S)
        return UnlockOutcome(
            refusal=Refusal(Reason.WRONG_CODE, text), tamper=True, blocked_until_s=self.blocked_until_s
        )
