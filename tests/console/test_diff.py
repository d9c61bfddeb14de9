"""`diff`: what is different between two traces, told so that one sees where they part."""

from __future__ import annotations

from pathlib import Path

import pytest

from console.cli import run
from scenarios.loader import loads
from scenarios.runner import run as run_scenario
from scenarios.trace import trace_lines
from sim.world.host import VirtualHost
from tests.console.samples import KINK, written


def traced(folder: Path, name: str, text: str) -> str:
    return written(folder, "".join(trace_lines(run_scenario(loads(text), VirtualHost()), "1.0")), name)


def test_a_trace_is_the_same_as_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = traced(tmp_path, "a.jsonl", KINK)
    assert run(["diff", path, path]) == 0
    assert capsys.readouterr().out == "The same happened in both, at the same times.\n"


def test_a_shift_is_told_as_a_shift(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = traced(tmp_path, "a.jsonl", KINK)
    second = traced(tmp_path, "b.jsonl", KINK.replace('at = "2 h"', 'at = "2 h 6 min"'))
    assert run(["diff", first, second]) == 1
    shown = capsys.readouterr().out
    alarm = shown.split("Alarms\n")[1].splitlines()[0]
    assert alarm.split() == [
        "0",
        "d",
        "02:41:11",
        "6",
        "min",
        "later",
        "in",
        "the",
        "second",
        "OCCLUSION_DOWNSTREAM",
    ]
    # Six minutes more at 0.6 mL/h.
    (delivered,) = [line for line in shown.splitlines() if line.split()[:1] == ["delivered_ml"]]
    assert delivered.endswith("(+0.06)")
    assert "digest" in shown


def test_what_only_one_has_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = traced(tmp_path, "a.jsonl", KINK)
    second = traced(tmp_path, "b.jsonl", KINK.replace('do = "kink"', 'do = "wait"').replace(
        'at = "2 h"\ndo = "wait"\nwhere = "downstream"', 'at = "2 h"\ndo = "wait"'))  # fmt: skip
    assert run(["diff", first, second, "--all"]) == 1
    shown = capsys.readouterr().out
    assert "only in the first   OCCLUSION_DOWNSTREAM" in shown
    assert "--all shows them" not in shown
    assert run(["diff", first, second]) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        ("", "does not begin like a trace"),
        ("{", "is no line of a trace"),
        ('{"type": "trace", "schema": 99}\n', "schema 99"),
        ('{"type": "trace", "schema": 1}\n', "it is not whole"),
    ],
)
def test_what_is_no_trace_ends_with_two(
    content: str | None, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = traced(tmp_path, "a.jsonl", KINK)
    bad = str(tmp_path / "b.jsonl")
    if content is not None:
        written(tmp_path, content, "b.jsonl")
    assert run(["diff", good, bad]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert f"{bad}:1: " in output.err
    assert told in output.err
