"""What every step does: one row a verb. How a step is written in a file stands in `scenarios/verbs.py`.

A row says whose hand the verb takes by default (None: nobody's, the environment) and what it does: one
action, or a piece of work of `sim/world/work.py` that takes time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from pump import commands as ask
from pump.commands import LockLevel
from sim.plant import actions as do
from sim.world import work
from sim.world.params import flag, maybe_number, number, word
from sim.world.remote import REMOTE
from sim.world.setup import Step
from sim.world.work import CAREGIVER, NURSE, PATIENT, SUPPLIER, Chain

if TYPE_CHECKING:
    from sim.bench import Action
    from sim.world.world import World

Perform = Callable[["World", Step, str], Chain]


@dataclass(frozen=True, slots=True)
class StepRow:
    """Whose hand a verb takes by default, and what it does.

    `beside` work needs a finger only: it waits for nothing that the hand is busy with.
    """

    by: str | None
    perform: Perform
    beside: bool = False


def one(by: str | None, make: Callable[[World, Step], Action]) -> StepRow:
    """A row of a verb that is one action, command or plant action alike."""

    def perform(world: World, step: Step, hand: str) -> Chain:
        world.act(make(world, step), hand)
        yield from ()

    return StepRow(by, perform)


def _where(step: Step, default: str = "downstream") -> Any:  # noqa: ANN401  (checked by the verbs' table)
    return cast("Any", word(step, "where", default))


WIRE_PREFIX: Final = "link_"
"""Verbs that begin so are faults of a wire; where no host has laid one they are put on record as skipped."""

STEPS: Final[dict[str, StepRow]] = {
    # The pump
    "power_on": one(PATIENT, lambda _w, _s: ask.PowerOn()),
    "power_off": one(PATIENT, lambda _w, _s: ask.PowerOff()),
    "prime": StepRow(NURSE, work.prime),
    "start": StepRow(PATIENT, work.start),
    "stop": one(PATIENT, lambda _w, _s: ask.Stop()),
    "press": StepRow(PATIENT, work.press),
    "key_down": StepRow(PATIENT, partial(work.key_edge, down=True), beside=True),
    "key_up": StepRow(PATIENT, partial(work.key_edge, down=False), beside=True),
    REMOTE: StepRow(SUPPLIER, work.remote, beside=True),
    "silence": one(PATIENT, lambda _w, _s: ask.Silence()),
    "acknowledge": one(PATIENT, lambda _w, _s: ask.Acknowledge()),
    "unlock": StepRow(NURSE, work.unlock),
    "lock": one(NURSE, lambda w, s: ask.Lock(level=LockLevel(word(s, "level", w.setup.pump.lock_level)))),
    "program": StepRow(NURSE, work.program),
    "reset_reservoir": one(
        NURSE, lambda _w, s: ask.ResetReservoir(reservoir_ml=maybe_number(s, "volume_ml"))
    ),
    "clear_given": StepRow(NURSE, work.clear_given),
    "new_bag": StepRow(NURSE, work.new_bag),
    # The line
    "clamp": one(CAREGIVER, lambda _w, s: do.Clamp(where=_where(s), closed=True)),
    "unclamp": one(CAREGIVER, lambda _w, s: do.Clamp(where=_where(s), closed=False)),
    "kink": one(None, lambda _w, s: do.Kink(where=_where(s), closed=True)),
    "unkink": one(CAREGIVER, lambda _w, s: do.Kink(where=_where(s), closed=False)),
    "double_clamp": StepRow(CAREGIVER, work.double_clamp),
    "disconnect": StepRow(None, work.disconnect),
    "reconnect": StepRow(NURSE, work.reconnect),
    "tap": StepRow(CAREGIVER, work.tap),
    "reprime": StepRow(NURSE, work.reprime),
    "change_bag": StepRow(NURSE, work.change_bag),
    "change_set": StepRow(NURSE, work.change_set),
    "change_filter": one(
        NURSE,
        lambda w, s: do.ChangeFilter(
            volume_ml=number(s, "volume_ml", w.setup.plant.filter.volume_ml),
            resistance_mmhg_h_ml=number(s, "resistance_mmhg_h_ml", 0.0),
            vented=flag(s, "vented", default=True),
        ),
    ),
    "clog_filter": one(
        None, lambda _w, s: do.ClogFilter(resistance_mmhg_h_ml=number(s, "resistance_mmhg_h_ml"))
    ),
    "purge_bag": one(NURSE, lambda _w, _s: do.PurgeBag()),
    # The catheter
    "flush": one(NURSE, lambda _w, s: do.Flush(volume_ml=number(s, "volume_ml"), where=_where(s, "line"))),
    "aspirate": one(
        NURSE, lambda _w, s: do.Aspirate(volume_ml=number(s, "volume_ml"), where=_where(s, "catheter"))
    ),
    "infuse_saline": one(
        NURSE,
        lambda w, s: do.InfuseSaline(
            rate_ml_h=number(s, "rate_ml_h", w.setup.order.rate_ml_h), volume_ml=number(s, "volume_ml")
        ),
    ),
    "thrombolytic": StepRow(NURSE, work.thrombolytic),
    "use_lumen": one(
        NURSE,
        lambda w, s: do.UseLumen(
            volume_ml=number(s, "volume_ml", w.setup.plant.catheter.volume_ml),
            resistance_mmhg_h_ml=maybe_number(s, "resistance_mmhg_h_ml"),
        ),
    ),
    "dislodge_needle": one(None, lambda _w, s: do.DislodgeNeedle(out=not flag(s, "back", default=False))),
    # Power, cassette, place
    "plug": one(CAREGIVER, lambda _w, _s: do.PlugMains(present=True)),
    "unplug": one(CAREGIVER, lambda _w, _s: do.PlugMains(present=False)),
    "change_battery": StepRow(CAREGIVER, work.change_battery),
    "battery_level": one(None, lambda _w, s: do.SetBattery(level_frac=number(s, "level_frac"))),
    "attach_cassette": one(CAREGIVER, lambda _w, _s: do.AttachCassette(attached=True)),
    "detach_cassette": one(None, lambda _w, _s: do.AttachCassette(attached=False)),
    "open_door": one(None, lambda _w, _s: do.SetDoor(closed=False)),
    "close_door": one(CAREGIVER, lambda _w, _s: do.SetDoor(closed=True)),
    "move_pump": one(
        None,
        lambda w, s: do.MovePump(
            site_above_cm=number(s, "site_above_cm", w.bench.plant.downstream.above_cm),
            bag_above_cm=number(s, "bag_above_cm", w.bench.plant.upstream.above_cm),
        ),
    ),
    "swap_pump": StepRow(NURSE, work.swap_pump),
    # People
    "call_nurse": StepRow(CAREGIVER, work.call_nurse),
    "go_to_hospital": StepRow(CAREGIVER, work.go_to_hospital),
    "call_physician": StepRow(NURSE, work.call_physician),
    "check_residual": StepRow(NURSE, work.check_residual),
    "note": StepRow(CAREGIVER, work.note),
    # The environment
    "occlude": one(
        None,
        lambda _w, s: do.Occlude(
            where=_where(s),
            fraction_frac=number(s, "fraction_frac", 1.0),
            resistance_mmhg_h_ml=maybe_number(s, "resistance_mmhg_h_ml"),
        ),
    ),
    "clear_occlusion": one(None, lambda _w, s: do.ClearOcclusion(where=_where(s))),
    "grow_clot": one(
        None,
        lambda _w, s: do.GrowClot(
            resistance_mmhg_h_ml=number(s, "resistance_mmhg_h_ml"), over_s=number(s, "over_s", 86400.0)
        ),
    ),
    "air": one(
        None,
        lambda _w, s: do.AddAir(
            volume_ml=number(s, "volume_ml"),
            where=_where(s, "bag"),
            clinging=word(s, "kind", "bubble") == "clinging",
        ),
    ),
    "leak": one(None, lambda _w, s: do.SetLeak(where=_where(s), fraction_frac=number(s, "fraction_frac"))),
    "seal_leak": one(CAREGIVER, lambda _w, s: do.SetLeak(where=_where(s), fraction_frac=0.0)),
    "temperature": one(None, lambda _w, s: do.SetTemperature(temperature_c=number(s, "temperature_c"))),
    "fault": one(
        None, lambda _w, s: do.SetFault(kind=word(s, "kind", ""), present=flag(s, "present", default=True))
    ),
    "gain": one(None, lambda _w, s: do.SetGain(gain_frac=number(s, "gain_frac"))),
    "wait": one(None, lambda _w, _s: do.Wait()),
}
"""One row per verb."""
