"""How a run stands against its lesson, while it goes on and at its end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.trainer.kept.record import Entry, Kind, Mode, Who
from console.trainer.lessons import Action, lesson
from console.trainer.lessons.assessment import assess, to_page
from console.trainer.lessons.tasks import State
from tests.console.trainer.playing import Run, answer, do, key, note, play

KINK = lesson("kink-at-night")
ALARM_S = 71.136
"""From the beginning of the lesson to its alarm: 8 h 41 min 11.136 s, and it begins at 8 h 40 min."""


def states(run: Run, *, over: bool = False) -> dict[str, State]:
    return {outcome.task.id: outcome.state for outcome in run.assess(over=over).tasks}


def kink(*actions: Action, until_s: float, mode: Mode = Mode.GUIDED, policy: str = "may-tap") -> Run:
    return play(KINK, actions, policy=policy, mode=mode, until_s=until_s)


def test_before_the_alarm_its_tasks_wait_and_others_are_open() -> None:
    assert states(kink(until_s=60.0)) == {
        "silence": State.WAITING,
        "cause": State.WAITING,
        "free": State.WAITING,
        "restart": State.WAITING,
        "flow": State.WAITING,
        "note": State.WAITING,
        "limit": State.OPEN,
    }


def test_a_task_opens_with_its_alarm_gets_late_and_can_still_be_done_late() -> None:
    assert states(kink(until_s=ALARM_S + 1.0))["silence"] is State.OPEN
    assert states(kink(until_s=ALARM_S + 299.0))["silence"] is State.OPEN
    assert states(kink(until_s=ALARM_S + 301.0))["silence"] is State.LATE
    late = kink(key(ALARM_S + 400.0, "silence"), until_s=600.0)
    assert states(late)["silence"] is State.LATE
    assert late.assess(over=True).tasks[0].done_s == pytest.approx(KINK.begin_s + ALARM_S + 400.0, abs=1e-3)
    assert states(kink(until_s=600.0), over=True)["silence"] is State.FAILED


def test_what_opens_after_another_task_waits_for_it() -> None:
    freed = kink(do(120.0, "unkink"), until_s=200.0)
    assert states(freed)["restart"] is State.OPEN
    assert states(kink(until_s=200.0))["restart"] is State.WAITING


def test_what_the_policy_does_not_ask_for_is_not_there() -> None:
    assert "call" not in states(kink(until_s=60.0))
    calls = states(kink(until_s=60.0, policy="call-only"))
    assert "call" in calls
    assert not {"free", "restart"} & set(calls)


def test_a_line_freed_before_the_alarm_leaves_tasks_that_were_not_needed() -> None:
    early = play(KINK, [do(30.0, "unkink")], policy="may-tap")
    found = early.assess(over=True)
    by_id = {outcome.task.id: outcome.state for outcome in found.tasks}
    assert by_id["silence"] is by_id["flow"] is State.WAITING
    assert by_id["limit"] is State.DONE
    assert State.FAILED not in by_id.values()


def test_drug_is_said_to_flow_when_it_does_and_is_known_a_minute_later() -> None:
    actions = (do(120.0, "unkink"), key(130.0, "ok"), key(140.0, "run", 1.2))
    assert states(kink(*actions, until_s=190.0))["flow"] is State.OPEN
    run = kink(*actions, until_s=210.0)
    (flow,) = (outcome for outcome in run.assess().tasks if outcome.task.id == "flow")
    # RUN acts after a second; a tenth of the flow is there 0.09 s later
    assert flow.done_s == pytest.approx(KINK.begin_s + 141.091, abs=1e-3)


def test_a_restart_on_the_closed_line_brings_no_flow() -> None:
    run = kink(key(130.0, "ok"), key(140.0, "run", 1.2), until_s=600.0)
    assert run.world.bench.core.mode == "running"
    assert states(run)["flow"] is State.OPEN


def test_the_cause_is_named_when_the_answer_that_counts_is_right() -> None:
    wrong = answer(ALARM_S + 60.0, "cause", "bag")
    right = answer(ALARM_S + 90.0, "cause", "kink")
    assert kink(wrong, right, until_s=200.0).assess().cause_s == pytest.approx(
        KINK.begin_s + ALARM_S + 90.0, abs=1e-3
    )
    assert kink(wrong, until_s=200.0).assess().cause_s is None
    assert kink(wrong, right, until_s=200.0, mode=Mode.ASSESSMENT).assess().cause_s is None


def test_a_wrong_answer_can_be_mended_but_not_in_an_assessment() -> None:
    actions = (answer(80.0, "cause", "bag"), answer(90.0, "cause", "kink"))
    guided = kink(*actions, until_s=100.0)
    assert states(guided)["cause"] is State.DONE
    assert guided.assess().questions[0].right is True
    strict = kink(*actions, until_s=100.0, mode=Mode.ASSESSMENT)
    assert states(strict)["cause"] is State.OPEN
    assert states(strict, over=True)["cause"] is State.FAILED
    assert strict.assess(over=True).questions[0].right is False


def test_a_note_of_another_alarm_is_not_the_one_asked_for() -> None:
    assert states(kink(note(100.0, "AIR_IN_LINE"), until_s=120.0))["note"] is State.OPEN
    assert states(kink(note(100.0, "OCCLUSION_DOWNSTREAM"), until_s=120.0))["note"] is State.DONE


def test_four_hours_without_drug_break_what_was_to_be_kept_at_once() -> None:
    # the kink is from 8 h on: four hours are over at 12 h, which is 3 h 20 min into the lesson
    assert states(kink(until_s=3 * 3600.0 + 19 * 60.0))["limit"] is State.OPEN
    assert states(kink(until_s=3 * 3600.0 + 21 * 60.0))["limit"] is State.FAILED


def test_the_nurse_who_comes_does_not_do_the_trainees_tasks() -> None:
    called = play(KINK, [do(100.0, "call_nurse")], policy="call-only")
    found = states(called, over=True)
    assert found["flow"] is State.DONE, "she has restarted it within two hours"
    assert found["silence"] is State.FAILED, "her taking notice is not the trainee's"


def test_steps_of_a_checklist_count_in_their_order_only() -> None:
    given = lesson("patency-and-priming")
    in_order = list(given.answer_for("call-only"))
    by_id = {outcome.task.id: outcome for outcome in play(given, in_order).assess(over=True).tasks}
    assert all(step_s is not None for step_s in by_id["checklist"].steps_s)
    late_flush = [
        replace(action, after_s=20 * 60.0) if action.name == "flush" else action for action in in_order
    ]
    run = play(given, late_flush)
    by_id = {outcome.task.id: outcome for outcome in run.assess(over=True).tasks}
    checklist = by_id["checklist"]
    assert checklist.state is State.FAILED
    assert [step_s is not None for step_s in checklist.steps_s] == [True, True, False, False, False]


def test_trying_counts_where_trying_is_asked_for() -> None:
    given = lesson("thrombotic-occlusion")
    run = play(given, given.answer_for("call-only"), until_s=330.0)
    (refused,) = (event for event in run.world.bench.journal.events if type(event).__name__ == "PlantRefused")
    checklist = next(outcome for outcome in run.assess().tasks if outcome.task.id == "guideline")
    assert checklist.steps_s[2] == refused.t_s


# ---------------------------------------------------------------- what pages are told


def hint(at_s: float, task: str, number: int = 99) -> Entry:
    return Entry(number=number, at_s=at_s, wall_s=0.0, kind=Kind.HINT, who=Who.TRAINEE, body={"task": task})


def test_a_page_is_told_how_tasks_stand_and_which_hints_were_taken() -> None:
    run = kink(until_s=ALARM_S + 60.0)
    hinted = replace(run, entries=(*run.entries, hint(run.world.now_s, "silence")))
    page = to_page(hinted.assess(), Mode.GUIDED, over=False)
    silence = page["tasks"][0]
    assert silence == {
        "id": "silence",
        "text": "Pause the sound of the alarm",
        "state": "open",
        "left_s": pytest.approx(240.0, abs=1e-3),
        "hints_count": 2,
        "hints_taken": ["There is a key for it."],
        "steps": [],
    }


def test_no_more_hints_are_taken_than_there_are() -> None:
    run = kink(until_s=100.0)
    hinted = replace(run, entries=tuple(hint(run.world.now_s, "silence", number) for number in range(1, 6)))
    assert len(to_page(hinted.assess(), Mode.GUIDED, over=False)["tasks"][0]["hints_taken"]) == 2


def test_an_assessment_tells_nothing_of_right_and_wrong_before_the_end() -> None:
    actions = (answer(80.0, "cause", "bag"), key(90.0, "ok"), key(100.0, "run", 1.2))
    run = kink(*actions, until_s=200.0, mode=Mode.ASSESSMENT)
    during = to_page(run.assess(), Mode.ASSESSMENT, over=False)
    assert during["questions"] == [{"id": "cause", "answered": "bag", "right": None, "why": ""}]
    assert during["wrongs"] == []
    assert all(task["hints_count"] == 0 for task in during["tasks"])
    after = to_page(run.assess(over=True), Mode.ASSESSMENT, over=True)
    assert after["questions"][0]["right"] is False
    assert [wrong["rule"] for wrong in after["wrongs"]] == ["start-closed"]
    guided = to_page(run.assess(), Mode.GUIDED, over=False)
    assert [wrong["rule"] for wrong in guided["wrongs"]] == ["start-closed"]


def test_the_steps_of_a_checklist_are_the_trainees_to_know_in_an_assessment() -> None:
    given = lesson("thrombotic-occlusion")
    run = play(given, given.answer_for("call-only"), until_s=250.0)
    (task,) = (each for each in to_page(run.assess(), Mode.GUIDED, over=False)["tasks"] if each["steps"])
    assert [step["done"] for step in task["steps"]] == [True, True, False, False, False, False, False]
    assert not any(each["steps"] for each in to_page(run.assess(), Mode.ASSESSMENT, over=False)["tasks"])
    assert any(each["steps"] for each in to_page(run.assess(over=True), Mode.ASSESSMENT, over=True)["tasks"])


def test_a_run_without_a_lesson_is_held_against_every_rule() -> None:
    run = kink(key(90.0, "ok"), key(100.0, "run", 1.2), until_s=200.0)
    events = run.world.bench.journal.events
    found = assess(None, run.origin, run.entries, events, run.world.now_s, over=False)
    assert (found.tasks, found.questions) == ((), ())
    assert [wrong.rule.id for wrong in found.wrongs] == ["start-closed"]


def test_assessing_changes_nothing_and_says_the_same_again() -> None:
    given = lesson("day-seven")
    run = play(given, given.answer_for("may-tap"), policy="may-tap")
    first = run.assess(over=True)
    again = run.assess(over=True)
    assert first == again
