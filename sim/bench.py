"""The bench: it closes pump core and plant, and is all that a host needs to know of both.

    Action = Command | PlantAction
    bench.advance_to(t_s)      handles every deadline <= t_s in order; ValueError if t_s lies in the past
    bench.apply(action)        acts at bench.t_s, after all that was due then
    bench.next_deadline_s()    inf when nothing is due

Both return the new events. After either, nothing is due at `bench.t_s` any more.

At one instant: the plant's own events, then levels crossed (the core's in table order, then truth's),
then the core's timers, then truth's. A level crossed by motion is consumed until the plant's next
event, because every reading is monotone in between; a reading that is beyond a level when the watch is
posted is told at once and consumes nothing. Without this rule a crossing on an exponential is found again
for ever.

The plant is asked once for each watch: when it is posted, and again after the plant's next event.

Which plant it is matters only to whoever looks into it: `BenchOf` closes a core with any, `Bench` is the one
with bag and line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, replace
from math import isfinite
from typing import Any, Final, Generic, TypeVar

from pump.commands import Command
from pump.core import PumpCore
from pump.delivery import Mode
from pump.events import Event, Journal, ModeChanged
from pump.program import Program
from pump.seam import Drive, Readings, Watch
from pump.settings import PumpSettings
from sim.plant.actions import PlantAction, SwapPump
from sim.plant.config import PlantConfig
from sim.plant.infusion import InfusionPlant
from sim.plant.protocol import Plant
from sim.truth import Truth, is_start

Action = Command | PlantAction

SNAPSHOT_SCHEMA: Final = 1
STUCK_COUNT: Final = 10_000
"""So many deadlines at one instant are a fault of the model, not a busy pump."""

INF: Final = float("inf")
NEVER: Final = (INF, "never", None)

OF_TRUTH: Final = frozenset({"drug_flow_ml_h", "dry_frac"})
"""Readings that no pump has a sensor for: only truth watches them."""

BEYOND: Final = -INF
"""When a reading is crossed that was beyond the level already as its watch was posted."""


PlantT_co = TypeVar("PlantT_co", bound=Plant, covariant=True)
ConfigT = TypeVar("ConfigT")


class BenchOf(Generic[PlantT_co]):
    """A pump core, its plant and the truth observer, at one time.

    `make_plant` builds the plant from its configuration, the journal and the time.
    """

    __slots__ = (
        "_agenda",
        "_configuration",
        "_consumed",
        "_epoch_count",
        "_first",
        "_heard_count",
        "_settings",
        "_watches",
        "_whens_s",
        "core",
        "journal",
        "plant",
        "t_s",
        "truth",
    )

    def __init__(
        self,
        pump: PumpSettings,
        plant: ConfigT,
        order_ml_h: float,
        t_s: float,
        make_plant: Callable[[ConfigT, Journal, float], PlantT_co],
    ) -> None:
        self.t_s = t_s
        self.journal = Journal()
        self.plant = make_plant(plant, self.journal, t_s)
        self.core = PumpCore(pump, self.journal, self.plant.readings(t_s), t_s)
        self.truth = Truth(order_ml_h, self.journal)
        self._settings = pump
        self._configuration = (pump, plant, order_ml_h)
        self._consumed: set[tuple[str, float]] = set()
        self._epoch_count = -1
        self._heard_count = 0
        self._watches: tuple[Watch, ...] = ()
        self._whens_s: list[float] = []
        self._first: tuple[float, str, Watch | None] = NEVER
        self._agenda: tuple[float, str, Watch | None] | None = None
        self._changed()

    def next_deadline_s(self) -> float:
        """When anything happens next if nobody acts; inf if never."""
        return self._next()[0]

    def advance_to(self, t_s: float) -> list[Event]:
        """Handle every deadline up to and including `t_s`; returns the new events.

        Raises:
            ValueError: `t_s` lies before the bench's time, or is no time to arrive at: inf or nan.
        """
        if t_s < self.t_s:
            raise ValueError(f"the bench is at {self.t_s} s and cannot go back to {t_s} s")
        if not isfinite(t_s):
            raise ValueError(f"the bench cannot arrive at {t_s} s")
        first = len(self.journal.events)
        self._handle_due(t_s)
        self.t_s = t_s
        return self.journal.events[first:]

    def apply(self, action: Action) -> list[Event]:
        """Do `action` now; returns the new events, of which there is at least one."""
        first = len(self.journal.events)
        self._handle_due(self.t_s)
        if isinstance(action, Command):
            self._obey(self.core.command(self.t_s, action, self.plant.readings(self.t_s)))
        else:
            self.plant.act(self.t_s, action)
        self._changed()
        self._handle_due(self.t_s)
        return self.journal.events[first:]

    def order(self, order_ml_h: float) -> list[Event]:
        """Measure interruptions against another order from now on; returns the new events."""
        first = len(self.journal.events)
        self.truth.order(order_ml_h)
        self._changed()
        self._handle_due(self.t_s)
        return self.journal.events[first:]

    def swap_pump(self, program: Program, gain_frac: float) -> list[Event]:
        """Take another pump of the same make, keyed with `program`; returns the new events.

        Its counters, lock and alarms begin anew: the old pump's memory leaves with it, and so do its alarms.
        """
        first = len(self.journal.events)
        self.core.alarms.clear_all(self.t_s)
        self.journal.add(
            ModeChanged, self.t_s, mode_from=self.core.mode, mode_to=Mode.STOPPED.value, cause="another pump"
        )
        self.plant.drive(self.t_s, Drive(rate_ml_h=0.0))
        self.plant.act(self.t_s, SwapPump(gain_frac=gain_frac))
        self._settings = replace(self._settings, program=program)
        self.core = PumpCore(self._settings, self.journal, self.plant.readings(self.t_s), self.t_s)
        self._changed()
        self._handle_due(self.t_s)
        return self.journal.events[first:]

    def _handle_due(self, t_s: float) -> None:
        at_once_count = 0
        while True:
            due_s, kind, watch = self._next()
            if due_s > t_s:
                return
            at_once_count = at_once_count + 1 if due_s <= self.t_s else 0
            if at_once_count > STUCK_COUNT:
                raise RuntimeError(
                    f"no end of {kind} {watch or ''} at {due_s} s: a watch that its owner ignores"
                )
            self.t_s = max(self.t_s, due_s)
            self._handle(kind, watch)
            self._changed()

    def _next(self) -> tuple[float, str, Watch | None]:
        """The earliest deadline, the first in the order of one instant."""
        if self._agenda is None:
            best: tuple[float, str, Watch | None] = (self.plant.next_event_s(), "plant", None)
            if self._first[0] < best[0]:
                best = self._first
            due_s = self.core.next_deadline_s()
            if due_s < best[0]:
                best = (due_s, "core", None)
            due_s = self.truth.next_deadline_s()
            if due_s < best[0]:
                best = (due_s, "truth", None)
            self._agenda = best
        return self._agenda

    def _changed(self) -> None:
        """Look for the next deadline anew, and forget crossings of a motion that is over."""
        self._agenda = None
        if self.truth.start_s is None:
            self._begin_truth()
        watches = self.core.watches() + self.truth.watches()
        if self.plant.epoch_count != self._epoch_count:
            self._epoch_count = self.plant.epoch_count
            self._consumed.clear()
            self._post(watches, {})
        elif watches != self._watches:
            self._post(watches, dict(zip(self._watches, self._whens_s, strict=True)))

    def _begin_truth(self) -> None:
        """Truth is measured from the first start on, and a delay that was keyed is part of it."""
        events = self.journal.events
        if any(is_start(event) for event in events[self._heard_count :]):
            self.truth.begin(self.t_s)
        self._heard_count = len(events)

    def _post(self, watches: tuple[Watch, ...], known_s: dict[Watch, float]) -> None:
        """Ask the plant about the watches, but those whose crossing is known from before."""
        t_s = self.t_s
        new = [watch for watch in watches if watch not in known_s] if known_s else watches
        asked_s = [when_s if when_s > t_s else BEYOND for when_s in self.plant.whens(new, t_s)]
        if known_s:
            known_s.update(zip(new, asked_s, strict=True))
            asked_s = [known_s[watch] for watch in watches]
        self._watches, self._whens_s = watches, asked_s
        self._look()

    def _look(self) -> None:
        """Find the watch that is crossed first, if any ever is; of those at one instant the first."""
        first_s = INF
        self._first = NEVER
        for place, when_s in enumerate(self._whens_s):
            if when_s < first_s:
                watch = self._watches[place]
                if (watch.reading, watch.level) not in self._consumed:
                    first_s = when_s
                    kind = "truth watch" if watch.reading in OF_TRUTH else "core watch"
                    self._first = (when_s, kind, watch)

    def _handle(self, kind: str, watch: Watch | None) -> None:
        t_s = self.t_s
        if kind == "plant":
            self.plant.pass_event()
        elif kind == "core":
            self._obey(self.core.wake(t_s, self.plant.readings(t_s)))
        elif kind == "truth":
            self.truth.wake(t_s, self.core.mode, self.plant)
        elif watch is not None:
            by_motion = self._first[0] != BEYOND
            if by_motion:
                self._consumed.add((watch.reading, watch.level))
                self._look()
            if kind == "truth watch":
                self.truth.sense(t_s, self.core.mode, self.plant)
            else:
                readings = self.plant.readings(t_s)
                if by_motion:
                    readings = snapped(readings, watch)
                self._obey(self.core.sense(t_s, watch, readings))

    def _obey(self, drive: Drive | None) -> None:
        """Hand the core's demand to the mechanism, and tell the core how far it turned back."""
        if drive is None:
            return
        turned_ml = self.plant.drive(self.t_s, drive)
        if turned_ml:
            self.core.turned_back(self.t_s, turned_ml)

    def snapshot(self) -> dict[str, Any]:
        """State of pump, plant and truth, JSON-able. People and scripts are the world's and not in it."""
        return {
            "schema": SNAPSHOT_SCHEMA,
            "configuration": self._digest(),
            "t_s": self.t_s,
            "next_seq": self.journal.next_seq,
            "program": asdict(self._settings.program),
            "core": self.core.snapshot(),
            "plant": self.plant.snapshot(),
            "truth": self.truth.snapshot(),
            "consumed": sorted([reading, level] for reading, level in self._consumed),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a snapshot of a bench of the same configuration.

        Raises:
            ValueError: another schema or another configuration.
        """
        if snapshot.get("schema") != SNAPSHOT_SCHEMA:
            raise ValueError(f"snapshot schema {snapshot.get('schema')}, this bench reads {SNAPSHOT_SCHEMA}")
        if snapshot.get("configuration") != self._digest():
            raise ValueError("the snapshot is of another configuration of pump, plant or order")
        self.t_s = snapshot["t_s"]
        self.journal.events.clear()
        self._heard_count = 0
        self.journal.next_seq = snapshot["next_seq"]
        self.plant.restore(snapshot["plant"])
        # The pump may have been swapped: the one that was there then is keyed as it was.
        self._settings = replace(self._settings, program=Program(**snapshot["program"]))
        self.core = PumpCore.restore(self._settings, snapshot["core"], self.journal)
        self.truth.restore(snapshot["truth"])
        self._consumed = {(reading, level) for reading, level in snapshot["consumed"]}
        self._epoch_count = self.plant.epoch_count
        self._post(self.core.watches() + self.truth.watches(), {})
        self._agenda = None

    def _digest(self) -> str:
        """What names the configuration."""
        return hashlib.sha256(repr(self._configuration).encode()).hexdigest()


class Bench(BenchOf[InfusionPlant]):
    """The bench of a pump with bag, set, catheter and vein."""

    __slots__ = ()

    def __init__(self, pump: PumpSettings, plant: PlantConfig, order_ml_h: float, t_s: float = 0.0) -> None:
        super().__init__(pump, plant, order_ml_h, t_s, InfusionPlant)


def snapped(readings: Readings, watch: Watch) -> Readings:
    """The readings with the watched one exactly at its level."""
    if watch.reading == "fault_count":
        return readings
    at_level: dict[str, Any] = {watch.reading: watch.level}
    return replace(readings, **at_level)
