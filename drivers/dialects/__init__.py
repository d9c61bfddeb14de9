"""What a dialect is: both sides of a protocol, sans I/O.

A dialect knows bytes and rules, and nothing of ports, threads or clocks. Wall time comes in with every
call of the pump's side; the host's side needs none.

- `PumpSide` answers as a pump would, with a `PumpDevice` behind it. Emulators drive it.
- `HostSide` turns a question into requests and replies into an answer. `SerialPump` drives it.

Every dialect stands in a folder of its own: `frames.py`, `tables.py`, `host.py`, `pump.py`; all of them are
listed in `catalogue.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar, runtime_checkable

from drivers.transport import LineSettings
from pump.commands import Command
from pump.log import LogRow
from pump.panel import Panel
from pump.port import Outcome, PumpDevice, PumpStatus
from pump.program import Program

T = TypeVar("T")


class Capability(StrEnum):
    """What can be asked of a pump over a dialect."""

    STATUS = "status"
    PROGRAM_READ = "program_read"
    LOG = "log"
    PANEL = "panel"
    EVENTS = "events"
    WATCHDOG = "watchdog"
    RESOLVE = "resolve"
    POWER = "power"
    START = "start"
    STOP = "stop"
    PRIME = "prime"
    KEYS = "keys"
    SILENCE = "silence"
    ACKNOWLEDGE = "acknowledge"
    LOCK = "lock"
    PROGRAM_WRITE = "program_write"
    RESERVOIR = "reservoir"


@dataclass(frozen=True, slots=True, kw_only=True)
class PumpIdentity:
    """Who a pump says it is. What a dialect does not carry is empty."""

    maker: str = "Ambupump"
    model: str = "emulated pump"
    serial: str = "0"
    software: str = "0"


# ---------------------------------------------------------------- the pump's side


class PumpSide(Protocol):
    """A pump's end of the line. Every method returns the bytes that are to be sent now, perhaps none."""

    def receive(self, data: bytes, wall_s: float) -> bytes:
        """Take in what arrived; returns the answers. Never raises, whatever arrives."""
        ...

    def next_deadline_s(self) -> float:
        """When `wake` is to be called, in wall time; inf when no protocol timer runs."""
        ...

    def wake(self, wall_s: float) -> bytes:
        """Do what is due: an inter-byte time-out, a watchdog, a lease, frames that waited."""
        ...

    def on_change(self, wall_s: float) -> bytes:
        """Say what the pump says without being asked, now that something has changed."""
        ...

    def restart(self, wall_s: float) -> bytes:
        """Begin anew after the supply of the pump's electronics was gone: only what is kept survives."""
        ...


# ---------------------------------------------------------------- the host's side


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Something to send, and how it may be treated.

    `acts` says that it may change what the pump does: it is never sent twice, and without a reply nobody
    knows what came of it. `number` is its sequence number; None where the dialect has none. `patience_s` is
    how long the reply may take at most after the last byte is out; None: the driver's own figure. With
    `silence_tells` no reply is one as well: the talk is sent nothing, and goes on.
    """

    data: bytes
    acts: bool = False
    number: int | None = None
    patience_s: float | None = None
    silence_tells: bool = False


Talk = Generator[Request, bytes, T]
"""One question: it yields requests, is sent each one's reply, and returns the answer."""


class Verdict(StrEnum):
    """What became of a command that nobody was sure of."""

    DONE = "done"
    """The pump has dealt with it; the outcome says how."""
    NOT_DONE = "not done"
    """It never arrived, and will not be carried out if it still does."""
    UNKNOWN = "unknown"
    """The pump cannot tell: only its state can."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The pump's word on an uncertain command. `outcome` only with `Verdict.DONE`."""

    verdict: Verdict
    outcome: Outcome | None = None


class HostSide(Protocol):
    """A controller's end of the line.

    One request is outstanding at a time. `receive` is fed whatever arrives, in pieces of any size, and
    returns the reply to it as soon as it is whole.
    """

    @property
    def identity(self) -> PumpIdentity | None:
        """Who the pump said it is; None before `hello`."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What this very pump can be asked; after `hello`."""
        ...

    @property
    def heartbeat_s(self) -> float:
        """How often the pump wants to hear something, in wall time; inf where no watchdog runs."""
        ...

    @property
    def resumed(self) -> bool:
        """Whether the last `hello` went on with the session before it; where there are none, False."""
        ...

    @property
    def garbled_count(self) -> int:
        """How many bytes were no part of a whole frame, ever."""
        ...

    def hello(self) -> Talk[PumpIdentity]:
        """Find out who is there, and open or go on with a session. Changes nothing about delivery.

        Raises:
            WrongPeer: it speaks another version.
        """
        ...

    def send(self, command: Command) -> Talk[Outcome]:
        """Have a command carried out.

        Raises:
            NotAllowed: the dialect has no word for it.
        """
        ...

    def status(self) -> Talk[PumpStatus]:
        """Ask how the pump is."""
        ...

    def program(self) -> Talk[Program]:
        """Ask for the programme in force."""
        ...

    def log(self, after_number: int) -> Talk[tuple[LogRow, ...]]:
        """Ask for the rows of the log above `after_number`."""
        ...

    def panel(self) -> Talk[Panel]:
        """Ask what the front panel shows."""
        ...

    def watch(self, interval_s: float) -> Talk[float]:
        """Have the pump raise its alarm when it hears nothing for so long; 0: never. Returns what is set."""
        ...

    def subscribe(self, *, wanted: bool, after_number: int) -> Talk[int]:
        """Have new rows of the log sent as they are written, or no more.

        Those above `after_number` that are written already come first; FFFFFFFF: none of them. Returns the
        number above which rows are sent.
        """
        ...

    def heartbeat(self) -> Talk[None]:
        """Say something, so that the pump's watchdog is content."""
        ...

    def resolve(self, number: int) -> Talk[Resolution]:
        """Ask what became of the command `number`; one that never arrived is barred from now on."""
        ...

    def goodbye(self) -> Talk[None]:
        """End the session in good order: no watchdog, no events."""
        ...

    def receive(self, data: bytes) -> bytes | None:
        """Take in what arrived; returns the reply to the outstanding request once it is whole."""
        ...

    def settle(self, stale: bytes) -> int:
        """Take in what came before the next request goes out; says how many bytes of it were of no use.

        What the pump said without being asked is kept for `take_events`. A late reply is thrown away:
        whatever this is, it does not answer the request that is about to be sent.
        """
        ...

    def drop(self) -> bytes | None:
        """Give up a frame that was begun and does not go on; returns the reply if it was hidden behind it."""
        ...

    def take_events(self) -> tuple[LogRow, ...]:
        """Give what the pump said without being asked since the last call, oldest first."""
        ...


class Dialect(Protocol):
    """A protocol, as the console and the driver know it."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        ...

    @property
    def title(self) -> str:
        """One line for people."""
        ...

    @property
    def line(self) -> LineSettings:
        """How a serial line is set unless somebody says otherwise."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the dialect has words for; a pump may offer less."""
        ...

    @property
    def longest_reply_count(self) -> int:
        """No reply has more bytes: what they take on the line is waited for."""
        ...

    @property
    def tells_outcomes(self) -> bool:
        """Whether it comes back what became of a command, and why it was refused."""
        ...

    @property
    def read_only_by_default(self) -> bool:
        """Whether commands must be allowed expressly: the pump may be a clinical one."""
        ...

    def host(self, draw_session: Callable[[], int]) -> HostSide:
        """Make a controller's side. `draw_session` gives a fresh number of 32 bits, above 0."""
        ...

    def pump(self, device: PumpDevice, identity: PumpIdentity = ..., *, timers: bool = True) -> PumpSide:
        """Make the side of the pump `device`. Without `timers` no wall time counts: the host is gated."""
        ...


@runtime_checkable
class AddressedDialect(Dialect, Protocol):
    """A dialect in which several pumps share a line, each at an address of its own."""

    @property
    def addresses(self) -> range:
        """Which there are."""
        ...

    def at(self, address_no: int) -> Dialect:
        """Give the dialect as it is spoken with the pump at one of the `addresses`."""
        ...
