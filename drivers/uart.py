"""What two ends of a serial line make of each other's bits, rightly set or not, and how long a byte takes.

A byte is a start bit (0), its data bits with the lowest first, perhaps a parity bit, and stop bits (1); the
line rests at 1. A receiver waits for the edge of a start bit and then looks at the middle of every bit, by
its own clock; a start bit that is over by its middle was none. With the sender's settings that gives the
sender's bytes; with others it gives garbage, and always the same garbage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

from drivers.transport import LineSettings

NOT_READ = 0
"""What a system hands on for a byte without a stop bit, unless it was told to mark it [POSIX termios, IGNPAR
and PARMRK both off]."""


def byte_s(line: LineSettings) -> float:
    """How long one byte takes."""
    return len(frame_bits(0, line)) / line.baud


def frame_bits(byte: int, line: LineSettings) -> list[int]:
    """The bits of one byte as they go over the line, start and stop bits with them."""
    data = [byte >> place & 1 for place in range(line.data_bits)]
    return [0, *data, *_parity_bits(data, line), *[1] * ceil(line.stop_bits)]


def _parity_bits(data: list[int], line: LineSettings) -> list[int]:
    match line.parity:
        case "N":
            return []
        case "E":
            return [sum(data) % 2]
        case "O":
            return [1 - sum(data) % 2]
        case "M":
            return [1]
        case _:
            return [0]


def heard(data: bytes, said: LineSettings, hearing: LineSettings) -> bytes:
    """What a receiver that is set to `hearing` makes of `data` sent without gaps by one set to `said`.

    Parity is not checked: systems hand on what they received unless they were told to mark it.
    """
    if said is hearing or said == hearing:
        return data
    bits = [bit for byte in data for bit in frame_bits(byte, said)]
    return bytes(_received(bits, said.baud, hearing))


def _received(bits: list[int], baud: int, hearing: LineSettings) -> Iterator[int]:
    """Sample a line that rests after `bits`.

    In ticks of which both kinds of bit take a whole even number, so that nothing hangs on a rounding.
    """
    said_ticks, bit_ticks = 2 * hearing.baud, 2 * baud

    def level_at(tick: int) -> int:
        place = tick // said_ticks
        return bits[place] if place < len(bits) else 1

    stop_place = len(frame_bits(0, replace(hearing, stop_bits=1))) - 1
    start = _next_fall(bits, -1)
    while start is not None:
        middle = start * said_ticks + bit_ticks // 2
        if level_at(middle):  # too short for a start bit
            start = _next_fall(bits, middle // said_ticks)
            continue
        data = [level_at(middle + place * bit_ticks) for place in range(1, hearing.data_bits + 1)]
        stop = middle + stop_place * bit_ticks
        yield sum(bit << place for place, bit in enumerate(data)) if level_at(stop) else NOT_READ
        start = _next_fall(bits, stop // said_ticks)


def _next_fall(bits: list[int], after_place: int) -> int | None:
    """Where the line next goes from 1 to 0; before the first bit it rests at 1. None: nowhere."""
    for place in range(after_place + 1, len(bits)):
        if bits[place] == 0 and (place == 0 or bits[place - 1] == 1):
            return place
    return None
