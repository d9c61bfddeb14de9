"""The pytest plugin, in a pytest of its own: emulated pumps, a pump named by option, nothing unasked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from console.emulated import emulated
from console.hil import emulated_pump
from drivers.dialects.ambupump import AMBUPUMP
from drivers.dialects.catalogue import dialect_named
from drivers.dialects.new_era import NEW_ERA
from drivers.faults.script import FaultScriptError
from drivers.serial_pump import pump_at

PATIENCE_S = 50.0

TEST_OF_A_HOST = """
from drivers.dialects.ambupump import AMBUPUMP
from drivers.errors import LinkError
from drivers.serial_pump import pump_at
from pump.commands import Start

def test_my_host_sees_the_alarm(emulated_pump):
    with pump_at(emulated_pump.url, AMBUPUMP) as host:
        assert host.send(Start()).accepted
        emulated_pump.do("clamp", where="downstream")
        emulated_pump.let_pass(7200.0)
        assert "OCCLUSION_DOWNSTREAM" in [alarm.code for alarm in host.status().alarms]

def test_my_host_gets_over_what_happens_on_the_line(emulated_pump):
    with pump_at(emulated_pump.url, AMBUPUMP) as host:
        emulated_pump.disturb("drop reply 1")
        assert host.status().mode == "stopped"
        emulated_pump.do("link_drop", direction="to_pump")
        assert host.status().mode == "stopped"
        assert host.counts.repeated_count == 2
        emulated_pump.disturb("power_cycle once for 10 ms")
        try:
            host.status()
        except LinkError:
            pass
        host.connect()
        assert host.status().mode == "off"

def test_the_next_pump_is_a_new_one(emulated_pump):
    with pump_at(emulated_pump.url, AMBUPUMP) as host:
        assert host.status().mode == "stopped"
"""

TEST_OF_A_REAL_PUMP = """
def test_it_answers(pump_port):
    assert pump_port.status().mode == "stopped"
"""


def pytest_in(folder: Path, *arguments: str, typed: str = "") -> tuple[int, str]:
    """Exit code and output of a pytest that knows the plugin; `typed` is what a person types."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-rs"),
            *("-p", "console.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist"),
            *("--rootdir", str(folder), *arguments),
        ],
        cwd=folder,
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


TEST_OF_A_SYRINGE = """
from drivers.dialects.new_era import NEW_ERA
from drivers.serial_pump import pump_at
from pump.commands import Acknowledge, ConfirmProgram, ProgramChange, Start

def test_my_host_sees_the_stall(emulated_pump):
    with pump_at(emulated_pump.url, NEW_ERA) as host:
        assert host.send(Acknowledge()).accepted
        host.send(ProgramChange(rate_ml_h=100.0))
        assert host.send(ConfirmProgram()).accepted
        assert host.send(Start()).accepted
        emulated_pump.do("clamp", where="downstream")
        emulated_pump.let_pass(600.0)
        assert [alarm.code for alarm in host.status().alarms] == ["OCCLUSION_DOWNSTREAM"]
"""


def test_a_syringe_pump_is_one_on_a_table(tmp_path: Path) -> None:
    (tmp_path / "test_syringe.py").write_text(TEST_OF_A_SYRINGE)
    code, said = pytest_in(tmp_path, "--pump-dialect", "new-era")
    assert "1 passed" in said
    assert code == 0


def test_a_test_has_a_pump_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_host.py").write_text(TEST_OF_A_HOST)
    code, said = pytest_in(tmp_path)
    assert "3 passed" in said
    assert code == 0


def test_nothing_happens_on_the_line_of_a_pump_that_is_at_none() -> None:
    for dialect in (AMBUPUMP, NEW_ERA):
        with pytest.raises(ValueError, match="this pump is at none"):
            emulated(dialect).disturb("drop reply 1")
    with pytest.raises(FaultScriptError, match="did you mean drop"):
        emulated(AMBUPUMP).disturb("dorp reply 1")


def test_without_a_pump_on_the_command_line_nothing_is_tried(tmp_path: Path) -> None:
    (tmp_path / "test_real.py").write_text(TEST_OF_A_REAL_PUMP)
    code, said = pytest_in(tmp_path, "test_real.py", "--pyargs", "drivers.hil")
    assert "give --pump-url" in said
    assert "passed" not in said
    assert "failed" not in said
    assert code == 0


def test_a_dialect_that_there_is_not_is_bad_use(tmp_path: Path) -> None:
    (tmp_path / "test_real.py").write_text(TEST_OF_A_REAL_PUMP)
    _, said = pytest_in(tmp_path, "--pump-url", "/dev/null", "--pump-dialect", "nope")
    assert "there is no dialect 'nope'" in said


QUICK = "asking or counts or absurd or cannot_be_started or one_action or on_record"


@pytest.mark.parametrize(
    ("options", "expected"), [((), "3 passed, 4 skipped"), (("--pump-allow-control",), "7 passed")]
)
def test_the_suite_runs_on_the_pump_of_the_command_line(
    tmp_path: Path, options: tuple[str, ...], expected: str
) -> None:
    with emulated_pump("pty", AMBUPUMP, tmp_path) as (_, url):
        code, said = pytest_in(
            tmp_path,
            *("--pyargs", "drivers.hil", "-k", QUICK, "--pump-url", url, "--pump-code", "2580", *options),
            typed="\n" * 20,
        )
    assert expected in said
    assert "Make the pump ready: on, programmed" in said  # one without a programme cannot be started
    assert code == 0


@pytest.mark.parametrize(
    ("name", "expected"), [("alaris", "2 passed"), ("miva", "11 passed"), ("new-era", "10 passed")]
)
def test_the_suite_runs_in_every_dialect_with_what_it_has_words_for(
    tmp_path: Path, name: str, expected: str
) -> None:
    dialect = dialect_named(name)
    with emulated_pump("tcp", dialect, tmp_path) as (pump, url):
        with pump_at(url, dialect, allow_control=True) as port:
            pump.make_ready(port)
        code, said = pytest_in(
            tmp_path,
            *(
                "--pyargs",
                "drivers.hil",
                "-k",
                "not follows_the_rate and not a_stop_stops",
            ),  # they wait minutes
            *("--pump-url", url, "--pump-dialect", name, "--pump-allow-control"),
            typed="\n" + "no\n" * 20,
        )
    assert expected in said
    assert "failed" not in said
    assert code == 0


def test_what_a_person_does_not_do_is_left_out(tmp_path: Path) -> None:
    with emulated_pump("pty", AMBUPUMP, tmp_path) as (_, url):
        code, said = pytest_in(
            tmp_path, "--pyargs", "drivers.hil", "-k", "says_that", "--pump-url", url, typed="\nno\n"
        )
    assert "1 passed, 1 skipped" in said
    assert "left out by hand: Start the pump at its own keys." in said
    assert code == 0


def test_where_nobody_is_there_to_be_asked_it_is_skipped(tmp_path: Path) -> None:
    with emulated_pump("pty", AMBUPUMP, tmp_path) as (_, url):
        _, said = pytest_in(tmp_path, "--pyargs", "drivers.hil", "-k", "asking", "--pump-url", url)
    assert "nobody is there to be asked" in said
