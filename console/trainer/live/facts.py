"""What a page is told once, when it comes: what the run is, how things sound, and what can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from console.trainer.kept.record import Origin
from console.trainer.kept.store import Kept
from console.trainer.lessons import Lesson
from console.trainer.live.asks import within_reach
from console.trainer.live.port import DIALECTS
from console.trainer.live.quick import ACTS, EXAMPLES
from console.trainer.live.run import SPEEDS, Run
from console.trainer.live.view import Page
from pump.alarm_table import ALARMS, Priority
from pump.commands import Key
from pump.lock import NURSE_CODE
from pump.signals import (
    DOUBLE_BEEP,
    HARMONICS_DB,
    KEY_BEEP,
    RISE_FRAC,
    Pulse,
    burst_period_s,
    pulse_train,
)
from scenarios.fields import FLAG, Field, Integer, Text
from scenarios.verbs import VERBS, Verb
from sim.therapy.limits import RESTART_LIMIT_S
from sim.world.setup import Setup
from sim.world.work import NURSE

SAMPLE_COUNT: Final = 60


def facts(run: Run, page: Page, family: Sequence[Kept]) -> dict[str, Any]:
    """Give what `page` of `run` is told once. `family` are the run and its branches."""
    told: dict[str, Any] = {
        "sounds": sounds(),
        "beeps": {"key": _tones(KEY_BEEP), "double": _tones(DOUBLE_BEEP)},
        "harmonics_db": list(HARMONICS_DB),
        "rise_frac": RISE_FRAC,
        "keys": [key.value for key in Key],
        "alarms": [
            {"code": row.code, "display": row.display, "priority": row.priority.value} for row in ALARMS
        ],
        "clock_start_s": run.world.setup.clock_start_s,
        "hands": within_reach(run.origin.hand),
    }
    if run.origin.hand == NURSE:
        told["code"] = nurse_code(run.world.setup)
    if run.lesson is not None:
        told["lesson"] = lesson_facts(run.lesson, page)
    if page is not Page.TRAINEE:
        told["limits"] = limits(run)
    if page is Page.INSTRUCTOR:
        told["speeds"] = list(SPEEDS)
        told["dialects"] = list(DIALECTS)
        told["acts"] = acts()
        told["verbs"] = [verb_form(verb) for verb in VERBS.values()]
        told["family"] = [
            {
                "id": each.origin.run_id,
                "title": each.origin.title,
                "parent": each.origin.parent_id,
                "branch_s": each.origin.branch_s,
                "reached_s": each.reached_s,
            }
            for each in family
        ]
    return {"run": run_facts(run.origin), "facts": told}


def run_facts(origin: Origin) -> dict[str, Any]:
    """Say what a run is, without the scenario that it is made from."""
    return {
        "id": origin.run_id,
        "title": origin.title,
        "lesson": origin.lesson_id,
        "mode": origin.mode.value,
        "policy": origin.policy,
        "hand": origin.hand,
        "trainee": origin.trainee,
        "parent": origin.parent_id,
        "branch_s": origin.branch_s,
        "begin_s": origin.begin_s,
        "alone": origin.alone,
    }


def lesson_facts(lesson: Lesson, page: Page) -> dict[str, Any]:
    """Say what the lesson is about; what is right, and what the trainer is told, only to the instructor."""
    told: dict[str, Any] = {
        "title": lesson.title,
        "brief": lesson.brief,
        "aims": list(lesson.aims),
        "questions": [
            {
                "id": question.id,
                "text": question.text,
                "choices": [{"id": choice.id, "text": choice.text} for choice in question.choices],
            }
            for question in lesson.questions
        ],
    }
    if page is Page.INSTRUCTOR:
        told |= {"for_trainer": lesson.for_trainer, "answer_text": lesson.answer_text}
    return told


def nurse_code(setup: Setup) -> str:
    """Give the code that a nurse has been told, who cannot unlock the keyboard without it."""
    return {access.value: code for access, code in setup.pump.codes}.get(NURSE, NURSE_CODE)


def sounds() -> dict[str, Any]:
    """Give how every priority sounds, as numbers."""
    return {
        priority.value: {
            "pulses": _tones(pulse_train(priority)),
            "period_s": burst_period_s(priority),
            "escalated_period_s": burst_period_s(priority, escalated=True),
        }
        for priority in Priority
    }


def _tones(pulses: Sequence[Pulse]) -> list[list[float]]:
    return [[pulse.start_s, pulse.duration_s, pulse.frequency_hz] for pulse in pulses]


def verb_form(verb: Verb) -> dict[str, Any]:
    """Give what a form needs to ask for a verb."""
    return {
        "name": verb.name,
        "room": verb.room,
        "meaning": verb.meaning,
        "hand": verb.hand,
        "parameters": [_parameter(verb.name, field) for field in verb.parameters],
    }


def acts() -> list[dict[str, Any]]:
    """Give what can be done with one press."""
    return [
        {"title": title, "acts": [asdict(act) for act in acts_there]} for title, acts_there in ACTS.items()
    ]


def limits(run: Run) -> dict[str, float]:
    """Give the levels that the truth is held against."""
    settings = run.world.bench.core.settings
    return {
        "p_down_mmhg": settings.downstream_mmhg,
        "p_up_mmhg": settings.upstream_mmhg,
        "interruption_s": RESTART_LIMIT_S,
    }


def _parameter(verb_name: str, field: Field) -> Mapping[str, Any]:
    kind = field.kind
    choices: list[str] = []
    match kind:
        case Text(choices=known) if known:
            name, choices = "choice", list(known)
        case Text():
            name = "text"
        case Integer():
            name = "integer"
        case _ if kind is FLAG:
            name = "flag"
        case _:
            name = "quantity"
    return {
        "key": field.key,
        "meaning": field.meaning,
        "required": field.required,
        "default": field.default,
        "kind": name,
        "choices": choices,
        "sample": EXAMPLES.get((verb_name, field.key), kind.sample.strip('"')[:SAMPLE_COUNT]),
    }
