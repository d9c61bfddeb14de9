"""What faults do to the bytes of one frame, or to one byte: pure, with the chance handed in.

A frame in flight is a list of `(after_s, data)`: parts in the order in which they arrive, each so long after
the frame itself would have. What faults do that needs more than one frame stands in `line.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from drivers.faults.catalogue import Place
from drivers.faults.script import Rule

Flight = list[tuple[float, bytes]]
Effect = Callable[[Flight, Rule, Random], Flight]


def whole(flight: Flight) -> bytes:
    """All bytes of the flight."""
    return b"".join(data for _, data in flight)


def _drop(flight: Flight, rule: Rule, chance: Random) -> Flight:
    del flight, rule, chance
    return []


def _duplicate(flight: Flight, rule: Rule, chance: Random) -> Flight:
    del rule, chance
    span_s = flight[-1][0] - flight[0][0]
    return [*flight, *((after_s + span_s, data) for after_s, data in flight)]


def _changed(flight: Flight, change: Callable[[bytearray], None]) -> Flight:
    """The flight with `change` made to its bytes, in parts and times as it was."""
    data = bytearray(whole(flight))
    change(data)
    parts: Flight = []
    place = 0
    for after_s, part in flight:
        parts.append((after_s, bytes(data[place : place + len(part)])))
        place += len(part)
    return parts


def _flip(flight: Flight, rule: Rule, chance: Random) -> Flight:
    def flip(data: bytearray) -> None:
        bits_count = 8 * len(data)
        for place in chance.sample(range(bits_count), min(rule.amount_count or 1, bits_count)):
            data[place // 8] ^= 1 << place % 8

    return _changed(flight, flip)


def _overwrite(flight: Flight, rule: Rule, chance: Random) -> Flight:
    filling = rule.data or b"\xff"

    def overwrite(data: bytearray) -> None:
        count = min(rule.amount_count or 1, len(data))
        first = chance.randrange(len(data) - count + 1)
        for place in range(count):
            data[first + place] = filling[place % len(filling)]

    return _changed(flight, overwrite)


def _parted(flight: Flight, place: int) -> tuple[Flight, Flight]:
    """The flight before and after the byte at `place`."""
    before: Flight = []
    after: Flight = []
    for after_s, data in flight:
        here = max(0, min(len(data), place))
        before += [(after_s, data[:here])] if here else []
        after += [(after_s, data[here:])] if here < len(data) else []
        place -= len(data)
    return before, after


def _inside(flight: Flight, wanted: int | None, chance: Random) -> int:
    """A place within the flight: the wanted one, or one between its first and its last byte by chance."""
    count = len(whole(flight))
    if wanted is not None:
        return min(wanted, count)
    return chance.randrange(1, count) if count > 1 else 0


def _truncate(flight: Flight, rule: Rule, chance: Random) -> Flight:
    return _parted(flight, _inside(flight, rule.amount_count, chance))[0]


def _garbage(flight: Flight, rule: Rule, chance: Random) -> Flight:
    rubbish = rule.data if rule.data is not None else chance.randbytes(rule.amount_count or 1)
    count = len(whole(flight))
    match rule.place:
        case Place.BEFORE:
            place = 0
        case Place.INSIDE:
            place = _inside(flight, None, chance)
        case Place.AFTER:
            place = count
    before, after = _parted(flight, place)
    now_s = after[0][0] if after else before[-1][0]
    return [*before, (now_s, rubbish), *after]


def _split(flight: Flight, rule: Rule, chance: Random) -> Flight:
    before, after = _parted(flight, _inside(flight, rule.amount_count, chance))
    return [*before, *((after_s + rule.length_s, data) for after_s, data in after)]


def _delay(flight: Flight, rule: Rule, chance: Random) -> Flight:
    late_s = rule.length_s + (chance.uniform(0.0, rule.jitter_s) if rule.jitter_s else 0.0)
    return [(after_s + late_s, data) for after_s, data in flight]


EFFECTS: Final[dict[str, Effect]] = {
    "drop": _drop,
    "duplicate": _duplicate,
    "flip": _flip,
    "overwrite": _overwrite,
    "truncate": _truncate,
    "garbage": _garbage,
    "split": _split,
    "delay": _delay,
}
"""By the fault's name. The flights handed in have at least one byte."""
