"""What a user may ask of a faulty line, and how mistakes are told."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.faults.catalogue import BOTH, KINDS, Place, Unit, Way
from drivers.faults.script import FaultScriptError, Pick, parse_rule, parse_script


def mistakes(text: str) -> list[str]:
    with pytest.raises(FaultScriptError) as caught:
        parse_script(text)
    return str(caught.value).splitlines()


def test_statements_stand_on_lines_and_between_semicolons() -> None:
    script = parse_script("drop reply 3; delay 200 ms 10%\n\n# a remark\nseed 7\nflip  # another\n;")
    assert [rule.kind.name for rule in script.rules] == ["drop", "delay", "flip"]
    assert [str(rule) for rule in script.rules] == ["drop reply 3", "delay 200 ms 10%", "flip"]
    assert script.seed == 7


def test_nothing_asked_is_nothing_done() -> None:
    assert parse_script(" \n # only a remark\n").rules == ()


def test_words_come_in_any_order() -> None:
    one = parse_rule("delay reply 200ms every 4 from 1 min until 2 min jitter 50 ms")
    other = parse_rule("delay jitter 50ms from 60 s until 120 s every 4 by 0.2 s reply")
    assert one.ways == other.ways == (Way.REPLY,)
    assert one.pick == other.pick == Pick(every_count=4)
    assert (one.from_s, one.until_s, one.length_s, one.jitter_s) == (60.0, 120.0, 0.2, 0.05)
    assert (other.from_s, other.until_s, other.length_s, other.jitter_s) == (60.0, 120.0, 0.2, 0.05)


@pytest.mark.parametrize(
    ("text", "pick"),
    [
        ("drop 3", Pick(numbers=((3, 3),))),
        ("drop 2-5,9", Pick(numbers=((2, 5), (9, 9)))),
        ("drop 12.5 %", Pick(share_frac=0.125)),
        ("drop every 4", Pick(every_count=4)),
        ("drop once", Pick(numbers=((1, 1),))),
        ("drop", Pick()),
        ("drop at 10 s", Pick(numbers=((1, 1),))),
        ("drop from 10 s", Pick()),
        ("drop at 10 s 2", Pick(numbers=((2, 2),))),
        ("silence 5 s", None),
        ("silence at 3 s", None),
        ("silence reply 3", Pick(numbers=((3, 3),))),
    ],
)
def test_which_are_picked(text: str, pick: Pick | None) -> None:
    assert parse_rule(text).pick == pick


@pytest.mark.parametrize(
    ("text", "length_s", "until_s"),
    [
        ("silence", 5.0, inf),
        ("silence 2 s at 10 s", 2.0, inf),
        ("silence at 10 s for 2 s", 2.0, inf),
        ("silence from 10 s until 13 s", 3.0, 13.0),
        ("silence for ever", inf, inf),
        ("babble", inf, inf),
        ("drop from 10 s for 2 s", 0.0, 12.0),
        ("split", 0.6, inf),
        ("split gap 1 s", 1.0, inf),
        ("merge hold 250 ms", 0.25, inf),
    ],
)
def test_how_long_it_takes(text: str, length_s: float, until_s: float) -> None:
    rule = parse_rule(text)
    assert rule.length_s == pytest.approx(length_s)
    assert rule.until_s == until_s


def test_what_belongs_to_one_fault() -> None:
    garbage = parse_rule("garbage inside bytes 20")
    assert (garbage.place, garbage.amount_count) == (Place.INSIDE, 20)
    assert parse_rule("alarm reply hex 0241aa03").data == b"\x02\x41\xaa\x03"
    assert parse_rule("truncate keep 0").amount_count == 0
    assert parse_rule("flip byte request").unit is Unit.BYTE
    assert parse_rule("drop both").ways == BOTH


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dorp", "'dorp' is no fault; did you mean drop?"),
        ("drop replay", "drop does not know 'replay'; did you mean reply?"),
        ("drop reply request", "drop says the way twice; say it once"),
        ("drop 3 10%", "drop says which twice; say it once"),
        ("drop 110%", "'110%' is no share; write such as: 10%"),
        ("drop 0", "'0' is no whole number from 1 to 1000000; write such as: 3"),
        ("drop 5-2", "'5-2' runs backwards; write 2-5"),
        ("drop every", "after every something is missing; write such as: every 3"),
        ("drop from 10", "'10' is no time; write it with its unit, such as: from 200 ms"),
        ("drop from 10 s until 9 s", "drop ends before it begins; let until be after from"),
        ("drop from 1 s for 2 s until 9 s", "drop says both for and until; say one of them"),
        ("drop at 1 s from 2 s", "drop says both at and from; say one of them"),
        ("drop 200 ms", "drop has no time of its own; leave it out"),
        ("drop jitter 1 ms", "drop has no jitter; leave it out"),
        ("drop before", "drop has no place; leave it out"),
        ("drop hex 02", "drop has no bytes of its own; leave it out"),
        ("delay 999999 h", "'999999h' is too long; stay below 11 days, or write: for ever"),
        ("silence 2 s for 3 s", "silence says its time twice; say it once"),
        ("late request", "late is a fault of a reply; write reply, or nothing"),
        ("late byte", "late is a fault of whole frames; leave byte out"),
        ("disconnect both", "disconnect hits both ways, and counts one; write request or reply"),
        ("garbage hex 0g", "'0g' is not hexadecimal; write such as: hex 02FF03"),
        ("seed x", "a seed is one whole number; write such as: seed 7"),
    ],
)
def test_each_mistake_is_told_with_its_remedy(text: str, told: str) -> None:
    assert mistakes(text) == [f"faults, line 1: {told}"]


def test_all_mistakes_are_told_at_once_with_their_lines() -> None:
    assert [each.split(":")[0] for each in mistakes("drop\nflup; flip bits 0\n\nsplit 3 4")] == [
        "faults, line 2",
        "faults, line 2",
        "faults, line 4",
    ]


def test_one_rule_is_one() -> None:
    for text in ("", "drop; drop"):
        with pytest.raises(FaultScriptError, match="is not one fault"):
            parse_rule(text)


def test_a_script_has_a_largest_size() -> None:
    assert mistakes("#" * 100_001) == [
        "faults, line 1: this is longer than 100,000 characters; write fewer faults"
    ]


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_can_be_asked_for_by_its_name_alone(name: str) -> None:
    rule = parse_rule(name)
    assert rule.kind is KINDS[name]
    assert rule.ways == KINDS[name].ways
    assert (rule.pick is None) == KINDS[name].lasts


WORDS = st.one_of(
    st.sampled_from(
        [
            *KINDS,
            *("request", "reply", "both", "byte", "3", "2-5", "10%", "every", "at", "from", "until", "once"),
            *("for", "ever", "5 s", "200ms", "hex", "02FF", "bits", "keep", "jitter", "seed", ";", "\n", "#"),
            *("before", "inside", "gap", "hold", "by", "rate"),
        ]
    ),
    st.text(max_size=8),
)


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_no_text_does_anything_but_read_or_tell_what_is_wrong(text: str) -> None:
    try:
        rules = parse_script(text).rules
    except FaultScriptError as error:
        rules = ()
        said = str(error)
        assert said.startswith("faults, line ")
    for rule in rules:
        assert rule == parse_rule(rule.text)
        assert rule.from_s < rule.until_s
        assert rule.length_s >= 0.0
