"""The diary against the log: what was noted, missed and misnamed."""

from __future__ import annotations

from typing import Final

import pytest

from console.trainer.debrief.debrief import debrief_of
from console.trainer.debrief.diary import LATER_S, Diary, Found, Line, held_against
from console.trainer.debrief.diary_page import diary_page, diary_verdict
from console.trainer.kept.record import Entry, Kind, Who
from sim.world.result import AlarmSpan
from tests.console.trainer.made import CALL_S, clumsy

AIR: Final = "AIR_IN_LINE"
SHUT: Final = "OCCLUSION_DOWNSTREAM"
LOW: Final = "BATTERY_LOW"


def alarm(code: str, raised_s: float, cleared_s: float | None = None) -> AlarmSpan:
    return AlarmSpan(
        code=code,
        priority="high",
        raised_s=raised_s,
        silenced_s=None,
        acknowledged_s=None,
        cleared_s=cleared_s,
    )


def note(at_s: float, code: str, text: str = "") -> Entry:
    body = {"alarm": code, "text": text}
    return Entry(number=1, at_s=at_s, wall_s=0.0, kind=Kind.NOTE, who=Who.TRAINEE, body=body)


def found(alarms: list[AlarmSpan], notes: list[Entry]) -> set[tuple[str, str, str]]:
    return {(line.found.value, line.code, line.noted_as) for line in held_against(alarms, notes)}


def test_an_alarm_noted_by_its_name_is_noted() -> None:
    assert found([alarm(AIR, 100.0, 200.0)], [note(150.0, AIR)]) == {("noted", AIR, AIR)}


def test_an_alarm_without_a_note_is_missed() -> None:
    assert found([alarm(AIR, 100.0)], []) == {("missed", AIR, "")}


def test_an_alarm_noted_by_another_name_is_misnamed() -> None:
    assert found([alarm(AIR, 100.0)], [note(150.0, SHUT)]) == {("misnamed", AIR, SHUT)}


def test_a_note_of_an_alarm_that_was_none_is_not_in_the_log() -> None:
    assert found([], [note(150.0, SHUT)]) == {("not in the log", "", SHUT)}


def test_a_note_of_no_alarm_is_a_remark_and_takes_none() -> None:
    assert found([alarm(AIR, 100.0)], [note(150.0, "", "38.2 degrees")]) == {
        ("missed", AIR, ""),
        ("remark", "", ""),
    }


@pytest.mark.parametrize(
    ("at_s", "kind"),
    [
        (99.0, "not in the log"),
        (100.0, "noted"),
        (200.0 + LATER_S, "noted"),
        (201.0 + LATER_S, "not in the log"),
    ],
)
def test_a_note_belongs_to_what_stood_then_or_not_long_before(at_s: float, kind: str) -> None:
    kinds = {each[0] for each in found([alarm(AIR, 100.0, 200.0)], [note(at_s, AIR)])}
    assert kinds - {"missed"} == {kind}


def test_a_misnamed_note_takes_no_alarm_from_one_that_is_right() -> None:
    alarms = [alarm(AIR, 100.0)]
    notes = [note(120.0, SHUT), note(150.0, AIR)]
    assert found(alarms, notes) == {("noted", AIR, AIR), ("not in the log", "", SHUT)}


def test_two_notes_of_one_alarm_are_one_too_many() -> None:
    assert found([alarm(AIR, 100.0)], [note(120.0, AIR), note(130.0, AIR)]) == {
        ("noted", AIR, AIR),
        ("not in the log", "", AIR),
    }


def test_of_several_alarms_of_a_name_each_note_takes_the_latest() -> None:
    alarms = [alarm(AIR, 100.0, 150.0), alarm(AIR, 300.0, 350.0)]
    lines = held_against(alarms, [note(310.0, AIR), note(120.0, AIR)])
    assert {(line.raised_s, line.noted_at_s) for line in lines} == {(300.0, 310.0), (100.0, 120.0)}


def test_the_diary_of_a_run_is_in_order_and_its_page_says_how_it_stands() -> None:
    told = debrief_of(clumsy())
    assert [line.found for line in told.diary.lines] == [Found.NOTED, Found.NOTHING]
    assert told.diary.lines[0].raised_s == pytest.approx(CALL_S)
    page = diary_page(told)
    assert "1 note of an alarm that was none" in page
    assert "tutet" in page


def test_the_verdict_names_what_differs() -> None:
    right = Line(found=Found.NOTED, code=AIR, raised_s=1.0)
    wrong = (Line(found=Found.MISSED, code=LOW, raised_s=2.0), Line(found=Found.MISNAMED, code=AIR))
    assert diary_verdict(Diary((right,)))[0] == "good"
    assert diary_verdict(Diary((right, *wrong))) == (
        "bad",
        "Diary and log differ: 1 alarm missed, 1 misnamed.",
    )
    assert diary_verdict(Diary())[0] == ""
