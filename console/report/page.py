"""What the page of a report says: every table and sentence as text, ready for the template.

Everything comes from the scenario and its run. No path, no host and no hour of any clock on the wall is
in it, so that the same file and seed give the same page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from console.numbers import Number, numbers
from console.report.material import Material
from console.story import Entry, in_words, timeline
from console.words import clock, listed, moment, plain, spaced, span, tiny, volume
from pump.alarm_table import ALARM_BY_CODE
from pump.profiles import Figure
from sim.world.result import Interruption

CERTAINTY: Final = MappingProxyType(
    {
        "F": "read in the named source",
        "S": "from a secondary source",
        "D": "derived by arithmetic from F or S",
        "G": "general knowledge, unverified",
        "X": "a choice of this project, without a source",
    }
)
"""What the marks behind figures say."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A row of the expectations."""

    passed: bool
    limit: str
    found: str


@dataclass(frozen=True, slots=True)
class Told:
    """A row of the timeline."""

    moment: str
    clock: str
    lane: str
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """A row of the alarms: what happened, and what the alarm table says of such an alarm."""

    code: str
    priority: str
    raised: str
    silenced: str
    acknowledged: str
    cleared: str


@dataclass(frozen=True, slots=True)
class AlarmNote:
    """What an alarm that was raised means, and what helps."""

    code: str
    trigger: str
    remedy: str
    source: str
    certainty: str


@dataclass(frozen=True, slots=True)
class GapRow:
    """A row of the interruptions."""

    begin: str
    end: str
    lasted: str
    cause: str


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A row of the ledger: where so much is."""

    place: str
    volume: str
    drug: str
    is_sum: bool = False


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the full log."""

    number: int
    moment: str
    clock: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Headline:
    """One of the numbers at the top."""

    label: str
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template shows."""

    title: str
    id: str
    text: str
    source: str
    tags: tuple[str, ...]
    verdict: str
    verdict_word: str
    headline: tuple[Headline, ...]
    expected: tuple[Expected, ...]
    told: tuple[Told, ...]
    beliefs: str
    pressures: str
    airs: str
    levels: str
    alarms: tuple[AlarmRow, ...]
    alarm_notes: tuple[AlarmNote, ...]
    true_gaps: tuple[GapRow, ...]
    believed_gaps: tuple[GapRow, ...]
    ledger: tuple[PlaceRow, ...]
    ledger_error: str
    numbers: tuple[Number, ...]
    setup: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    profile_title: str
    profile_figures: tuple[Figure, ...]
    certainty: Mapping[str, str]
    log: tuple[LogRow, ...]
    about: tuple[tuple[str, str], ...]
    has_close_ups: bool


def page_of(material: Material, program_version: str) -> Page:
    """Return what the report of `material` says."""
    scenario, result = material.scenario, material.result
    told = tuple(numbers(result))
    profile = scenario.setup.pump.profile
    verdict_word, verdict = _verdict(material)
    return Page(
        title=scenario.title,
        id=scenario.id,
        text=" ".join(scenario.text.split()),
        source=scenario.source,
        tags=scenario.tags,
        verdict=verdict,
        verdict_word=verdict_word,
        headline=tuple(_headline(material)),
        expected=tuple(Expected(found.passed, found.limit, found.found) for found in material.findings),
        told=tuple(_told(entry, scenario.setup.clock_start_s) for entry in timeline(result)),
        beliefs=_beliefs(material),
        pressures=_pressures(material),
        airs=_airs(material),
        levels=_levels(material),
        alarms=tuple(_alarms(material)),
        alarm_notes=tuple(_alarm_notes(material)),
        true_gaps=tuple(_gaps(result.interruptions, result.end_s)),
        believed_gaps=tuple(_gaps(result.belief_interruptions, result.end_s)),
        ledger=tuple(_ledger(material)),
        ledger_error=f"{tiny(result.mass_balance_error_ml)} mL and {tiny(result.mass_balance_error_ug)} ug",
        numbers=told,
        setup=tuple(_setup(material)),
        profile_title=f"{profile.title} ({profile.name})",
        profile_figures=profile.figures,
        certainty=CERTAINTY,
        log=tuple(_log(material)),
        about=(
            ("scenario", scenario.id),
            ("SHA-256 of the scenario file", scenario.digest),
            ("seed", str(result.seed)),
            ("program", f"ambupump {program_version}"),
            ("pump profile", profile.name),
        ),
        has_close_ups=bool(material.close_ups),
    )


def _verdict(material: Material) -> tuple[str, str]:
    total_count = len(material.findings)
    failed_count = sum(not found.passed for found in material.findings)
    if not total_count:
        return "none", "No verdict: the scenario expects nothing"
    if failed_count:
        return "failed", f"Failed: {failed_count} of {listed(total_count, 'expectation')} not met"
    return "passed", f"Passed: {listed(total_count, 'expectation')} met"


def _told(entry: Entry, clock_start_s: float) -> Told:
    return Told(
        moment(entry.t_s),
        clock(entry.t_s, clock_start_s),
        str(entry.lane),
        entry.mark.replace(" ", "-"),
        entry.text,
    )


def _headline(material: Material) -> Iterator[Headline]:
    result = material.result
    gaps_count = len(result.interruptions)
    is_early = result.planned_end_s is None or result.end_s < result.planned_end_s
    when = "when the run ended" if is_early else "at the planned end"
    yield Headline("planned", volume(result.planned_ml), f"{plain(result.planned_ug, 1)} ug")
    yield Headline("delivered", volume(result.delivered_ml), f"{plain(result.delivered_ug, 1)} ug")
    if result.excess_ml > result.shortfall_ml:
        yield Headline("excess", volume(result.excess_ml), when)
    else:
        yield Headline("shortfall", volume(result.shortfall_ml), when)
    without = span(result.gap_s) if gaps_count else "never"
    yield Headline("without drug", without, listed(gaps_count, "interruption"))


# -------------------------------------------------------------------- sentences


def _beliefs(material: Material) -> str:
    result = material.result
    difference_ml = result.believed_ml - result.delivered_ml
    if abs(difference_ml) < 0.0005:
        compared = "pump and truth agree"
    elif difference_ml > 0.0:
        compared = f"the pump counts {volume(difference_ml)} that did not reach the vein as drug"
    else:
        compared = f"{volume(-difference_ml)} more reached the vein than the pump counts"
    return (
        f"The order asks for {volume(result.planned_ml)}. The pump counts {volume(result.believed_ml)} as "
        f"given; {volume(result.delivered_ml)} of drug solution reached the vein: {compared}."
    )


def _pressures(material: Material) -> str:
    pump = material.scenario.setup.pump
    lowest_mmhg = min(sample.p_up_mmhg for sample in material.samples)
    return (
        f"Behind the pump the pressure went up to {plain(material.result.peak_p_down_mmhg, 1)} mmHg; the "
        f"downstream alarm is set to {plain(pump.downstream_mmhg)} mmHg. At the inlet it went down to "
        f"{plain(lowest_mmhg, 1)} mmHg; the upstream alarm is set to {plain(pump.upstream_mmhg)} mmHg."
    )


def _airs(material: Material) -> str:
    pump = material.scenario.setup.pump
    limit = (
        f"The detector alarms at a single bubble of {plain(pump.air_limits.single_ul)} uL"
        if pump.detects_air
        else "The air detector is off"
    )
    return (
        f"{plain(material.result.air_ul, 1)} uL of air went into the vein. {limit}; it is off during a prime."
    )


def _levels(material: Material) -> str:
    return (
        f"An uninterrupted infusion at the order's rate comes to rest at "
        f"{plain(material.planned_level_pg_ml, 0)} pg/mL; at the end of the run the level is "
        f"{plain(material.result.level_pg_ml, 0)} pg/mL. One compartment, linear, fitted to the label's "
        "616 pg/mL at 28 mcg/day; at 9 mcg/day it gives 198 pg/mL against the label's 228."
    )


# -------------------------------------------------------------------- tables


def _when(t_s: float | None, missing: str) -> str:
    return missing if t_s is None else moment(t_s)


def _alarms(material: Material) -> Iterator[AlarmRow]:
    for alarm in material.result.alarms:
        yield AlarmRow(
            alarm.code,
            alarm.priority,
            moment(alarm.raised_s),
            _when(alarm.silenced_s, "no"),
            _when(alarm.acknowledged_s, "no"),
            _when(alarm.cleared_s, "stands at the end"),
        )


def _alarm_notes(material: Material) -> Iterator[AlarmNote]:
    for code in material.alarm_codes:
        row = ALARM_BY_CODE[code]
        yield AlarmNote(code, row.trigger, row.remedy, row.source, row.certainty)


def _gaps(gaps: tuple[Interruption, ...], end_s: float) -> Iterator[GapRow]:
    for gap in gaps:
        lasted_s = (end_s if gap.end_s is None else gap.end_s) - gap.start_s
        yield GapRow(moment(gap.start_s), _when(gap.end_s, "lasts at the end"), span(lasted_s), gap.cause)


def _ledger(material: Material) -> Iterator[PlaceRow]:
    books = material.signals.ledger
    places = (
        ("in the vein", books.patient),
        ("in tissue", books.tissue),
        ("spilled", books.spilled),
        ("primed out", books.primed_out),
        ("aspirated", books.aspirated),
        ("discarded with a bag or set", books.discarded),
        ("left in the bag", material.signals.in_bag),
        ("left in set, filter and catheter", material.signals.in_tubes),
    )
    for place, parcel in places:
        yield PlaceRow(place, volume(parcel.drug_ml), f"{plain(parcel.ug)} ug")
    yield PlaceRow(
        "sum of these",
        volume(sum(parcel.drug_ml for _, parcel in places)),
        f"{plain(sum(parcel.ug for _, parcel in places))} ug",
        is_sum=True,
    )
    yield PlaceRow("hung in bags", volume(books.filled.drug_ml), f"{plain(books.filled.ug)} ug", is_sum=True)


def _setup(material: Material) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    setup = material.scenario.setup
    order, pump, plant = setup.order, setup.pump, setup.plant
    program, bag, line = pump.program, plant.bag, plant.line
    yield (
        "Order",
        (
            ("rate", f"{plain(order.rate_ml_h)} mL/h"),
            ("duration", span(order.duration_s)),
            ("dose", f"{plain(order.dose_ug)} ug"),
            ("concentration", f"{plain(order.ug_per_ml)} ug/mL"),
        ),
    )
    yield (
        "Pump, as keyed",
        (
            ("rate", f"{plain(program.rate_ml_h)} mL/h"),
            ("volume to be infused", volume(program.vtbi_ml)),
            ("reservoir", volume(program.reservoir_ml)),
            ("lock level", str(pump.lock_level)),
            ("downstream alarm", f"{plain(pump.downstream_mmhg)} mmHg"),
            ("upstream alarm", f"{plain(pump.upstream_mmhg)} mmHg"),
            ("air alarm", f"{plain(pump.air_limits.single_ul)} uL" if pump.detects_air else "off"),
            ("reverses on occlusion", "yes" if pump.reverses else "no"),
        ),
    )
    yield (
        "Bag and set",
        (
            ("fill", volume(bag.fill_ml)),
            ("hold-up", volume(bag.holdup_ml)),
            ("air in the bag", volume(bag.air_ml)),
            ("vented", "yes" if bag.vented else "no"),
            ("set, inside", volume(line.prime_ml)),
            ("of it before the pump", volume(line.supply_side_ml)),
            ("compliance, downstream", f"{plain(1000.0 * line.c_down_ml_mmhg)} uL/mmHg"),
            ("compliance, upstream", f"{plain(1000.0 * line.c_up_ml_mmhg)} uL/mmHg"),
        ),
    )
    yield (
        "Patient's side and power",
        (
            ("filter", volume(plant.filter.volume_ml) if plant.filter.volume_ml else "none"),
            ("catheter, inside", volume(plant.catheter.volume_ml)),
            ("catheter and vein, resistance", f"{plain(plant.catheter.resistance_mmhg_h_ml)} mmHg h/mL"),
            ("pressure of the vein", f"{plain(plant.catheter.p_vein_mmhg)} mmHg"),
            ("site above the pump", f"{plain(plant.site_above_cm)} cm"),
            ("bag above the pump", f"{plain(plant.bag_above_cm)} cm"),
            ("pump's true gain", plain(plant.mechanism.gain_frac)),
            ("external power", "yes" if plant.mains else "no"),
            ("begins at", clock(0.0, setup.clock_start_s)),
        ),
    )


def _log(material: Material) -> Iterator[LogRow]:
    start_s = material.scenario.setup.clock_start_s
    for event in material.result.events:
        yield LogRow(
            event.seq,
            moment(event.t_s),
            clock(event.t_s, start_s),
            spaced(type(event).__name__),
            in_words(event),
        )
