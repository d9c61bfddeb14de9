"""Every rule: broken by really doing it in a world, and kept by doing the same thing well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from console.trainer.kept.record import Entry, Kind, Origin, Who, body_of
from console.trainer.lessons import Action, lesson
from console.trainer.lessons.assessment import assess
from console.trainer.lessons.breaches import NOTHING_DONE_S, PAUSE_S
from console.trainer.lessons.rules import RULE_BY_ID, RULES, Rule
from scenarios.loader import load
from sim.world.setup import Setup, Step
from sim.world.world import World
from tests.console.trainer.playing import Run, do, key, play, play_in

MIN_S = 60.0
HOUR_S = 3600.0
DAY_S = 86400.0

CODE = "ok down down down down down ok  up up ok  up up up up up ok  down down ok  ok"
"""The menu, Enter code, and 2 5 8 0."""


def keys(after_s: float, names: str, hold_s: float = 0.1) -> tuple[Action, ...]:
    """Keys one after the other; the last one is held."""
    each = names.split()
    return tuple(
        key(after_s + 0.5 * place, name, hold_s if place == len(each) - 1 else 0.1)
        for place, name in enumerate(each)
    )


@dataclass(frozen=True)
class Case:
    """A world of the library up to `begin_s`; what breaks the rule in it, and what does not."""

    scenario: str
    begin_s: float
    bad: Sequence[Action]
    good: Sequence[Action]
    hand: str = "caregiver"
    policy: str = "may-tap"
    good_hand: str = ""
    good_policy: str = ""
    until_s: float = 30 * MIN_S
    detail: str = ""

    def setup(self) -> Setup:
        setup = load(self.scenario).setup
        kept = tuple(step for step in setup.steps if step.at_s < self.begin_s)
        return replace(setup, steps=kept, until_s=self.begin_s + 6 * HOUR_S, response=None)

    def played(self, actions: Sequence[Action], hand: str, policy: str) -> Run:
        origin = Origin(
            run_id="run", title="", scenario_toml="", begin_s=self.begin_s, hand=hand, policy=policy
        )
        return play_in(self.setup(), origin, actions, until_s=self.until_s)


KINKED = ("kink-cleared-in-time", 2 * DAY_S + 45 * MIN_S)
BUBBLE = ("bubble-where-tapping-is-allowed", DAY_S + 21 * MIN_S)
RUNNING = ("bag-7-day-nominal", DAY_S)

CASES = {
    "flush-drug": Case(
        "thrombotic-occlusion-within-4-hours",
        DAY_S,
        hand="nurse",
        bad=(do(60.0, "flush", volume_ml=5.0, where="catheter"),),
        good=(
            *keys(50.0, "stop"),
            do(60.0, "aspirate", volume_ml=0.5, where="catheter"),
            do(90.0, "flush", volume_ml=5.0, where="catheter"),
        ),
        detail="5 mL of saline through the catheter, 0.5 mL of drug solution ahead of it",
    ),
    "prime-connected": Case(
        *RUNNING,
        hand="nurse",
        bad=(do(60.0, "reprime", volume_ml=3.0, connected=True),),
        good=(do(60.0, "reprime", volume_ml=3.0, connected=False),),
        detail="3 mL",
    ),
    "prime-at-home": Case(
        *RUNNING,
        bad=(*keys(60.0, "stop"), *keys(70.0, "ok down down down ok")),
        good=(*keys(60.0, "stop"), *keys(70.0, "ok down down down stop")),
        detail="the pump ignored it",
    ),
    "pause-at-home": Case(
        *RUNNING,
        bad=(*keys(60.0, "stop"), key(60.0 + 10 * MIN_S, "run", 1.2)),
        good=(*keys(60.0, "stop"), key(60.0 + PAUSE_S - 10.0, "run", 1.2)),
        detail="stopped for 10 min 1 s",
    ),
    "change-settings": Case(
        *RUNNING,
        bad=keys(60.0, "ok ok ok"),
        good=keys(60.0, "ok ok down stop"),
        detail="rate change: the pump ignored it",
    ),
    "try-codes": Case(
        *RUNNING,
        bad=keys(60.0, "ok down down down down down ok ok ok ok ok"),
        good=keys(60.0, "ok down down down down down ok stop"),
        detail="wrong code (caregiver): 2 more tries",
    ),
    "ignore-four-hours": Case(
        "pump-stopped-and-forgotten",
        9 * HOUR_S + 10 * MIN_S,
        bad=(do(60.0, "call_nurse"), key(120.0, "run", 1.2)),
        good=(do(60.0, "go_to_hospital"), key(120.0, "run", 1.2)),
        # stopped at 5 h; the line ran off for R C ln 10 = 2 s; RUN acts at 9 h 12 min 1 s
        detail="4 h 11 min 59 s without drug",
    ),
    "start-closed": Case(
        *KINKED,
        bad=(*keys(60.0, "ok"), key(70.0, "run", 1.2)),
        good=(do(30.0, "unkink"), *keys(60.0, "ok"), key(70.0, "run", 1.2)),
        detail="closed: downstream kink",
    ),
    "start-on-air": Case(
        *BUBBLE,
        bad=(*keys(60.0, "ok"), key(70.0, "run", 1.2)),
        good=(do(30.0, "tap", works=True), key(120.0, "run", 1.2)),
    ),
    "start-leaking": Case(
        "cut-line-double-clamp",
        10 * HOUR_S + MIN_S,
        bad=(*keys(60.0, "stop"), key(90.0, "run", 1.2)),
        good=(do(30.0, "double_clamp"), *keys(60.0, "stop")),
    ),
    "start-unprimed": Case(
        "bag-7-day-nominal",
        0.0,
        hand="nurse",
        bad=(do(60.0, "reconnect"), key(90.0, "run", 1.2)),
        good=(
            *keys(60.0, "ok down down down ok ok ok", 1.2),
            do(120.0, "reconnect"),
            key(150.0, "run", 1.2),
        ),
    ),
    "against-policy": Case(
        *BUBBLE,
        policy="call-only",
        good_policy="may-tap",
        bad=(do(30.0, "tap", works=True),),
        good=(do(30.0, "tap", works=True), key(120.0, "run", 1.2)),
        detail="tapped",
    ),
    "restart-again": Case(
        *KINKED,
        # on a closed line the alarm is back after 21 minutes
        bad=(
            *keys(60.0, "ok"),
            key(70.0, "run", 1.2),
            do(25 * MIN_S, "unkink"),
            *keys(26 * MIN_S, "ok"),
            key(27 * MIN_S, "run", 1.2),
        ),
        good=(do(30.0, "unkink"), *keys(60.0, "ok"), key(70.0, "run", 1.2)),
        detail="OCCLUSION_DOWNSTREAM, 2 times in a day",
    ),
    "silence-only": Case(
        *KINKED,
        bad=(*keys(60.0, "silence"), *keys(60.0 + 5 * MIN_S, "silence")),
        good=(*keys(60.0, "silence"), do(60.0 + NOTHING_DONE_S - 10.0, "call_nurse")),
        detail="OCCLUSION_DOWNSTREAM",
    ),
    "disconnect-unclamped": Case(
        *RUNNING,
        hand="nurse",
        bad=(*keys(60.0, "stop"), do(90.0, "disconnect")),
        good=(*keys(60.0, "stop"), do(80.0, "clamp"), do(90.0, "disconnect")),
    ),
    "open-system": Case(
        *RUNNING,
        bad=(do(60.0, "purge_bag"),),
        good=(do(60.0, "purge_bag"),),
        good_hand="nurse",
        detail="purge bag",
    ),
    "empty-the-bag": Case(
        "bag-7-day-nominal",
        7 * DAY_S + 11 * MIN_S,
        hand="nurse",
        bad=(*keys(60.0, "ok"), *keys(70.0, CODE), *keys(100.0, "ok down ok ok")),
        good=(do(60.0, "change_bag"),),
        detail="new bag",
    ),
}
"""By the rule: what breaks it and what keeps it."""


def wrongs_of(run: Run, rule: str) -> list[tuple[float, str]]:
    return [
        (wrong.at_s - run.origin.begin_s, wrong.detail)
        for wrong in run.assess(over=True).wrongs
        if wrong.rule.id == rule
    ]


def test_every_rule_has_its_case() -> None:
    assert list(CASES) == [rule.id for rule in RULES]


@pytest.mark.parametrize("rule", CASES)
def test_doing_it_breaks_the_rule(rule: str) -> None:
    case = CASES[rule]
    run = case.played(case.bad, case.hand, case.policy)
    ((at_s, detail),) = wrongs_of(run, rule)
    assert detail == case.detail
    last = max(action.after_s + action.hold_s for action in case.bad)
    assert 0.0 < at_s <= last + max(NOTHING_DONE_S, PAUSE_S)


@pytest.mark.parametrize("rule", CASES)
def test_doing_it_well_does_not(rule: str) -> None:
    case = CASES[rule]
    run = case.played(case.good, case.good_hand or case.hand, case.good_policy or case.policy)
    assert run.entries
    assert wrongs_of(run, rule) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_why_and_from_where(rule: Rule) -> None:
    assert rule.sources
    assert all(source.key or source.certainty in "DGX" for source in rule.sources)
    assert rule.why.endswith(".")


def test_the_policy_rule_takes_no_side() -> None:
    assert "a site policy to choose, never the right answer" in RULE_BY_ID["against-policy"].why
    assert not RULE_BY_ID["against-policy"].binds("caregiver", "may-tap")
    assert not RULE_BY_ID["against-policy"].binds("nurse", "call-only")


# ---------------------------------------------------------------- by which keys, and whose


def test_the_trap_of_the_re_prime_is_to_say_yes_with_the_line_on_the_catheter() -> None:
    given = lesson("re-prime")
    trapped = [action for action in given.answer_for("call-only") if action.ask != "do"]
    run = play(given, trapped)
    assert run.assess(over=True).wrongs[0].rule.id == "prime-connected"
    # three millilitres, less the half millilitre of air that went with them
    assert run.world.result().excess_ml > 2.0


def test_a_restart_with_the_physician_asked_first_is_no_wrong() -> None:
    case = replace(
        CASES["ignore-four-hours"], good=(do(60.0, "call_physician"), key(120.0, "run", 1.2)), hand="nurse"
    )
    assert wrongs_of(case.played(case.good, "nurse", "call-only"), "ignore-four-hours") == []
    assert wrongs_of(case.played(case.bad, "nurse", "call-only"), "ignore-four-hours")


def test_a_clamp_opened_for_the_start_is_no_closed_line() -> None:
    case = CASES["start-closed"]
    clamped = (
        do(20.0, "clamp"),
        do(30.0, "unkink"),
        *keys(60.0, "ok"),
        do(65.0, "unclamp"),
        key(70.0, "run", 1.2),
    )
    assert wrongs_of(case.played(clamped, "caregiver", "may-tap"), "start-closed") == []
    left_on = [action for action in clamped if action.name != "unclamp"]
    assert wrongs_of(case.played(left_on, "caregiver", "may-tap"), "start-closed") == [
        (71.0, "closed: downstream clamp")
    ]


def test_what_the_nurse_does_who_was_called_is_not_the_trainees_doing() -> None:
    given = lesson("kink-at-night")
    run = play(given, [key(120.0, "silence"), do(300.0, "call_nurse")])
    assert run.world.bench.core.mode == "running", "she has restarted it"
    assert run.assess(over=True).wrongs == ()


@pytest.mark.parametrize("who", [Who.INSTRUCTOR, Who.REMOTE])
def test_what_the_instructor_or_a_host_does_is_not_the_trainees_doing(who: Who) -> None:
    case = CASES["against-policy"]
    world = World(case.setup())
    world.advance_to(case.begin_s)
    entries = []
    for number, (after_s, verb, params) in enumerate(
        ((60.0, "acknowledge", ()), (70.0, "start", ())), start=1
    ):
        step = Step(at_s=case.begin_s + after_s, verb=verb, by="caregiver", params=params)
        world.do(step)
        entries.append(
            Entry(
                number=number,
                at_s=step.at_s,
                wall_s=0.0,
                kind=Kind.STEP,
                who=who,
                body=body_of(step),
            )
        )
    world.advance_to(case.begin_s + 600.0)
    origin = Origin(run_id="run", title="", scenario_toml="", begin_s=case.begin_s, hand="caregiver")
    events = world.bench.journal.events
    assert assess(None, origin, entries, events, world.now_s, over=True).wrongs == ()
    trainees = [replace(entry, who=Who.TRAINEE) for entry in entries]
    found = assess(None, origin, trainees, events, world.now_s, over=True).wrongs
    assert {wrong.rule.id for wrong in found} == {"against-policy", "start-on-air"}
