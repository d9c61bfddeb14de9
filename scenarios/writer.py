"""Writing a scenario file from a setup and its steps: how a recorded session becomes a scenario.

What is written reads back equal. Everything is said, defaults too, so that a session stays what it
was when a default changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pump.settings import PumpSettings
from scenarios.fields import write_fields
from scenarios.tables import SCHEMA, TABLES, TOP
from scenarios.toml import toml_document
from scenarios.verbs import write_step
from sim.plant.config import PlantConfig
from sim.world.setup import Response, Setup, Step


def dump(
    setup: Setup,
    *,
    title: str,
    text: str = "",
    source: str = "",
    tags: tuple[str, ...] = (),
    profile: str | None = None,
    steps: Iterable[Step] | None = None,
) -> str:
    """Return a scenario file that reads back as `setup`.

    Args:
        setup: What the world was built from.
        title: One line for people.
        text: Two sentences for a reader.
        source: Where the case comes from.
        tags: Words to find it by.
        profile: The path of the pump's profile; None: the profile's name.
        steps: What was done, such as `World.recorded`, in place of the setup's own steps and of those
            who would have answered alarms; None: the setup as it is.
    """
    about = {"title": title, "text": text or None, "source": source or None, "tags": tags or None}
    head = {"schema": SCHEMA, "id": setup.id, **about, "seed": setup.seed, "until_s": setup.until_s}
    document: dict[str, Any] = write_fields(head, TOP)
    values = _inner_values(setup, profile)
    if steps is not None:
        values["response"] = {}
    document |= {name: write_fields(values[name], table.fields) for name, table in TABLES.items()}
    document["step"] = [write_step(step) for step in (setup.steps if steps is None else steps)]
    return toml_document({name: table for name, table in document.items() if table not in ([], {})})


def _inner_values(setup: Setup, profile: str | None) -> dict[str, Mapping[str, Any]]:
    """Return the values of every table by their inner names."""
    plant: PlantConfig = setup.plant
    return {
        "order": _plain(setup.order),
        "pump": {
            **_pump(setup.pump),
            **_plain(plant.mechanism),
            "profile": profile or setup.pump.profile.name,
        },
        "bag": _plain(plant.bag),
        "set": _plain(plant.line),
        "filter": _plain(plant.filter),
        "catheter": _plain(plant.catheter),
        "battery": {**_plain(plant.battery), "mains": plant.mains},
        "site": {"site_above_cm": plant.site_above_cm, "bag_above_cm": plant.bag_above_cm},
        "clock": {"clock_start_s": setup.clock_start_s, "change_clock_s": setup.change_clock_s},
        "response": _response(setup.response),
    }


def _pump(settings: PumpSettings) -> dict[str, Any]:
    chosen = {name: getattr(settings, name) for name in settings.__dataclass_fields__ if name != "profile"}
    return {**chosen, **_plain(settings.program), "codes": settings.codes or None}


def _response(response: Response | None) -> dict[str, Any]:
    return {} if response is None else {"procedure": response.procedure, **dict(response.overrides)}


def _plain(config: Any) -> dict[str, Any]:  # noqa: ANN401 - any of the data classes
    values: dict[str, Any] = asdict(config)
    return values
