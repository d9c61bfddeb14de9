"""One run: a world on the clock, and everyone at it. What pages do ends here; what they see begins here.

Whatever changes the world is a step of the live session; whatever is worth keeping becomes an entry in the
same moment. Nothing else is kept, because the world can be lived again from its entries
(`kept/lived.py`).

While a trainee holds a key, time goes at the pace of the hand: a key that is held for a second at 3600 times
the speed would be a key that is stuck for an hour.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from random import Random
from typing import Any, Final, Protocol

from console.errors import UserError
from console.places import tell
from console.story import MATTERS
from console.trainer.kept.lived import live_again
from console.trainer.kept.record import HANDS, Entry, Kind, Origin, RunRecord, Who, body_of, declared_over
from console.trainer.lessons import Lesson, lesson
from console.trainer.lessons.assessment import assess, to_page
from console.trainer.live.beeps import Beeps
from pump.commands import Command, Key
from pump.events import AlarmRaised, AlarmSounded, CommandAccepted, Event, ModeChanged
from scenarios.faults import FaultList
from scenarios.procedures import load_procedure
from scenarios.verbs import read_step
from sim.clocks import PacedClock
from sim.events import PersonActed
from sim.live import LiveSession
from sim.world.setup import Step
from sim.world.steps import STEPS
from sim.world.work import NURSE, SUPPLIER
from sim.world.world import World

SPEEDS: Final = (1.0, 10.0, 60.0, 600.0, 3600.0)
"""How fast a run may go."""

CALLS: Final = (AlarmRaised, AlarmSounded, ModeChanged, PersonActed)
"""What somebody who waits beside the pump is roused by."""

BEGINS: Final = frozenset({"resume", "skip"})
"""What is done to the clock by which a run begins."""

WAIT_LIMIT_S: Final = 12.0 * 3600.0
"""Nobody waits longer than this for a pump to call."""

REACHED_EVERY_S: Final = 1.0

CHANCES: Final = {"tap": "tap_works_frac", "thrombolytic": "thrombolytic_works_frac"}
"""Verbs whose outcome nobody decides, and the chance of it, by its name in the procedures."""

CHANCES_FROM: Final = "home-may-tap"

RESTARTS: Final = frozenset({"tap", "change_battery"})
"""Work that a script lets end with a start; a trainee starts the pump by its key, or forgets to."""


class Keeper(Protocol):
    """Who keeps what is worth keeping."""

    def add_run(self, origin: Origin) -> None:
        """Keep a new run."""
        ...

    def add_entry(self, run_id: str, entry: Entry) -> None:
        """Keep one more entry of a run."""
        ...

    def reached(self, run_id: str, t_s: float) -> None:
        """Keep how far a run has got."""
        ...


class Outside(Protocol):
    """What a run cannot do by itself: it belongs to a server."""

    def leave(self, at_s: float) -> None:
        """Go on from `at_s` in another run."""
        ...

    def open_port(self, dialect: str) -> None:
        """Serve the pump on a port; an empty name closes it."""
        ...


class AskRefusedError(Exception):
    """What was asked for cannot be done now; the text says why, on one line."""


@dataclass(frozen=True, slots=True)
class Port:
    """Where the pump can be talked to, in which dialect; or why not. All empty: nowhere."""

    dialect: str = ""
    url: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Busy:
    """A hand that is at work."""

    hand: str
    verb: str


class Run:
    """A world on the wall clock. All methods belong to the loop's own thread.

    Args:
        origin: What it is made from.
        keeper: Keeps it.
        world: The world as far as it has been lived.
        entries: What was done in it so far.
    """

    def __init__(
        self,
        origin: Origin,
        keeper: Keeper,
        world: World,
        entries: tuple[Entry, ...] = (),
    ) -> None:
        self.origin = origin
        self.entries = list(entries)
        self.lesson = lesson(origin.lesson_id) if origin.lesson_id else None
        self.shows_truth = False
        self.outside: Outside | None = None
        self.port = Port()
        self._keeper = keeper
        self._wall = asyncio.get_running_loop().time
        clock = PacedClock(self._wall(), sim_s=world.now_s)
        clock.pause(self._wall())
        self.session = LiveSession(world, clock, self._wall)
        self._rate_frac = 1.0
        self._kept_s = -inf
        self._trouble = ""
        self._held: dict[Key, object] = {}
        self._listeners: list[Callable[[], None]] = []
        self._changed_is_due = False
        self.beeps = Beeps()
        world.listen(self._hear)

    def _hear(self, event: Event) -> None:
        self.beeps.hear(event, self.world.bench.core)
        self.changed()

    # What it is

    @property
    def world(self) -> World:
        """The world."""
        return self.session.world

    @property
    def now_s(self) -> float:
        """The time that the clock shows, with everything done that was due."""
        return self.session.settle()

    @property
    def begun(self) -> bool:
        """Whether time has been let go: to choose a speed is no beginning."""
        return any(entry.kind is Kind.CLOCK and entry.body["what"] in BEGINS for entry in self.entries)

    @property
    def over(self) -> bool:
        """Whether nothing can be done in it any more."""
        return self.world.finished or declared_over(self.entries)

    @property
    def held(self) -> tuple[Key, ...]:
        """The keys that are held down."""
        return tuple(self._held)

    @property
    def rate_frac(self) -> float:
        """Simulated seconds per second, as it was asked for."""
        return self._rate_frac

    @property
    def record(self) -> RunRecord:
        """All that is kept of it."""
        return RunRecord(origin=self.origin, entries=tuple(self.entries), reached_s=self.now_s)

    def busy(self) -> tuple[Busy, ...]:
        """Give who is at work, and at what."""
        found = []
        for hand in (*HANDS, SUPPLIER):
            if self.world.hand(hand).count:
                verb = next(
                    (step.verb for step in reversed(self.world.recorded) if _hand_of(step) == hand), ""
                )
                found.append(Busy(hand, verb))
        return tuple(found)

    # Its life

    async def live(self) -> None:
        """Follow the clock until the world is over, and keep how far it got."""
        following = asyncio.create_task(self.session.run())
        try:
            while not following.done():
                await asyncio.wait({following}, timeout=REACHED_EVERY_S)
                self._keep_how_far()
            await following
            self._hang_up()
            self.changed()
        finally:
            following.cancel()
            self._keep_how_far()

    def _keep_how_far(self) -> None:
        """Keep how far it got, if it got further; what cannot be kept now can be in a second."""
        now_s = self.now_s
        if now_s == self._kept_s:
            return
        try:
            self._keeper.reached(self.origin.run_id, now_s)
        except UserError as error:
            if str(error) != self._trouble:
                tell(str(error))
            self._trouble = str(error)
        else:
            self._kept_s, self._trouble = now_s, ""

    def watch(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have `listener` called soon after every change; the function returned takes it off again."""
        self._listeners.append(listener)

        def take_off() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return take_off

    def changed(self) -> None:
        """Let everyone who watches know, once, when what is under way is done."""
        if not self._changed_is_due:
            self._changed_is_due = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._changed_is_due = False
        for listener in tuple(self._listeners):
            listener()

    # Keys and hands

    def key(self, key: Key, *, down: bool, finger: object, who: Who) -> None:
        """Press a key or let it go. `finger` is whose: nobody else lets go of it.

        Raises:
            AskRefusedError: the run stands still or is over, or another finger is on the key.
        """
        if down:
            self._check_running()
            if key in self._held:
                raise AskRefusedError(f"{key.value} is held down already")
            self._held[key] = finger
            self._pace()
            self._do(Step(at_s=0.0, verb="key_down", by=self._hand(who), params=(("key", key.value),)), who)
        elif self._held.get(key) is finger:
            self._let_go(key, who)

    def let_go(self, finger: object, who: Who) -> None:
        """Take a finger off every key: whoever it belongs to has gone."""
        for key in [key for key, holder in self._held.items() if holder is finger]:
            self._let_go(key, who)

    def let_go_of_all(self) -> None:
        """Let every key go that was held down when nobody was there any more."""
        for key in tuple(self.world.bench.core.keypad.held_since_s):
            self._let_go(key, Who.INSTRUCTOR)

    def _let_go(self, key: Key, who: Who) -> None:
        self._held.pop(key, None)
        if not self.over:
            self._do(Step(at_s=0.0, verb="key_up", by=self._hand(who), params=(("key", key.value),)), who)
        self._pace()

    def do(self, verb: str, params: Mapping[str, Any], who: Who) -> Step:
        """Carry out a verb with parameters as a scenario file has them; a trainee's by the trainee's hand.

        Raises:
            AskRefusedError: there is no such verb or parameter, the hand is busy, or the run is over.
        """
        if who is Who.TRAINEE:
            self._check_running()
        self._check_not_over()
        step = self._read(verb, params)
        if who is Who.TRAINEE:
            step = self._as_trainee(step)
        hand = _hand_of(step)
        if hand is not None and self.world.hand(hand).count:
            at_work = next(each for each in self.busy() if each.hand == hand)
            raise AskRefusedError(f"the {hand} is still busy: {at_work.verb.replace('_', ' ')}")
        return self._do(step, who)

    def _read(self, verb: str, params: Mapping[str, Any]) -> Step:
        faults = FaultList("")
        step = read_step({**params, "at": "0 s", "do": verb}, (), faults)
        if faults.faults or step is None:
            raise AskRefusedError(
                "; ".join(str(fault) for fault in faults.faults) or f"{verb} cannot be done"
            )
        return step

    def _as_trainee(self, step: Step) -> Step:
        """Give the step by the trainee's hand, with an outcome drawn where nobody decides it."""
        params = dict(step.params)
        if step.verb in RESTARTS:
            params.setdefault("restart", False)
        if step.verb in CHANCES and "works" not in params:
            params["works"] = self._draw(step.verb)
        return Step(at_s=0.0, verb=step.verb, by=self.origin.hand, params=tuple(sorted(params.items())))

    def _draw(self, verb: str) -> bool:
        """Draw whether it works: the same for the same seed, whatever else was done before."""
        before_count = sum(entry.kind is Kind.STEP and entry.body["verb"] == verb for entry in self.entries)
        chance_frac: float = getattr(load_procedure(CHANCES_FROM).chances, CHANCES[verb])
        return Random(f"{self.world.setup.seed}/{verb}/{before_count}").random() < chance_frac

    def _do(self, step: Step, who: Who) -> Step:
        timed = self.session.inject(step)
        self.add(Kind.STEP, who, body_of(timed), at_s=timed.at_s)
        return timed

    def remote(self, command: Command) -> list[Event]:
        """Carry out what came over the wire; returns what followed it."""
        injected = self.world.injected
        before_count = len(injected)
        events = self.session.command(command)
        for step in injected[before_count:]:
            self.add(Kind.STEP, Who.REMOTE, body_of(step), at_s=step.at_s)
        return events

    def _hand(self, who: Who) -> str:
        return self.origin.hand if who is Who.TRAINEE else NURSE

    # The record

    def add(self, kind: Kind, who: Who, body: Mapping[str, Any], *, at_s: float | None = None) -> Entry:
        """Keep an entry, now or at the time at which its step was carried out."""
        entry = Entry(
            number=len(self.entries) + 1,
            at_s=self.now_s if at_s is None else at_s,
            wall_s=time.time(),
            kind=kind,
            who=who,
            body=dict(body),
        )
        self._keeper.add_entry(self.origin.run_id, entry)
        self.entries.append(entry)
        self.changed()
        return entry

    # The lesson, and what the instructor decides

    def answer(self, question: str, choice: str, who: Who) -> None:
        """Keep an answer to a question of the lesson.

        Raises:
            AskRefusedError: there is no such question or choice, or the run is over.
        """
        self._check_not_over()
        asked = None if self.lesson is None else self.lesson.question(question)
        if asked is None:
            raise AskRefusedError(f"nobody asks {question[:40]} here")
        if choice not in {each.id for each in asked.choices}:
            raise AskRefusedError(f"{choice[:40]} is no answer to that")
        self.add(Kind.ANSWER, who, {"question": question, "choice": choice})

    def hint(self, task: str, who: Who) -> None:
        """Give the next hint for a task of the lesson, and keep that it was given.

        Raises:
            AskRefusedError: there is no such task, no hint left, or the run is over.
        """
        self._check_not_over()
        tasks = () if self.lesson is None else self.lesson.tasks_for(self.origin.policy)
        found = next((each for each in tasks if each.id == task), None)
        if found is None:
            raise AskRefusedError(f"there is no task {task[:40]} here")
        taken_count = sum(entry.kind is Kind.HINT and entry.body["task"] == task for entry in self.entries)
        if taken_count >= len(found.hints):
            raise AskRefusedError("there are no more hints for that")
        self.add(Kind.HINT, who, {"task": task})

    def tasks(self, lesson: Lesson) -> dict[str, Any]:
        """Say how its lesson stands."""
        over = self.over
        events = self.world.bench.journal.events
        found = assess(lesson, self.origin, self.entries, events, self.now_s, over)
        return to_page(found, self.origin.mode, over)

    def show(self, *, truth: bool) -> None:
        """Let the projector show what only the truth knows, or no more."""
        self.shows_truth = truth
        self.changed()

    def leave(self, at_s: float) -> None:
        """Go back to `at_s` and on from there in another run; this one stays as it is.

        Raises:
            AskRefusedError: it has not been there, or belongs to no server.
        """
        if not self.origin.begin_s <= at_s <= self.now_s:
            raise AskRefusedError("a rewind goes to a moment between the beginning and now")
        self._out().leave(at_s)

    def open_port(self, dialect: str) -> None:
        """Serve its pump on a port of this machine; an empty name closes it."""
        self._check_not_over()
        self._out().open_port(dialect)

    def _out(self) -> Outside:
        if self.outside is None:
            raise AskRefusedError("this run belongs to no server")
        return self.outside

    # The clock

    def resume(self, who: Who) -> None:
        """Let time go."""
        self._check_not_over()
        self.session.resume()
        self.add(Kind.CLOCK, who, {"what": "resume", "rate_frac": self._rate_frac})

    def pause(self, who: Who) -> None:
        """Hold time."""
        self.session.pause()
        self.add(Kind.CLOCK, who, {"what": "pause"})

    def set_rate(self, rate_frac: float, who: Who) -> None:
        """Let time go faster or slower, one of the `SPEEDS`."""
        if rate_frac not in SPEEDS:
            raise AskRefusedError(f"choose a speed of {', '.join(f'{each:g}' for each in SPEEDS)}")
        self._rate_frac = rate_frac
        self._pace()
        self.add(Kind.CLOCK, who, {"what": "rate", "rate_frac": rate_frac})

    def _pace(self) -> None:
        self.session.set_rate(min(1.0, self._rate_frac) if self._held else self._rate_frac)

    def skip(self, span_s: float, who: Who) -> None:
        """Let so much time pass at once.

        Raises:
            AskRefusedError: the run is over, or a key is held down.
        """
        self._check_nothing_held()
        begun_s = self.now_s
        self.session.skip(span_s)
        self._note_skip(begun_s, who)

    def _note_skip(self, begun_s: float, who: Who) -> None:
        """Keep that time was let pass, and from when on: who comes back into it finds a run begun."""
        self.add(Kind.CLOCK, who, {"what": "skip", "span_s": self.now_s - begun_s}, at_s=begun_s)
        self._keep_how_far()

    def next_event(self, who: Who) -> None:
        """Let time pass up to the next thing that is worth telling."""
        self._pass_until(
            lambda event: type(event) in MATTERS or isinstance(event, ModeChanged | CommandAccepted), inf, who
        )

    def wait_for_call(self, who: Who) -> None:
        """Let time pass until the pump calls or somebody comes, but not for ever."""
        self._pass_until(lambda event: isinstance(event, CALLS), WAIT_LIMIT_S, who)

    def _pass_until(self, is_it: Callable[[Event], bool], limit_s: float, who: Who) -> None:
        self._check_nothing_held()
        begun_s = self.now_s
        events = self.world.bench.journal.events
        seen_count = len(events)
        while not self.world.finished and not any(is_it(event) for event in events[seen_count:]):
            seen_count = len(events)
            next_s = min(self.world.next_event_s(), begun_s + limit_s)
            if next_s == inf:
                break
            self.session.skip(max(0.0, next_s - self.now_s))
            if next_s == begun_s + limit_s:
                break
        self._note_skip(begun_s, who)

    def finish(self, who: Who) -> None:
        """Declare it over."""
        if not self.over:
            self.session.pause()
            self.add(Kind.END, who, {})
            self._hang_up()

    def _hang_up(self) -> None:
        """Nobody can be talked to at a pump whose run is over."""
        if self.outside is not None and self.port.url:
            self.outside.open_port("")

    def _check_not_over(self) -> None:
        if self.over:
            raise AskRefusedError("the run is over")

    def _check_nothing_held(self) -> None:
        """No time passes at once under a finger: a press would become a key that is stuck."""
        self._check_not_over()
        if self._held:
            raise AskRefusedError(f"{next(iter(self._held)).value} is held down: wait until it is let go")

    def _check_running(self) -> None:
        self._check_not_over()
        if not self.begun:
            raise AskRefusedError("the run has not begun yet")
        if self.session.clock.paused:
            raise AskRefusedError("the run stands still: wait until it goes on")


def taken_up(record: RunRecord, keeper: Keeper) -> Run:
    """Go on with a run that was kept: its world is lived again, and no finger is on a key any more."""
    run = Run(record.origin, keeper, live_again(record), record.entries)
    run.let_go_of_all()
    return run


def begun(origin: Origin, keeper: Keeper) -> Run:
    """Make a new run, keep it, and live its world up to where somebody is let at it."""
    world = live_again(RunRecord(origin=origin, entries=(), reached_s=origin.begin_s))
    keeper.add_run(origin)
    keeper.reached(origin.run_id, world.now_s)
    return Run(origin, keeper, world)


def _hand_of(step: Step) -> str | None:
    return step.by or (STEPS[step.verb].by if step.verb in STEPS else None)
