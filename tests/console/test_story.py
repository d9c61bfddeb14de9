"""A run told to people: nothing that matters is left out, nothing is told twice."""

from __future__ import annotations

import inspect
from dataclasses import MISSING, fields

import pytest

import pump.events
import sim.events
from console.story import MATTERS, WORDS, Lane, commands_of_changes, in_words, timeline
from pump.events import CommandAccepted, Event, ModeChanged, Noted
from scenarios.loader import load, loads
from sim.world.result import Result
from sim.world.world import World
from tests.console.samples import DAY7, KINK

KINDS = [
    kind
    for module in (pump.events, sim.events)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, Event) and kind not in {Event, pump.events.AlarmEvent}
]


@pytest.fixture(scope="module")
def day7() -> Result:
    return World(load(DAY7).setup).run()


def example(kind: type[Event]) -> Event:
    """An event of a kind, its fields filled by their types."""
    values: dict[str, object] = {}
    for field in fields(kind):
        if field.default is MISSING:
            values[field.name] = "word" if "str" in str(field.type) else 90.0
    return kind(**values)  # type: ignore[arg-type] # by its own fields


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_event_has_words(kind: type[Event]) -> None:
    assert kind in WORDS
    text = in_words(example(kind))
    assert text
    assert "object at" not in text


def test_a_kind_not_known_yet_says_its_fields() -> None:
    class Sneezed(Noted):
        pass

    assert in_words(Sneezed(t_s=1.0, seq=1, what="loudly")) == "sneezed, what loudly, detail "


def test_the_timeline_is_in_order_and_holds_all_that_matters(day7: Result) -> None:
    entries = timeline(day7)
    assert [entry.t_s for entry in entries] == sorted(entry.t_s for entry in entries)
    modes = [entry for entry in entries if entry.lane is Lane.PUMP and entry.mark != "turned back"]
    assert len(modes) == sum(isinstance(event, ModeChanged) for event in day7.events)
    for kind in MATTERS:
        told = [entry for entry in entries for event in day7.events if type(event) is kind
                and entry.t_s == event.t_s and entry.text == in_words(event)]  # fmt: skip
        assert len(told) >= sum(type(event) is kind for event in day7.events)


def test_a_command_and_what_it_did_are_told_once(day7: Result) -> None:
    starts = [entry for entry in timeline(day7) if "start by the" in entry.text]
    assert [entry.text for entry in starts] == [
        "running (start by the patient, 0.6 mL/h)",
        "running (start by the nurse, 0.6 mL/h)",
        "running (start by the nurse, 0.6 mL/h)",
    ]


def test_a_command_is_told_with_the_change_that_it_brought_only() -> None:
    events = (
        CommandAccepted(t_s=5.0, seq=1, command="stop", access="nurse"),
        ModeChanged(t_s=5.0, seq=2, mode_from="running", mode_to="stopped", cause="stop"),
        CommandAccepted(t_s=6.0, seq=3, command="silence", access="patient"),
        ModeChanged(t_s=6.0, seq=4, mode_from="stopped", mode_to="off", cause="power_off"),
        CommandAccepted(t_s=7.0, seq=5, command="start", access="patient"),
        ModeChanged(t_s=8.0, seq=6, mode_from="stopped", mode_to="running", cause="start"),
    )
    assert {change: command.seq for change, command in commands_of_changes(events).items()} == {2: 1}


def test_interruptions_are_told_when_they_began_and_ended() -> None:
    # From the kink at 2 h on no drug flows: it is released, but nobody starts the halted pump again.
    # The run ends after exactly four hours without drug, which count as four hours.
    entries = [entry for entry in timeline(World(loads(KINK).setup).run()) if entry.lane is Lane.TRUTH]
    assert [(entry.t_s, entry.text) for entry in entries] == [
        (7200.0, "no drug reaches the vein, to the end: occluded"),
        (21600.0, "four hours without drug: the next start needs supervision"),
    ]


def test_refusals_are_marked() -> None:
    text = KINK.replace('at = "3 h"\ndo = "unkink"\nwhere = "downstream"', 'at = "3 h"\ndo = "start"')
    refused = [entry for entry in timeline(World(loads(text).setup).run()) if entry.mark == "refused"]
    assert len(refused) == 1
    assert refused[0].text.startswith("refused: start by the patient: ")
