"""What a lesson is: a situation, what is asked in it, and a way to solve it that really does.

Lessons come as TOML files in `library/`; how they are read stands in `reader.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from console.trainer.lessons.rules import Rule
from console.trainer.lessons.tasks import Task
from scenarios.verbs import write_step
from sim.world.setup import Step, Value

Ask = Literal["key", "do", "answer", "note"]


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that a question offers."""

    id: str
    text: str
    right: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that the trainee is asked.

    Attributes:
        id: Its name in the lesson.
        text: What is asked.
        choices: What can be answered; one of them is right.
        why: What is said about it afterwards.
        cause: Whether it asks for the alarm's cause: its right answer is when the cause was found.
    """

    id: str
    text: str
    choices: tuple[Choice, ...]
    why: str = ""
    cause: bool = False

    @property
    def right(self) -> str:
        """The right choice."""
        return next(choice.id for choice in self.choices if choice.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that the model answer does, as a page would ask for it.

    Attributes:
        after_s: When, from the moment on at which somebody is first let at the pump.
        ask: What is asked for: a key, a verb by hand, an answer, a note in the diary.
        name: The key, the verb, the question, or the alarm that the note is of.
        hold_s: How long a key is held.
        params: A verb's parameters, by their inner names.
        text: The choice of an answer, or what a note says.
    """

    after_s: float
    ask: Ask
    name: str
    hold_s: float = 0.0
    params: tuple[tuple[str, Value], ...] = ()
    text: str = ""

    @property
    def written(self) -> dict[str, object]:
        """A verb's parameters as a file, or a page, would have them: with their units."""
        step = Step(at_s=0.0, verb=self.name, params=self.params)
        return {key: value for key, value in write_step(step).items() if key not in ("at", "do")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """An action, or several keys, and the site policy under which they are done; empty: any."""

    actions: tuple[Action, ...]
    policy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson.

    Attributes:
        id: Its name.
        title: One line.
        aims: What the trainee can do afterwards.
        brief: The situation, for the trainee.
        for_trainer: What to look for and to talk about, for the trainer.
        scenario: The scenario of the library that it is built on.
        begin_s: When the trainee is first let at it; what happens before happens at once.
        script_until_s: The scenario's steps from then on are dropped: what happens is the trainee's doing.
        steps: What happens besides, in this lesson.
        limit_s: How long it lasts at most.
        hand: Whose hand the trainee's is.
        nurse_travels_s: How long the nurse who is called is on her way; None: nobody comes.
        seed: Where chance begins; None: as in the scenario.
        tasks: What is asked for.
        questions: What the trainee is asked.
        rules: What must not be done, as far as this lesson looks at it.
        answer: A complete way to solve it.
        answer_text: The same for people.
    """

    id: str
    title: str
    aims: tuple[str, ...]
    brief: str
    for_trainer: str
    scenario: str
    begin_s: float
    script_until_s: float
    limit_s: float
    hand: str
    answer_text: str
    steps: tuple[Step, ...] = ()
    nurse_travels_s: float | None = None
    seed: int | None = None
    tasks: tuple[Task, ...] = ()
    questions: tuple[Question, ...] = ()
    rules: tuple[Rule, ...] = ()
    answer: tuple[Played, ...] = ()

    def tasks_for(self, policy: str) -> tuple[Task, ...]:
        """Give what is asked for under a site policy."""
        return tuple(task for task in self.tasks if task.policy in ("", policy))

    def answer_for(self, policy: str) -> tuple[Action, ...]:
        """Give the model answer under a site policy, in the order of time."""
        actions = (action for each in self.answer if each.policy in ("", policy) for action in each.actions)
        return tuple(sorted(actions, key=lambda action: action.after_s))

    def question(self, name: str) -> Question | None:
        """Give the question of that name."""
        return next((each for each in self.questions if each.id == name), None)
