"""The controller's side of miva: against our own pump, and against replies written by hand."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.dialects import Capability, PumpIdentity, Verdict
from drivers.dialects.miva import MIVA, MivaDialect
from drivers.dialects.miva.frames import Checksum, encode
from drivers.dialects.miva.host import MivaHost
from drivers.dialects.miva.records import Record
from drivers.dialects.miva.tables import RING_COUNT
from drivers.errors import DriverError, LinkGarbled, LinkTimeout, NotAllowed, UncertainDelivery, WrongPeer
from pump.commands import (
    Acknowledge,
    Command,
    Key,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    Silence,
    Start,
    Stop,
)
from pump.port import AlarmView, Outcome
from tests.drivers.dialects.feeding import answer_of
from tests.drivers.line import Line, RigPump
from tests.pump.rig import Rig

H = 3600.0


def line(*, allow_control: bool = True, **more: Any) -> Line:
    """A pump that has run for five hours, and a host that is connected."""
    device = RigPump(Rig())
    device.rig.to(60.0)
    device.rig.do(NewBag(), Start())
    device.rig.to(60.0 + 5 * H)
    made = Line(MIVA, device, allow_control=allow_control, **more)
    made.pump.connect()
    return made


def test_it_finds_out_who_is_there() -> None:
    assert line().pump.identity == PumpIdentity(
        maker="Ambupump", model="emulated pump", serial="SN000001", software="0"
    )


def test_it_reads_how_the_pump_is() -> None:
    status = line().pump.status()
    assert (status.t_s, status.mode, status.rate_ml_h) == (18060.0, "running", 0.6)
    assert status.given_ml == pytest.approx(3.0)
    assert status.vtbi_left_ml == pytest.approx(97.8)
    assert (status.reservoir_ml, status.lock_level, status.battery_frac) == (None, None, None)
    assert status.external_power is None
    assert status.alarms == ()


def test_it_finds_the_alarm_in_the_log_and_its_end() -> None:
    made = line()
    made.device.rig.read(p_down_mmhg=1500.0)
    made.device.rig.to(made.device.t_s + 60.0)
    occluded = AlarmView(code="OCCLUSION_DOWNSTREAM", priority="high", state="active")
    status = made.pump.status()
    assert (status.mode, status.rate_ml_h, status.alarms) == ("halted", 0.0, (occluded,))
    made.device.rig.read(p_down_mmhg=0.0)
    made.pump.send(Acknowledge())
    assert made.pump.status().mode == "stopped"
    assert made.pump.status().alarms == ()


def test_a_host_that_comes_later_finds_the_alarm_too() -> None:
    made = line()
    made.device.rig.read(cassette_frac=0.0)
    made.device.rig.to(made.device.t_s + 60.0)
    made.pump.close()
    late = Line(MIVA, made.device)
    late.pump.connect()
    status = late.pump.status()
    assert [each.code for each in status.alarms] == ["CASSETTE_DETACHED"]
    made.device.rig.read(cassette_frac=1.0)
    made.device.rig.do(Acknowledge(), Start())
    assert late.pump.status().alarms == ()
    assert late.pump.status().mode == "running"


def test_its_log_is_that_of_the_pump() -> None:
    made = line()
    rows = made.pump.log()
    own = made.device.log()
    assert [row.number for row in rows] == [row.number for row in own]
    assert [row.number for row in rows if row.code == "running"] == [
        row.number for row in own if row.code == "running"
    ]
    assert made.pump.log(after_number=own[-1].number) == ()
    made.device.rig.do(Stop())
    (stopped,) = [row for row in made.pump.log(own[-1].number) if row.what == "mode"]
    assert (stopped.code, stopped.detail) == ("stopped", "given 3.000 mL")


# ---------------------------------------------------------------- acting


def test_without_leave_nothing_is_sent() -> None:
    made = line(allow_control=False)
    sent = len(made.sent)
    for command in (Stop(), Start(), PressKey(key=Key.OK, down=True), Silence()):
        with pytest.raises(NotAllowed):
            made.pump.send(command)
    assert len(made.sent) == sent
    assert made.device.applied == []
    assert made.pump.capabilities == {Capability.STATUS, Capability.LOG}


def test_stop_start_and_power_are_set_off() -> None:
    made = line()
    assert made.pump.send(Stop()).accepted
    assert made.device.status().mode == "stopped"
    assert made.pump.send(Start()) == Outcome(accepted=True)
    assert made.pump.send(Start()) == Outcome(accepted=False, reason="not_said")
    made.pump.send(Stop())
    assert made.pump.send(PowerOff()).accepted
    with pytest.raises(LinkTimeout):
        made.pump.status()


def test_a_key_is_pressed_by_its_going_down() -> None:
    made = line()
    made.pump.send(Stop())
    made.device.applied.clear()
    made.sent.clear()
    assert made.pump.send(PressKey(key=Key.RUN, down=True)).accepted
    assert made.pump.send(PressKey(key=Key.RUN, down=False)).accepted
    assert made.sent == [encode("KE62")]
    made.device.rig.to(made.device.t_s + 1.0)
    made.pass_time(1.0)
    assert made.device.applied == [PressKey(key=Key.RUN, down=True), PressKey(key=Key.RUN, down=False)]
    assert made.device.status().mode == "running"


def test_the_sound_is_paused_with_the_key_that_does_it() -> None:
    made = line()
    made.device.rig.read(p_down_mmhg=1500.0)
    made.device.rig.to(made.device.t_s + 1.0)
    assert made.pump.send(Silence()).accepted
    sound = made.device.view().sound
    assert sound is not None
    assert not sound.is_heard


@pytest.mark.parametrize("command", [PowerOn(), Prime(volume_ml=3.0, disconnected_confirmed=True), NewBag()])
def test_what_has_no_word_is_not_sent(command: Command) -> None:
    made = line()
    made.sent.clear()
    with pytest.raises(NotAllowed):
        made.pump.send(command)
    assert made.sent == []


@pytest.mark.parametrize("question", ["program", "panel"])
def test_what_the_dialect_does_not_carry_is_not_made_up(question: str) -> None:
    with pytest.raises(NotAllowed):
        getattr(line().pump, question)()


def test_a_lost_reply_to_an_act_is_uncertain_and_not_repeated() -> None:
    made = line()
    made.pump.send(Stop())
    made.device.applied.clear()
    made.to_host = lambda _data: b""
    with pytest.raises(UncertainDelivery):
        made.pump.send(Start())
    made.to_host = lambda data: data
    assert made.device.applied == [Start()]
    resolved = made.pump.resolve()
    assert resolved.verdict is Verdict.UNKNOWN
    assert resolved.status.mode == "running"
    assert made.device.applied == [Start()]


class Spoiler:
    """Loses or spoils the pieces that go over a line, each as the next of `whims` says; 0 leaves it whole."""

    def __init__(self, whims: list[int]) -> None:
        self.whims = whims

    def __call__(self, data: bytes) -> bytes:
        whim = self.whims.pop() if self.whims else 0
        match whim:
            case 0:
                return data
            case 1:
                return b""
            case 2:
                return data[: len(data) // 2]
            case 3:
                return bytes((data[0] ^ 0x20,)) + data[1:]
            case _:
                return b"\x02\xff" + data[:-1] + b"\x00" + data[-1:]


@settings(max_examples=60, deadline=None)
@given(
    to_pump=st.lists(st.integers(0, 4), max_size=12),
    to_host=st.lists(st.integers(0, 4), max_size=12),
    commands=st.lists(st.sampled_from((Start(), Silence(), PressKey(key=Key.OK, down=True))), max_size=4),
)
def test_whatever_is_lost_or_spoilt_nothing_but_stop_is_done_more_often_than_it_was_asked(
    to_pump: list[int], to_host: list[int], commands: list[Command]
) -> None:
    made = line()
    made.to_pump, made.to_host = Spoiler(to_pump), Spoiler(to_host)
    began_s = made.wall_s
    for command in commands:
        made.device.applied.clear()
        with suppress(DriverError):
            made.pump.send(command)
        done = [each for each in made.device.applied if not isinstance(each, PressKey) or each.down]
        assert len(done) <= 1
        if made.pump.uncertain is not None:
            with suppress(DriverError):
                made.pump.resolve()
    assert made.wall_s - began_s < 300.0
    made.to_pump = made.to_host = lambda data: data
    if made.pump.uncertain is not None:
        made.pump.resolve()
    assert made.pump.status().mode == made.device.status().mode


# ---------------------------------------------------------------- bytes written by hand


REPLIES = {
    "RN": "RNSN800008",
    "RS": "RS2.0",
    "*IDN?": "Zyno Medical,MIVA,SN800008,2.0",
    "RC": "RCF0000064",
    ":INFUSION:RUN?": "FALSE",
    ":INFUSION:RATE?": "12.5",
    "Q5": "Q500C8",
    "Q6": "Q603E8",
    "RI": "RI0000A8FF00000001",  # the last place of the ring, 0 and 1
    "RE0000A8FF": "RE0000A8FF" + Record(type_code=1, t_s=50).digits,
    "RE00000000": "RE00000000" + Record(type_code=9, t_s=60, subtype_code=1).digits,
    "RE00000001": "RE00000001" + "F" * 32,
}


class Bench:
    """A host that is answered from a table, with something put before each reply."""

    def __init__(self, replies: dict[str, str], before: bytes = b"") -> None:
        self.host = MivaHost()
        self.replies = replies
        self.before = before

    def reply_to(self, request: bytes) -> bytes | None:
        data = self.before + encode(self.replies[request[1:-3].decode()])
        found = [self.host.receive(data[place : place + 1]) for place in range(len(data))]
        assert found[:-1] == [None] * (len(found) - 1)
        return found[-1]


@pytest.mark.parametrize("before", [b"", b"\xff\x02garbage", encode("S9600200140"), encode("Q0CONT")])
def test_a_real_pumps_replies_are_read(before: bytes) -> None:
    bench = Bench(REPLIES, before)
    host = bench.host
    identity = answer_of(host.hello(), bench.reply_to)
    assert identity == PumpIdentity(maker="Zyno Medical", model="MIVA", serial="SN800008", software="2.0")
    status = answer_of(host.status(), bench.reply_to)
    assert (status.t_s, status.mode, status.rate_ml_h) == (100.0, "halted", 0.0)
    assert (status.given_ml, status.vtbi_left_ml) == (2.0, 8.0)
    assert [each.code for each in status.alarms] == ["OCCLUSION_UPSTREAM"]
    assert host.take_events() == ()
    assert host.heartbeat_s == inf
    assert not host.resumed


def test_records_are_numbered_on_behind_the_rings_end() -> None:
    bench = Bench(REPLIES)
    rows = answer_of(bench.host.log(0), bench.reply_to)
    assert [(row.number, row.what, row.code) for row in rows] == [
        (RING_COUNT - 1, "mode", "running"),
        (RING_COUNT, "alarm_begin", "OCCLUSION_UPSTREAM"),
    ]


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("RN", "RN"),  # an echo
        ("RN", "RS2.0"),
        ("*IDN?", "*IDN?"),
        ("RN", "RNsn800008"),
    ],
)
def test_what_does_not_look_like_the_reply_is_not_taken_for_it(question: str, reply: str) -> None:
    host = MivaHost()
    talk = host.hello()
    request = next(talk)
    if question == "*IDN?":
        for text in ("RNSN800008", "RS2.0"):
            answer = host.receive(encode(text))
            assert answer is not None
            request = talk.send(answer)
    assert request.data == encode(question)
    assert host.receive(encode(reply)) is None


def test_a_pump_without_a_serial_number_is_another_one() -> None:
    with pytest.raises(WrongPeer, match="choose another dialect"):
        answer_of(MivaHost().hello(), lambda _request: b"RNERROR")


def test_a_clock_of_wall_times_is_not_read() -> None:
    with pytest.raises(WrongPeer, match="clock"):
        answer_of(MivaHost().status(), lambda _request: b"RCERROR")


def test_indexes_beyond_the_ring_are_damage() -> None:
    with pytest.raises(LinkGarbled, match="43264"):
        answer_of(MivaHost().log(0), lambda _request: b"RI000000000000A900")


def test_a_refused_read_is_told_as_not_known() -> None:
    replies = REPLIES | {"Q5": "Q5ERROR", "RS": "RSERROR", "*IDN?": "ERROR"}
    bench = Bench(replies)
    identity = answer_of(bench.host.hello(), bench.reply_to)
    assert identity == PumpIdentity(maker="", model="", serial="SN800008", software="")
    status = answer_of(bench.host.status(), bench.reply_to)
    assert (status.given_ml, status.vtbi_left_ml) == (None, None)


def test_a_late_reply_is_dropped_before_the_next_question() -> None:
    host = MivaHost()
    next(host.hello())
    assert host.settle(encode("RNSN800008")) == len(encode("RNSN800008"))
    assert host.receive(encode("RNSN800008")) == b"RNSN800008"


def test_a_reply_behind_half_a_frame_is_found() -> None:
    host = MivaHost()
    next(host.hello())
    assert host.receive(b"\x02RNSN80") is None
    assert host.drop() is None
    assert host.garbled_count == 7
    assert host.receive(encode("RNSN800008")) == b"RNSN800008"


def test_both_sides_of_the_other_platform_understand_each_other() -> None:
    made = Line(MivaDialect(Checksum.XOR))
    assert made.pump.connect().serial == "SN000001"


def test_the_wrong_sums_are_not_understood() -> None:
    made = Line(MIVA)
    made.side = MivaDialect(Checksum.XOR).pump(made.device)
    with pytest.raises(LinkTimeout):
        made.pump.connect()
