"""What must not be done, as data: each rule with its reason, its source, and what shows that it was broken.

Whether a patient may tap and restart is a site policy to choose, never "the" right answer: both policies
exist (HK, ONC), and a run says which one is in force. A lesson names the rules that it looks at. Source keys
stand in docs/sources.md; without a key it is general knowledge, arithmetic or a choice, as the mark says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from console.trainer.kept.record import HANDS, POLICIES
from console.trainer.lessons import breaches
from console.trainer.lessons.breaches import Breach
from console.trainer.lessons.course import Course
from pump.alarm_table import Certainty
from sim.world.procedure import Policy
from sim.world.work import CAREGIVER, NURSE, PATIENT

HOME: Final = (PATIENT, CAREGIVER)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and how sure that is."""

    key: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that must not be done.

    Attributes:
        id: Its name.
        title: What was done, in a few words.
        why: What comes of it.
        sources: Where it comes from.
        breaches: What shows in a run that it was broken.
        hands: Whom it binds.
        policies: The site policies under which it binds those at home.
    """

    id: str
    title: str
    why: str
    sources: tuple[Source, ...]
    breaches: Callable[[Course], Iterable[Breach]]
    hands: tuple[str, ...] = HANDS
    policies: tuple[str, ...] = POLICIES

    def binds(self, hand: str, policy: str) -> bool:
        """Whether it holds for somebody's hand at a site."""
        return hand in self.hands and (hand == NURSE or policy in self.policies)


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        id="flush-drug",
        title="Flushed a line that holds drug",
        why="A flush pushes what stands there into the vein at once: a bolus, with cytokine release, "
        "neurotoxicity and tumour lysis to fear. Aspirate the drug first, or let saline clear it at "
        "the drug's own rate.",
        sources=(Source("QRG", "F"),),
        breaches=breaches.flushes_drug,
    ),
    Rule(
        id="prime-connected",
        title="Primed with the patient connected",
        why="A prime of 3 mL takes seconds and is five hours of drug; the pump does not count it as "
        "given. Take the line off the catheter first, and look before confirming.",
        sources=(Source("HK", "F"), Source("", "G")),
        breaches=breaches.primes_connected,
    ),
    Rule(
        id="prime-at-home",
        title="Primed at home, without training",
        why="Priming is for trained staff. Each re-prime uses up the excess volume, and the shortfall "
        "shows on day 7.",
        sources=(Source("HK", "F"),),
        breaches=breaches.primes_at_home,
        hands=HOME,
    ),
    Rule(
        id="pause-at-home",
        title="Paused the pump at home",
        why="At home the pump is never paused, except to re-access the port. Half of the drug is gone in "
        "little more than two hours.",
        sources=(Source("QRG", "F"),),
        breaches=breaches.pauses,
        hands=HOME,
    ),
    Rule(
        id="change-settings",
        title="Changed the pump's settings, or tried to",
        why="Nobody but the supplier changes the rate, and patients change nothing: dose and alarms "
        "depend on it.",
        sources=(Source("ONC", "F"), Source("HK", "F")),
        breaches=breaches.changes_settings,
        hands=HOME,
    ),
    Rule(
        id="try-codes",
        title="Tried codes",
        why="The lock is there to be left alone. After wrong codes the pump takes none for a while, not "
        "even the nurse's.",
        sources=(Source("QRG", "F"), Source("", "X")),
        breaches=breaches.tries_codes,
        hands=HOME,
    ),
    Rule(
        id="ignore-four-hours",
        title="Restarted after four hours without asking",
        why="After 4 h or more without drug a physician is asked first: the re-start is supervised or in "
        "hospital, and dexamethasone may be needed. Sources differ on exactly 4 h; here it counts.",
        sources=(Source("QRG", "F"), Source("HK", "F")),
        breaches=breaches.ignores_four_hours,
    ),
    Rule(
        id="start-closed",
        title="Started on a closed line",
        why="The pump runs and counts, the patient gets nothing, and the next alarm needs 20 to 40 "
        "minutes. Follow the line from bag to vein before RUN.",
        sources=(Source("", "D"),),
        breaches=breaches.starts_on_closed_line,
    ),
    Rule(
        id="start-on-air",
        title="Restarted with the air still there",
        why="The alarm is back within 10 µL, and each time more air has gone past the point from where a "
        "tap brings it back.",
        sources=(Source("", "D"),),
        breaches=breaches.starts_on_air,
    ),
    Rule(
        id="start-leaking",
        title="Restarted on a broken line",
        why="What the pump gives runs out, and germs come in. A broken line is clamped on both sides and "
        "replaced.",
        sources=(Source("HK", "F"), Source("", "G")),
        breaches=breaches.starts_on_leak,
    ),
    Rule(
        id="start-unprimed",
        title="Started a set that is not primed",
        why="A set that is full of air sends it to the patient, or stops for it, and no drug comes for "
        "hours.",
        sources=(Source("HK", "F"), Source("", "D")),
        breaches=breaches.starts_unprimed,
    ),
    Rule(
        id="against-policy",
        title="Tapped or restarted where the site wants a call",
        why="At this site patients do not try to fix the pump: they silence, clamp and call. Other sites "
        "let them tap and restart by written steps. Which it is, is a site policy to choose, never "
        "the right answer.",
        sources=(Source("ONC", "F"), Source("HK", "F")),
        breaches=breaches.repairs_against_policy,
        hands=HOME,
        policies=(Policy.CALL_ONLY.value,),
    ),
    Rule(
        id="restart-again",
        title="Restarted after a second alarm of the same kind",
        why="Where people may tap and restart, they may do so once. What comes again within a day has a "
        "cause that they did not find: call.",
        sources=(Source("HK", "F"), Source("", "X")),
        breaches=breaches.restarts_again,
        hands=HOME,
        policies=(Policy.MAY_TAP.value,),
    ),
    Rule(
        id="silence-only",
        title="Silenced the alarm and did nothing",
        why="The sound pauses for two minutes, the interruption goes on. Under four hours is the aim, and "
        "the clock runs from the last drop.",
        sources=(Source("QRG", "F"), Source("", "X")),
        breaches=breaches.silences_only,
    ),
    Rule(
        id="disconnect-unclamped",
        title="Disconnected without a clamp",
        why="What pressure holds in the line runs out, the catheter bleeds or draws air, and both ends "
        "are open to germs.",
        sources=(Source("", "G"),),
        breaches=breaches.disconnects_unclamped,
    ),
    Rule(
        id="open-system",
        title="Opened bag, set or catheter at home",
        why="Bag, set and catheter are opened by trained staff: air and germs get in, and a syringe on "
        "the line is a bolus.",
        sources=(Source("HK", "F"), Source("QRG", "F")),
        breaches=breaches.opens_the_way,
        hands=HOME,
    ),
    Rule(
        id="empty-the-bag",
        title="Went on with the old bag",
        why="The overfill is not to be infused and the bag not to be emptied: change it at the same hour, "
        "whatever is left. At the end come air, alarms and a shortfall.",
        sources=(Source("QRG", "F"), Source("HK", "F")),
        breaches=breaches.goes_on_with_old_bag,
    ),
)
"""Every rule. A lesson names those that it looks at."""

RULE_BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that was done against a rule."""

    rule: Rule
    at_s: float
    detail: str = ""

    @property
    def text(self) -> str:
        """Say what was done."""
        return f"{self.rule.title}: {self.detail}" if self.detail else self.rule.title


def wrongs(rules: Iterable[Rule], course: Course) -> tuple[Wrong, ...]:
    """Give everything that was done against those of `rules` that bind the trainee, in the order of time."""
    origin = course.origin
    found = [
        Wrong(rule, breach.at_s, breach.detail)
        for rule in rules
        if rule.binds(origin.hand, origin.policy)
        for breach in rule.breaches(course)
    ]
    return tuple(sorted(found, key=lambda wrong: wrong.at_s))
