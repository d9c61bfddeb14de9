"""Traces and summaries: the contract key by key, rounding, reading back, and every kind of broken file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.expectations import Found
from scenarios.loader import Scenario, load
from scenarios.runner import Verdict
from scenarios.trace import Trace, TraceError, printed, read_trace, summary, trace_lines
from sim.world.result import Result
from tests.scenarios.results import AFTERNOON, EVENTS, afternoon

SCENARIO: Scenario = load("day7-shortfall-after-two-reprimes")
FOUND = (Found(passed=True, limit="a", found="b"), Found(passed=False, limit="c", found="d"))

PROMISED = [
    *("scenario", "seed", "passed", "expectations"),
    *("planned_ml", "delivered_ml", "believed_ml", "shortfall_ml", "excess_ml", "dry_s", "gap_s"),
    *("delivered_ug", "filled_ml", "wasted_ml", "bag_ml", "set_ml", "mass_balance_error_ml"),
    *("interruptions", "alarms", "events", "end_s", "outputs"),
]


def verdict(result: Result = AFTERNOON, found: tuple[Found, ...] = FOUND) -> Verdict:
    return Verdict(scenario=SCENARIO, result=result, found=found)


def test_the_summary_has_what_the_contract_promises_in_its_order() -> None:
    told = summary(verdict(), outputs=("trace.jsonl",))
    assert list(told)[: len(PROMISED)] == PROMISED
    assert told["scenario"] == "afternoon"
    assert (told["seed"], told["passed"], told["outputs"]) == (7, False, ["trace.jsonl"])
    assert told["expectations"] == [
        {"passed": True, "limit": "a", "found": "b"},
        {"passed": False, "limit": "c", "found": "d"},
    ]
    assert told["interruptions"] == [{"start_s": 3600.0, "end_s": 7200.0, "cause": "occluded"}]
    assert {"code", "priority", "raised_s", "silenced_s", "cleared_s"} <= set(told["alarms"][0])
    assert told["dry_s"] == 20000.0
    assert told["mass_balance_error_ml"] == 0.0


def test_a_run_without_expectations_passes() -> None:
    assert summary(verdict(found=()))["passed"] is True


def test_what_never_was_is_null() -> None:
    assert summary(verdict(afternoon(dry_s=None)))["dry_s"] is None


def test_events_are_counted_as_promised() -> None:
    # of the fifteen: silenced, noted and the restart limit are not counted
    assert len(EVENTS) == 15
    assert summary(verdict())["events"] == 12


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("t_s", 1.23456789, 1.234568),
        ("volume_ml", 1.23456789012, 1.23456789),
        ("error_ml", -1e-15, 0.0),
        ("until_s", float("inf"), None),
        ("count", 3, 3),
        ("code", "AIR_IN_LINE", "AIR_IN_LINE"),
    ],
)
def test_what_is_printed_is_rounded(name: str, value: object, shown: object) -> None:
    assert printed(name, value) == shown
    assert str(printed(name, value)) == str(shown)


@given(st.floats(-1e6, 1e6), st.floats(-1e-12, 1e-12))
def test_noise_below_the_digits_changes_no_byte(number: float, noise: float) -> None:
    on_grid = round(number, 6)
    assert json.dumps(printed("t_s", on_grid + noise)) == json.dumps(printed("t_s", on_grid))


def test_a_trace_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("".join(trace_lines(verdict(), "1.2.3")), encoding="utf-8")
    trace = read_trace(file)
    assert isinstance(trace, Trace)
    assert trace.header == {
        "type": "trace",
        "schema": 1,
        "scenario": "afternoon",
        "seed": 7,
        "digest": SCENARIO.digest,
        "version": "1.2.3",
    }
    assert [event["seq"] for event in trace.events] == list(range(1, 16))
    assert trace.events[0] == {
        "type": "ModeChanged",
        "t_s": 60.0,
        "seq": 1,
        "mode_from": "stopped",
        "mode_to": "running",
        "cause": "start",
    }
    assert {key: value for key, value in trace.summary.items() if key != "type"} == summary(verdict())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "1: does not begin like a trace"),
        ("hello\n", "1: is no line of a trace"),
        ("[1]\n", "1: is no line of a trace"),
        ('{"type": "trace", "schema": 9}\n', "1: trace schema 9 is not known; this program reads schema 1"),
        ('{"type": "trace", "schema": 1}\n', "1: has no summary at its end; it is not whole"),
        ('{"type": "trace", "schema": 1}\n{"type": "BagDry"}\n', "2: is an event without a time"),
        ('{"type": "trace", "schema": 1}\n{"type": "BagD', "2: is no line of a trace"),
        ("[" * 100_000, "1: is no line of a trace"),
    ],
)
def test_broken_traces(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text(content)
    with pytest.raises(TraceError) as caught:
        read_trace(file)
    assert str(caught.value).startswith(f"{file}:{said}")


def test_no_trace_at_all(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TraceError, match="no UTF-8 text"):
        read_trace(binary)
    with pytest.raises(TraceError, match="is a folder"):
        read_trace(tmp_path)
    with pytest.raises(TraceError, match="cannot be read: No such file"):
        read_trace(tmp_path / "gone")
