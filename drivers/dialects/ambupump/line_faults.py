"""What faults of a line must know of the `ambupump` dialect: where frames end, who they are for, an alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.dialects.ambupump.frames import SYNC, Frame, cut, encode
from drivers.dialects.ambupump.messages import write_row
from drivers.dialects.ambupump.tables import Type
from drivers.faults.catalogue import Way
from drivers.faults.frames import Frames
from pump.events import AlarmRaised
from pump.log import PumpLog

OTHER_SESSION: Final = 0x5A5A5A5A
"""Exclusive-or with a session's number gives somebody else's. This dialect has no other addresses."""

ALARM: Final = AlarmRaised(
    t_s=0.0, seq=1, code="AIR_IN_LINE", priority="high", detail="made up by a fault of the line"
)


def _frame_of(data: bytes) -> Frame | None:
    found = cut(bytearray(data)) if data[:1] == bytes((SYNC,)) else None
    return None if found is None else found.frame


def readdressed(data: bytes) -> bytes:
    """Give a frame to another session; what is no frame stays as it is."""
    frame = _frame_of(data)
    return data if frame is None else encode(replace(frame, session_no=frame.session_no ^ OTHER_SESSION))


def alarm_before(reply: bytes) -> bytes:
    """Give the event of an alarm in the session of `reply`; nothing where that is no frame."""
    frame = _frame_of(reply)
    if frame is None:
        return b""
    log = PumpLog()
    log.note(ALARM)
    (row,) = log.rows()
    return encode(Frame(Type.EVENT, frame.session_no, row.number, write_row(row)))


FRAMES: Final = Frames(cuts=dict.fromkeys(Way, cut), alarm=alarm_before, readdress=readdressed)
