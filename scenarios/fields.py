"""What a key of a scenario file is: its name there and inside, the kind of value, and what it means.

Tables of such fields stand in `scenarios/tables.py` (the file) and `scenarios/verbs.py` (the steps).
They alone say what a file may hold: reading, writing, the JSON Schema and the documents follow them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from scenarios.faults import FaultList, did_you_mean
from scenarios.locate import Path
from scenarios.quantities import QuantityError, format_clock, parse_clock, shorten

InnerT = TypeVar("InnerT")


class Kind(Protocol[InnerT]):
    """A kind of value: how it is read from a file, and written. Every `Dimension` is one."""

    @property
    def sample(self) -> str:
        """An example, as a file would have it."""

    def read(self, value: object, /) -> InnerT:
        """Return the inner value.

        Raises:
            QuantityError: with what is wrong and the remedy.
        """

    def write(self, inner: InnerT, /) -> object:
        """Return the inner value as a file would have it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Any text of at most `most_count` characters, or one of `choices` where there are some."""

    sample: str
    choices: tuple[str, ...] = ()
    most_count: int = 2000
    may_be_empty: bool = False

    def read(self, value: object) -> str:
        """Return the text."""
        if not isinstance(value, str):
            raise QuantityError(
                f"{shorten(value)} is no text", f"write a text in quotes, such as {self.sample}"
            )
        if self.choices and value not in self.choices:
            raise QuantityError(f"{shorten(value)} is not known here", did_you_mean(value, self.choices))
        if not value.strip() and not self.may_be_empty:
            raise QuantityError("it is empty", f"write such as {self.sample}")
        if len(value) > self.most_count:
            raise QuantityError(f"it is {len(value)} characters long", f"write at most {self.most_count}")
        return value

    def write(self, inner: str) -> str:
        """Return the text."""
        return str(inner)


@dataclass(frozen=True, slots=True)
class Name:
    """A name of small letters, digits and hyphens, as in a file name."""

    sample: str
    most_count: int = 80

    def read(self, value: object) -> str:
        """Return the name."""
        plain = value.replace("-", "") if isinstance(value, str) else ""
        is_plain = plain.isascii() and plain.isalnum() and plain == plain.lower()
        if not isinstance(value, str) or not is_plain or len(value) > self.most_count:
            remedy = f"write small letters, digits and hyphens, such as {self.sample}"
            raise QuantityError(f"{shorten(value)} is no name", remedy)
        return value

    def write(self, inner: str) -> str:
        """Return the name."""
        return inner


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    sample: str = "true"

    def read(self, value: object) -> bool:
        """Return the truth value."""
        if not isinstance(value, bool):
            raise QuantityError(
                f"{shorten(value)} is neither true nor false", "write true or false, without quotes"
            )
        return value

    def write(self, inner: bool) -> bool:
        """Return the truth value."""
        return inner


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number between two bounds."""

    sample: str
    lowest: int = 0
    highest: int = 2**63 - 1

    def read(self, value: object) -> int:
        """Return the number."""
        if isinstance(value, bool) or not isinstance(value, int):
            remedy = f"write a number without quotes, such as {self.sample}"
            raise QuantityError(f"{shorten(value)} is no whole number", remedy)
        if not self.lowest <= value <= self.highest:
            remedy = f"write a number from {self.lowest} to {self.highest}"
            raise QuantityError(f"{shorten(value)} is out of range", remedy)
        return value

    def write(self, inner: int) -> int:
        """Return the number."""
        return inner


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day, in seconds after midnight."""

    sample: str = '"08:00"'

    def read(self, value: object) -> float:
        """Return the time of day."""
        return parse_clock(value)

    def write(self, inner: float) -> str:
        """Return the time of day as text."""
        return format_clock(inner)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of between `least_count` and `most_count` values of one kind."""

    kind: Kind[Any]
    least_count: int = 0
    most_count: int = 100

    @property
    def sample(self) -> str:
        """An example, as a file would have it."""
        return f"[{', '.join([self.kind.sample] * max(1, self.least_count))}]"

    def read(self, value: object) -> tuple[Any, ...]:
        """Return the values."""
        if not isinstance(value, list):
            raise QuantityError(f"{shorten(value)} is no list", f"write such as {self.sample}")
        if not self.least_count <= len(value) <= self.most_count:
            raise QuantityError(f"the list has {len(value)} entries", f"write such as {self.sample}")
        return tuple(self.kind.read(item) for item in value)

    def write(self, inner: Iterable[Any]) -> list[Any]:
        """Return the values as a file would have them."""
        return [self.kind.write(item) for item in inner]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A table from one of `names`, or any name where there are none, to texts."""

    sample: str
    names: tuple[str, ...] = ()

    def read(self, value: object) -> tuple[tuple[str, str], ...]:
        """Return the pairs, sorted by name."""
        if not isinstance(value, dict):
            raise QuantityError(f"{shorten(value)} is no table", f"write such as {self.sample}")
        for name, text in value.items():
            if self.names and name not in self.names:
                raise QuantityError(f'"{name}" is not known here', did_you_mean(name, self.names))
            if not isinstance(text, str):
                raise QuantityError(f"{shorten(text)} is no text", f"write such as {self.sample}")
        return tuple(sorted(value.items()))

    def write(self, inner: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the pairs as a table."""
        return {str(name): str(text) for name, text in inner}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key: `key` in the file, `inner` inside, with its unit. `default` is in words, for people."""

    key: str
    inner: str
    kind: Kind[Any]
    meaning: str
    required: bool = False
    default: str = ""


FLAG: Final = Flag()


def read_fields(
    table: Mapping[str, object], fields: Iterable[Field], path: Path, faults: FaultList
) -> dict[str, Any]:
    """Return what `table` gives, by inner names; what is wrong with it goes to `faults`."""
    known = {field.key: field for field in fields}
    values = {}
    remedies = set()
    for key, value in table.items():
        field = known.get(key)
        if field is None:
            remedies.add(remedy := did_you_mean(key, tuple(known)))
            faults.add((*path, key), f"{shorten(key)} is not known here", remedy)
            continue
        try:
            values[field.inner] = field.kind.read(value)
        except QuantityError as error:
            faults.add((*path, key), f"{key}: {error.what}", error.remedy)
    for field in known.values():
        is_misspelt = f"did you mean {field.key}?" in remedies
        if field.required and field.key not in table and not is_misspelt:
            faults.add(path, f"{field.key} is missing", f"write {field.key} = {field.kind.sample}")
    return values


def write_fields(values: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Return `values`, by inner names, as a table of a file; what is None is left out."""
    return {
        field.key: field.kind.write(values[field.inner])
        for field in fields
        if values.get(field.inner) is not None
    }
