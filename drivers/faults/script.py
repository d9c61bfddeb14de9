"""What a user asks for: `drop reply 3; delay 200 ms 10%; disconnect request byte 7 for 2 s`.

One fault to a line of a file, or between semicolons; `#` begins a remark, `seed 7` sets the seed. A fault is
its name, followed in any order by:

    request | reply | both      which way (else the fault's own)
    byte | frame                what is picked and counted (else frames)
    3 | 2-5 | 1,4,9-12          which, counted from 1 within the time given
    every 4 | 10% | once        which, by rule or by chance
    from 10 s | until 1 min     the time, from the beginning of the script
    at 10 s                     the first one from then on, or the instant at which something lasting begins
    for 5 s | for ever          how long
    200 ms                      the fault's own time: how late, how long, which gap
    before | inside | after     where garbage goes
    bits 2, bytes 20, keep 3, rate 100, jitter 50 ms, hex 02FF03
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf, isfinite
from random import Random
from typing import Final

from drivers.faults.catalogue import BOTH, COUNTS_ONE_WAY, KINDS, FaultKind, Place, Unit, Way

UNITS_S: Final = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}
LONGEST_S: Final = 1e6
MOST_COUNT: Final = 1_000_000
MOST_TEXT: Final = 100_000

_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|min|h|%)")
_NUMBERS: Final = re.compile(r"[0-9]+(?:-[0-9]+)?(?:,[0-9]+(?:-[0-9]+)?)*")


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one line of a script, and the remedy."""

    line: int
    what: str
    remedy: str


class FaultScriptError(ValueError):
    """A script of faults cannot be used. `mistakes` are all that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """Give every mistake on a line of its own."""
        return "\n".join(f"faults, line {each.line}: {each.what}; {each.remedy}" for each in self.mistakes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Which of the frames or bytes that come by, counted from 1: by number, by chance or all."""

    numbers: tuple[tuple[int, int], ...] = ()
    every_count: int | None = None
    share_frac: float | None = None

    def hits(self, number: int, chance: Random) -> bool:
        """Whether the `number`-th is picked; draws only where chance decides."""
        if self.numbers:
            return any(first <= number <= last for first, last in self.numbers)
        if self.every_count is not None:
            return number % self.every_count == 0
        return self.share_frac is None or chance.random() < self.share_frac


ALL: Final = Pick()
FIRST: Final = Pick(numbers=((1, 1),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One fault as asked for. Times count from the beginning of the script.

    `pick` None is a lasting fault that begins at `from_s`, whatever comes by.
    """

    text: str
    kind: FaultKind
    ways: tuple[Way, ...]
    unit: Unit = Unit.FRAME
    pick: Pick | None = ALL
    from_s: float = 0.0
    until_s: float = inf
    length_s: float = 0.0
    jitter_s: float = 0.0
    amount_count: int | None = None
    place: Place = Place.BEFORE
    data: bytes | None = None

    def __str__(self) -> str:
        """Give the rule as it was asked for."""
        return self.text


@dataclass(frozen=True, slots=True)
class Script:
    """The faults of a line, and the seed of its chance."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0


def parse_script(text: str) -> Script:
    """Read a script.

    Raises:
        FaultScriptError: with everything that is wrong with it.
    """
    if len(text) > MOST_TEXT:
        raise FaultScriptError([Mistake(1, "this is longer than 100,000 characters", "write fewer faults")])
    rules: list[Rule] = []
    mistakes: list[Mistake] = []
    seed = 0
    for number, line in enumerate(text.splitlines(), start=1):
        for statement in filter(None, map(str.strip, line.partition("#")[0].split(";"))):
            try:
                words = _words(statement)
                if words[0] == "seed":
                    seed = _seed(words)
                else:
                    rules.append(_rule(statement, words))
            except _MistakeError as error:
                mistakes.append(Mistake(number, error.what, error.remedy))
    if mistakes:
        raise FaultScriptError(mistakes)
    return Script(tuple(rules), seed)


def parse_rule(text: str) -> Rule:
    """Read one fault.

    Raises:
        FaultScriptError: it is none, or more than one.
    """
    rules = parse_script(text).rules
    if len(rules) != 1:
        raise FaultScriptError([Mistake(1, f"{text!r} is not one fault", "write one")])
    return rules[0]


class _MistakeError(Exception):
    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy


def _words(statement: str) -> list[str]:
    """Cut at blanks; a number and its unit belong together, with a blank between them or not."""
    words: list[str] = []
    for word in statement.split():
        if words and word in (*UNITS_S, "%") and _NUMBER.fullmatch(words[-1]):
            words[-1] += word
        else:
            words.append(word)
    return words


def _seed(words: list[str]) -> int:
    if len(words) != 2 or not words[1].isdecimal() or len(words[1]) > 18:
        raise _MistakeError("a seed is one whole number", "write such as: seed 7")
    return int(words[1])


@dataclass(slots=True)
class _Reading:
    """A rule as far as it has been read."""

    kind: FaultKind
    rest: list[str]
    ways: tuple[Way, ...] | None = None
    unit: Unit | None = None
    pick: Pick | None = None
    from_s: float | None = None
    until_s: float | None = None
    at_s: float | None = None
    for_s: float | None = None
    length_s: float | None = None
    jitter_s: float | None = None
    amount_count: int | None = None
    place: Place | None = None
    data: bytes | None = None
    said: set[str] = field(default_factory=set)

    def once(self, what: str) -> None:
        if what in self.said:
            raise _MistakeError(f"{self.kind.name} says {what} twice", "say it once")
        self.said.add(what)

    def needs(self, what: str, *, has: bool) -> None:
        if not has:
            raise _MistakeError(f"{self.kind.name} has no {what}", "leave it out")
        self.once(what)

    def next_word(self, after: str, example: str) -> str:
        if not self.rest:
            raise _MistakeError(f"after {after} something is missing", f"write such as: {example}")
        return self.rest.pop(0)

    def time_s(self, after: str) -> float:
        example = f"{after} 200 ms"
        return _time_s(self.next_word(after, example), example)

    def whole(self, after: str, *, least: int = 1) -> int:
        word = self.next_word(after, f"{after} 3")
        return _whole(word, f"{after} 3", least=least)


def _rule(text: str, words: list[str]) -> Rule:
    name = words[0]
    kind = KINDS.get(name)
    if kind is None:
        raise _MistakeError(f"{name!r} is no fault", _close(name, list(KINDS)))
    reading = _Reading(kind, words[1:])
    while reading.rest:
        _read_word(reading, reading.rest.pop(0))
    return _made(text, reading)


def _read_word(reading: _Reading, word: str) -> None:
    kind = reading.kind
    if word in ("request", "reply", "both"):
        reading.once("the way")
        reading.ways = BOTH if word == "both" else (Way(word),)
    elif word in ("frame", "byte"):
        reading.once("the unit")
        reading.unit = Unit(word)
    elif word in WORDS:
        WORDS[word](reading)
    elif kind.amount is not None and word == kind.amount.word:
        reading.once(word)
        reading.amount_count = reading.whole(word, least=kind.amount.least_count)
    elif kind.length is not None and word == kind.length.word:
        reading.once("its time")
        reading.length_s = reading.time_s(word)
    elif _NUMBERS.fullmatch(word):
        reading.once("which")
        reading.pick = Pick(numbers=_numbers(word))
    elif word.endswith("%"):
        reading.once("which")
        reading.pick = Pick(share_frac=_share(word))
    elif _QUANTITY.fullmatch(word):
        reading.needs("time of its own", has=kind.length is not None)
        reading.once("its time")
        reading.length_s = _time_s(word, "200 ms")
    else:
        own = [each.word for each in (kind.amount, kind.length) if each is not None]
        known = ["request", "reply", "both", "frame", "byte", *WORDS, *own]
        raise _MistakeError(f"{kind.name} does not know {word[:40]!r}", _close(word, known))


def _every(reading: _Reading) -> None:
    reading.once("which")
    reading.pick = Pick(every_count=reading.whole("every"))


def _once(reading: _Reading) -> None:
    reading.once("which")
    reading.pick = FIRST


def _from(reading: _Reading) -> None:
    reading.once("from")
    reading.from_s = reading.time_s("from")


def _until(reading: _Reading) -> None:
    reading.once("until")
    reading.until_s = reading.time_s("until")


def _at(reading: _Reading) -> None:
    reading.once("at")
    reading.at_s = reading.time_s("at")


def _for(reading: _Reading) -> None:
    reading.once("for")
    if reading.rest and reading.rest[0] == "ever":
        reading.rest.pop(0)
        reading.for_s = inf
    else:
        reading.for_s = reading.time_s("for")


def _jitter(reading: _Reading) -> None:
    reading.needs("jitter", has=reading.kind.has_jitter)
    reading.jitter_s = reading.time_s("jitter")


def _hex(reading: _Reading) -> None:
    reading.needs("bytes of its own", has=reading.kind.has_data)
    word = reading.next_word("hex", "hex 02FF03")
    try:
        reading.data = bytes.fromhex(word)
    except ValueError:
        raise _MistakeError(f"{word[:40]!r} is not hexadecimal", "write such as: hex 02FF03") from None


def _put(place: Place) -> Callable[[_Reading], None]:
    def put(reading: _Reading) -> None:
        reading.needs("place", has=reading.kind.has_place)
        reading.place = place

    return put


WORDS: Final[dict[str, Callable[[_Reading], None]]] = {
    "every": _every,
    "once": _once,
    "from": _from,
    "until": _until,
    "at": _at,
    "for": _for,
    "jitter": _jitter,
    "hex": _hex,
    **{place.value: _put(place) for place in Place},
}
"""Words that begin something, for every fault alike."""


def _made(text: str, read: _Reading) -> Rule:
    """Put the rule together from what was read, with defaults for what was not."""
    kind = read.kind
    ways = read.ways or kind.ways
    if kind.one_way and ways != kind.ways:
        raise _MistakeError(
            f"{kind.name} is a fault of a {kind.ways[0]}", f"write {kind.ways[0]}, or nothing"
        )
    if kind.name in COUNTS_ONE_WAY and len(ways) != 1:
        raise _MistakeError(f"{kind.name} hits both ways, and counts one", "write request or reply")
    unit = read.unit or Unit.FRAME
    if unit not in kind.units:
        raise _MistakeError(f"{kind.name} is a fault of whole frames", "leave byte out")
    if read.at_s is not None and read.from_s is not None:
        raise _MistakeError(f"{kind.name} says both at and from", "say one of them")
    from_s = read.at_s if read.at_s is not None else read.from_s or 0.0
    until_s = inf if read.until_s is None else read.until_s
    length_s = read.length_s
    if read.for_s is not None:
        if kind.lasts and length_s is not None:
            raise _MistakeError(f"{kind.name} says its time twice", "say it once")
        if kind.lasts:
            length_s = read.for_s
        elif read.until_s is not None:
            raise _MistakeError(f"{kind.name} says both for and until", "say one of them")
        else:
            until_s = from_s + read.for_s
    if kind.lasts and length_s is None and until_s < inf:
        length_s = until_s - from_s
    if until_s <= from_s:
        raise _MistakeError(f"{kind.name} ends before it begins", "let until be after from")
    pick = read.pick
    if pick is None and read.at_s is not None and not kind.lasts:
        pick = FIRST
    if pick is None and (not kind.lasts or read.unit is Unit.BYTE):
        pick = ALL
    return Rule(
        text=text,
        kind=kind,
        ways=ways,
        unit=unit,
        pick=pick,
        from_s=from_s,
        until_s=until_s,
        length_s=kind.length.default_s if length_s is None and kind.length is not None else length_s or 0.0,
        jitter_s=read.jitter_s or 0.0,
        amount_count=_amount(kind, read.amount_count),
        place=read.place or Place.BEFORE,
        data=read.data,
    )


def _amount(kind: FaultKind, given: int | None) -> int | None:
    return kind.amount.default_count if given is None and kind.amount is not None else given


def _time_s(word: str, example: str) -> float:
    found = _QUANTITY.fullmatch(word)
    if found is None or found[2] == "%":
        raise _MistakeError(f"{word[:40]!r} is no time", f"write it with its unit, such as: {example}")
    time_s = float(found[1]) * UNITS_S[found[2]]
    if not isfinite(time_s) or time_s > LONGEST_S:
        raise _MistakeError(f"{word[:40]!r} is too long", "stay below 11 days, or write: for ever")
    return time_s


def _share(word: str) -> float:
    found = _QUANTITY.fullmatch(word)
    share_frac = float(found[1]) / 100.0 if found is not None else inf
    if share_frac > 1.0:
        raise _MistakeError(f"{word[:40]!r} is no share", "write such as: 10%")
    return share_frac


def _whole(word: str, example: str, *, least: int = 1) -> int:
    if not word.isascii() or not word.isdecimal() or not least <= int(word[:12]) <= MOST_COUNT:
        raise _MistakeError(
            f"{word[:40]!r} is no whole number from {least} to {MOST_COUNT}", f"write such as: {example}"
        )
    return int(word)


def _numbers(word: str) -> tuple[tuple[int, int], ...]:
    ranges = []
    for part in word.split(","):
        first, _, last = part.partition("-")
        one = (_whole(first, "3"), _whole(last or first, "3"))
        if one[0] > one[1]:
            raise _MistakeError(f"{part!r} runs backwards", f"write {one[1]}-{one[0]}")
        ranges.append(one)
    return tuple(ranges)


def _close(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, 1)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(dict.fromkeys(known))}"
