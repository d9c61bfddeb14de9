"""Lesson files: what can be written, and every way to write one wrongly, each told with its line."""

from __future__ import annotations

import pytest

from console.trainer.lessons import loads_lesson
from console.trainer.lessons.reader import TAP_S
from console.trainer.lessons.tasks import KINDS, Checklist, Do
from scenarios.faults import ScenarioError

GOOD = """\
schema = 1
id = "ours"
title = "Ours"
aims = ["One", "Two"]
brief = "It is night."
for_trainer = "Watch."
answer_text = "Silence, free, restart."
scenario = "kink-cleared-in-time"
begin = "2 d 40 min"
script_until = "2 d 10 min"
limit = "2 h"
hand = "caregiver"
nurse = "45 min"
forbidden = ["silence-only"]
[[step]]
at = "2 d 45 min"
do = "unplug"
[[task]]
id = "silence"
text = "Pause the sound"
kind = "silence"
alarm = "OCCLUSION_DOWNSTREAM"
within = "2 min"
hints = ["A key."]
[[task]]
id = "steps"
text = "Free the line"
kind = "checklist"
after = "silence"
policy = "may-tap"
[[task.step]]
text = "Look"
kind = "do"
verbs = ["unkink"]
[[task.step]]
text = "Say it"
kind = "answer"
question = "cause"
[[question]]
id = "cause"
text = "Why?"
cause = true
[[question.choice]]
id = "kink"
text = "A kink"
right = true
[[question.choice]]
id = "bag"
text = "The bag"
[[answer]]
at = "2 min"
keys = ["silence", "run 1.2 s"]
[[answer]]
at = "3 min"
do = "unkink"
where = "downstream"
policy = "may-tap"
[[answer]]
at = "4 min"
question = "cause"
choice = "kink"
[[answer]]
at = "5 min"
note = "OCCLUSION_DOWNSTREAM"
text = "found"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        loads_lesson(text, file="ours.toml")
    return str(caught.value).splitlines()


def test_a_file_is_read_to_its_last_line() -> None:
    ours = loads_lesson(GOOD)
    assert (ours.begin_s, ours.script_until_s, ours.limit_s) == (175200.0, 173400.0, 7200.0)
    assert (ours.hand, ours.nurse_travels_s) == ("caregiver", 2700.0)
    assert [rule.id for rule in ours.rules] == ["silence-only"]
    assert [step.verb for step in ours.steps] == ["unplug"]
    assert [task.id for task in ours.tasks_for("call-only")] == ["silence"]
    assert [task.id for task in ours.tasks_for("may-tap")] == ["silence", "steps"]
    checklist = ours.tasks[1].check
    assert isinstance(checklist, Checklist)
    assert checklist.items[0].check == Do(verbs=("unkink",))
    assert ours.questions[0].right == "kink"
    first, second, *rest = ours.answer_for("call-only")
    assert (first.name, first.after_s, first.hold_s) == ("silence", 120.0, TAP_S)
    assert (second.name, second.hold_s) == ("run", 1.2)
    assert second.after_s > first.after_s + TAP_S
    assert [action.ask for action in rest] == ["answer", "note"]
    assert [action.name for action in ours.answer_for("may-tap") if action.ask == "do"] == ["unkink"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("schema = 1", "schema = 2", "ours.toml:1: schema:"),
        ('id = "ours"\n', "", "ours.toml:1: id is missing"),
        ('title = "Ours"', 'titel = "Ours"', 'ours.toml:3: "titel" is not known here; did you mean title?'),
        ('aims = ["One", "Two"]', "aims = []", "ours.toml:4: aims: the list has 0 entries"),
        ('"kink-cleared-in-time"', '"kink-cleared-in-tim"', "ours.toml:8: "),
        ('begin = "2 d 40 min"', "begin = 2", "ours.toml:9: begin: 2 has no unit"),
        ('script_until = "2 d 10 min"', 'script_until = "3 d"', "ours.toml:10: it lies after"),
        ('limit = "2 h"', 'limit = "0 s"', "ours.toml:11: the lesson ends before it begins"),
        ('"caregiver"', '"supplier"', "ours.toml:12: hand:"),
        ('["silence-only"]', '["silent-only"]', "ours.toml:14: forbidden:"),
        ('at = "2 d 45 min"', 'at = "3 d"', "ours.toml:16: it lies after"),
        ('do = "unplug"', 'do = "unplugg"', "ours.toml:17: "),
        ('kind = "silence"', 'kind = "quiet"', 'ours.toml:21: "quiet" is no kind of task'),
        ('kind = "silence"\n', "", "ours.toml:18: kind is missing"),
        ('alarm = "OCCLUSION_DOWNSTREAM"\nwithin', "within", "ours.toml:18: it does not say of which alarm"),
        ('kind = "silence"', 'kind = "silence"\nverbs = ["tap"]', 'ours.toml:22: "verbs" is not known here'),
        ('id = "steps"', 'id = "silence"', 'ours.toml:26: there is a "silence" already'),
        ('after = "silence"', 'after = "silent"', 'ours.toml:29: "silent" is no task above this one'),
        ('policy = "may-tap"\n[[task.step]]', 'policy = "staff"\n[[task.step]]', "ours.toml:30: policy:"),
        ('kind = "checklist"', 'kind = "flow"', "ours.toml:31: only a checklist has steps"),
        ('verbs = ["unkink"]', 'verbs = ["occlude"]', "ours.toml:34: verbs:"),
        ('kind = "do"', 'kind = "silence"', "ours.toml:33: silence is no step of a checklist"),
        ('question = "cause"\n[[question]]', 'question = "why"\n[[question]]', "ours.toml:38: "),
        ("right = true", "right = false", "ours.toml:39: 2 choices, 0 of them right"),
        ('id = "bag"', 'id = "kink"', 'ours.toml:48: there is a "kink" already'),
        ('"silence", "run 1.2 s"', '"silense"', 'ours.toml:52: keys: "silense" is no key'),
        ('"run 1.2 s"', '"run 1.2"', 'ours.toml:52: keys: "1.2" has no unit'),
        (
            'at = "3 min"\ndo = "unkink"',
            'at = "3 min"\ndo = "occlude"',
            "ours.toml:55: occlude is not done by hand",
        ),
        ('choice = "kink"', 'choice = "clot"', 'ours.toml:61: "clot" is no choice of it'),
        ('note = "OCCLUSION_DOWNSTREAM"', 'note = "OCCLUSION"', "ours.toml:64: note:"),
        ('at = "5 min"\n', 'at = "5 h"\n', "ours.toml:63: it lies after the lesson's end"),
        ('at = "4 min"\n', 'at = "4 min"\nkeys = ["ok"]\n', "ours.toml:58: keys and question are two things"),
        ("[[question]]", "[question]", "ours.toml:39: question is no list of tables"),
    ],
)
def test_every_fault_has_its_line(old: str, new: str, fault: str) -> None:
    assert old in GOOD
    found = faults_of(GOOD.replace(old, new, 1))
    assert any(line.startswith(fault) for line in found), found


def test_all_faults_are_told_at_once_and_none_twice() -> None:
    wrong = GOOD.replace('"2 h"', '"2"').replace('"silence-only"', '"nothing"').replace('["unkink"]', "[]")
    assert [line.split(":")[1] for line in faults_of(wrong)] == ["11", "14", "34"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_task_can_be_asked_for(kind: str) -> None:
    own = {
        "do": 'verbs = ["tap"]\nwhere = "line"\nleast = "3 mL"\nrate = "0.6 mL/h"\ntries = true\n',
        "press": 'commands = ["start"]\n',
        "answer": 'question = "cause"\n',
        "checklist": '[[task.step]]\ntext = "Go"\nkind = "press"\ncommands = ["start"]\n',
        "keep": 'most = "4 h"\n',
    }.get(kind, "")
    table = f'[[task]]\nid = "one"\ntext = "One"\nkind = "{kind}"\nalarm = "AIR_IN_LINE"\n{own}'
    ours = loads_lesson(GOOD[: GOOD.index("[[task]]")] + table + GOOD[GOOD.index("[[question]]") :])
    assert ours.tasks[0].kind == kind
    assert type(ours.tasks[0].check) is KINDS[kind].make
