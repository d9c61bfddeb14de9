"""`ambupump emulate`: what happens beneath, where it is served, and how it ends. Clients are real."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from math import inf
from pathlib import Path

import click
import pytest
import serial

from console.behind import beneath
from console.cli import run
from console.places import Address, address
from drivers.dialects.ambupump import AMBUPUMP
from drivers.dialects.catalogue import dialect_named
from drivers.errors import LinkDown
from drivers.serial_pump import pump_at
from pump.commands import Acknowledge, ConfirmProgram, ProgramChange, Start
from scenarios.loader import load
from sim.world.setup import Setup
from sim.world.world import World
from tests.console.emulating import PATIENCE_S, emulating, ended
from tests.sim.made import setup, step

BAUD = AMBUPUMP.line.baud


def hello() -> bytes:
    """What a host of the dialect says first."""
    talk = AMBUPUMP.host(lambda: 7).hello()
    return next(talk).data


FRAME_BEGINS = hello()[:1]


def verbs(made: Setup) -> list[tuple[float, str]]:
    return [(step.at_s, step.verb) for step in made.steps]


class TestBeneath:
    def test_the_nominal_bag_is_primed_stopped_and_on_the_catheter(self) -> None:
        below, begin_s = beneath(load("bag-7-day-nominal").setup)
        assert begin_s == 600.0
        assert below.until_s == inf
        world = World(below)
        world.advance_to(begin_s)
        assert world.bench.core.mode == "stopped"
        assert world.bench.plant.downstream.connected
        assert world.bench.core.counters(begin_s).primed_ml == pytest.approx(3.0)
        world.advance_to(30 * 86400.0)
        assert not world.finished

    def test_the_pumps_steps_before_its_first_start_stay_and_the_others_for_good(self) -> None:
        made = setup(
            step(0.0, "reset_reservoir"),
            step(3600.0, "start"),
            step(7200.0, "kink"),
            step(10800.0, "stop"),
            step(14400.0, "unkink"),
            step(18000.0, "start"),
            step(21600.0, "tap"),
        )
        below, begin_s = beneath(made)
        assert begin_s == 3600.0
        assert verbs(below) == [
            (0.0, "reset_reservoir"),
            (3600.0, "reconnect"),
            (7200.0, "kink"),
            (14400.0, "unkink"),
            (21600.0, "tap"),
        ]

    def test_without_a_start_everything_stays(self) -> None:
        below, begin_s = beneath(setup(step(3600.0, "stop"), step(7200.0, "kink")))
        assert begin_s == 0.0
        assert verbs(below) == [(3600.0, "stop"), (7200.0, "kink")]

    def test_a_line_that_was_taken_off_on_purpose_stays_off(self) -> None:
        below, _ = beneath(setup(step(0.0, "reconnect"), step(3600.0, "disconnect"), step(7200.0, "start")))
        assert verbs(below) == [(0.0, "reconnect"), (3600.0, "disconnect")]


@pytest.mark.parametrize(
    ("text", "host", "port_no"),
    [
        ("0.0.0.0:5000", "0.0.0.0", 5000),  # noqa: S104 - told so
        ("5000", "127.0.0.1", 5000),
        (":5000", "127.0.0.1", 5000),
        ("[::1]:5000", "::1", 5000),
        ("pump.local:0", "pump.local", 0),
    ],
)
def test_an_address_is_read(text: str, host: str, port_no: int) -> None:
    assert address(text) == Address(host, port_no)
    assert address(str(address(text))) == Address(host, port_no)


@pytest.mark.parametrize("text", ["", "host", "host:", "host:x", "host:65536", "host:-1", "host:１"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match="no HOST:PORT"):
        address(text)


class TestProcess:
    @pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
    def test_a_pty_lasts_until_it_is_told_to_end(self, tmp_path: Path, by: signal.Signals, code: int) -> None:
        link = tmp_path / "pump0"
        with emulating("--pty", str(link)) as (process, url):
            assert url == str(link)
            with serial.Serial(url, BAUD, timeout=PATIENCE_S, exclusive=True) as port:
                port.write(hello())
                assert FRAME_BEGINS in port.read(16)
            assert ended(process, by)[0] == code
        assert not link.is_symlink()

    def test_it_ends_with_a_client_at_the_port(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        with emulating("--pty", str(link)) as (process, url), serial.Serial(url, BAUD, timeout=0.1):
            code, said = ended(process, signal.SIGTERM)
        assert code == 0
        assert "Traceback" not in said
        assert not link.is_symlink()

    @pytest.mark.parametrize(("option", "scheme"), [("--tcp", "socket"), ("--rfc2217", "rfc2217")])
    def test_a_socket_is_served_on_the_loopback(self, option: str, scheme: str) -> None:
        with emulating(option, "0") as (process, url):
            assert url.startswith(f"{scheme}://127.0.0.1:")
            with serial.serial_for_url(url, baudrate=BAUD, timeout=PATIENCE_S) as port:
                port.write(hello())
                assert FRAME_BEGINS in port.read(16)
            assert ended(process, signal.SIGTERM)[0] == 0

    def test_a_syringe_pump_is_on_a_table(self) -> None:
        with emulating("--tcp", "0", "--speed", "1000", dialect="new-era") as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                for command, reply in (
                    (b"VER", b"\x0200A?R\x03"),
                    (b"VER", b"\x0200SNE1000V3.923\x03"),
                    (b"RAT1000MH", b"\x0200S\x03"),
                    (b"RUN", b"\x0200I\x03"),
                ):
                    port.write(command + b"\r")
                    assert port.read(len(reply)) == reply
            assert ended(process, signal.SIGTERM)[0] == 0

    def test_a_capture_holds_both_ways(self, tmp_path: Path) -> None:
        file = tmp_path / "wire.jsonl"
        with emulating("--tcp", "0", "--capture", str(file)) as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                port.write(hello())
                port.read(16)
            ended(process, signal.SIGTERM)
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        assert [line.get("from") for line in lines[:3]] == [None, "host", "pump"]
        assert bytes.fromhex(lines[1]["hex"]) == hello()

    def test_who_is_turned_away_is_said(self) -> None:
        with emulating("--tcp", "0") as (process, url):
            host, port = url.removeprefix("socket://").split(":")
            with (
                socket.create_connection((host, int(port)), PATIENCE_S) as first,
                socket.create_connection((host, int(port)), PATIENCE_S) as second,
                second.makefile("rb") as heard,
            ):
                first_port = first.getsockname()[1]
                assert f"busy: 127.0.0.1:{first_port}" in heard.read().decode()
            _, said = ended(process, signal.SIGTERM)
        assert f"127.0.0.1:{first_port} connected" in said
        assert "turned away" in said


VERSION = b"\x0200SNE1000V3.923\x03"
RESET = b"\x0200A?R\x03"


def asks(port: serial.SerialBase, command: bytes, expected: bytes) -> None:
    port.write(command + b"\r")
    assert port.read(len(expected)) == expected


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    """Read what is said to people until it has the words; the test's own limit bounds it."""
    assert process.stderr is not None
    while words not in process.stderr.readline():
        assert process.poll() is None


BENEATH = """
schema = 1
id = "beneath"
title = "A line that loses a frame and then its port"
[order]
rate = "0.6 mL/h"
duration = "7 d"
dose = "196 ug"
[[step]]
at = "10 min"
do = "start"
[[step]]
at = "20 min"
do = "link_drop"
direction = "from_pump"
[[step]]
at = "40 min"
do = "link_disconnect"
for = "1 min"
[[step]]
at = "50 min"
do = "clamp"
"""


ON_A_TABLE = """
schema = 1
id = "kinked-tubing"
title = "The tubing of a syringe pump is kinked"
[order]
rate = "60 mL/h"
duration = "30 min"
dose = "1 mg"
[[step]]
at = "0 s"
do = "prime"
volume = "3 mL"
[[step]]
at = "10 min"
do = "start"
[[step]]
at = "20 min"
do = "kink"
[[step]]
at = "30 min"
do = "change_bag"
"""


def test_a_scenario_kinks_the_line_of_a_syringe_pump_and_its_host_hears_of_the_stall(tmp_path: Path) -> None:
    """The motor stalls when the closed line holds what it cannot push against, long before the end."""
    scenario = tmp_path / "table.toml"
    scenario.write_text(ON_A_TABLE, encoding="utf-8")
    more = ("--scenario", str(scenario), "--speed", "120")
    with emulating("--tcp", "0", *more, dialect="new-era") as (process, url):
        with pump_at(url, dialect_named("new-era")) as pump:
            if pump.status().alarms:
                pump.send(Acknowledge())
            assert pump.send(ProgramChange(rate_ml_h=60.0, vtbi_ml=40.0)).accepted
            assert pump.send(ConfirmProgram()).accepted
            assert pump.send(Start()).accepted
            assert not pump.status().alarms
            status = pump.status()
            while not status.alarms:
                status = pump.status()
        assert [alarm.code for alarm in status.alarms] == ["OCCLUSION_DOWNSTREAM"]
        assert status.given_ml is not None
        assert status.given_ml < 20.0
        assert process.stderr is not None
        process.terminate()
        assert "on a table there is nothing to do for change_bag" in process.stderr.read()


def test_what_a_scenario_does_to_the_line_happens_to_whoever_is_at_the_port(tmp_path: Path) -> None:
    scenario = tmp_path / "beneath.toml"
    scenario.write_text(BENEATH, encoding="utf-8")
    with emulating("--tcp", "0", "--scenario", str(scenario), "--speed", "600") as (process, url):
        with pump_at(url, AMBUPUMP) as pump:
            wait_for(process, "0 d 00:20:00 of the pump's time: drop reply once")
            assert pump.status().mode == "stopped"
            assert pump.counts.repeated_count == 1  # the question whose answer was lost
            wait_for(process, "the port is gone")
            with pytest.raises(LinkDown):
                pump.status()
        wait_for(process, "the port is back")
        with pump_at(url, AMBUPUMP) as pump:
            assert pump.send(Start()).accepted
        assert ended(process, signal.SIGTERM)[0] == 0


class TestFaults:
    @pytest.mark.parametrize("more", [(), ("--pace", "300")], ids=["at once", "slowly"])
    def test_a_reply_is_lost_and_nothing_else(self, more: tuple[str, ...]) -> None:
        faults = ("--faults", "drop reply 2")
        with emulating("--tcp", "0", *faults, *more, dialect="new-era") as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                asks(port, b"VER", RESET)
                port.write(b"VER\r")
                asks(port, b"DIR", b"\x0200SINF\x03")
            code, said = ended(process, signal.SIGTERM)
        assert code == 0
        assert "s: drop reply 2, reply frame 2" in said

    def test_faults_may_stand_in_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "night.faults").write_text("# at night\ngarbage reply 1 hex 7e7e\n", encoding="utf-8")
        faults = ("--faults", str(tmp_path / "night.faults"))
        with emulating("--tcp", "0", *faults, dialect="new-era") as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                asks(port, b"VER", b"~~" + RESET)
            ended(process, signal.SIGTERM)

    def test_chance_goes_by_the_seed(self) -> None:
        def garbage(seed: str) -> bytes:
            faults = ("--faults", "garbage reply 1 bytes 8", "--seed", seed)
            with emulating("--tcp", "0", *faults, dialect="new-era") as (process, url):
                with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                    port.write(b"VER\r")
                    heard: bytes = port.read(8 + len(RESET))
                ended(process, signal.SIGTERM)
            assert heard.endswith(RESET)
            return heard

        assert garbage("7") == garbage("7") != garbage("8")

    def test_a_pump_whose_power_is_taken_comes_back_off_and_with_its_counters(self) -> None:
        faults = ("--faults", "power_cycle at 1 s for 10 ms")
        with emulating("--tcp", "0", *faults, "--speed", "1000") as (process, url):
            with pump_at(url, AMBUPUMP) as pump:
                assert pump.send(Start()).accepted
                wait_for(process, "power_cycle")
                with pytest.raises(LinkDown, match="lost this session"):
                    pump.status()
            with pump_at(url, AMBUPUMP) as pump:
                status, rows = pump.status(), pump.log()
            assert ended(process, signal.SIGTERM)[0] == 0
        assert status.mode == "off"
        off = next(row for row in rows if row.what == "mode" and row.code == "off")
        begun = next(row for row in rows if row.what == "mode" and row.code == "running")
        assert status.given_ml == pytest.approx(0.6 * (off.t_s - begun.t_s) / 3600.0, abs=1e-5)

    def test_a_syringe_pump_whose_power_is_taken_comes_on_by_its_switch_and_says_so(self) -> None:
        faults = ("--faults", "power_cycle request 3 for 10 ms")
        with emulating("--tcp", "0", *faults, "--speed", "1000", dialect="new-era") as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                asks(port, b"VER", RESET)
                asks(port, b"VER", VERSION)
                port.write(b"VER\r")  # lost with the power
                wait_for(process, "power_cycle")
                port.timeout = 0.1
                heard = b""
                while not heard:  # off, and then in its self-test, it says nothing
                    port.write(b"VER\r")
                    heard = port.read(len(RESET))
                assert heard == RESET
            assert ended(process, signal.SIGTERM)[0] == 0

    def test_a_replugged_port_has_another_name_behind_the_same_link(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        faults = ("--faults", "replug request byte 5 for 50 ms")
        with emulating("--pty", str(link), *faults, dialect="new-era") as (process, url):
            device = link.readlink()
            with serial.Serial(url, 19200, timeout=PATIENCE_S) as port:
                asks(port, b"VER", RESET)
                port.write(b"V")
                with pytest.raises(serial.SerialException):
                    port.read(1)
            wait_for(process, "the port is back")
            assert link.readlink() != device
            with serial.Serial(url, 19200, timeout=PATIENCE_S) as port:
                asks(port, b"VER", VERSION)
            assert ended(process, signal.SIGTERM)[0] == 0
        assert not link.is_symlink()

    def test_it_ends_while_the_port_is_gone(self, tmp_path: Path) -> None:
        link = tmp_path / "pump0"
        with emulating("--pty", str(link), "--faults", "disconnect at 0 s for ever") as (process, _):
            wait_for(process, "the port is gone")
            assert not link.is_symlink()
            assert ended(process, signal.SIGTERM)[0] == 0
        assert list(tmp_path.iterdir()) == []

    def test_who_is_turned_away_is_told_here_too(self) -> None:
        with emulating("--tcp", "0", "--faults", "drop 9") as (process, url):
            place = url.removeprefix("socket://").split(":")
            with (
                socket.create_connection((place[0], int(place[1])), PATIENCE_S),
                socket.create_connection((place[0], int(place[1])), PATIENCE_S) as second,
                second.makefile("rb") as heard,
            ):
                assert b"busy: 127.0.0.1:" in heard.read()
            assert "turned away" in ended(process, signal.SIGTERM)[1]


class TestSeveral:
    @pytest.mark.parametrize("where", ["tcp", "pty"])
    def test_each_has_its_own_address_syringe_and_state(self, where: str, tmp_path: Path) -> None:
        place = ("--tcp", "0") if where == "tcp" else ("--pty", str(tmp_path / "rack"))
        with emulating(*place, "--pumps", "3", "--speed", "1000", dialect="new-era") as (process, url):
            with serial.serial_for_url(url, baudrate=19200, timeout=PATIENCE_S) as port:
                for address in (b"0", b"1", b"2"):
                    asks(port, address + b"VER", b"\x020" + address + b"A?R\x03")
                port.write(b"3VER\r")  # nobody
                asks(port, b"1RAT100MH", b"\x0201S\x03")
                asks(port, b"2RAT", b"\x0202S0.000MH\x03")
                asks(port, b"1RUN", b"\x0201I\x03")
                asks(port, b"0", b"\x0200S\x03")
                asks(port, b"1STP", b"\x0201P\x03")
                asks(port, b"2DIS", b"\x0202SI0.000W0.000ML\x03")
                port.write(b"1DIS\r")
                dispensed = port.read(len(b"\x0201PI0.000W0.000ML\x03"))
                assert dispensed.startswith(b"\x0201PI")
                assert b"I0.000" not in dispensed
            code, said = ended(process, signal.SIGTERM)
        assert code == 0
        assert "--address 0 status (addresses 0 to 2)" in said

    def test_they_hang_on_one_socket(self) -> None:
        faults = ("--faults", "power_cycle request 3 for 10 ms")
        several = ("--pumps", "2", "--speed", "1000")
        with emulating("--tcp", "0", *several, *faults, dialect="new-era") as (process, url):
            with serial.serial_for_url(url, timeout=PATIENCE_S) as port:
                asks(port, b"0VER", RESET)
                asks(port, b"1VER", b"\x0201A?R\x03")
                port.write(b"0VER\r")  # lost with the power
                wait_for(process, "power_cycle")
                port.timeout = 0.1
                for address in (b"0", b"1"):
                    heard = b""
                    while not heard:
                        port.write(address + b"VER\r")
                        heard = port.read(len(RESET))
                    assert heard == b"\x020" + address + b"A?R\x03"
            assert ended(process, signal.SIGTERM)[0] == 0

    def test_a_command_asks_the_one_it_names(self, capsys: pytest.CaptureFixture[str]) -> None:
        with emulating("--tcp", "0", "--pumps", "2", dialect="new-era") as (process, url):

            def types(address: str, *words: str) -> str:
                capsys.readouterr()
                code = run(["pump", "--port", url, "--dialect", "new-era", "--address", address, *words])
                heard = capsys.readouterr()
                return heard.out if code == 0 else f"exit {code}: {heard.err}"

            assert json.loads(types("1", "status", "--json"))["alarms"][0]["code"] == "POWER_LOST"
            assert json.loads(types("1", "program", "--rate", "60 mL/h", "--json"))["rate_ml_h"] == 60.0
            assert types("1", "start", "--yes") == "start: done\n"
            assert json.loads(types("1", "status", "--json"))["mode"] == "running"
            assert json.loads(types("0", "status", "--json"))["alarms"][0]["code"] == "POWER_LOST"
            assert json.loads(types("0", "status", "--json"))["mode"] == "stopped"
            assert types("2", "status").startswith("exit 2: ambupump: ")
            ended(process, signal.SIGTERM)


def refused(*arguments: str) -> str:
    """What is said to somebody whose command line is refused."""
    done = subprocess.run(
        [sys.executable, "-m", "console", "emulate", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    return done.stderr


class TestBadUse:
    def test_no_place(self) -> None:
        assert "give one place" in refused("ambupump")

    def test_two_places(self) -> None:
        assert "give one place" in refused("ambupump", "--tcp", "0", "--rfc2217", "0")

    def test_a_dialect_that_there_is_not(self) -> None:
        said = refused("ambupmp", "--tcp", "0")
        assert "there is no dialect 'ambupmp'" in said
        assert "did you mean" in said

    def test_a_scenario_that_there_is_not(self) -> None:
        assert "no scenario of the library" in refused("ambupump", "--tcp", "0", "--scenario", "nothing")

    @pytest.mark.parametrize(
        ("dialect", "count", "told"),
        [
            ("ambupump", "2", "have no addresses"),
            ("miva", "3", "have no addresses"),
            ("new-era", "101", "new-era has 100 addresses"),
        ],
    )
    def test_more_pumps_than_a_line_can_have(self, dialect: str, count: str, told: str) -> None:
        said = refused(dialect, "--tcp", "0", "--pumps", count)
        assert len(said.splitlines()) == 1
        assert told in said

    @pytest.mark.parametrize(
        ("dialect", "faults", "told"),
        [
            ("ambupump", "dorp reply 3", "did you mean drop?"),
            ("ambupump", "drop reply 3 3", "says which twice"),
            ("miva", "misaddress", "have no address"),
        ],
    )
    def test_faults_that_cannot_be_had(self, dialect: str, faults: str, told: str) -> None:
        said = refused(dialect, "--tcp", "0", "--faults", faults)
        assert len(said.splitlines()) == 1
        assert told in said

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "mine").write_text("mine")
        said = refused("ambupump", "--pty", str(tmp_path / "mine"))
        assert len(said.splitlines()) == 1
        assert "is there already" in said
        assert (tmp_path / "mine").read_text() == "mine"

    def test_a_folder_that_there_is_not(self, tmp_path: Path) -> None:
        said = refused("ambupump", "--pty", str(tmp_path / "no" / "pump0"))
        assert len(said.splitlines()) == 1
        assert "cannot make" in said

    def test_a_port_in_use(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            said = refused("ambupump", "--tcp", str(taken.getsockname()[1]))
        assert len(said.splitlines()) == 1
        assert "cannot listen" in said

    def test_a_capture_that_cannot_be_written(self, tmp_path: Path) -> None:
        said = refused("ambupump", "--tcp", "0", "--capture", str(tmp_path))
        assert len(said.splitlines()) == 1
        assert "cannot write" in said
