"""The emulator on a pty, on TCP and on RFC 2217, with real clients; one of them in a process of its own."""

from __future__ import annotations

import asyncio
import fcntl
import os
import socket
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
import serial
from serial.rfc2217 import IAC, SB

from drivers.background import BackgroundLoop
from drivers.emulator import Emulator
from drivers.serve_pty import on_pty, point
from drivers.serve_rfc2217 import on_rfc2217
from drivers.serve_tcp import on_tcp
from tests.drivers.shouting import Device, Shouting, emulator

PATIENCE_S = 5.0
SHORT_S = 0.3
"""For what is not to come."""

LOCAL = "127.0.0.1"

ASK_FROM_OUTSIDE = """\
import sys, serial
with serial.serial_for_url(sys.argv[1], baudrate=9600, timeout=5, exclusive=True) as port:
    port.write(b"hello")
    sys.stdout.buffer.write(port.read(5))
"""


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def served(background: BackgroundLoop, told: list[str]) -> Emulator:
    return background.enter(emulator(told=told.append))


@pytest.fixture
def link(background: BackgroundLoop, served: Emulator, tmp_path: Path) -> Path:
    return background.enter(on_pty(served, tmp_path / "pump0"))


@pytest.fixture
def tcp(background: BackgroundLoop, served: Emulator) -> tuple[str, int]:
    return background.enter(on_tcp(served, LOCAL, 0))


@pytest.fixture
def telnet(background: BackgroundLoop, served: Emulator) -> tuple[str, int]:
    return background.enter(on_rfc2217(served, LOCAL, 0))


def opened(link: Path, baud: int = 9600, timeout_s: float = PATIENCE_S, **more: object) -> serial.Serial:
    return serial.Serial(str(link), baud, timeout=timeout_s, exclusive=True, **more)  # type: ignore[arg-type]


def remote(place: tuple[str, int], baud: int = 9600, timeout_s: float = PATIENCE_S) -> serial.SerialBase:
    return serial.serial_for_url(f"rfc2217://{place[0]}:{place[1]}", baudrate=baud, timeout=timeout_s)


TIOCGEXCL = 0x80045440
"""Linux's own: whether a terminal is locked [asm-generic/ioctls.h]; Python has no name for it."""


def is_locked(port: serial.Serial) -> bool:
    return bool(int.from_bytes(fcntl.ioctl(port.fileno(), TIOCGEXCL, bytes(4)), sys.byteorder))


def until(background: BackgroundLoop, holds: Callable[[], bool]) -> None:
    """Let the loop run until something holds; bounded."""

    async def wait() -> None:
        while not holds():  # noqa: ASYNC110 - of what is asked nobody tells
            await asyncio.sleep(0.001)

    background.call(asyncio.wait_for(wait(), PATIENCE_S))


class TestPty:
    def test_a_client_in_another_process_hears_its_answer(self, link: Path) -> None:
        asked = subprocess.run(
            [sys.executable, "-c", ASK_FROM_OUTSIDE, str(link)], capture_output=True, check=True, timeout=30
        )
        assert asked.stdout == b"HELLO"

    def test_one_client_after_the_other(self, link: Path) -> None:
        for _ in range(3):
            with opened(link) as port:
                port.write(b"hello")
                assert port.read(5) == b"HELLO"

    def test_the_wrong_baud_garbles_and_the_right_one_mends(self, link: Path) -> None:
        with opened(link, 19200, SHORT_S) as port:
            port.write(b"hello")
            received = port.read(100)
            assert received
            assert b"HELLO" not in received
            port.baudrate = 9600
            port.timeout = PATIENCE_S
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_seven_bits_with_parity_can_be_opened_again(
        self, link: Path, background: BackgroundLoop, told: list[str]
    ) -> None:
        """Settings that a pty does not take: without care the second open fails with EINVAL."""
        for count in range(1, 4):
            with opened(link, bytesize=7, parity="E") as port:
                port.write(b"hello")
                assert port.read(5) == b"HELLO"
            until(background, lambda count=count: told.count("the client gone") == count)  # type: ignore[misc]

    def test_seven_bits_with_parity_can_be_opened_again_before_anyone_noticed(self, link: Path) -> None:
        for _ in range(20):
            with opened(link, bytesize=7, parity="E") as port:
                port.write(b"hello")
                assert port.read(5) == b"HELLO"

    def test_what_was_said_to_nobody_is_lost(
        self, background: BackgroundLoop, tmp_path: Path, told: list[str]
    ) -> None:
        device = Device()
        made = background.enter(emulator((device, Shouting()), told=told.append))
        link = background.enter(on_pty(made, tmp_path / "pump0"))
        with opened(link) as port:
            port.write(b"not read")
            until(background, lambda: port.in_waiting == 8)
        until(background, lambda: "the client gone" in told)
        background.call(_now(device.changed))
        with opened(link) as port:
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_what_was_sent_before_leaving_arrives(
        self, background: BackgroundLoop, tmp_path: Path, told: list[str]
    ) -> None:
        side = Shouting()
        made = background.enter(emulator((Device(), side), told=told.append))
        link = background.enter(on_pty(made, tmp_path / "pump0"))
        with opened(link) as port:
            port.write(b"good bye")
        until(background, lambda: b"".join(data for _, data in side.heard) == b"good bye")

    def test_a_client_that_does_not_read_costs_no_more_than_so_much(
        self, background: BackgroundLoop, link: Path
    ) -> None:
        with opened(link, timeout_s=SHORT_S) as port:
            for _ in range(40):
                port.write(b"x" * 4000)
            port.reset_input_buffer()
            while port.read(65536):
                pass
            port.timeout = PATIENCE_S
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_who_locked_the_port_and_left_keeps_nobody_out(
        self, link: Path, background: BackgroundLoop, told: list[str]
    ) -> None:
        """Whoever runs this: root takes the lock off, anybody else gets another pty behind the link."""
        with opened(link) as port:
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
            port.write(b"hello")
            assert port.read(5) == b"HELLO"
        until(background, lambda: "the client gone" in told)
        with opened(link) as port:
            assert not is_locked(port)
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_where_a_lock_cannot_be_taken_off_there_is_another_pty(
        self, link: Path, background: BackgroundLoop, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("drivers.serve_pty.unlocked", lambda _device: False)
        devices = [link.readlink()]
        for count in range(1, 4):
            with opened(link) as port:
                port.write(b"hello")
                assert port.read(5) == b"HELLO"
            until(background, lambda count=count: told.count("the client gone") == count)  # type: ignore[misc]
            until(background, lambda: link.readlink() != devices[-1])
            devices.append(link.readlink())
        assert [each.name for each in link.parent.iterdir()] == [link.name]

    def test_a_lock_of_the_next_client_is_none_of_the_last_ones(
        self, link: Path, background: BackgroundLoop, told: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        came: list[serial.Serial] = []

        def somebody_is_quicker(device: str) -> bool:
            came.append(serial.Serial(device, 9600, timeout=PATIENCE_S))
            return False

        monkeypatch.setattr("drivers.serve_pty.unlocked", somebody_is_quicker)
        device = link.readlink()
        with opened(link) as port:
            port.write(b"hello")
            assert port.read(5) == b"HELLO"
        until(background, lambda: told.count("the client connected") == 2)
        monkeypatch.undo()
        with came[0] as port:
            port.write(b"hello")
            assert port.read(5) == b"HELLO"
        assert link.readlink() == device

    def test_at_the_end_the_link_is_gone_and_the_port_is_dead(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        with BackgroundLoop() as loop:
            loop.enter(on_pty(loop.enter(emulator()), link))
            port = opened(link)
        assert not link.is_symlink()
        with closing(port), pytest.raises((serial.SerialException, OSError)):
            port.read(1)

    def test_a_link_of_somebody_else_is_left_alone_at_the_end(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        with BackgroundLoop() as loop:
            loop.enter(on_pty(loop.enter(emulator()), link))
            link.unlink()
            link.symlink_to("/dev/pts/elsewhere")
        assert str(link.readlink()) == "/dev/pts/elsewhere"


class TestLink:
    def test_a_link_that_points_to_nothing_any_more_is_replaced(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        link.symlink_to("/dev/pts/99999")
        point(link, "/dev/pts/98")
        assert str(link.readlink()) == "/dev/pts/98"
        assert [each.name for each in tmp_path.iterdir()] == ["pump0"]

    def test_a_link_left_behind_may_point_to_the_very_port_that_is_new(self, tmp_path: Path) -> None:
        """The system gives a number again as soon as it is free: so it is after an emulator was killed."""
        fds = os.openpty()
        link = tmp_path / "pump0"
        device = os.ttyname(fds[1])
        try:
            link.symlink_to(device)
            point(link, device)
            assert str(link.readlink()) == device
        finally:
            for fd in fds:
                os.close(fd)

    @pytest.mark.parametrize("there", ["file", "folder", "live", "elsewhere"])
    def test_nothing_else_is_replaced(self, tmp_path: Path, there: str) -> None:
        link = tmp_path / "pump0"
        match there:
            case "file":
                link.write_text("mine")
            case "folder":
                link.mkdir()
            case "live":
                link.symlink_to("/dev/null")
            case _:
                link.symlink_to(tmp_path / "not there")
        with pytest.raises(FileExistsError):
            point(link, "/dev/pts/98")

    def test_a_folder_that_is_not_there_is_an_error(self, background: BackgroundLoop, tmp_path: Path) -> None:
        fds_count = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").is_dir() else 0  # noqa: PTH208
        made = background.enter(emulator())
        with pytest.raises(FileNotFoundError):
            background.enter(on_pty(made, tmp_path / "no" / "pump0"))
        if fds_count:
            assert len(os.listdir("/proc/self/fd")) == fds_count  # noqa: PTH208


class TestTcp:
    def test_a_client_hears_its_answer(self, tcp: tuple[str, int]) -> None:
        with socket.create_connection(tcp, PATIENCE_S) as link:
            link.sendall(b"hello")
            assert link.recv(100) == b"HELLO"

    def test_a_second_client_is_told_why_and_turned_away(self, tcp: tuple[str, int]) -> None:
        with socket.create_connection(tcp, PATIENCE_S) as first:
            first.sendall(b"hello")
            assert first.recv(100) == b"HELLO"
            with socket.create_connection(tcp, PATIENCE_S) as second, second.makefile("rb") as heard:
                words = heard.read()
                name = f"{first.getsockname()[0]}:{first.getsockname()[1]}"
                assert words.startswith(f"ambupump: busy: {name} is connected".encode())
            first.sendall(b"still here")
            assert first.recv(100) == b"STILL HERE"

    def test_the_next_client_gets_the_line(
        self, tcp: tuple[str, int], background: BackgroundLoop, told: list[str]
    ) -> None:
        for count in range(1, 4):
            with socket.create_connection(tcp, PATIENCE_S) as link:
                link.sendall(b"hello")
                assert link.recv(100) == b"HELLO"
            until(background, lambda count=count: sum("gone" in each for each in told) == count)  # type: ignore[misc]

    def test_a_client_that_does_not_read_costs_no_more_than_so_much(
        self, tcp: tuple[str, int], served: Emulator
    ) -> None:
        with socket.create_connection(tcp, PATIENCE_S) as link:
            link.settimeout(SHORT_S)
            sent_count = 0
            with suppress(TimeoutError):
                for _ in range(300):
                    link.sendall(b"x" * 65536)
                    sent_count += 65536
            assert sent_count == 65536 * 300  # it goes on reading, and drops what nobody takes
        with socket.create_connection(tcp, PATIENCE_S) as link:
            pass

    def test_at_the_end_connections_are_ended(self) -> None:
        with BackgroundLoop() as loop:
            place = loop.enter(on_tcp(loop.enter(emulator()), LOCAL, 0))
            link = socket.create_connection(place, PATIENCE_S)
            link.sendall(b"hello")
            assert link.recv(100) == b"HELLO"
        with closing(link):
            with suppress(ConnectionError):
                assert link.recv(100) == b""
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(place, PATIENCE_S)

    def test_who_connects_at_the_very_end_is_not_forgotten(self) -> None:
        for _ in range(10):
            with BackgroundLoop() as loop:
                place = loop.enter(on_tcp(loop.enter(emulator()), LOCAL, 0))
                link = socket.create_connection(place, PATIENCE_S)
            with closing(link), suppress(ConnectionError):
                link.settimeout(PATIENCE_S)
                assert link.recv(100) == b""

    def test_an_address_in_use_is_an_error(
        self, background: BackgroundLoop, served: Emulator, tcp: tuple[str, int]
    ) -> None:
        with pytest.raises(OSError, match="in use"):
            background.enter(on_tcp(served, *tcp))


class TestRfc2217:
    def test_a_client_hears_its_answer_escapes_included(self, telnet: tuple[str, int]) -> None:
        with remote(telnet) as port:
            port.write(b"hello\xff")
            assert port.read(6) == b"HELLO\xff"

    def test_the_wrong_baud_garbles_and_the_right_one_mends(self, telnet: tuple[str, int]) -> None:
        with remote(telnet, 19200, SHORT_S) as port:
            port.write(b"hello")
            received = port.read(100)
            assert received
            assert b"HELLO" not in received
            port.baudrate = 9600
            port.timeout = PATIENCE_S
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_seven_bits_lose_the_eighth_on_the_way(self, telnet: tuple[str, int]) -> None:
        with remote(telnet) as port:
            port.bytesize = 7
            port.parity = "E"
            # C (0x43) arrives with its parity as 0xC3, which is no letter, comes back as it is, and loses it.
            port.write(b"AC")
            assert port.read(2) == b"AC"

    def test_during_a_break_nothing_arrives(self, telnet: tuple[str, int]) -> None:
        with remote(telnet, timeout_s=SHORT_S) as port:
            port.break_condition = True
            port.write(b"hello")
            assert port.read(5) == b""
            port.break_condition = False
            port.timeout = PATIENCE_S
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    @pytest.mark.parametrize(
        "breach",
        [
            IAC + SB + b"x" * 100_000,
            b"\xff\xfa\x2c\x03\x63\xff\xf0",  # a parity that there is not
            b"\xff\xfa\x2c\x01\x00\xff\xf0",  # a baud of one byte
            b"\xff\xf0",  # an end without a beginning
        ],
    )
    def test_who_breaks_the_protocol_is_hung_up_on(
        self, breach: bytes, telnet: tuple[str, int], background: BackgroundLoop, told: list[str]
    ) -> None:
        with socket.create_connection(telnet, PATIENCE_S) as link:
            with suppress(ConnectionError):
                link.sendall(breach)
                while link.recv(65536):
                    pass
            until(background, lambda: any("gone" in each for each in told))
        with remote(telnet) as port:
            port.write(b"hello")
            assert port.read(5) == b"HELLO"

    def test_a_second_client_is_turned_away(self, telnet: tuple[str, int]) -> None:
        with (
            remote(telnet),
            socket.create_connection(telnet, PATIENCE_S) as second,
            second.makefile("rb") as heard,
        ):
            assert b"one client at a time" in heard.read()


async def _now(do: Callable[[], None]) -> None:
    do()
