"""Faults of the line as commands take them: from the command line, from files, from steps of scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any

import pytest

from console.behind import in_a_world, power_of
from console.errors import UserError
from console.line_faults import rule_of, script_of, wire_of
from drivers.emulator import Client
from drivers.faults.catalogue import BOTH, Way
from drivers.faults.end import FaultyEnd
from drivers.faults.frames import AS_WRITTEN
from drivers.faults.script import Pick, Script, parse_rule
from drivers.transport import LineSettings
from pump.events import Event
from scenarios.loader import load
from scenarios.verbs import VERBS, step
from sim.clocks import PacedClock
from sim.events import LineDisturbed, StepSkipped
from sim.live import LiveSession
from sim.world.world import World
from tests.drivers.virtual_loop import at_once
from tests.sim.made import setup

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


@pytest.mark.parametrize(
    ("verb", "text"),
    [
        ("link_drop", "drop request 1-3"),
        ("link_repeat", "duplicate reply once"),
        ("link_delay", "delay reply once by 0.25 s"),
        ("link_silence", "silence for 30 s"),
        ("link_disconnect", "disconnect for 0.00001 s"),
    ],
)
def test_it_is_told_as_a_script_would_have_it(verb: str, text: str) -> None:
    rule = rule_of(step(60.0, verb, **WIRE_VERBS[verb]))
    assert str(rule) == text
    again = parse_rule(text)
    assert (again.kind, again.ways, again.pick, again.length_s) == (
        rule.kind,
        rule.ways,
        rule.pick,
        rule.length_s,
    )


def test_an_outage_lasts_its_time_in_the_scenario_and_a_frame_is_late_on_the_wall() -> None:
    assert rule_of(step(0.0, "link_silence", for_s=600.0), 60.0).length_s == 10.0
    assert rule_of(step(0.0, "link_delay", delay_s=0.25), 60.0).length_s == 0.25


def test_an_outage_may_last_longer_than_a_script_can_say() -> None:
    assert rule_of(step(0.0, "link_disconnect", for_s=30 * 86400.0)).length_s == 30 * 86400.0


class Noting:
    """A plug and a pump at the two ends of a line."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.done: list[tuple[float, str]] = []
        self.name = "the test"
        self.line = LineSettings(baud=9600)

    def note(self, text: str) -> None:
        self.done.append((round(self.clock() - 1000.0, 3), text))

    def unplug(self) -> None:
        self.note("unplug")

    def plug(self, *, renamed: bool) -> None:
        self.note("plug, renamed" if renamed else "plug")

    def connect(self, client: Client) -> str | None:
        del client
        return None

    def disconnect(self, client: Client) -> None:
        self.note("gone")

    def receive(self, data: bytes) -> None:
        self.note(data.decode())

    def write(self, data: bytes) -> None:
        self.note(data.decode())


def test_steps_beneath_happen_on_the_line_at_their_time_and_are_on_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = (
        step(60.0, "link_drop", direction="to_pump", frames_count=2),
        step(120.0, "link_disconnect", for_s=300.0),
        step(600.0, "link_silence", for_s=60.0),
    )

    async def story() -> tuple[list[tuple[float, str]], list[Event]]:
        loop = asyncio.get_running_loop()
        hands = Noting(loop.time)
        pump = in_a_world(setup(step(10.0, "link_drop"), *steps, until_s=inf), 30.0, speed_frac=60.0)
        assert pump.world is not None
        assert pump.asks_for_a_wire
        end = FaultyEnd(hands, Script(), AS_WRITTEN, socket=hands)
        pump.world.wire = wire_of(end, pump.speed_frac)
        living = asyncio.create_task(pump.life)
        end.connect(hands)
        for each in range(20):
            end.receive(f"{each}".encode())
            await asyncio.sleep(1.0)
        living.cancel()
        end.close()
        return hands.done, pump.world.bench.journal.events

    done, events = at_once(story())
    # Simulated 30 s are the wall's 0 s: 60 s are 0.5 s, 120 s are 1.5 s, 600 s are 9.5 s; 300 s are 5 s.
    # Of what was sent 1 and 7 are dropped, 2 to 6 have no port, 10 falls into the silence.
    assert done == [
        (0.0, "0"),
        (1.5, "unplug"),
        (6.5, "plug"),
        *((float(each), f"{each}") for each in (8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19)),
    ]
    told = [each for each in events if isinstance(each, StepSkipped | LineDisturbed)]
    assert [type(each) for each in told] == [StepSkipped, LineDisturbed, LineDisturbed, LineDisturbed]
    assert [each.t_s for each in told] == [10.0, 60.0, 120.0, 600.0]
    assert [each.detail for each in told if isinstance(each, LineDisturbed)] == [
        "drop request 1-2",
        "disconnect for 5 s",
        "silence for 1 s",
    ]
    assert "0 d 00:02:00 of the pump's time: disconnect for 5 s" in capsys.readouterr().err


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
