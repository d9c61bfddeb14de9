"""Expectations: every kind passes and fails on a result made by hand, and says what it found."""

from __future__ import annotations

import tomllib

import pytest

from scenarios.expectations import Found, read_expectation
from scenarios.faults import FaultList
from sim.world.result import Result
from tests.scenarios.results import AFTERNOON, afternoon


def found(text: str, result: Result = AFTERNOON) -> Found:
    document = f"[[expect]]\n{text}\n"
    faults = FaultList(document)
    expectation = read_expectation(tomllib.loads(document)["expect"][0], ("expect", 0), faults)
    assert not faults.faults
    assert expectation is not None
    return expectation.check(result)


@pytest.mark.parametrize(
    "text",
    [
        'alarm = "OCCLUSION_DOWNSTREAM"',
        'alarm = "OCCLUSION_DOWNSTREAM"\nbetween = ["1 h", "2 h"]',
        'alarm = "OCCLUSION_DOWNSTREAM"\nat = "1 h 0.9 s"',
        'alarm = "OCCLUSION_DOWNSTREAM"\nat = "1 h 9 s"\ntolerance = "9 s"',
        'alarm = "OCCLUSION_DOWNSTREAM"\ncount = 1\npriority = "high"\ncleared = true\nsilenced = true',
        'alarm = "OCCLUSION_DOWNSTREAM"\ncleared_between = ["2 h", "2 h"]\nacknowledged = false',
        'alarm = "RESERVOIR_LOW"\ncleared = false',
        'alarm = "AIR_IN_LINE"\nnever = true',
        'alarm = "OCCLUSION_DOWNSTREAM"\nnever = true\nbetween = ["2 h", "3 h"]',
        'no_alarm = true\nbetween = ["2 h", "8 h"]',
        'no_alarm = true\npriority = "medium"',
        'quantity = "shortfall_ml"\nmin = "1.6 mL"\nmax = "1.6 mL"',
        'quantity = "air_ul"\nequals = "0.012 mL"',
        'quantity = "delivered_ml"\nequals = "4.5 mL"\ntolerance = "0.2 mL"',
        'quantity = "dry_s"\nmax = "6 h"',
        'quantity = "dry_s"\nnever = false',
        'quantity = "interruption_s"\nequals = "1 h"',
        'quantity = "belief_interruption_s"\nequals = "9 h 1 min"',
        'quantity = "interruptions_count"\nequals = 1',
        'quantity = "level_pg_ml"\nmin = "0.6 ng/mL"',
        'event = "bag_dry"\ncount = 1',
        'event = "mode_changed"\nhaving = { mode_to = "running" }\ncount = 2',
        'event = "interruption_began"\nhaving = { cause = "occluded" }\nat = "1 h 1 min"',
        'event = "turned_back"\nnever = true',
        'refused = "prime"',
        'refused = "prime"\nreason = "locked"\ncount = 1\nat = "90 s"',
        'refused = "start"\nnever = true',
        'mode = "stopped"\nat = "59 s"',
        'mode = "running"\nat = "1 min"',
        'mode = "halted"\nat = "90 min"',
    ],
)
def test_passes(text: str) -> None:
    assert found(text).passed, found(text)


def test_a_number_is_compared_as_it_is_printed() -> None:
    # 2016 strokes and the pressure that they left behind do not sum up to a decimal fraction.
    near = afternoon(shortfall_ml=1.6 + 4e-10, dry_s=20000.0 - 4e-7)
    assert found('quantity = "shortfall_ml"\nequals = "1.6 mL"', near).passed
    assert found('quantity = "dry_s"\nmin = "20000 s"', near).passed
    assert not found('quantity = "shortfall_ml"\nequals = "1.600000001 mL"', near).passed
    assert not found('quantity = "dry_s"\nmin = "20000.000001 s"', near).passed


@pytest.mark.parametrize(
    ("text", "limit", "said"),
    [
        (
            'alarm = "OCCLUSION_DOWNSTREAM"\nbetween = ["2 h", "3 h"]',
            "OCCLUSION_DOWNSTREAM between 2 h and 3 h",
            "high, raised at 1 h, silenced at 1 h 1 min 40 s, cleared at 2 h",
        ),
        ('alarm = "OCCLUSION_DOWNSTREAM"\nat = "1 h 2 s"', "between 1 h 1 s and 1 h 3 s", "raised at 1 h"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\ncount = 2', "OCCLUSION_DOWNSTREAM 2 times", "raised at 1 h"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\npriority = "low"', "low priority", "high"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\ncleared = false', "not cleared", "cleared at 2 h"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\nacknowledged = true', "acknowledged", "raised at 1 h"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\nnever = true', "OCCLUSION_DOWNSTREAM never", "raised at 1 h"),
        ('alarm = "RESERVOIR_LOW"\nsilenced = true', "silenced", "low, raised at 8 h 20 min"),
        ('alarm = "RESERVOIR_LOW"\ncleared_between = ["0 s", "1 d"]', "cleared between 0 s and 1 d", "low"),
        (
            'alarm = "AIR_IN_LINE"',
            "AIR_IN_LINE",
            "never raised; alarms were OCCLUSION_DOWNSTREAM, RESERVOIR_LOW",
        ),
        ("no_alarm = true", "alarm never", "OCCLUSION_DOWNSTREAM high, raised at 1 h"),
        ('no_alarm = true\npriority = "low"', "low alarm never", "RESERVOIR_LOW low"),
        ('quantity = "shortfall_ml"\nmax = "1.5 mL"', "shortfall_ml at most 1.5 mL", "1.6 mL"),
        ('quantity = "shortfall_ml"\nmin = "1.7 mL"', "shortfall_ml at least 1.7 mL", "1.6 mL"),
        (
            'quantity = "shortfall_ml"\nmin = "1.7 mL"\nmax = "2 mL"',
            "shortfall_ml from 1.7 mL to 2 mL",
            "1.6 mL",
        ),
        ('quantity = "gap_s"\nequals = "59 min"', "gap_s 59 min", "1 h"),
        ('quantity = "dry_s"\nnever = true', "dry_s never", "5 h 33 min 20 s"),
        ('quantity = "peak_p_down_mmhg"\nmax = "500 mmHg"', "at most 500 mmHg", "525 mmHg"),
        ('event = "bag_dry"\nnever = true', "bag_dry never", "at 5 h 33 min 20 s"),
        (
            'event = "bag_dry"\nbetween = ["0 s", "1 h"]',
            "bag_dry between 0 s and 1 h",
            "only at 5 h 33 min 20 s",
        ),
        ('event = "mode_changed"\nhaving = { mode_to = "kvo" }', "mode_changed, mode_to kvo", "never"),
        ('refused = "prime"\nreason = "off"', "prime refused because off", "locked at 1 min 30 s"),
        ('refused = "start"', "start refused", "never refused"),
        ('mode = "running"\nat = "1 h"', "running at 1 h", "halted since 1 h"),
        ('mode = "running"\nat = "11 h"', "running at 11 h", "the run ended at 10 h 1 min"),
    ],
)
def test_fails_and_says_what_was_found(text: str, limit: str, said: str) -> None:
    told = found(text)
    assert not told.passed
    assert limit in told.limit
    assert said in told.found


def test_a_dry_bag_that_never_was() -> None:
    document = '[[expect]]\nquantity = "dry_s"\nnever = true\n'
    faults = FaultList(document)
    never = read_expectation(tomllib.loads(document)["expect"][0], ("expect", 0), faults)
    assert never is not None
    assert never.check(afternoon(dry_s=None)) == Found(passed=True, limit="dry_s never", found="never")


def test_a_limit_on_what_never_came_fails() -> None:
    document = '[[expect]]\nquantity = "dry_s"\nmax = "6 h"\n'
    limit = read_expectation(tomllib.loads(document)["expect"][0], ("expect", 0), FaultList(document))
    assert limit is not None
    assert limit.check(afternoon(dry_s=None)) == Found(passed=False, limit="dry_s at most 6 h", found="never")


def test_many_findings_are_shortened() -> None:
    spans = AFTERNOON.alarms[:1] * 8
    document = "[[expect]]\nno_alarm = true\n"
    none = read_expectation(tomllib.loads(document)["expect"][0], ("expect", 0), FaultList(document))
    assert none is not None
    assert none.check(afternoon(alarms=spans)).found.endswith("; and 3 more")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1: it does not say what is expected; give one of alarm, no_alarm"),
        ('alarm = "AIR_IN_LINE"\nmode = "off"', "1: alarm and mode are two expectations"),
        (
            'alarm = "OCLUSION_UPSTREAM"',
            '2: alarm: "OCLUSION_UPSTREAM" is not known here; did you mean OCCLUSION_UPSTREAM?',
        ),
        ('alarm = "air_in_line"', "did you mean AIR_IN_LINE?"),
        (
            'refused = "program"\nnever = true',
            '2: refused: "program" is not known here; did you mean program_change?',
        ),
        ('refused = "prime"\nreason = "lockd"', '3: reason: "lockd" is not known here; did you mean locked?'),
        ('alarm = "AIR_IN_LINE"\nbetween = ["2 h", "1 h"]', "3: between ends before it begins"),
        ('alarm = "AIR_IN_LINE"\nbetween = ["2 h"]', "3: between: the list has 1 entries"),
        ('alarm = "AIR_IN_LINE"\nat = "1 h"\nbetween = ["1 h", "2 h"]', "at and between say two times"),
        ('alarm = "AIR_IN_LINE"\ntolerance = "1 s"', "3: tolerance without at"),
        ('alarm = "AIR_IN_LINE"\nnever = true\ncount = 2', "4: never and count contradict"),
        ("no_alarm = false", "2: no_alarm = false expects nothing"),
        (
            'quantity = "shortfal"\nmax = "2 mL"',
            '2: quantity: "shortfal" is no number of a result; did you mean shortfall_ml?',
        ),
        ('quantity = "shortfall_ml"', '1: the quantity has no limit; write such as max = "100.8 mL"'),
        ('quantity = "shortfall_ml"\nmax = "2 h"', '3: max: "2 h" is a time; a volume is wanted'),
        ('quantity = "shortfall_ml"\nmax = 2', "3: max: 2 has no unit"),
        ('quantity = "gap_s"\nmin = "2 h"\nmax = "1 h"', "3: min is above max"),
        ('quantity = 3\nmax = "1 h"', '2: quantity: 3 is no number of a result; write "shortfall_ml"'),
        ('event = "bag_drry"', "did you mean bag_dry?"),
        (
            'event = "mode_changed"\nhaving = { to = "running" }',
            '3: mode_changed says nothing of "to"; known are',
        ),
        ('mode = "runing"\nat = "1 h"', "did you mean running?"),
        ('mode = "running"', '1: at is missing; write at = "6 d 20 h"'),
    ],
)
def test_refuses_with_line_and_remedy(text: str, said: str) -> None:
    document = f"[[expect]]\n{text}\n"
    faults = FaultList(document)
    assert read_expectation(tomllib.loads(document)["expect"][0], ("expect", 0), faults) is None
    assert any(said in f"{fault.line}: {fault}" for fault in faults.faults), faults.faults
