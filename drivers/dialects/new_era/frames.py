"""What goes over a New Era line, both ways: lines and packets, without a port or a clock.

Basic mode asks with a line and answers between two marks; nothing is counted and nothing is checked:

    [address] command CR                02 aa s [data] 03

Safe mode puts the same texts into a packet that says its length and carries a CRC-16/XMODEM of its data:

    02 length data crc crc 03           length counts itself, the data, the CRC and the last 03

02, 03 and 0D occur inside a packet, so that it is read by its length and never searched for its end.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

STX: Final = 0x02
ETX: Final = 0x03
CR: Final = 0x0D

AROUND_COUNT: Final = 4
"""What a packet's length counts beside its data: itself, two bytes of CRC and the end mark."""

LONGEST_DATA: Final = 0xFF - AROUND_COUNT
LONGEST_PACKET_COUNT: Final = 1 + 0xFF
LONGEST_LINE: Final = 128
"""No command comes near; whatever is longer is noise, and is dropped up to the next CR (X)."""


@dataclass(frozen=True, slots=True)
class Packet:
    """The data of a whole packet whose CRC is right."""

    data: bytes


@dataclass(frozen=True, slots=True)
class BadPacket:
    """A packet that came whole to its end mark and whose CRC is wrong."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """A line of Basic mode without spaces and control characters, in capitals."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A command for the pump at `address_no`; None: for whoever is on the line (`*`)."""

    address_no: int | None
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a pump says: its address, and a prompt with data, or the letter of an alarm."""

    address_no: int
    prompt: str = ""
    data: str = ""
    alarm: str = ""

    @property
    def text(self) -> bytes:
        """The reply as it stands between the marks, or in a packet's data."""
        said = f"A?{self.alarm}" if self.alarm else f"{self.prompt}{self.data}"
        return f"{self.address_no:02d}{said}".encode("ascii")


# ---------------------------------------------------------------- writing


def crc(data: bytes) -> bytes:
    """Give the two bytes of CRC-16/XMODEM: polynomial 1021, from 0000, nothing turned round."""
    return crc_hqx(data, 0).to_bytes(2, "big")


def packet(data: bytes) -> bytes:
    """Put `data` into a packet.

    Raises:
        ValueError: it is longer than a length byte can say.
    """
    if len(data) > LONGEST_DATA:
        raise ValueError(f"{len(data)} bytes do not fit into a packet of {LONGEST_DATA}")
    return bytes((STX, len(data) + AROUND_COUNT)) + data + crc(data) + bytes((ETX,))


def request_bytes(address_no: int, command: str, *, safe: bool) -> bytes:
    """Write a request as a host does."""
    data = f"{address_no}{command}".encode("ascii")
    return packet(data) if safe else data + bytes((CR,))


def reply_bytes(reply: Reply, *, safe: bool) -> bytes:
    """Write a reply as a pump does."""
    return packet(reply.text) if safe else bytes((STX,)) + reply.text + bytes((ETX,))


# ---------------------------------------------------------------- what a text says

_REQUEST: Final = re.compile(r"(\d{0,2})([^0-9].*|)", re.DOTALL)
_REPLY: Final = re.compile(r"(\d\d)(?:A\?([RSTEO])|([IWSPTUX])(.*))", re.DOTALL)


def requests_of(data: bytes) -> tuple[Request, ...]:
    """Take a line or the data of a packet apart; without an address it is for address 0.

    Several are a burst, `n cmd * n cmd *`, whose replies would run into each other: nobody answers one.
    """
    text = data.translate(None, bytes(range(0x21))).decode("latin-1").upper()
    head, star, rest = text.partition("*")
    if star and not head.strip("0123456789") and (not head or rest.startswith("ADR")):
        # For whoever is on the line; some hosts put an address before it all the same.
        return (Request(address_no=None, command=rest),)
    parts = text.split("*")
    return tuple(map(_request, parts[:-1] if star and not parts[-1] else parts))


def _request(text: str) -> Request:
    found = _REQUEST.fullmatch(text)
    if found is None:
        # Digits that are no address: nobody's, and what follows them is no command.
        return Request(address_no=0, command=text)
    where, command = found.groups()
    return Request(address_no=int(where or 0), command=command)


def reply_of(data: bytes) -> Reply | None:
    """Take what stands between the marks of a reply apart; None: it is no reply."""
    try:
        found = _REPLY.fullmatch(data.decode("ascii"))
    except UnicodeDecodeError:
        return None
    if found is None:
        return None
    address, alarm, prompt, more = found.groups()
    if alarm is not None:
        return Reply(address_no=int(address), alarm=alarm)
    return Reply(address_no=int(address), prompt=prompt, data=more)


# ---------------------------------------------------------------- reading


class PacketReader:
    """Collects one packet, by its length.

    Bytes that cannot be a packet give up their first STX and are looked at again from the next one, so that a
    packet behind a stray mark is found. Never holds more than one packet.
    """

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def is_open(self) -> bool:
        """Whether a packet has begun and is not whole yet."""
        return bool(self._held)

    def drop(self) -> bytes:
        """Give up the packet: the rest is too long in coming. Returns what had come of it."""
        held = bytes(self._held)
        self._held.clear()
        return held

    def take(self, byte: int) -> Packet | BadPacket | None:
        """Take one byte; returns the packet that it ends, if it does."""
        self._held.append(byte)
        found: Packet | BadPacket | None = None
        while found is None and self._held:
            if self._held[0] != STX or (len(self._held) > 1 and self._held[1] < AROUND_COUNT):
                self._resync()
            elif len(self._held) < 2 or len(self._held) < self._held[1] + 1:
                break
            elif self._held[-1] != ETX:
                self._resync()
            else:
                data = bytes(self._held[2:-3])
                whole = crc(data) == self._held[-3:-1]
                found = Packet(data) if whole else BadPacket(data)
                self._held.clear()
        return found

    def _resync(self) -> None:
        again = self._held.find(STX, 1)
        del self._held[: again if again > 0 else len(self._held)]


class RequestReader:
    """What a pump hears. Packets are heard in both modes, lines only in Basic mode.

    `safe` may be changed between two items of what `feed` gives, as a command that came says.
    """

    __slots__ = ("_line", "_overlong", "_packet", "safe")

    def __init__(self, *, safe: bool = False) -> None:
        self.safe = safe
        self._packet = PacketReader()
        self._line = bytearray()
        self._overlong = False

    @property
    def waits(self) -> bool:
        """Whether a packet is half here: the pump's 0.5 s between two bytes run."""
        return self._packet.is_open

    def give_up(self) -> None:
        """Drop the half packet."""
        self._packet.drop()

    def feed(self, data: bytes) -> Iterator[Packet | BadPacket | Line]:
        """Take bytes; give what they end, one by one."""
        for byte in data:
            if self._packet.is_open or byte == STX:
                self._line.clear()
                self._overlong = False
                found = self._packet.take(byte)
                if found is not None:
                    yield found
            elif not self.safe:
                line = self._take_character(byte)
                if line is not None:
                    yield line

    def _take_character(self, byte: int) -> Line | None:
        if byte == CR:
            line = None if self._overlong else Line(bytes(self._line).upper())
            self._line.clear()
            self._overlong = False
            return line
        if byte > 0x20 and not self._overlong:
            self._line.append(byte)
            if len(self._line) > LONGEST_LINE:
                self._line.clear()
                self._overlong = True
        return None


class ReplyReader:
    """What a host hears. Bytes that are no part of a whole reply are dropped and counted.

    `safe` says how replies are framed; None: as the second byte shows, which is a digit in Basic mode, while
    no reply of Safe mode is as long as the code of a digit. That is for the one reply to a change of mode.
    """

    __slots__ = ("_packet", "_text", "dropped_count", "safe")

    def __init__(self, *, safe: bool | None = False) -> None:
        self.safe = safe
        self.dropped_count = 0
        self._packet = PacketReader()
        self._text: bytearray | None = None

    def give_up(self) -> Iterator[Reply]:
        """Give up a reply that was begun; give those that were hidden behind its beginning."""
        held = self._packet.drop()
        if self._text is not None:
            held = bytes((STX, *self._text))
            self._text = None
        self.dropped_count += min(1, len(held))
        yield from self.feed(held[1:])
        if held:
            yield from self.give_up()

    def feed(self, data: bytes) -> Iterator[Reply]:
        """Take bytes; give the replies that they end."""
        for byte in data:
            found = self._take(byte)
            if found is None:
                continue
            reply = reply_of(found.data) if isinstance(found, Packet) else None
            if reply is None:
                self.dropped_count += len(found.data)
            else:
                yield reply

    def _take(self, byte: int) -> Packet | BadPacket | None:
        if self._packet.is_open:
            return self._packet.take(byte)
        if self._text is None:
            if byte == STX:
                self._text = bytearray()
            else:
                self.dropped_count += 1
            return None
        if not self._text and (self.safe or (self.safe is None and not chr(byte).isdigit())):
            self._text = None
            self._packet.take(STX)
            return self._packet.take(byte)
        return self._take_text(self._text, byte)

    def _take_text(self, text: bytearray, byte: int) -> Packet | None:
        """A reply of Basic mode ends at the first ETX; another STX begins it anew."""
        if byte == ETX:
            self._text = None
            return Packet(bytes(text))
        if byte == STX:
            self.dropped_count += 1 + len(text)
            text.clear()
        else:
            text.append(byte)
            if len(text) > LONGEST_LINE:
                self.dropped_count += 1 + len(text)
                self._text = None
        return None
