"""The infusion plant, from the bag to the vein.

    bag -> supply line -> pump -> air detector -> node -> line -> filter -> connector -> catheter -> vein
    `-- upstream.py --'                           `------------------ downstream.py ------------------'

State stands at an anchor, the last event; everything between two events is a closed form of the time
since then (`flow.py`). Asking changes nothing. `settle` moves the anchor, and only events and actions
call it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from pump.events import Journal
from pump.seam import Drive, Readings, Watch
from sim.events import BagDry, PlantActed, PlantRefused
from sim.plant.actions import CannotActError, PlantAction
from sim.plant.battery import Battery
from sim.plant.config import PlantConfig
from sim.plant.downstream import Downstream
from sim.plant.flow import INF, NodeFlow
from sim.plant.fluids import AIR, BLOOD, SALINE, Parcel
from sim.plant.hands import carry_out
from sim.plant.keeping import fields_of
from sim.plant.ledger import Ledger
from sim.plant.level import amount_after_ug, concentration_pg_ml
from sim.plant.upstream import Upstream

FREE_FLOW_MMHG_H_ML: Final = 0.1
"""Resistance of an open set to gravity flow (X)."""

HIDDEN_FAULTS: Final = frozenset(
    {"free_flow", "flow_stop_failed", "flow_stop_pinched", "air_detector_dead", "pressure_sensor_dead"}
)
"""Faults that no self-test finds: they change the physics or blind a sensor."""

MOVING: Final = frozenset({"p_down_mmhg", "p_up_mmhg", "battery_frac", "drug_flow_ml_h", "flow_ml_h"})
"""Readings that move between two events; all others stay until one makes them jump."""

SOONEST: Final = itemgetter(0)

ROOM_C: Final = 22.0
HOUR_S: Final = 3600.0

PLAIN_STATE: Final = (
    "anchor_s",
    "body_ug",
    "cassette",
    "clinging_ml",
    "door",
    "epoch_count",
    "gain_frac",
    "mains",
    "max_error_ml",
    "max_error_ug",
    "peak_p_down_mmhg",
    "temperature_c",
)
"""State that is JSON as it stands."""


class InfusionPlant:
    """Bag, set, catheter, vein, mechanism and battery behind one pump."""

    __slots__ = (
        *PLAIN_STATE,
        "_due",
        "_into_vein",
        "_sensed",
        "_sensed_s",
        "_through_frac",
        "battery",
        "config",
        "downstream",
        "drive_now",
        "faults",
        "flow",
        "journal",
        "ledger",
        "upstream",
    )

    def __init__(self, config: PlantConfig, journal: Journal, t_s: float = 0.0) -> None:
        self.config = config
        self.journal = journal
        self.ledger = Ledger()
        first = SALINE if config.line.filled_with == "saline" else AIR
        self.upstream = Upstream(config.bag, config.line, config.bag_above_cm, first)
        self.downstream = Downstream(
            config.line, config.filter, config.catheter, config.site_above_cm, first, self.ledger
        )
        for parcel in self.held():
            self.ledger.filled.join(parcel)
        self.gain_frac = config.mechanism.gain_frac
        self.temperature_c = ROOM_C
        self.faults: set[str] = set()
        self.clinging_ml = 0.0
        self.cassette = True
        self.door = True
        self.mains = config.mains
        self.battery = Battery(config.battery, config.battery.level_frac, config.battery.present)
        self.drive_now = Drive(rate_ml_h=0.0)
        self.body_ug = 0.0
        self.peak_p_down_mmhg = self.downstream.p_mmhg
        self.max_error_ml = 0.0
        self.max_error_ug = 0.0
        self.epoch_count = 0
        self.anchor_s = t_s
        self._anchor()

    # What follows from the state, at the anchor

    @property
    def moving_gain_frac(self) -> float:
        """What the mechanism makes of a demand at zero back-pressure; 0 where it moves nothing."""
        if not self.cassette or self.faults & {"flow_stop_pinched", "motor_stall"}:
            return 0.0
        mechanism = self.config.mechanism
        return self.gain_frac * (1.0 + mechanism.temperature_per_c * (self.temperature_c - ROOM_C))

    @property
    def powered(self) -> bool:
        """Whether the electronics have power from anywhere."""
        return self.mains or self.battery.usable()

    @property
    def _gravity_path(self) -> bool:
        """Whether the mechanism no longer holds gravity back."""
        return "free_flow" in self.faults or ("flow_stop_failed" in self.faults and not self.cassette)

    @property
    def _gravity_runs(self) -> bool:
        """Whether gravity drives fluid through the mechanism into the pressure node."""
        if not self._gravity_path or self._cut_off or not self.upstream.feeds:
            return False
        return self.upstream.head_mmhg > self.downstream.p_mmhg

    @property
    def _cut_off(self) -> bool:
        """A leak behind the pump that takes everything: nothing reaches the node, all of it is spilled."""
        return self.downstream.leak_frac >= 1.0

    @property
    def _pumped_ml_h(self) -> float:
        """Flow through the mechanism at zero back-pressure. It turns one way: withdrawing moves nothing."""
        if self.upstream.at_floor or self.drive_now.withdraws:
            return 0.0
        return self.drive_now.rate_ml_h * self.moving_gain_frac

    @property
    def _spilling_ml_h(self) -> float:
        """Flow through the mechanism out of a line that is cut behind it, gravity's included."""
        by_gravity_ml_h = 0.0
        if self._gravity_path and self.upstream.feeds:
            by_gravity_ml_h = max(0.0, self.upstream.head_mmhg) / FREE_FLOW_MMHG_H_ML
        return self._pumped_ml_h + by_gravity_ml_h

    def _node_flow(self) -> NodeFlow:
        """The closed form of the pressure node from the anchor on."""
        return NodeFlow(
            p0_mmhg=self.downstream.p_mmhg,
            q_ml_h=self._pumped_ml_h * (1.0 - self.downstream.leak_frac),
            g_out_ml_h_mmhg=self.downstream.g_out_ml_h_mmhg,
            p_end_mmhg=self.downstream.end_mmhg,
            c_ml_mmhg=self.downstream.c_ml_mmhg,
            loss_per_mmhg=self.config.mechanism.back_pressure_per_mmhg,
            g_free_ml_h_mmhg=1.0 / FREE_FLOW_MMHG_H_ML if self._gravity_runs else 0.0,
            p_head_mmhg=self.upstream.head_mmhg,
        )

    def _moved_ml(self, tau_h: float) -> float:
        """Volume through the mechanism, whatever leaks away behind it."""
        if self._cut_off:
            return self._spilling_ml_h * tau_h
        return self.flow.inflow_ml(tau_h) / (1.0 - self.downstream.leak_frac)

    def _when_moved_h(self, volume_ml: float) -> float:
        """Hours until `volume_ml` has gone through the mechanism; inf if never."""
        if volume_ml == INF:
            return INF
        if self._cut_off:
            return volume_ml / self._spilling_ml_h if self._spilling_ml_h > 0.0 else INF
        return self.flow.when_inflow_ml_h(volume_ml * (1.0 - self.downstream.leak_frac))

    def _drawn_ml(self, tau_h: float) -> float:
        """Volume drawn from the supply line; a leak there sucks in air for the rest."""
        return self._moved_ml(tau_h) * (1.0 - self.upstream.leak_frac)

    def _when_drawn_h(self, volume_ml: float) -> float:
        """Hours until `volume_ml` has been drawn from the supply line; inf if never."""
        tight_frac = 1.0 - self.upstream.leak_frac
        return self._when_moved_h(volume_ml / tight_frac) if tight_frac > 0.0 else INF

    # Events

    def _anchor(self) -> None:
        """Settle what happens at once, then take the closed forms anew."""
        self.epoch_count += 1
        self.upstream.even_out()
        self.downstream.let_go_at_open_end(priming=self.drive_now.priming)
        self.downstream.take_air_in_account()
        self.peak_p_down_mmhg = max(self.peak_p_down_mmhg, self.downstream.p_mmhg)
        self._take_closed_forms()
        error_ml, error_ug = self.ledger.error(self.held())
        self.max_error_ml = max(self.max_error_ml, error_ml)
        self.max_error_ug = max(self.max_error_ug, error_ug)

    def _take_closed_forms(self) -> None:
        """Derive flow, tip, battery slope and next event from the state, which stays as it is."""
        downstream = self.downstream
        self._through_frac = downstream.through_frac
        self._into_vein = BLOOD if downstream.needle_out else downstream.tip_fluid
        self.battery.load(self.drive_now, mains=self.mains)
        self.flow = self._node_flow()
        self._due = self._find_due()
        self._sensed: Readings | None = None
        self._sensed_s = self.anchor_s

    def held(self) -> tuple[Parcel, Parcel]:
        """Everything that still lies in the plant: the bag, and all tubes."""
        bag = self.upstream.bag
        tubes = Parcel()
        for slugs in (
            self.upstream.line.slugs,
            self.downstream.line.slugs,
            self.downstream.catheter.slugs,
            self.downstream.parked,
        ):
            tubes.add_slugs(slugs)
        return Parcel(drug_ml=bag.drug_ml, saline_ml=bag.saline_ml, ug=bag.ug), tubes

    def _find_due(self) -> tuple[float, str]:
        """The plant's own next event: (hours after the anchor, kind). Ties go to the earlier row."""
        upstream, downstream, flow = self.upstream, self.downstream, self.flow
        rows: list[tuple[float, str]] = []
        gravity_path = self._gravity_path
        if self.drive_now.rate_ml_h > 0.0 or gravity_path:
            source = "bag" if upstream.feeds else "floor"
            rows.append((self._when_drawn_h(upstream.until_change_ml()), source))
            to_detector_ml = upstream.line.to_next_edge_ml(upstream.entering)
            rows.append((self._when_drawn_h(to_detector_ml), "detector edge"))
        to_end_ml = downstream.line.to_next_edge_ml(upstream.leaving)
        rows.append((flow.when_outflow_volume_h(to_end_ml), "line edge"))
        to_tip_ml = downstream.catheter.to_next_edge_ml(downstream.entering_catheter)
        rows.append((self._when_into_catheter_h(to_tip_ml), "catheter edge"))
        if downstream.saline_runs:
            rows.append((downstream.saline_left_ml / downstream.saline_ml_h, "saline end"))
        if downstream.stairs:
            rows.append(((downstream.stairs[0][0] - self.anchor_s) / HOUR_S, "stair"))
        if downstream.below_end and not downstream.closed:
            rows.append((flow.when_p_h(downstream.end_mmhg, above=True), "check valve"))
        if gravity_path and upstream.feeds and downstream.end_mmhg < upstream.head_mmhg < downstream.p_mmhg:
            rows.append((flow.when_p_h(upstream.head_mmhg, above=False), "gravity"))
        rows.append((self.battery.next_end_h(), "battery end"))
        return min(rows, key=SOONEST)

    def _when_into_catheter_h(self, volume_ml: float) -> float:
        """Hours until `volume_ml` has gone into the catheter; inf if never."""
        if volume_ml == INF:
            return INF
        if self.downstream.saline_runs:
            return volume_ml / self.downstream.saline_ml_h
        through_frac = self._through_frac
        if not self.downstream.connected or through_frac <= 0.0:
            return INF
        return self.flow.when_outflow_volume_h(volume_ml / through_frac)

    def next_event_s(self) -> float:
        """When the plant changes its closed forms by itself; inf if never."""
        due_h, kind = self._due
        if kind == "stair":
            return self.downstream.stairs[0][0]
        return self.anchor_s + due_h * HOUR_S

    def pass_event(self) -> None:
        """Go through the plant's own next event, snapped to its threshold by its kind."""
        kind = self._due[1]
        was_dry = self.upstream.bag.dry
        self.settle(self.next_event_s())
        match kind:
            case "floor":
                self.upstream.p_mmhg = self.upstream.floor_mmhg
            case "stair":
                self.downstream.obstruction_mmhg_h_ml = self.downstream.stairs.pop(0)[1]
            case "saline end":
                self.downstream.saline_ml_h = 0.0
            case "check valve":
                self.downstream.p_mmhg = self.downstream.end_mmhg
            case "gravity":
                self.downstream.p_mmhg = math.nextafter(self.upstream.head_mmhg, -INF)
            case "battery end":
                self.battery.level_frac = 1.0 if self.battery.slope_per_h > 0.0 else 0.0
        self._anchor()
        self._tell_if_dry(was_dry=was_dry)

    def _tell_if_dry(self, *, was_dry: bool) -> None:
        if self.upstream.bag.dry and not was_dry:
            self.journal.add(BagDry, self.anchor_s)

    def settle(self, t_s: float) -> None:
        """Move the anchor to `t_s`: book what has flowed since the last one."""
        tau_h = (t_s - self.anchor_s) / HOUR_S
        if tau_h > 0.0:
            downstream = self.downstream
            moved_ml, out_ml = self._moved_ml(tau_h), self.flow.outflow_ml(tau_h)
            self.body_ug = self._body_ug(tau_h)
            self._through_pump(moved_ml)
            if out_ml > 0.0:
                downstream.let_out(downstream.line.take(out_ml), priming=self.drive_now.priming)
            if downstream.saline_runs:
                downstream.run_saline(downstream.saline_ml_h * tau_h)
            downstream.p_mmhg = self.flow.p_mmhg(tau_h)
            self.peak_p_down_mmhg = max(self.peak_p_down_mmhg, downstream.p_mmhg)
            self.battery.settle(tau_h)
        self.anchor_s = t_s

    def _through_pump(self, moved_ml: float) -> float:
        """Move fluid through mechanism and detector into the line; returns how much came to stay there."""
        if moved_ml <= 0.0:
            return 0.0
        sucked_frac = self.upstream.leak_frac
        if sucked_frac >= 1.0:
            return self.downstream.let_in(moved_ml, AIR)
        came_ml = 0.0
        for slug in self.upstream.draw(moved_ml * (1.0 - sucked_frac)):
            fluid = slug.fluid.with_air(sucked_frac) if sucked_frac else slug.fluid
            came_ml += self.downstream.let_in(slug.volume_ml / (1.0 - sucked_frac), fluid)
        return came_ml

    # What is done to it

    def act(self, t_s: float, action: PlantAction) -> None:
        """Carry out an action at `t_s` and leave an event: what came of it, or why it could not be."""
        self.settle(t_s)
        was_dry = self.upstream.bag.dry
        before_ug = self.ledger.patient.ug
        name = type(action).__name__
        try:
            detail = carry_out(self, action)
        except CannotActError as refusal:
            self._anchor()
            self.journal.add(PlantRefused, t_s, action=name, text=str(refusal))
            return
        # What hands push into the vein is a bolus: it is in the body at once.
        self.body_ug += self.ledger.patient.ug - before_ug
        self._anchor()
        self.journal.add(PlantActed, t_s, action=name, detail=detail)
        self._tell_if_dry(was_dry=was_dry)

    def drive(self, t_s: float, drive: Drive) -> float:
        """Obey the pump core from `t_s` on. Returns how far the mechanism turned back, mL as it counts."""
        self.settle(t_s)
        was_dry = self.upstream.bag.dry
        self.drive_now = drive
        gain_frac = self.moving_gain_frac
        if drive.push_ml > 0.0:
            came_ml = self._through_pump(drive.push_ml * gain_frac)
            self.downstream.p_mmhg += came_ml / self.downstream.c_ml_mmhg
        turned_ml = 0.0
        if drive.reverse_to_ml is not None and gain_frac > 0.0:
            turned_ml = self._turn_back(drive.reverse_to_ml) / gain_frac
        self._anchor()
        self._tell_if_dry(was_dry=was_dry)
        return turned_ml

    def _turn_back(self, keep_ml: float) -> float:
        """Turn the mechanism back until no more than `keep_ml` is stored; returns the volume moved."""
        back_ml = self.downstream.stored_ml - keep_ml
        if back_ml <= 0.0:
            return 0.0
        self.upstream.push_back(self.downstream.line.take_back(back_ml))
        self.downstream.p_mmhg -= back_ml / self.downstream.c_ml_mmhg
        return back_ml

    # Truth

    def drug_flow_ml_h(self, t_s: float) -> float:
        """Drug solution going into the vein at `t_s`. Changes nothing."""
        return self._tip_ml_h((t_s - self.anchor_s) / HOUR_S) * self._into_vein.drug_frac

    def _tip_ml_h(self, tau_h: float) -> float:
        """Flow through the catheter tip."""
        if self.downstream.saline_runs:
            return self.downstream.saline_ml_h
        if not self.downstream.connected:
            return 0.0
        return self.flow.outflow_ml_h(tau_h) * self._through_frac

    def obstacle(self) -> str | None:
        """Why no drug flows, as far as the line is to blame: the word for an interruption's cause."""
        upstream, downstream = self.upstream, self.downstream
        if not downstream.connected or downstream.needle_out or self._cut_off:
            return "disconnected"
        if downstream.closed:
            return "occluded"
        if upstream.bag.dry and not upstream.bag.gives:
            return "dry"
        if downstream.tip_fluid.air_frac > 0.0:
            return "air"
        if upstream.closed or "flow_stop_pinched" in self.faults:
            return "occluded"
        return None

    def _body_ug(self, tau_h: float) -> float:
        """Drug in the body `tau_h` after the anchor."""
        ug_per_ml, flow = self._into_vein.ug_per_ml, self.flow
        now_ml_h = self._tip_ml_h(0.0)
        final_ml_h, fade_per_h = now_ml_h, flow.lambda_per_h
        runs = self.downstream.connected and not self.downstream.saline_runs
        if runs and fade_per_h > 0.0 and flow.g_out_ml_h_mmhg > 0.0:
            final_ml_h = flow.final_outflow_ml_h * self._through_frac
        fading_ml_h = now_ml_h - final_ml_h
        return amount_after_ug(
            self.body_ug, tau_h, final_ml_h * ug_per_ml, fading_ml_h * ug_per_ml, fade_per_h
        )

    def level_pg_ml(self, t_s: float) -> float:
        """Drug level at `t_s`. Changes nothing."""
        return concentration_pg_ml(self._body_ug((t_s - self.anchor_s) / HOUR_S))

    def delivered_ml(self, t_s: float) -> float:
        """Drug solution that has gone into the vein by `t_s`. Changes nothing."""
        return self.ledger.patient.drug_ml + self._tip_ml(t_s) * self._into_vein.drug_frac

    def delivered_ug(self, t_s: float) -> float:
        """Drug that has gone into the vein by `t_s`. Changes nothing."""
        return self.ledger.patient.ug + self._tip_ml(t_s) * self._into_vein.ug_per_ml

    def _tip_ml(self, t_s: float) -> float:
        """Volume through the catheter tip since the anchor."""
        tau_h = (t_s - self.anchor_s) / HOUR_S
        if self.downstream.saline_runs:
            return self.downstream.saline_ml_h * tau_h
        if not self.downstream.connected:
            return 0.0
        return self.flow.outflow_ml(tau_h) * self._through_frac

    # What the pump senses

    def p_down_mmhg(self, t_s: float) -> float:
        """Pressure downstream of the pump at `t_s`. Changes nothing."""
        return self.flow.p_mmhg((t_s - self.anchor_s) / HOUR_S)

    def p_up_mmhg(self, t_s: float) -> float:
        """Pressure at the pump's inlet at `t_s`. Changes nothing."""
        if self.upstream.feeds:
            return self.upstream.p_mmhg
        return self.upstream.p_after_mmhg(self._drawn_ml((t_s - self.anchor_s) / HOUR_S))

    @property
    def detector_air_frac(self) -> float:
        """The part of the air detector's field that is air."""
        if "air_detector_dead" in self.faults:
            return 0.0
        return 1.0 if self.clinging_ml > 0.0 else self.upstream.inlet_air_frac

    def readings(self, t_s: float) -> Readings:
        """What the sensors say at `t_s`. Changes nothing; asked again, it is the same object."""
        if self._sensed is None or self._sensed_s != t_s:
            self._sensed, self._sensed_s = self._sense(t_s), t_s
        return self._sensed

    def _sense(self, t_s: float) -> Readings:
        tau_h = (t_s - self.anchor_s) / HOUR_S
        blind = "pressure_sensor_dead" in self.faults
        return Readings(
            p_down_mmhg=0.0 if blind else self.flow.p_mmhg(tau_h),
            p_up_mmhg=0.0 if blind else self.p_up_mmhg(t_s),
            air_frac=self.detector_air_frac,
            cassette_frac=float(self.cassette),
            door_frac=float(self.door),
            supply_frac=float(self.powered),
            mains_frac=float(self.mains),
            battery_present_frac=float(self.battery.present),
            battery_frac=self.battery.reading_frac(tau_h),
            battery_sound_frac=float(self.battery.sound),
            temperature_c=self.temperature_c,
            flow_ml_h=0.0 if self._cut_off else self.flow.inflow_ml_h(tau_h),
            faults=frozenset(self.faults - HIDDEN_FAULTS),
        )

    def when(self, watch: Watch, from_s: float | None = None) -> float:
        """When one watched reading is beyond its level, `from_s` (None: the anchor) at the earliest."""
        return self.whens((watch,), self.anchor_s if from_s is None else from_s)[0]

    def whens(self, watches: Sequence[Watch], from_s: float) -> list[float]:
        """When each watched reading is strictly beyond its level, `from_s` at the earliest; inf if never.

        Between two events every reading is monotone: what is not beyond at `from_s` comes to be or never.
        """
        readings = self.readings(from_s)
        whens_s: list[float] = []
        for watch in watches:
            name, level = watch.reading, watch.level
            if name == "drug_flow_ml_h":
                now = self.drug_flow_ml_h(from_s)
            elif name == "dry_frac":
                now = float(self.upstream.bag.dry)
            else:
                now = getattr(readings, name)
            if (now > level) if watch.above else (now < level):
                whens_s.append(from_s)
            elif name in MOVING:
                whens_s.append(self.anchor_s + self._crossing_h(watch) * HOUR_S)
            else:
                whens_s.append(INF)
        return whens_s

    def _crossing_h(self, watch: Watch) -> float:
        """Hours from the anchor until a moving reading goes beyond the level; inf if it never does."""
        level, above = watch.level, watch.above
        blind = "pressure_sensor_dead" in self.faults
        match watch.reading:
            case "p_down_mmhg" if not blind:
                return self.flow.when_p_h(level, above=above)
            case "p_up_mmhg" if not blind and not above:
                return self._when_drawn_h(self.upstream.until_level_ml(level))
            case "battery_frac":
                slope = 0.0 if self.battery.reversed_poles else self.battery.slope_per_h
                left = level - self.battery.reading_frac(0.0)
                return left / slope if slope and (slope > 0.0) == above else INF
            case "drug_flow_ml_h":
                per_outflow = self._through_frac * self._into_vein.drug_frac
                if per_outflow <= 0.0 or self.downstream.saline_runs or not self.downstream.connected:
                    return INF
                return self.flow.when_outflow_h(level / per_outflow, above=above)
            case "flow_ml_h" if not self._cut_off:
                return self.flow.when_inflow_h(level, above=above)
        return INF

    # Persistence

    def as_of(self, t_s: float) -> InfusionPlant:
        """A copy settled at `t_s`, to read books and tubes from. This plant stays as it is."""
        copy = InfusionPlant(self.config, Journal(), self.anchor_s)
        copy.restore(self.snapshot())
        copy.settle(t_s)
        return copy

    def snapshot(self) -> dict[str, Any]:
        """All of the state, JSON-able."""
        state: dict[str, Any] = {name: getattr(self, name) for name in PLAIN_STATE}
        return state | {
            "upstream": self.upstream.snapshot(),
            "downstream": self.downstream.snapshot(),
            "ledger": self.ledger.snapshot(),
            "drive_now": fields_of(self.drive_now),
            "battery": self.battery.snapshot(),
            "faults": sorted(self.faults),
        }

    def restore(self, snapshot: dict[str, Any]) -> None:
        """Take over a state that `snapshot` gave, and go on to the last bit as the other would have."""
        for name in PLAIN_STATE:
            setattr(self, name, snapshot[name])
        self.ledger = Ledger.from_snapshot(snapshot["ledger"])
        self.upstream.restore(snapshot["upstream"])
        self.downstream.restore(snapshot["downstream"])
        self.downstream.ledger = self.ledger
        self.drive_now = Drive(**snapshot["drive_now"])
        self.battery.restore(snapshot["battery"])
        self.faults = set(snapshot["faults"])
        self._take_closed_forms()
