"""What faults of a line must know of the New Era dialect: where frames end, who they are for, an alarm.

Nothing on the line says which mode it is in. What begins with a mark and two digits is taken for a reply in
Basic mode; a packet of Safe mode that says a length of 48 to 57 looks the same, and is found by its end mark.
"""

from __future__ import annotations

from typing import Final

from drivers.dialects.new_era.frames import AROUND_COUNT, CR, ETX, LONGEST_LINE, STX, crc, packet
from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames
from drivers.framing import Cut

ADDRESS_DIGITS: Final = 2
STALL: Final = b"A?S"


def _is_basic_reply(data: bytes | bytearray) -> bool:
    return data[:1] == bytes((STX,)) and data[1 : 1 + ADDRESS_DIGITS].isdigit()


def _is_packet(data: bytes) -> bool:
    return len(data) > AROUND_COUNT and data[0] == STX and crc(data[2:-3]) == data[-3:-1]


def _packet(buffer: bytearray) -> Cut[bytes] | None:
    if len(buffer) < 2:
        return None
    count = buffer[1] + 1
    if buffer[1] < AROUND_COUNT:
        return Cut(1)
    if len(buffer) < count:
        return None
    return Cut(count, bytes(buffer[:count])) if buffer[count - 1] == ETX else Cut(1)


def _until(buffer: bytearray, mark: int) -> Cut[bytes] | None:
    end = buffer.find(mark) + 1
    if end == 0:
        return None if len(buffer) <= LONGEST_LINE else Cut(1)
    return Cut(end, bytes(buffer[:end]))


def cut_request(buffer: bytearray) -> Cut[bytes] | None:
    """Find the packet or the line with which `buffer` begins."""
    return _packet(buffer) if buffer[0] == STX else _until(buffer, CR)


def cut_reply(buffer: bytearray) -> Cut[bytes] | None:
    """Find the reply with which `buffer` begins, in either mode."""
    if buffer[0] != STX:
        found = buffer.find(STX)
        return Cut(len(buffer) if found < 0 else found)
    if len(buffer) <= ADDRESS_DIGITS:
        return None
    return _until(buffer, ETX) if _is_basic_reply(buffer) else _packet(buffer)


def readdressed(data: bytes) -> bytes:
    """Give a request or a reply another address; a request that names none gets one."""
    if _is_packet(data):
        return packet(_other(data[2:-3]))
    if _is_basic_reply(data):
        return data[:1] + _other(data[1:])
    return data if data[:1] == bytes((STX,)) else _other(data)


def _other(text: bytes) -> bytes:
    """Put another last digit into the address, so that it stays as long as it is."""
    digits = len(text) - len(text.lstrip(b"0123456789"))
    where = min(digits, ADDRESS_DIGITS) - 1
    if where < 0:
        return b"9" + text
    return text[:where] + b"%d" % ((text[where] - ord("0") + 5) % 10) + text[where + 1 :]


def alarm_before(reply: bytes) -> bytes:
    """Give the alarm of a stall, as the pump at the address of `reply` sends it unasked, in the same mode."""
    if _is_packet(reply):
        return packet(reply[2 : 2 + ADDRESS_DIGITS] + STALL)
    if _is_basic_reply(reply):
        return reply[: 1 + ADDRESS_DIGITS] + STALL + bytes((ETX,))
    return b""


FRAMES: Final = Frames(
    cuts={Way.REQUEST: cut_request, Way.REPLY: cut_reply}, alarm=alarm_before, readdress=readdressed
)
