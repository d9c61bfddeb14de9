"""What pages are told of a run: sections of plain values, made from what core, scene and truth give.

Who may know what is decided here and nowhere else: the trainee sees what can be seen beside a pump, the
instructor what there is, the projector what the instructor lets it show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from console.story import Entry as Told
from console.story import told
from console.trainer.kept.record import Kind
from console.trainer.live.run import Run
from console.words import clock, moment
from pump.alarms import Standing
from pump.panel import panel
from pump.signals import Light
from sim.events import InterruptionBegan, InterruptionEnded
from sim.scene import Scene, TubeScene, scene, truth

SHOWN_DIGITS: Final = 4
"""Decimal places of volumes and parts: finer than any screen draws."""


class Page(StrEnum):
    """The pages that follow a run."""

    TRAINEE = "trainee"
    INSTRUCTOR = "instructor"
    PROJECTOR = "projector"


LOOKS_ALIKE: Final = {"drug": "liquid", "saline": "liquid"}
"""What nobody beside a pump can tell from each other."""

Section = dict[str, Any] | list[dict[str, Any]]


def sections(run: Run, page: Page) -> dict[str, Section]:
    """Give everything that `page` is told of `run` as it is now."""
    t_s = run.now_s
    found: dict[str, Section] = {
        "clock": clock_section(run, t_s),
        "panel": panel_section(run, t_s),
        "scene": scene_section(run, t_s, knows=knows_truth(run, page)),
        "show": {"truth": run.shows_truth},
        "notes": notes_section(run),
    }
    if knows_truth(run, page):
        found["truth"] = truth_section(run, t_s)
        found["marks"] = marks_section(run)
    if page is Page.INSTRUCTOR:
        found["port"] = asdict(run.port)
    if run.lesson is not None:
        found["tasks"] = run.tasks(run.lesson)
    return found


def knows_truth(run: Run, page: Page) -> bool:
    """Whether a page is shown what only the truth knows."""
    return page is Page.INSTRUCTOR or (page is Page.PROJECTOR and run.shows_truth)


def clock_section(run: Run, t_s: float) -> Section:
    """Say what time it is in the run, and how it goes on."""
    return {
        "now_s": round(t_s, 3),
        "rate_frac": run.rate_frac,
        "paused": run.session.clock.paused,
        "begun": run.begun,
        "over": run.over,
        "holding": bool(run.held),
    }


def panel_section(run: Run, t_s: float) -> Section:
    """Say what the front of the pump shows, and what its sounder does."""
    core = run.world.bench.core
    shown = panel(core, t_s)
    sound = shown.sound
    return {
        "lines": list(shown.lines),
        "status_light": _light(shown.status_light),
        "alarm_light": _light(shown.alarm_light),
        "sound": None
        if sound is None
        else {
            "code": sound.code,
            "priority": sound.priority.value,
            "escalated": sound.escalated,
            "heard": sound.is_heard,
        },
        "beeps": {"key": run.beeps.keys_count, "double": run.beeps.doubles_count},
        "icons": None if shown.icons is None else asdict(shown.icons),
        "mode": core.mode.value,
        "held": [key.value for key in run.held],
        "alarm": _alarm(core.alarms.signalled()) if shown.icons is not None else None,
        "alarm_text": _alarm_text(core.alarms.signalled()) if shown.icons is not None else "",
    }


def _light(light: Light | None) -> dict[str, Any] | None:
    if light is None:
        return None
    return {"colour": light.colour, "flash_hz": light.flash_hz, "duty_frac": light.duty_frac}


def _alarm(signalled: Standing | None) -> dict[str, str] | None:
    """Give what a room shall read."""
    if signalled is None or signalled.stepped_back:
        return None
    row = signalled.row
    return {"priority": signalled.priority.value, "display": row.display, "help": row.help}


def _alarm_text(signalled: Standing | None) -> str:
    """Say what a screen reader shall say."""
    if signalled is None or signalled.stepped_back:
        return ""
    row = signalled.row
    return f"{signalled.priority.value} priority alarm: {row.display}. {row.help}"


def scene_section(run: Run, t_s: float, *, knows: bool) -> Section:
    """Say what there is to see around the pump. Without knowing, clear liquids look alike."""
    seen: Scene = scene(run.world.bench, t_s)
    return {
        "bag": _rounded(asdict(seen.bag)),
        "supply": _tube(seen.supply, knows=knows),
        "line": _tube(seen.line, knows=knows),
        "catheter": _tube(seen.catheter, knows=knows),
        "filtered": seen.filtered,
        "connected": seen.connected,
        "needle_out": seen.needle_out,
        "clinging": seen.clinging,
        "cassette": seen.cassette,
        "door": seen.door,
        "mains": seen.mains,
        "battery": {
            "present": seen.battery.present,
            "reversed_poles": seen.battery.reversed_poles,
            **({"frac": round(seen.battery.frac, SHOWN_DIGITS)} if knows else {}),
        },
        "busy": [
            {"hand": each.hand, "verb": each.verb, "text": each.verb.replace("_", " ")} for each in run.busy()
        ],
    }


def _tube(tube: TubeScene, *, knows: bool) -> dict[str, Any]:
    stretches = [
        {
            "from_frac": round(each.from_frac, SHOWN_DIGITS),
            "to_frac": round(each.to_frac, SHOWN_DIGITS),
            "kind": each.kind if knows else LOOKS_ALIKE.get(each.kind, each.kind),
        }
        for each in tube.stretches
    ]
    return {
        "stretches": stretches if knows else _merged(stretches),
        "clamped": tube.clamped,
        "kinked": tube.kinked,
        "leaking": tube.leak_frac > 0.0,
    }


def _merged(stretches: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make one of neighbours that look alike: an edge between them would give them away."""
    found: list[dict[str, Any]] = []
    for each in stretches:
        if found and found[-1]["kind"] == each["kind"]:
            found[-1] = {**found[-1], "to_frac": each["to_frac"]}
        else:
            found.append(each)
    return found


def truth_section(run: Run, t_s: float) -> Section:
    """Say what only the truth knows."""
    world = run.world
    result = world.result()
    next_s = world.next_event_s()
    found = truth(world.bench, t_s)
    # Beside what was delivered of all bags: the counter of the pump begins anew with each.
    earlier_ml = result.believed_ml - world.bench.core.counters(world.bench.t_s).given_ml
    return {
        **_rounded(asdict(found)),
        "believed_ml": round(earlier_ml + found.believed_ml, SHOWN_DIGITS),
        "interruption": _interruption(run),
        "gap_s": round(result.gap_s, 1),
        "shortfall_ml": round(result.shortfall_ml, SHOWN_DIGITS),
        "next_event_s": round(next_s, 3) if isfinite(next_s) else None,
    }


def _interruption(run: Run) -> dict[str, Any] | None:
    """Say since when no drug has reached the vein, if that is so."""
    for event in reversed(run.world.bench.journal.events):
        if isinstance(event, InterruptionEnded):
            return None
        if isinstance(event, InterruptionBegan):
            return {"since_s": event.start_s, "cause": event.cause}
    return None


def marks_section(run: Run) -> Section:
    """Give the moments that the instructor has marked."""
    return [
        {"number": entry.number, "at_s": entry.at_s, "text": entry.body["text"], "who": entry.who.value}
        for entry in run.entries
        if entry.kind is Kind.MARK
    ]


def notes_section(run: Run) -> Section:
    """Give what the trainee has written in the diary."""
    return [
        {"number": entry.number, "at_s": entry.at_s, **entry.body}
        for entry in run.entries
        if entry.kind is Kind.NOTE
    ]


def log_rows(run: Run, after_count: int) -> tuple[list[dict[str, Any]], int]:
    """Give what has been told since `after_count` events, and how many events that is."""
    events = run.world.bench.journal.events
    start_s = run.world.setup.clock_start_s
    rows = [_row(each, start_s) for each in told(tuple(events[after_count:]))]
    return rows, len(events)


def _row(entry: Told, start_s: float) -> dict[str, Any]:
    return {
        "t_s": entry.t_s,
        "clock": clock(entry.t_s, start_s),
        "moment": moment(entry.t_s),
        "lane": entry.lane.value,
        "text": entry.text,
        "mark": entry.mark,
    }


def _rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: round(value, SHOWN_DIGITS) if isinstance(value, float) else value
        for name, value in values.items()
    }
