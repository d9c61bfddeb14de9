"""What must hold in every dialect there is, on either side of the line; a new one is held to it as well."""

from __future__ import annotations

import gc
import io
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.dialects import Capability, HostSide, Talk, Verdict
from drivers.dialects.catalogue import DIALECTS
from drivers.errors import DriverError, LinkDown, LinkError, UncertainDelivery
from drivers.faults.catalogue import KINDS
from drivers.faults.frames import frames_of
from drivers.record import Recorder, ReplayPort, TappedPort, read_recording
from drivers.serial_pump import (
    PATIENCE_S,
    QUESTION_TRIES_COUNT,
    QUIET_LIMIT_S,
    SerialPump,
)
from drivers.transport import LineSettings, Port
from pump.commands import LinkLost, Start, Stop
from tests.drivers.dialects.feeding import answer_of
from tests.drivers.every_dialect import WATCHDOG_S, Subject
from tests.drivers.line import Drawn

NAMES = tuple(DIALECTS)
EVERY = pytest.mark.parametrize("name", NAMES)

# ---------------------------------------------------------------- piece by piece

Pieces = Callable[[bytes], Iterable[bytes]]


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def bytewise(data: bytes) -> Iterator[bytes]:
    return (data[place : place + 1] for place in range(len(data)))


def talks(host: HostSide, subject: Subject) -> Iterator[Callable[[], Talk[object]]]:
    """A whole session, as far as the dialect has words for it."""
    yield host.hello
    yield host.status
    if subject.offers(Capability.PROGRAM_READ):
        yield host.program
    if subject.offers(Capability.START):
        yield lambda: host.send(Start())
    yield host.status
    if subject.offers(Capability.STOP):
        yield lambda: host.send(Stop())
    if subject.offers(Capability.LOG):
        yield lambda: host.log(0)
    if subject.offers(Capability.PANEL):
        yield host.panel
    yield host.heartbeat
    yield host.goodbye


def told(name: str, pieces: Pieces) -> tuple[list[object], bytes]:
    """What a host makes of a session in which everything comes in pieces, and all that the pump said."""
    subject = Subject(name)
    numbers = count(7)
    host = subject.dialect.host(lambda: next(numbers))
    everything = bytearray()

    def reply_to(data: bytes) -> bytes | None:
        said = b"".join(subject.side.receive(piece, subject.wall_s) for piece in pieces(data))
        everything.extend(said)
        found = [reply for piece in pieces(said) if (reply := host.receive(piece)) is not None]
        assert len(found) <= 1
        return found[0] if found else None

    return [answer_of(talk(), reply_to) for talk in talks(host, subject)], bytes(everything)


@EVERY
def test_both_sides_read_byte_by_byte_what_they_read_at_once(name: str) -> None:
    answers, said = told(name, whole)
    assert len(said) > 50
    assert told(name, bytewise) == (answers, said)


@EVERY
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_both_sides_read_in_any_pieces_what_they_read_at_once(name: str, seed: int) -> None:
    chance = Random(seed)

    def torn(data: bytes) -> Iterator[bytes]:
        place = 0
        while place < len(data):
            length_count = chance.randint(1, 12)
            yield data[place : place + length_count]
            place += length_count

    assert told(name, torn) == told(name, whole)


# ---------------------------------------------------------------- anything at all


@EVERY
@given(pieces=st.lists(st.binary(max_size=60), max_size=12))
def test_no_bytes_make_either_side_raise_or_fall_silent(name: str, pieces: list[bytes]) -> None:
    subject = Subject(name)
    host = subject.dialect.host(lambda: 7)
    for piece in pieces:
        assert isinstance(subject.side.receive(piece, subject.wall_s), bytes)
        assert host.receive(piece) is None, "nobody asked"
        assert host.settle(piece) >= 0
    host.drop()
    subject.pass_time(10.0)
    subject.connected()
    assert subject.pump.status().mode == subject.real.status().mode


class Soil:
    """Puts rubbish into the first pieces that go by: before, inside or behind, by where `place_frac` is."""

    def __init__(self, rubbish: list[tuple[float, bytes]]) -> None:
        self.rubbish = rubbish

    def __call__(self, data: bytes) -> bytes:
        if not self.rubbish:
            return data
        place_frac, rubbish = self.rubbish.pop()
        place = round(place_frac * len(data))
        return data[:place] + rubbish + data[place:]


RUBBISH = st.lists(
    st.tuples(st.sampled_from((0.0, 0.3, 0.6, 1.0)), st.binary(min_size=1, max_size=12)), max_size=8
)


@EVERY
@settings(max_examples=40)
@given(to_pump=RUBBISH, to_host=RUBBISH)
def test_rubbish_before_inside_and_behind_costs_time_and_nothing_else(
    name: str, to_pump: list[tuple[float, bytes]], to_host: list[tuple[float, bytes]]
) -> None:
    subject = Subject(name).connected()
    subject.to_pump, subject.to_host = Soil(to_pump), Soil(to_host)
    begun_s = subject.wall_s
    if subject.offers(Capability.START):
        with suppress(DriverError):
            subject.pump.send(Start())
        assert subject.starts_count <= 1
    for _ in range(3):
        with suppress(DriverError):
            subject.pump.status()
    assert subject.wall_s - begun_s < 4 * longest_question_s(subject)
    subject.to_pump = subject.to_host = lambda data: data
    subject.pass_time(QUIET_LIMIT_S)
    if subject.pump.uncertain is not None:
        subject.pump.resolve()
    assert (subject.pump.status().rate_ml_h > 0.0) == (subject.real.status().rate_ml_h > 0.0)
    assert subject.starts_count <= 1


def longest_question_s(subject: Subject) -> float:
    """No question takes longer: so many exchanges, each tried three times, with the line at its slowest."""
    line_s = (subject.dialect.longest_reply_count + 300) * 12 / subject.dialect.line.baud
    exchanges_count = 80  # a status of the miva dialect looks back through 64 records
    return exchanges_count * QUESTION_TRIES_COUNT * (PATIENCE_S + line_s + QUIET_LIMIT_S)


# ---------------------------------------------------------------- floods

PIECES_COUNT = 16
PIECE_BYTES = 4096
MEMORY_BYTES = 8_000
"""An eighth of the flood: what stays of it is no more than a begun frame or two."""


def floods(name: str) -> dict[str, bytes]:
    """Rubbish without end, of the worst kinds: beginnings of frames, and whole frames that nobody awaits."""
    subject = Subject(name)
    host = subject.dialect.host(lambda: 7)
    request = next(host.hello()).data
    reply = subject.side.receive(request, 0.0)
    return {
        "zeros": b"\x00",
        "ones": b"\xff",
        "begun requests": request[:-1],
        "begun replies": reply[:-1],
        "requests": request,
        "replies": reply,
        "first bytes": request[:1],
        "long lengths": b"\x02\xff\xa5\xff\x03",
        "digits": b"0123456789",
        "noise": Random(name).randbytes(997),
    }


@EVERY
@pytest.mark.parametrize("kind", floods("ambupump"))
def test_a_flood_stays_on_no_side(name: str, kind: str) -> None:
    flood = floods(name)[kind]
    subject = Subject(name)
    host = subject.dialect.host(lambda: 7)
    piece = (flood * (PIECE_BYTES // len(flood) + 1))[:PIECE_BYTES]

    def flow() -> None:
        subject.side.receive(piece, subject.wall_s)
        subject.side.wake(subject.wall_s)
        host.receive(piece)

    flow()  # what is made once and kept
    tracemalloc.start()
    try:
        for _ in range(PIECES_COUNT):
            flow()
        gc.collect()
        stayed_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert stayed_bytes < MEMORY_BYTES


# ---------------------------------------------------------------- for ever


class Babbling:
    """A line on which rubbish never ends. Its time goes on while somebody reads."""

    name = "babbling"

    def __init__(self, line: LineSettings, clock_s: list[float]) -> None:
        self.line = line
        self._clock_s = clock_s
        self._chance = Random(1)

    def now_s(self) -> float:
        return self._clock_s[0]

    def write(self, data: bytes) -> None:
        pass

    def read_some(self, deadline_s: float) -> bytes:
        self._clock_s[0] += 0.002
        return self._chance.randbytes(40)

    def drain(self) -> bytes:
        return self._chance.randbytes(65536)

    def close(self) -> None:
        pass


@EVERY
def test_rubbish_for_ever_ends_every_call(name: str) -> None:
    subject = Subject(name)
    clock_s = [0.0]
    pump = SerialPump(
        lambda: Babbling(subject.dialect.line, clock_s), subject.dialect, clock=lambda: clock_s[0]
    )
    with pytest.raises(LinkError):
        pump.connect()
    assert clock_s[0] <= 4 * longest_question_s(subject) / 80


@EVERY
def test_rubbish_that_begins_later_ends_every_call(name: str) -> None:
    subject = Subject(name).connected()
    clock_s = [0.0]
    babbling = Babbling(subject.dialect.line, clock_s)
    subject.pump._port = babbling
    for call in (
        subject.pump.status,
        subject.pump.poll,
        lambda: subject.pump.send(Stop()),
        subject.pump.close,
    ):
        begun_s = clock_s[0]
        with suppress(DriverError):
            call()
        assert clock_s[0] - begun_s <= longest_question_s(subject)


# ---------------------------------------------------------------- in time


@pytest.mark.parametrize("name", [each for each in NAMES if Subject(each).offers(Capability.WATCHDOG)])
def test_the_pump_finds_its_link_lost_exactly_in_time(name: str) -> None:
    subject = Subject(name, watchdog_s=5.0).connected()
    applied = subject.table.applied if subject.table is not None else subject.device.applied
    heard_s = subject.wall_s
    subject.pass_time(4.999)
    assert LinkLost not in map(type, applied)
    subject.pass_time(0.001)
    assert [type(each) for each in applied].count(LinkLost) == 1
    assert subject.wall_s - heard_s == pytest.approx(5.0)


# ---------------------------------------------------------------- taken down and played again


LOST = (1, 6, 20, 24, 40)
"""Which replies never come."""


def session(pump: SerialPump, subject: Subject) -> list[object]:
    """What comes of a little story."""
    came: list[object] = [pump.connect(), pump.status()]
    for command in (Start(), Start(), Stop()):
        if subject.offers(Capability.START):
            try:
                came.append(pump.send(command))
            except UncertainDelivery:
                came.append(pump.resolve())
        came.append(pump.status())
    if subject.offers(Capability.LOG):
        came.append(pump.log())
    pump.close()
    return came


@EVERY
@pytest.mark.parametrize("losing", [False, True])
def test_a_captured_session_replays_to_the_same_result(name: str, losing: bool) -> None:
    out = io.StringIO()
    subject = Subject(name)
    opener = subject.pump._opener

    def tapped() -> Port:
        return TappedPort(opener(), Recorder(out, name, subject.dialect.line, lambda: subject.wall_s))

    subject.pump._opener = tapped
    replies = count()
    subject.to_host = lambda data: b"" if next(replies) in (LOST if losing else ()) else data
    came = session(subject.pump, subject)
    _, line, pieces = read_recording(out.getvalue().splitlines())
    port = ReplayPort(pieces, line)
    again = SerialPump(
        lambda: port,
        subject.dialect,
        clock=port.now_s,
        allow_control=True,
        watchdog_s=WATCHDOG_S,
        chance=Drawn(0xC0DE),
    )
    assert session(again, subject) == came


# ---------------------------------------------------------------- every fault of the catalogue

BEGIN_S, END_S = 5.0, 20.0
RECOVERED_S = END_S + 2.0 * (END_S - BEGIN_S) + 5.0

FAULTS = [
    (name, kind, share)
    for name in NAMES
    for kind in KINDS
    for share in ("", *(() if KINDS[kind].lasts else ("50%",)))
    if name != "ambupump"  # in test_oracles.py, with more that can be asked of it
    and kind != "power_cycle"  # in each pump's own tests: what survives it differs
    and not (kind == "alarm" and frames_of(name).alarm is None)
    and not (kind == "misaddress" and frames_of(name).readdress is None)
]


def start_frame(name: str) -> bytes:
    """What a start looks like; nothing where there is no word for it."""
    subject = Subject(name).connected()
    if not subject.offers(Capability.START):
        return b""
    assert subject.pump.send(Start()).accepted
    return subject.written[-1]


@pytest.mark.parametrize(("name", "kind", "share"), FAULTS)
def test_under_any_fault_nothing_is_done_twice_nothing_hangs_and_the_host_comes_back(
    name: str, kind: str, share: str
) -> None:
    start = start_frame(name)
    lasts = KINDS[kind].lasts
    window = (
        f"at {BEGIN_S:g} s for {END_S - BEGIN_S:g} s" if lasts else f"from {BEGIN_S:g} s until {END_S:g} s"
    )
    subject = Subject(name, f"{kind} {share} {window}; seed 3").connected()
    subject.pass_time(subject.begun_s + BEGIN_S + 0.1 - subject.wall_s)
    if not subject.offers(Capability.START):
        subject.start_by_hand()
    accepted = False
    with suppress(DriverError):
        if subject.offers(Capability.START):
            accepted = subject.pump.send(Start()).accepted
    while subject.wall_s - subject.begun_s < RECOVERED_S:
        call_s = subject.wall_s
        with suppress(LinkError, LinkDown):
            subject.pump.poll()
            if subject.pump.uncertain is not None and subject.pump.connected:
                resolved = subject.pump.resolve()
                assert resolved.verdict is Verdict.UNKNOWN, "nothing is numbered here"
            elif subject.pump.connected:
                subject.pump.status()
        assert subject.wall_s - call_s < longest_question_s(subject)
        subject.pass_time(1.0)
    assert subject.pump.connected
    assert subject.pump.uncertain is None
    assert subject.written.count(start) <= 1, "the host sent it again"
    assert int(accepted) <= subject.starts_count <= 1
    status, real = subject.pump.status(), subject.real.status()
    assert (status.rate_ml_h > 0.0) == (real.rate_ml_h > 0.0)
    assert status.given_ml == pytest.approx(real.given_ml, abs=0.02)
