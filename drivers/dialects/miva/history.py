"""What the pump's log tells of times and keys: read anew for each question, nothing is kept beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from drivers.dialects.miva.tables import KEY_LIST_COUNT, digits_of, press_of
from pump.commands import Key
from pump.log import LogRow

CLEARING: Final = frozenset({"new_bag", "clear_given"})
"""The commands with which an infusion begins anew."""


def infusion_s(rows: Sequence[LogRow], t_s: float, *, since_cleared: bool) -> float:
    """Give how long the pump has run until `t_s`: ever, or since the given volume was cleared."""
    total_s = 0.0
    since_s: float | None = None
    for row in rows:
        if row.what == "mode":
            if since_s is not None:
                total_s += row.t_s - since_s
            since_s = row.t_s if row.code == "running" else None
        elif since_cleared and row.what == "command" and row.code in CLEARING:
            total_s = 0.0
            since_s = None if since_s is None else row.t_s
    return total_s if since_s is None else total_s + t_s - since_s


def on_s(rows: Sequence[LogRow], t_s: float) -> float:
    """Give how long the pump has been on until `t_s`."""
    total_s = t_s
    off_since_s: float | None = None
    for row in rows:
        if row.what == "mode":
            if off_since_s is not None:
                total_s -= row.t_s - off_since_s
            off_since_s = row.t_s if row.code == "off" else None
    return total_s if off_since_s is None else total_s - (t_s - off_since_s)


def key_list(rows: Sequence[LogRow]) -> str:
    """Give two digits for each key that was pressed and let go, by whichever hand, the last ones of many."""
    return "".join(list(_presses(rows))[-KEY_LIST_COUNT:])


def _presses(rows: Sequence[LogRow]) -> Iterator[str]:
    down_s: dict[Key, float] = {}
    for row in rows:
        if (row.what, row.code) != ("command", "press_key"):
            continue
        *_, name, edge = row.detail.split()
        key = Key(name)
        if edge == "down":
            down_s[key] = row.t_s
        elif key in down_s:
            yield digits_of(key, press_of(row.t_s - down_s.pop(key)))
