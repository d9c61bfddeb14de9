"""Strategies: anything that can be done to a plant, with figures that a line at home could see."""

from __future__ import annotations

from hypothesis import strategies as st

from sim.plant import actions as do
from sim.plant.actions import PlantAction
from sim.plant.config import (
    BagConfig,
    BatteryConfig,
    CatheterConfig,
    FilterConfig,
    MechanismConfig,
    PlantConfig,
    SetConfig,
)

SIDES = st.sampled_from(["upstream", "downstream"])
RATES_ML_H = st.sampled_from([0.0, 0.1, 0.6, 1.8, 5.0, 10.0, 125.0])
VOLUMES_ML = st.sampled_from([0.01, 0.05, 0.2, 0.75, 1.0])
RESISTANCES = st.sampled_from([0.05, 0.3, 30.0, 858.0, 5000.0])
FRACTIONS = st.sampled_from([0.0, 0.1, 0.5, 0.99, 1.0])
FAULTS = st.sampled_from(
    ["free_flow", "flow_stop_failed", "flow_stop_pinched", "air_detector_dead", "motor_stall", "rom_crc"]
)
GAPS_S = st.one_of(st.sampled_from([0.0, 1e-3, 0.864, 60.0, 600.0, 3600.0, 86400.0]), st.floats(0.0, 20000.0))

ACTIONS: st.SearchStrategy[PlantAction] = st.one_of(
    st.builds(do.Clamp, where=SIDES, closed=st.booleans()),
    st.builds(do.Kink, where=SIDES, closed=st.booleans()),
    st.builds(do.ClampCatheter, closed=st.booleans()),
    st.builds(do.Connect, connected=st.booleans()),
    st.builds(do.Connect, connected=st.just(value=True)),
    st.builds(do.Occlude, where=SIDES, fraction_frac=FRACTIONS),
    st.builds(do.Occlude, where=st.just("downstream"), resistance_mmhg_h_ml=RESISTANCES),
    st.builds(do.ClearOcclusion, where=SIDES),
    st.builds(do.GrowClot, resistance_mmhg_h_ml=RESISTANCES, over_s=st.sampled_from([600.0, 86400.0])),
    st.builds(
        do.AddAir,
        volume_ml=VOLUMES_ML,
        where=st.sampled_from(["bag", "detector", "patient"]),
        clinging=st.booleans(),
    ),
    st.builds(do.TapLine, works=st.booleans()),
    st.builds(
        do.SetLeak, where=st.sampled_from(["upstream", "downstream", "filter"]), fraction_frac=FRACTIONS
    ),
    st.builds(
        do.HangBag,
        fill_ml=st.sampled_from([0.0, 2.0, 3.0, 20.0, 110.0]),
        holdup_ml=st.sampled_from([0.0, 2.0]),
        ug_per_ml=st.sampled_from([0.0, 0.117, 1.944]),
        drug_frac=st.sampled_from([0.0, 0.5, 1.0]),
        air_ml=st.sampled_from([0.0, 0.3]),
        vented=st.booleans(),
        temperature_c=st.sampled_from([4.0, 22.0]),
    ),
    st.builds(do.PurgeBag),
    st.builds(do.HangSet, prime_ml=st.sampled_from([2.0, 3.0]), supply_ml=st.sampled_from([0.5, 0.75])),
    st.builds(
        do.ChangeFilter,
        volume_ml=st.sampled_from([0.0, 0.5]),
        resistance_mmhg_h_ml=st.sampled_from([0.0, 2.0]),
        vented=st.booleans(),
    ),
    st.builds(do.ClogFilter, resistance_mmhg_h_ml=RESISTANCES),
    st.builds(do.Flush, volume_ml=VOLUMES_ML, where=st.sampled_from(["line", "catheter"])),
    st.builds(do.Aspirate, volume_ml=VOLUMES_ML, where=st.sampled_from(["line", "catheter"])),
    st.builds(do.InfuseSaline, rate_ml_h=RATES_ML_H, volume_ml=VOLUMES_ML),
    st.builds(
        do.UseLumen, volume_ml=st.sampled_from([0.0, 0.3]), resistance_mmhg_h_ml=st.none() | RESISTANCES
    ),
    st.builds(do.DislodgeNeedle, out=st.booleans()),
    st.builds(
        do.MovePump,
        site_above_cm=st.sampled_from([-40.0, 0.0, 40.0]),
        bag_above_cm=st.sampled_from([-40.0, 0.0, 60.0]),
    ),
    st.builds(do.SwapPump, gain_frac=st.sampled_from([0.94, 1.0, 1.06])),
    st.builds(do.PlugMains, present=st.booleans()),
    st.builds(
        do.InsertBattery,
        present=st.booleans(),
        level_frac=FRACTIONS,
        reversed_poles=st.booleans(),
        sound=st.booleans(),
    ),
    st.builds(do.SetBattery, level_frac=FRACTIONS),
    st.builds(do.AttachCassette, attached=st.booleans()),
    st.builds(do.SetDoor, closed=st.booleans()),
    st.builds(do.SetTemperature, temperature_c=st.sampled_from([4.0, 22.0, 37.0])),
    st.builds(do.SetFault, kind=FAULTS, present=st.booleans()),
    st.builds(do.SetGain, gain_frac=st.sampled_from([0.0, 0.94, 1.06])),
    st.builds(do.Wait),
)

CONFIGS = st.builds(
    PlantConfig,
    bag=st.builds(
        BagConfig,
        fill_ml=st.sampled_from([5.0, 110.0]),
        ug_per_ml=st.just(1.944),
        air_ml=st.sampled_from([0.0, 0.5]),
        vented=st.booleans(),
    ),
    line=st.builds(SetConfig, filled_with=st.sampled_from(["air", "saline"])),
    filter=st.builds(
        FilterConfig,
        volume_ml=st.sampled_from([0.0, 0.5]),
        resistance_mmhg_h_ml=st.sampled_from([0.0, 2.0]),
        vented=st.booleans(),
    ),
    catheter=st.builds(CatheterConfig, volume_ml=st.sampled_from([0.0, 0.5])),
    mechanism=st.builds(
        MechanismConfig,
        gain_frac=st.sampled_from([0.94, 1.0, 1.06]),
        back_pressure_per_mmhg=st.sampled_from([0.0, 0.0, 0.0003]),
    ),
    battery=st.builds(BatteryConfig, level_frac=st.sampled_from([0.01, 1.0])),
    mains=st.booleans(),
    site_above_cm=st.sampled_from([0.0, 20.0]),
    bag_above_cm=st.sampled_from([0.0, 60.0]),
)
