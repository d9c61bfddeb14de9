"""Ports: bytes to and from the far end of a line, with a deadline for everything.

`open_port` opens whatever pyserial has an address for; nothing else in the project knows pyserial, so that
another library could take its place. The bytes of devices and sockets go straight by their descriptors.
Whatever goes wrong is one of our own errors, with the remedy in it.
`MemoryPair` is a null modem between two ends in one process.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

import serial
from serial.tools import list_ports

from drivers.errors import DriverError, LinkDown, LinkTimeout

try:
    from termios import error as _termios_error
except ImportError:  # pragma: no cover - a system without terminals
    _termios_error = OSError  # type: ignore[assignment,misc]

SLICE_S: Final = 0.02
"""Where a port has no file descriptor to wait on, it is asked this often."""

WRITE_LIMIT_S: Final = 1.0
"""A far end that takes nothing for this long is not there."""

CONNECT_LIMIT_S: Final = 5.0
"""A host that does not let anybody in within this time is not reached."""

HAS_DESCRIPTORS: Final = os.name == "posix"
"""Whether devices and sockets are read and written as files are."""

DRAIN_LIMIT_COUNT: Final = 65536
"""A line that babbles is not drained for ever."""

READ_COUNT: Final = 4096

TURNED_AWAY: Final = b"ambupump: "
"""What an emulator says to whoever it does not let on the line, with the reason behind it, and hangs up."""

LONGEST_REASON_COUNT: Final = 200

CLOSED: Final = -1
"""Instead of the descriptor of a port that was let go of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSettings:
    """How a serial line is set: bits per second, data bits, parity, stop bits. No flow control.

    `parity` is N, E, O, M or S.
    """

    baud: int
    data_bits: int = 8
    parity: str = "N"
    stop_bits: float = 1


class Port(Protocol):
    """One end of a line.

    Every method raises `LinkDown` when the line is gone. `deadline_s` is a time of the port's own clock,
    which never goes back.
    """

    @property
    def name(self) -> str:
        """What the port is called, for people."""
        ...

    @property
    def line(self) -> LineSettings:
        """How the line is set at this end."""
        ...

    def now_s(self) -> float:
        """The port's clock."""
        ...

    def write(self, data: bytes) -> None:
        """Send bytes.

        Raises:
            LinkTimeout: the far end does not take them.
        """
        ...

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes until `deadline_s`; returns what is there, or nothing when time is over."""
        ...

    def drain(self) -> bytes:
        """Take what has arrived already, without waiting."""
        ...

    def close(self) -> None:
        """Let go of the line. A closed port may be closed again."""
        ...


# ---------------------------------------------------------------- descriptors


class DescriptorPort:
    """A device or a socket: its bytes go straight by its file descriptor, with one wait for each piece.

    Args:
        descriptor_no: The descriptor. It never blocks.
        name: What the port is called.
        line: How the line is set.
        let_go: Closes it.
    """

    def __init__(self, descriptor_no: int, name: str, line: LineSettings, let_go: Callable[[], None]) -> None:
        self._fd = descriptor_no
        self._name = name
        self._line = line
        self._let_go = let_go
        self._last = b""

    @property
    def name(self) -> str:
        """The address it was opened by."""
        return self._name

    @property
    def line(self) -> LineSettings:
        """How the line is set at this end."""
        return self._line

    def now_s(self) -> float:
        """The system's monotonic clock."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        end_s = time.monotonic() + WRITE_LIMIT_S
        while True:
            try:
                data = data[os.write(self._fd, data) :]
            except BlockingIOError:
                pass
            except OSError as error:
                raise self._lost(error) from error
            if not data:
                return
            _, ready, _ = select.select((), (self._fd,), (), max(0.0, end_s - time.monotonic()))
            if not ready:
                raise LinkTimeout(_full_text(self._name))

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes until `deadline_s`."""
        try:
            ready, _, _ = select.select((self._fd,), (), (), max(0.0, deadline_s - time.monotonic()))
            data = os.read(self._fd, READ_COUNT) if ready else b""
        except (OSError, ValueError) as error:  # a closed descriptor is a bad value to wait on
            raise self._lost(error) from error
        if ready and not data:
            raise self._lost(OSError("the far end hung up"))
        self._last = (self._last + data)[-LONGEST_REASON_COUNT:]
        return data

    def _lost(self, error: Exception) -> LinkDown:
        """Say that the port was lost, and by what; whoever was turned away hears why."""
        _, said, reason = self._last.rpartition(TURNED_AWAY)
        if said:
            return LinkDown(f"{self._name}: {reason.decode(errors='replace').strip()}: end that one first")
        return LinkDown(_lost_text(self._name, error))

    def drain(self) -> bytes:
        """Take what has arrived already."""
        return _drained(self)

    def close(self) -> None:
        """Let go of the line; its descriptor may be somebody else's from now on."""
        self._fd = CLOSED
        with suppress(OSError, _termios_error):
            self._let_go()


def _drained(port: Port) -> bytes:
    """Read until nothing is there, but not for ever."""
    found = b""
    while len(found) < DRAIN_LIMIT_COUNT:
        data = port.read_some(0.0)
        if not data:
            break
        found += data
    return found


# ---------------------------------------------------------------- pyserial


class SerialPort:
    """A port of pyserial that has no descriptor, or whose library wants to see every byte."""

    def __init__(self, far: serial.Serial, name: str, line: LineSettings) -> None:
        self._far = far
        self._name = name
        self._line = line
        self._descriptor_no = _descriptor(far)
        if self._descriptor_no is None:
            far.timeout = SLICE_S

    @property
    def name(self) -> str:
        """The address it was opened by."""
        return self._name

    @property
    def line(self) -> LineSettings:
        """How the line is set at this end."""
        return self._line

    def now_s(self) -> float:
        """The system's monotonic clock."""
        return time.monotonic()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with _own_errors(self._name, lost=True):
            self._far.write(data)

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes until `deadline_s`."""
        with _own_errors(self._name, lost=True):
            if self._descriptor_no is None:
                return self._read_by_slices(deadline_s)
            wait_s = max(0.0, deadline_s - time.monotonic())
            ready, _, _ = select.select((self._descriptor_no,), (), (), wait_s)
            return self._far.read(READ_COUNT) if ready else b""

    def drain(self) -> bytes:
        """Take what has arrived already."""
        return _drained(self)

    def close(self) -> None:
        """Let go of the line, whatever state it is in."""
        with suppress(OSError, _termios_error):
            self._far.close()

    def _read_by_slices(self, deadline_s: float) -> bytes:
        """Ask again and again: the library's own waiting lasts one slice at most."""
        while True:
            waiting_count = self._far.in_waiting
            if waiting_count:
                return self._far.read(min(waiting_count, READ_COUNT))
            if time.monotonic() >= deadline_s:
                return b""
            data = self._far.read(1)
            if data:
                return data


def open_port(url: str, line: LineSettings) -> Port:
    """Open a port by its address: a device, `socket://`, `rfc2217://`, `loop://`, `spy://`.

    A device is opened for this process alone.

    Raises:
        LinkDown: it cannot be opened; the text says why, and what would help.
    """
    if url.startswith(("socket://", "rfc2217://")) and not _has_port(url):
        raise LinkDown(f"{url}: cannot be opened (no port in it): give host and port, as 127.0.0.1:5000")
    with _own_errors(url, lost=False):
        if url.startswith("socket://") and HAS_DESCRIPTORS:
            return _connected(url, line)
        far = serial.serial_for_url(
            url,
            do_not_open=True,
            baudrate=line.baud,
            bytesize=line.data_bits,
            parity=line.parity,
            stopbits=line.stop_bits,
            timeout=0.0,  # who waits is `SerialPort`, and for no longer than the deadline
            write_timeout=None if url.startswith("rfc2217://") else WRITE_LIMIT_S,  # it has none
        )
        if "://" not in url:
            far.exclusive = True
        far.open()
    if type(far) is serial.Serial and HAS_DESCRIPTORS:
        return DescriptorPort(far.fileno(), url, line, far.close)
    return SerialPort(far, url, line)


def _connected(url: str, line: LineSettings) -> DescriptorPort:
    """Connect to a socket. The library would wait for 0.3 s at every closing."""
    address = urlsplit(url)
    link = socket.create_connection((address.hostname or "", address.port or 0), CONNECT_LIMIT_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.setblocking(False)
    return DescriptorPort(link.fileno(), url, line, link.close)


def _has_port(url: str) -> bool:
    try:
        return urlsplit(url).port is not None
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPort:
    """A serial port of this machine. `url` is the name that stays when others are plugged in or out."""

    url: str
    device: str
    description: str
    serial: str


def discover() -> tuple[FoundPort, ...]:
    """List the serial ports of this machine, USB first, each by its most stable name."""
    stable = _stable_names()
    ports = sorted(list_ports.comports(), key=lambda each: (each.vid is None, each.device))
    return tuple(
        FoundPort(
            url=stable.get(os.path.realpath(each.device), each.device),
            device=each.device,
            description=each.description or "",
            serial=each.serial_number or "",
        )
        for each in ports
    )


def _stable_names() -> dict[str, str]:
    folder = Path("/dev/serial/by-id")
    if not folder.is_dir():
        return {}
    return {os.path.realpath(link): str(link) for link in sorted(folder.iterdir())}


def _descriptor(far: serial.Serial) -> int | None:
    """The file descriptor that can be waited on, where there is one."""
    try:
        return far.fileno()
    except (OSError, AttributeError):
        return None


@contextmanager
def _own_errors(name: str, *, lost: bool) -> Iterator[None]:
    """Turn whatever a port raises into one of our own errors."""
    try:
        yield
    except DriverError:
        raise
    except serial.SerialTimeoutException as error:
        raise LinkTimeout(_full_text(name)) from error
    except (OSError, ValueError, TypeError, AttributeError, _termios_error) as error:
        raise LinkDown(_lost_text(name, error) if lost else _unopened_text(name, error)) from error


def _full_text(name: str) -> str:
    return f"{name}: the far end takes nothing: see whether the pump is on"


def _lost_text(name: str, error: BaseException) -> str:
    return f"{name}: the port was lost ({_why(error)}): look at the plug, then connect again"


def _unopened_text(name: str, error: BaseException) -> str:
    number = _errno(error)
    remedy = _REMEDIES.get(number) if number is not None else None
    if remedy is None and number is not None and number < 0:
        remedy = "there is no host of that name: look at it, or give its number"
    if number is None and name.startswith("rfc2217://") and isinstance(error, serial.SerialException):
        # Whoever is turned away there hears nothing, or a hang-up that the library takes for silence.
        remedy = "RFC 2217 is not spoken there, or another program has it: end that one first"
    if remedy is None and isinstance(error, ValueError):
        remedy = "look at the address: a device, socket://, rfc2217://, loop:// or spy://"
    return f"{name}: cannot be opened ({_why(error)}): {remedy or 'look at the name and the plug'}"


_REMEDIES: Final = {
    errno.ENOENT: "there is no such port: look at the plug and the name",
    errno.ENXIO: "nothing is plugged in there: look at the plug",
    errno.ENODEV: "nothing is plugged in there: look at the plug",
    errno.EACCES: "join the group that may use it (often dialout), then log in again",
    errno.EPERM: "join the group that may use it (often dialout), then log in again",
    errno.EBUSY: "another program has it: end that one first",
    errno.EAGAIN: "another program has it: end that one first",
    errno.ENOTTY: "that is no serial port: look at the name",
    errno.EINVAL: "the port does not take these line settings: look at baud rate, data bits and parity",
    errno.ECONNREFUSED: "nobody listens there: start the emulator, or look at host and port",
    errno.EHOSTUNREACH: "that host is not reached: look at the network",
    errno.ETIMEDOUT: "that host does not answer: look at the network",
    errno.EPIPE: "the far end hung up at once: perhaps another program has it, end that one first",
    errno.ECONNRESET: "the far end hung up at once: perhaps another program has it, end that one first",
}
"""What helps against what a system says."""


def _errno(error: BaseException) -> int | None:
    """The system's number of what went wrong, of the error itself or of what caused it."""
    seen: BaseException | None = error
    while seen is not None:
        number = seen.args[0] if isinstance(seen, _termios_error) and seen.args else None
        if isinstance(seen, OSError):
            number = seen.errno
        if isinstance(number, int):
            return number
        seen = seen.__cause__ or seen.__context__
    return None


def _why(error: BaseException) -> str:
    """What went wrong, on one line and without the port's name."""
    number = _errno(error)
    if number is not None and number < 0:  # of the resolver of names, not of the system
        return "unknown host"
    if number is not None:
        return os.strerror(number)
    return " ".join(str(error).split()) or type(error).__name__


# ---------------------------------------------------------------- memory


Wait = Callable[[float], None]


class MemoryPort:
    """One end of a `MemoryPair`.

    Attributes:
        heard: Is called with what arrives here, in the thread of whoever writes; None: it waits to be read.
    """

    def __init__(self, name: str, line: LineSettings, clock: Callable[[], float], wait: Wait | None) -> None:
        self._name = name
        self._line = line
        self._clock = clock
        self._wait = wait
        self._arrived = threading.Condition()
        self._inbox = bytearray()
        self._is_open = True
        self.heard: Callable[[bytes], None] | None = None
        self.far: MemoryPort | None = None

    @property
    def name(self) -> str:
        """What the port is called."""
        return self._name

    @property
    def line(self) -> LineSettings:
        """How the line is set at this end."""
        return self._line

    def now_s(self) -> float:
        """The pair's clock."""
        return self._clock()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._check_open()
        if self.far is not None:
            self.far.arrive(data)

    def _check_open(self) -> None:
        if not self._is_open or (self.far is not None and not self.far._is_open):  # noqa: SLF001 - the other end
            raise LinkDown(f"{self._name}: the port was lost: connect again")

    def arrive(self, data: bytes) -> None:
        """Take what comes over the line."""
        if self.heard is not None:
            self.heard(data)
            return
        with self._arrived:
            self._inbox += data
            self._arrived.notify_all()

    def read_some(self, deadline_s: float) -> bytes:
        """Wait for bytes until `deadline_s`."""
        while True:
            with self._arrived:
                if self._inbox:
                    data = bytes(self._inbox)
                    self._inbox.clear()
                    return data
                self._check_open()
                left_s = deadline_s - self._clock()
                if left_s <= 0.0:
                    return b""
                if self._wait is None:
                    self._arrived.wait(left_s)
                    continue
            self._wait(deadline_s)

    def drain(self) -> bytes:
        """Take what has arrived already."""
        with self._arrived:
            data = bytes(self._inbox)
            self._inbox.clear()
        if not data:
            self._check_open()
        return data

    def close(self) -> None:
        """Let go of the line."""
        self._is_open = False
        with self._arrived:
            self._arrived.notify_all()
        if self.far is not None:
            with self.far._arrived:  # noqa: SLF001 - the other end
                self.far._arrived.notify_all()  # noqa: SLF001


class MemoryPair:
    """A null modem: what one end writes, the other reads.

    Args:
        line: How both ends are set.
        clock: The time of both ends.
        wait: Lets time go on to a deadline, or to the next arrival before it; None: real time does.
    """

    def __init__(
        self,
        line: LineSettings,
        clock: Callable[[], float] = time.monotonic,
        wait: Wait | None = None,
    ) -> None:
        self.host = MemoryPort("memory (host)", line, clock, wait)
        self.pump = MemoryPort("memory (pump)", line, clock, wait)
        self.host.far, self.pump.far = self.pump, self.host
