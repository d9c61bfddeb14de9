"""Faults of the line as commands take them: from the command line, from files, from steps of scenarios."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from console.behind import power_of
from console.errors import UserError
from console.line_faults import rule_of, script_of
from drivers.faults.catalogue import BOTH, Way
from drivers.faults.script import Pick, parse_rule
from scenarios.loader import load
from scenarios.verbs import VERBS, step
from sim.clocks import PacedClock
from sim.live import LiveSession
from sim.world.world import World

SCRIPT = "seed 7\ndrop reply 3  # the answer to the third request\n"

WIRE_VERBS: dict[str, dict[str, Any]] = {
    "link_drop": {"direction": "to_pump", "frames_count": 3},
    "link_repeat": {"direction": "from_pump"},
    "link_corrupt": {},
    "link_truncate": {"frames_count": 2},
    "link_delay": {"delay_s": 0.25, "direction": "from_pump"},
    "link_silence": {"for_s": 30.0},
    "link_disconnect": {"for_s": 0.00001},
}


def test_faults_are_read_from_the_command_line_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "night.faults"
    file.write_text(SCRIPT, encoding="utf-8")
    assert script_of(str(file), None) == script_of("seed 7; drop reply 3", None)
    assert script_of(str(file), None).seed == 7
    assert script_of(str(file), 8).seed == 8
    assert script_of("", None).rules == ()


def test_mistakes_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "night.faults"
    file.write_text("drop\nflup\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        script_of(str(file), None)
    assert caught.value.message == "faults, line 2: 'flup' is no fault; did you mean flip?"


@pytest.mark.parametrize("content", [b"drop\xff", b"\x00", b"#" * 1_000_001])
def test_files_that_are_no_scripts_are_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "night.faults"
    file.write_bytes(content)
    with pytest.raises(UserError):
        script_of(str(file), None)


@pytest.mark.parametrize("text", ["drop\0", "x" * 5000])
def test_what_cannot_be_the_name_of_a_file_is_told_as_a_mistake(text: str) -> None:
    with pytest.raises(UserError, match="is no fault"):
        script_of(text, None)


def test_every_verb_of_the_line_has_its_fault() -> None:
    assert set(WIRE_VERBS) == {name for name, verb in VERBS.items() if verb.room == "wire"}


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("link_drop", "drop request 1-3"),
        ("link_repeat", "duplicate reply 1-1"),
        ("link_corrupt", "flip both 1-1"),
        ("link_truncate", "truncate both 1-2"),
        ("link_delay", "delay reply 1-1 by 250 ms"),
        ("link_silence", "silence for 30 s"),
        ("link_disconnect", "disconnect for 10 us"),
    ],
)
def test_a_step_asks_for_its_fault(verb: str, expected: str) -> None:
    rule, wanted = rule_of(step(60.0, verb, **WIRE_VERBS[verb])), parse_rule(expected)
    assert (rule.kind, rule.ways, rule.pick) == (wanted.kind, wanted.ways, wanted.pick)
    assert rule.length_s == pytest.approx(wanted.length_s)
    assert rule.from_s == 0.0


def test_frames_are_counted_each_way() -> None:
    rule = rule_of(step(0.0, "link_drop", frames_count=3))
    assert (rule.ways, rule.pick) == (BOTH, Pick(numbers=((1, 3),)))
    assert rule_of(step(0.0, "link_drop", direction="from_pump")).ways == (Way.REPLY,)


def test_a_pump_without_power_stops_and_does_not_start_again() -> None:
    wall_s = [0.0]
    session = LiveSession(World(load("bag-7-day-nominal").setup), PacedClock(0.0), lambda: wall_s[0])
    bench = session.world.bench
    power = power_of(session)

    def mode_at(at_s: float) -> str:
        wall_s[0] = at_s
        session.settle()
        return str(bench.core.mode)

    assert mode_at(3600.0) == "running"
    level_frac = bench.plant.readings(3600.0).battery_frac
    power(False)
    assert mode_at(3600.0) == "off"
    # 50 minutes at 0.6 mL/h, and what a millisecond more gives.
    assert bench.core.counters(3600.0).given_ml == pytest.approx(0.5, abs=1e-6)
    found = [(bench.plant.mains, bench.plant.battery.present)]
    wall_s[0] = 3660.0
    power(True)
    assert mode_at(7200.0) != "running"
    assert bench.core.counters(7200.0).given_ml == pytest.approx(0.5, abs=1e-6)
    found.append((bench.plant.mains, bench.plant.battery.present))
    assert found == [(False, False), (True, True)]
    assert bench.plant.battery.level_frac == pytest.approx(level_frac, abs=1e-3)
