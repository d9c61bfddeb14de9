"""The pump's end of the `ambupump` dialect.

Sessions and their memory live here: every command number is carried out at most once, its outcome is
remembered, and a repeat is answered from memory. A number that a host has asked about, or that a higher one
has overtaken, is never carried out any more.
"""

from __future__ import annotations

from binascii import crc_hqx
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from drivers.dialects import Capability, PumpIdentity
from drivers.dialects.ambupump.frames import (
    CRC_START,
    LONGEST_BODY_COUNT,
    LONGEST_PAYLOAD_COUNT,
    Frame,
    encode,
    framer,
)
from drivers.dialects.ambupump.messages import (
    REPEATED,
    Greeting,
    read_command,
    read_hello,
    write_greeting,
    write_outcome,
    write_page,
    write_panel,
    write_program,
    write_row,
    write_status,
)
from drivers.dialects.ambupump.payload import PayloadError, Reader, Writer
from drivers.dialects.ambupump.tables import COMMANDS, REPLY, VERSION, Found, Result, Type
from pump.commands import LinkLost, LinkRestored
from pump.port import Outcome, PumpDevice

MEMORY_COUNT: Final = 32
"""So many outcomes are remembered in a session."""

SESSIONS_COUNT: Final = 4
"""So many sessions are remembered; the one that has been silent longest is forgotten first."""

GAP_S: Final = 0.2
"""A pause this long inside a frame ends it."""

BURST_COUNT: Final = 8
BURST_GAP_S: Final = 0.02
"""So many events are sent at once, and so long is waited before the next ones."""

SHORTEST_WATCHDOG_S: Final = 0.5
LONGEST_WATCHDOG_S: Final = 3600.0

MS_PER_S: Final = 1000


@dataclass(frozen=True, slots=True)
class Remembered:
    """A command that was carried out: what it was, by type and a checksum of its payload, and its reply."""

    type_code: int
    checksum_no: int
    reply: bytes


class Session:
    """What the pump keeps of one session.

    Attributes:
        highest_number: The highest command number that was met or asked about.
        forgotten_number: Up to here nothing can be said any more.
    """

    __slots__ = ("_outcomes", "forgotten_number", "highest_number")

    def __init__(self) -> None:
        self.highest_number = 0
        self.forgotten_number = 0
        self._outcomes: OrderedDict[int, Remembered] = OrderedDict()

    def remembered(self, number: int) -> Remembered | None:
        """Give what was done under `number`, if it was, and is remembered."""
        return self._outcomes.get(number)

    def remember(self, number: int, done: Remembered) -> None:
        """Keep what was done, and forget the oldest beyond what the memory holds."""
        self.highest_number = number
        self._outcomes[number] = done
        if len(self._outcomes) > MEMORY_COUNT:
            self.forgotten_number, _ = self._outcomes.popitem(last=False)

    def resolve(self, number: int) -> tuple[Found, bytes]:
        """Say what became of `number`. One that never came is barred: it is not carried out if it comes."""
        done = self._outcomes.get(number)
        if done is not None:
            return Found.DONE, done.reply
        if number <= self.forgotten_number:
            return Found.FORGOTTEN, b""
        self.highest_number = max(self.highest_number, number)
        return Found.NOT_DONE, b""


class AmbupumpPump:
    """Speaks for `device`.

    Args:
        device: The pump.
        identity: Who it says it is.
        capabilities: What it offers.
        timers: Whether wall time counts; without, no pause ends a frame and no watchdog runs.
    """

    def __init__(
        self,
        device: PumpDevice,
        identity: PumpIdentity,
        capabilities: frozenset[Capability],
        *,
        timers: bool,
    ) -> None:
        self._device = device
        self._identity = identity
        self._capabilities = capabilities if timers else capabilities - {Capability.WATCHDOG}
        self._timers = timers
        self._framer = framer()
        self._heard_s = 0.0
        self._sessions: OrderedDict[int, Session] = OrderedDict()
        self._session_no = 0
        self._watchdog_s = 0.0
        self._watchdog_due_s = inf
        self._lost = False
        self._told_number: int | None = None
        self._more_due_s = inf
        self._queries: dict[int, Callable[[Frame, float], bytes]] = {
            Type.PING: self._ping,
            Type.STATUS: self._status,
            Type.PROGRAM: self._program,
            Type.LOG: self._log,
            Type.PANEL: self._panel,
            Type.SUBSCRIBE: self._subscribe,
            Type.WATCHDOG: self._watchdog,
            Type.RESOLVE: self._resolve,
            Type.GOODBYE: self._goodbye,
        }

    # As a side

    def receive(self, data: bytes, wall_s: float) -> bytes:
        """Take in what arrived; returns the answers."""
        frames = self._after_gap(wall_s)
        self._heard_s = wall_s
        frames += self._framer.feed(data)
        return b"".join(self._answered(frame, wall_s) for frame in frames)

    def next_deadline_s(self) -> float:
        """When `wake` is to be called."""
        gap_s = self._heard_s + GAP_S if self._timers and self._framer.pending_count else inf
        return min(gap_s, self._watchdog_due_s, self._more_due_s)

    def wake(self, wall_s: float) -> bytes:
        """End a frame that does not go on, raise the watchdog's alarm, send events that waited."""
        answers = [self._answered(frame, wall_s) for frame in self._after_gap(wall_s)]
        if wall_s >= self._watchdog_due_s:
            self._watchdog_due_s = inf
            self._lost = True
            self._device.apply(LinkLost())
        if wall_s >= self._more_due_s:
            answers.append(self.on_change(wall_s))
        return b"".join(answers)

    def on_change(self, wall_s: float) -> bytes:
        """Send the new rows of the log, if somebody subscribed to them."""
        self._more_due_s = inf
        if self._told_number is None:
            return b""
        rows = self._device.log(self._told_number)
        if not rows:
            return b""
        burst = rows[:BURST_COUNT]
        self._told_number = burst[-1].number
        if len(rows) > len(burst):
            self._more_due_s = wall_s + BURST_GAP_S
        return b"".join(
            encode(Frame(Type.EVENT, self._session_no, row.number, write_row(row))) for row in burst
        )

    def restart(self, wall_s: float) -> bytes:  # noqa: ARG002 - the same for every dialect
        """Forget every session, as electronics do that were without power."""
        self._framer = framer()
        self._sessions.clear()
        self._session_no = 0
        self._end_timers()
        self._lost = False
        return b""

    # Frames

    def _after_gap(self, wall_s: float) -> list[Frame]:
        """Give up a frame that paused too long."""
        gapped = self._timers and self._framer.pending_count and wall_s - self._heard_s >= GAP_S
        return self._framer.drop() if gapped else []

    def _answered(self, frame: Frame, wall_s: float) -> bytes:
        """Give the reply to one frame as bytes; none to what is no request."""
        if frame.type_code >= REPLY:
            return b""
        reply = self._reply(frame, wall_s)
        return encode(Frame(frame.type_code + REPLY, frame.session_no, frame.number, reply))

    def _reply(self, frame: Frame, wall_s: float) -> bytes:
        try:
            if frame.type_code == Type.HELLO:
                return self._hello(frame, wall_s)
            if frame.session_no != self._session_no or not self._session_no:
                return _only(Result.NO_SESSION)
            self._heard_from_host(wall_s)
            if frame.type_code in COMMANDS:
                return self._command(Type(frame.type_code), frame)
            answer = self._queries.get(frame.type_code)
            return _only(Result.UNKNOWN_TYPE) if answer is None else answer(frame, wall_s)
        except PayloadError:
            return _only(Result.BAD_PAYLOAD)

    def _heard_from_host(self, wall_s: float) -> None:
        """Let the watchdog begin anew, and the alarm end that it raised."""
        self._feed_watchdog(wall_s)
        if self._lost:
            self._lost = False
            self._device.apply(LinkRestored())

    def _feed_watchdog(self, wall_s: float) -> None:
        self._watchdog_due_s = wall_s + self._watchdog_s if self._watchdog_s else inf

    def _end_timers(self) -> None:
        self._watchdog_s = 0.0
        self._watchdog_due_s = inf
        self._told_number = None
        self._more_due_s = inf

    # Commands

    def _command(self, kind: Type, frame: Frame) -> bytes:
        """Carry out a command, once; a repeat is answered as the first time."""
        command = read_command(kind, frame.payload)
        if not frame.number:
            raise PayloadError("a command's number is above 0")
        session = self._sessions[self._session_no]
        checksum_no = crc_hqx(frame.payload, CRC_START)
        done = session.remembered(frame.number)
        if done is not None:
            same = (done.type_code, done.checksum_no) == (frame.type_code, checksum_no)
            return _repeated(done.reply) if same else _only(Result.NUMBER_USED)
        if frame.number <= session.highest_number:
            return _only(Result.NUMBER_TOO_OLD)
        outcome: Outcome = self._device.apply(command)
        reply = write_outcome(outcome)
        session.remember(frame.number, Remembered(frame.type_code, checksum_no, reply))
        return reply

    def _resolve(self, frame: Frame, _wall_s: float) -> bytes:
        reader = Reader(frame.payload)
        number = reader.u32()
        reader.end()
        found, reply = self._sessions[self._session_no].resolve(number)
        return Writer().u8(Result.OK).u8(found).raw(reply).done()

    # Sessions

    def _hello(self, frame: Frame, wall_s: float) -> bytes:
        """Open the session that the frame names, or go on with it."""
        hello = read_hello(frame.payload)
        if not frame.session_no:
            raise PayloadError("a session's number is above 0")
        resumed = frame.session_no in self._sessions
        result = Result.OK
        if not hello.version_low_no <= VERSION <= hello.version_high_no:
            result = Result.OTHER_VERSION
        elif hello.goes_on and not resumed:
            result = Result.NO_SESSION
        else:
            self._open(frame.session_no)
            self._heard_from_host(wall_s)
        session = self._sessions.get(frame.session_no)
        return write_greeting(
            Greeting(
                result=result,
                version_low_no=VERSION,
                version_high_no=VERSION,
                version_no=0 if result is Result.OTHER_VERSION else VERSION,
                resumed=resumed,
                capabilities=self._capabilities,
                highest_number=session.highest_number if session else 0,
                memory_count=MEMORY_COUNT,
                longest_body_count=LONGEST_BODY_COUNT,
                identity=self._identity,
            )
        )

    def _open(self, session_no: int) -> None:
        """Make a session the one that counts; another one's watchdog and subscription end."""
        if session_no != self._session_no:
            self._end_timers()
        self._session_no = session_no
        self._sessions.setdefault(session_no, Session())
        self._sessions.move_to_end(session_no)
        if len(self._sessions) > SESSIONS_COUNT:
            self._sessions.popitem(last=False)

    def _goodbye(self, frame: Frame, _wall_s: float) -> bytes:
        Reader(frame.payload).end()
        self._end_timers()
        return _only(Result.OK)

    def _watchdog(self, frame: Frame, wall_s: float) -> bytes:
        """Set how long the host may be silent; tells what is set: 0 where no wall time counts."""
        reader = Reader(frame.payload)
        wanted_s = reader.u32() / MS_PER_S
        reader.end()
        if wanted_s:
            wanted_s = min(max(wanted_s, SHORTEST_WATCHDOG_S), LONGEST_WATCHDOG_S)
        self._watchdog_s = wanted_s if self._timers else 0.0
        self._feed_watchdog(wall_s)
        return Writer().u8(Result.OK).u32(round(self._watchdog_s * MS_PER_S)).done()

    def _subscribe(self, frame: Frame, wall_s: float) -> bytes:
        reader = Reader(frame.payload)
        wanted, after_number = reader.flag(), reader.u32()
        reader.end()
        self._told_number, self._more_due_s = None, inf
        if wanted:
            rows = self._device.log()
            newest_number = rows[-1].number if rows else 0
            self._told_number = min(after_number, newest_number)
            if self._told_number < newest_number:
                self._more_due_s = wall_s
        return Writer().u8(Result.OK).u32(self._told_number or 0).done()

    # Questions

    def _ping(self, frame: Frame, _wall_s: float) -> bytes:
        Reader(frame.payload).end()
        return _only(Result.OK)

    def _status(self, frame: Frame, _wall_s: float) -> bytes:
        Reader(frame.payload).end()
        return write_status(self._device.status())

    def _program(self, frame: Frame, _wall_s: float) -> bytes:
        Reader(frame.payload).end()
        return write_program(self._device.program())

    def _log(self, frame: Frame, _wall_s: float) -> bytes:
        reader = Reader(frame.payload)
        after_number, most_count = reader.u32(), reader.u8()
        reader.end()
        room_count = LONGEST_PAYLOAD_COUNT - PAGE_HEAD_COUNT
        return write_page(self._device.log(after_number), most_count, room_count)

    def _panel(self, frame: Frame, _wall_s: float) -> bytes:
        Reader(frame.payload).end()
        return write_panel(self._device.view().panel)


PAGE_HEAD_COUNT: Final = 6
"""Result, newest number and count, in front of the rows of a page."""


def _only(result: Result) -> bytes:
    return bytes((result,))


def _repeated(reply: bytes) -> bytes:
    """Mark a remembered reply as told again: its flags are the third byte."""
    return reply[:2] + bytes((reply[2] | REPEATED,)) + reply[3:]
