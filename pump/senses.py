"""What the pump does of itself: when a watched level is crossed, and when one of its timers is due.

`watched` tells which levels matter in the present state, in the order of the alarm table. A condition
that is there is watched on its way back, at a level of its own. `crossed` and `due` act through the rules
of `pump/core.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Final

from pump.counters import MARK_NL, NL_PER_ML
from pump.delivery import DELIVERING, Mode, Trigger
from pump.events import Noted
from pump.keypad import Page
from pump.program import Draft
from pump.seam import BEYOND_HALF, ReadingName, Watch
from pump.selftest import FAULT_BY_NAME, HardwareFault, first_failure, supervised
from pump.settings import PumpSettings

if TYPE_CHECKING:
    from pump.core import PumpCore

TIMERS: Final = (
    "vtbi",
    "reservoir",
    "prime_end",
    "prime_timeout",
    "air",
    "self_test",
    "supervisor",
    "upstream_blind",
    "reservoir_low",
    "delayed_start",
    "program_clear",
    "maintenance",
)
"""The core's own timers, in the order in which they act at one instant; then come alarms, lock and keys."""

POWER_ALARMS: Final = (
    "BATTERY_DEPLETED",
    "BATTERY_LOW",
    "BATTERY_MISSING",
    "BATTERY_DEFECTIVE",
    "MAINS_LOST",
)
"""The alarms that follow from the supply, in the order of the alarm table."""

KEY_FAULT: Final = "key"
"""The hardware fault that the keyboard finds, as a key that is held."""

_BLIND_MODES: Final = frozenset({Mode.OFF, Mode.SELF_TEST, Mode.FAULT})
"""Modes in which nothing but the supply is watched."""


@dataclass(slots=True)
class Watching:
    """A watch, the condition it is for, and whether it waits for that condition to go."""

    watch: Watch
    code: str
    back: bool = False


@dataclass(slots=True)
class Condition:
    """A condition on one reading: `out` is crossed when it comes, `back` when it goes."""

    code: str
    out: Watching
    back: Watching


# ---------------------------------------------------------------- what is watched


def conditions_of(settings: PumpSettings) -> tuple[Condition, ...]:
    """Return what the pump watches at levels that do not change, in the order of the alarm table."""
    profile = settings.profile
    down_mmhg, up_mmhg, hot_c = settings.downstream_mmhg, settings.upstream_mmhg, profile.temperature_max_c
    back_mmhg, back_c = profile.pressure_hysteresis_mmhg, profile.temperature_hysteresis_c
    return (
        _condition("OCCLUSION_DOWNSTREAM", "p_down_mmhg", True, down_mmhg, down_mmhg - back_mmhg),
        _condition("OCCLUSION_UPSTREAM", "p_up_mmhg", False, up_mmhg, up_mmhg + back_mmhg),
        _condition("CASSETTE_DETACHED", "cassette_frac", False, BEYOND_HALF, BEYOND_HALF),
        _condition("DOOR_OPEN", "door_frac", False, BEYOND_HALF, BEYOND_HALF),
        _condition("OVER_TEMPERATURE", "temperature_c", True, hot_c, hot_c - back_c),
    )


def _condition(code: str, reading: ReadingName, above: bool, level: float, back_level: float) -> Condition:
    return Condition(
        code,
        Watching(Watch(reading, above, level), code),
        Watching(Watch(reading, not above, back_level), code, back=True),
    )


def watched(core: PumpCore) -> tuple[Watching, ...]:
    """Return what is to be watched in the present state."""
    if core.mode is Mode.OFF:
        return (Watching(Watch("supply_frac", True, BEYOND_HALF), "SUPPLY"),) if _comes_on(core) else ()
    power = [Watching(watch, "SUPPLY") for watch in core.power.watches()]
    if core.mode in _BLIND_MODES:
        return tuple(power)
    return (*_air(core), *_conditions(core), *_flow_conditions(core), *_faults(core), *power)


def _comes_on(core: PumpCore) -> bool:
    """Whether power that comes back switches a pump on that is off."""
    resumes = core.interrupted and core.profile.resumes_after_power_loss
    return core.starved and (resumes or core.profile.comes_on_with_supply)


def _air(core: PumpCore) -> Iterator[Watching]:
    """Any change of the detector's field matters, not only the first bubble."""
    if core.mode in (Mode.RUNNING, Mode.KVO) and core.settings.detects_air:
        if core.air.air_frac < 1.0:
            yield Watching(Watch("air_frac", True, core.air.air_frac), "AIR")
        if core.air.air_frac > 0.0:
            yield Watching(Watch("air_frac", False, core.air.air_frac), "AIR")


def _conditions(core: PumpCore) -> Iterator[Watching]:
    """Pressures say something only while the mechanism turns; the way back is always watched."""
    flows = core.mode in DELIVERING
    for condition in core.conditions:
        if condition.code in core.beyond:
            yield condition.back
        elif condition.code == "OCCLUSION_DOWNSTREAM":
            if flows:
                yield condition.out
        elif condition.code == "OCCLUSION_UPSTREAM":
            if flows and not core.blind:
                yield condition.out
        else:
            yield condition.out


def _flow_conditions(core: PumpCore) -> Iterator[Watching]:
    """The flow sensor against the demand; a pump that stands must not flow at all."""
    if not core.profile.flow_sensor or core.mode is Mode.PRIMING:
        return
    rate_ml_h = core.drive.rate_ml_h
    tolerance_ml_h = rate_ml_h * core.profile.flow_tolerance_frac
    over_ml_h = rate_ml_h + tolerance_ml_h if rate_ml_h else core.profile.rate_min_ml_h
    over = "OVER_INFUSION" in core.beyond
    yield Watching(Watch("flow_ml_h", not over, over_ml_h), "OVER_INFUSION", back=over)
    under = "UNDER_INFUSION" in core.beyond
    if under or core.mode is Mode.RUNNING:
        yield Watching(Watch("flow_ml_h", under, rate_ml_h - tolerance_ml_h), "UNDER_INFUSION", back=under)


def _faults(core: PumpCore) -> Iterator[Watching]:
    count = float(len(core.faults_s))
    yield Watching(Watch("fault_count", True, count), "FAULTS")
    if count:
        yield Watching(Watch("fault_count", False, count), "FAULTS")


# ---------------------------------------------------------------- a level is crossed


def crossed(core: PumpCore, t_s: float, watching: Watching) -> None:
    """Let the crossing of one watched level take effect."""
    match watching.code:
        case "AIR":
            core.air.change(t_s, air_frac=core.readings.air_frac)
            core.plan(t_s)
        case "FAULTS":
            note_faults(core, t_s)
        case "SUPPLY":
            _supply_changed(core, t_s)
        case code if watching.back:
            core.beyond -= {code}
            _condition_gone(core, t_s, code)
        case code:
            core.beyond |= {code}
            _condition_there(core, t_s, code, watching.watch)


def _condition_there(core: PumpCore, t_s: float, code: str, watch: Watch) -> None:
    flows = core.mode in DELIVERING
    detail = f"{getattr(core.readings, watch.reading):.4g}, limit {watch.level:.4g}"
    match code:
        case "OCCLUSION_DOWNSTREAM":
            core.alarms.begin(t_s, code, f"{detail} mmHg")
        case "OCCLUSION_UPSTREAM" if core.profile.upstream_debounce_s > 0.0:
            core.alarms.begin(t_s, "UPSTREAM_TRANSIENT", f"{detail} mmHg")
            core.alarms.begin(t_s, code, f"{detail} mmHg", debounce_s=core.profile.upstream_debounce_s)
        case "OCCLUSION_UPSTREAM":
            core.alarms.begin(t_s, code, f"{detail} mmHg")
        case "CASSETTE_DETACHED" | "DOOR_OPEN" if flows:
            core.alarms.begin(t_s, code, "while delivering")
        case "CASSETTE_DETACHED" | "DOOR_OPEN":
            core.journal.add(Noted, t_s, what="double_beep", detail=code)
            core.alarms.begin(t_s, code, "while stopped", debounce_s=core.profile.cassette_grace_s)
        case "OVER_INFUSION" | "UNDER_INFUSION":
            after_s = core.profile.flow_window_s if flows else 0.0
            core.alarms.begin(t_s, code, f"{detail} mL/h", debounce_s=after_s)
        case "OVER_TEMPERATURE":
            core.alarms.begin(t_s, code, f"{detail} °C")


def delivery_ended(core: PumpCore, t_s: float) -> None:
    """Forget what was about to become an alarm of the flow: it would begin anew with the next start."""
    for code in ("OCCLUSION_UPSTREAM", "OVER_INFUSION", "UNDER_INFUSION"):
        if code in core.beyond and (code == "UNDER_INFUSION" or not core.alarms.is_standing(code)):
            core.beyond -= {code}
            _condition_gone(core, t_s, code)


def _condition_gone(core: PumpCore, t_s: float, code: str) -> None:
    core.alarms.cancel(code)
    core.alarms.end(t_s, code)
    if code == "OCCLUSION_UPSTREAM":
        core.alarms.end(t_s, "UPSTREAM_TRANSIENT")
    elif code == "CASSETTE_DETACHED":
        core.air.reset(t_s)
        core.plan(t_s)


# ---------------------------------------------------------------- supply, self-test, faults


def _supply_changed(core: PumpCore, t_s: float) -> None:
    core.power.sense(core.readings, core.program.rate_ml_h)
    if core.mode is Mode.OFF:
        if core.power.has_power:
            begin_self_test(core, t_s, "supply")
    elif not core.power.has_power:
        switch_off(core, t_s, "supply")
    elif core.mode not in _BLIND_MODES:
        note_supply(core, t_s)


def note_supply(core: PumpCore, t_s: float) -> None:
    """Begin and end the alarms that follow from what the pump believes of its supply."""
    causes = core.power.causes()
    for code in POWER_ALARMS:
        if code in causes:
            left_s = core.power.left_s(running=core.mode in DELIVERING)
            core.alarms.begin(t_s, code, f"{left_s / 60:.0f} min left" if left_s < inf else "")
        else:
            core.alarms.cancel(code)
            core.alarms.end(t_s, code)


def switch_off(core: PumpCore, t_s: float, cause: str) -> None:
    """Go off, by a hand or for want of power. Programme, counters, log and lock level are kept."""
    core.starved = cause == "supply"
    core.interrupted = core.starved and core.mode in DELIVERING
    core.change(t_s, Trigger.POWER_OFF, cause)
    core.demand(t_s, 0.0, powered=False)
    core.alarms.clear_all(t_s)
    core.draft = Draft()
    core.lock.relock()
    core.beyond = frozenset()
    core.faults_s.clear()
    core.keypad.show(Page.HOME)
    core.timers = {name: due_s for name, due_s in core.timers.items() if name == "maintenance"}


def begin_self_test(core: PumpCore, t_s: float, cause: str) -> None:
    """Come on: nothing is delivered before the self-test has passed."""
    core.change(t_s, Trigger.POWER_ON, cause)
    core.timers["self_test"] = t_s + first_failure(core.readings.faults).duration_s
    core.demand(t_s, 0.0)


def note_faults(core: PumpCore, t_s: float) -> None:
    """Take in which hardware faults are there; the supervisor finds each in its own time."""
    for name in sorted(core.readings.faults - core.faults_s.keys()):
        core.faults_s[name] = t_s
        if name == KEY_FAULT:
            text = FAULT_BY_NAME[name].text
            core.alarms.begin(t_s, "KEY_STUCK", text, debounce_s=core.profile.key_stuck_s)
    for name in sorted(core.faults_s.keys() - core.readings.faults):
        del core.faults_s[name]
        if name == KEY_FAULT:
            core.alarms.cancel("KEY_STUCK")
            core.alarms.end(t_s, "KEY_STUCK")
    core.plan(t_s)


def note_keys(core: PumpCore, t_s: float) -> None:
    """Let the key that has been down longest become stuck in its time."""
    if KEY_FAULT in core.faults_s:
        return
    core.alarms.cancel("KEY_STUCK")
    held_s = core.keypad.held_since_s
    if not held_s or core.mode is Mode.OFF:
        core.alarms.end(t_s, "KEY_STUCK")
        return
    key = min(held_s, key=held_s.__getitem__)
    stuck_s = held_s[key] + core.profile.key_stuck_s
    core.alarms.begin(t_s, "KEY_STUCK", f"key {key.value}", debounce_s=max(0.0, stuck_s - t_s))


def next_found_s(core: PumpCore) -> float:
    """Return when the supervisor will find the next fault; inf for never."""
    return min((found_s for found_s, _ in _findings(core)), default=inf)


def _findings(core: PumpCore) -> Iterator[tuple[float, HardwareFault]]:
    """What the supervisor will find, and when. A closed key contact is the keyboard's to find."""
    for fault in supervised(frozenset(core.faults_s), moving=core.mode in DELIVERING):
        if fault.name != KEY_FAULT:
            yield core.faults_s[fault.name] + fault.found_after_s, fault


def _fault_found(core: PumpCore, t_s: float) -> None:
    fault = next(fault for found_s, fault in _findings(core) if found_s <= t_s)
    core.alarms.begin(t_s, fault.alarm, fault.text)
    core.change(t_s, Trigger.FAIL, fault.alarm)
    core.demand(t_s, 0.0)


def _self_tested(core: PumpCore, t_s: float) -> None:
    result = first_failure(core.readings.faults)
    if result.failed is not None:
        detail = result.fault.text if result.fault else ""
        core.alarms.begin(t_s, result.failed.alarm, detail)
        core.change(t_s, Trigger.FAIL, result.failed.alarm)
        return
    core.change(t_s, Trigger.TEST_PASSED, "self_test")
    note_supply(core, t_s)
    note_faults(core, t_s)
    note_keys(core, t_s)
    if core.interrupted and core.profile.resumes_after_power_loss and core.not_ready() is None:
        core.run(t_s, "resumed")
    core.interrupted = False


# ---------------------------------------------------------------- a timer is due


def due(core: PumpCore, t_s: float) -> bool:
    """Let the first of what is due take effect: the core's own timers, then alarms, then the lock.

    Returns:
        Whether anything was due.
    """
    name = min(core.timers, key=lambda name: (core.timers[name], TIMERS.index(name)), default=None)
    if name is not None and core.timers[name] <= t_s:
        del core.timers[name]
        _DUE[name](core, t_s)
    elif core.alarms.next_deadline_s() <= t_s:
        core.alarms.wake(t_s)
        if core.alarms.is_standing("OCCLUSION_UPSTREAM"):
            core.alarms.end(t_s, "UPSTREAM_TRANSIENT")
    elif core.lock.next_deadline_s() <= t_s:
        if core.lock.wake(t_s):
            core.journal.add(Noted, t_s, what="keyboard_locked", detail="not used for a while")
    else:
        return False
    return True


def _vtbi_given(core: PumpCore, t_s: float) -> None:
    ledger = core.ledger
    moved_nl = ledger.vtbi_left_nl
    kvo_ml_h = core.kvo_ml_h if ledger.reservoir_nl - moved_nl > MARK_NL else 0.0
    core.alarms.begin(t_s, "INFUSION_COMPLETE", f"VTBI {core.program.vtbi_ml:g} mL given")
    if kvo_ml_h > 0.0:
        core.alarms.begin(t_s, "KVO_RUNNING", f"{kvo_ml_h:g} mL/h")
        core.change(t_s, Trigger.FINISH_TO_KVO, "vtbi")
    else:
        core.change(t_s, Trigger.FINISH, "vtbi")
    core.demand(t_s, kvo_ml_h, push=True, moved_nl=moved_nl)


def _reservoir_down(core: PumpCore, t_s: float) -> None:
    ledger = core.ledger
    if core.mode is Mode.RUNNING and ledger.vtbi_left_nl - ledger.reservoir_nl <= MARK_NL:
        _vtbi_given(core, t_s)
        return
    primes = core.mode is Mode.PRIMING
    given_nl = ledger.given_nl if primes else ledger.given_nl + ledger.reservoir_nl
    priority = "high" if given_nl < ledger.vtbi_nl - MARK_NL else "medium"
    detail = f"{given_nl / NL_PER_ML:.1f} of {ledger.vtbi_nl / NL_PER_ML:.1f} mL given"
    core.alarms.begin(t_s, "RESERVOIR_EMPTY", detail, priority)
    core.halt(t_s, "RESERVOIR_EMPTY", push=not primes, moved_nl=ledger.reservoir_nl)


def _prime_done(core: PumpCore, t_s: float) -> None:
    moved_nl = core.prime_target_nl - core.ledger.primed_nl
    core.change(t_s, Trigger.PRIME_END, "volume")
    core.demand(t_s, 0.0, moved_nl=moved_nl)


def _prime_timed_out(core: PumpCore, t_s: float) -> None:
    core.alarms.begin(t_s, "PRIME_TIMEOUT", f"after {core.profile.prime_timeout_s:g} s")
    core.change(t_s, Trigger.PRIME_END, "PRIME_TIMEOUT")
    core.demand(t_s, 0.0)


def _air_limit_reached(core: PumpCore, t_s: float) -> None:
    window = core.air.alarm(t_s)
    if window is None:
        core.alarms.begin(t_s, "AIR_IN_LINE", f"bubble of {core.air.bubble_ul:.0f} uL")
    else:
        core.alarms.begin(t_s, "AIR_ACCUMULATED", window)


def _delay_over(core: PumpCore, t_s: float) -> None:
    refusal = core.not_ready()
    if refusal is None:
        core.run(t_s, "delayed_start")
        return
    core.journal.add(Noted, t_s, what="delayed_start_failed", detail=refusal.text)
    core.alarms.begin(t_s, "DELIVERY_NOT_STARTED", refusal.text, debounce_s=0.0)


def _draft_forgotten(core: PumpCore, t_s: float) -> None:
    core.draft = Draft()
    core.alarms.cancel("PROGRAM_INCOMPLETE")
    core.alarms.end(t_s, "PROGRAM_INCOMPLETE")
    core.journal.add(Noted, t_s, what="program_dropped", detail="keyed values were not confirmed")


def _maintenance_due(core: PumpCore, t_s: float) -> None:
    core.alarms.begin(t_s, "MAINTENANCE_DUE")


def _planned(core: PumpCore, t_s: float) -> None:
    core.plan(t_s)


_DUE: Final[dict[str, Callable[[PumpCore, float], None]]] = {
    "vtbi": _vtbi_given,
    "reservoir": _reservoir_down,
    "prime_end": _prime_done,
    "prime_timeout": _prime_timed_out,
    "air": _air_limit_reached,
    "self_test": _self_tested,
    "supervisor": _fault_found,
    "upstream_blind": _planned,
    "reservoir_low": _planned,
    "delayed_start": _delay_over,
    "program_clear": _draft_forgotten,
    "maintenance": _maintenance_due,
}
