"""A pump at hand: what it says of itself, what comes of a command, who hears of a change."""

from __future__ import annotations

import pytest

from pump.commands import Lock, LockLevel, NewBag, Prime, ProgramChange, Silence, Start, Stop, Unlock
from pump.errors import Reason
from pump.events import AlarmRaised, CommandAccepted, CommandRefused, Event
from pump.port import AlarmView, PumpDevice, PumpPort
from sim.clocks import PacedClock
from sim.live import LiveSession
from sim.local_pump import LivePump, LocalPump, WorldPump, outcome_of
from sim.plant.actions import AttachCassette, Clamp, InsertBattery, PlugMains
from sim.world.world import World
from tests.sim.made import PROGRAM, STARTED, H, bench, primed, running, setup, step, world


class Wall:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


def live(wall: Wall, made: World, rate_frac: float = 1.0) -> LivePump:
    return LivePump(LiveSession(made, PacedClock(wall(), rate_frac=rate_frac), wall))


def test_it_is_both_sides_of_the_port() -> None:
    pump = LocalPump(bench())
    port: PumpPort = pump
    device: PumpDevice = pump
    assert port.status() == device.view().status


def test_it_says_how_the_pump_is() -> None:
    made = running()
    pump = LocalPump(made)
    made.advance_to(60.0 + 10.0 * H)
    status = pump.status()
    assert status.t_s == 36060.0
    assert status.mode == "running"
    assert status.rate_ml_h == 0.6
    # 10 h of 0.6 mL/h; the reservoir was entered anew as the 110 mL after the prime.
    assert status.given_ml == pytest.approx(6.0, abs=1e-9)
    assert status.vtbi_left_ml == pytest.approx(94.8, abs=1e-9)
    assert status.reservoir_ml == pytest.approx(104.0, abs=1e-9)
    assert status.lock_level == "LL2"
    assert status.external_power is True
    assert status.battery_frac == 1.0
    assert status.alarms == ()


def test_without_a_battery_it_tells_no_charge() -> None:
    made = primed()
    made.apply(PlugMains(present=True))
    made.apply(InsertBattery(present=False))
    assert LocalPump(made).status().battery_frac is None


def test_an_alarm_is_active_and_then_latched() -> None:
    made = running()
    pump = LocalPump(made)
    made.apply(AttachCassette(attached=False))
    made.advance_to(made.t_s + 60.0)
    assert pump.status().mode == "halted"
    assert AlarmView(code="CASSETTE_DETACHED", priority="high", state="active") in pump.status().alarms
    made.apply(AttachCassette(attached=True))
    made.advance_to(made.t_s + 60.0)
    assert AlarmView(code="CASSETTE_DETACHED", priority="high", state="latched") in pump.status().alarms


def test_a_command_is_accepted_with_the_number_of_its_event() -> None:
    made = primed()
    pump = LocalPump(made)
    outcome = pump.send(NewBag())
    assert outcome.accepted
    assert outcome.reason == ""
    (event,) = [each for each in made.journal.events if each.seq == outcome.seq]
    assert isinstance(event, CommandAccepted)
    assert event.command == "new_bag"


def test_a_refusal_has_its_reason() -> None:
    made = running()
    outcome = LocalPump(made).send(Prime(volume_ml=3.0, disconnected_confirmed=True))
    assert not outcome.accepted
    assert outcome.reason in set(Reason)
    (event,) = [each for each in made.journal.events if each.seq == outcome.seq]
    assert isinstance(event, CommandRefused)
    assert event.reason == outcome.reason


def test_a_wrong_code_is_a_wrong_code() -> None:
    pump = LocalPump(running())
    assert pump.send(Unlock(code="000")).reason == "wrong_code"


def test_a_command_without_an_event_is_a_fault_of_the_core() -> None:
    with pytest.raises(RuntimeError, match="neither did nor refused start"):
        outcome_of(Start(), [])


def test_programme_and_log_are_the_cores() -> None:
    made = primed()
    pump = LocalPump(made)
    assert pump.program() == PROGRAM
    rows = pump.log()
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    pump.send(Start())
    new = pump.log(after_number=rows[-1].number)
    assert ("command", "start") in [(row.what, row.code) for row in new]
    assert new == pump.log()[len(rows) :]


def test_the_view_is_one_instant() -> None:
    made = running()
    pump = LocalPump(made)
    made.apply(Clamp(where="downstream", closed=True))
    made.advance_to(60.0 + 10.0 * H)
    view = pump.view()
    assert view.status == pump.status()
    assert view.log == pump.log()
    assert view.readings == made.plant.readings(made.t_s)
    assert view.sound is not None
    assert view.sound == view.panel.sound
    assert view.sound.code == "OCCLUSION_DOWNSTREAM"


def test_asking_changes_nothing() -> None:
    made = running()
    made.advance_to(60.0 + 3.3 * H)
    before = made.snapshot()
    pump = LocalPump(made)
    pump.status()
    pump.view()
    pump.log()
    pump.events_since(0)
    assert made.snapshot() == before


def test_only_the_pumps_own_events_are_told() -> None:
    made = running()
    pump = LocalPump(made)
    made.apply(Clamp(where="downstream", closed=True))
    made.advance_to(60.0 + 10.0 * H)
    told = pump.events_since(0)
    assert "OCCLUSION_DOWNSTREAM" in [event.code for event in told if isinstance(event, AlarmRaised)]
    assert {type(event).__module__ for event in told} == {"pump.events"}
    assert {type(event).__module__ for event in made.journal.events} > {"pump.events"}


def test_events_are_told_after_a_number() -> None:
    made = primed()
    pump = LocalPump(made)
    known = pump.events_since(0)[-1].seq
    outcome = pump.send(Start())
    told = pump.events_since(known)
    assert outcome.seq == told[0].seq
    assert pump.events_since(told[-1].seq) == ()


def test_events_are_told_after_a_number_in_a_restored_bench_too() -> None:
    first = primed()
    made = bench()
    made.restore(first.snapshot())
    pump = LocalPump(made)
    assert pump.events_since(0) == ()
    outcome = pump.send(Start())
    assert outcome.seq is not None
    assert pump.events_since(outcome.seq - 1)[0].seq == outcome.seq


def test_listeners_hear_until_they_are_taken_off() -> None:
    made = primed()
    pump = LocalPump(made)
    heard: list[float] = []
    take_off = pump.on_change(lambda: heard.append(made.t_s))
    pump.send(Start())
    made.advance_to(100.0)
    pump.changed()
    assert heard == [60.0, 100.0]
    take_off()
    take_off()
    pump.send(Stop())
    assert heard == [60.0, 100.0]


class TestOfAWorld:
    def test_the_world_hears_what_the_pump_did(self) -> None:
        made = world()
        made.advance_to(1200.0)
        pump = WorldPump(made)
        heard: list[Event] = []
        made.listen(heard.append)
        outcome = pump.send(Stop())
        assert outcome.seq in [event.seq for event in heard]
        assert pump.status().t_s == 1200.0

    def test_a_change_of_the_world_is_heard(self) -> None:
        made = world(step(1800.0, "kink"))
        pump = WorldPump(made)
        heard: list[str] = []
        pump.on_change(lambda: heard.append(pump.status().mode))
        made.advance_to(20.0 * H)
        assert heard[-1] == "halted"
        pump.close()
        pump.close()
        count = len(heard)
        made.do(step(21.0 * H, "unkink"))
        assert len(heard) == count

    def test_a_command_of_a_step_takes_the_road(self) -> None:
        made = World(setup(*STARTED))
        asked: list[tuple[float, str]] = []

        def road(command: object) -> list[Event]:
            asked.append((made.now_s, type(command).__name__))
            return made.apply(command)  # type: ignore[arg-type]

        made.road = road
        made.advance_to(1200.0)
        assert (0.0, "Prime") in asked
        assert asked[-1] == (600.0, "Start")
        assert made.bench.journal.events == world_events()


def world_events() -> list[Event]:
    made = world()
    made.advance_to(1200.0)
    return made.bench.journal.events


class TestOfALiveSession:
    def test_it_lives_by_the_clock(self) -> None:
        wall = Wall()
        pump = live(wall, world(), rate_frac=3600.0)
        wall.s += 1.0
        assert pump.t_s == 3600.0
        # Started at 600 s: 3000 s of 0.6 mL/h.
        assert pump.status().given_ml == pytest.approx(0.5, abs=1e-9)
        wall.s += 1.0
        assert pump.status().given_ml == pytest.approx(1.1, abs=1e-9)

    def test_a_command_acts_on_the_next_millisecond(self) -> None:
        wall = Wall()
        made = world()
        pump = live(wall, made)
        wall.s += 700.0003
        outcome = pump.send(Stop())
        (event,) = [each for each in made.bench.journal.events if each.seq == outcome.seq]
        assert event.t_s == 700.001

    def test_many_commands_in_one_millisecond_do_not_run_ahead_of_the_clock(self) -> None:
        wall = Wall()
        pump = live(wall, world())
        wall.s += 700.0003
        for _ in range(100):
            pump.send(Silence())
        assert pump.t_s == 700.001

    def test_a_command_comes_in_its_hands_name(self) -> None:
        wall = Wall()
        pump = live(wall, world())
        wall.s += 700.0
        assert pump.send(ProgramChange(rate_ml_h=0.5)).reason == "needs_supplier"
        assert not pump.send(Lock(level=LockLevel.LL0)).accepted
        assert pump.send(Stop()).accepted

    def test_what_was_due_is_done_before_anyone_looks(self) -> None:
        wall = Wall()
        pump = live(wall, world(step(1800.0, "kink")), rate_frac=3600.0)
        heard: list[float] = []
        pump.on_change(lambda: heard.append(0.0))
        wall.s += 20.0
        assert pump.status().mode == "halted"
        assert heard

    def test_time_can_be_skipped_with_everything_in_it(self) -> None:
        wall = Wall()
        pump = live(wall, world(step(1800.0, "kink")))
        pump._session.skip(72000.0)
        assert pump.t_s == 72000.0
        assert pump.status().mode == "halted"
        wall.s += 1.0
        assert pump.t_s == 72001.0

    def test_when_the_world_is_over_its_time_stands(self) -> None:
        wall = Wall()
        pump = live(wall, world(until_s=3600.0))
        wall.s += 7200.0
        assert pump.t_s == 3600.0
        assert pump.send(Stop()).accepted
