"""The lessons that come with the product: each can be solved, really, and only by doing something."""

from __future__ import annotations

import pytest

from console.trainer.kept.record import Mode
from console.trainer.lessons import ORDER, Lesson, lesson, lesson_ids, setup_of
from console.trainer.lessons.tasks import State
from console.trainer.live.asks import ANYBODYS, NURSES
from pump.commands import Key
from scenarios.faults import ScenarioError
from scenarios.loader import loads
from scenarios.writer import dump
from sim.world.world import World
from tests.console.trainer.playing import play


def policies_of(given: Lesson) -> tuple[str, ...]:
    """Under which a lesson can be done: staff's hands are not bound by them."""
    return ("call-only",) if given.hand == "nurse" else ("call-only", "may-tap")


CASES = [(name, policy) for name in lesson_ids() for policy in policies_of(lesson(name))]


@pytest.mark.parametrize(("name", "policy"), CASES)
@pytest.mark.parametrize("mode", [Mode.GUIDED, Mode.ASSESSMENT])
def test_the_model_answer_gets_everything_done_in_a_real_world(name: str, policy: str, mode: Mode) -> None:
    given = lesson(name)
    found = play(given, given.answer_for(policy), policy=policy, mode=mode).assess(over=True)
    assert {outcome.task.id: outcome.state for outcome in found.tasks} == {
        task.id: State.DONE for task in given.tasks_for(policy)
    }
    assert [answered.right for answered in found.questions] == [True] * len(given.questions)
    assert found.wrongs == ()
    assert found.is_passed


@pytest.mark.parametrize(("name", "policy"), CASES)
def test_doing_nothing_passes_no_lesson(name: str, policy: str) -> None:
    given = lesson(name)
    found = play(given, (), policy=policy).assess(over=True)
    states = {outcome.task.id: outcome.state for outcome in found.tasks}
    assert State.FAILED in states.values()
    # what is to be kept may keep itself: a pump that nobody stops goes on
    done = {outcome.task.kind for outcome in found.tasks if outcome.state is State.DONE}
    assert done <= {"keep"}, states
    assert not found.is_passed


@pytest.mark.parametrize("name", lesson_ids())
def test_a_lesson_is_named_as_its_file_and_looks_only_at_rules_that_can_bind(name: str) -> None:
    given = lesson(name)
    assert given.id == name
    assert given.rules
    for rule in given.rules:
        assert any(rule.binds(given.hand, policy) for policy in policies_of(given)), rule.id


@pytest.mark.parametrize("name", lesson_ids())
def test_the_world_of_a_lesson_can_be_written_as_a_scenario_and_is_the_same(name: str) -> None:
    given = lesson(name)
    setup = setup_of(given)
    again = loads(dump(setup, title=given.title)).setup
    assert again == setup
    assert World(setup).run().events == World(again).run().events


@pytest.mark.parametrize("name", lesson_ids())
def test_a_page_lets_the_trainee_do_all_that_the_model_answer_does(name: str) -> None:
    given = lesson(name)
    hands = {**ANYBODYS, **(NURSES if given.hand == "nurse" else {})}
    for action in (each for played in given.answer for each in played.actions):
        match action.ask:
            case "key":
                assert action.name in tuple(Key)
            case "do":
                assert set(action.written) <= set(hands[action.name]), action
            case "answer":
                question = given.question(action.name)
                assert question is not None
                assert action.text in {choice.id for choice in question.choices}


def test_there_are_twelve_and_each_has_its_place_in_the_order() -> None:
    assert len(lesson_ids()) == 12
    assert lesson_ids() == ORDER


@pytest.mark.parametrize("name", lesson_ids())
def test_every_task_has_two_or_three_hints(name: str) -> None:
    for task in lesson(name).tasks:
        assert 2 <= len(task.hints) <= 3, task.id


def test_an_unknown_lesson_is_told_with_those_there_are() -> None:
    with pytest.raises(ScenarioError, match="did you mean first-bag"):
        lesson("frist-bag")
