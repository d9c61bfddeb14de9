"""`ambupump pump`: a real client at a real port, behind which an emulated pump lives."""

from __future__ import annotations

import errno
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import serial

from console.cli import run
from console.emulated import Emulated
from console.hil import Way, emulated_pump
from console.pump_words import alarm_text, bench_view, one_line, outcome_line
from drivers.dialects.ambupump import AMBUPUMP
from drivers.dialects.catalogue import DIALECTS, dialect_named
from drivers.serial_pump import pump_at
from pump.port import AlarmView, Outcome, PumpStatus
from tests.console.emulating import PATIENCE_S, emulating, ended

STATUS = PumpStatus(t_s=90061.0, mode="running", rate_ml_h=0.6, given_ml=12.3456, vtbi_left_ml=88.4544)
ALARM = AlarmView(code="OCCLUSION_DOWNSTREAM", priority="high", state="active")


class Said:
    """What one command said."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


class Desk:
    """Somebody who types commands, and the pump that they are for."""

    def __init__(self, pump: Emulated, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.pump = pump
        self.url = url
        self._capsys = capsys

    def types(self, *words: str, url: str | None = None) -> Said:
        self._capsys.readouterr()
        code = run(["pump", "--port", self.url if url is None else url, *words])
        heard = self._capsys.readouterr()
        return Said(code, heard.out, heard.err)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Desk]:
    with emulated_pump("pty", AMBUPUMP, tmp_path) as (pump, url):
        yield Desk(pump, url, capsys)


class TestAsking:
    def test_status_in_words(self, desk: Desk) -> None:
        said = desk.types("status")
        assert said.code == 0
        rows = dict(line.split(maxsplit=1) for line in said.out.splitlines() if line.split()[0] != "to")
        assert rows["mode"] == "stopped"
        assert rows["lock"] == "LL0"
        assert rows["battery"] == "100%"
        assert rows["alarms"] == "none"

    def test_status_as_json(self, desk: Desk) -> None:
        found = json.loads(desk.types("status", "--json").out)
        assert found["mode"] == "stopped"
        assert found["vtbi_left_ml"] == 100.8
        assert found["alarms"] == []

    def test_an_alarm_is_told(self, desk: Desk) -> None:
        desk.types("start")
        desk.pump.do("clamp", where="downstream")
        desk.pump.let_pass(7200.0)
        assert "Downstream occlusion (high, " in desk.types("status").out
        (alarm,) = json.loads(desk.types("status", "--json").out)["alarms"]
        assert alarm["code"] == "OCCLUSION_DOWNSTREAM"

    def test_the_programme(self, desk: Desk) -> None:
        assert "lasts           7 d\n" in desk.types("program").out
        assert json.loads(desk.types("program", "--json").out)["rate_ml_h"] == 0.6

    def test_the_log_from_a_row_on(self, desk: Desk) -> None:
        rows = json.loads(desk.types("log", "--json").out)
        assert [row["number"] for row in rows] == list(range(1, len(rows) + 1))
        desk.types("start")
        lines = desk.types("log", "--after", str(len(rows))).out.splitlines()
        assert lines[0].split()[0] == str(len(rows) + 1)
        assert any("command" in line and "start" in line for line in lines)

    def test_watching_gives_a_line_a_time(self, desk: Desk) -> None:
        said = desk.types("watch", "--every", "0.05", "--count", "3")
        assert said.code == 0
        assert [line.split()[0] for line in said.out.splitlines()] == ["stopped"] * 3

    def test_watching_as_json(self, desk: Desk) -> None:
        said = desk.types("watch", "--every", "0.05", "--count", "2", "--json")
        assert [json.loads(line)["mode"] for line in said.out.splitlines()] == ["stopped", "stopped"]


class TestDoing:
    def test_start_and_stop(self, desk: Desk) -> None:
        assert desk.types("start").out == "start: done\n"
        assert json.loads(desk.types("status", "--json").out)["mode"] == "running"
        assert desk.types("stop").out == "stop: done\n"
        assert json.loads(desk.types("status", "--json").out)["mode"] == "stopped"

    def test_a_refusal_is_said_with_exit_code_1(self, desk: Desk) -> None:
        desk.types("start")
        said = desk.types("start")
        assert (said.code, said.out) == (1, "")
        assert said.err == "ambupump: start: refused, delivering\n"

    def test_an_outcome_as_json(self, desk: Desk) -> None:
        found = json.loads(desk.types("stop", "--json").out)
        assert found["accepted"] is True

    def test_a_programme_is_keyed_and_confirmed(self, desk: Desk) -> None:
        said = desk.types("program", "--vtbi", "90 mL", "--code", "2580")
        assert said.code == 0
        assert "VTBI            90 mL" in said.out
        assert json.loads(desk.types("status", "--json").out)["lock_level"] == "LL0"

    def test_a_rate_is_the_suppliers(self, desk: Desk) -> None:
        said = desk.types("program", "--rate", "0.5 mL/h")
        assert said.code == 1
        assert "needs supplier" in said.err
        said = desk.types("program", "--rate", "0.5 mL/h", "--as", "supplier", "--code", "6500", "--json")
        assert json.loads(said.out)["rate_ml_h"] == 0.5

    def test_what_cannot_be_confirmed_is_not_left_keyed(self, desk: Desk) -> None:
        said = desk.types("program", "--rate", "30 mL/h", "--as", "supplier", "--code", "6500")
        assert said.code == 1
        assert "soft limit" in said.err
        assert desk.types("program", "--vtbi", "90 mL").code == 0
        assert json.loads(desk.types("program", "--json").out)["rate_ml_h"] == 0.6

    def test_a_lock_is_raised_freely_and_lowered_with_the_code(self, desk: Desk) -> None:
        assert desk.types("lock", "LL2").code == 0
        assert "locked" in desk.types("lock", "LL0").err
        assert desk.types("lock", "LL0", "--code", "0000").code == 1
        assert desk.types("lock", "LL0", "--code", "2580").code == 0

    def test_after_the_first_start_the_level_that_holds_then_stays(self, desk: Desk) -> None:
        assert desk.types("start", "--code", "2580").code == 0
        assert json.loads(desk.types("status", "--json").out)["lock_level"] == "LL2"


class RealOne:
    """The dialect, spoken by a pump that says it is another make."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("console.pump.EMULATED", "none that answers here")


class TestGuard:
    def test_elsewhere_than_at_a_terminal_a_real_pump_is_not_started(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        RealOne(monkeypatch)
        monkeypatch.setattr(sys, "stdin", io.StringIO("START\n"))
        said = desk.types("start")
        assert said.code == 2
        assert "add --yes" in said.err
        assert json.loads(desk.types("status", "--json").out)["mode"] == "stopped"
        assert desk.types("start", "--yes").code == 0

    @pytest.mark.parametrize(("typed", "code"), [("START\n", 0), ("start\n", 2), ("\n", 2)])
    def test_at_a_terminal_it_is_asked_for(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
    ) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        RealOne(monkeypatch)
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        said = desk.types("start")
        assert "must not be connected to a person" in said.err
        assert said.code == code
        mode = "running" if code == 0 else "stopped"
        assert json.loads(desk.types("status", "--json").out)["mode"] == mode


def one_error_line(said: Said) -> str:
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    return said.err


class TestBadInput:
    def test_no_port(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["pump", "status"]) == 2
        assert "give --port" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("/dev/nothing-here", "no such port"),
            ("nowhere://x", "look at the address"),
            ("socket://127.0.0.1", "give host and port"),
            ("rfc2217://127.0.0.1:99999", "give host and port"),
            ("/dev/null", "that is no serial port"),
        ],
    )
    def test_a_port_that_there_is_not(self, desk: Desk, url: str, words: str) -> None:
        assert words in one_error_line(desk.types("status", url=url))

    def test_a_dialect_that_there_is_not(self, desk: Desk) -> None:
        assert "there is no dialect" in one_error_line(desk.types("--dialect", "nope", "status"))

    def test_an_address_where_there_are_none(self, desk: Desk) -> None:
        assert "have no addresses" in one_error_line(desk.types("--address", "1", "status"))

    def test_an_address_that_there_is_not(self, desk: Desk) -> None:
        said = one_error_line(desk.types("--dialect", "new-era", "--address", "100", "status"))
        assert "no address 100: new-era has 0 to 99" in said

    def test_a_port_that_somebody_has(self, desk: Desk) -> None:
        with serial.Serial(desk.url, AMBUPUMP.line.baud, exclusive=True):
            assert "another program has it" in one_error_line(desk.types("status"))

    def test_a_line_that_somebody_is_on(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with emulated_pump("tcp", AMBUPUMP, tmp_path) as (pump, url), pump_at(url, AMBUPUMP):
            said = one_error_line(Desk(pump, url, capsys).types("status"))
        assert url in said
        assert "is connected, and the line has one client at a time: end that one first" in said

    @pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning"
    )  # the library leaves it open
    def test_a_far_port_that_somebody_has(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with emulated_pump("rfc2217", AMBUPUMP, tmp_path) as (pump, url), pump_at(url, AMBUPUMP):
            said = one_error_line(Desk(pump, url, capsys).types("status"))
        assert url in said
        assert "end that one first" in said

    def test_no_permission(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        opened = os.open

        def denied(path: str, *more: int) -> int:
            if path == desk.url:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return opened(path, *more)

        monkeypatch.setattr(os, "open", denied)
        assert "join the group that may use it" in one_error_line(desk.types("status"))

    @pytest.mark.parametrize("way", ["pty", "rfc2217"])
    def test_the_wrong_baud(self, way: Way, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with emulated_pump(way, AMBUPUMP, tmp_path) as (pump, url):
            said = one_error_line(Desk(pump, url, capsys).types("--baud", "9600", "status"))
        assert "look at dialect and baud rate" in said

    @pytest.mark.parametrize(("spoken", "asked"), list(pairwise([*DIALECTS, next(iter(DIALECTS))])))
    def test_the_wrong_dialect(
        self, spoken: str, asked: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with emulated_pump("tcp", dialect_named(spoken), tmp_path) as (pump, url):
            desk = Desk(pump, url, capsys)
            assert "dialect" in one_error_line(desk.types("--dialect", asked, "status"))
            pump.let_pass(1.0)
            assert desk.types("--dialect", spoken, "status").code == 0, "and it does no harm"

    def test_nobody_who_answers(self, desk: Desk) -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:
            port_no = mute.getsockname()[1]
            said = one_error_line(desk.types("status", url=f"socket://127.0.0.1:{port_no}"))
        assert "whether the pump is on" in said

    def test_a_quantity_without_a_unit(self, desk: Desk) -> None:
        said = desk.types("program", "--rate", "0.6")
        assert said.code == 2
        assert "mL/h" in said.err


class Cable:
    """A way to the pump at `url` that is cut after so many bytes from the pump, and then joined again.

    Attributes:
        url: What to open instead.
        came_count: How many bytes have come from the pump.
    """

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("socket://").split(":")
        self._pump = (host, int(port))
        self._server = socket.create_server((host, 0))
        self.url = "socket://{}:{}".format(*self._server.getsockname())
        self.left_count = 0
        self.came_count = 0
        threading.Thread(target=self._carry, daemon=True).start()

    def _carry(self) -> None:
        with suppress(OSError):  # the test is over
            while True:
                near, _ = self._server.accept()
                with near, socket.create_connection(self._pump) as far:
                    self._between(near, far)

    def _between(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(ConnectionError):
            while True:
                for each in select.select((near, far), (), ())[0]:
                    data = each.recv(4096)
                    if not data:
                        return
                    if each is near:
                        far.sendall(data)
                        continue
                    self.came_count += len(data)
                    near.sendall(data[: self.left_count])
                    self.left_count -= len(data)
                    if self.left_count <= 0:
                        return

    def close(self) -> None:
        self._server.close()


def test_a_cable_may_be_pulled_at_any_byte(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with emulated_pump("tcp", AMBUPUMP, tmp_path) as (pump, url), closing(Cable(url)) as cable:
        desk = Desk(pump, cable.url, capsys)
        cable.left_count = 10**9
        assert desk.types("status").code == 0
        codes = []
        for left_count in range(1, cable.came_count, 3):
            cable.left_count = left_count
            said = desk.types("status")
            codes.append(said.code)
            lines = said.err.splitlines()
            assert "Traceback" not in said.err
            if said.code == 2:
                assert len(lines) == 1
                assert "look at the plug, then connect again" in lines[0]
            elif said.code == 3:
                assert len(lines) == 2
                assert lines[1].startswith("ambupump: last known: stopped at 0 mL/h")
            else:
                assert said.code == 0
                assert said.out, "all was said before the cable was pulled"
    assert codes == sorted(codes, key=(2, 3, 0).index), (
        "first while connecting, then in the middle, then after"
    )
    assert set(codes) == {2, 3, 0}


def test_a_link_lost_in_the_middle_is_code_3_with_the_last_known_state(tmp_path: Path) -> None:
    with (
        emulating("--pty", str(tmp_path / "pump0")) as (emulator, url),
        subprocess.Popen(
            [sys.executable, "-m", "console", "pump", "--port", url, "watch", "--every", "0.05"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as watching,
    ):
        assert watching.stdout is not None
        assert watching.stdout.readline().startswith("stopped at 0 mL/h")
        ended(emulator, signal.SIGTERM)
        _, said = watching.communicate(timeout=PATIENCE_S)
    assert watching.returncode == 3
    assert "the port was lost" in said
    assert "last known: stopped at 0 mL/h" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_whoever_keeps_trying_is_told_that_the_link_is_gone_apart_from_the_readings(
    form: tuple[str, ...], tmp_path: Path
) -> None:
    """A script that reads the readings must not find something else among them, nor hear nothing."""
    place = ("--pty", str(tmp_path / "pump0"))
    watch = ("watch", "--every", "0.05", "--keep-trying", *form)
    with emulating(*place) as (emulator, url):
        watching = subprocess.Popen(
            [sys.executable, "-m", "console", "pump", "--port", url, *watch],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with watching:
            try:
                assert watching.stdout is not None
                assert watching.stderr is not None
                first = watching.stdout.readline()
                ended(emulator, signal.SIGTERM)
                assert "the port was lost" in watching.stderr.readline()
                with emulating(*place):
                    while "no such port" in (told := watching.stderr.readline()):
                        pass
                    assert told == "ambupump: the link is back\n"
                    watching.send_signal(signal.SIGINT)
                    said, _ = watching.communicate(timeout=PATIENCE_S)
            finally:
                watching.kill()
    assert watching.returncode == 130
    readings = [first, *said.splitlines()]
    assert all(each.startswith("{" if form else "stopped at 0 mL/h") for each in readings)


class TestWords:
    def test_one_line(self) -> None:
        assert one_line(STATUS) == (
            "running at 0.6 mL/h, given 12.346 mL, no alarm, at 1 d 01:01:01 of its time"
        )

    def test_what_is_not_told_is_said_to_be_so(self) -> None:
        assert "given not told" in one_line(replace(STATUS, given_ml=None))
        assert one_line(replace(STATUS, t_s=None)).endswith("no alarm")

    def test_an_alarm_of_another_make_keeps_its_code(self) -> None:
        assert alarm_text(replace(ALARM, code="#77")) == "#77 (high, active)"
        assert alarm_text(ALARM) == "Downstream occlusion (high, active)"

    def test_an_outcome(self) -> None:
        assert outcome_line("start", Outcome(accepted=False, reason="cassette_off")) == (
            "start: refused, cassette off"
        )

    def test_across_a_bench_the_mode_is_large_and_an_alarm_first(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "100")
        lines = list(bench_view(STATUS))
        assert "█" in lines[0]
        calm_count = sum("█" in line for line in lines)
        loud = list(bench_view(replace(STATUS, alarms=(ALARM,))))
        assert sum("█" in line for line in loud) == calm_count + 5
        assert "DOWNSTREAM OCCLUSION" in loud[5]

    def test_a_narrow_terminal_gets_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("COLUMNS", "20")
        assert not any("█" in line for line in bench_view(STATUS))
