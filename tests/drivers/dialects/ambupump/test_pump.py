"""The pump's side: numbers, sessions, memory, watchdog and news, by the rules of the specification."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects import Capability, PumpSide
from drivers.dialects.ambupump import AMBUPUMP
from drivers.dialects.ambupump.frames import Frame, encode, framer
from drivers.dialects.ambupump.messages import read_greeting, read_row
from drivers.dialects.ambupump.payload import Reader
from drivers.dialects.ambupump.tables import Found, Result, Type
from pump.commands import Key, LinkLost, LinkRestored, PressKey, Start, Stop
from pump.log import LogRow
from tests.drivers.line import RigPump
from tests.pump.rig import Rig

SESSION = 0xC0DE
NOBODY = b"\0"
HELLO = b"AMBU\x01\x01\x00"
GOES_ON = b"AMBU\x01\x01\x01"
INFO_DOWN, INFO_UP = b"\0\x06\x01", b"\0\x06\x00"


class Wire:
    """A pump's side, asked frame by frame."""

    def __init__(self, *, timers: bool = True, greeted: bool = True) -> None:
        self.device = RigPump(Rig())
        self.side: PumpSide = AMBUPUMP.pump(self.device, timers=timers)
        self.wall_s = 50.0
        if greeted:
            self.ask(Type.HELLO, 1, HELLO)

    def ask(self, kind: int, number: int, payload: bytes = b"", session_no: int = SESSION) -> bytes:
        """The payload of the reply, whose type, session and number must be those of the request."""
        (reply,) = self.say(encode(Frame(kind, session_no, number, payload)))
        assert (reply.type_code, reply.session_no, reply.number) == (kind + 0x80, session_no, number)
        return reply.payload

    def result(self, kind: int, number: int, payload: bytes = b"", session_no: int = SESSION) -> Result:
        return Result(self.ask(kind, number, payload, session_no)[0])

    def resolve(self, number: int) -> Found:
        answer = self.ask(Type.RESOLVE, 1, number.to_bytes(4, "little"))
        assert answer[0] == Result.OK
        return Found(answer[1])

    def say(self, data: bytes) -> list[Frame]:
        return framer().feed(self.side.receive(data, self.wall_s))

    def watch(self, interval_ms_count: int) -> int:
        answer = self.ask(Type.WATCHDOG, 1, interval_ms_count.to_bytes(4, "little"))
        return int.from_bytes(answer[1:], "little")

    def to(self, wall_s: float) -> bytes:
        said = b""
        while self.side.next_deadline_s() <= wall_s:
            self.wall_s = self.side.next_deadline_s()
            said += self.side.wake(self.wall_s)
        self.wall_s = wall_s
        return said

    @property
    def applied_count(self) -> int:
        return len(self.device.applied)


# ---------------------------------------------------------------- numbers


def test_a_repeat_is_told_and_not_done_again() -> None:
    wire = Wire()
    first = wire.ask(Type.PRESS_KEY, 5, INFO_DOWN)
    again = wire.ask(Type.PRESS_KEY, 5, INFO_DOWN)
    assert wire.applied_count == 1
    assert again == first[:2] + b"\x01" + first[3:]


def test_a_refusal_is_an_outcome_and_is_remembered() -> None:
    wire = Wire()
    wire.ask(Type.START, 5, NOBODY)
    refused = wire.ask(Type.START, 6, NOBODY)
    assert refused[:2] == bytes((Result.REFUSED, 10))  # delivering
    wire.ask(Type.STOP, 7, NOBODY)
    assert wire.ask(Type.START, 6, NOBODY)[:3] == bytes((Result.REFUSED, 10, 1))
    assert wire.device.status().mode == "stopped"


def test_a_number_belongs_to_one_command() -> None:
    wire = Wire()
    wire.ask(Type.PRESS_KEY, 5, INFO_DOWN)
    assert wire.result(Type.PRESS_KEY, 5, INFO_UP) is Result.NUMBER_USED
    assert wire.result(Type.STOP, 5, NOBODY) is Result.NUMBER_USED
    assert wire.applied_count == 1


def test_a_command_that_was_overtaken_is_not_carried_out() -> None:
    wire = Wire()
    wire.ask(Type.STOP, 6, NOBODY)
    assert wire.result(Type.START, 5, NOBODY) is Result.NUMBER_TOO_OLD
    assert wire.applied_count == 1
    assert wire.resolve(5) is Found.NOT_DONE


def test_a_command_that_was_asked_about_is_barred() -> None:
    wire = Wire()
    assert wire.resolve(5) is Found.NOT_DONE
    assert wire.result(Type.START, 5, NOBODY) is Result.NUMBER_TOO_OLD
    assert wire.resolve(5) is Found.NOT_DONE
    assert wire.result(Type.START, 6, NOBODY) is Result.OK
    assert wire.resolve(6) is Found.DONE


def test_the_memory_holds_the_last_32_outcomes() -> None:
    wire = Wire()
    for number in range(2, 35):  # 33 commands: the first is forgotten
        wire.ask(Type.PRESS_KEY, number, INFO_DOWN if number % 2 else INFO_UP)
    assert wire.resolve(2) is Found.FORGOTTEN
    assert wire.result(Type.PRESS_KEY, 2, INFO_UP) is Result.NUMBER_TOO_OLD
    assert wire.resolve(3) is Found.DONE
    assert wire.applied_count == 33


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Type.START, b""),
        (Type.START, b"\x04"),
        (Type.START, b"\0\0"),
        (Type.LOCK, b"\0\x03"),
        (Type.PRIME, b"\0" * 9),
        (Type.UNLOCK, b"\0\x02\xff\xff"),
        (Type.PROGRAM_CHANGE, b"\0\x80" + b"\0" * 49),
        (Type.STATUS, b"\0"),
        (Type.RESOLVE, b"\0"),
        (Type.SUBSCRIBE, b"\x02\0\0\0\0"),
        (Type.HELLO, b"AMBO\x01\x01\0"),
    ],
)
def test_a_payload_that_makes_no_sense_does_nothing(kind: Type, payload: bytes) -> None:
    wire = Wire()
    assert wire.result(kind, 5, payload) is Result.BAD_PAYLOAD
    assert wire.applied_count == 0
    assert wire.result(Type.STOP, 5, NOBODY) is Result.OK  # the number is still free


def test_a_command_needs_a_number() -> None:
    wire = Wire()
    assert wire.result(Type.STOP, 0, NOBODY) is Result.BAD_PAYLOAD
    assert wire.applied_count == 0


@given(st.lists(st.tuples(st.integers(1, 40), st.booleans()), max_size=60))
def test_whatever_arrives_no_number_is_carried_out_twice(story: list[tuple[int, bool]]) -> None:
    wire = Wire()
    done: dict[int, bytes] = {}
    barred: set[int] = set()
    for number, asks in story:
        before_count = wire.applied_count
        if asks:
            found = wire.resolve(number)
            assert (found is Found.DONE) == (number in done) or found is Found.FORGOTTEN
            if found is Found.NOT_DONE:
                barred.add(number)
        else:
            wire.ask(Type.PRESS_KEY, number, INFO_DOWN if number % 2 else INFO_UP)
            if wire.applied_count > before_count:
                assert number not in done
                assert number not in barred
                assert number > max(done, default=0)
                done[number] = b""
    assert wire.applied_count == len(done)


# ---------------------------------------------------------------- sessions


def test_nothing_is_answered_before_a_hello() -> None:
    wire = Wire(greeted=False)
    assert wire.result(Type.STATUS, 1) is Result.NO_SESSION
    assert wire.result(Type.STATUS, 1, session_no=0) is Result.NO_SESSION
    assert wire.result(Type.STOP, 1, NOBODY) is Result.NO_SESSION
    assert wire.applied_count == 0


def test_a_session_goes_on_with_its_memory() -> None:
    wire = Wire()
    wire.ask(Type.START, 9, NOBODY)
    reader = Reader(wire.ask(Type.HELLO, 10, GOES_ON))
    greeting = read_greeting(reader, Result(reader.u8()))
    assert (greeting.result, greeting.resumed, greeting.highest_number) == (Result.OK, True, 9)
    assert wire.resolve(9) is Found.DONE


def test_another_host_takes_over() -> None:
    wire = Wire()
    wire.watch(1000)
    wire.ask(Type.START, 9, NOBODY)
    assert wire.result(Type.HELLO, 1, HELLO, session_no=0xBEEF) is Result.OK
    assert wire.result(Type.STATUS, 10) is Result.NO_SESSION
    assert wire.side.next_deadline_s() == inf  # nobody watches for the first host any more
    assert wire.result(Type.HELLO, 11, GOES_ON) is Result.OK
    assert wire.resolve(9) is Found.DONE


def test_a_session_that_is_not_known_cannot_go_on() -> None:
    wire = Wire(greeted=False)
    assert wire.result(Type.HELLO, 1, GOES_ON) is Result.NO_SESSION
    assert wire.result(Type.STATUS, 2) is Result.NO_SESSION


def test_four_sessions_are_remembered() -> None:
    wire = Wire()
    for session_no in (2, 3, 4):
        wire.ask(Type.HELLO, 1, HELLO, session_no)
    wire.ask(Type.HELLO, 1, GOES_ON)  # the first is used again
    wire.ask(Type.HELLO, 1, HELLO, session_no=5)
    assert wire.result(Type.HELLO, 1, GOES_ON, session_no=2) is Result.NO_SESSION
    assert wire.result(Type.HELLO, 1, GOES_ON) is Result.OK


@pytest.mark.parametrize(
    ("low_no", "high_no", "result"),
    [(1, 1, Result.OK), (0, 9, Result.OK), (2, 9, Result.OTHER_VERSION), (0, 0, Result.OTHER_VERSION)],
)
def test_versions_are_compared(low_no: int, high_no: int, result: Result) -> None:
    wire = Wire(greeted=False)
    hello = b"AMBU" + bytes((low_no, high_no)) + b"\0later words"
    reader = Reader(wire.ask(Type.HELLO, 1, hello))
    greeting = read_greeting(reader, Result(reader.u8()))
    assert (greeting.result, greeting.version_no) == (result, 1 if result is Result.OK else 0)
    assert wire.result(Type.PING, 2) is (Result.OK if result is Result.OK else Result.NO_SESSION)


def test_without_power_everything_is_forgotten() -> None:
    wire = Wire()
    wire.watch(1000)
    wire.ask(Type.START, 9, NOBODY)
    assert wire.side.restart(wire.wall_s) == b""
    assert wire.side.next_deadline_s() == inf
    assert wire.result(Type.STATUS, 10) is Result.NO_SESSION
    assert wire.result(Type.HELLO, 10, GOES_ON) is Result.NO_SESSION


# ---------------------------------------------------------------- watchdog


def test_silence_raises_the_alarm_in_time_and_a_word_ends_it() -> None:
    wire = Wire()
    assert wire.watch(1000) == 1000
    wire.to(50.999)
    assert wire.applied_count == 0
    wire.to(51.0)
    assert wire.device.applied == [LinkLost()]
    assert "LINK_LOST" in wire.device.rig.standing()
    wire.to(60.0)
    assert wire.device.applied == [LinkLost()]  # the time stands still until somebody speaks
    wire.ask(Type.PING, 2)
    assert wire.device.applied == [LinkLost(), LinkRestored()]
    wire.to(60.999)
    assert wire.applied_count == 2
    wire.to(61.0)
    assert wire.device.applied[2:] == [LinkLost()]


@pytest.mark.parametrize(
    ("kind", "payload"), [(Type.PING, b""), (Type.STATUS, b""), (0x7E, b""), (Type.STOP, b"")]
)
def test_every_whole_frame_of_the_session_is_a_word(kind: int, payload: bytes) -> None:
    wire = Wire()
    wire.watch(1000)
    wire.to(50.9)
    wire.ask(kind, 2, payload)
    wire.to(51.8)
    assert LinkLost() not in wire.device.applied


def test_noise_and_other_sessions_are_none() -> None:
    wire = Wire()
    wire.watch(1000)
    wire.to(50.9)
    wire.say(b"\xa5\x00noise")
    wire.ask(Type.PING, 2, session_no=7)
    wire.to(51.0)
    assert wire.device.applied == [LinkLost()]


@pytest.mark.parametrize(("wanted", "is_set"), [(0, 0), (1, 500), (500, 500), (10**9, 3_600_000)])
def test_the_watchdog_has_its_limits(wanted: int, is_set: int) -> None:
    wire = Wire()
    assert wire.watch(wanted) == is_set
    assert wire.side.next_deadline_s() == (50.0 + is_set / 1000 if is_set else inf)


def test_goodbye_ends_the_watchdog() -> None:
    wire = Wire()
    wire.watch(1000)
    wire.ask(Type.GOODBYE, 2)
    wire.to(100.0)
    assert wire.applied_count == 0


def test_gated_there_is_no_watchdog_and_no_gap() -> None:
    wire = Wire(timers=False)
    assert wire.watch(1000) == 0
    stop = encode(Frame(Type.STOP, SESSION, 5, NOBODY))
    assert wire.say(stop[:7]) == []
    assert wire.side.next_deadline_s() == inf
    wire.wall_s += 1000.0
    (reply,) = wire.say(stop[7:])
    assert reply.payload[0] == Result.OK
    greeting = wire.ask(Type.HELLO, 6, HELLO)
    reader = Reader(greeting[1:])
    assert Capability.WATCHDOG not in read_greeting(reader, Result.OK).capabilities


# ---------------------------------------------------------------- bytes


def test_a_pause_inside_a_frame_ends_it() -> None:
    wire = Wire()
    stop = encode(Frame(Type.STOP, SESSION, 5, NOBODY))
    wire.say(stop[:7])
    assert wire.side.next_deadline_s() == 50.2
    wire.to(50.2)
    assert wire.say(stop[7:]) == []
    assert wire.applied_count == 0
    (reply,) = wire.say(stop)
    assert reply.payload[0] == Result.OK


def test_a_frame_behind_one_that_stopped_is_answered_when_the_pause_is_over() -> None:
    wire = Wire()
    stop = encode(Frame(Type.STOP, SESSION, 5, NOBODY))
    long_head = b"\xa5\x00\x04\xfb"
    assert wire.say(long_head + stop) == []
    (reply,) = framer().feed(wire.to(50.2))
    assert reply.payload[0] == Result.OK
    assert wire.device.applied == [Stop()]


def test_what_is_no_request_is_passed_over() -> None:
    wire = Wire()
    assert wire.say(encode(Frame(Type.STOP + 0x80, SESSION, 5, NOBODY))) == []
    assert wire.say(encode(Frame(Type.EVENT, SESSION, 5, NOBODY))) == []


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_noise_is_never_answered(pieces: list[bytes]) -> None:
    wire = Wire()
    for piece in pieces:
        assert wire.say(piece) == []
    assert wire.applied_count == 0


@given(st.integers(0, 0x7F), st.binary(max_size=70))
def test_every_request_is_answered_whatever_it_says(kind: int, payload: bytes) -> None:
    wire = Wire()
    assert isinstance(wire.result(kind, 7, payload), Result)


# ---------------------------------------------------------------- news


def rows_of(frames: list[Frame]) -> list[LogRow]:
    assert all(each.type_code == Type.EVENT for each in frames)
    assert [each.number for each in frames] == [read_row(Reader(each.payload)).number for each in frames]
    return [read_row(Reader(each.payload)) for each in frames]


def news(wire: Wire) -> list[LogRow]:
    return rows_of(framer().feed(wire.side.on_change(wire.wall_s)))


def test_news_is_what_the_log_says() -> None:
    wire = Wire()
    wire.device.apply(Stop())
    assert wire.ask(Type.SUBSCRIBE, 2, b"\x01\xff\xff\xff\xff") == b"\0\x01\0\0\0"
    assert news(wire) == []
    wire.device.apply(Start())
    assert news(wire) == list(wire.device.log(1))
    assert news(wire) == []


def test_what_was_written_already_comes_first_in_bursts_of_eight() -> None:
    wire = Wire()
    for down in (True, False) * 5:
        wire.device.apply(PressKey(key=Key.INFO, down=down))
    rows = wire.device.log()
    assert len(rows) > 8
    assert wire.ask(Type.SUBSCRIBE, 2, b"\x01\0\0\0\0") == b"\0\0\0\0\0"
    assert wire.side.next_deadline_s() == wire.wall_s
    first = rows_of(framer().feed(wire.side.wake(wire.wall_s)))
    assert first == list(rows[:8])
    assert wire.side.next_deadline_s() == wire.wall_s + 0.02
    assert first + rows_of(framer().feed(wire.to(wire.wall_s + 1.0))) == list(rows)


def test_no_news_unless_wanted() -> None:
    wire = Wire()
    wire.device.apply(Start())
    assert news(wire) == []
    wire.ask(Type.SUBSCRIBE, 2, b"\x01\0\0\0\0")
    wire.ask(Type.SUBSCRIBE, 3, b"\0\0\0\0\0")
    assert news(wire) == []
    assert wire.side.next_deadline_s() == inf
