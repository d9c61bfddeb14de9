"""The words and figures of the New Era family: prompts, alarms, errors, units, models, limits.

Marks: M read in the maker's manual, S read in open clients, ? inferred or unverified. The specification with
the mark of each statement is `docs/protocols/new-era.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import Final


class Prompt(StrEnum):
    """What a pump says it is doing [M]."""

    INFUSING = "I"
    WITHDRAWING = "W"
    STOPPED = "S"
    PAUSED = "P"
    TIMED_PAUSE = "T"
    WAITING = "U"
    PURGING = "X"


class AlarmLetter(StrEnum):
    """What stands behind `A?` in place of a prompt [M]."""

    RESET = "R"
    STALL = "S"
    TIMEOUT = "T"
    PROGRAM = "E"
    PHASE = "O"


class Error(StrEnum):
    """What stands for data when a command is not carried out [M]."""

    UNKNOWN = "?"
    NOT_APPLICABLE = "?NA"
    OUT_OF_RANGE = "?OOR"
    BAD_PACKET = "?COM"
    IGNORED = "?IGN"


RUNNING_PROMPTS: Final = frozenset({Prompt.INFUSING, Prompt.WITHDRAWING, Prompt.PURGING})
"""The prompts of a pump whose motor turns."""

ALARM_CODES: Final[dict[AlarmLetter, tuple[str, str]]] = {
    AlarmLetter.RESET: ("POWER_LOST", "A?R: the pump was without power"),
    AlarmLetter.STALL: (
        "OCCLUSION_DOWNSTREAM",
        "A?S: the motor stalled: the line is closed, or the travel ends",
    ),
    AlarmLetter.TIMEOUT: ("LINK_LOST", "A?T: the pump heard nothing for its time-out"),
    AlarmLetter.PROGRAM: ("PROGRAM_ERROR", "A?E: a phase cannot be run"),
    AlarmLetter.PHASE: ("PHASE_RANGE", "A?O: the programme runs past its last phase"),
}
"""What the driver calls them, by the names of the pump core where it has one, and for people."""

NO_TARGET_ML: Final = 9999.0
"""The VTBI that stands for a phase without a target: no syringe holds as much."""

INTER_BYTE_S: Final = 0.5
"""A packet whose next byte is later than this is dropped [M]."""

LONGEST_TIMEOUT_S: Final = 255
LAST_PHASE: Final = 41
LARGEST_ADDRESS: Final = 99
BAUDS: Final = (300, 1200, 2400, 9600, 19200)
"""All [M]."""

ML_PER_VOLUME_UNIT: Final = {"UL": Decimal("0.001"), "ML": Decimal(1)}
ML_H_PER_RATE_UNIT: Final = {
    "UH": Decimal("0.001"),
    "MH": Decimal(1),
    "UM": Decimal("0.06"),
    "MM": Decimal(60),
}
"""Microlitres or millilitres, an hour or a minute [M]."""

LARGEST_UL_DIAMETER_MM: Final = Decimal("14.00")
"""Up to here volumes are in microlitres unless told otherwise, beyond in millilitres [M]."""

DIAMETERS_MM: Final = (Decimal("0.1"), Decimal("50.00"))
"""The syringes that fit on [S]."""

PI: Final = Decimal("3.14159265358979")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One pump of the family: what it calls itself, and how fast its pusher goes.

    `slowest_cm_h` and `fastest_cm_min` are those of the NE-1000 [S, from the manual's section 12.5]; other
    models differ.
    """

    version: str = "NE1000V3.923"
    baud: int = 19200
    slowest_cm_h: Decimal = Decimal("0.004205")
    fastest_cm_min: Decimal = Decimal("5.1005")

    def rates_ml_h(self, diameter_mm: Decimal) -> tuple[Decimal, Decimal]:
        """Give the slowest and the fastest rate that a syringe of this inner diameter allows."""
        area_cm2 = PI * (diameter_mm / 10) ** 2 / 4
        return self.slowest_cm_h * area_cm2, self.fastest_cm_min * 60 * area_cm2


NE_1000: Final = Model()


# ---------------------------------------------------------------- numbers


def number_of(text: str) -> Decimal | None:
    """Read a number as a pump takes it: at most 4 digits, 3 of them behind a point [M]; None: it is none."""
    whole, point, behind = text.partition(".")
    digits = whole + behind
    if not digits or not digits.isascii() or not digits.isdigit():
        return None
    if len(digits) > 4 or len(behind) > 3 or (point and "." in behind):
        return None
    return Decimal(f"{whole or 0}.{behind or 0}")


def whole_number_of(text: str) -> int | None:
    """Read a whole number of at most five digits; None: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def number_text(value: Decimal) -> str:
    """Write a number as a pump does: four digits, always with a point, cut off behind [M, S].

    `26.59`, `2000.`, `0.100`; what is above 9999 shows as 9999.
    """
    value = min(value, Decimal(9999))
    decimals = 3 if value < 10 else 2 if value < 100 else 1 if value < 1000 else 0
    text = f"{value.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR):f}"
    return text if decimals else f"{text}."


def exact_number(value: Decimal) -> str | None:
    """Write `value` where four digits say exactly that; None where they cannot."""
    text = number_text(value)
    return text if value >= 0 and Decimal(text.rstrip(".")) == value else None


def is_within(value: Decimal, limits: tuple[Decimal, Decimal]) -> bool:
    """Tell whether `value` lies within limits, the lower one as it prints with the digits of `value`."""
    low, high = limits
    digit = Decimal((0, (1,), int(value.as_tuple().exponent)))
    return value > 0 and low.quantize(digit, ROUND_FLOOR) <= value <= high
