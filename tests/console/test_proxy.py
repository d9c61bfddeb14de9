"""`ambupump proxy`: a real process between a real client and an emulator on a socket."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import serial

from drivers.background import BackgroundLoop
from drivers.serve_tcp import on_tcp
from tests.drivers.shouting import emulator

PATIENCE_S = 20.0
LOCAL = "127.0.0.1"


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    with BackgroundLoop() as loop:
        yield loop


@pytest.fixture
def pump_url(background: BackgroundLoop) -> str:
    """Where a pump shouts back what it hears."""
    host, port_no = background.enter(on_tcp(background.enter(emulator()), LOCAL, 0))
    return f"socket://{host}:{port_no}"


@contextmanager
def proxy(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process and the URL that it says it is ready at; killed in the end, if need be."""
    with subprocess.Popen(
        [sys.executable, "-m", "console", "proxy", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready.startswith("ready: "), process.communicate(timeout=PATIENCE_S)
            yield process, ready.removeprefix("ready: ").strip()
        finally:
            process.kill()


def opened(url: str) -> serial.SerialBase:
    return serial.serial_for_url(url, baudrate=9600, timeout=PATIENCE_S)


def ended(process: subprocess.Popen[str], by: signal.Signals | None) -> tuple[int, str]:
    """Exit code and what was said to people."""
    if by is not None:
        process.send_signal(by)
    _, said = process.communicate(timeout=PATIENCE_S)
    return process.returncode, said


def test_what_the_script_says_happens_and_nothing_else(pump_url: str) -> None:
    with proxy("--port", pump_url, "--tcp", "0", "--faults", "drop reply byte 2") as (process, url):
        with opened(url) as port:
            port.write(b"hello")
            assert port.read(4) == b"HLLO"
            port.write(b"again")
            assert port.read(5) == b"AGAIN"
        code, said = ended(process, signal.SIGTERM)
    assert code == 0
    assert "s: drop reply byte 2, reply byte 2" in said


def test_a_replugged_port_is_found_again_behind_its_link(pump_url: str, tmp_path: Path) -> None:
    link = tmp_path / "pump0"
    faults = "replug request byte 3 for 50 ms"
    with proxy("--port", pump_url, "--pty", str(link), "--faults", faults) as (process, url):
        assert url == str(link)
        device = link.readlink()
        with opened(url) as port:
            port.write(b"ab")
            assert port.read(2) == b"AB"
            port.write(b"c")
            with pytest.raises(serial.SerialException):
                port.read(1)
        assert process.stderr is not None
        while "the port is back" not in process.stderr.readline():
            pass
        assert link.readlink() != device
        with opened(url) as port:
            port.write(b"d")
            assert port.read(1) == b"D"
        assert ended(process, signal.SIGTERM)[0] == 0
    assert not link.is_symlink()


def test_it_ends_with_the_pumps_port() -> None:
    with ExitStack() as stack:
        with BackgroundLoop() as pumps:
            host, port_no = pumps.enter(on_tcp(pumps.enter(emulator()), LOCAL, 0))
            process, _ = stack.enter_context(proxy("--port", f"socket://{host}:{port_no}", "--tcp", "0"))
        code, said = ended(process, None)
    assert code == 3
    assert "the port was lost" in said


def test_interrupting_it_is_no_failure(pump_url: str) -> None:
    with proxy("--port", pump_url, "--tcp", "0") as (process, _):
        assert ended(process, signal.SIGINT)[0] == 130


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tcp", "0", "--faults", "dorp"], "did you mean drop?"),
        (["--tcp", "0", "--faults", "power_cycle"], "nobody here can take the pump's power"),
        (["--tcp", "0", "--faults", "misaddress"], "have no address"),
        (["--tcp", "0", "--dialect", "morse"], "there is no dialect 'morse'"),
        (["--tcp", "nowhere"], "is no HOST:PORT"),
        ([], "give one place"),
    ],
)
def test_bad_input_is_one_clear_line(pump_url: str, arguments: list[str], told: str) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "console", "proxy", "--port", pump_url, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert asked.returncode == 2
    assert told in asked.stderr
    assert "Traceback" not in asked.stderr


def test_a_pump_that_is_not_there_is_told() -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "console", "proxy", "--port", "/dev/nothing-there", "--tcp", "0"],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert asked.returncode == 2
    assert "there is no such port" in asked.stderr
