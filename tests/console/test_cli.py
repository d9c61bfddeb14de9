"""How the command line begins and how it ends, whatever goes wrong."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from console import cli
from console.cli import READER_GONE
from console.errors import TRACEBACK_SWITCH, UserError
from tests.console.samples import program
from tests.meta.repository import settings

DISCLAIMER = "not a medical device"


def test_help_says_what_it_is_and_what_it_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert DISCLAIMER in shown
    assert "must not be connected to a person" in shown
    for name in cli.COMMANDS:
        assert re.search(rf"\b{name}\b", shown)


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    assert f"ambupump {name}" in capsys.readouterr().out


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"ambupump {settings()['project']['version']}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["reply"], "did you mean replay?"),
        (["zzz"], "there are list, check"),
        (["replay"], "NAME_OR_FILE"),
        (["replay", "x", "--host", "serail"], "virtual"),
        (["replay", "x", "--seed", "-1"], "-1"),
        (["replay", "x", "--seed", "ten"], "ten"),
        (["replay", "x", "--sed", "1"], "--seed"),
        (["replay", "x", "--speed", "10"], "--host live"),
        (["replay", "x", "--host", "live", "--speed", "0"], "--speed"),
        (["check"], "FILE"),
        (["diff", "one"], "TRACE_B"),
        (["list", "--tag", "nothing-has-this"], "nothing-has-this"),
        (["profiles", "no-such-pump"], "generic-ambulatory"),
    ],
)
def test_bad_usage_ends_with_two_and_says_what_helps(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert told in output.err
    assert "Traceback" not in output.err


def fail_with(error: BaseException) -> click.Command:
    """A command that fails."""

    def fail() -> None:
        raise error

    return click.Command("list", callback=fail)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lets `list` be another command."""
    monkeypatch.delenv(TRACEBACK_SWITCH, raising=False)
    return monkeypatch


def replaced(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(cli.CommandTable, "get_command", lambda *_: fail_with(error))


def test_an_unexpected_error_is_one_line_and_no_traceback(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced(failing, KeyError("first\nsecond"))
    assert cli.run(["list"]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    assert line.startswith("ambupump: unexpected KeyError: ")
    assert TRACEBACK_SWITCH in line


def test_those_who_work_on_it_can_have_the_traceback(failing: pytest.MonkeyPatch) -> None:
    replaced(failing, KeyError("here"))
    failing.setenv(TRACEBACK_SWITCH, "1")
    with pytest.raises(KeyError, match="here"):
        cli.run(["list"])


def test_an_interruption_ends_with_130(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced(failing, KeyboardInterrupt())
    assert cli.run(["list"]) == 130
    assert capsys.readouterr().err.strip() == "ambupump: interrupted"


def test_every_line_for_the_user_names_the_program(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replaced(failing, UserError("one\ntwo"))
    assert cli.run(["list"]) == 2
    assert capsys.readouterr().err == "ambupump: one\nambupump: two\n"


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    script = tmp_path / "piped.py"
    script.write_text(
        f"import os, sys\nos.dup2({writing}, 1)\nfrom console.cli import run\nsys.exit(run(['profiles']))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, script], pass_fds=[writing], capture_output=True, text=True, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (READER_GONE, "")


def test_a_terminal_without_the_micro_sign_gets_an_escape(tmp_path: Path) -> None:
    done = program("profiles", "generic-ambulatory", folder=tmp_path, variables={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert done.stdout.isascii()
