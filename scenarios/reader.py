"""From a parsed scenario file to a `Scenario`, with everything wrong noted and nothing raised.

Reading follows the tables of `scenarios/tables.py`, `verbs.py` and `expectations.py` without pydantic,
so that a plain replay starts fast; `scenarios/schema.py` builds its models from the same tables, and
a test holds that both accept the same files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path as FilePath
from typing import Any, Final, TypeVar

from pump.commands import Access, LockLevel
from pump.errors import ProfileError
from pump.profiles import Profile, load_profile
from pump.program import Program
from pump.settings import PumpSettings
from scenarios.expectations import Expectation, read_expectation
from scenarios.faults import FaultList, ScenarioError, did_you_mean
from scenarios.fields import read_fields
from scenarios.files import parse, text_of
from scenarios.locate import Path, key_lines, nearest_line
from scenarios.procedures import load_procedure
from scenarios.quantities import TIME, VOLUME, format_quantity, shorten
from scenarios.tables import SCHEMA, TABLES, TOP
from scenarios.verbs import LEAST_DOSE_IN_ML, read_step
from sim.plant.config import (
    BagConfig,
    BatteryConfig,
    CatheterConfig,
    FilterConfig,
    MechanismConfig,
    PlantConfig,
    SetConfig,
)
from sim.world.procedure import Procedure
from sim.world.setup import Order, Response, Setup, Step

GENERIC: Final = "generic-ambulatory"
LISTS: Final = ("step", "expect")
DayT = TypeVar("DayT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario file, read: what it tells people, the world it sets up, what it expects.

    `digest` is the SHA-256 of the text of the file, whatever its line ends.
    """

    id: str
    title: str
    setup: Setup
    text: str = ""
    source: str = ""
    tags: tuple[str, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    digest: str = ""

    def with_seed(self, seed: int) -> Scenario:
        """Return the same scenario with chance drawn from another seed."""
        return replace(self, setup=replace(self.setup, seed=seed))


def read_document(
    document: Mapping[str, Any], folder: FilePath, digest: str, faults: FaultList
) -> Scenario | None:
    """Return the scenario of a parsed file, or None; everything that is wrong with it goes to `faults`.

    Args:
        document: What `tomllib` made of the file.
        folder: Where the file stands: profiles given by path are looked for from here.
        digest: Names the file's text.
        faults: Takes what is wrong.
    """
    if not _is_of_this_schema(document, faults):
        return None
    top = read_fields(_top_keys(document, faults), TOP, (), faults)
    values = {name: _read_table(name, document, faults) for name in TABLES}
    steps = [
        read_step(table, ("step", index), faults) for index, table in _tables_of("step", document, faults)
    ]
    expectations = [
        read_expectation(table, ("expect", index), faults)
        for index, table in _tables_of("expect", document, faults)
    ]
    profile = _profile(values["pump"].pop("profile", GENERIC), folder, faults)
    response, procedures = _response(values.pop("response"), folder, faults)
    _note_order(values["order"], faults)
    if faults.faults or profile is None:
        return None
    setup = _setup(top, values, profile, tuple(step for step in steps if step is not None))
    setup = replace(setup, response=response, procedures=procedures)
    _note_contradictions(setup, faults)
    if faults.faults:
        return None
    return Scenario(
        id=top["id"],
        title=top["title"],
        text=top.get("text", ""),
        source=top.get("source", ""),
        tags=top.get("tags", ()),
        setup=setup,
        expectations=tuple(each for each in expectations if each is not None),
        digest=digest,
    )


# --- the parts of a file


def _is_of_this_schema(document: Mapping[str, Any], faults: FaultList) -> bool:
    schema = document.get("schema")
    if isinstance(schema, int) and not isinstance(schema, bool) and schema > SCHEMA:
        faults.add(
            ("schema",),
            f"schema {shorten(schema)} is newer than this program, which reads schema {SCHEMA}",
            "use a newer version of the program",
        )
        return False
    if schema is not None and (isinstance(schema, bool) or schema != SCHEMA):
        faults.add(("schema",), f"schema {shorten(schema)} is not known", f"write schema = {SCHEMA}")
        return False
    return True


def _top_keys(document: Mapping[str, Any], faults: FaultList) -> dict[str, Any]:
    """Return what stands above the tables; note what is neither key nor table."""
    known = (*(field.key for field in TOP), *TABLES, *LISTS)
    for key in document:
        if key not in known:
            faults.add((key,), f"{shorten(key)} is not known here", did_you_mean(key, known))
    return {field.key: document[field.key] for field in TOP if field.key in document}


def _read_table(name: str, document: Mapping[str, Any], faults: FaultList) -> dict[str, Any]:
    table = TABLES[name]
    given = document.get(name)
    if given is None:
        if table.required:
            first = table.fields[0]
            faults.add(
                (), f"[{name}] is missing", f"add [{name}] with {first.key} = {first.kind.sample} and so on"
            )
        return {}
    if not isinstance(given, dict):
        faults.add((name,), f"{name} is no table", f"write [{name}] on a line of its own, and its keys below")
        return {}
    return read_fields(given, table.fields, (name,), faults)


def _tables_of(
    name: str, document: Mapping[str, Any], faults: FaultList
) -> Iterable[tuple[int, dict[str, Any]]]:
    tables = document.get(name, [])
    if not isinstance(tables, list):
        faults.add((name,), f"{name} is no list of tables", f"write [[{name}]] with two brackets")
        return
    for index, table in enumerate(tables):
        if isinstance(table, dict):
            yield index, table
        else:
            faults.add((name, index), f"{shorten(table)} is no table", f"write [[{name}]] and its keys below")


def _profile(name: str, folder: FilePath, faults: FaultList) -> Profile | None:
    """Return the profile of a name, or of a file; what is wrong with a file is told with its own lines."""
    is_file = name.endswith(".toml")
    lines: Mapping[Path, int] = {}
    try:
        if is_file:
            text = text_of(folder / name, name, "profile")
            parse(text, name)
            lines = key_lines(text)
        return load_profile(folder / name if is_file else name)
    except ScenarioError as error:
        for each in error.faults:
            what = f"profile {shorten(name)} line {each.line}: {each.what}"
            faults.add(("pump", "profile"), what, each.remedy)
    except ProfileError as error:
        for fault in error.faults:
            line = f" line {nearest_line(lines, tuple(fault.key.split('.')))}" if is_file else ""
            faults.add(
                ("pump", "profile"),
                f"profile {shorten(name)}{line}: {fault.key} {fault.problem}",
                fault.remedy,
            )
    return None


def _response(
    values: dict[str, Any], folder: FilePath, faults: FaultList
) -> tuple[Response | None, dict[str, Procedure]]:
    """Return the response and its procedure, both by the name that the file gives it."""
    name = values.pop("procedure", None)
    if name is None:
        return None, {}
    try:
        procedure = load_procedure(folder / name if name.endswith(".toml") else name)
    except ScenarioError as error:
        for fault in error.faults:
            place = f" line {fault.line}" if name.endswith(".toml") else ""
            faults.add(
                ("response", "procedure"), f"procedure {shorten(name)}{place}: {fault.what}", fault.remedy
            )
        return None, {}
    return Response(procedure=name, overrides=tuple(sorted(values.items()))), {name: procedure}


# --- putting it together


def _taken(values: dict[str, Any], kind: type[DayT]) -> dict[str, Any]:
    """Take out of `values` what are fields of the data class `kind`."""
    return {field.name: values.pop(field.name) for field in fields(kind) if field.name in values}  # type: ignore[arg-type]


def _setup(
    top: dict[str, Any], values: dict[str, dict[str, Any]], profile: Profile, steps: tuple[Step, ...]
) -> Setup:
    order = Order(**values["order"])
    bag = BagConfig(**{"ug_per_ml": order.ug_per_ml, **values["bag"]})
    keyed = values["pump"]
    mechanism = MechanismConfig(**_taken(keyed, MechanismConfig))
    program = Program(
        **{
            "rate_ml_h": order.rate_ml_h,
            "vtbi_ml": written_product_ml(order.rate_ml_h, order.duration_s),
            "reservoir_ml": bag.fill_ml,
            **_taken(keyed, Program),
        }
    )
    if "lock_level" in keyed:
        keyed["lock_level"] = LockLevel(keyed["lock_level"])
    if "codes" in keyed:
        keyed["codes"] = tuple((Access(hand), code) for hand, code in keyed["codes"])
    mains = {"mains": values["battery"].pop("mains")} if "mains" in values["battery"] else {}
    plant = PlantConfig(
        bag=bag,
        line=SetConfig(**values["set"]),
        filter=FilterConfig(**values["filter"]),
        catheter=CatheterConfig(**values["catheter"]),
        mechanism=mechanism,
        battery=BatteryConfig(**battery_of(profile), **values["battery"]),
        **mains,
        **values["site"],
    )
    return Setup(
        id=top["id"],
        seed=top.get("seed", 0),
        pump=PumpSettings(profile=profile, program=program, **keyed),
        plant=plant,
        order=order,
        steps=steps,
        until_s=top.get("until_s"),
        **values["clock"],
    )


def battery_of(profile: Profile) -> dict[str, Any]:
    """Return how the battery runs down in a pump of `profile`, as `BatteryConfig` has it."""
    return {
        "running_per_h": profile.battery_electronics_per_h,
        "per_ml": profile.battery_motor_per_ml,
        "idle_per_h": profile.battery_electronics_per_h * profile.battery_stopped_frac,
    }


def written_product_ml(rate_ml_h: float, duration_s: float) -> float:
    """Return rate x duration as written numbers have it: 3.3 mL/h for 72 h is 237.6 mL, to the last bit."""
    return float(Fraction(repr(rate_ml_h)) * Fraction(repr(duration_s)) / 3600)


# --- what cannot be true together


def _note_contradictions(setup: Setup, faults: FaultList) -> None:
    """Note everything in `setup` that no bag, set, pump or script could be like."""
    _note_pump(setup, faults)
    _note_bag_and_set(setup, faults)
    _note_steps(setup, faults)


def _note_pump(setup: Setup, faults: FaultList) -> None:
    keys: Mapping[str, Path] = {
        "rate": ("pump", "rate"),
        "VTBI": ("pump", "vtbi"),
        "reservoir": ("pump", "reservoir"),
        "KVO": ("pump", "kvo"),
        "delay": ("pump", "delay"),
        "occlusion": ("pump", "occlusion_limit"),
        "upstream": ("pump", "upstream_limit"),
        "air": ("pump", "air_limit"),
    }
    for fault in setup.pump.faults():
        path = keys.get(fault.split()[0], ("pump",))
        faults.add(
            path, f"no {setup.pump.profile.name} pump can be set up so: {fault}", f"correct {path[-1]}"
        )


def _note_bag_and_set(setup: Setup, faults: FaultList) -> None:
    bag, line = setup.plant.bag, setup.plant.line
    if bag.fill_ml <= 0.0:
        faults.add(("bag", "fill"), "fill: the bag is empty from the beginning", "write a volume above zero")
    elif bag.holdup_ml >= bag.fill_ml:
        faults.add(
            ("bag", "holdup"), "holdup: nothing could ever come out of the bag", "write less than fill"
        )
    for path, above_zero in (
        (("set", "compliance"), line.c_down_ml_mmhg),
        (("set", "supply_compliance"), line.c_up_ml_mmhg),
        (("catheter", "resistance"), setup.plant.catheter.resistance_mmhg_h_ml),
    ):
        if above_zero <= 0.0:
            faults.add(path, f"{path[-1]}: no tube is without any", "write more than zero")
    if line.supply_side_ml >= line.prime_ml:
        faults.add(
            ("set", "supply"),
            f"supply: {_ml(line.supply_side_ml)} before the pump leave nothing of the set behind it",
            f"write less than prime, {_ml(line.prime_ml)}",
        )
    least_ml = -line.c_up_ml_mmhg * line.p_floor_mmhg
    if line.supply_side_ml < least_ml:
        faults.add(
            ("set", "supply"),
            f"supply: {_ml(line.supply_side_ml)} before the pump are less than the {_ml(least_ml)}"
            f" that its tubing gives up at {line.p_floor_mmhg:g} mmHg",
            "write more supply, more prime or a smaller supply_compliance",
        )


def _note_order(order: Mapping[str, Any], faults: FaultList) -> None:
    """Note an order of nothing, before anything is divided by it."""
    planned_ml = order.get("rate_ml_h", 1.0) * order.get("duration_s", 3600.0) / 3600.0
    if planned_ml < LEAST_DOSE_IN_ML:
        nothing = "rate" if order.get("rate_ml_h", 1.0) < LEAST_DOSE_IN_ML else "duration"
        faults.add(("order", nothing), f"{nothing}: nothing is ordered", "write more than zero")
    if order.get("dose_in_ml", 1.0) < LEAST_DOSE_IN_ML:
        faults.add(("order", "dose_in"), "dose_in: no volume can hold a dose", "write more than zero")


def _note_steps(setup: Setup, faults: FaultList) -> None:
    end_s = scripted_end_s(setup)
    if end_s == 0.0:
        faults.add(("until",), "until: the scenario ends before it begins", "write more than zero")
    for index, step in enumerate(setup.steps):
        if end_s is not None and step.at_s > end_s:
            faults.add(
                ("step", index, "at"),
                f"at: {_time(step.at_s)} is after the end of the scenario, {_time(end_s)}",
                "write an earlier time, or until = ... above the tables",
            )
        if (
            step.verb in {"prime", "reprime"}
            and float(step.get("volume_ml") or 0.0) > setup.plant.bag.fill_ml
        ):
            faults.add(
                ("step", index, "volume"),
                f"volume: {_ml(float(step.get('volume_ml') or 0.0))} are more than the bag was filled with",
                f"write at most {_ml(setup.plant.bag.fill_ml)}",
            )


def scripted_end_s(setup: Setup) -> float | None:
    """Return when the scenario ends, as far as the file tells; None where only the run can tell.

    It is `until`, or the order's duration after the first `start` step.
    """
    if setup.until_s is not None:
        return setup.until_s
    starts_s = [step.at_s for step in setup.steps if step.verb == "start"]
    return min(starts_s) + setup.order.duration_s if starts_s else None


def _ml(volume_ml: float) -> str:
    return format_quantity(volume_ml, VOLUME)


def _time(t_s: float) -> str:
    return format_quantity(t_s, TIME)
