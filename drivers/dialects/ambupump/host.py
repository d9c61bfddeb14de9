"""The host's end of the `ambupump` dialect."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Final, TypeVar

from drivers.dialects import Capability, PumpIdentity, Request, Resolution, Talk, Verdict
from drivers.dialects.ambupump.frames import Frame, encode, framer
from drivers.dialects.ambupump.messages import (
    Greeting,
    Hello,
    read_greeting,
    read_outcome,
    read_page,
    read_panel,
    read_program,
    read_row,
    read_status,
    write_command,
    write_hello,
)
from drivers.dialects.ambupump.payload import PayloadError, Reader, UnsayableError, Writer
from drivers.dialects.ambupump.tables import REPLY, VERSION, Found, Result, Type
from drivers.errors import LinkDown, LinkGarbled, NotAllowed, WrongPeer
from pump.commands import Command
from pump.errors import Reason
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import Panel
from pump.port import Outcome, PumpStatus
from pump.program import Program

T = TypeVar("T")

PAGE_ROWS_COUNT: Final = 255
EVENTS_COUNT: Final = 256
"""So many events wait to be taken; the oldest give way, and are still in the pump's log."""

LAST_NUMBER: Final = 0xFFFFFFFF
MS_PER_S: Final = 1000


class AmbupumpHost:
    """Asks a pump. One session is kept as long as the pump remembers it.

    Args:
        draw_session: Gives a fresh number of 32 bits, above 0.
    """

    def __init__(self, draw_session: Callable[[], int]) -> None:
        self._draw_session = draw_session
        self._session_no = 0
        self._number = 0
        self._first_number = 1
        self._framer = framer()
        self._awaited: tuple[int, int, int] | None = None
        self._events: deque[LogRow] = deque(maxlen=EVENTS_COUNT)
        self._late_count = 0
        self._watchdog_s = 0.0
        self.identity: PumpIdentity | None = None
        self.capabilities: frozenset[Capability] = frozenset()
        self.resumed = False

    @property
    def heartbeat_s(self) -> float:
        """How often the pump wants to hear something."""
        return self._watchdog_s or inf

    @property
    def garbled_count(self) -> int:
        """How many bytes were no part of a whole frame, ever."""
        return self._framer.garbled_count

    # Questions

    def hello(self) -> Talk[PumpIdentity]:
        """Go on with the session that there was, or open a new one where the pump knows it no more.

        A session that the pump has forgotten is never opened again: a frame of it that is still on its way
        would be carried out.
        """
        greeting = None
        if 0 < self._number < LAST_NUMBER // 2:
            greeting = yield from self._greeted(goes_on=True)
        self.resumed = greeting is not None and greeting.result is Result.OK
        if greeting is None or not self.resumed:
            self._session_no, self._watchdog_s = self._draw_session(), 0.0
            self._number = self._number if self._number < LAST_NUMBER // 2 else 0
            self._first_number = self._number + 1
            greeting = yield from self._greeted(goes_on=False)
        self._number = max(self._number, greeting.highest_number)
        self.identity, self.capabilities = greeting.identity, greeting.capabilities
        return greeting.identity

    def _greeted(self, *, goes_on: bool) -> Talk[Greeting]:
        hello = Hello(version_low_no=VERSION, version_high_no=VERSION, goes_on=goes_on)
        result, reader = yield from self._asked(Type.HELLO, write_hello(hello))
        greeting = self._read(reader, lambda words: read_greeting(words, result))
        if result is Result.OTHER_VERSION:
            raise WrongPeer(
                f"the pump speaks versions {greeting.version_low_no} to {greeting.version_high_no} "
                f"of the ambupump protocol, this host speaks {VERSION}: update one of them"
            )
        return greeting

    def send(self, command: Command) -> Talk[Outcome]:
        """Have a command carried out. What no frame can say exactly is refused here."""
        try:
            kind, payload = write_command(command)
        except LookupError as error:
            name = COMMAND_NAMES[type(command)]
            raise NotAllowed(f"{name} is the link's own news; no host sends it") from error
        except UnsayableError:
            return Outcome(accepted=False, reason=Reason.BAD_VALUE.value)
        result, reader = yield from self._asked(kind, payload, acts=True)
        return self._read(reader, lambda words: read_outcome(words, result))

    def status(self) -> Talk[PumpStatus]:
        """Ask how the pump is."""
        _, reader = yield from self._asked(Type.STATUS)
        return self._read(reader, read_status)

    def program(self) -> Talk[Program]:
        """Ask for the programme in force."""
        _, reader = yield from self._asked(Type.PROGRAM)
        return self._read(reader, read_program)

    def log(self, after_number: int) -> Talk[tuple[LogRow, ...]]:
        """Ask for the log page by page, up to the row that was the newest when the first page was written."""
        rows: list[LogRow] = []
        goal_number = LAST_NUMBER
        while after_number < goal_number:
            payload = Writer().u32(after_number).u8(PAGE_ROWS_COUNT).done()
            _, reader = yield from self._asked(Type.LOG, payload)
            newest_number, page = self._read(reader, read_page)
            if not page:
                break
            goal_number = min(goal_number, newest_number)
            if page[0].number <= after_number:
                raise LinkGarbled("the pump's log goes back: ask again")
            rows += page
            after_number = page[-1].number
        return tuple(rows)

    def panel(self) -> Talk[Panel]:
        """Ask what the front panel shows."""
        _, reader = yield from self._asked(Type.PANEL)
        return self._read(reader, read_panel)

    def watch(self, interval_s: float) -> Talk[float]:
        """Set the pump's watchdog; returns what it is set to."""
        payload = Writer().u32(round(interval_s * MS_PER_S)).done()
        _, reader = yield from self._asked(Type.WATCHDOG, payload)
        self._watchdog_s = self._read(reader, Reader.u32) / MS_PER_S
        return self._watchdog_s

    def subscribe(self, *, wanted: bool, after_number: int) -> Talk[int]:
        """Have new rows of the log sent as they are written, or no more."""
        payload = Writer().u8(wanted).u32(after_number).done()
        _, reader = yield from self._asked(Type.SUBSCRIBE, payload)
        return self._read(reader, Reader.u32)

    def heartbeat(self) -> Talk[None]:
        """Say something."""
        yield from self._asked(Type.PING)

    def resolve(self, number: int) -> Talk[Resolution]:
        """Ask what became of the command `number`. Of one in a session that is over nobody can tell."""
        if not self._first_number <= number <= self._number:
            return Resolution(Verdict.UNKNOWN)
        _, reader = yield from self._asked(Type.RESOLVE, Writer().u32(number).done())
        return self._read(reader, _read_resolution)

    def goodbye(self) -> Talk[None]:
        """End the session in good order."""
        yield from self._asked(Type.GOODBYE)
        self._watchdog_s = 0.0

    # Bytes

    def receive(self, data: bytes) -> bytes | None:
        """Take in what arrived; returns the reply to the outstanding request once it is whole."""
        return self._sorted(self._framer.feed(data))

    def _sorted(self, frames: list[Frame]) -> bytes | None:
        reply = None
        for frame in frames:
            if (frame.type_code, frame.session_no, frame.number) == self._awaited:
                self._awaited = None
                reply = frame.payload
            elif frame.type_code == Type.EVENT and frame.session_no == self._session_no:
                self._note(frame)
            else:
                self._late_count += len(encode(frame))
        return reply

    def settle(self, stale: bytes) -> int:
        """Take in what came before the next request; returns how many bytes of it were of no use."""
        awaited, self._awaited = self._awaited, None
        garbled_count, self._late_count = self.garbled_count, 0
        self.receive(stale)
        self._awaited = awaited
        return self.garbled_count - garbled_count + self._late_count

    def drop(self) -> bytes | None:
        """Give up a frame that was begun; returns the reply if it was hidden behind it."""
        return self._sorted(self._framer.drop())

    def take_events(self) -> tuple[LogRow, ...]:
        """Give the rows that came without being asked for."""
        events = tuple(self._events)
        self._events.clear()
        return events

    def _note(self, frame: Frame) -> None:
        try:
            reader = Reader(frame.payload)
            row = read_row(reader)
            reader.end()
        except PayloadError:
            return
        self._events.append(row)

    def _asked(self, kind: Type, payload: bytes = b"", *, acts: bool = False) -> Talk[tuple[Result, Reader]]:
        """Send one request; returns the reply's result, and the rest of its words."""
        self._number += 1
        self._awaited = (kind + REPLY, self._session_no, self._number)
        data = encode(Frame(kind, self._session_no, self._number, payload))
        reply = yield Request(data=data, acts=acts, number=self._number)
        reader = Reader(reply)
        result = self._read(reader, lambda words: Result(words.u8()))
        if kind is not Type.HELLO:
            _check(kind, result)
        return result, reader

    def _read(self, reader: Reader, read: Callable[[Reader], T]) -> T:
        """Read words of a reply.

        Raises:
            LinkGarbled: they make no sense.
        """
        try:
            return read(reader)
        except ValueError as error:
            raise LinkGarbled(f"the pump's reply makes no sense ({error}): ask again") from error


def _check(kind: Type, result: Result) -> None:
    """Raise what a reply without an answer means."""
    match result:
        case Result.NO_SESSION | Result.NUMBER_TOO_OLD | Result.NUMBER_USED:
            raise LinkDown(
                "the pump has lost this session: it was restarted, or another host took over; "
                "connect again and read its state"
            )
        case Result.UNKNOWN_TYPE:
            raise NotAllowed(f"the pump has no {kind.name.lower()}")
        case Result.BAD_PAYLOAD:
            raise WrongPeer(f"the pump cannot read a {kind.name.lower()}: update it, or this host")
        case _:
            return


def _read_resolution(reader: Reader) -> Resolution:
    found = Found(reader.u8())
    if found is Found.DONE:
        return Resolution(Verdict.DONE, read_outcome(reader, Result(reader.u8())))
    return Resolution(Verdict.NOT_DONE if found is Found.NOT_DONE else Verdict.UNKNOWN)
