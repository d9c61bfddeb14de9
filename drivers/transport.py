"""Ports: bytes to and from the far end of a line, with a deadline for everything."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How a serial line is set: bits per second, data bits, parity, stop bits. No flow control.

    `parity` is N, E, O, M or S.
    """

    baud: int
    data_bits: int = 8
    parity: str = "N"
    stop_bits: float = 1
