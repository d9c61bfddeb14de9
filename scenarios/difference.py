"""What is different between two traces: where they part, how alarms shifted, which numbers moved.

Events are aligned by what happened, not by when, so that a shift in time is told as a shift and not
as one event missing and another one new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from operator import itemgetter
from typing import Any, Final

from scenarios.trace import MORE_NUMBERS, NUMBERS, Trace

NAMED: Final = ("code", "mode_from", "mode_to", "command", "reason", "action", "cause", "verb", "what", "who")
"""Fields that tell events of one type apart; what else they say may differ in aligned events."""

SAME_TIME_S: Final = 1e-6
"""Times closer than this are the same: traces are printed to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An event of the one trace and what corresponds to it in the other; None: nothing does."""

    what: str
    a_s: float | None
    b_s: float | None

    @property
    def shift_s(self) -> float | None:
        """How much later it is in the second trace."""
        return None if self.a_s is None or self.b_s is None else self.b_s - self.a_s

    @property
    def is_same(self) -> bool:
        """Whether both have it, at the same time."""
        return self.shift_s is not None and abs(self.shift_s) <= SAME_TIME_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What is different. `numbers` and `header` are (name, in the first, in the second)."""

    header: tuple[tuple[str, Any, Any], ...]
    first: Pair | None
    events: tuple[Pair, ...]
    alarms: tuple[Pair, ...]
    numbers: tuple[tuple[str, Any, Any], ...]

    @property
    def is_none(self) -> bool:
        """Whether the same happened at the same times and came to the same numbers."""
        return not (self.first or self.alarms or self.numbers)


def diff(first: Trace, second: Trace) -> Difference:
    """Compare two traces; differences in `events` and `alarms` are in the order of time."""
    pairs = _aligned(first.events, second.events)
    changed = tuple(pair for pair in pairs if not pair.is_same)
    return Difference(
        header=_changed(first.header, second.header, ("scenario", "seed", "digest", "version")),
        first=changed[0] if changed else None,
        events=changed,
        alarms=_alarms(first.summary, second.summary),
        numbers=_changed(
            first.summary, second.summary, ("passed", *NUMBERS, *MORE_NUMBERS, "events", "end_s")
        ),
    )


def _aligned(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> list[Pair]:
    names = [[_name(event) for event in events] for events in (first, second)]
    pairs: list[Pair] = []
    matcher = SequenceMatcher(None, names[0], names[1], autojunk=False)
    for tag, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if tag == "equal":
            both = zip(first[a_from:a_to], second[b_from:b_to], strict=True)
            pairs += [Pair(what=_name(a), a_s=a["t_s"], b_s=b["t_s"]) for a, b in both]
            continue
        only = [(a["t_s"], Pair(what=_name(a), a_s=a["t_s"], b_s=None)) for a in first[a_from:a_to]]
        only += [(b["t_s"], Pair(what=_name(b), a_s=None, b_s=b["t_s"])) for b in second[b_from:b_to]]
        pairs += [pair for _, pair in sorted(only, key=itemgetter(0))]
    return pairs


def _name(event: Mapping[str, Any]) -> str:
    return " ".join([str(event["type"]), *(str(event[name]) for name in NAMED if name in event)])


def _alarms(first: Mapping[str, Any], second: Mapping[str, Any]) -> tuple[Pair, ...]:
    """Compare the n-th alarm of each code with the n-th of the other trace."""
    of_first, of_second = _raised_s(first), _raised_s(second)
    pairs = [
        Pair(what=code, a_s=a_s, b_s=b_s)
        for code in dict.fromkeys([*of_first, *of_second])
        for a_s, b_s in zip_longest(of_first.get(code, ()), of_second.get(code, ()))
    ]
    return tuple(pair for pair in pairs if not pair.is_same)


def _raised_s(summary: Mapping[str, Any]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for alarm in summary.get("alarms", ()):
        found.setdefault(str(alarm["code"]), []).append(alarm["raised_s"])
    return found


def _changed(
    first: Mapping[str, Any], second: Mapping[str, Any], names: Sequence[str]
) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (name, first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)
    )
