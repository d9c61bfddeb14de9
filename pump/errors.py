"""Refusals and errors. A refusal is the pump saying no, and an event; an error is somebody's mistake.

`Reason` is the closed list of why a command is not carried out. Exceptions are for broken profile
files and for programmes that no pump of the profile could have been given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a command was refused; `CommandRefused.reason` carries the value."""

    OFF = "off"
    ALREADY_ON = "already_on"
    NO_POWER = "no_power"
    SELF_TEST = "self_test"
    FAULT = "fault"
    LOCKED = "locked"
    NEEDS_SUPPLIER = "needs_supplier"
    WRONG_CODE = "wrong_code"
    CODE_BACKOFF = "code_backoff"
    DELIVERING = "delivering"
    NOT_DELIVERING = "not_delivering"
    PRIMING = "priming"
    WAITING = "waiting"
    ALARM = "alarm"
    NOTHING_LEFT = "nothing_left"
    RESERVOIR_EMPTY = "reservoir_empty"
    CASSETTE_OFF = "cassette_off"
    DOOR_OPEN = "door_open"
    NOT_CONFIRMED_DISCONNECTED = "not_confirmed_disconnected"
    BAD_VALUE = "bad_value"
    HARD_LIMIT = "hard_limit"
    SOFT_LIMIT = "soft_limit"
    NOTHING_KEYED = "nothing_keyed"
    NOTHING_TO_SILENCE = "nothing_to_silence"
    NOTHING_TO_ACKNOWLEDGE = "nothing_to_acknowledge"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no: the code for machines, and a sentence for people that says what would help."""

    reason: Reason
    text: str


class PumpError(Exception):
    """Base of the errors raised by `pump`; never raised for something that a hand or a wire asked."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a profile file: where, what, and what to write instead."""

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Give the fault on one line."""
        return f"{self.key}: {self.problem}; {self.remedy}"


class ProfileError(PumpError):
    """A profile cannot be used. `faults` lists everything wrong with it, not only the first."""

    def __init__(self, file: str, faults: tuple[Fault, ...]) -> None:
        self.file = file
        self.faults = faults
        super().__init__(file, faults)

    def __str__(self) -> str:
        """Give every fault on a line of its own, each with the file's name."""
        return "\n".join(f"{self.file}: {fault}" for fault in self.faults)


class ProgramError(PumpError):
    """A pump was to be set up with a programme that its profile cannot run; `faults` says why."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        self.faults = faults
        super().__init__(faults)

    def __str__(self) -> str:
        """Give every fault, separated by semicolons."""
        return "; ".join(self.faults)


class SnapshotError(PumpError):
    """A snapshot belongs to another configuration or to another version of the pump core."""
