"""The driver over a line in memory: what a correct host does when anything goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.dialects import Capability, Verdict
from drivers.dialects.ambupump import AMBUPUMP
from drivers.dialects.ambupump.frames import Frame, encode, framer
from drivers.dialects.ambupump.tables import Type
from drivers.errors import (
    Busy,
    DriverError,
    LinkDown,
    LinkError,
    LinkGarbled,
    LinkTimeout,
    NotAllowed,
    UncertainDelivery,
    WrongPeer,
)
from drivers.serial_pump import FIRST_BACKOFF_S, JITTER_FRAC, PATIENCE_S, QUIET_S, SerialPump
from drivers.transport import MemoryPair, Port
from pump.commands import (
    Command,
    ConfirmProgram,
    LinkLost,
    Prime,
    ProgramChange,
    Start,
    Stop,
)
from pump.port import Outcome
from tests.drivers.line import Drawn, Line, RigPump
from tests.pump.rig import Rig


def connected(**options: object) -> Line:
    line = Line(**options)  # type: ignore[arg-type]
    line.pump.connect()
    return line


def dropping(kind: int, count: int = 1) -> Callable[[bytes], bytes]:
    """Lose the first `count` pieces with a frame of type `kind`."""
    left = [count]

    def bend(data: bytes) -> bytes:
        if left[0] and any(frame.type_code == kind for frame in framer().feed(data)):
            left[0] -= 1
            return b""
        return data

    return bend


# ---------------------------------------------------------------- in good order


def test_everything_a_port_offers_comes_over_the_wire() -> None:
    line = connected()
    device = line.device
    assert line.pump.send(Prime(volume_ml=3.0, disconnected_confirmed=True)) == Outcome(accepted=True, seq=1)
    device.rig.to(60.0)
    assert line.pump.send(Start()).accepted
    device.rig.to(3600.0)
    assert line.pump.status() == device.status()
    assert line.pump.program() == device.program()
    assert line.pump.panel() == device.view().panel
    assert line.pump.log() == device.log()
    assert line.pump.log(4) == device.log(4)
    assert line.pump.send(Start()) == Outcome(
        accepted=False, reason="delivering", seq=device.rig.journal.events[-1].seq
    )


def test_a_log_of_many_pages_is_whole() -> None:
    line = connected()
    for _ in range(700):
        line.device.rig.do(Stop())
    assert len(line.device.log()) == 700
    assert line.pump.log() == line.device.log()


def test_what_no_frame_can_say_is_refused_and_not_sent() -> None:
    line = connected()
    sent_count = len(line.sent)
    assert line.pump.send(ProgramChange(rate_ml_h=float("nan"))) == Outcome(
        accepted=False, reason="bad_value"
    )
    assert len(line.sent) == sent_count


def test_a_programme_is_taken_exactly() -> None:
    line = connected()
    assert line.pump.send(ProgramChange(vtbi_ml=50.4, kvo_ml_h=0.3)).accepted
    assert line.pump.send(ConfirmProgram()).accepted
    assert (line.device.program().vtbi_ml, line.device.program().kvo_ml_h) == (50.4, 0.3)


def test_no_host_sends_the_link_s_own_news() -> None:
    line = connected()
    with pytest.raises(NotAllowed, match="link's own news"):
        line.pump.send(LinkLost())
    assert line.device.applied == []


def test_a_pump_that_is_not_connected_is_not_asked() -> None:
    line = Line()
    for ask in (line.pump.status, lambda: line.pump.send(Start()), lambda: line.pump.send(Stop())):
        with pytest.raises(LinkDown, match="connect first"):
            ask()
    assert line.pump.uncertain is None


def test_closing_says_goodbye() -> None:
    with connected(watchdog_s=5.0).pump as pump:
        assert pump.connected
    line = connected(watchdog_s=5.0)
    line.pump.close()
    line.pump.close()
    line.pass_time(60.0)
    assert line.device.applied == []
    assert not line.pump.connected
    assert line.pump.poll() == ()


def test_one_exchange_at_a_time() -> None:
    line = connected()
    found: list[Exception] = []

    def meddle(data: bytes) -> bytes:
        try:
            line.pump.status()
        except Busy as error:
            found.append(error)
        return data

    line.to_pump = meddle
    line.pump.status()
    assert len(found) == 1


# ---------------------------------------------------------------- questions


@pytest.mark.parametrize("kind", [Type.STATUS, Type.STATUS + 0x80])
def test_a_question_is_asked_again(kind: int) -> None:
    line = connected()
    line.to_pump = line.to_host = dropping(kind, 2)
    assert line.pump.status().mode == "stopped"
    assert line.pump.counts.repeated_count == 2


def test_a_question_that_nobody_answers_ends_in_time() -> None:
    line = connected()
    line.to_pump = lambda _data: b""
    begun_s = line.wall_s
    with pytest.raises(LinkTimeout, match="no reply"):
        line.pump.status()
    # Three times the patience, the longest exchange at 115200 baud (12 bits a byte) and a moment of quiet.
    assert line.wall_s - begun_s <= 3 * (PATIENCE_S + (1030 + 15) * 12 / 115200 + 0.05) + 1e-9
    assert line.pump.connected


def test_damaged_replies_are_named_as_such() -> None:
    line = connected()
    line.to_host = lambda data: data[:-1] + bytes((data[-1] ^ 1,))
    with pytest.raises(LinkGarbled, match="damaged"):
        line.pump.status()


def test_babble_does_not_keep_a_question_waiting() -> None:
    wall = [0.0]
    pair = MemoryPair(AMBUPUMP.line, lambda: wall[0])
    pump = SerialPump(lambda: Babble(pair, wall), AMBUPUMP, clock=lambda: wall[0])
    with pytest.raises(WrongPeer, match="not in ambupump"):
        pump.connect()
    assert wall[0] < 10.0


class Babble:
    """A port on which something always comes, a millisecond after the other."""

    name = "babble"
    line = AMBUPUMP.line

    def __init__(self, pair: MemoryPair, wall: list[float]) -> None:
        self._wall = wall

    def now_s(self) -> float:
        return self._wall[0]

    def write(self, data: bytes) -> None:
        pass

    def read_some(self, deadline_s: float) -> bytes:
        self._wall[0] += 0.001
        return b"\xa5\x00\x04\xfb" * 3

    def drain(self) -> bytes:
        return b"\xff" * 100

    def close(self) -> None:
        pass


def test_a_late_reply_is_not_taken_for_the_next_one_s() -> None:
    line = connected()
    line.device.rig.to(100.0)
    late: list[bytes] = []

    def delay(data: bytes) -> bytes:
        late.append(data)
        return b"" if len(late) == 1 else late[0] + data

    line.to_host = delay
    assert line.pump.status() == line.device.status()
    line.to_host = lambda data: data
    line.device.rig.do(Start())
    line.say(late[0])
    assert line.pump.status().mode == "running"
    assert line.pump.counts.stale_count == len(late[0])


def test_after_a_time_out_the_line_must_be_quiet_before_anything_is_sent() -> None:
    line = connected()
    late: list[bytes] = []
    sent_s: list[float] = []

    def note(data: bytes) -> bytes:
        sent_s.append(line.wall_s)
        return data

    def hold(data: bytes) -> bytes:
        late.append(data)
        return b"" if len(late) == 1 else data

    line.to_pump, line.to_host = note, hold
    # The reply comes in two pieces, 20 and 50 ms after the time for it was over.
    wait_s = PATIENCE_S + (15 + 1030) * 12 / 115200
    begun_s = line.wall_s
    line.later(begun_s + wait_s + 0.02, lambda: late[0][:9])
    line.later(begun_s + wait_s + 0.05, lambda: late[0][9:])
    assert line.pump.status().mode == "stopped"
    assert sent_s == pytest.approx([begun_s, begun_s + wait_s + 0.05 + QUIET_S])
    assert line.pump.counts.stale_count == len(late[0])


def test_stale_bytes_are_counted() -> None:
    line = connected()
    line.say(b"noise")
    line.pump.status()
    assert line.pump.counts.stale_count == 5
    assert line.pump.garbled_count == 5


def test_a_reply_behind_the_beginning_of_a_long_frame_is_found() -> None:
    line = connected()
    line.to_host = lambda data: b"\xa5\x00\x04\xfb" + data
    assert line.pump.status().mode == "stopped"
    assert line.pump.counts.repeated_count == 0


def test_an_event_in_between_is_no_reply() -> None:
    line = connected(events=True)
    line.device.rig.do(Start())
    line.to_host = lambda data: line.side.on_change(line.wall_s) + data
    assert line.pump.status().mode == "running"
    assert line.pump.poll() == line.device.log()


# ---------------------------------------------------------------- commands


def test_a_command_that_never_arrived_was_not_done() -> None:
    line = connected()
    line.to_pump = dropping(Type.START)
    with pytest.raises(UncertainDelivery, match="start") as caught:
        line.pump.send(Start())
    assert caught.value.command == Start()
    resolved = line.pump.resolve()
    assert (resolved.verdict, resolved.outcome) == (Verdict.NOT_DONE, None)
    assert resolved.status.mode == "stopped"
    assert line.pump.uncertain is None
    assert line.pump.send(Start()).accepted
    assert line.device.applied == [Start()]


def test_a_command_whose_reply_was_lost_was_done_once() -> None:
    line = connected()
    line.to_host = dropping(Type.START + 0x80)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    resolved = line.pump.resolve()
    assert resolved.verdict is Verdict.DONE
    assert resolved.outcome == Outcome(accepted=True, seq=1)
    assert resolved.status.mode == "running"
    assert line.device.applied == [Start()]


def test_a_command_that_arrives_after_it_was_resolved_is_not_carried_out() -> None:
    line = connected()
    late: list[bytes] = []

    def hold(data: bytes) -> bytes:
        if not late:
            late.append(data)
            return b""
        return data

    line.to_pump = hold
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    assert line.pump.resolve().verdict is Verdict.NOT_DONE
    line.side.receive(late[0], line.wall_s)
    assert line.device.applied == []


def test_nothing_but_stop_and_questions_while_a_command_is_uncertain() -> None:
    line = connected()
    line.to_pump = dropping(Type.START)
    with pytest.raises(UncertainDelivery) as first:
        line.pump.send(Start())
    for command in (Start(), Prime(volume_ml=1.0, disconnected_confirmed=True)):
        with pytest.raises(UncertainDelivery) as again:
            line.pump.send(command)
        assert again.value is first.value
    assert line.pump.status().mode == "stopped"
    assert line.pump.send(Stop()).accepted
    assert line.pump.uncertain is first.value
    assert line.device.applied == [Stop()]


def test_a_repeated_frame_is_carried_out_once() -> None:
    line = connected()
    line.to_pump = lambda data: data + data
    assert line.pump.send(Start()).accepted
    assert line.device.applied == [Start()]


def test_stop_is_sent_until_it_is_proven() -> None:
    line = connected()
    line.pump.send(Start())
    line.to_pump = dropping(Type.STOP, 2)
    line.to_host = dropping(Type.STOP + 0x80, 1)
    assert line.pump.send(Stop()).accepted
    assert line.pump.uncertain is None
    assert line.device.status().mode == "stopped"
    assert line.pump.counts.repeated_count == 3


def test_a_stop_that_cannot_be_proven_says_so() -> None:
    line = connected()
    line.to_pump = lambda _data: b""
    with pytest.raises(UncertainDelivery, match="stop"):
        line.pump.send(Stop())
    line.to_pump = lambda data: data
    assert line.pump.send(Stop()).accepted


def test_a_command_in_a_session_that_is_lost_was_not_done_and_is_not_uncertain() -> None:
    line = connected()
    line.side.restart(line.wall_s)
    with pytest.raises(LinkDown, match="lost this session"):
        line.pump.send(Start())
    assert line.pump.uncertain is None
    assert line.device.applied == []


def test_resolving_takes_an_uncertain_command() -> None:
    with pytest.raises(ValueError, match="no command is uncertain"):
        connected().pump.resolve()


def test_a_command_stays_uncertain_until_somebody_answers() -> None:
    line = connected()
    line.to_host = dropping(Type.START + 0x80)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    line.to_pump = lambda _data: b""
    with pytest.raises(LinkTimeout):
        line.pump.resolve()
    assert line.pump.uncertain is not None


def test_a_port_lost_while_a_command_is_on_its_way() -> None:
    line = connected()

    def cut(data: bytes) -> bytes:
        if any(frame.type_code == Type.START for frame in framer().feed(data)):
            line.side.receive(data, line.wall_s)
            line.unplug()
            return b""
        return data

    line.to_pump = cut
    with pytest.raises(UncertainDelivery, match="port was lost"):
        line.pump.send(Start())
    assert not line.pump.connected
    line.to_pump = lambda data: data
    assert line.pump.resolve().verdict is Verdict.DONE  # connects again, in the same session
    assert line.device.applied == [Start()]


def test_after_the_pump_was_without_power_only_its_state_can_tell() -> None:
    line = connected()
    line.to_host = dropping(Type.START + 0x80)
    with pytest.raises(UncertainDelivery):
        line.pump.send(Start())
    line.side.restart(line.wall_s)
    with pytest.raises(LinkDown, match="lost this session"):
        line.pump.resolve()
    resolved = line.pump.resolve()
    assert (resolved.verdict, resolved.outcome) == (Verdict.UNKNOWN, None)
    assert resolved.status.mode == "running"
    assert not line.pump.resumed


# ---------------------------------------------------------------- watchdog and reconnection


def test_the_heartbeat_comes_within_a_third_of_the_watchdog() -> None:
    line = connected(watchdog_s=3.0)
    spoken: list[float] = [line.wall_s]
    for _ in range(600):
        line.pass_time(0.05)
        sent_count = len(line.sent)
        line.pump.poll()
        spoken += [line.wall_s] * (len(line.sent) - sent_count)
    gaps = [later - earlier for earlier, later in pairwise(spoken)]
    assert 30 <= len(gaps) <= 34
    assert max(gaps) < 1.0
    assert line.device.applied == []


def test_two_heartbeats_may_be_lost() -> None:
    line = connected(watchdog_s=3.0)
    for step in range(60):
        line.pass_time(0.3)
        line.to_pump = dropping(Type.PING, 2)
        line.pump.poll()
        assert line.device.applied == [], step


def test_a_host_that_falls_silent_is_noticed_and_forgiven() -> None:
    line = connected(watchdog_s=3.0)
    line.pass_time(3.5)
    assert "LINK_LOST" in line.device.rig.standing()
    line.pump.poll()
    assert line.device.rig.standing() == set()


def test_gated_no_watchdog_is_kept() -> None:
    line = connected(watchdog_s=3.0, timers=False)
    line.pass_time(100.0)
    line.pump.poll()
    assert line.device.applied == []


def test_a_lost_port_is_opened_again_at_growing_intervals() -> None:
    line = connected(watchdog_s=3.0)
    line.pump.send(Start())
    line.unplug()
    line.present = False
    tries: list[float] = []
    begun_s = line.wall_s
    for _ in range(600):
        line.pass_time(0.1)
        try:
            line.pump.poll()
        except LinkDown:
            tries.append(round(line.wall_s - begun_s, 1))
    # Lost at 0.1; then after 0.5, 1, 2, 4, 8, 16 and 30 s, each up to a poll later.
    gaps = [round(later - earlier, 1) for earlier, later in pairwise(tries)]
    assert tries[0] == 0.1
    assert gaps == pytest.approx([0.5, 1.0, 2.0, 4.0, 8.0, 16.0], abs=0.11)
    line.present = True
    for _ in range(400):
        line.pass_time(0.1)
        line.pump.poll()
    assert line.pump.connected
    assert line.pump.last_status is not None
    assert line.pump.last_status.mode == "running"
    commands = [each for each in line.device.applied if not isinstance(each, LinkLost)]
    assert commands[0] == Start()
    assert not any(isinstance(each, Start) for each in commands[1:])  # nothing was taken up again


def test_after_a_power_cycle_nothing_is_taken_up_again() -> None:
    line = connected(watchdog_s=3.0)
    line.side.restart(line.wall_s)
    with pytest.raises(LinkDown, match="lost this session"):
        line.pump.status()
    line.pass_time(1.0)
    line.pump.poll()
    assert line.opened_count == 2
    assert not line.pump.resumed
    assert line.device.applied == []
    line.pass_time(3.5)
    assert line.device.applied == [LinkLost()]  # the watchdog was set again


@pytest.mark.parametrize(
    ("fracs", "expected_s"),
    [
        ([], [0.0, 0.5, 1.5, 3.5, 7.5, 15.5]),
        ([1.0] * 9, [0.0, 0.375, 1.125, 2.625, 5.625, 11.625]),
        ([0.0, 1.0, 0.4], [0.0, 0.5, 1.25, 3.05, 7.05, 15.05]),
    ],
)
def test_intervals_grow_and_are_shortened_by_what_is_drawn(
    fracs: list[float], expected_s: list[float]
) -> None:
    line = Line(chance=Drawn(1, fracs))
    tried_s: list[float] = []

    def absent() -> Port:
        tried_s.append(line.wall_s - 1000.0)
        raise LinkDown("there is no such port")

    line.pump._opener = absent
    with pytest.raises(LinkDown):
        line.pump.reconnect(16.0)
    assert tried_s == pytest.approx(expected_s)


def test_two_hosts_that_lost_their_links_at_once_come_back_apart() -> None:
    hosts = [SerialPump(Line().open, AMBUPUMP, clock=lambda: 0.0, chance=Random(seed)) for seed in (1, 2)]
    for host in hosts:
        host._lose()
    assert hosts[0]._try_due_s != hosts[1]._try_due_s
    for host in hosts:
        assert (1.0 - JITTER_FRAC) * FIRST_BACKOFF_S <= host._try_due_s <= FIRST_BACKOFF_S


def test_reconnecting_waits_by_the_given_sleep() -> None:
    line = connected()
    line.unplug()
    line.present = False
    begun_s = line.wall_s
    with pytest.raises(LinkDown):
        line.pump.reconnect(10.0)
    assert line.wall_s - begun_s <= 10.0
    line.present = True
    assert line.pump.reconnect(60.0).serial == "0"


def test_another_pump_on_the_same_port_is_refused() -> None:
    line = connected()
    line.unplug()
    line.side = AMBUPUMP.pump(RigPump(Rig()), identity=type(line.pump.identity)(serial="other"))  # type: ignore[misc]
    with pytest.raises(WrongPeer, match="pump other answers where 0 was"):
        line.pump.connect()
    assert not line.pump.connected


def test_news_of_the_time_without_a_link_is_not_missed() -> None:
    line = connected(events=True)
    line.device.rig.do(Stop())
    line.stir()
    seen = list(line.pump.poll())
    line.unplug()
    line.device.rig.do(Start())
    line.pump.connect()
    line.pass_time(1.0)
    seen += line.pump.poll()
    assert tuple(seen) == line.device.log()


# ---------------------------------------------------------------- wrong peers


def test_silence_is_a_time_out() -> None:
    line = Line()
    line.to_pump = lambda _data: b""
    with pytest.raises(LinkTimeout):
        line.pump.connect()
    assert not line.pump.connected


def test_another_protocol_is_named_as_such() -> None:
    line = Line()
    line.to_host = lambda data: b"\x0200S\x03"
    with pytest.raises(WrongPeer, match="dialect and baud rate"):
        line.pump.connect()


def test_another_version_is_named_as_such() -> None:
    line = Line()

    def later(data: bytes) -> bytes:
        (frame,) = framer().feed(data)
        return encode(
            Frame(frame.type_code, frame.session_no, frame.number, b"\x15\x02\x03" + frame.payload[3:])
        )

    line.to_host = later
    with pytest.raises(WrongPeer, match="versions 2 to 3"):
        line.pump.connect()


def test_a_pump_that_cannot_is_not_asked() -> None:
    line = connected(timers=False)
    assert Capability.WATCHDOG not in line.pump.capabilities


def test_a_clinical_dialect_is_read_only_unless_control_is_allowed() -> None:
    line = Line(Clinical())
    line.pump.connect()
    with pytest.raises(NotAllowed, match="read-only"):
        line.pump.send(Stop())
    assert Capability.STOP not in line.pump.capabilities
    assert line.pump.status().mode == "stopped"
    line = Line(Clinical(), allow_control=True)
    line.pump.connect()
    assert line.pump.send(Start()).accepted


class Clinical(type(AMBUPUMP)):  # type: ignore[misc]
    """The same protocol, as if clinical pumps spoke it."""

    read_only_by_default = True


# ---------------------------------------------------------------- any line at all

BENDS: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda data: data,
    "lost": lambda _data: b"",
    "twice": lambda data: data + data,
    "flipped": lambda data: data[:7] + bytes((data[7] ^ 0x10,)) + data[8:],
    "truncated": lambda data: data[:-3],
    "garbage before": lambda data: b"\xa5\x10\x00\xef\xff" + data,
    "garbage behind": lambda data: data + b"\xa5\x00",
}
ACTS: tuple[Command, ...] = (Start(), Stop(), Prime(volume_ml=1.0, disconnected_confirmed=True))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(sorted(BENDS)), st.sampled_from(sorted(BENDS))))
)
def test_no_command_is_carried_out_twice_and_none_is_lost_unnoticed(
    story: list[tuple[Command, str, str]],
) -> None:
    line = connected()
    for command, there, back in story:
        line.to_pump, line.to_host = BENDS[there], BENDS[back]
        before_count = len(line.device.applied)
        begun_s = line.wall_s
        outcome: Outcome | None = None
        try:
            outcome = line.pump.send(command)
        except UncertainDelivery:
            line.to_pump = line.to_host = BENDS["as it is"]
            outcome = line.pump.resolve().outcome
        except LinkError:
            pass
        done = line.device.applied[before_count:]
        assert line.wall_s - begun_s < 10.0
        assert all(each == command for each in done)
        if isinstance(command, Stop):
            assert outcome is None or done
        else:
            assert len(done) == (outcome is not None)


def test_every_error_is_one_line() -> None:
    line = Line()
    errors: list[DriverError] = []
    for bend in (BENDS["lost"], lambda _data: b"xyz"):
        line.to_host = bend
        with pytest.raises(DriverError) as caught:
            line.pump.connect()
        errors.append(caught.value)
    assert all("\n" not in str(each) and ":" in str(each) for each in errors)
