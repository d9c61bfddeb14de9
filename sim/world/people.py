"""People around the pump: SimPy processes that hear or sleep, come, follow a written procedure, and err.

They listen to events, draw chance from streams of their own, and act only through `World.react`, with
outcomes in the steps' parameters. Even what they merely notice is a step (`note`). So the recorded steps,
replayed without any people, give the same events to the last number.

One stream of chance serves one alarm or one call: what somebody draws for one of them, or how often
somebody else draws, changes nothing for the next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from random import Random
from typing import TYPE_CHECKING, Any, Final

import simpy

from pump.alarms import Standing
from pump.events import AlarmRaised, AlarmSounded, Event
from sim.events import InterruptionEnded, PersonActed, RestartLimitReached
from sim.world.environment import Moment, Order
from sim.world.procedure import Procedure, When, rule_for
from sim.world.setup import Step, Value
from sim.world.work import ASKS_PHYSICIAN, CALLS_NURSE, CAREGIVER, GOES_TO_HOSPITAL, NURSE

if TYPE_CHECKING:
    from sim.world.world import World

Chain = Generator[Any, Any, None]
Doing = Generator[Any, Any, bool]
"""A task under way; it returns whether the round goes on."""

DAY_S: Final = 86400.0

ANSWERS: Final = "answers the call"
NO_ANSWER: Final = "does not answer"
ARRIVES: Final = "arrives"
LEAVES: Final = "leaves"

AIR_ALARMS: Final = ("AIR_IN_LINE", "AIR_ACCUMULATED")
"""What tempts people to prime the line."""


def start_people(world: World) -> None:
    """Let those live around `world` whom its setup's response names.

    A procedure without rules has nobody beside the pump: only the nurse, for whoever calls her.

    Raises:
        ValueError: the setup has no such procedure, or one of its overrides is none.
    """
    response = world.setup.response
    if response is None:
        return
    procedure = world.setup.procedures.get(response.procedure)
    if procedure is None:
        known = ", ".join(world.setup.procedures) or "none"
        raise ValueError(f"there is no procedure {response.procedure}; the setup has {known}")
    procedure = procedure.with_overrides(response.overrides)
    situation = Situation(world)
    if procedure.rules:
        world.env.process(Attendant(world, procedure, procedure.hand, situation).live())
    if procedure.visits and procedure.hand != NURSE:
        world.env.process(Visitor(world, procedure, NURSE, situation).live())


class Situation:
    """What everybody around the pump knows of it."""

    def __init__(self, world: World) -> None:
        self.last_alarm: AlarmRaised | None = None
        self.four_hours_over = False
        """Whether an interruption that still lasts has reached the limit, and no physician was asked."""
        world.listen(self.hear)

    def hear(self, event: Event) -> None:
        """Take in one event."""
        if isinstance(event, AlarmRaised):
            self.last_alarm = event
        elif isinstance(event, RestartLimitReached):
            self.four_hours_over = True
        elif isinstance(event, InterruptionEnded):
            self.four_hours_over = False


class Person:
    """Somebody who does one thing after another, at their own times and with their own chances."""

    def __init__(self, world: World, procedure: Procedure, hand: str, situation: Situation) -> None:
        self.world = world
        self.procedure = procedure
        self.chances = procedure.chances
        self.times = procedure.times
        self.hand = hand
        self.situation = situation
        self._chance = Random(0)
        self._rounds_s: dict[str, float] = {}
        """When each alarm was last answered."""

    @property
    def is_staff(self) -> bool:
        """Whether this is trained staff."""
        return self.hand == NURSE

    # Chance

    def new_chance(self) -> None:
        """Begin to draw from the next stream of one's own."""
        self._chance = self.world.stream(self.hand)

    def happens(self, chance_frac: float) -> bool:
        """Draw whether something happens."""
        return self._chance.random() < chance_frac

    def drawn_s(self, median_s: float) -> float:
        """Draw a lognormal time around its median."""
        return float(median_s * self.times.spread_frac ** self._chance.normalvariate())

    # Time and steps

    def wait(self, for_s: float) -> Moment:
        """A moment `for_s` from now, in the people's place of that instant."""
        return self.world.env.at(self.world.now_s + for_s, Order.PEOPLE)

    def do(self, verb: str, **params: Value) -> Chain:
        """Carry out a step, on the record."""
        yield self.wait(0.0)
        yield from self.world.react(
            Step(at_s=self.world.now_s, verb=verb, by=self.hand, params=tuple(sorted(params.items())))
        )

    def note(self, what: str, detail: str = "") -> Chain:
        """Put on record what touches neither pump nor plant."""
        given = {"detail": detail} if detail else {}
        yield from self.do("note", what=what, **given)

    def ear(self, *whats: str) -> simpy.Event:
        """An event that happens, with its words, when anybody next does or notices one of `whats`."""
        heard = self.world.env.event()

        def hear(event: Event) -> None:
            if isinstance(event, PersonActed) and event.what in whats:
                self.world.unlisten(hear)
                heard.succeed(event.what)

        self.world.listen(hear)
        return heard

    # The procedure

    def attend(self, rules: tuple[When, ...], is_open: Callable[[Standing], bool]) -> Chain:
        """Answer every alarm that stands and `is_open`, each once, the most urgent first."""
        answered: set[str] = set()
        while True:
            waiting = (each for each in self.world.bench.core.alarms.standing() if is_open(each))
            alarm = next((each for each in waiting if each.code not in answered), None)
            if alarm is None:
                return
            answered.add(alarm.code)
            yield from self.answer(rules, alarm.code, alarm.priority.value)

    def answer(self, rules: tuple[When, ...], code: str, priority: str) -> Chain:
        """Do what the rule for an alarm says, task by task, until one of them ends the round."""
        rule = rule_for(rules, code, priority)
        if rule is None:
            yield from self.note("has no rule for the alarm", code)
            return
        now_s, last_s = self.world.now_s, self._rounds_s.get(code)
        self._rounds_s[code] = now_s
        comes_again = last_s is not None and now_s - last_s <= rule.within_s
        for name in rule.second if comes_again and rule.second else rule.then:
            goes_on = yield from DOES[name](self)
            if not goes_on:
                return


class Attendant(Person):
    """Who lives beside the pump and answers its alarms: awake or asleep, at home or at the bedside."""

    def __init__(self, world: World, procedure: Procedure, hand: str, situation: Situation) -> None:
        super().__init__(world, procedure, hand, situation)
        self._signals: deque[AlarmRaised | AlarmSounded] = deque()
        self._rings = world.env.event()
        world.listen(self._hear)

    def _hear(self, event: Event) -> None:
        if isinstance(event, AlarmRaised | AlarmSounded):
            self._signals.append(event)
            if not self._rings.triggered:
                self._rings.succeed()

    def live(self) -> Chain:
        """Notice alarms, come, and answer them, as long as the world lasts."""
        while True:
            yield from self._notice()
            yield from self._answer_all()
            self._signals.clear()  # at the pump one has heard them all

    def _notice(self) -> Chain:
        """Wait until an alarm is heard or found, and come to the pump.

        Every signal may be heard anew; what nobody hears is found at the next look at the pump.
        """
        look: Moment | None = None
        while look is None or not look.processed:
            if not self._signals:
                self._rings = self.world.env.event()
                yield self._rings if look is None else self._rings | look
                continue
            signal = self._signals.popleft()
            self.new_chance()
            is_awake = self.is_awake(self.world.now_s)
            state = "awake" if is_awake else "asleep"
            if self.happens(getattr(self.chances, f"hears_{signal.priority}_{state}_frac")):
                yield from self.note("hears the alarm", signal.code)
                median_s = self.times.reaction_awake_s if is_awake else self.times.reaction_asleep_s
                yield self.wait(self.drawn_s(median_s))
                break
            yield from self.note(
                "does not hear the alarm" if is_awake else "sleeps through the alarm", signal.code
            )
            if look is None:
                look = self.world.env.at(self.next_look_s(self.world.now_s), Order.PEOPLE)
        if look is not None:
            look.stale = not look.processed

    def _answer_all(self) -> Chain:
        if self.hand == CAREGIVER and self._sees_air() and self.happens(self.chances.reprimes_frac):
            yield from self.note("re-primes, though it is forbidden")
            stays_connected = self.happens(self.chances.stays_connected_frac)
            yield from self.do("reprime", volume_ml=self.procedure.reprime_ml, connected=stays_connected)
            return
        yield from self.attend(self.procedure.rules, lambda alarm: alarm.acknowledged_s is None)

    def _sees_air(self) -> bool:
        return any(each.code in AIR_ALARMS for each in self.world.bench.core.alarms.standing())

    def is_awake(self, t_s: float) -> bool:
        """Whether `t_s` lies in the waking hours."""
        from_s, until_s = self.times.awake_from_s, self.times.awake_until_s
        return (self._day_s(t_s) - from_s) % DAY_S < (until_s - from_s) % DAY_S or from_s == until_s

    def next_look_s(self, t_s: float) -> float:
        """When the pump is next looked at: after a while, but not before waking up."""
        later_s = t_s + self.times.look_s
        if self.is_awake(t_s) and self.is_awake(later_s):
            return later_s
        return t_s + (self.times.awake_from_s - self._day_s(t_s)) % DAY_S

    def _day_s(self, t_s: float) -> float:
        return (self.world.setup.clock_start_s + t_s) % DAY_S


class Visitor(Person):
    """The nurse who is called, travels and acts, or receives the patient in hospital."""

    def live(self) -> Chain:
        """Wait for calls and patients, one after the other."""
        while True:
            what = yield self.ear(CALLS_NURSE, GOES_TO_HOSPITAL)
            self.new_chance()
            if what == CALLS_NURSE:
                if not self.happens(self.chances.nurse_answers_frac):
                    yield from self.note(NO_ANSWER)
                    continue
                yield from self.note(ANSWERS)
                yield self.wait(self.drawn_s(self.times.nurse_travels_s))
                yield from self.note(ARRIVES)
            else:
                yield self.wait(self.drawn_s(self.times.hospital_s))
                yield from self.note(ARRIVES, "in hospital")
            yield from self._treat()
            yield from self.note(LEAVES)

    def _treat(self) -> Chain:
        last = self.situation.last_alarm
        if last is not None and not self.world.bench.core.alarms.standing():
            yield from self.answer(self.procedure.visits, last.code, last.priority)
        yield from self.attend(self.procedure.visits, lambda _alarm: True)


# ---------------------------------------------------------------- what each task does


def _pressing(verb: str) -> Callable[[Person], Doing]:
    """A task that is one step by hand."""

    def doing(me: Person) -> Doing:
        yield me.wait(me.times.key_s)
        yield from me.do(verb)
        return True

    return doing


def _acknowledge(me: Person) -> Doing:
    """The pump takes one alarm at a time: go on until all are taken."""
    alarms = me.world.bench.core.alarms
    for _ in alarms.standing():
        if all(each.acknowledged_s is not None for each in alarms.standing()):
            break
        yield me.wait(me.times.key_s)
        yield from me.do("acknowledge")
    return True


def _clamp(me: Person) -> Doing:
    yield me.wait(me.times.key_s)
    yield from me.do("clamp", where="downstream")
    return True


def _unclamp(me: Person) -> Doing:
    if not me.world.bench.plant.downstream.clamped:
        return True
    if not me.is_staff and me.happens(me.chances.forgets_clamp_frac):
        yield from me.note("forgets to open the clamp")
        return True
    yield me.wait(me.times.key_s)
    yield from me.do("unclamp", where="downstream")
    return True


def _check_line(me: Person) -> Doing:
    """Find what is really closed, as far as it is found, and open it."""
    yield me.wait(me.times.check_s)
    plant = me.world.bench.plant
    if not plant.downstream.connected:
        yield from me.note("finds the line off the catheter")
        if not me.is_staff:
            return (yield from _call_nurse(me))
        yield from me.do("reconnect")
    found = False
    for where, side in (("upstream", plant.upstream), ("downstream", plant.downstream)):
        for is_closed, verb in ((side.clamped, "unclamp"), (side.kinked, "unkink")):
            if is_closed and me.happens(me.chances.finds_closed_frac):
                found = True
                yield from me.do(verb, where=where)
    if not found:
        yield from me.note("finds nothing closed")
    return True


def _tap(me: Person) -> Doing:
    works = me.happens(me.chances.tap_works_frac)
    yield from me.do("tap", works=works, restart=False, takes_s=me.times.tap_s)
    return True


def _restart(me: Person) -> Doing:
    if not (yield from _may_restart(me)):
        return False
    if not me.is_staff and me.happens(me.chances.forgets_restart_frac):
        yield from me.note("forgets to restart the pump")
        return True
    yield me.wait(me.times.key_s)
    yield from me.do("start")
    return True


def _may_restart(me: Person) -> Doing:
    """After four hours without drug staff asks the physician; everybody else goes to hospital."""
    if not me.situation.four_hours_over:
        return True
    yield from me.note("does not restart: four hours without drug are over")
    if me.is_staff:
        return (yield from _ask_physician(me))
    return (yield from _go_to_hospital(me))


def _ask_physician(me: Person) -> Doing:
    yield from me.note(ASKS_PHYSICIAN)
    yield me.wait(me.drawn_s(me.times.physician_s))
    yield from me.note("goes on under supervision")
    me.situation.four_hours_over = False
    return True


def _power_cycle(me: Person) -> Doing:
    yield from me.do("power_off")
    yield me.wait(me.times.key_s)
    yield from me.do("power_on")
    yield me.wait(me.times.power_cycle_s)
    return True


def _call_nurse(me: Person) -> Doing:
    """Call until somebody answers, and wait until the nurse has been; then nothing is left to do."""
    if not me.procedure.visits:
        yield from me.note("has nobody to call")
        return False
    for _ in range(me.procedure.calls_count):
        yield me.wait(me.times.call_s)
        reply = me.ear(ANSWERS, NO_ANSWER, LEAVES)
        yield from me.do("call_nurse")
        what = yield reply
        if what == NO_ANSWER:
            yield me.wait(me.times.call_again_s)
            continue
        if what == ANSWERS:
            yield me.ear(LEAVES)
        return False
    return (yield from _go_to_hospital(me))


def _go_to_hospital(me: Person) -> Doing:
    """Go, and come back when the nurse there is done."""
    if not me.procedure.visits:
        yield from me.do("go_to_hospital")
        return False
    treated = me.ear(LEAVES)
    yield from me.do("go_to_hospital")
    yield treated
    return False


def _reprime(me: Person) -> Doing:
    if not (yield from _may_restart(me)):
        return False
    yield from me.do("reprime", volume_ml=me.procedure.reprime_ml)
    return True


def _going_on(verb: str) -> Callable[[Person], Doing]:
    """A piece of work that ends with the pump running again."""

    def doing(me: Person) -> Doing:
        if not (yield from _may_restart(me)):
            return False
        yield from me.do(verb)
        return True

    return doing


def _change_bag(me: Person) -> Doing:
    """The rest of the old bag is looked at first; the new one says when it expires."""
    yield from me.do("check_residual")
    yield from me.note("orders a bag from the pharmacy")
    yield me.wait(me.drawn_s(me.times.pharmacy_s))
    if not (yield from _may_restart(me)):
        return False
    expires_h = (me.world.now_s + me.times.bag_expires_s) / 3600.0
    yield from me.note("has a new bag from the pharmacy", f"expires at {expires_h:.1f} h")
    yield from me.do("change_bag")
    return True


def _thrombolytic(me: Person) -> Doing:
    """What a thrombolytic does not open is left for another lumen."""
    works = me.happens(me.chances.thrombolytic_works_frac)
    yield from me.do("thrombolytic", works=works)
    if not works:
        yield from me.do("use_lumen")
    return True


DOES: Final[dict[str, Callable[[Person], Doing]]] = {
    "silence": _pressing("silence"),
    "stop": _pressing("stop"),
    "clamp": _clamp,
    "unclamp": _unclamp,
    "check_line": _check_line,
    "acknowledge": _acknowledge,
    "tap": _tap,
    "restart": _restart,
    "plug": _pressing("plug"),
    "change_battery": _pressing("change_battery"),
    "attach_cassette": _pressing("attach_cassette"),
    "close_door": _pressing("close_door"),
    "power_cycle": _power_cycle,
    "call_nurse": _call_nurse,
    "go_to_hospital": _go_to_hospital,
    "reconnect": _pressing("reconnect"),
    "reprime": _reprime,
    "change_set": _going_on("change_set"),
    "check_residual": _pressing("check_residual"),
    "change_bag": _change_bag,
    "swap_pump": _going_on("swap_pump"),
    "thrombolytic": _thrombolytic,
    "ask_physician": _ask_physician,
}
"""How each task of `sim/world/procedure.py` is done."""
