"""Comparing traces: a shift is a shift, a missing event is missing, and numbers are compared by name."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pump.events import Event, Noted
from scenarios.difference import Difference, Pair, diff
from scenarios.trace import Trace, event_record, summary, trace_lines
from sim.world.result import Result
from tests.scenarios.results import AFTERNOON, EVENTS, afternoon
from tests.scenarios.test_trace import verdict


def trace_of(result: Result) -> Trace:
    header, *events, last = (json.loads(line) for line in trace_lines(verdict(result), "1"))
    return Trace(header=header, events=tuple(events), summary=last)


def compared(result: Result) -> Difference:
    return diff(trace_of(AFTERNOON), trace_of(result))


def test_a_trace_is_no_different_from_itself() -> None:
    found = compared(AFTERNOON)
    assert found.is_none
    assert found == Difference(header=(), first=None, events=(), alarms=(), numbers=())


def test_a_later_alarm_is_a_shift() -> None:
    span = replace(AFTERNOON.alarms[0], raised_s=3690.0)
    events = tuple(replace(event, t_s=3690.0) if event.seq in {5, 6} else event for event in EVENTS)
    found = compared(afternoon(events=events, alarms=(span, AFTERNOON.alarms[1])))
    assert found.alarms == (Pair(what="OCCLUSION_DOWNSTREAM", a_s=3600.0, b_s=3690.0),)
    assert found.alarms[0].shift_s == 90.0
    assert found.first is not None
    assert found.first.what == "AlarmRaised OCCLUSION_DOWNSTREAM"
    assert [pair.shift_s for pair in found.events] == [90.0, 90.0]


def test_an_event_that_only_one_has() -> None:
    extra: Event = Noted(t_s=120.0, seq=99, what="key")
    found = compared(afternoon(events=(*EVENTS[:4], extra, *EVENTS[4:])))
    assert found.first == Pair(what="Noted key", a_s=None, b_s=120.0)
    assert found.events == (found.first,)
    gone = compared(afternoon(events=EVENTS[:-1]))
    assert gone.first == Pair(what="RestartLimitReached", a_s=32000.0, b_s=None)


def test_an_alarm_that_only_one_has() -> None:
    found = compared(afternoon(alarms=AFTERNOON.alarms[:1]))
    assert found.alarms == (Pair(what="RESERVOIR_LOW", a_s=30000.0, b_s=None),)


def test_numbers_that_moved() -> None:
    found = compared(afternoon(shortfall_ml=1.7, dry_s=None))
    assert found.numbers == (("shortfall_ml", 1.6, 1.7), ("dry_s", 20000.0, None))
    assert not found.is_none


def test_what_was_run_is_told_and_is_no_difference_by_itself() -> None:
    found = compared(afternoon(seed=8))
    assert found.header == (("seed", 7, 8),)
    assert found.is_none


@given(st.sets(st.integers(0, len(EVENTS) - 1)))
def test_whatever_is_missing_is_told(missing: set[int]) -> None:
    kept = tuple(event for index, event in enumerate(EVENTS) if index not in missing)
    found = compared(afternoon(events=kept))
    told = sorted(pair.a_s for pair in found.events if pair.a_s is not None and pair.b_s is None)
    assert told == sorted(event_record(EVENTS[index])["t_s"] for index in missing)


def test_the_summary_compares_itself() -> None:
    assert summary(verdict()) == summary(verdict(afternoon()))
