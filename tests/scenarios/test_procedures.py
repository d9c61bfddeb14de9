"""Procedure files: those that come with the product, and every way to write one wrongly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pump.alarm_table import ALARMS
from scenarios.faults import FaultList, ScenarioError
from scenarios.loader import loads
from scenarios.procedures import (
    OVERRIDES,
    load_procedure,
    loads_procedure,
    procedure_names,
)
from scenarios.verbs import read_step, write_step
from sim.world.procedure import CHANCE_NAMES, TASKS, TIME_NAMES, Policy, rule_for
from sim.world.setup import Step
from sim.world.world import World

GOOD = """\
schema = 1
id = "ours"
title = "Ours"
policy = "may-tap"
source = "us"
[chances]
tap_works = { value = "50 %", source = "our audit", certainty = "F" }
[times]
awake_from = "06:30"
look = { value = "2 h", source = "us", certainty = "X" }
[[when]]
alarm = "AIR_IN_LINE"
then = ["silence", "tap", "acknowledge", "restart"]
second = ["call_nurse"]
within = "12 h"
[[nurse]]
alarm = "any high"
then = ["reprime"]
"""


ATTENDED = tuple(name for name in procedure_names() if load_procedure(name).rules)
"""Where somebody lives beside the pump."""


def faults_of(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads_procedure(text, file="ours.toml")
    return str(caught.value).splitlines()


def test_the_procedures_that_come_with_the_product() -> None:
    assert procedure_names() == ("home-call-only", "home-may-tap", "hospital", "on-call")
    for name in procedure_names():
        assert load_procedure(name).id == name


@pytest.mark.parametrize("name", procedure_names())
def test_every_figure_says_where_it_comes_from(name: str) -> None:
    procedure = load_procedure(name)
    cited = {figure.name for figure in procedure.figures}
    assert cited == {*CHANCE_NAMES, *TIME_NAMES} - {"awake_from_s", "awake_until_s"}
    assert all(figure.source for figure in procedure.figures)


@pytest.mark.parametrize("name", ATTENDED)
def test_every_alarm_of_the_pump_has_a_rule(name: str) -> None:
    procedure = load_procedure(name)
    for rules in (procedure.rules, procedure.visits):
        assert [row.code for row in ALARMS if rule_for(rules, row.code, row.priority.value) is None] == []


@pytest.mark.parametrize("name", ["home-call-only", "home-may-tap"])
def test_nobody_at_home_primes_or_restarts_after_a_second_alarm(name: str) -> None:
    procedure = load_procedure(name)
    for rule in procedure.rules:
        assert not any(TASKS[task].staff for task in rule.then + rule.second)
        assert not {"restart", "tap"} & set(rule.second)


def test_where_the_policy_is_to_call_nobody_taps_or_restarts() -> None:
    procedure = load_procedure("home-call-only")
    assert procedure.policy is Policy.CALL_ONLY
    assert not any(TASKS[task].repairs for rule in procedure.rules for task in rule.then + rule.second)


def test_a_file_is_read_to_the_last_figure() -> None:
    procedure = loads_procedure(GOOD)
    assert (procedure.id, procedure.policy, procedure.hand) == ("ours", Policy.MAY_TAP, "caregiver")
    assert procedure.chances.tap_works_frac == 0.5
    assert procedure.times.awake_from_s == 6.5 * 3600
    assert procedure.times.look_s == 7200.0
    assert [(figure.name, figure.source, figure.certainty) for figure in procedure.figures] == [
        ("tap_works_frac", "our audit", "F"),
        ("look_s", "us", "X"),
    ]
    (rule,) = procedure.rules
    assert (rule.alarm, rule.second, rule.within_s) == ("AIR_IN_LINE", ("call_nurse",), 43200.0)
    assert procedure.visits[0].then == ("reprime",)


def test_like_takes_over_what_a_file_leaves_out() -> None:
    text = 'schema = 1\nid = "ours"\ntitle = "Ours"\npolicy = "staff"\nsource = "us"\nlike = "hospital"\n'
    ours = loads_procedure(text + '[times]\nlook = { value = "30 min", source = "us", certainty = "F" }\n')
    hospital = load_procedure("hospital")
    assert ours.times == replace(hospital.times, look_s=1800.0)
    assert (ours.rules, ours.chances, ours.hand) == (hospital.rules, hospital.chances, "nurse")


TROUBLED = """\
schema = 1
id = "troubled"
title = "Everything at once"
seed = 3
until = "3 d"
[order]
rate = "0.6 mL/h"
duration = "7 d"
dose = "196 ug"
[[step]]
at = "0 s"
do = "prime"
volume = "3 mL"
[[step]]
at = "10 min"
do = "start"
[[step]]
at = "2 h"
do = "kink"
[[step]]
at = "16 h"
do = "air"
volume = "1 mL"
[[step]]
at = "30 h"
do = "unplug"
[[step]]
at = "31 h"
do = "battery_level"
level = "2 %"
[[step]]
at = "40 h"
do = "occlude"
"""


@pytest.mark.parametrize("name", ATTENDED)
def test_three_days_of_trouble_replay_without_people_to_the_same_events(name: str) -> None:
    procedure = load_procedure(name)
    setup = loads(TROUBLED + f'[response]\nprocedure = "{name}"\n').setup
    world = World(setup)
    result = world.run()
    assert {each.by for each in world.recorded if each.verb == "silence"} == {procedure.hand}
    assert World(replace(setup, steps=tuple(world.recorded), response=None)).run() == result
    for each in world.recorded:
        table = write_step(each)
        assert read_step(table, ("step", 0), FaultList("")) == each


def test_on_call_the_nurse_comes_to_whoever_calls_and_nobody_else_does_anything() -> None:
    setup = loads(TROUBLED + '[response]\nprocedure = "on-call"\nspread = 1\nnurse_answers = 1\n').setup
    alone = World(setup)
    alone.advance_to(8 * 3600.0)
    assert {each.verb for each in alone.recorded} == {"prime", "start", "kink"}
    called = World(setup)
    called.do(Step(at_s=3 * 3600.0, verb="call_nurse", by="caregiver"))
    called.advance_to(8 * 3600.0)
    by_nurse = [each for each in called.recorded if each.by == "nurse" and each.verb != "note"]
    # she travels for an hour, looks along the line, and starts again
    assert [each.verb for each in by_nurse] == ["unkink", "acknowledge", "start"]
    assert by_nurse[0].at_s == 4 * 3600.0 + 180.0


def test_the_hospital_is_always_awake_and_near() -> None:
    hospital = load_procedure("hospital")
    assert hospital.times.awake_from_s == hospital.times.awake_until_s
    assert hospital.times.reaction_awake_s == 60.0
    assert hospital.hand == "nurse"


def test_every_chance_and_time_can_be_overridden_in_a_scenario() -> None:
    assert {field.inner for field in OVERRIDES} == {*CHANCE_NAMES, *TIME_NAMES}
    by_key = {field.key: field for field in OVERRIDES}
    assert by_key["tap_works"].kind.read("30 %") == 0.3
    assert by_key["reaction_asleep"].kind.read("45 min") == 2700.0
    assert by_key["awake_until"].kind.read("22:15") == 22.25 * 3600


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('id = "ours"\n', "", "ours.toml:1: id is missing"),
        ('policy = "may-tap"', 'policy = "free"', "ours.toml:4: policy:"),
        ('title = "Ours"', 'title = "Ours"\nhands = 2', "ours.toml:4: "),
        ("tap_works", "tap_work", 'ours.toml:7: "tap_work" is not known here; did you mean tap_works?'),
        ('"50 %"', '"150 %"', "ours.toml:7: tap_works:"),
        (', certainty = "F"', "", "ours.toml:7: tap_works: it needs value, source and certainty"),
        ('certainty = "F"', 'certainty = "sure"', "ours.toml:7: tap_works: certainty"),
        ('"06:30"', '"6.30"', "ours.toml:9: awake_from:"),
        ('"2 h"', "2", "ours.toml:10: look:"),
        ("AIR_IN_LINE", "AIR_IN_THE_LINE", "ours.toml:12: alarm:"),
        ('"tap", ', '"tapp", ', "ours.toml:13: then:"),
        ('"tap", ', '"reprime", ', "ours.toml:13: reprime is for trained staff"),
        ('"may-tap"', '"call-only"', "ours.toml:13: tap is forbidden by the policy call-only"),
        ('"may-tap"', '"staff"', "ours.toml:4: policy staff is not for the caregiver"),
        ("[[when]]", "[when]", "ours.toml:11: when is no list of tables"),
        ("schema = 1", "schema = 2", "ours.toml:1: this program reads schema 1"),
        (
            "[[nurse]]",
            '[[when]]\nalarm = "AIR_IN_LINE"\nthen = ["stop"]\n[[nurse]]',
            "ours.toml:17: AIR_IN_LINE has",
        ),
        ('source = "us"\n', 'source = "us"\nlike = "home"\n', "ours.toml:6: "),
        ("[chances]", "[chances", "ours.toml:6: this is no TOML"),
    ],
)
def test_every_fault_has_its_line(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    found = faults_of(GOOD.replace(old, new, 1))
    assert any(line.startswith(fault) for line in found), found


def test_there_must_be_somebody_to_call() -> None:
    text = GOOD[: GOOD.index("[[nurse]]")]
    assert faults_of(text) == [
        "ours.toml:14: there is nobody to call; add [[nurse]] rules for the one who comes"
    ]


def test_all_faults_are_told_at_once() -> None:
    wrong = GOOD.replace('"50 %"', '"half"').replace('"2 h"', '"2 hours"').replace('"tap"', '"hit"')
    assert [line.split(":")[1] for line in faults_of(wrong)] == ["7", "10", "13"]


def test_files_that_are_none(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\x00\x01")
    big = tmp_path / "big.toml"
    big.write_bytes(b"# " + b"x" * 1_000_001)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'title = "\xe9"')
    for path, words in (
        (binary, "binary"),
        (big, "larger than 1 MB"),
        (latin, "not UTF-8"),
        (tmp_path, "a folder"),
        (tmp_path / "none.toml", "no such file"),
    ):
        with pytest.raises(ScenarioError, match=words):
            load_procedure(path)
    with pytest.raises(ScenarioError, match="did you mean hospital"):
        load_procedure("hospitall")


def test_a_procedure_of_ones_own_comes_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert load_procedure(path) == load_procedure(str(path)) == loads_procedure(GOOD)
