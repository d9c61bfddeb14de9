"""What there is to see around a pump at one instant, and what only the truth knows.

`scene` and `truth` are pure: they look at a bench and change nothing. Who draws them - a page, a picture -
adds nothing of their own, and decides who is shown what.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from sim.bench import Bench
from sim.plant.fluids import Fluid, Slug

Kind = Literal["drug", "saline", "air", "froth", "blood"]

NOTHING_ML: Final = 1e-9
"""Less than this is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One fluid in a tube, between two parts of the tube's length, from the bag's end to the vein's."""

    from_frac: float
    to_frac: float
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeScene:
    """A tube and what shuts it. `leak_frac` is the part of the flow that a leak takes or sucks in."""

    stretches: tuple[Stretch, ...]
    clamped: bool = False
    kinked: bool = False
    leak_frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BagScene:
    """The bag: `liquid_ml` of the `hung_ml` that a bag of this order holds when it is hung, and its air."""

    liquid_ml: float
    hung_ml: float
    air_ml: float
    dry: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryScene:
    """The battery in its door. `frac` is its true charge."""

    present: bool
    reversed_poles: bool
    frac: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that somebody beside the pump could see, if they looked closely.

    Attributes:
        bag: The bag.
        supply: The tube from the bag to the pump.
        line: The tube from the pump to the connector.
        catheter: The tube from the connector into the vein.
        filtered: Whether the line has a filter.
        connected: Whether the line is on the catheter.
        needle_out: Whether the needle has left the vein.
        clinging: Whether a bubble clings to the air detector.
        cassette: Whether the cassette is on the pump.
        door: Whether the pump's door is shut.
        mains: Whether the pump is plugged in.
        battery: The battery.
    """

    bag: BagScene
    supply: TubeScene
    line: TubeScene
    catheter: TubeScene
    filtered: bool
    connected: bool
    needle_out: bool
    clinging: bool
    cassette: bool
    door: bool
    mains: bool
    battery: BatteryScene


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthScene:
    """What nobody beside the pump can see.

    Attributes:
        p_down_mmhg: Pressure behind the pump.
        p_up_mmhg: Pressure at the pump's inlet.
        stored_ml: Volume that the line holds by pressure: what a release would give at once.
        drug_flow_ml_h: Drug solution going into the vein.
        delivered_ml: Drug solution that has gone into the vein.
        delivered_ug: Drug that has gone into the vein.
        believed_ml: What the pump counts as given since its counters were last set to zero.
        level_pg_ml: Drug level by the one-compartment model.
        air_ul: Air that has gone into the vein.
        spilled_ml: Drug solution that ran beside the vein: into bed, shirt or tissue.
        bag_available_ml: Liquid that the bag can still give.
        obstruction_frac: The part of the catheter's conductance that is lost; 1 closed.
        gain_frac: What the mechanism moves of what it is told.
        faults: Hardware faults that stand, hidden ones too.
        obstacle: Why no drug flows as far as the line is to blame; None: it is not.
    """

    p_down_mmhg: float
    p_up_mmhg: float
    stored_ml: float
    drug_flow_ml_h: float
    delivered_ml: float
    delivered_ug: float
    believed_ml: float
    level_pg_ml: float
    air_ul: float
    spilled_ml: float
    bag_available_ml: float
    obstruction_frac: float
    gain_frac: float
    faults: tuple[str, ...]
    obstacle: str | None


def scene(bench: Bench, t_s: float) -> Scene:
    """Give what there is to see at `t_s`, which lies before the bench's next deadline or on it."""
    plant = bench.plant.as_of(t_s)
    upstream, downstream = plant.upstream, plant.downstream
    bag = upstream.bag
    return Scene(
        bag=BagScene(
            liquid_ml=bag.liquid_ml,
            hung_ml=plant.config.bag.fill_ml,
            air_ml=bag.air_ml + bag.port_air_ml,
            dry=bag.dry,
        ),
        supply=TubeScene(
            stretches=stretches(upstream.line.slugs),
            clamped=upstream.clamped,
            kinked=upstream.kinked,
            leak_frac=upstream.leak_frac,
        ),
        line=TubeScene(
            stretches=stretches(downstream.line.slugs),
            clamped=downstream.clamped,
            kinked=downstream.kinked,
            leak_frac=max(downstream.leak_frac, downstream.filter_leak_frac),
        ),
        catheter=TubeScene(
            stretches=stretches(downstream.catheter.slugs),
            clamped=downstream.catheter_clamped,
        ),
        filtered=downstream.filter.volume_ml > 0.0,
        connected=downstream.connected,
        needle_out=downstream.needle_out,
        clinging=plant.clinging_ml > 0.0,
        cassette=plant.cassette,
        door=plant.door,
        mains=plant.mains,
        battery=BatteryScene(
            present=plant.battery.present,
            reversed_poles=plant.battery.reversed_poles,
            frac=plant.battery.level_frac,
        ),
    )


def truth(bench: Bench, t_s: float) -> TruthScene:
    """Give what only the truth knows at `t_s`, which lies before the bench's next deadline or on it."""
    plant = bench.plant
    settled = plant.as_of(t_s)
    downstream = settled.downstream
    return TruthScene(
        p_down_mmhg=plant.p_down_mmhg(t_s),
        p_up_mmhg=plant.p_up_mmhg(t_s),
        stored_ml=downstream.stored_ml,
        drug_flow_ml_h=plant.drug_flow_ml_h(t_s),
        delivered_ml=plant.delivered_ml(t_s),
        delivered_ug=plant.delivered_ug(t_s),
        believed_ml=bench.core.counters(t_s).given_ml,
        level_pg_ml=plant.level_pg_ml(t_s),
        air_ul=1000.0 * settled.ledger.patient.air_ml,
        spilled_ml=settled.ledger.spilled.drug_ml + settled.ledger.tissue.drug_ml,
        bag_available_ml=settled.upstream.bag.available_ml,
        obstruction_frac=_obstruction_frac(
            settled.downstream.catheter_mmhg_h_ml, downstream.vein.resistance_mmhg_h_ml
        ),
        gain_frac=settled.gain_frac,
        faults=tuple(sorted(settled.faults)),
        obstacle=settled.obstacle(),
    )


def _obstruction_frac(now_mmhg_h_ml: float, free_mmhg_h_ml: float) -> float:
    """Give the part of the conductance that is lost, whatever obstructs."""
    return max(0.0, 1.0 - free_mmhg_h_ml / now_mmhg_h_ml)


def stretches(slugs: Iterable[Slug]) -> tuple[Stretch, ...]:
    """Give the slugs of a tube, oldest first, as stretches from its inlet on; what is alike is one."""
    drawn = [slug for slug in slugs if slug.volume_ml > NOTHING_ML]
    whole_ml = sum(slug.volume_ml for slug in drawn)
    found: list[Stretch] = []
    passed_ml = 0.0
    for slug in reversed(drawn):
        kind = kind_of(slug.fluid)
        from_frac = passed_ml / whole_ml
        passed_ml += slug.volume_ml
        if found and found[-1].kind == kind:
            from_frac = found.pop().from_frac
        found.append(Stretch(from_frac=from_frac, to_frac=passed_ml / whole_ml, kind=kind))
    return tuple(found)


def kind_of(fluid: Fluid) -> Kind:
    """Give what a fluid looks like."""
    if fluid.air_frac > 0.0:
        return "air" if fluid.air_frac >= 1.0 else "froth"
    if fluid.drug_frac > 0.0 or fluid.saline_frac > 0.0:
        return "drug" if fluid.drug_frac >= fluid.saline_frac else "saline"
    return "blood"
