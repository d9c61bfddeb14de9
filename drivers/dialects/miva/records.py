"""The event log on the wire: records of 16 bytes, each made of one row of the pump's own log.

Row and record have the same number, so that nothing is kept twice: the record with index i is the row whose
number is i modulo the ring. Rows of which the format knows nothing become `DEBUG` records that bear the row's
number. What the log does not tell is left as erased memory is, all ones.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final

from drivers.dialects.miva.tables import (
    ALARM_KINDS,
    COMMAND_KINDS,
    LATEST_S,
    MODE_KINDS,
    OCCLUSION_CLEARED,
    RING_COUNT,
    Kind,
    RecordType,
)
from pump.alarm_table import ALARM_BY_CODE
from pump.log import LogRow

DIGITS_COUNT: Final = 32
ERASED: Final = "F" * DIGITS_COUNT
"""What stands where no record was ever written, or where it was overwritten."""

_TIME_MARK: Final = 0xF0000000
_OCCLUSIONS: Final = frozenset(
    code for code, kind in ALARM_KINDS.items() if kind.type is RecordType.OCCLUSION_ALARM
)
_GIVEN: Final = re.compile(r"given (\d+\.\d+) mL")
_FROM: Final = re.compile(r"from (\w+): .*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record. `first` and `second` are its two numbers, whose meaning depends on the type; None: erased.

    After a pause the first is the volume infused in mL; with power and battery they are volts and mL.
    """

    type_code: int
    t_s: int
    subtype_code: int = 0
    first: float | None = None
    second: float | None = None

    @property
    def digits(self) -> str:
        """The record as 32 hexadecimal digits; the time has its least significant byte first."""
        time = struct.pack("<I", _TIME_MARK | min(self.t_s, LATEST_S))
        numbers = b"".join(
            b"\xff" * 4 if number is None else struct.pack(">f", number)
            for number in (self.first, self.second)
        )
        head = struct.pack("B", self.type_code) + time + struct.pack(">H", self.subtype_code)
        return (head + numbers + b"\xff").hex().upper()


def record_of(digits: str) -> Record | None:
    """Read 32 hexadecimal digits; None: there is no record."""
    if digits == ERASED:
        return None
    data = bytes.fromhex(digits)
    (time,) = struct.unpack_from("<I", data, 1)
    (subtype_code,) = struct.unpack_from(">H", data, 5)
    first, second = struct.unpack_from(">ff", data, 7)
    return Record(
        type_code=data[0],
        t_s=time & LATEST_S,
        subtype_code=subtype_code,
        first=None if isnan(first) else first,
        second=None if isnan(second) else second,
    )


# ---------------------------------------------------------------- from the pump's log


def bounds(rows: Sequence[LogRow]) -> tuple[int, int]:
    """Give the indexes of the oldest and of the newest record."""
    if not rows:
        return 0, 0
    return rows[0].number % RING_COUNT, rows[-1].number % RING_COUNT


def digits_at(rows: Sequence[LogRow], index: int) -> str:
    """Give the record with this index as it stands in the ring."""
    if not rows:
        return ERASED
    newest = rows[-1].number
    place = len(rows) - 1 - (newest - index) % RING_COUNT
    if place < 0:
        return ERASED
    return _record(rows, place).digits


def _record(rows: Sequence[LogRow], place: int) -> Record:
    row = rows[place]
    kind = _kind(row)
    volume_ml = _given_ml(rows, place) if kind.type is RecordType.INFUSION_PAUSED else None
    return Record(type_code=kind.type, t_s=int(row.t_s), subtype_code=kind.subtype_code, first=volume_ml)


def _kind(row: LogRow) -> Kind:
    found: Kind | None = None
    match row.what:
        case "alarm_begin":
            found = ALARM_KINDS.get(row.code)
        case "alarm_end" if row.code in _OCCLUSIONS:
            found = Kind(RecordType.OCCLUSION_ALARM, OCCLUSION_CLEARED)
        case "command":
            found = COMMAND_KINDS.get(row.code)
        case "mode":
            found = _mode_kind(row)
        case _:
            pass
    return found or Kind(RecordType.DEBUG, row.number & 0xFFFF)


def _mode_kind(row: LogRow) -> Kind | None:
    """Give the record of a mode; a pause is one only where something ran before."""
    kind = MODE_KINDS.get(row.code)
    if kind is None or kind.type is not RecordType.INFUSION_PAUSED:
        return kind
    came = _FROM.fullmatch(row.detail)
    return kind if came is not None and came[1] in {"running", "kvo"} else None


def _given_ml(rows: Sequence[LogRow], place: int) -> float | None:
    """Give the volume that the log tells at the same instant, with the change of flow behind the mode."""
    for row in rows[place + 1 : place + 2]:
        found = _GIVEN.fullmatch(row.detail)
        if row.what == "rate" and row.t_s == rows[place].t_s and found is not None:
            return float(found[1])
    return None


# ---------------------------------------------------------------- to a row of a log

_CODE_OF: Final = {kind: code for code, kind in ALARM_KINDS.items()}
_MODE_OF: Final = {
    RecordType.RUN_INFUSION: "running",
    RecordType.INFUSION_PAUSED: "stopped",
    RecordType.POWER_OFF: "off",
    RecordType.POWER_ON: "self_test",
}


def alarm_code(record: Record) -> str | None:
    """Give the code of the alarm that a record begins; None: it begins none that has a code."""
    if record.type_code not in set(RecordType):
        return None
    return _CODE_OF.get(Kind(RecordType(record.type_code), record.subtype_code))


def clears_occlusion(record: Record) -> bool:
    """Whether a record ends an occlusion."""
    return record.type_code == RecordType.OCCLUSION_ALARM and record.subtype_code == OCCLUSION_CLEARED


def row_of(record: Record, number: int) -> LogRow:
    """Write a record as a row; what our log has no word for is a `record` with the name of its type."""
    t_s = float(record.t_s)
    code = alarm_code(record)
    if code is not None:
        return LogRow(number, t_s, "alarm_begin", code, ALARM_BY_CODE[code].mdc_code, "")
    if record.type_code not in set(RecordType):
        return LogRow(number, t_s, "record", f"#{record.type_code}", None, f"sub-type {record.subtype_code}")
    kind = RecordType(record.type_code)
    if kind in _MODE_OF:
        told = kind is RecordType.INFUSION_PAUSED and record.first is not None
        return LogRow(
            number, t_s, "mode", _MODE_OF[kind], None, f"given {record.first:.3f} mL" if told else ""
        )
    return LogRow(number, t_s, "record", kind.name, None, f"sub-type {record.subtype_code}")
