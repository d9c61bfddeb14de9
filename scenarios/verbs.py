"""The verbs of a scenario's steps, one row each: name, meaning, parameters.

What a verb *does*, by whose hand and with which defaults, stands in `sim/world/steps.py`; here is how
it is *written*. A step's parameters get their inner names and units (`volume = "3 mL"` becomes
`("volume_ml", 3.0)`), and what a file leaves out stays out, so that writing a step and reading it
again gives an equal step. Defaults are named here in words, for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal

from pump.commands import Access, Key, LockLevel
from pump.hands import COMMAND_NAMES
from pump.selftest import FAULTS
from scenarios.faults import FaultList, did_you_mean
from scenarios.fields import FLAG, Field, Integer, Kind, Text, read_fields, write_fields
from scenarios.locate import Path
from scenarios.quantities import (
    CONCENTRATION,
    DOSE,
    FACTOR,
    FLOW,
    LENGTH,
    RESISTANCE,
    SHARE,
    TEMPERATURE,
    TIME,
    VOLUME,
    Dimension,
    shorten,
)
from sim.plant.infusion import HIDDEN_FAULTS
from sim.world.setup import Step
from sim.world.steps import STEPS

Room = Literal["pump", "people", "environment", "wire"]
"""Where a verb acts: on the pump's keys, by a person's hands, by accident and weather, on the serial line."""

BY_HAND: Final[tuple[Room, ...]] = ("pump", "people")

LEAST_DOSE_IN_ML: Final = 1e-6
"""No smaller volume holds a dose: a volume within 1e-6 mL of a mark is on it."""

SIDES: Final = Text(sample='"downstream"', choices=("upstream", "downstream"))
HANDS: Final = Text(sample='"nurse"', choices=tuple(hand.value for hand in Access))
DIRECTIONS: Final = Text(sample='"both"', choices=("to_pump", "from_pump", "both"))
FAULT_KINDS: Final = tuple(sorted(HIDDEN_FAULTS | {fault.name for fault in FAULTS}))

AT: Final = Field(
    key="at", inner="at_s", kind=TIME, required=True, meaning="when, from the beginning of the scenario"
)
BY: Final = Field(
    key="by", inner="by", kind=HANDS, default="the verb's own hand", meaning="whose hand does it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One thing that can be done."""

    name: str
    room: Room
    meaning: str
    parameters: tuple[Field, ...] = ()

    @property
    def hand(self) -> str | None:
        """Whose hand does it unless the step says `by`; None: nobody's, it happens."""
        return STEPS[self.name].by if self.name in STEPS else None

    @property
    def fields(self) -> tuple[Field, ...]:
        """What a step with this verb may give beside `do`."""
        return (AT, *((BY,) if self.room in BY_HAND else ()), *self.parameters)


def _quantity(key: str, dimension: Dimension, meaning: str, default: str = "", *, inner: str = "") -> Field:
    ending = dimension.ending if dimension.ending.startswith("_") else f"_{dimension.ending}"
    return Field(
        key=key,
        inner=inner or f"{key}{ending}",
        kind=dimension,
        meaning=meaning,
        required=not default,
        default=default,
    )


def _word(key: str, kind: Kind[Any], meaning: str, default: str = "", *, inner: str = "") -> Field:
    return Field(
        key=key, inner=inner or key, kind=kind, meaning=meaning, required=not default, default=default
    )


def _takes(default: str) -> Field:
    return _quantity("takes", TIME, "how long it takes", default)


def _verb(room: Room, name: str, meaning: str, *parameters: Field) -> Verb:
    return Verb(name=name, room=room, meaning=meaning, parameters=parameters)


_pump = partial(_verb, "pump")
_people = partial(_verb, "people")
_environment = partial(_verb, "environment")
_wire = partial(_verb, "wire")


_PROGRAM: Final = (
    _quantity("rate", FLOW, "rate of delivery", "unchanged"),
    _quantity("vtbi", VOLUME, "volume to be infused", "unchanged"),
    _quantity("duration", TIME, "how long, in place of one of the two", "unchanged"),
    _quantity("reservoir", VOLUME, "what the bag holds, as keyed in", "unchanged"),
    _quantity("kvo", FLOW, "keep-vein-open rate, 0 for none", "unchanged"),
    _quantity("delay", TIME, "how long delivery waits after start", "unchanged"),
)

_BAG: Final = (
    _quantity("fill", VOLUME, "liquid in the bag", "as the first bag"),
    _quantity("holdup", VOLUME, "liquid that never comes out", "as the first bag"),
    _quantity("air", VOLUME, "air above the liquid", "as the first bag"),
    _word("vented", FLAG, "whether the bag lets air in", "as the first bag"),
    _quantity("temperature", TEMPERATURE, "of the bag's liquid", "as the first bag"),
    _quantity("concentration", CONCENTRATION, "drug in the liquid", "as the first bag", inner="ug_per_ml"),
    _quantity("dose", DOSE, "drug in `dose_in` of solution, in place of a concentration", "by concentration"),
    _quantity("dose_in", VOLUME, "solution that holds the dose", "by concentration"),
)

_KEY: Final = _word("key", Text(sample='"run"', choices=tuple(key.value for key in Key)), "which key")

_CODE: Final = Text(sample='"2580"', most_count=20)
_LEVEL: Final = Text(sample='"LL2"', choices=tuple(level.value for level in LockLevel))

_REMOTE: Final = (
    *_PROGRAM,
    _word("withdraws", FLAG, "whether the pump turns the other way", "unchanged"),
    _word(
        "override",
        FLAG,
        "whether values beyond soft limits are confirmed too",
        "false",
        inner="soft_override",
    ),
    _quantity("volume", VOLUME, "how much to prime", "none"),
    _word(
        "confirmed", FLAG, "that nobody is connected while priming", "none", inner="disconnected_confirmed"
    ),
    _word("key", _KEY.kind, "which key goes down or comes up", "none"),
    _word("down", FLAG, "whether it goes down", "none"),
    _word("code", _CODE, "the code that unlocks", "none"),
    _word("level", _LEVEL, "the lock level", "none"),
)
"""What the commands of a remote controller can say; each takes its own."""

_FRAMES: Final = (
    _word("direction", DIRECTIONS, "which way the frames go", "both"),
    _word(
        "frames",
        Integer(sample="1", lowest=1, highest=1_000_000),
        "how many frames",
        "1",
        inner="frames_count",
    ),
)
_LATE: Final = _quantity("delay", TIME, "how late, by the wall clock")
_FOR: Final = _quantity("for", TIME, "how long, by the scenario's time")

VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb
    for verb in (
        # --- the pump's keys and commands
        _pump("power_on", "switch the pump on; it tests itself first"),
        _pump("power_off", "switch the pump off"),
        _pump(
            "start",
            "begin or go on with the programme; connects the line unless somebody took it off",
        ),
        _pump("stop", "stop delivery or priming"),
        _pump(
            "prime",
            "prime the set with the pump",
            _quantity("volume", VOLUME, "how much to pump"),
            _word("confirmed", FLAG, "whether the hand confirms that nobody is connected", "true"),
        ),
        _pump(
            "press",
            "press a key of the front panel and let it go",
            _KEY,
            _quantity("hold", TIME, "how long it is held", "1.2 s"),
        ),
        _pump("key_down", "press a key of the front panel, and keep it down", _KEY),
        _pump("key_up", "let a key go", _KEY),
        _pump("silence", "pause the sound of the alarm for a while"),
        _pump("acknowledge", "take notice of the alarm that is signalled; the next one has its turn then"),
        _pump(
            "unlock",
            "open the keyboard",
            _word("code", _CODE, "the code", "the code of the hand"),
        ),
        _pump(
            "lock",
            "set the lock level",
            _word("level", _LEVEL, "LL0, LL1 or LL2"),
        ),
        _pump(
            "program",
            "key in a programme",
            *_PROGRAM,
            _word("confirm", FLAG, "whether it is confirmed", "true"),
            _word("override", FLAG, "whether values beyond soft limits are confirmed too", "false"),
            _word("with_code", FLAG, "whether the hand opens the keyboard with its code first", "true"),
        ),
        _pump(
            "reset_reservoir",
            "tell the pump what the bag holds",
            _quantity("volume", VOLUME, "what it holds", "what was entered last"),
        ),
        _pump("clear_given", "set the given counter to zero and restore the VTBI"),
        _pump(
            "new_bag",
            "restore VTBI, given and reservoir together",
            _quantity("volume", VOLUME, "what the bag holds", "what was entered last"),
        ),
        _pump(
            "remote",
            "ask the pump for something as a remote controller does, over a wire",
            _word("ask", Text(sample='"start"', choices=tuple(COMMAND_NAMES.values())), "which command"),
            *_REMOTE,
        ),
        # --- caregiver, nurse and patient at bag, line and catheter
        _people(
            "clamp",
            "close a clamp",
            _word("where", SIDES, "which side of the pump", "downstream"),
        ),
        _people(
            "unclamp",
            "open a clamp",
            _word("where", SIDES, "which side of the pump", "downstream"),
        ),
        _people(
            "kink",
            "kink the tubing",
            _word("where", SIDES, "which side of the pump", "downstream"),
        ),
        _people(
            "unkink",
            "straighten the tubing",
            _word("where", SIDES, "which side of the pump", "downstream"),
        ),
        _people(
            "tap",
            "tap the line to drive air back",
            _word("works", FLAG, "whether it does", "true"),
            _word("restart", FLAG, "whether the pump is started again", "true"),
            _takes("1 min"),
        ),
        _people(
            "reprime",
            "stop, clamp, disconnect, prime, reconnect and start",
            _quantity("volume", VOLUME, "how much to prime"),
            _takes("5 min"),
            _word("connected", FLAG, "the error of leaving the patient connected", "false"),
        ),
        _people(
            "change_bag",
            "hang another bag",
            *_BAG,
            _word("reset", FLAG, "whether the pump's counters are restored", "true"),
            _word("new_set", FLAG, "whether a new set is hung and primed", "true"),
            _quantity("prime", VOLUME, "how much to prime a new set with", "the set's inner volume"),
            _takes("10 min"),
            *_PROGRAM[:2],
            _quantity("reservoir", VOLUME, "what the new bag holds, as keyed in", "the new bag's fill"),
        ),
        _people(
            "change_set",
            "put in a new set, prime it off the patient and go on",
            _quantity("prime", VOLUME, "inner volume", "as the first set"),
            _quantity("supply", VOLUME, "of it before the pump", "a quarter"),
            _quantity("volume", VOLUME, "how much to prime", "the inner volume"),
            _takes("10 min"),
        ),
        _people(
            "change_battery",
            "put in another battery",
            _word("present", FLAG, "false: take the old one out and put none in", "true"),
            _quantity("level", SHARE, "its charge", "1"),
            _word("reversed", FLAG, "the wrong way round", "false"),
            _word("sound", FLAG, "whether it holds its charge", "true"),
            _word("restart", FLAG, "whether the pump is started again", "true"),
            _takes("2 min"),
        ),
        _people(
            "change_filter",
            "put in a new filter",
            _quantity("volume", VOLUME, "its inner volume", "as the first one"),
            _quantity("resistance", RESISTANCE, "its resistance", "none"),
            _word("vented", FLAG, "whether its vent lets air out", "true"),
        ),
        _people("purge_bag", "take the air out of the bag"),
        _people("plug", "plug the pump into the mains"),
        _people("unplug", "take the pump off the mains"),
        _people("attach_cassette", "put the cassette on the pump"),
        _people("detach_cassette", "take the cassette off the pump"),
        _people("open_door", "open the pump's door"),
        _people("close_door", "close the pump's door"),
        _people("disconnect", "take the line off the catheter"),
        _people("reconnect", "join the line to the catheter"),
        _people(
            "flush",
            "push saline through at once: a bolus of what stands there",
            _quantity("volume", VOLUME, "how much"),
            _word("where", Text(sample='"line"', choices=("line", "catheter")), "from where on", "line"),
        ),
        _people(
            "aspirate",
            "draw back with a syringe",
            _quantity("volume", VOLUME, "how much"),
            _word("where", Text(sample='"catheter"', choices=("line", "catheter")), "from where", "catheter"),
        ),
        _people(
            "infuse_saline",
            "run saline into the catheter from a second source",
            _quantity("rate", FLOW, "how fast", "the order's rate"),
            _quantity("volume", VOLUME, "how much"),
        ),
        _people(
            "thrombolytic",
            "put a thrombolytic into the catheter",
            _word("works", FLAG, "whether it opens the catheter", "true"),
            _quantity("dwell", TIME, "how long it stays in", "30 min"),
        ),
        _people(
            "use_lumen",
            "go over to another lumen or line",
            _quantity("volume", VOLUME, "its inner volume, full of saline", "as the present one"),
            _quantity("resistance", RESISTANCE, "its resistance", "as without a clot"),
        ),
        _people(
            "dislodge_needle",
            "the needle leaves the vein",
            _word("back", FLAG, "whether it is put back", "false"),
        ),
        _people("double_clamp", "close the double clamp of the kit on both sides of a broken line"),
        _people(
            "seal_leak",
            "seal a leak",
            _word(
                "where",
                Text(sample='"downstream"', choices=("upstream", "downstream", "filter")),
                "where",
                "downstream",
            ),
        ),
        _people(
            "move_pump",
            "carry the pump to another height",
            _quantity("site_above", LENGTH, "infusion site above the pump", "as before"),
            _quantity("bag_above", LENGTH, "bag above the pump", "as before"),
        ),
        _people(
            "swap_pump",
            "take another pump, keyed as the first one unless the step says otherwise",
            _quantity("rate", FLOW, "rate, as keyed", "as the first one"),
            _quantity("vtbi", VOLUME, "volume to be infused, as keyed", "as the first one"),
            _quantity("reservoir", VOLUME, "what the bag holds, as keyed", "as the first one"),
            _quantity("gain", FACTOR, "what it moves of what it is told", "1"),
            _takes("5 min"),
        ),
        _people(
            "note",
            "notice or do something that touches neither pump nor plant",
            _word("what", Text(sample='"hears the alarm"', most_count=200), "what, in words"),
            _word("detail", Text(sample='"AIR_IN_LINE"', most_count=200), "more of it", "none"),
        ),
        _people("call_nurse", "call the nurse"),
        _people("go_to_hospital", "go to the hospital"),
        _people("call_physician", "ask the physician, as after four hours without drug"),
        _people(
            "check_residual",
            "weigh what is left in the bag against what is expected",
            _quantity("expected", VOLUME, "what should be left", "by the pump's counter and the set"),
            _quantity("tolerance", VOLUME, "how far off is still as expected", "1 mL"),
        ),
        # --- accidents and weather
        _environment(
            "occlude",
            "obstruct a path",
            _word("where", SIDES, "which side of the pump", "downstream"),
            _quantity("fraction", SHARE, "how much of the conductance is lost, 1 for all", "1"),
            _quantity(
                "resistance", RESISTANCE, "of catheter and vein, in place of a fraction", "by the fraction"
            ),
        ),
        _environment(
            "clear_occlusion",
            "take every obstruction away; clamps and kinks stay",
            _word("where", SIDES, "which side of the pump", "downstream"),
        ),
        _environment(
            "grow_clot",
            "let a clot grow in the catheter",
            _quantity("resistance", RESISTANCE, "of catheter and vein in the end"),
            _quantity("over", TIME, "how long it grows", "1 d"),
        ),
        _environment(
            "air",
            "air enters the line",
            _quantity("volume", VOLUME, "how much"),
            _word(
                "where",
                Text(sample='"bag"', choices=("bag", "detector", "patient")),
                "where it enters",
                "bag",
            ),
            _word(
                "kind",
                Text(sample='"clinging"', choices=("free", "clinging")),
                "free, or clinging to the wall",
                "free",
            ),
        ),
        _environment(
            "leak",
            "a leak opens",
            _word(
                "where",
                Text(sample='"downstream"', choices=("upstream", "downstream", "filter")),
                "where",
                "downstream",
            ),
            _quantity("fraction", SHARE, "of the flow that is lost, or replaced by air on the suction side"),
        ),
        _environment(
            "clog_filter", "the filter clogs", _quantity("resistance", RESISTANCE, "its new resistance")
        ),
        _environment(
            "battery_level", "set the charge of the battery", _quantity("level", SHARE, "its charge")
        ),
        _environment(
            "temperature",
            "pump and bag get warmer or colder",
            _quantity("to", TEMPERATURE, "the new temperature", inner="temperature_c"),
        ),
        _environment(
            "fault",
            "a hardware fault appears or goes",
            _word("kind", Text(sample='"free_flow"', choices=FAULT_KINDS), "which"),
            _word("present", FLAG, "whether it appears", "true"),
        ),
        _environment(
            "gain",
            "the mechanism wears",
            _quantity("value", FACTOR, "what it moves of what it is told", inner="gain_frac"),
        ),
        _environment("wait", "nothing happens, on the record"),
        # --- the serial line; a host without a wire notes that it skipped them
        _wire("link_drop", "frames get lost", *_FRAMES),
        _wire("link_repeat", "frames arrive twice", *_FRAMES),
        _wire("link_corrupt", "bits of frames are flipped", *_FRAMES),
        _wire("link_truncate", "frames lose their end", *_FRAMES),
        _wire("link_delay", "frames come late", *_FRAMES, _LATE),
        _wire("link_silence", "nothing comes through", _FOR),
        _wire("link_disconnect", "the port disappears and comes back", _FOR),
    )
}
"""Every verb by its name, in the order of the documents."""


def read_step(table: Mapping[str, object], path: Path, faults: FaultList) -> Step | None:
    """Return the step that a `[[step]]` table describes, or None; what is wrong with it goes to `faults`."""
    name = table.get("do")
    if not isinstance(name, str) or name not in VERBS:
        _note_unknown_verb(name, path, faults)
        read_fields({key: table[key] for key in ("at", "by") if key in table}, (AT, BY), path, faults)
        return None
    given = {key: value for key, value in table.items() if key != "do"}
    values = read_fields(given, VERBS[name].fields, path, faults)
    read_solution(values, table, path, faults)
    if name == "occlude" and "fraction" in table and "resistance" in table:
        faults.add(
            (*path, "resistance"), "fraction and resistance give two obstructions", "take one of them out"
        )
    if "at_s" not in values:
        return None
    return step(values.pop("at_s"), name, by=values.pop("by", None), **values)


def read_solution(values: dict[str, Any], table: Mapping[str, object], path: Path, faults: FaultList) -> None:
    """Turn a dose and the volume that holds it, in `values`, into a concentration."""
    dose_ug, dose_in_ml = values.pop("dose_ug", None), values.pop("dose_in_ml", None)
    if "dose" in table and "concentration" in table:
        faults.add((*path, "dose"), "dose and concentration say the same thing twice", "take one of them out")
    if ("dose" in table) != ("dose_in" in table):
        given, missing = ("dose", "dose_in") if "dose" in table else ("dose_in", "dose")
        faults.add((*path, given), f"{given} is given without {missing}", "write both, or a concentration")
    elif dose_ug is not None and dose_in_ml is not None:
        if dose_in_ml >= LEAST_DOSE_IN_ML:
            values["ug_per_ml"] = dose_ug / dose_in_ml
        else:
            faults.add((*path, "dose_in"), "dose_in: no volume can hold a dose", "write a volume above zero")


def _note_unknown_verb(name: object, path: Path, faults: FaultList) -> None:
    if name is None:
        faults.add(path, "do is missing", 'say what is done, such as do = "start"')
        return
    remedy = did_you_mean(name, tuple(VERBS)) if isinstance(name, str) else 'write such as do = "start"'
    faults.add((*path, "do"), f"{shorten(name)} is no verb", remedy)


def step(at_s: float, verb: str, *, by: str | None = None, **params: str | float | bool) -> Step:
    """Return the step that does `verb` at `at_s`, with parameters by their inner names."""
    return Step(at_s=at_s, verb=verb, by=by, params=tuple(sorted(params.items())))


def write_step(step: Step) -> dict[str, Any]:
    """Return the `[[step]]` table that reads back as an equal step.

    Raises:
        KeyError: if no verb is called so.
        ValueError: if the step has a parameter that its verb does not have.
    """
    verb = VERBS[step.verb]
    values = {"at_s": step.at_s, **({} if step.by is None else {"by": step.by}), **dict(step.params)}
    strange = set(values) - {field.inner for field in verb.fields}
    if strange:
        raise ValueError(f"{step.verb} has no parameter {', '.join(sorted(strange))}")
    table = write_fields(values, verb.fields)
    return {"at": table.pop("at"), "do": step.verb, **table}
