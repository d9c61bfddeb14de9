"""What an instructor does most, ready to be pressed; and examples for the form of everything else.

An act is a row of steps as a scenario file has them, and what takes it away again, where anything does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Steps = tuple[tuple[str, Mapping[str, Any]], ...]
"""Verbs with their parameters, in the order in which they are done."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to press: what it is called, what it does, and what the way back is called and does."""

    name: str
    steps: Steps
    back_name: str = ""
    back: Steps = ()


def _one(verb: str, **params: Any) -> Steps:
    return ((verb, params),)


def _fault(name: str, kind: str) -> Act:
    return Act(name, _one("fault", kind=kind), "Mend", _one("fault", kind=kind, present=False))


ACTS: Final[Mapping[str, tuple[Act, ...]]] = {
    "Line": (
        Act("Kink below pump", _one("kink"), "Straight", _one("unkink")),
        Act("Kink above pump", _one("kink", where="upstream"), "Straight", _one("unkink", where="upstream")),
        Act("Clamp below pump", _one("clamp"), "Open", _one("unclamp")),
        Act("Clamp above pump", _one("clamp", where="upstream"), "Open", _one("unclamp", where="upstream")),
        Act("Leak, half the flow", _one("leak", fraction=0.5), "Seal", _one("seal_leak")),
        Act("Line cut through", _one("leak", fraction=1.0), "Seal", _one("seal_leak")),
    ),
    "Catheter": (
        Act("Partial clot", _one("occlude", fraction=0.9999), "Clear", _one("clear_occlusion")),
        Act("Catheter closed", _one("occlude"), "Clear", _one("clear_occlusion")),
        Act("Needle out", _one("dislodge_needle"), "Put back", _one("dislodge_needle", back=True)),
        Act("Line off catheter", _one("disconnect"), "Join", _one("reconnect")),
    ),
    "Air": (
        Act("Bubble before detector", _one("air", volume="0.3 mL", where="detector")),
        Act("Bubble behind pump", _one("air", volume="0.3 mL", where="patient")),
        Act("Air in the bag's port", _one("air", volume="0.5 mL", where="bag"), "Purge", _one("purge_bag")),
        Act(
            "Air sucked in above",
            _one("leak", where="upstream", fraction=0.1),
            "Seal",
            _one("seal_leak", where="upstream"),
        ),
    ),
    "Power and case": (
        Act("Mains lost", _one("unplug"), "Plug in", _one("plug")),
        Act(
            "Battery nearly low",
            (*_one("unplug"), *_one("battery_level", level=0.034)),
            "Charged",
            _one("battery_level", level=1.0),
        ),
        Act("Cassette off", _one("detach_cassette"), "Put on", _one("attach_cassette")),
        Act("Door open", _one("open_door"), "Shut", _one("close_door")),
    ),
    "Faults that nobody sees": (
        _fault("Air detector dead", "air_detector_dead"),
        _fault("Pressure sensor dead", "pressure_sensor_dead"),
        Act("Gives a fifth too much", _one("gain", value=1.2), "Right", _one("gain", value=1.0)),
        Act(
            "Free flow, bag high",
            (*_one("move_pump", bag_above="60 cm"), *_one("fault", kind="free_flow")),
            "Mend",
            (*_one("fault", kind="free_flow", present=False), *_one("move_pump", bag_above="0 cm")),
        ),
    ),
    "Line to a host": (
        Act("Silent for 2 min", _one("link_silence", **{"for": "2 min"})),
        Act("Cut for 2 min", _one("link_disconnect", **{"for": "2 min"})),
        Act("Loses 3 frames", _one("link_drop", frames=3)),
        Act("Garbles 3 frames", _one("link_corrupt", frames=3)),
    ),
}
"""By where it goes wrong. What is in the last place needs a port."""

EXAMPLES: Final[Mapping[tuple[str, str], str]] = {
    ("air", "volume"): "0.3 mL",
    ("aspirate", "volume"): "2 mL",
    ("battery_level", "level"): "0.034",
    ("clog_filter", "resistance"): "1000 mmHg h/mL",
    ("fault", "kind"): "air_detector_dead",
    ("flush", "volume"): "5 mL",
    ("gain", "value"): "1.2",
    ("grow_clot", "resistance"): "1000 mmHg h/mL",
    ("infuse_saline", "volume"): "10 mL",
    ("leak", "fraction"): "0.5",
    ("link_delay", "delay"): "500 ms",
    ("link_disconnect", "for"): "2 min",
    ("link_silence", "for"): "2 min",
    ("lock", "level"): "LL2",
    ("prime", "volume"): "3 mL",
    ("reprime", "volume"): "3 mL",
    ("temperature", "to"): "37 C",
}
"""By verb and parameter: what the form holds where something has to be filled in, and the table's own example
would be of no use."""
