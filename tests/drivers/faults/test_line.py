"""What each fault does to bytes, with a clock in the test's hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.faults.catalogue import KINDS, Way
from drivers.faults.frames import AS_WRITTEN, BY_PAUSE, QUIET_S, Frames
from drivers.faults.line import (
    MOST_FLYING_BYTES,
    Carried,
    FaultyLine,
    Happening,
    Plugged,
    PowerBack,
    PowerCut,
    Struck,
    Unplugged,
)
from drivers.faults.script import FaultScriptError, parse_rule, parse_script
from drivers.framing import Cut

TO, FRO = Way.REQUEST, Way.REPLY
ALARM = b"!ALARM\r"


def by_return(data: bytearray) -> Cut[bytes] | None:
    """A frame ends with a carriage return; what begins with a tilde is rubbish."""
    if data.startswith(b"~"):
        return Cut(1)
    end = data.find(b"\r") + 1
    return Cut(end, bytes(data[:end])) if end else None


LINES = Frames(
    cuts={TO: by_return, FRO: by_return},
    alarm=lambda _reply: ALARM,
    readdress=lambda frame: b"9" + frame[1:],
)


class Rig:
    """A faulty line, and all that came of it."""

    def __init__(self, text: str, frames: Frames = AS_WRITTEN, *, begun_s: float = 0.0) -> None:
        self.struck: list[Struck] = []
        self.line = FaultyLine(parse_script(text), frames, begun_s=begun_s, noted=self.struck.append)
        self.seen: list[Happening] = []

    def to(self, now_s: float) -> Rig:
        self.seen += self.line.due(now_s)
        return self

    def say(self, way: Way, *texts: bytes, at_s: float = 0.0) -> Rig:
        for text in texts:
            self.line.take(way, text, at_s)
        return self.to(at_s)

    def ask(self, *texts: bytes, at_s: float = 0.0) -> Rig:
        return self.say(TO, *texts, at_s=at_s)

    def answer(self, *texts: bytes, at_s: float = 0.0) -> Rig:
        return self.say(FRO, *texts, at_s=at_s)

    def carried(self, way: Way) -> list[bytes]:
        return [each.data for each in self.seen if isinstance(each, Carried) and each.way is way]

    def timed(self, way: Way) -> list[tuple[float, bytes]]:
        return [(each.at_s, each.data) for each in self.seen if isinstance(each, Carried) and each.way is way]


def replies(text: str, *frames: bytes) -> list[bytes]:
    return Rig(text).answer(*frames).to(100.0).carried(FRO)


def test_a_line_without_faults_carries_at_once_what_it_is_given() -> None:
    rig = Rig("").ask(b"one", at_s=1.0).answer(b"two", at_s=2.0)
    assert rig.seen == [Carried(1.0, TO, b"one"), Carried(2.0, FRO, b"two")]
    assert rig.line.next_deadline_s() == inf


def test_drop() -> None:
    assert replies("drop reply 2", b"a", b"b", b"c") == [b"a", b"c"]
    assert replies("drop request", b"a", b"b") == [b"a", b"b"]
    assert b"".join(replies("drop byte 2,5", b"abc", b"def")) == b"acdf"


def test_each_way_is_counted_by_itself() -> None:
    rig = Rig("drop both 2").ask(b"a").answer(b"A").ask(b"b").answer(b"B").ask(b"c").answer(b"C")
    assert rig.carried(TO) == [b"a", b"c"]
    assert rig.carried(FRO) == [b"A", b"C"]


def test_duplicate() -> None:
    assert replies("duplicate 1", b"ab", b"cd") == [b"ab", b"ab", b"cd"]
    assert b"".join(replies("duplicate byte 2", b"abc")) == b"abbc"


def test_what_is_doubled_comes_right_behind_however_late_it_is() -> None:
    rig = Rig("delay by 0.5 s; split gap 250 ms keep 1; duplicate").answer(b"ab").to(9.0)
    assert rig.timed(FRO) == [(0.5, b"a"), (0.75, b"b"), (0.75, b"a"), (1.0, b"b")]
    assert Rig("delay by 0.5 s; duplicate byte").answer(b"abc").to(0.5).carried(FRO) == [
        *(b"a", b"a", b"b", b"b", b"c", b"c")
    ]


@pytest.mark.parametrize("bits_count", [1, 3, 24])
def test_flip_changes_so_many_bits_of_a_frame(bits_count: int) -> None:
    (found,) = replies(f"flip bits {bits_count}", b"abc")
    changed = int.from_bytes(found) ^ int.from_bytes(b"abc")
    assert (len(found), changed.bit_count()) == (3, bits_count)


def test_flip_changes_no_more_bits_than_there_are() -> None:
    assert replies("flip byte bits 99", b"\x0f") == [b"\xf0"]


def test_overwrite() -> None:
    assert b"".join(replies("overwrite byte 2", b"abc")) == b"a\xffc"
    (found,) = replies("overwrite bytes 2 hex 0001", b"abcd")
    assert b"\x00\x01" in found
    assert len(found) == 4


def test_truncate() -> None:
    assert replies("truncate keep 2", b"abcd") == [b"ab"]
    assert replies("truncate keep 0", b"abcd") == []
    (found,) = replies("truncate", b"abcd")
    assert b"abcd".startswith(found)
    assert 1 <= len(found) < 4


def test_garbage() -> None:
    assert b"".join(replies("garbage before hex 7e7e", b"abc")) == b"~~abc"
    assert b"".join(replies("garbage after hex 7e7e", b"abc")) == b"abc~~"
    assert b"".join(replies("garbage inside hex 7e7e", b"ab")) == b"a~~b"
    assert b"".join(replies("garbage byte 3 hex 7e", b"abc")) == b"ab~c"
    assert len(b"".join(replies("garbage bytes 20", b"abc"))) == 23


def test_split_leaves_a_gap_and_nothing_overtakes_it() -> None:
    rig = Rig("split reply 1 gap 600 ms keep 2").answer(b"abcd", at_s=1.0).answer(b"ef", at_s=1.2).to(9.0)
    assert rig.timed(FRO) == [(1.0, b"ab"), (1.6, b"cd"), (1.6, b"ef")]


def test_merge_holds_a_frame_for_the_next_but_not_for_ever() -> None:
    rig = Rig("merge reply hold 1 s").answer(b"ab", at_s=1.0).answer(b"cd", at_s=1.5).answer(b"ef", at_s=3.0)
    assert rig.timed(FRO) == [(1.5, b"abcd")]
    assert rig.line.next_deadline_s() == 4.0
    assert rig.to(4.0).timed(FRO) == [(1.5, b"abcd"), (4.0, b"ef")]


def test_delay_keeps_the_order() -> None:
    rig = Rig("delay reply 1 by 2 s").answer(b"a", at_s=1.0).answer(b"b", at_s=1.5)
    assert rig.seen == []
    assert rig.line.next_deadline_s() == 3.0
    assert rig.to(3.0).timed(FRO) == [(3.0, b"a"), (3.0, b"b")]


def test_jitter_is_chance_within_its_bounds() -> None:
    rig = Rig("delay reply by 1 s jitter 1 s")
    for number in range(20):
        rig.answer(b"a", at_s=10.0 * number)
    late_s = [at_s - 10.0 * number for number, (at_s, _) in enumerate(rig.to(999.0).timed(FRO))]
    assert len(set(late_s)) == 20
    assert all(1.0 <= each <= 2.0 for each in late_s)


def test_delayed_bytes_come_one_after_the_other() -> None:
    rig = Rig("delay reply byte 2-3 by 1 s").answer(b"abcd", at_s=0.0).to(9.0)
    assert rig.timed(FRO) == [(0.0, b"a"), (1.0, b"b"), (2.0, b"c"), (2.0, b"d")]


def test_a_late_reply_comes_after_the_next_request_and_before_its_reply() -> None:
    rig = Rig("late 1").ask(b"one", at_s=1.0).answer(b"ONE", at_s=1.1).to(5.0)
    assert rig.carried(FRO) == []
    rig.ask(b"two", at_s=6.0).answer(b"TWO", at_s=6.1)
    assert rig.seen[1:] == [Carried(6.0, TO, b"two"), Carried(6.0, FRO, b"ONE"), Carried(6.1, FRO, b"TWO")]


def test_a_late_reply_waits_for_a_late_request() -> None:
    rig = Rig("late 1; delay request 2 by 1 s").ask(b"one").answer(b"ONE").ask(b"two", at_s=5.0).to(9.0)
    assert rig.seen[1:] == [Carried(6.0, TO, b"two"), Carried(6.0, FRO, b"ONE")]


def test_echo() -> None:
    rig = Rig("echo 1").ask(b"one", b"two").answer(b"ONE")
    assert rig.carried(TO) == [b"one", b"two"]
    assert rig.carried(FRO) == [b"one", b"ONE"]


def test_an_alarm_comes_before_the_reply() -> None:
    assert Rig("alarm 2", LINES).answer(b"a\r", b"b\r").carried(FRO) == [b"a\r", ALARM, b"b\r"]
    assert replies("alarm 1 hex 2121", b"a") == [b"!!", b"a"]


def test_another_address() -> None:
    assert Rig("misaddress reply 1", LINES).answer(b"0a\r", b"0b\r").carried(FRO) == [b"9a\r", b"0b\r"]


@pytest.mark.parametrize("text", ["alarm", "misaddress"])
def test_what_no_dialect_makes_cannot_be_had(text: str) -> None:
    with pytest.raises(FaultScriptError, match=f"{text}: "):
        Rig(text)


def test_a_lost_reply_is_lost_whole_and_the_request_is_not() -> None:
    rig = Rig("lose_reply 1").ask(b"start").answer(b"OK", b"and more").ask(b"status").answer(b"running")
    assert rig.carried(TO) == [b"start", b"status"]
    assert rig.carried(FRO) == [b"running"]


def test_silence_by_time() -> None:
    rig = Rig("silence at 10 s for 5 s")
    for at_s in (9.9, 10.0, 14.9, 15.0):
        rig.ask(b"%.1f" % at_s, at_s=at_s).answer(b"%.1f" % at_s, at_s=at_s)
    assert rig.carried(TO) == rig.carried(FRO) == [b"9.9", b"15.0"]


def test_silence_begins_with_a_frame_or_within_it() -> None:
    rig = Rig("silence reply 2 for 5 s").answer(b"a").ask(b"x").answer(b"b", b"c").ask(b"y")
    assert rig.carried(FRO) == [b"a"]
    assert rig.carried(TO) == [b"x", b"y"]
    assert rig.answer(b"d", at_s=5.0).carried(FRO) == [b"a", b"d"]
    assert Rig("silence reply byte 3").answer(b"abcd", b"e").carried(FRO) == [b"ab"]


def test_babble_comes_at_its_rate_and_ends() -> None:
    rig = Rig("babble rate 500 from 1 s for 2 s").to(0.9)
    assert rig.seen == []
    rig.answer(b"ok", at_s=1.501).to(10.0)
    data = b"".join(rig.carried(FRO))
    assert b"ok" in data
    assert len(data) - 2 == pytest.approx(1000, abs=5)
    assert rig.line.next_deadline_s() == inf


def test_babble_for_ever_is_bounded_in_memory_and_always_has_a_next_deadline() -> None:
    rig = Rig("babble rate 1000000 for ever").to(0.0)
    assert rig.line.next_deadline_s() == pytest.approx(0.01)
    assert sum(map(len, rig.to(1.0).carried(FRO)[1:])) <= MOST_FLYING_BYTES


def test_slow_babble_comes_byte_by_byte() -> None:
    assert [at_s for at_s, _ in Rig("babble rate 2 for 2 s").to(10.0).timed(FRO)] == [0.0, 0.5, 1.0, 1.5]


def test_disconnect_loses_what_is_on_its_way_and_what_is_sent_meanwhile() -> None:
    rig = Rig("disconnect at 2 s for 3 s; delay reply by 1 s").answer(b"a", at_s=0.5).answer(b"b", at_s=1.5)
    rig.ask(b"x", at_s=3.0).answer(b"c", at_s=4.0).to(4.9)
    assert rig.seen == [Carried(1.5, FRO, b"a"), Unplugged(2.0)]
    plugged = [rig.line.is_plugged]
    rig.ask(b"y", at_s=5.0)
    assert [*plugged, rig.line.is_plugged] == [False, True]
    assert rig.seen[2:] == [Plugged(5.0, renamed=False), Carried(5.0, TO, b"y")]


@pytest.mark.parametrize("byte_no", range(1, 6))
def test_the_port_can_go_at_any_byte(byte_no: int) -> None:
    rig = Rig(f"disconnect request byte {byte_no} for 1 s").ask(b"abcde", b"f", at_s=7.0)
    assert b"".join(rig.carried(TO)) == b"abcde"[: byte_no - 1]
    assert rig.seen[-1] == Unplugged(7.0)


def test_the_port_goes_with_a_frame() -> None:
    rig = Rig("disconnect reply 2 for ever").answer(b"a").answer(b"b", b"c", at_s=1.0)
    assert rig.seen == [Carried(0.0, FRO, b"a"), Unplugged(1.0)]
    assert rig.line.next_deadline_s() == inf


def test_replugging_gives_another_name() -> None:
    assert Rig("replug at 1 s for 2 s").to(9.0).seen == [Unplugged(1.0), Plugged(3.0, renamed=True)]


def test_two_pullers_of_one_plug() -> None:
    rig = Rig("disconnect at 1 s for 4 s; replug at 2 s for 1 s").to(9.0)
    assert rig.seen == [Unplugged(1.0), Plugged(5.0, renamed=False)]


def test_a_power_cycle_leaves_the_port() -> None:
    rig = Rig("power_cycle request 2 for 4 s").ask(b"a", b"b").answer(b"?").ask(b"c", at_s=3.0)
    assert rig.line.is_plugged
    rig.ask(b"d", at_s=4.0)
    assert rig.seen == [Carried(0.0, TO, b"a"), PowerCut(0.0), PowerBack(4.0), Carried(4.0, TO, b"d")]


def test_faults_happen_in_the_order_of_the_script() -> None:
    assert replies("duplicate; drop byte 1", b"ab") == [b"b", b"ab"]
    assert replies("truncate keep 1; garbage after hex 7e", b"ab") == [b"a", b"~"]


def test_a_window_of_time_and_numbers_counted_in_it() -> None:
    rig = Rig("drop reply 2 from 10 s until 20 s")
    for at_s in (1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 21.0, 22.0):
        rig.answer(b"%g" % at_s, at_s=at_s)
    assert rig.carried(FRO) == [b"1", b"2", b"3", b"10", b"12", b"21", b"22"]


def test_times_count_from_the_beginning_of_the_script() -> None:
    assert Rig("disconnect at 1 s for 2 s", begun_s=500.0).to(600.0).seen == [
        Unplugged(501.0),
        Plugged(503.0, renamed=False),
    ]


def test_a_fault_can_be_added_while_the_line_is_in_use() -> None:
    rig = Rig("").answer(b"a", at_s=50.0)
    rig.line.add(parse_rule("drop reply 1-2 for 10 s"), 60.0)
    rig.answer(b"b", b"c", b"d", at_s=61.0)
    assert rig.carried(FRO) == [b"a", b"d"]


def test_what_is_done_is_told() -> None:
    rig = Rig("drop reply 2; silence at 3 s").answer(b"a", b"b", at_s=1.0).to(4.0)
    assert [(each.at_s, str(each.rule), each.way, each.number) for each in rig.struck] == [
        (1.0, "drop reply 2", FRO, 2),
        (3.0, "silence at 3 s", TO, 0),
    ]


# Frames


def test_frames_are_found_however_their_bytes_come() -> None:
    rig = Rig("drop reply 2", LINES)
    for byte in b"ab\rcd\ref\r":
        rig.answer(bytes([byte]))
    assert rig.carried(FRO) == [b"ab\r", b"ef\r"]


def test_rubbish_between_frames_is_carried_and_not_counted() -> None:
    rig = Rig("drop reply 2", LINES).answer(b"ab\r~~cd\ref\r")
    assert b"".join(rig.carried(FRO)) == b"ab\r~~ef\r"
    assert b"".join(Rig("drop reply byte 4", LINES).answer(b"ab\r~~\r").carried(FRO)) == b"ab\r~\r"


def test_without_knowledge_a_frame_ends_with_a_pause() -> None:
    rig = Rig("duplicate reply", BY_PAUSE).answer(b"ab", at_s=1.0).answer(b"cd", at_s=1.01)
    assert rig.seen == []
    due_s = rig.line.next_deadline_s()
    rig.to(2.0)
    assert rig.carried(FRO) == [b"abcd", b"abcd"]
    assert due_s <= 1.01 + QUIET_S


def test_a_frame_that_does_not_go_on_is_passed_on_as_it_is() -> None:
    rig = Rig("drop reply 5", LINES).answer(b"half", at_s=1.0).to(1.0 + QUIET_S)
    assert rig.timed(FRO) == [(1.0 + QUIET_S, b"half")]


def test_bytes_do_not_wait_where_nothing_counts_frames() -> None:
    assert Rig("drop reply byte 9", LINES).answer(b"half", at_s=1.0).timed(FRO) == [(1.0, b"half")]


def test_an_endless_frame_is_passed_on_in_pieces() -> None:
    rig = Rig("drop reply 9", LINES)
    for _ in range(100):
        rig.answer(b"x" * 100)
    assert sum(map(len, rig.carried(FRO))) == 8192
    assert sum(map(len, rig.to(1.0).carried(FRO))) == 10_000


# Chance

TRAFFIC = [b"%d" % number * 3 for number in range(40)]


@pytest.mark.parametrize(
    "text",
    ["drop 30%", "flip 30%", "truncate 50%", "garbage inside 50%", "flip byte 5%", "delay 50% jitter 1 s"],
)
def test_one_seed_one_fate(text: str) -> None:
    def fate(seed: int) -> Sequence[Happening]:
        return Rig(f"{text}; seed {seed}").answer(*TRAFFIC).to(100.0).seen

    assert fate(1) == fate(1)
    assert fate(1) != fate(2)


def test_one_fault_more_does_not_change_the_chance_of_the_others() -> None:
    alone = replies("drop 30%; seed 3", *TRAFFIC)
    assert replies("drop 30%; delay 10% by 1 us; seed 3", *TRAFFIC) == alone


def test_a_share_is_about_the_share() -> None:
    rig = Rig("drop reply 25%")
    for number in range(4000):
        rig.answer(b"x", at_s=float(number))
    assert len(rig.carried(FRO)) == pytest.approx(3000, abs=4 * (4000 * 0.25 * 0.75) ** 0.5)


STATEMENTS = st.sampled_from(
    [
        *(name for name in KINDS if name != "babble"),
        *("drop 30%", "drop byte 10%", "flip byte 5%", "duplicate byte 10%", "truncate 40% keep 0"),
        *("garbage inside 50%", "split 50% gap 50 ms", "merge 50%", "delay 50% jitter 1 s", "late every 2"),
        *("delay byte 10% by 10 ms", "babble 1 s at 1 s rate 200", "silence reply byte 20 for 1 s"),
        *("disconnect reply byte 30 for 1 s", "replug at 2 s for 1 s", "power_cycle 3 for 500 ms"),
        *("lose_reply every 3", "echo 50%", "alarm every 2", "misaddress 50%", "overwrite byte 5%"),
    ]
)
SAID = st.lists(st.tuples(st.floats(0.0, 1.0), st.sampled_from(Way), st.binary(max_size=12)), max_size=30)


@given(st.lists(STATEMENTS, max_size=6), st.integers(0, 99), SAID, st.booleans())
def test_any_faults_on_any_traffic(
    statements: list[str], seed: int, said: list[tuple[float, Way, bytes]], often: bool
) -> None:
    """Time never runs back, deadlines are kept, all ends, and how often somebody looks changes nothing."""

    def run(*, looks: bool) -> list[Happening]:
        rig = Rig("; ".join([*statements, f"seed {seed}"]), LINES)
        now_s = 0.0
        for wait_s, way, data in said:
            until_s = now_s + wait_s
            while looks and rig.line.next_deadline_s() < until_s:
                now_s = max(now_s, rig.line.next_deadline_s())
                rig.to(now_s)
            now_s = until_s
            rig.say(way, data, at_s=now_s) if looks else rig.line.take(way, data, now_s)
        rounds_count = 0
        while rig.line.next_deadline_s() < inf:
            assert rig.line.next_deadline_s() >= 0.0
            now_s = max(now_s, rig.line.next_deadline_s())
            rig.to(now_s)
            rounds_count += 1
            assert rounds_count < 2000
        times_s = [each.at_s for each in rig.seen]
        assert times_s == sorted(times_s)
        return rig.seen

    assert run(looks=often) == run(looks=True)
