"""The pump port over a wire, by whatever dialect: synchronous, every wait bounded.

The rules, none of which depends on the dialect:

- A question has one deadline, which nothing that arrives can move.
- What is stale is taken off the line, and counted, before anything is sent.
- Only questions are asked again. Stop is sent again until it is proven. Nothing else is sent twice.
- A command without a reply raises `UncertainDelivery`; nothing but Stop and questions goes out until
  `resolve` has found out what became of it.
- Within a third of the pump's watchdog something is said; `poll` sees to it, so call it often.
- A link that is lost is opened again by `poll`, at growing intervals, each a little shorter by chance: hosts
  that lost their links at once shall not come back at once. The pump is then asked who it is and how it is.
  What it did before is never taken up again: that is for whoever controls it to decide.

There is no thread and no clock in here but the port's: who calls, waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from math import inf
from random import Random, SystemRandom
from typing import Any, Final, Self, TypeVar

from drivers.dialects import Capability, Dialect, HostSide, PumpIdentity, Request, Talk, Verdict
from drivers.errors import (
    Busy,
    LinkDown,
    LinkError,
    LinkGarbled,
    LinkTimeout,
    NotAllowed,
    UncertainDelivery,
    WrongPeer,
)
from drivers.transport import LineSettings, Port, open_port
from pump.commands import (
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Lock,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import Panel
from pump.port import Outcome, PumpStatus
from pump.program import Program

T = TypeVar("T")

PATIENCE_S: Final = 0.5
"""So long may a reply take, once the request and the longest reply are through the line."""

QUIET_S: Final = 0.05
"""After something went wrong the line must be silent for this long before anything is sent."""

QUIET_LIMIT_S: Final = 1.0
"""But a line that never is silent is not waited for longer than this."""

QUESTION_TRIES_COUNT: Final = 3
STOP_TRIES_COUNT: Final = 5

FIRST_BACKOFF_S: Final = 0.5
LONGEST_BACKOFF_S: Final = 30.0
"""A lost port is tried again after the first time, then after twice that, and so on up to the longest."""

JITTER_FRAC: Final = 0.25
"""By up to so much of itself each of these intervals is shortened, by chance."""

BITS_PER_BYTE_COUNT: Final = 12
"""A start bit, eight of data, parity, and two stop bits: no line needs more."""

FROM_NOW_ON: Final = 0xFFFFFFFF
"""Instead of the number of a row: what was written before is not wanted."""

HEARTBEAT_FRAC: Final = 0.3
"""Of the watchdog's interval: below a third, so that two heartbeats may be lost."""

NEEDED: Final[dict[type[Command], Capability]] = {
    PowerOn: Capability.POWER,
    PowerOff: Capability.POWER,
    Start: Capability.START,
    Stop: Capability.STOP,
    Prime: Capability.PRIME,
    PressKey: Capability.KEYS,
    Silence: Capability.SILENCE,
    Acknowledge: Capability.ACKNOWLEDGE,
    Unlock: Capability.LOCK,
    Lock: Capability.LOCK,
    ProgramChange: Capability.PROGRAM_WRITE,
    ConfirmProgram: Capability.PROGRAM_WRITE,
    CancelProgram: Capability.PROGRAM_WRITE,
    ResetReservoir: Capability.RESERVOIR,
    ClearGiven: Capability.RESERVOIR,
    NewBag: Capability.RESERVOIR,
}
"""What a pump must be able to do for a command."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """What became of a command that nobody was sure of, and how the pump is now.

    `outcome` is the pump's own word where it has one. With `Verdict.UNKNOWN` only `status` can tell.
    """

    verdict: Verdict
    outcome: Outcome | None
    status: PumpStatus


@dataclass(slots=True)
class LinkCounts:
    """What has gone wrong on a link so far."""

    stale_count: int = 0
    repeated_count: int = 0
    lost_count: int = 0


class SerialPump:
    """A pump at the far end of a line.

    Args:
        opener: Opens the port, each time anew; by a name that stays when the cable is plugged in again.
        dialect: What is spoken.
        allow_control: Whether commands may be sent where the dialect is read-only by default.
        watchdog_s: How long the pump may hear nothing before it raises its alarm, in wall time; 0: for ever.
        events: Whether the pump is to send its news without being asked.
        patience_s: How long a reply may take, beyond what the line takes.
        clock: Wall time, which never goes back; the ports' own clock must be the same.
        sleep: Lets wall time go on; only `reconnect` uses it.
        chance: Where the numbers of sessions and the jitter of the intervals are drawn from.

    Attributes:
        counts: What has gone wrong so far.
        last_status: The state as it was last read.
    """

    def __init__(
        self,
        opener: Callable[[], Port],
        dialect: Dialect,
        *,
        allow_control: bool = False,
        watchdog_s: float = 0.0,
        events: bool = False,
        patience_s: float = PATIENCE_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        chance: Random | None = None,
    ) -> None:
        self._opener = opener
        self._dialect = dialect
        self._read_only = dialect.read_only_by_default and not allow_control
        self._watchdog_s = watchdog_s
        self._wants_events = events
        self._patience_s = patience_s
        self._clock = clock
        self._sleep = sleep
        self._chance = SystemRandom() if chance is None else chance
        self._host: HostSide = dialect.host(self._draw_session)
        self._port: Port | None = None
        self._lock = threading.Lock()
        self._uncertain: UncertainDelivery | None = None
        self._spoken_s = -inf
        self._backoff_s = FIRST_BACKOFF_S
        self._try_due_s = -inf
        self._closed = False
        self._row_number = FROM_NOW_ON
        self.counts = LinkCounts()
        self.last_status: PumpStatus | None = None

    # ---------------------------------------------------------------- link

    @property
    def connected(self) -> bool:
        """Whether the link carried when it was last used."""
        return self._port is not None

    @property
    def identity(self) -> PumpIdentity | None:
        """Who the pump said it is."""
        return self._host.identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be asked of this pump, over this link."""
        found = self._host.capabilities & self._dialect.capabilities
        return found - frozenset(NEEDED.values()) if self._read_only else found

    @property
    def resumed(self) -> bool:
        """Whether the pump still knew the session when it was last connected; else it was without power."""
        return self._host.resumed

    @property
    def uncertain(self) -> UncertainDelivery | None:
        """The command of which nobody knows what became; None: there is none."""
        return self._uncertain

    @property
    def garbled_count(self) -> int:
        """How many bytes were no part of a whole frame."""
        return self._host.garbled_count

    def connect(self) -> PumpIdentity:
        """Open the port, find out who is there, read the state, set the watchdog.

        Raises:
            LinkDown: the port cannot be opened.
            WrongPeer: something answers, but not this dialect.
            LinkTimeout: nothing answers.
        """
        with self._alone():
            self._closed = False
            return self._connect()

    def close(self) -> None:
        """Say goodbye where that is still possible, and let go of the port; the pump goes on by itself."""
        with self._alone():
            self._closed = True
            if self._port is None:
                return
            try:
                self._run(self._host.goodbye)
            except (LinkError, NotAllowed):
                pass
            finally:
                self._drop()

    def __enter__(self) -> Self:
        """Connect."""
        self.connect()
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close."""
        self.close()

    def poll(self) -> tuple[LogRow, ...]:
        """Do what the link needs now; returns what the pump said without being asked.

        Call it at least ten times within the watchdog's interval. It says something if that is due, and opens
        a lost link again if it is time to. It never waits for anything but the pump's own replies.

        Raises:
            LinkError: the link was lost just now, or could not be opened again; `connected` says so too.
        """
        with self._alone():
            if self._closed:
                return ()
            if self._port is None:
                if self._clock() < self._try_due_s:
                    return ()
                self._connect()
            try:
                self._take_in()
            except LinkDown:
                self._lose()
                raise
            if self._clock() - self._spoken_s >= HEARTBEAT_FRAC * self._host.heartbeat_s:
                self._ask(self._host.heartbeat)
            events = self._host.take_events()
            if events:
                self._row_number = events[-1].number
            return events

    def reconnect(self, limit_s: float) -> PumpIdentity:
        """Try to connect, at growing intervals, for at most `limit_s`.

        Raises:
            LinkError: of the last attempt.
        """
        with self._alone():
            self._closed = False
            end_s = self._clock() + limit_s
            while True:
                try:
                    return self._connect()
                except LinkError:
                    if self._try_due_s > end_s:
                        raise
                    self._sleep(max(0.0, self._try_due_s - self._clock()))

    # ---------------------------------------------------------------- the pump port

    def send(self, command: Command) -> Outcome:
        """Have a command carried out, once.

        Raises:
            UncertainDelivery: it was sent and nobody knows what became of it; or another one still is so.
            NotAllowed: it was not sent; it is not to be.
            LinkError: it was not sent, or the pump has said that it did nothing.
        """
        with self._alone():
            self._check_allowed(command)
            if isinstance(command, Stop):
                return self._stop(command)
            if self._uncertain is not None:
                raise self._uncertain
            return self._act(command)

    def status(self) -> PumpStatus:
        """Ask how the pump is."""
        with self._alone():
            return self._status()

    def program(self) -> Program:
        """Ask for the programme in force."""
        with self._alone():
            return self._ask_for(Capability.PROGRAM_READ, self._host.program)

    def log(self, after_number: int = 0) -> tuple[LogRow, ...]:
        """Ask for the rows of the pump's log whose number is above `after_number`."""
        with self._alone():
            return self._ask_for(Capability.LOG, lambda: self._host.log(after_number))

    def panel(self) -> Panel:
        """Ask what the front panel shows."""
        with self._alone():
            return self._ask_for(Capability.PANEL, self._host.panel)

    def resolve(self) -> Resolved:
        """Find out what became of the uncertain command, and read the state. Sends no command.

        Raises:
            ValueError: no command is uncertain.
            LinkError: nobody answers; the command stays uncertain.
        """
        with self._alone():
            if self._uncertain is None:
                raise ValueError("no command is uncertain")
            if self._port is None:
                self._connect()
            verdict, outcome = Verdict.UNKNOWN, None
            number = self._uncertain.number
            if number is not None and Capability.RESOLVE in self.capabilities:
                resolution = self._ask(lambda: self._host.resolve(number))
                verdict, outcome = resolution.verdict, resolution.outcome
            status = self._status()
            self._uncertain = None
            return Resolved(verdict, outcome, status)

    # ---------------------------------------------------------------- commands

    def _check_allowed(self, command: Command) -> None:
        name = COMMAND_NAMES[type(command)]
        if self._read_only:
            raise NotAllowed(
                f"{name} was not sent: {self._dialect.name} is read-only unless control is allowed expressly"
            )
        needed = NEEDED.get(type(command))
        if needed is None:
            raise NotAllowed(f"{name} is the link's own news; no host sends it")
        if self._host.identity is not None and needed not in self.capabilities:
            raise NotAllowed(f"{name} was not sent: this pump does not offer it over {self._dialect.name}")

    def _act(self, command: Command) -> Outcome:
        """Have a command carried out; what is sent and not answered makes it uncertain."""
        sent: list[Request] = []
        try:
            return self._run(lambda: self._host.send(command), sent)
        except LinkError as error:
            if not sent:
                raise
            self._uncertain = UncertainDelivery(command, sent[-1].number, str(error))
            raise self._uncertain from error

    def _stop(self, command: Stop) -> Outcome:
        """Send Stop until an answer proves it."""
        before = self._uncertain
        tries_count = 0
        while True:
            tries_count += 1
            try:
                outcome = self._act(command)
            except UncertainDelivery as error:
                self._uncertain = before or error
                if tries_count == STOP_TRIES_COUNT or self._port is None:
                    raise
                self.counts.repeated_count += 1
            else:
                self._uncertain = before
                return outcome

    # ---------------------------------------------------------------- questions

    def _status(self) -> PumpStatus:
        self.last_status = self._ask_for(Capability.STATUS, self._host.status)
        return self.last_status

    def _ask_for(self, capability: Capability, question: Callable[[], Talk[T]]) -> T:
        if self._host.identity is not None and capability not in self.capabilities:
            raise NotAllowed(f"this pump does not offer {capability} over {self._dialect.name}")
        return self._ask(question)

    def _ask(self, question: Callable[[], Talk[T]]) -> T:
        """Ask a question, and again where the answer did not come or came damaged."""
        for tries_count in range(1, QUESTION_TRIES_COUNT + 1):
            try:
                return self._run(question)
            except (LinkTimeout, LinkGarbled):
                if tries_count == QUESTION_TRIES_COUNT:
                    raise
                self.counts.repeated_count += 1
        raise AssertionError("unreachable")

    def _run(self, question: Callable[[], Talk[T]], sent: list[Request] | None = None) -> T:
        """Carry on one talk to its end. `sent` is given what went out and may have acted."""
        sent = [] if sent is None else sent
        try:
            talk = question()
            request = next(talk)
            while True:
                reply = self._exchange(request, sent)
                try:
                    request = talk.send(reply)
                except (LinkDown, WrongPeer, NotAllowed):
                    sent.clear()  # the pump itself says that it did nothing
                    raise
        except StopIteration as done:
            answer: T = done.value
            return answer
        except LinkDown:
            if self._port is not None:
                # Asking without a link loses nothing, and must not put the next attempt to connect off.
                self._lose()
            raise

    # ---------------------------------------------------------------- bytes

    def _exchange(self, request: Request, sent: list[Request]) -> bytes:
        """Send one request and wait for its reply, until the one deadline."""
        port = self._port
        if port is None:
            raise LinkDown("the pump is not connected: connect first")
        self._take_in()
        if request.acts:
            sent.append(request)
        port.write(request.data)
        garbled_count = self._host.garbled_count
        deadline_s = port.now_s() + self._wait_s(request, port.line)
        while True:
            reply = self._host.receive(port.read_some(deadline_s))
            if reply is None and port.now_s() >= deadline_s:
                reply = self._host.drop()
                if reply is None:
                    break
            if reply is not None:
                self._spoken_s = self._clock()
                return reply
        self._await_quiet(port)
        if request.silence_tells:
            return b""
        if self._host.garbled_count > garbled_count:
            raise LinkGarbled(f"{port.name}: what comes is damaged: look at cable, baud rate and dialect")
        raise LinkTimeout(f"{port.name}: no reply: look whether the pump is on and listens")

    def _wait_s(self, request: Request, line: LineSettings) -> float:
        """How long a reply may take: the patience, and what request and longest reply need on the line."""
        bits_count = (len(request.data) + self._dialect.longest_reply_count) * BITS_PER_BYTE_COUNT
        patience_s = self._patience_s if request.patience_s is None else request.patience_s
        return patience_s + bits_count / line.baud

    def _take_in(self) -> None:
        """Take off the line what has come without being asked for, and count what is of no use."""
        if self._port is not None:
            stale = self._port.drain()
            if stale:
                self.counts.stale_count += self._host.settle(stale)

    def _await_quiet(self, port: Port) -> None:
        """Let the line come to rest, so that a late reply is not taken for the next one's."""
        limit_s = port.now_s() + QUIET_LIMIT_S
        while port.now_s() < limit_s:
            stale = port.read_some(min(limit_s, port.now_s() + QUIET_S))
            if not stale:
                return
            self.counts.stale_count += self._host.settle(stale)

    # ---------------------------------------------------------------- connecting

    def _connect(self) -> PumpIdentity:
        """Open the port and get to know the pump. What was uncertain stays so."""
        self._drop()
        known = self._host.identity
        try:
            self._port = self._opener()
            identity = self._greet()
            if known is not None and identity.serial != known.serial:
                raise WrongPeer(f"pump {identity.serial} answers where {known.serial} was: look at the cable")
            self._status()
            if self._watchdog_s and Capability.WATCHDOG in self.capabilities:
                self._ask(lambda: self._host.watch(self._watchdog_s))
            if self._wants_events and Capability.EVENTS in self.capabilities:
                self._row_number = self._ask(
                    lambda: self._host.subscribe(wanted=True, after_number=self._row_number)
                )
        except LinkError:
            self._lose()
            raise
        self._backoff_s = FIRST_BACKOFF_S
        return identity

    def _greet(self) -> PumpIdentity:
        where = "" if self._port is None else f"{self._port.name}: "
        name = self._dialect.name
        try:
            return self._ask(self._host.hello)
        except LinkGarbled as error:
            raise WrongPeer(
                f"{where}something answers, but not in {name}: look at dialect and baud rate"
            ) from error
        except LinkTimeout as error:
            raise LinkTimeout(
                f"{where}nothing answers in {name}: look at dialect and baud rate, and whether the pump is on"
            ) from error

    def _lose(self) -> None:
        """Give the port up, and say when it is tried again."""
        if self._port is not None:
            self.counts.lost_count += 1
        self._drop()
        self._try_due_s = self._clock() + self._backoff_s * (1.0 - JITTER_FRAC * self._chance.random())
        self._backoff_s = min(2.0 * self._backoff_s, LONGEST_BACKOFF_S)

    def _drop(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            port.close()

    def _draw_session(self) -> int:
        """Draw the number of a session: no two hosts, and no two starts of one, shall have the same."""
        return self._chance.randrange(1, 2**32)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Have the port to oneself."""
        if not self._lock.acquire(blocking=False):
            raise Busy("another exchange with this pump is under way: wait for its end")
        try:
            yield
        finally:
            self._lock.release()


def pump_at(url: str, dialect: Dialect, line: LineSettings | None = None, **options: Any) -> SerialPump:
    """Make a pump for the port at `url`, not yet connected; `options` are those of `SerialPump`."""
    return SerialPump(partial(open_port, url, line or dialect.line), dialect, **options)
