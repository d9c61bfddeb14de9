"""What must hold under every fault of the catalogue, and under any of them together.

No command is carried out twice, nothing hangs, memory stays bounded, the host comes back after each fault,
what is uncertain is said to be and found out, the volume that a fault costs is bounded and known, and the
pump notices in time that nobody speaks to it.
"""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.dialects import Verdict
from drivers.dialects.ambupump.line_faults import ALARM
from drivers.errors import LinkDown, LinkError, LinkTimeout, UncertainDelivery, WrongPeer
from drivers.faults.catalogue import KINDS
from drivers.serial_pump import (
    FIRST_BACKOFF_S,
    HEARTBEAT_FRAC,
    PATIENCE_S,
    QUESTION_TRIES_COUNT,
    QUIET_LIMIT_S,
    STOP_TRIES_COUNT,
)
from pump.commands import LinkRestored, Start, Stop
from tests.drivers.faulty import WATCHDOG_S, FaultyRig, Host

BEGIN_S, END_S = 5.0, 20.0

SCRIPTS = {
    name: f"{name} at {BEGIN_S:g} s for {END_S - BEGIN_S:g} s"
    if kind.lasts
    else f"{name} from {BEGIN_S:g} s until {END_S:g} s"
    for name, kind in KINDS.items()
}
"""Every fault at its worst: all that comes by suffers it, for a quarter of a minute."""

SOMETIMES = {
    name: text.replace(name, f"{name} 20%", 1) for name, text in SCRIPTS.items() if not KINDS[name].lasts
}

NO_REQUEST_COMES_THROUGH = (
    "drop request",
    "flip request",
    "overwrite request",
    "truncate request",
    "split request",
    "silence request",
    "disconnect",
    "replug",
)

RECOVERED_S = END_S + 2.0 * (END_S - BEGIN_S)
"""The interval between two attempts doubles: it is never longer than the outage that made it grow."""

MEMORY_BYTES = 1_000_000


def connected(text: str, **options: object) -> FaultyRig:
    line = FaultyRig(text, **options)
    line.pump.connect()
    line.pass_time(0.1)
    return line


def at(line: FaultyRig, at_s: float) -> FaultyRig:
    """Let the script run to `at_s`, with nobody asking anything."""
    line.pass_time(at_s - (line.wall_s - line.begun_s))
    return line


# ---------------------------------------------------------------- every fault


@pytest.mark.parametrize("text", [*SCRIPTS.values(), *SOMETIMES.values()])
@pytest.mark.parametrize("events", [False, True])
def test_no_command_twice_nothing_hangs_and_the_host_comes_back(text: str, events: bool) -> None:
    line = connected(f"{text}; seed 4", events=events)
    host = Host(line)
    host.live_until(RECOVERED_S)
    host.check()
    host.errors.clear()
    known_count = len(host.sent)
    host.live_until(RECOVERED_S + 5.0)
    host.check()
    assert host.errors == []
    assert [each.belief for each in host.sent[known_count:]] == ["accepted"] * 5
    assert line.pump.connected
    assert line.pump.uncertain is None


@pytest.mark.parametrize("text", SCRIPTS.values())
def test_a_start_under_a_fault_is_done_once_or_not_and_the_host_knows_which(text: str) -> None:
    line = at(connected(text), BEGIN_S)
    try:
        done = line.pump.send(Start()).accepted
    except UncertainDelivery:
        assert line.applied(Start()) <= 1
        done = resolved_at_last(line)
    except LinkError:
        done = False
    at(line, RECOVERED_S)
    assert line.applied(Start()) == int(done)


def resolved_at_last(line: FaultyRig) -> bool:
    """Ask what became of a Start until the pump tells; it must tell, for it had power all the time."""
    for _ in range(200):
        try:
            resolved = line.pump.resolve()
        except LinkError:
            line.pass_time(0.5)
            continue
        if resolved.verdict is Verdict.UNKNOWN:
            assert line.powers_count > 0
            return line.applied(Start()) == 1
        return resolved.verdict is Verdict.DONE
    raise AssertionError("nobody ever knew")


# ---------------------------------------------------------------- uncertain


def test_a_lost_reply_is_uncertain_and_resolved_as_done() -> None:
    line = at(connected("lose_reply at 5 s"), 5.0)
    with pytest.raises(UncertainDelivery, match="nobody knows whether start took effect"):
        line.pump.send(Start())
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    resolved = line.pump.resolve()
    assert resolved.verdict is Verdict.DONE
    assert resolved.outcome is not None
    assert resolved.outcome.accepted
    assert resolved.status.mode == "running"
    assert line.applied(Start()) == 1
    assert line.pump.uncertain is None


def test_a_lost_request_is_uncertain_and_resolved_as_not_done() -> None:
    line = at(connected("drop request at 5 s"), 5.0)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    resolved = line.pump.resolve()
    assert (resolved.verdict, resolved.status.mode) == (Verdict.NOT_DONE, "stopped")
    assert line.applied(Start()) == 0
    assert line.pump.send(Start()).accepted
    assert line.applied(Start()) == 1


def test_a_command_that_comes_late_but_before_anybody_asked_is_done_and_said_to_be() -> None:
    line = at(connected("delay request by 5 s at 5 s"), 5.0)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    frames_count = len(line.sent)
    at(line, 9.9)
    assert len(line.sent) == frames_count
    at(line, 10.1)
    assert len(line.sent) == frames_count + 1
    assert line.pump.resolve().verdict is Verdict.DONE
    assert line.applied(Start()) == 1


def test_a_command_that_arrives_after_its_fate_was_told_is_barred() -> None:
    line = at(connected(""), 5.0)
    strayed: list[bytes] = []

    def astray(data: bytes) -> bytes:
        strayed.append(data)
        return b""

    line.to_pump = astray
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    line.to_pump = lambda data: data
    assert line.pump.resolve().verdict is Verdict.NOT_DONE
    for frame in strayed:
        line.side.receive(frame, line.wall_s)
    assert len(strayed) == 1
    assert line.applied(Start()) == 0
    assert line.pump.send(Start()).accepted


def test_after_a_power_cut_only_the_state_can_tell() -> None:
    line = at(connected("lose_reply at 5 s; power_cycle at 5.2 s for 2 s"), 5.0)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    at(line, 20.0)
    for _ in range(20):
        try:
            resolved = line.pump.resolve()
            break
        except LinkError:
            line.pass_time(1.0)
    assert resolved.verdict is Verdict.UNKNOWN
    assert resolved.status.mode == "stopped"
    assert line.applied(Start()) == 1


@pytest.mark.parametrize("way", ["request", "reply"])
@pytest.mark.parametrize("byte_no", range(1, 33))
def test_the_port_may_go_at_any_byte_of_an_exchange(way: str, byte_no: int) -> None:
    line = at(connected(f"disconnect {way} byte {byte_no} from 5 s until 6 s for 1 s"), 5.0)
    host = Host(line)
    host.act()
    host.live_until(15.0)
    host.check()
    assert line.pump.connected
    assert host.sent[-1].belief == "accepted"


# ---------------------------------------------------------------- nothing hangs


@pytest.mark.parametrize(
    "text", ["drop reply; babble", "drop reply; babble rate 3", "overwrite reply; babble rate 1000000"]
)
def test_garbage_for_ever_ends_every_call(text: str) -> None:
    line = FaultyRig(text)
    with pytest.raises(WrongPeer):
        line.pump.connect()
    # Hello is asked three times; each time has its deadline, and a second for the line to come to rest.
    longest_line_s = 2 * 1030 * 10 / line.dialect.line.baud
    limit_s = QUESTION_TRIES_COUNT * (PATIENCE_S + longest_line_s + QUIET_LIMIT_S)
    assert line.wall_s - line.begun_s <= limit_s


def test_nobody_there_ends_every_call() -> None:
    line = FaultyRig("silence for ever")
    with pytest.raises(LinkTimeout):
        line.pump.connect()
    assert line.wall_s - line.begun_s <= line.longest_call_s


def test_no_port_is_said_at_once() -> None:
    line = FaultyRig("disconnect for ever")
    with pytest.raises(LinkDown, match="no such port"):
        line.pump.connect()
    assert line.wall_s == line.begun_s


@pytest.mark.parametrize("text", ["babble rate 1000000", "babble request rate 1000000", "garbage bytes 4000"])
def test_a_flood_takes_no_memory(text: str) -> None:
    line = connected(f"{text} from 1 s until 6 s" if "garbage" in text else f"{text} at 1 s for 5 s")
    host = Host(line)
    tracemalloc.start()
    try:
        for quarters_count in range(32):
            host.live_until(quarters_count / 4)
            line.sent.clear()  # the test's own record of the flood
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    host.check()
    assert peak_bytes < MEMORY_BYTES


# ---------------------------------------------------------------- the volume

STOP_S = BEGIN_S + 1.0
ML_PER_S = 36.0 / 3600.0

STOP_BOUND_S = (END_S - STOP_S) + (END_S - BEGIN_S) + STOP_TRIES_COUNT * (PATIENCE_S + 0.2 + QUIET_LIMIT_S)
"""The pump stops at the latest when the fault is over, the next attempt to connect has come (its interval is
at most as long as the outage), and Stop has been tried once more."""


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_what_a_fault_costs_in_volume_is_bounded_and_known(text: str) -> None:
    line = at(connected(text), 1.0)
    assert line.pump.send(Start()).accepted
    at(line, STOP_S)
    planned_ml = (STOP_S - 1.0) * ML_PER_S
    while not is_stopped(line):
        assert line.wall_s - line.begun_s < STOP_S + STOP_BOUND_S
        line.pass_time(0.1)
    at(line, RECOVERED_S + 10.0)
    told_ml = given_at_last_ml(line)
    assert told_ml == pytest.approx(line.rig.given_ml, abs=1e-6)
    # The counter goes by what was moved; a power cut ends delivery sooner than anybody wanted.
    least_ml = planned_ml - 1.0 * ML_PER_S if "power_cycle" in text else planned_ml
    assert least_ml - 1e-6 <= told_ml <= planned_ml + STOP_BOUND_S * ML_PER_S
    assert line.applied(Start()) == 1


def is_stopped(line: FaultyRig) -> bool:
    """Say Stop once more; whether that is proven."""
    try:
        line.pump.poll()
        line.pump.send(Stop())
    except (LinkError, UncertainDelivery):
        return False
    return True


def given_at_last_ml(line: FaultyRig) -> float:
    """What the pump says it gave, as soon as it says something."""
    for _ in range(10):
        try:
            line.pump.poll()
            given_ml = line.pump.status().given_ml
        except LinkError:
            line.pass_time(1.0)
            continue
        assert given_ml is not None
        return given_ml
    raise AssertionError("the host did not come back")


# ---------------------------------------------------------------- the link's own alarm


@pytest.mark.parametrize("fault", NO_REQUEST_COMES_THROUGH)
def test_the_pump_notices_in_time_that_nobody_speaks(fault: str) -> None:
    name = fault.split(maxsplit=1)[0]
    line = connected(SCRIPTS[name].replace(name, fault, 1))
    host = Host(line)
    host.EVERY_S = 1000.0  # nothing but heartbeats
    host.live_until(RECOVERED_S + 5.0)
    # The last that was heard was heard before the fault began, at most one heartbeat and one look earlier.
    earliest_s = BEGIN_S - HEARTBEAT_FRAC * WATCHDOG_S - 2.0 * host.TICK_S + WATCHDOG_S
    (raised_s,) = line.lost_s()
    assert earliest_s <= raised_s <= BEGIN_S + WATCHDOG_S
    assert line.applied(LinkRestored()) == 1
    assert "LINK_LOST" not in line.rig.standing()


@pytest.mark.parametrize("fault", ["duplicate", "garbage", "merge reply", "delay", "echo", "alarm", "babble"])
def test_the_pump_raises_no_alarm_while_somebody_speaks(fault: str) -> None:
    name = fault.split(maxsplit=1)[0]
    line = connected(SCRIPTS[name].replace(name, fault, 1))
    host = Host(line)
    host.live_until(RECOVERED_S)
    assert line.lost_s() == []


# ---------------------------------------------------------------- one fault, one duty


def test_an_old_answer_is_not_taken_for_the_new_one() -> None:
    line = at(connected("late at 5 s"), 5.0)
    status = line.pump.status()
    assert status.t_s is not None
    assert status.t_s >= 5.0 + PATIENCE_S
    assert line.pump.counts.repeated_count == 1


def test_an_alarm_in_between_is_news_and_no_answer() -> None:
    line = at(connected("alarm reply at 5 s", events=True), 5.0)
    news = list(line.pump.poll())
    assert line.pump.send(Start()).accepted
    news += line.pump.poll()
    assert [row.code for row in news if row.detail.endswith(ALARM.detail)] == ["AIR_IN_LINE"]


def test_another_pumps_words_are_nobodys() -> None:
    line = at(connected("misaddress reply at 5 s"), 5.0)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    assert line.pump.resolve().verdict is Verdict.DONE


def test_the_host_never_hears_itself() -> None:
    line = at(connected("echo from 5 s; drop request from 5 s"), 5.0)
    with pytest.raises(LinkTimeout):
        line.pump.status()


def test_a_pump_that_was_off_is_not_started_again() -> None:
    line = at(connected("power_cycle at 5 s for 2 s"), 1.0)
    assert line.pump.send(Start()).accepted
    host = Host(line)
    host.EVERY_S = 1000.0
    host.live_until(30.0)
    assert line.pump.connected
    assert not line.pump.resumed
    assert line.pump.status().mode == "stopped"
    assert line.applied(Start()) == 1


def test_reconnecting_waits_longer_each_time_and_ends() -> None:
    line = connected("disconnect at 5 s for 15 s")
    host = Host(line)
    host.live_until(BEGIN_S + FIRST_BACKOFF_S)
    opened_count = line.opened_count
    host.live_until(RECOVERED_S)
    assert line.opened_count == opened_count + 1
    assert 4 <= host.errors.count("LinkDown") <= 6  # lost, then tried after 0.5, 1, 2, 4, 8 s


# ---------------------------------------------------------------- any of them together

PICKS = st.sampled_from(["", "20%", "50%", "once", "every 2", "every 3", "2-4"])
WINDOWS = st.tuples(st.integers(0, 14), st.integers(1, 6))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """One fault, begun and over before the script's twentieth second."""
    name = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[name]
    from_s, long_s = draw(WINDOWS)
    unit = draw(st.sampled_from(["", "byte"])) if len(kind.units) > 1 and not kind.lasts else ""
    way = "" if kind.one_way else draw(st.sampled_from(["", "request", "reply"]))
    if kind.lasts:
        return f"{name} {way} at {from_s} s for {long_s} s"
    return f"{name} {way} {unit} {draw(PICKS)} from {from_s} s until {from_s + long_s} s"


@given(st.lists(rules(), min_size=1, max_size=5), st.integers(0, 10**6))
@example(["delay from 0 s until 1 s", "duplicate byte from 0 s until 1 s"], 0)
def test_any_faults_together(statements: list[str], seed: int) -> None:
    line = FaultyRig("; ".join([*statements, f"seed {seed}"]))
    host = Host(line)
    host.live_until(70.0)
    host.check()
    assert line.pump.connected
    assert line.pump.uncertain is None
    assert host.sent[-1].belief == "accepted"
