"""`replay`: exit codes, the JSON contract, and files that are the same bytes wherever they are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.cli import run
from tests.console.samples import DAY7, FAILS, KINK, KINK_ALARM_S, program, written

FILES = {"trace.jsonl", "signals.csv", "figure.png", "report.html"}

NUMBERS = {
    *("planned_ml", "delivered_ml", "believed_ml", "shortfall_ml", "excess_ml", "gap_s", "delivered_ug"),
    *("filled_ml", "wasted_ml", "bag_ml", "set_ml", "mass_balance_error_ml", "end_s"),
}


def replayed(capsys: pytest.CaptureFixture[str], *arguments: str, exit_code: int = 0) -> dict[str, Any]:
    """The object that `replay --json` prints: the only thing on standard output."""
    assert run(["replay", *arguments, "--json"]) == exit_code
    output = capsys.readouterr()
    assert output.err == ""
    answer: dict[str, Any] = json.loads(output.out)
    return answer


def test_as_expected_is_zero_and_a_failed_expectation_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", DAY7]) == 0
    assert "PASSED" in capsys.readouterr().out
    assert run(["replay", written(tmp_path, FAILS)]) == 1
    shown = capsys.readouterr().out
    assert "FAILED: 1 of 2 expectations" in shown
    assert "AIR_IN_LINE" in shown
    assert "found: never raised; alarms were OCCLUSION_DOWNSTREAM" in shown


def test_a_scenario_that_expects_nothing_passes_without_a_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", written(tmp_path, KINK)]) == 0
    assert "NO VERDICT" in capsys.readouterr().out


def test_json_holds_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    answer = replayed(capsys, DAY7)
    assert answer["scenario"] == DAY7
    assert answer["seed"] == 20
    assert answer["passed"] is True
    assert {name: type(answer[name]) for name in NUMBERS} == dict.fromkeys(NUMBERS, float)
    assert isinstance(answer["dry_s"], float)
    assert isinstance(answer["events"], int)
    assert answer["outputs"] == []
    for expectation in answer["expectations"]:
        assert expectation["passed"] is True
        assert isinstance(expectation["found"], str)
    for gap in answer["interruptions"]:
        assert {"start_s", "end_s", "cause"} <= gap.keys()
    for alarm in answer["alarms"]:
        assert {"code", "priority", "raised_s", "silenced_s", "cleared_s"} <= alarm.keys()


def test_json_tells_what_the_bag_comes_to(capsys: pytest.CaptureFixture[str]) -> None:
    # 110 mL less hold-up 2 and three primes of 3 is 99 mL; the collapsing bag gives 80 uL more.
    answer = replayed(capsys, DAY7)
    assert answer["planned_ml"] == 100.8
    assert answer["delivered_ml"] == pytest.approx(99.08, abs=1e-6)
    assert answer["believed_ml"] == pytest.approx(99.08, abs=1e-6)
    assert answer["shortfall_ml"] == pytest.approx(1.72, abs=1e-6)
    assert answer["filled_ml"] == 110.0
    assert answer["wasted_ml"] == pytest.approx(6.0, abs=1e-9)
    assert answer["bag_ml"] == pytest.approx(2.0, abs=1e-9)
    assert answer["set_ml"] == pytest.approx(2.92, abs=1e-9)
    assert answer["mass_balance_error_ml"] < 1e-9
    assert [gap["cause"] for gap in answer["interruptions"]] == ["stopped", "stopped", "dry"]
    assert answer["interruptions"][-1]["end_s"] is None


def test_a_number_that_never_came_is_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = replayed(capsys, written(tmp_path, KINK))
    assert answer["dry_s"] is None
    (alarm,) = answer["alarms"]
    assert alarm["raised_s"] == pytest.approx(KINK_ALARM_S, abs=1e-3)
    assert alarm["silenced_s"] is None


def test_the_seed_can_be_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, KINK)
    assert replayed(capsys, path)["seed"] == 3
    assert replayed(capsys, path, "--seed", "77")["seed"] == 77


def test_the_live_host_comes_to_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, FAILS)
    at_once = replayed(capsys, path, exit_code=1)
    assert replayed(capsys, path, "--host", "live", exit_code=1) == at_once
    assert replayed(capsys, path, "--host", "live", "--speed", "5e6", exit_code=1) == at_once


def test_nothing_is_written_without_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, KINK)
    monkeypatch.chdir(tmp_path)
    assert run(["replay", path]) == 0
    capsys.readouterr()
    assert replayed(capsys, path)["outputs"] == []
    assert [each.name for each in tmp_path.iterdir()] == ["scenario.toml"]


def test_the_text_tells_when_and_at_what_time_of_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", written(tmp_path, KINK)]) == 0
    lines = capsys.readouterr().out.splitlines()
    (raised,) = [line for line in lines if "HIGH OCCLUSION_DOWNSTREAM" in line]
    assert raised.split()[:4] == ["0", "d", "02:41:11", "10:41:11"]
    (gap,) = [line for line in lines if "no drug reaches the vein" in line]
    assert gap.split()[:4] == ["0", "d", "02:00:00", "10:00:00"]
    assert "occluded" in gap


@pytest.mark.parametrize("variable", ["NO_COLOR", None])
def test_there_is_no_colour_off_a_terminal_nor_where_it_is_not_wanted(
    variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if variable is not None:
        monkeypatch.setenv(variable, "1")
        monkeypatch.setattr("click._compat.isatty", lambda _stream: True)
    assert run(["replay", written(tmp_path, FAILS)]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_a_terminal_shows_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("click._compat.isatty", lambda _stream: True)
    assert run(["replay", written(tmp_path, FAILS)]) == 1
    assert "\x1b[31m" in capsys.readouterr().out


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, bytes, bytes]:
    """The same scenario replayed into two folders, by processes that differ in all that must not matter."""
    folders, answers = [], []
    for name, variables in (
        ("one", {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"}),
        ("another", {"PYTHONHASHSEED": "4242", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"}),
    ):
        folder = tmp_path_factory.mktemp(name)
        written(folder, FAILS)
        done = program(
            "replay", "scenario.toml", "--out", "deep/out", "--json", folder=folder, variables=variables
        )
        assert (done.returncode, done.stderr) == (1, b"")
        folders.append(folder / "deep" / "out")
        answers.append(done.stdout)
    return folders[0], folders[1], answers[0], answers[1]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_same_file_and_seed_are_the_same_bytes(two_runs: tuple[Path, Path, bytes, bytes]) -> None:
    first, second, said_first, said_second = two_runs
    assert said_first == said_second
    assert {path.name for path in first.iterdir()} == FILES
    for name in FILES:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_outputs_are_relative_to_the_folder(two_runs: tuple[Path, Path, bytes, bytes]) -> None:
    first, _, said, _ = two_runs
    outputs = json.loads(said)["outputs"]
    assert set(outputs) == FILES
    assert all((first / name).is_file() for name in outputs)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_file_names_a_path_or_a_place(two_runs: tuple[Path, Path, bytes, bytes]) -> None:
    first, *_ = two_runs
    for name in FILES:
        content = (first / name).read_bytes()
        assert str(first.parents[1]).encode() not in content
        assert b"deep/out" not in content


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_trace_ends_with_what_json_says(two_runs: tuple[Path, Path, bytes, bytes]) -> None:
    first, _, said, _ = two_runs
    *_, last = (first / "trace.jsonl").read_text(encoding="utf-8").splitlines()
    summary = json.loads(last)
    assert summary.pop("type") == "summary"
    assert summary == {**json.loads(said), "outputs": []}
