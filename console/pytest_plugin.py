"""The pytest plugin: a pump for tests, emulated or real. It does nothing unless it is asked.

It comes with the program. `emulated_pump` gives a test a pump on a port of its own:

    def test_my_host(emulated_pump):
        host = MyHost(emulated_pump.url)
        ...
        emulated_pump.do("clamp", where="downstream")
        emulated_pump.let_pass(3600.0)
        emulated_pump.disturb("drop reply 1; power_cycle at 2 s for 1 s")

`pump_rig` and `pump_port` are the pump that the command line names with `--pump-url`; without it, tests that
ask for them are skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from console.emulated import Emulated
    from console.hil import RealRig
    from drivers.dialects import Dialect
    from pump.port import PumpPort

OUR_DIALECT = "ambupump"
LEAVE_OUT = "no"
"""What a person types who cannot or will not do what is asked for."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that name a pump."""
    group = parser.getgroup("ambupump", "a pump under test (never with a person at the other end)")
    group.addoption("--pump-url", metavar="URL", help="the port of the pump: a device, socket://, rfc2217://")
    group.addoption(
        "--pump-dialect", metavar="D", default=OUR_DIALECT, help="what it speaks [default: %(default)s]"
    )
    group.addoption("--pump-baud", metavar="N", type=int, help="bits per second [default: the dialect's]")
    group.addoption("--pump-code", metavar="CODE", help="the code that opens its keyboard")
    group.addoption(
        "--pump-allow-control",
        action="store_true",
        help="send commands, and have it start: without, it is only asked",
    )


class PortedPump:
    """An emulated pump on a port: `url` is what a host opens; `do` and `let_pass` are what happens to it."""

    def __init__(self, pump: Emulated, url: str) -> None:
        self._pump = pump
        self.url = url

    def do(self, verb: str, **params: str | float | bool) -> None:
        """Carry out a step of the scenario language now, as `do("clamp", where="downstream")`."""
        self._pump.do(verb, **params)

    def let_pass(self, span_s: float) -> None:
        """Let so much of the pump's time pass at once."""
        self._pump.let_pass(span_s)

    def disturb(self, faults: str) -> None:
        """Let happen on its line from now on what a script says, as `disturb("lose_reply 1")`."""
        self._pump.disturb(faults)


@pytest.fixture
def emulated_pump(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PortedPump]:
    """A pump on a pty that speaks `--pump-dialect`: primed, stopped, with a 7-day bag."""
    from console.hil import emulated_pump as emulated

    with emulated("pty", _dialect(request.config), tmp_path) as (pump, url):
        yield PortedPump(pump, url)


@pytest.fixture(scope="session")
def pump_rig(request: pytest.FixtureRequest) -> Iterator[RealRig]:
    """The pump at `--pump-url` with everything around it; hands are asked for at the terminal."""
    config = request.config
    url = config.getoption("--pump-url")
    if url is None:
        pytest.skip("no pump: give --pump-url URL")
    from console.hil import RealRig

    dialect = _dialect(config)
    baud = config.getoption("--pump-baud")
    rig = RealRig(
        url,
        dialect,
        dialect.line if baud is None else replace(dialect.line, baud=baud),
        _asker(config),
        allow_control=bool(config.getoption("--pump-allow-control")),
        nurse_code=config.getoption("--pump-code"),
    )
    try:
        yield rig
    finally:
        rig.port.close()


@pytest.fixture
def pump_port(pump_rig: RealRig) -> PumpPort:
    """The pump at `--pump-url`."""
    return pump_rig.port


def _dialect(config: pytest.Config) -> Dialect:
    from drivers.dialects.catalogue import DIALECTS, dialect_named

    name = config.getoption("--pump-dialect")
    if name not in DIALECTS:
        raise pytest.UsageError(f"there is no dialect {name!r}; there are {', '.join(DIALECTS)}")
    return dialect_named(name)


def _asker(config: pytest.Config) -> Callable[[str], None]:
    """Ask at the terminal, whatever pytest does with the output meanwhile."""

    def ask(what: str) -> None:
        capture = config.pluginmanager.getplugin("capturemanager")
        if capture is None:
            _wait_for_hands(what)
            return
        capture.suspend(in_=True)
        try:
            _wait_for_hands(what)
        finally:
            capture.resume()

    return ask


def _wait_for_hands(what: str) -> None:
    try:
        answer = input(f"\n>>> {what}\n    Press Enter when that is done; type {LEAVE_OUT} to leave it out. ")
    except EOFError:
        pytest.skip(f"nobody is there to be asked: {what}")
    if answer.strip().lower() == LEAVE_OUT:
        pytest.skip(f"left out by hand: {what}")
