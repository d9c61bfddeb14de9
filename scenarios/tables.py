"""The tables of a scenario file, schema 1, key by key. Unknown keys are errors.

Inner names are those of the data classes that the values go into: `BagConfig`, `SetConfig`,
`Program` and so on. What a file leaves out keeps the default of its data class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pump.commands import Access, LockLevel
from scenarios.fields import FLAG, Field, Integer, ListOf, Name, Pairs, Text, TimeOfDay
from scenarios.procedures import OVERRIDES
from scenarios.quantities import (
    COMPLIANCE,
    CONCENTRATION,
    DOSE,
    FACTOR,
    FLOW,
    LENGTH,
    PRESSURE,
    RESISTANCE,
    SHARE,
    SHARE_PER_DEGREE,
    SHARE_PER_PRESSURE,
    SMALL_VOLUME,
    TEMPERATURE,
    TIME,
    VOLUME,
)

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One `[table]` of the file."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    required: bool = False


TOP: Final = (
    Field(
        key="schema", inner="schema", kind=Integer("1"), required=True, meaning="version of this file format"
    ),
    Field(key="id", inner="id", kind=Name('"my-scenario"'), required=True, meaning="the scenario's name"),
    Field(
        key="title",
        inner="title",
        kind=Text('"Two re-primes eat the overfill"', most_count=160),
        required=True,
        meaning="one line",
    ),
    Field(key="text", inner="text", kind=Text('"..."'), default="none", meaning="two sentences for a reader"),
    Field(
        key="source", inner="source", kind=Text('"..."'), default="none", meaning="where the case comes from"
    ),
    Field(
        key="tags", inner="tags", kind=ListOf(Name('"bags"')), default="none", meaning="words to find it by"
    ),
    Field(key="seed", inner="seed", kind=Integer("20"), default="0", meaning="what chance is drawn from"),
    Field(
        key="until",
        inner="until_s",
        kind=TIME,
        default="first start + the order's duration",
        meaning="when the scenario ends",
    ),
)
"""The keys above the first table."""

ORDER: Final = Table(
    name="order",
    required=True,
    meaning="what was prescribed",
    fields=(
        Field(key="rate", inner="rate_ml_h", kind=FLOW, required=True, meaning="rate of infusion"),
        Field(key="duration", inner="duration_s", kind=TIME, required=True, meaning="how long"),
        Field(key="dose", inner="dose_ug", kind=DOSE, required=True, meaning="drug in `dose_in` of solution"),
        Field(
            key="dose_in",
            inner="dose_in_ml",
            kind=VOLUME,
            default="rate x duration",
            meaning="solution that holds the dose",
        ),
    ),
)

PUMP: Final = Table(
    name="pump",
    meaning="the pump, and what was keyed into it",
    fields=(
        Field(
            key="profile",
            inner="profile",
            kind=Text('"generic-ambulatory"', most_count=400),
            default="generic-ambulatory",
            meaning="a profile's name, or the path of a file, from this file's folder",
        ),
        Field(key="rate", inner="rate_ml_h", kind=FLOW, default="the order's", meaning="rate, as keyed"),
        Field(
            key="vtbi",
            inner="vtbi_ml",
            kind=VOLUME,
            default="the order's rate x duration",
            meaning="volume to be infused, as keyed",
        ),
        Field(
            key="reservoir",
            inner="reservoir_ml",
            kind=VOLUME,
            default="the bag's fill",
            meaning="what the bag holds, as keyed",
        ),
        Field(key="kvo", inner="kvo_ml_h", kind=FLOW, default="0 mL/h", meaning="keep-vein-open rate"),
        Field(
            key="delay",
            inner="delay_s",
            kind=TIME,
            default="0 s",
            meaning="how long delivery waits after start",
        ),
        Field(
            key="lock",
            inner="lock_level",
            kind=Text('"LL2"', choices=tuple(level.value for level in LockLevel)),
            default="LL2",
            meaning="lock level from the first start on",
        ),
        Field(
            key="codes",
            inner="codes",
            kind=Pairs('{ nurse = "2580" }', names=tuple(hand.value for hand in Access)),
            default="the pump's preset codes",
            meaning="the code of each hand that has one",
        ),
        Field(
            key="occlusion_limit",
            inner="occlusion_limit_mmhg",
            kind=PRESSURE,
            default="the profile's",
            meaning="downstream occlusion alarm",
        ),
        Field(
            key="upstream_limit",
            inner="upstream_limit_mmhg",
            kind=PRESSURE,
            default="the profile's",
            meaning="upstream occlusion alarm, below zero",
        ),
        Field(
            key="anti_bolus",
            inner="anti_bolus",
            kind=FLAG,
            default="the profile's",
            meaning="whether the pump turns back on a downstream occlusion",
        ),
        Field(
            key="air_detector",
            inner="air_detector_on",
            kind=FLAG,
            default="the profile's",
            meaning="whether the air detector is on",
        ),
        Field(
            key="air_limit",
            inner="air_limit_ul",
            kind=SMALL_VOLUME,
            default="the profile's",
            meaning="size of a single bubble that is an alarm",
        ),
        Field(
            key="high_volume_set",
            inner="high_volume_set",
            kind=FLAG,
            default="false",
            meaning="whether primes may be as long as such a set needs",
        ),
        Field(
            key="maintenance_due",
            inner="maintenance_due_s",
            kind=TIME,
            default="never",
            meaning="when the yearly service falls due",
        ),
        Field(
            key="gain",
            inner="gain_frac",
            kind=FACTOR,
            default="1",
            meaning="what the mechanism moves of what it is told",
        ),
        Field(
            key="back_pressure",
            inner="back_pressure_per_mmhg",
            kind=SHARE_PER_PRESSURE,
            default="0 1/mmHg",
            meaning="flow lost against pressure",
        ),
        Field(
            key="temperature_effect",
            inner="temperature_per_c",
            kind=SHARE_PER_DEGREE,
            default="0 1/C",
            meaning="flow gained with temperature",
        ),
    ),
)

BAG: Final = Table(
    name="bag",
    meaning="the bag that hangs at the beginning",
    fields=(
        Field(key="fill", inner="fill_ml", kind=VOLUME, default="110 mL", meaning="liquid in it"),
        Field(
            key="holdup",
            inner="holdup_ml",
            kind=VOLUME,
            default="2 mL",
            meaning="liquid that never comes out",
        ),
        Field(
            key="concentration",
            inner="ug_per_ml",
            kind=CONCENTRATION,
            default="as ordered",
            meaning="drug in the liquid",
        ),
        Field(key="air", inner="air_ml", kind=VOLUME, default="0 mL", meaning="air above the liquid"),
        Field(key="vented", inner="vented", kind=FLAG, default="false", meaning="whether it lets air in"),
        Field(
            key="temperature",
            inner="temperature_c",
            kind=TEMPERATURE,
            default="22 C",
            meaning="of its liquid",
        ),
    ),
)

LINE: Final = Table(
    name="set",
    meaning="the administration set",
    fields=(
        Field(key="prime", inner="prime_ml", kind=VOLUME, default="3 mL", meaning="inner volume in all"),
        Field(key="supply", inner="supply_ml", kind=VOLUME, default="25 %", meaning="of it before the pump"),
        Field(
            key="compliance",
            inner="c_down_ml_mmhg",
            kind=COMPLIANCE,
            default="0.8 uL/mmHg",
            meaning="of the patient's side",
        ),
        Field(
            key="supply_compliance",
            inner="c_up_ml_mmhg",
            kind=COMPLIANCE,
            default="0.8 uL/mmHg",
            meaning="of the bag's side",
        ),
        Field(
            key="filled",
            inner="filled_with",
            kind=Text('"air"', choices=("air", "saline")),
            default="air",
            meaning="what stands in it at the beginning",
        ),
    ),
)

FILTER: Final = Table(
    name="filter",
    meaning="the in-line filter, at the end of the patient's line",
    fields=(
        Field(
            key="volume", inner="volume_ml", kind=VOLUME, default="0 mL: no filter", meaning="inner volume"
        ),
        Field(
            key="resistance",
            inner="resistance_mmhg_h_ml",
            kind=RESISTANCE,
            default="0 mmHg h/mL",
            meaning="its resistance",
        ),
        Field(
            key="vented", inner="vented", kind=FLAG, default="true", meaning="whether its vent lets air out"
        ),
    ),
)

CATHETER: Final = Table(
    name="catheter",
    meaning="catheter and vein",
    fields=(
        Field(
            key="volume",
            inner="volume_ml",
            kind=VOLUME,
            default="0 mL",
            meaning="inner volume, full of saline",
        ),
        Field(
            key="resistance",
            inner="resistance_mmhg_h_ml",
            kind=RESISTANCE,
            default="0.3 mmHg h/mL",
            meaning="of catheter and vein",
        ),
        Field(
            key="vein", inner="p_vein_mmhg", kind=PRESSURE, default="10 mmHg", meaning="pressure in the vein"
        ),
    ),
)

BATTERY: Final = Table(
    name="battery",
    meaning="battery and mains",
    fields=(
        Field(key="level", inner="level_frac", kind=SHARE, default="1", meaning="charge at the beginning"),
        Field(key="present", inner="present", kind=FLAG, default="true", meaning="whether one is in"),
        Field(
            key="mains", inner="mains", kind=FLAG, default="true", meaning="whether the pump is plugged in"
        ),
    ),
)

SITE: Final = Table(
    name="site",
    meaning="heights, against the pump",
    fields=(
        Field(key="site_above", inner="site_above_cm", kind=LENGTH, default="0 cm", meaning="infusion site"),
        Field(key="bag_above", inner="bag_above_cm", kind=LENGTH, default="0 cm", meaning="bag"),
    ),
)

CLOCK: Final = Table(
    name="clock",
    meaning="the time of day",
    fields=(
        Field(
            key="start",
            inner="clock_start_s",
            kind=TimeOfDay(),
            default='"08:00"',
            meaning="when the scenario begins",
        ),
        Field(
            key="change",
            inner="change_clock_s",
            kind=TimeOfDay(),
            default="no fixed hour",
            meaning="when bags are changed, whatever is left: the planned end is this hour",
        ),
    ),
)

RESPONSE: Final = Table(
    name="response",
    meaning="who answers alarms, by which written procedure; its chances and times may be changed here",
    fields=(
        Field(
            key="procedure",
            inner="procedure",
            kind=Text('"home-may-tap"', most_count=400),
            required=True,
            meaning="a procedure's name, or the path of a file, from this file's folder",
        ),
        *OVERRIDES,
    ),
)

TABLES: Final[Mapping[str, Table]] = {
    table.name: table for table in (ORDER, PUMP, BAG, LINE, FILTER, CATHETER, BATTERY, SITE, CLOCK, RESPONSE)
}
"""Every `[table]` by its name, in the order of the documents."""
