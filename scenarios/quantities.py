"""Quantities as people write them, `"0.6 mL/h"` or `"6 d 20 h"`, and as numbers in the inner units.

Inside, every number has one unit, which its name ends in: mL, mL/h, s, mmHg, ug. Here is the only
place where other units exist. Numbers are read as decimals and converted as fractions, and rounded
once, to the nearest float: `"0.6 mL/h"` is exactly 0.6. Writing a number back and reading it again
gives the same number, bit for bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Final

_NUMBER: Final = r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_QUANTITY: Final = re.compile(rf"({_NUMBER})\s*(.*)", re.DOTALL)
_PART: Final = re.compile(rf"\s*({_NUMBER})\s*([A-Za-z]+)")
_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_LONGEST_TEXT: Final = 80
_LONGEST_INTEGER: Final = 10**30
_LONGEST_PLAIN_NUMBER: Final = 40
_MOST_DIGITS_COUNT: Final = 400
"""Decimal exponents beyond this are no quantity of anything, and would take for ever as fractions."""


class QuantityError(ValueError):
    """A text is no quantity of the kind wanted: `what` is wrong with it, and the `remedy`."""

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy
        super().__init__(f"{what}; {remedy}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A kind of quantity: its inner unit, the units a file may use, and what is absurd.

    `units` gives each unit's size in the inner unit. `ending` is how names of such numbers end.
    `lowest` and `highest` are in the inner unit; they keep out slips of the keyboard, not rare pumps.
    `bare` dimensions have no unit that could be missing: a plain number is allowed.
    """

    name: str
    inner_unit: str
    ending: str
    example: str
    units: Mapping[str, Fraction]
    lowest: float = 0.0
    highest: float
    bare: bool = False

    def read(self, value: object) -> float:
        """Return `value`, as found in a file, in the inner unit.

        Raises:
            QuantityError: if it is no quantity of this dimension, or an absurd one.
        """
        if isinstance(value, str):
            return parse_quantity(value, self)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise QuantityError(f"a {self.name} is wanted here", self.such_as)
        is_number = isinstance(value, int) or isfinite(value)
        if self.bare:
            return _within(Fraction(value) if is_number else None, self, shorten(value))
        if not is_number:
            raise QuantityError(f"{value} is no number that could be a {self.name}", self.such_as)
        raise QuantityError(
            f"{shorten(value)} has no unit",
            f"write a {self.name} in quotes with its unit, such as {self.sample}",
        )

    def write(self, number: float) -> str | float:
        """Return `number` of the inner unit as a file would have it."""
        return float(number) if self.bare else format_quantity(number, self)

    @property
    def such_as(self) -> str:
        """The remedy that shows what is wanted."""
        return f"write such as {self.sample}"

    @property
    def sample(self) -> str:
        """An example, as a file would have it."""
        return self.example if self.bare else f'"{self.example}"'


def _units(sizes: Mapping[str, str]) -> dict[str, Fraction]:
    return {unit: Fraction(size) for unit, size in sizes.items()}


VOLUME: Final = Dimension(
    name="volume",
    inner_unit="mL",
    ending="_ml",
    example="100.8 mL",
    units=_units({"mL": "1", "uL": "0.001", "L": "1000"}),
    highest=100_000.0,
)
SMALL_VOLUME: Final = Dimension(
    name="volume",
    inner_unit="uL",
    ending="_ul",
    example="200 uL",
    units=_units({"uL": "1", "mL": "1000", "nL": "0.001", "L": "1000000"}),
    highest=100_000_000.0,
)
FLOW: Final = Dimension(
    name="rate",
    inner_unit="mL/h",
    ending="_ml_h",
    example="0.6 mL/h",
    units=_units({"mL/h": "1", "uL/h": "0.001", "L/h": "1000", "mL/min": "60", "uL/min": "0.06"}),
    highest=10_000.0,
)
TIME: Final = Dimension(
    name="time",
    inner_unit="s",
    ending="_s",
    example="6 d 20 h",
    units=_units({"d": "86400", "h": "3600", "min": "60", "s": "1", "ms": "0.001"}),
    highest=86400.0 * 3660,
)
PRESSURE: Final = Dimension(
    name="pressure",
    inner_unit="mmHg",
    ending="_mmhg",
    example="525 mmHg",
    units=_units({"mmHg": "1", "kPa": "7.50062", "mbar": "0.750062", "bar": "750.062", "psi": "51.7149"}),
    lowest=-760.0,
    highest=100_000.0,
)
DOSE: Final = Dimension(
    name="dose",
    inner_unit="ug",
    ending="_ug",
    example="196 ug",
    units=_units({"ug": "1", "mg": "1000", "ng": "0.001"}),
    highest=1_000_000_000.0,
)
CONCENTRATION: Final = Dimension(
    name="concentration",
    inner_unit="ug/mL",
    ending="ug_per_ml",
    example="1.944 ug/mL",
    units=_units({"ug/mL": "1", "mg/mL": "1000", "mg/L": "1", "ng/mL": "0.001"}),
    highest=1_000_000.0,
)
DRUG_LEVEL: Final = Dimension(
    name="drug level",
    inner_unit="pg/mL",
    ending="_pg_ml",
    example="616 pg/mL",
    units=_units({"pg/mL": "1", "ng/mL": "1000", "ug/mL": "1000000"}),
    highest=1_000_000_000_000.0,
)
RESISTANCE: Final = Dimension(
    name="resistance",
    inner_unit="mmHg h/mL",
    ending="_mmhg_h_ml",
    example="0.3 mmHg h/mL",
    units=_units({"mmHg h/mL": "1"}),
    highest=10_000_000.0,
)
COMPLIANCE: Final = Dimension(
    name="compliance",
    inner_unit="mL/mmHg",
    ending="_ml_mmhg",
    example="0.8 uL/mmHg",
    units=_units({"uL/mmHg": "0.001", "mL/mmHg": "1"}),
    highest=1.0,
)
LENGTH: Final = Dimension(
    name="height",
    inner_unit="cm",
    ending="_cm",
    example="-30 cm",
    units=_units({"cm": "1", "mm": "0.1", "m": "100"}),
    lowest=-500.0,
    highest=500.0,
)
TEMPERATURE: Final = Dimension(
    name="temperature",
    inner_unit="C",
    ending="_c",
    example="22 C",
    units=_units({"C": "1"}),
    lowest=-50.0,
    highest=100.0,
)
SHARE: Final = Dimension(
    name="share",
    inner_unit="",
    ending="_frac",
    example="0.9",
    units=_units({"%": "0.01"}),
    highest=1.0,
    bare=True,
)
FACTOR: Final = Dimension(
    name="factor",
    inner_unit="",
    ending="_frac",
    example="1.06",
    units=_units({"%": "0.01"}),
    highest=10.0,
    bare=True,
)
SHARE_PER_PRESSURE: Final = Dimension(
    name="loss with pressure",
    inner_unit="1/mmHg",
    ending="_per_mmhg",
    example="0.03 %/mmHg",
    units=_units({"1/mmHg": "1", "%/mmHg": "0.01"}),
    highest=0.1,
)
SHARE_PER_DEGREE: Final = Dimension(
    name="change with temperature",
    inner_unit="1/C",
    ending="_per_c",
    example="0.1 %/C",
    units=_units({"1/C": "1", "%/C": "0.01"}),
    lowest=-1.0,
    highest=1.0,
)
COUNT: Final = Dimension(
    name="count",
    inner_unit="",
    ending="_count",
    example="2",
    units={},
    highest=1_000_000.0,
    bare=True,
)

DIMENSIONS: Final[tuple[Dimension, ...]] = (
    RESISTANCE,
    COMPLIANCE,
    CONCENTRATION,
    DRUG_LEVEL,
    FLOW,
    VOLUME,
    SMALL_VOLUME,
    TIME,
    SHARE_PER_PRESSURE,
    PRESSURE,
    DOSE,
    LENGTH,
    SHARE_PER_DEGREE,
    TEMPERATURE,
    SHARE,
    FACTOR,
    COUNT,
)
"""Every dimension, the longer of two endings that could be confused first."""

_SAME_UNIT: Final = (("µ", "u"), ("μ", "u"), ("mcg", "ug"), ("°", ""), ("·", " "), ("*", " "))
"""Ways to write the same unit: both micro signs, the bedside's mcg, the degree sign, the product's dot."""


def dimension_of(name: str) -> Dimension | None:
    """Return the dimension of a number by the ending of its name, `shortfall_ml` being a volume."""
    return next((dimension for dimension in DIMENSIONS if name.endswith(dimension.ending)), None)


def parse_quantity(text: str, dimension: Dimension) -> float:
    """Return the quantity `text` in the inner unit of `dimension`, rounded once to the nearest float.

    Raises:
        QuantityError: if it is not understood, has no unit or that of another dimension, or is absurd.
    """
    shown = shorten(text)
    if len(text) > _LONGEST_TEXT:
        raise QuantityError(f"{shown} is too long for a {dimension.name}", dimension.such_as)
    plain = text.strip()
    for written, meant in _SAME_UNIT:
        plain = plain.replace(written, meant)
    amount = _sum_of_parts(plain) if dimension is TIME else None
    if amount is None:
        amount = _one_amount(plain, dimension, shown)
    return _within(amount, dimension, shown)


def format_quantity(number: float, dimension: Dimension) -> str:
    """Return `number` of the inner unit as text that reads back as the same number."""
    if dimension is TIME:
        return _format_time(number)
    text = f"{_format_number(number)} {dimension.inner_unit}"
    return text.strip()


def parse_clock(text: object) -> float:
    """Return the time of day `"08:00"` in seconds after midnight.

    Raises:
        QuantityError: if it is no time of day.
    """
    match = (
        re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?", text)
        if isinstance(text, str)
        else None
    )
    if match is None:
        raise QuantityError(
            f'"{text}" is no time of day', 'write hours and minutes in quotes, such as "08:00"'
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds)


def format_clock(day_s: float) -> str:
    """Return seconds after midnight as a time of day, in whole seconds."""
    minutes, seconds = divmod(round(day_s), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")


def shorten(value: object) -> str:
    """Return `value` as a message shows it: as a file would have it, cut so that the message stays a line."""
    match value:
        case dict():
            return "a table"
        case list():
            return "a list"
        case bool():
            return str(value).lower()
        case int() if abs(value) > _LONGEST_INTEGER:
            return "a number of very many digits"
        case str() if len(value) > _LONGEST_TEXT:
            return f'"{value[:20]}..."'
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _one_amount(plain: str, dimension: Dimension, shown: str) -> Fraction:
    match = _QUANTITY.fullmatch(plain)
    if match is None:
        raise QuantityError(f"{shown} does not begin with a number", dimension.such_as)
    digits, rest = match.groups()
    unit = " ".join(rest.split())
    if unit.startswith(","):
        raise QuantityError(f"{shown} has a comma", f"write a decimal point, such as {dimension.sample}")
    if not unit and not dimension.bare:
        known = ", ".join(dimension.units)
        raise QuantityError(
            f"{shown} has no unit", f"a {dimension.name} may be in {known}, such as {dimension.sample}"
        )
    size = dimension.units.get(unit) if unit else Fraction(1)
    if size is None:
        raise QuantityError(*_unit_trouble(unit, dimension, shown))
    return _fraction(digits, shown) * size


def _sum_of_parts(plain: str) -> Fraction | None:
    """Return days, hours, minutes and seconds together, or None if it is no such sequence."""
    total, place, last_size = Fraction(0), 0, None
    while place < len(plain):
        part = _PART.match(plain, place)
        size = TIME.units.get(part.group(2)) if part else None
        if part is None or size is None:
            return None
        if last_size is not None and (size >= last_size or part.group(1)[0] in "+-"):
            raise QuantityError(
                f'"{plain}" is not in order', 'write each unit once, the longest first: "6 d 20 h"'
            )
        total += _fraction(part.group(1), plain) * size
        place, last_size = part.end(), size
    return total if last_size is not None else None


def _unit_trouble(unit: str, dimension: Dimension, shown: str) -> tuple[str, str]:
    """Say what is wrong with a unit that the dimension does not have."""
    for known in dimension.units:
        if known.casefold() == unit.casefold():
            return f"{shown} has its capitals wrong", f'write the unit as "{known}"'
    for other in DIMENSIONS:
        if unit in other.units and other.name != dimension.name:
            return f"{shown} is a {other.name}", f"a {dimension.name} is wanted, such as {dimension.sample}"
    known_units = ", ".join(dimension.units)
    if not known_units:
        return f"{shown} has a unit", f"a {dimension.name} is a plain number, such as {dimension.sample}"
    return f'{shown}: the unit "{unit}" is not known', f"a {dimension.name} may be in {known_units}"


def _fraction(digits: str, shown: str) -> Fraction:
    number = Decimal(digits)
    if abs(number.adjusted()) > _MOST_DIGITS_COUNT:
        raise QuantityError(f"{shown} is absurd", "look at its exponent")
    return Fraction(number)


def _within(amount: Fraction | None, dimension: Dimension, shown: str) -> float:
    if amount is None:
        raise QuantityError(f"{shown} is no number that could be a {dimension.name}", dimension.such_as)
    if amount < dimension.lowest:
        lowest = "be negative" if dimension.lowest == 0.0 else f"be below {dimension.write(dimension.lowest)}"
        raise QuantityError(f"{shown}: a {dimension.name} cannot {lowest}", dimension.such_as)
    if amount > dimension.highest:
        highest = dimension.write(dimension.highest)
        raise QuantityError(f"{shown} is absurdly large for a {dimension.name}", f"write at most {highest}")
    return float(amount)


def _format_number(number: float) -> str:
    """Return the shortest decimal text that reads back as `number`, without an exponent where it is short."""
    return _format_decimal(Decimal(repr(float(number))))


def _format_decimal(number: Decimal) -> str:
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text if len(text) <= _LONGEST_PLAIN_NUMBER else str(number)


def _format_time(number_s: float) -> str:
    left = Decimal(repr(float(number_s)))
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        count, left = divmod(left, size)  # exact: a float has 17 digits, a decimal carries 28
        if count:
            parts.append(f"{count} {unit}")
    if left or not parts:
        parts.append(f"{_format_decimal(left)} s")
    return " ".join(parts)
