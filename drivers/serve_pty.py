"""The emulator on a pty: a serial port of this machine, under a name that stays.

What a pty can and cannot do (Linux):

- The side of the pump sees the client's baud; parity and seven data bits never stick, breaks are not seen.
- As long as nobody has the client's side open, reading fails and the system reports a hang-up, again and
  again; the emulator looks for a client every `LOOK_EVERY_S` then. What is sent to nobody is lost.
- To open a pty again with settings that do not stick (7E1) is refused, because nothing is changed by it.
  The emulator therefore keeps setting flags that mean nothing without echo; whoever opens the port raw
  clears them, and so has changed something.
- Nothing tells a second client from the first, and the system lets it in. A lock that we put on the port
  (TIOCEXCL) would not hold against root, and would keep out the next honest client as well, until we had made
  a new pty. So clients have to keep each other out: by a lock on the file (pyserial's `exclusive`, as our own
  driver has it), or by TIOCEXCL.
- That lock outlives the client that set it, because this side of the pty stays open, and only root can take
  it off again. Where that fails there is another pty behind the same link for the next client.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import termios
import tty
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from drivers.emulator import LineEnd
from drivers.transport import LineSettings
from drivers.uart import heard

LOOK_EVERY_S: Final = 0.01
READ_BYTES_COUNT: Final = 4096
BACKLOG_BYTES_COUNT: Final = 65536
"""So much may wait for a client that does not read; what comes after it is lost, as on a line."""

SPEEDS: Final[Mapping[int, int]] = MappingProxyType(
    {
        getattr(termios, name): int(name[1:])
        for name in dir(termios)
        if name.startswith("B") and name[1:].isdigit()
    }
)
"""Baud by the system's constant for it."""

MEANINGLESS: Final = termios.ECHOE | termios.ECHOK | termios.ECHOCTL | termios.ECHOKE
"""How to echo, where nothing is echoed."""

LOCAL, SPEED_IN, SPEED_OUT = 3, 4, 5
"""Places in what `termios.tcgetattr` returns."""


class PtyPort:
    """One pty with an emulator behind it, and at most one client before it.

    Args:
        end: What is served.
        moved: Is told where the port was and where it is from now on.
    """

    def __init__(
        self, end: LineEnd, moved: Callable[[str, str], None] = lambda _device, _new_device: None
    ) -> None:
        self._end = end
        self._moved = moved
        self._loop = asyncio.get_running_loop()
        self._poll = select.poll()
        self._fd, self.device = self._fresh()
        self.name = "the client"
        self._backlog = bytearray()
        self._look_again: asyncio.TimerHandle | None = None
        self._is_open = True
        self._is_on_the_line = False
        self._wait_for_a_client()

    def _fresh(self) -> tuple[int, str]:
        """Make a pty that nobody has open; returns our side of it, and the name of the client's."""
        fd, client_fd = os.openpty()
        device = os.ttyname(client_fd)
        tty.setraw(client_fd)
        os.close(client_fd)
        os.set_blocking(fd, False)
        self._poll.register(fd, select.POLLIN)
        return fd, device

    def _move(self) -> None:
        """Go on with another pty: this one is locked."""
        old_fd, old_device = self._fd, self.device
        self._fd, self.device = self._fresh()
        self._moved(old_device, self.device)
        self._poll.unregister(old_fd)
        os.close(old_fd)

    def close(self) -> None:
        """Unplug."""
        if not self._is_open:
            return
        self._is_open = False
        if self._look_again is not None:
            self._look_again.cancel()
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._end.disconnect(self)
        os.close(self._fd)

    # Whether somebody is there

    def _wait_for_a_client(self) -> None:
        """Leave the port so that the next client changes something by opening it."""
        settings = termios.tcgetattr(self._fd)
        speed = next((each for each, baud in SPEEDS.items() if baud == self._end.line.baud), None)
        if speed is not None:
            settings[SPEED_IN] = settings[SPEED_OUT] = speed
        self._mark(settings)
        self._look()

    def _mark(self, settings: list[Any]) -> None:
        settings[LOCAL] |= MEANINGLESS
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)

    def _nobody_is_there(self) -> bool:
        (found,) = self._poll.poll(0) or ((self._fd, 0),)
        return bool(found[1] & select.POLLHUP and not found[1] & select.POLLIN)

    def _look(self) -> None:
        if self._nobody_is_there():
            self._look_again = self._loop.call_later(LOOK_EVERY_S, self._look)
            return
        self._look_again = None
        self._is_on_the_line = self._end.connect(self) is None
        self._loop.add_reader(self._fd, self._read)

    def _client_left(self) -> None:
        self._loop.remove_reader(self._fd)
        self._loop.remove_writer(self._fd)
        self._backlog.clear()
        self._end.disconnect(self)
        if not unlocked(self.device) and self._nobody_is_there():
            self._move()
        self._wait_for_a_client()

    # Bytes

    def _read(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES_COUNT)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._client_left()
            return
        settings = termios.tcgetattr(self._fd)
        if not settings[LOCAL] & MEANINGLESS:
            self._mark(settings)
        if self._is_on_the_line:
            self._end.receive(heard(data, self._client_line(settings), self._end.line))

    def write(self, data: bytes) -> None:
        """Carry bytes of the line to the client, as its settings make it hear them."""
        is_waiting = bool(self._backlog)
        self._backlog += heard(data, self._end.line, self._client_line(termios.tcgetattr(self._fd)))
        del self._backlog[BACKLOG_BYTES_COUNT:]
        if not is_waiting and not self._send():
            self._loop.add_writer(self._fd, self._send_more)

    def _send_more(self) -> None:
        if self._send():
            self._loop.remove_writer(self._fd)

    def _send(self) -> bool:
        """Send what the client takes; says whether that was all."""
        with suppress(BlockingIOError):
            del self._backlog[: os.write(self._fd, self._backlog)]
        return not self._backlog

    def _client_line(self, settings: list[Any]) -> LineSettings:
        """The line with the client's baud; the rest does not show on a pty."""
        line = self._end.line
        baud = SPEEDS.get(settings[SPEED_OUT], line.baud)
        return line if baud == line.baud else replace(line, baud=baud)


def unlocked(device: str) -> bool:
    """Take off the lock that a client may have left on a port; says whether it has none now."""
    try:
        fd = os.open(device, os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return False
    fcntl.ioctl(fd, termios.TIOCNXCL)
    os.close(fd)
    return True


@asynccontextmanager
async def on_pty(end: LineEnd, link: Path) -> AsyncIterator[Path]:
    """Serve on a pty that `link` points to; at the end the link is gone.

    Raises:
        FileExistsError: something else is there under that name.
        OSError: the link cannot be made, or the system has no pty left.
    """
    port = PtyPort(end, partial(point_again, link))
    try:
        point(link, port.device)
        try:
            yield link
        finally:
            take_away(link, port.device)
    finally:
        port.close()


def point(link: Path, device: str) -> None:
    """Make `link` point to `device` in one go; a link that points to nothing any more may be replaced.

    So may one that points to `device` already: an emulator that was killed left it, and its number is ours.

    Raises:
        FileExistsError: a file, a folder or the link of somebody else is there.
        OSError: the link cannot be made.
    """
    if link.is_symlink() and str(link.readlink()) == device:
        return
    if link.exists() or (link.is_symlink() and not str(link.readlink()).startswith("/dev/pts/")):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(link))
    _replace(link, device)


def point_again(link: Path, device: str, new_device: str) -> None:
    """Make `link` point to `new_device`, if it still points to `device`."""
    with suppress(OSError):
        if str(link.readlink()) == device:
            _replace(link, new_device)


def _replace(link: Path, device: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(device)
    fresh.replace(link)


def take_away(link: Path, device: str) -> None:
    """Remove `link`, if it still points to `device`."""
    with suppress(OSError):
        if str(link.readlink()) == device:
            link.unlink()
