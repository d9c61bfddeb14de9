"""A written procedure: what somebody does when the pump alarms, and how surely and how fast. All of it data.

Procedures come as TOML files (`scenarios/procedures/`); who follows them stands in `sim/world/people.py`.
There is no task to prime, and none to flush, for anybody but trained staff: at home nobody re-primes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Final

from pump.alarm_table import Certainty


class Policy(StrEnum):
    """What a site lets the people at home do. Both home policies exist (HK, ONC)."""

    MAY_TAP = "may-tap"
    """They may follow written steps: look for kinks, tap the line, restart."""
    CALL_ONLY = "call-only"
    """They may silence, clamp and call; they do not try to fix the pump."""
    STAFF = "staff"
    """Trained staff at the bedside."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that a procedure may ask for. `staff` alone may do what patients and families must not."""

    meaning: str
    staff: bool = False
    repairs: bool = False
    """Whether it tries to put the pump right again, which the policy may forbid."""


TASKS: Final[dict[str, Task]] = {
    "silence": Task("pause the sound"),
    "stop": Task("stop the pump"),
    "clamp": Task("close the clamp between pump and patient"),
    "unclamp": Task("open that clamp again"),
    "check_line": Task("look along the line; open every closed clamp and kink that is found"),
    "acknowledge": Task("take notice of every alarm"),
    "tap": Task("tap the line to drive air back into the bag", repairs=True),
    "restart": Task("start the pump again, unless four hours are over", repairs=True),
    "plug": Task("plug the pump into the mains"),
    "change_battery": Task("put in the spare battery"),
    "attach_cassette": Task("put the cassette back on"),
    "close_door": Task("close the pump's door"),
    "power_cycle": Task("switch the pump off and on", repairs=True),
    "call_nurse": Task("call, and wait for the nurse; nobody answers: go to hospital"),
    "go_to_hospital": Task("take pump and patient to hospital"),
    "reconnect": Task("put the line back on the catheter", staff=True),
    "reprime": Task("take the line off, prime it, put it back and start", staff=True),
    "change_set": Task("hang and prime a new set", staff=True),
    "check_residual": Task("compare what is left in the bag with what should be", staff=True),
    "change_bag": Task("order a bag, check the old one's rest, hang the new one", staff=True),
    "swap_pump": Task("take another pump", staff=True),
    "thrombolytic": Task("instil a thrombolytic; if it does not open, use another lumen", staff=True),
    "ask_physician": Task("ask the physician, as after four hours without drug", staff=True),
}
"""Every task by its name."""

ANY_PRIORITY: Final = {"any high": "high", "any medium": "medium", "any low": "low"}
"""What `When.alarm` may say for all alarms of a priority that have no rule of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What to do about an alarm: `then`, or `second` when it comes again within `within_s`."""

    alarm: str
    then: tuple[str, ...]
    second: tuple[str, ...] = ()
    within_s: float = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """How likely things are, from 0 to 1. The defaults are choices without a source (X)."""

    hears_high_awake_frac: float = 0.98
    hears_medium_awake_frac: float = 0.9
    hears_low_awake_frac: float = 0.5
    hears_high_asleep_frac: float = 0.7
    hears_medium_asleep_frac: float = 0.4
    hears_low_asleep_frac: float = 0.05
    finds_closed_frac: float = 0.9
    tap_works_frac: float = 0.6
    forgets_clamp_frac: float = 0.02
    forgets_restart_frac: float = 0.03
    reprimes_frac: float = 0.01
    stays_connected_frac: float = 0.2
    nurse_answers_frac: float = 0.95
    thrombolytic_works_frac: float = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long things take.

    `reaction_...`, `nurse_travels_s`, `hospital_s` and `pharmacy_s` are medians of lognormal times; two
    thirds of all lie within a factor of `spread_frac` around them, and 1 means exactly the median. The
    times of day are seconds after midnight; equal ones mean that somebody is always awake.
    """

    awake_from_s: float = 25200.0
    awake_until_s: float = 82800.0
    reaction_awake_s: float = 600.0
    reaction_asleep_s: float = 1800.0
    spread_frac: float = 2.0
    look_s: float = 14400.0
    key_s: float = 5.0
    check_s: float = 180.0
    tap_s: float = 60.0
    power_cycle_s: float = 60.0
    call_s: float = 120.0
    call_again_s: float = 600.0
    nurse_travels_s: float = 3600.0
    hospital_s: float = 2700.0
    physician_s: float = 1800.0
    pharmacy_s: float = 21600.0
    bag_expires_s: float = 604800.0


@dataclass(frozen=True, slots=True)
class Figure:
    """Where a chance or a time of a file comes from. `name` is the field's, with its unit."""

    name: str
    source: str
    certainty: Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """One procedure.

    Attributes:
        id: Its name.
        title: One line.
        policy: What the site allows.
        source: Where it comes from.
        hand: Who follows it: the caregiver at home, the nurse at the bedside.
        rules: What that person does, by alarm.
        visits: What the nurse does who comes when called, or receives the patient in hospital.
        chances: How likely things are.
        times: How long they take.
        reprime_ml: What a re-prime takes from the bag.
        calls_count: How often nobody answers before the way leads to hospital.
        figures: Where the chances and times come from, as far as a file says.
    """

    id: str
    title: str
    policy: Policy
    source: str = ""
    hand: str = "caregiver"
    rules: tuple[When, ...] = ()
    visits: tuple[When, ...] = ()
    chances: Chances = field(default_factory=Chances)
    times: Times = field(default_factory=Times)
    reprime_ml: float = 3.0
    calls_count: int = 3
    figures: tuple[Figure, ...] = ()

    def with_overrides(self, overrides: Iterable[tuple[str, str | float | bool]]) -> Procedure:
        """Return the procedure with other chances and times, by the names of their fields.

        Raises:
            ValueError: there is no chance or time of that name, or its value is no number.
        """
        chances: dict[str, float] = {}
        times: dict[str, float] = {}
        for name, value in overrides:
            if isinstance(value, bool | str):
                raise ValueError(f"{name} is a number, not {value!r}")  # noqa: TRY004  (a bad value of a file)
            if name in CHANCE_NAMES:
                chances[name] = float(value)
            elif name in TIME_NAMES:
                times[name] = float(value)
            else:
                raise ValueError(f"no procedure has {name}; there are {', '.join(CHANCE_NAMES + TIME_NAMES)}")
        return replace(self, chances=replace(self.chances, **chances), times=replace(self.times, **times))


CHANCE_NAMES: Final = tuple(each.name for each in fields(Chances))
TIME_NAMES: Final = tuple(each.name for each in fields(Times))


def rule_for(rules: tuple[When, ...], code: str, priority: str) -> When | None:
    """Return the rule for an alarm: its own, or that of its priority; None: nothing is written."""
    for rule in rules:
        if rule.alarm == code:
            return rule
    for rule in rules:
        if ANY_PRIORITY.get(rule.alarm) == priority:
            return rule
    return None
