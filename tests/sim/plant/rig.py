"""A plant on a table: demands, hands and time, without a pump core."""

from __future__ import annotations

from typing import Any

from pump.events import Event, Journal
from pump.seam import Drive, ReadingName, Watch
from sim.events import PlantActed, PlantRefused
from sim.plant.actions import Connect, PlantAction
from sim.plant.config import BagConfig, PlantConfig
from sim.plant.infusion import InfusionPlant
from sim.plant.ledger import Ledger

UG_PER_ML = 2.0
BAG = BagConfig(ug_per_ml=UG_PER_ML)
PRIME_ML_H = 600.0
P_VEIN_MMHG = 10.0
R_MMHG_H_ML = 0.3
C_ML_MMHG = 0.0008
EVENTS_AT_MOST = 2000


class Rig:
    """A plant, what time it is, and what came of the last action."""

    def __init__(self, *, bag: BagConfig = BAG, **config: Any) -> None:
        self.journal = Journal()
        self.plant = InfusionPlant(PlantConfig(bag=bag, **config), self.journal)
        self.t_s = 0.0

    def go_to(self, t_s: float) -> None:
        """Let the plant go through its own events up to `t_s`."""
        for _ in range(EVENTS_AT_MOST):
            if self.plant.next_event_s() > t_s:
                break
            self.plant.pass_event()
        else:
            raise AssertionError(f"no end of {self.plant._due}")
        self.t_s = t_s

    def go(self, for_s: float) -> None:
        self.go_to(self.t_s + for_s)

    def drive(self, rate_ml_h: float, **more: Any) -> float:
        return self.plant.drive(self.t_s, Drive(rate_ml_h, **more))

    def do(self, *actions: PlantAction) -> Event:
        for action in actions:
            self.plant.act(self.t_s, action)
        return self.journal.events[-1]

    def refuses(self, action: PlantAction) -> bool:
        """Whether the action is refused, and moves nothing but the anchor."""
        before = self.plant.as_of(self.t_s)
        event = self.do(action)
        if not isinstance(event, PlantRefused):
            assert isinstance(event, PlantActed)
            return False
        assert event.action == type(action).__name__
        assert event.text
        after = self.plant.snapshot()
        kept = before.snapshot()
        return all(after[name] == kept[name] for name in ("upstream", "downstream", "ledger", "faults"))

    def prime(self, volume_ml: float = 3.0) -> None:
        """Fill the set from the bag at 600 mL/h."""
        self.drive(PRIME_ML_H, priming=True)
        self.go(volume_ml / PRIME_ML_H * 3600.0)
        self.drive(0.0)

    @property
    def books(self) -> Ledger:
        return self.plant.as_of(self.t_s).ledger

    @property
    def p_mmhg(self) -> float:
        return self.plant.p_down_mmhg(self.t_s)

    @property
    def p_up_mmhg(self) -> float:
        return self.plant.p_up_mmhg(self.t_s)

    @property
    def delivered_ml(self) -> float:
        return self.plant.delivered_ml(self.t_s)

    @property
    def drug_flow_ml_h(self) -> float:
        return self.plant.drug_flow_ml_h(self.t_s)

    @property
    def stored_ml(self) -> float:
        return self.plant.as_of(self.t_s).downstream.stored_ml

    @property
    def bag_ml(self) -> float:
        return self.plant.as_of(self.t_s).upstream.bag.liquid_ml

    def reading(self, name: ReadingName) -> float:
        value: float = getattr(self.plant.readings(self.t_s), name)
        return value

    def until(self, reading: ReadingName, *, above: bool, level: float) -> float:
        """Seconds from now until the reading is beyond the level; own events are passed on the way."""
        started_s = self.t_s
        watch = Watch(reading, above, level)
        for _ in range(EVENTS_AT_MOST):
            when_s = self.plant.when(watch)
            next_s = self.plant.next_event_s()
            if when_s <= next_s:
                if when_s < float("inf"):
                    self.go_to(max(when_s, self.t_s))
                return when_s - started_s
            self.go_to(next_s)
        raise AssertionError(f"no end of {self.plant._due}")

    def check(self) -> None:
        """The balance holds now, and has held at every event."""
        copy = self.plant.as_of(self.t_s)
        error_ml, error_ug = copy.ledger.error(copy.held())
        assert max(error_ml, error_ug, copy.max_error_ml, copy.max_error_ug) < 1e-9


def connected(*, primed: bool = True, **config: Any) -> Rig:
    """A primed plant (unless told otherwise) on the patient, at its own time, nothing flowing."""
    rig = Rig(**config)
    if primed:
        rig.prime((rig.plant.config.line.prime_ml + rig.plant.config.filter.volume_ml) / rig.plant.gain_frac)
    rig.do(Connect(connected=True))
    return rig


def running(rate_ml_h: float = 0.6, *, settled_s: float = 3600.0, **config: Any) -> Rig:
    """A connected plant that has run at `rate_ml_h` for `settled_s`: a settled pressure of end + R Q."""
    rig = connected(**config)
    rig.drive(rate_ml_h)
    rig.go(settled_s)
    return rig
