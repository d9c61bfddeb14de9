"""The world: bench, script and people on one SimPy clock.

A world is built from a `Setup` and nothing else. It records the *steps with their outcomes* that it
carried out, never raw actions, so that a recorded session is a scenario. Rewind and branch are a new
world from the same setup and the recorded steps up to t; generators are never copied.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from random import Random
from typing import Any, cast

import simpy

from pump.commands import Access, Command
from pump.events import Event
from pump.program import Program
from sim.bench import Action, Bench
from sim.events import LineDisturbed, PersonActed, StepNotDone, StepSkipped
from sim.truth import is_start
from sim.world.environment import Moment, Order, WorldEnvironment
from sim.world.params import StepRefusedError
from sim.world.people import start_people
from sim.world.result import Result
from sim.world.setup import Setup, Step
from sim.world.steps import STEPS, WIRE_PREFIX
from sim.world.tally import Tally

Listener = Callable[[Event], None]
Road = Callable[[Command], list[Event]]
Wire = Callable[[Step], str]
"""Lets a step happen on a serial line, and says in words what happens there."""

Chain = Generator[Any, Any, None]


class World:
    """Everything that happens around one patient, from `setup` on.

    A host may lay `road`, on which commands go to the pump, and `wire`, on which faults of the line happen.
    Without a wire the world notes that it skipped them. A world that is lived again has neither.
    """

    setup: Setup
    bench: Bench
    finished: bool

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.env = WorldEnvironment()
        self.bench = Bench(setup.pump, setup.plant, setup.order.rate_ml_h)
        self.road: Road = self.apply
        self.wire: Wire | None = None
        self.recorded: list[Step] = []
        self.injected: list[Step] = []
        self.finished = False
        self.disconnected_by_hand = False
        self._hands: dict[str, simpy.Resource] = {}
        self._streams: dict[str, int] = {}
        self._listeners: list[Listener] = []
        self._alarm_clock: Moment | None = None
        self._end: Moment | None = None
        self._tally = Tally(setup.order)
        for step in setup.steps:
            self._queue(step)
        start_people(self)
        self._plan_end(setup.until_s if setup.until_s is not None else setup.order.duration_s)
        self._arm()

    # Time

    @property
    def now_s(self) -> float:
        """The world's time."""
        return float(self.env.now)

    def advance_to(self, t_s: float) -> None:
        """Let everything happen up to and including `t_s`, or up to the end if that comes first.

        Raises:
            ValueError: `t_s` is past.
        """
        here = self.env.at(t_s, Order.HOST)
        while not here.processed and not self.finished:
            self.env.step()
        if not self.finished:
            self._tell(self.bench.advance_to(t_s))

    def run(self) -> Result:
        """Let everything happen up to the scenario's end."""
        while not self.finished:
            self.env.step()
        return self.result()

    def next_event_s(self) -> float:
        """When anything happens next if nobody injects a step; inf if never, or when it is over."""
        return float("inf") if self.finished else float(self.env.next_s())

    def do(self, step: Step) -> None:
        """Queue `step` at its time, in step order, and let everything happen up to then.

        A host never advances to t before it has queued what happens at t.

        Raises:
            ValueError: the step's time is past, its verb is none, or the world is over.
        """
        if step.verb not in STEPS and not step.verb.startswith(WIRE_PREFIX):
            raise ValueError(f"there is no verb {step.verb!r}")
        if self.finished:
            raise ValueError(f"the world ended at {self.now_s} s: nothing can be done in it any more")
        self._queue(step)
        self.injected.append(step)
        self.advance_to(step.at_s)

    def rewound(self, t_s: float) -> World:
        """A new world that has lived through the same up to `t_s`: to go back, or to try it the other way.

        It is executed again from the setup, with what was injected up to then; its people draw the same
        chances. This world stays as it is.

        Raises:
            ValueError: this world has not been there yet.
        """
        if t_s > self.now_s:
            raise ValueError(f"{t_s} s has not been yet; it is {self.now_s} s")
        other = World(self.setup)
        for step in self.injected:
            if step.at_s > t_s:
                break
            other.do(step)
        other.advance_to(t_s)
        return other

    # The bench on the clock

    def apply(self, action: Action) -> list[Event]:
        """Do `action` now and let everyone hear of it."""
        self._tell(self.bench.advance_to(self.now_s))
        events = self.bench.apply(action)
        self._tell(events)
        self._arm()
        return events

    def act(self, action: Action, hand: str) -> list[Event]:
        """Do `action` with `hand`: only the pump asks whose hand a command comes from."""
        if isinstance(action, Command):
            return self.command(action, hand)
        return self.apply(action)

    def order(self, order_ml_h: float) -> None:
        """Another rate is prescribed from now on, with the bag that is hung for it."""
        self._tell(self.bench.advance_to(self.now_s))
        self._tell(self.bench.order(order_ml_h))
        self._arm()

    def swap_pump(self, program: Program, gain_frac: float) -> list[Event]:
        """Put another pump in the place of this one, and let everyone hear of it."""
        self._tell(self.bench.advance_to(self.now_s))
        events = self.bench.swap_pump(program, gain_frac)
        self._tell(events)
        self._arm()
        return events

    def command(self, command: Command, by: str) -> list[Event]:
        """Give the pump a command from the hand `by`, on the road that a host may lay through a wire."""
        return self.road(replace(command, access=Access(by)))

    def _arm(self) -> None:
        """Keep one alarm clock on the bench's next deadline."""
        due_s = self.bench.next_deadline_s()
        clock = self._alarm_clock
        if clock is not None:
            if clock.value == due_s and not clock.processed:
                return
            clock.stale = True
            self._alarm_clock = None
        if due_s == float("inf"):
            return
        clock = self.env.at(max(due_s, self.now_s), Order.BENCH, due_s)
        clock.callbacks.append(self._ring)
        self._alarm_clock = clock

    def _ring(self, clock: Moment) -> None:
        if not clock.stale:
            self._tell(self.bench.advance_to(self.now_s))
            self._arm()

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._tally.hear(event)
            if self._tally.start_s is None and is_start(event):
                self._started(event.t_s)
            for listener in tuple(self._listeners):
                listener(event)

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with every event, in order."""
        self._listeners.append(listener)

    def unlisten(self, listener: Listener) -> None:
        """Leave `listener` alone again."""
        self._listeners.remove(listener)

    # The plan

    def _started(self, t_s: float) -> None:
        """The first start fixes the planned end; a delay that was keyed does not move it."""
        planned_end_s = max(t_s, self.setup.planned_end_s(t_s))
        self._tally.begin(t_s, planned_end_s)
        self.env.at(planned_end_s, Order.PLANNED_END).callbacks.append(self._reach_planned_end)
        if self.setup.until_s is None:
            self._plan_end(planned_end_s)

    def _reach_planned_end(self, _moment: simpy.Event) -> None:
        self._tell(self.bench.advance_to(self.now_s))
        self._tally.reach_planned_end(self.bench)

    def _plan_end(self, t_s: float) -> None:
        if self._end is not None:
            self._end.stale = True
        self._end = self.env.at(t_s, Order.END)
        self._end.callbacks.append(self._reach_end)

    def _reach_end(self, moment: Moment) -> None:
        if not moment.stale:
            self._tell(self.bench.advance_to(self.now_s))
            self.finished = True

    # Hands

    def _queue(self, step: Step) -> None:
        self.env.at(step.at_s, Order.STEP, step).callbacks.append(self._begin)

    def _begin(self, moment: Moment) -> None:
        step = cast("Step", moment.value)
        self.recorded.append(step)
        self.env.process(self.carry_out(step))

    def react(self, step: Step) -> Chain:
        """For people: carry out a step of their own now, on the record."""
        self.recorded.append(step)
        yield from self.carry_out(step)

    def carry_out(self, step: Step) -> Chain:
        """Carry out `step` as soon as its hand is free: a person does one thing at a time."""
        if step.verb.startswith(WIRE_PREFIX):
            self._disturb(step)
            return
        row = STEPS[step.verb]
        hand = step.by or row.by
        if hand is None or row.beside:
            yield from self._perform(step, hand or "environment")
            return
        with self.hand(hand).request() as turn:
            yield turn
            yield from self._perform(step, hand)

    def _disturb(self, step: Step) -> None:
        """Let a fault happen on the wire, where there is one."""
        if self.wire is None:
            self._note(StepSkipped, verb=step.verb)
        else:
            self._note(LineDisturbed, verb=step.verb, detail=self.wire(step))

    def _perform(self, step: Step, hand: str) -> Chain:
        try:
            yield from STEPS[step.verb].perform(self, step, hand)
        except StepRefusedError as refusal:
            self.note_refusal(step, str(refusal))

    def note_refusal(self, step: Step, text: str) -> None:
        """Put on record that a step could not be carried out."""
        self._note(StepNotDone, verb=step.verb, text=text)

    def person_acted(self, who: str, what: str, detail: str = "") -> None:
        """Put on record what somebody did or noticed that touches neither pump nor plant."""
        self._note(PersonActed, who=who, what=what, detail=detail)

    def _note(self, kind: type[Event], **fields: str) -> None:
        self._tell(self.bench.advance_to(self.now_s))
        self._tell([self.bench.journal.add(kind, self.now_s, **fields)])

    def hand(self, name: str) -> simpy.Resource:
        """The person `name`, who does one thing at a time."""
        if name not in self._hands:
            self._hands[name] = simpy.Resource(self.env, capacity=1)
        return self._hands[name]

    def wait(self, for_s: float) -> Moment:
        """A moment `for_s` from now, at which work under way goes on."""
        return self.env.at(self.now_s + for_s, Order.WORK)

    def stream(self, actor: str) -> Random:
        """The next stream of chance for `actor`: the same for the same seed, whoever else draws."""
        count = self._streams.get(actor, 0)
        self._streams[actor] = count + 1
        return Random(f"{self.setup.seed}/{actor}/{count}")

    # Outcome

    def result(self) -> Result:
        """The numbers at the world's time. Asking changes nothing."""
        return self._tally.result(self.setup, self.bench)
