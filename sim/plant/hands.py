"""What every plant action does, one function each. The plant settles before and anchors after.

A function changes the plant's state and returns a few words on what came of it, or raises
`CannotActError` where there is nothing to act on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sim.plant import actions as do
from sim.plant.actions import CannotActError
from sim.plant.bag import Bag
from sim.plant.battery import Battery
from sim.plant.config import FilterConfig, SetConfig
from sim.plant.fluids import AIR, BLOOD, SALINE, Fluid, Slug, Tube

if TYPE_CHECKING:
    from sim.plant.downstream import Downstream
    from sim.plant.infusion import InfusionPlant
    from sim.plant.upstream import Upstream


LEAST_BOLUS_ML: Final = 0.001
"""A microlitre: less than this is no bolus to tell of."""

OF_DRUG_AHEAD: Final = "mL of drug solution ahead of it"
"""By these words a flush says that it gave a bolus."""


def _side(plant: InfusionPlant, where: do.Where) -> Upstream | Downstream:
    match where:
        case "upstream":
            return plant.upstream
        case "downstream":
            return plant.downstream
    raise CannotActError(f"there is no side {where!r}: upstream or downstream")


def clamp(plant: InfusionPlant, action: do.Clamp) -> str:
    _side(plant, action.where).clamped = action.closed
    return f"{action.where} clamp {'closed' if action.closed else 'opened'}"


def kink(plant: InfusionPlant, action: do.Kink) -> str:
    _side(plant, action.where).kinked = action.closed
    return f"{action.where} line {'kinked' if action.closed else 'straightened'}"


def clamp_catheter(plant: InfusionPlant, action: do.ClampCatheter) -> str:
    plant.downstream.catheter_clamped = action.closed
    return f"catheter clamp {'closed' if action.closed else 'opened'}"


def connect(plant: InfusionPlant, action: do.Connect) -> str:
    if action.connected and plant.downstream.saline_ml_h > 0.0:
        # One connector: what hung there before comes off.
        plant.downstream.saline_ml_h = 0.0
    plant.downstream.connected = action.connected
    return "line connected" if action.connected else "line disconnected"


def _resists(resistance_mmhg_h_ml: float | None) -> None:
    """Refuse a catheter without resistance: only an open end has none."""
    if resistance_mmhg_h_ml is not None and resistance_mmhg_h_ml <= 0.0:
        raise CannotActError("catheter and vein always resist: give a resistance above 0")


def occlude(plant: InfusionPlant, action: do.Occlude) -> str:
    if action.where == "upstream":
        if action.resistance_mmhg_h_ml is not None or action.fraction_frac < 1.0:
            raise CannotActError(
                "upstream has no resistance to scale: only a full occlusion means anything there"
            )
        plant.upstream.blocked = True
        return "upstream closed"
    _resists(action.resistance_mmhg_h_ml)
    # What obstructs now takes the place of a clot that was growing; its next stair would open it again.
    plant.downstream.stairs = []
    if action.resistance_mmhg_h_ml is not None:
        plant.downstream.obstruction_mmhg_h_ml = action.resistance_mmhg_h_ml
        return f"catheter and vein at {action.resistance_mmhg_h_ml:g} mmHg h/mL"
    plant.downstream.obstruction_mmhg_h_ml = None
    plant.downstream.obstruction_frac = action.fraction_frac
    return f"catheter and vein closed to {action.fraction_frac:.0%}"


def clear_occlusion(plant: InfusionPlant, action: do.ClearOcclusion) -> str:
    if action.where == "upstream":
        if not plant.upstream.blocked:
            raise CannotActError("nothing blocks the supply line")
        plant.upstream.blocked = False
        return "upstream open"
    if (
        plant.downstream.obstruction_frac == 0.0
        and plant.downstream.obstruction_mmhg_h_ml is None
        and not plant.downstream.stairs
    ):
        raise CannotActError("nothing blocks catheter or vein")
    plant.downstream.obstruction_frac = 0.0
    plant.downstream.obstruction_mmhg_h_ml = None
    plant.downstream.stairs = []
    return "catheter and vein open"


def grow_clot(plant: InfusionPlant, action: do.GrowClot) -> str:
    _resists(action.resistance_mmhg_h_ml)
    start = plant.downstream.catheter_mmhg_h_ml
    if start == float("inf"):
        raise CannotActError("the catheter is closed already")
    ratio = action.resistance_mmhg_h_ml / start
    stairs = action.stairs_count
    plant.downstream.stairs = [
        (plant.anchor_s + action.over_s * step / stairs, start * ratio ** (step / stairs))
        for step in range(1, stairs + 1)
    ]
    return f"clot grows from {start:g} to {action.resistance_mmhg_h_ml:g} mmHg h/mL"


def add_air(plant: InfusionPlant, action: do.AddAir) -> str:
    if action.clinging:
        plant.clinging_ml += action.volume_ml
        return f"{action.volume_ml * 1000:g} uL of air clings to the detector"
    if action.where == "bag":
        plant.upstream.bag.port_air_ml += action.volume_ml
        return f"{action.volume_ml * 1000:g} uL of air at the bag's port"
    if action.where == "detector":
        # The line is full: what the bubble pushes back goes to the bag, air to wait at its port.
        upstream = plant.upstream
        upstream.push_back([Slug(action.volume_ml, AIR)])
        if not upstream.closed:
            back = upstream.line.take_back(action.volume_ml)
            upstream.p_mmhg -= action.volume_ml / upstream.c_ml_mmhg
            upstream.bag.port_air_ml += sum(slug.volume_ml for slug in back if slug.fluid == AIR)
            upstream.bag.take_in([slug for slug in back if slug.fluid != AIR])
        return f"{action.volume_ml * 1000:g} uL of air before the detector"
    downstream = plant.downstream
    downstream.line.put(action.volume_ml, AIR)
    if downstream.g_out_ml_h_mmhg > 0.0:
        # The way is open: the air displaces what stands at the other end, and no pressure stays behind it.
        downstream.let_out(downstream.line.take(action.volume_ml), priming=False)
    else:
        downstream.p_mmhg += action.volume_ml / downstream.c_ml_mmhg
    return f"{action.volume_ml * 1000:g} uL of air behind the pump"


def tap_line(plant: InfusionPlant, action: do.TapLine) -> str:
    air_ml = plant.upstream.line.air_ml
    if air_ml == 0.0 and plant.clinging_ml == 0.0 and plant.upstream.bag.port_air_ml == 0.0:
        raise CannotActError("there is no air in the supply line; air past the pump cannot go back")
    if not action.works:
        return "tapped in vain"
    bag, line = plant.upstream.bag, plant.upstream.line
    freed_ml, plant.clinging_ml = plant.clinging_ml, 0.0
    if not plant.upstream.closed:
        freed_ml, bag.port_air_ml = freed_ml + bag.port_air_ml, 0.0
        if air_ml <= bag.available_ml:
            # Liquid of the bag takes the place of the air that rises.
            risen_ml = line.take_air()
            liquid = bag.give_liquid(risen_ml)
            line.put(liquid.volume_ml, liquid.fluid)
            freed_ml += risen_ml
    if freed_ml == 0.0:
        return "tapped in vain: no liquid comes from the bag to take the air's place"
    bag.air_ml += freed_ml
    return f"{freed_ml * 1000:.6g} uL of air back to the bag"


def set_leak(plant: InfusionPlant, action: do.SetLeak) -> str:
    if action.where == "upstream":
        plant.upstream.leak_frac = action.fraction_frac
    elif action.where == "downstream":
        plant.downstream.leak_frac = action.fraction_frac
    else:
        plant.downstream.filter_leak_frac = action.fraction_frac
    return f"{action.where} leak {action.fraction_frac:.0%}"


def hang_bag(plant: InfusionPlant, action: do.HangBag) -> str:
    old = plant.upstream.bag
    plant.ledger.discarded.add(old.liquid_ml, old.fluid)
    plant.upstream.bag = Bag(
        liquid_ml=action.fill_ml,
        fluid=Fluid(action.drug_frac, 1.0 - action.drug_frac, 0.0, action.ug_per_ml),
        holdup_ml=action.holdup_ml,
        air_ml=action.air_ml,
        vented=action.vented,
        warmest_c=action.temperature_c,
    )
    plant.ledger.filled.add(action.fill_ml, plant.upstream.bag.fluid)
    return f"bag of {action.fill_ml:g} mL hung, {old.liquid_ml:.6g} mL discarded"


def purge_bag(plant: InfusionPlant, _action: do.PurgeBag) -> str:
    air_ml = plant.upstream.bag.air_ml + plant.upstream.bag.port_air_ml
    plant.upstream.bag.air_ml = plant.upstream.bag.port_air_ml = 0.0
    return f"{air_ml:.6g} mL of air out of the bag"


def hang_set(plant: InfusionPlant, action: do.HangSet) -> str:
    line = SetConfig(prime_ml=action.prime_ml, supply_ml=action.supply_ml)
    least_ml = -plant.config.line.c_up_ml_mmhg * plant.config.line.p_floor_mmhg
    if not least_ml <= line.supply_side_ml < line.prime_ml:
        raise CannotActError(
            f"no such set: {line.supply_side_ml:g} of {line.prime_ml:g} mL lie before the pump, where its"
            f" tubing gives up {least_ml:g} mL: more has to lie there, and some behind the pump"
        )
    for tube in (plant.upstream.line, plant.downstream.line):
        plant.ledger.discarded.add_slugs(tube.slugs)
    plant.upstream.hang_set(line, AIR)
    plant.downstream.hang_set(line, AIR)
    plant.clinging_ml = 0.0
    return f"new set of {action.prime_ml:g} mL, full of air"


def change_filter(plant: InfusionPlant, action: do.ChangeFilter) -> str:
    # The filter sits at the line's end: what it held goes with it, the new one comes full of air.
    plant.ledger.discarded.add_slugs(plant.downstream.line.take(plant.downstream.filter.volume_ml))
    plant.downstream.filter = FilterConfig(
        volume_ml=action.volume_ml, resistance_mmhg_h_ml=action.resistance_mmhg_h_ml, vented=action.vented
    )
    plant.downstream.line.put_back(action.volume_ml, AIR)
    plant.downstream.filter_leak_frac = 0.0
    return f"filter of {action.volume_ml:g} mL put in" if action.volume_ml else "filter taken out"


def clog_filter(plant: InfusionPlant, action: do.ClogFilter) -> str:
    if plant.downstream.filter.volume_ml == 0.0:
        raise CannotActError("there is no filter in the line")
    plant.downstream.filter = FilterConfig(
        volume_ml=plant.downstream.filter.volume_ml,
        resistance_mmhg_h_ml=action.resistance_mmhg_h_ml,
        vented=plant.downstream.filter.vented,
    )
    return f"filter at {action.resistance_mmhg_h_ml:g} mmHg h/mL"


def flush(plant: InfusionPlant, action: do.Flush) -> str:
    before_ml = _in_patient_ml(plant)
    if action.where == "catheter":
        if not plant.downstream.catheter_open:
            raise CannotActError("the catheter is closed: nothing goes in")
        plant.ledger.filled.saline_ml += action.volume_ml
        plant.downstream.into_catheter(action.volume_ml, SALINE)
    else:
        if plant.downstream.closed:
            raise CannotActError("the line is closed: nothing goes through")
        plant.ledger.filled.saline_ml += action.volume_ml
        plant.downstream.line.put(action.volume_ml, SALINE)
        plant.downstream.let_out(plant.downstream.line.take(action.volume_ml), priming=False)
    bolus_ml = _in_patient_ml(plant) - before_ml
    ahead = f", {bolus_ml:.6g} {OF_DRUG_AHEAD}" if bolus_ml >= LEAST_BOLUS_ML else ""
    return f"{action.volume_ml:g} mL of saline through the {action.where}{ahead}"


def _in_patient_ml(plant: InfusionPlant) -> float:
    """Drug solution that has gone into the patient: the vein, and the tissue around it."""
    return plant.ledger.patient.drug_ml + plant.ledger.tissue.drug_ml


def aspirate(plant: InfusionPlant, action: do.Aspirate) -> str:
    if not plant.downstream.catheter_open:
        raise CannotActError("nothing comes back: the catheter is closed")
    drawn = plant.ledger.aspirated
    before_ml = drawn.drug_ml + drawn.saline_ml
    wanted_ml = action.volume_ml
    if action.where == "line":
        if not plant.downstream.connected or plant.downstream.closed:
            raise CannotActError("nothing comes back through the line: it is not open to the catheter")
        taken_ml = min(wanted_ml, plant.downstream.line.volume_ml)
        drawn.add_slugs(plant.downstream.line.take_back(taken_ml))
        for slug in plant.downstream.catheter.take_back(taken_ml):
            plant.downstream.line.put_back(slug.volume_ml, slug.fluid)
            plant.downstream.catheter.put_back(slug.volume_ml, BLOOD)
            taken_ml -= slug.volume_ml
        plant.downstream.line.put_back(taken_ml, BLOOD)
    else:
        for slug in plant.downstream.catheter.take_back(min(wanted_ml, plant.downstream.catheter.volume_ml)):
            drawn.add(slug.volume_ml, slug.fluid)
            plant.downstream.catheter.put_back(slug.volume_ml, BLOOD)
    liquid_ml = drawn.drug_ml + drawn.saline_ml - before_ml
    return f"{wanted_ml:g} mL drawn back, {liquid_ml:.6g} mL of it drug solution or saline; blood returns"


def infuse_saline(plant: InfusionPlant, action: do.InfuseSaline) -> str:
    if action.rate_ml_h > 0.0 and plant.downstream.connected:
        raise CannotActError("the drug line is on the connector: disconnect it first")
    plant.downstream.saline_ml_h = action.rate_ml_h
    plant.downstream.saline_left_ml = action.volume_ml
    if action.rate_ml_h == 0.0:
        return "saline stopped"
    if not plant.downstream.catheter_open:
        return "saline connected, the catheter is closed: nothing flows"
    return f"saline at {action.rate_ml_h:g} mL/h"


def use_lumen(plant: InfusionPlant, action: do.UseLumen) -> str:
    _resists(action.resistance_mmhg_h_ml)
    plant.downstream.parked.extend(plant.downstream.catheter.slugs)
    plant.downstream.catheter = Tube([Slug(action.volume_ml, SALINE)] if action.volume_ml else [])
    plant.ledger.filled.saline_ml += action.volume_ml
    plant.downstream.obstruction_frac = 0.0
    plant.downstream.obstruction_mmhg_h_ml = action.resistance_mmhg_h_ml
    plant.downstream.stairs = []
    plant.downstream.catheter_clamped = False
    plant.downstream.needle_out = False
    return "another lumen in use"


def dislodge_needle(plant: InfusionPlant, action: do.DislodgeNeedle) -> str:
    plant.downstream.needle_out = action.out
    return "needle out of the vein" if action.out else "needle back in the vein"


def move_pump(plant: InfusionPlant, action: do.MovePump) -> str:
    plant.downstream.above_cm = action.site_above_cm
    plant.upstream.above_cm = action.bag_above_cm
    return f"site {action.site_above_cm:g} cm, bag {action.bag_above_cm:g} cm above the pump"


def swap_pump(plant: InfusionPlant, action: do.SwapPump) -> str:
    plant.gain_frac = action.gain_frac
    plant.faults.clear()
    plant.clinging_ml = 0.0
    return f"another mechanism, gain {action.gain_frac:g}"


def plug_mains(plant: InfusionPlant, action: do.PlugMains) -> str:
    plant.mains = action.present
    return "mains on" if action.present else "mains off"


def insert_battery(plant: InfusionPlant, action: do.InsertBattery) -> str:
    plant.battery = Battery(
        plant.config.battery,
        action.level_frac if action.present else 0.0,
        action.present,
        sound=action.sound,
        reversed_poles=action.reversed_poles,
    )
    return f"battery in, {action.level_frac:.0%}" if action.present else "battery out"


def set_battery(plant: InfusionPlant, action: do.SetBattery) -> str:
    if not plant.battery.present:
        raise CannotActError("there is no battery in the pump")
    plant.battery.level_frac = action.level_frac
    return f"battery at {action.level_frac:.0%}"


def attach_cassette(plant: InfusionPlant, action: do.AttachCassette) -> str:
    plant.cassette = action.attached
    return "cassette on" if action.attached else "cassette off"


def set_door(plant: InfusionPlant, action: do.SetDoor) -> str:
    plant.door = action.closed
    return "door closed" if action.closed else "door open"


def set_temperature(plant: InfusionPlant, action: do.SetTemperature) -> str:
    plant.temperature_c = action.temperature_c
    gas_ml = plant.upstream.bag.warm_to(action.temperature_c)
    return f"{action.temperature_c:g} C, {gas_ml:.6g} mL of gas given off in the bag"


def set_fault(plant: InfusionPlant, action: do.SetFault) -> str:
    if not action.present:
        if action.kind not in plant.faults:
            raise CannotActError(f"there is no fault {action.kind!r}")
        plant.faults.discard(action.kind)
        return f"{action.kind} gone"
    plant.faults.add(action.kind)
    if action.kind == "free_flow" and plant.upstream.head_mmhg <= plant.downstream.end_mmhg:
        return "free_flow, but the bag hangs too low for gravity to run it"
    return action.kind


def set_gain(plant: InfusionPlant, action: do.SetGain) -> str:
    plant.gain_frac = action.gain_frac
    return f"mechanism moves {action.gain_frac:g} of what it is told"


def wait(_plant: InfusionPlant, _action: do.Wait) -> str:
    return ""


HANDS: Final[dict[type[Any], Callable[..., str]]] = {
    do.Clamp: clamp,
    do.Kink: kink,
    do.ClampCatheter: clamp_catheter,
    do.Connect: connect,
    do.Occlude: occlude,
    do.ClearOcclusion: clear_occlusion,
    do.GrowClot: grow_clot,
    do.AddAir: add_air,
    do.TapLine: tap_line,
    do.SetLeak: set_leak,
    do.HangBag: hang_bag,
    do.PurgeBag: purge_bag,
    do.HangSet: hang_set,
    do.ChangeFilter: change_filter,
    do.ClogFilter: clog_filter,
    do.Flush: flush,
    do.Aspirate: aspirate,
    do.InfuseSaline: infuse_saline,
    do.UseLumen: use_lumen,
    do.DislodgeNeedle: dislodge_needle,
    do.MovePump: move_pump,
    do.SwapPump: swap_pump,
    do.PlugMains: plug_mains,
    do.InsertBattery: insert_battery,
    do.SetBattery: set_battery,
    do.AttachCassette: attach_cassette,
    do.SetDoor: set_door,
    do.SetTemperature: set_temperature,
    do.SetFault: set_fault,
    do.SetGain: set_gain,
    do.Wait: wait,
}
"""One row per action."""


def carry_out(plant: InfusionPlant, action: do.PlantAction) -> str:
    """Do `action` to `plant`; returns what came of it.

    Raises:
        CannotActError: there is nothing to act on.
    """
    return HANDS[type(action)](plant, action)
