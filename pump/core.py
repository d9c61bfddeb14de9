"""The pump core: the firmware as a pure object. Time comes in with every call and is never asked for.

The API the bench relies on (all times absolute, in seconds; every call gets the readings of its instant):

    core.command(t_s, command, readings) -> Drive | None     a hand or a wire asks for something
    core.sense(t_s, watch, readings)     -> Drive | None     a watched level was crossed, or found crossed
    core.wake(t_s, readings)             -> Drive | None     the earliest of the core's own timers is due
    core.turned_back(t_s, volume_ml)     -> None             how far the mechanism turned on reverse_to_ml
    core.next_deadline_s()               -> float            inf when no timer runs
    core.watches()                       -> tuple[Watch, ...]   changes only inside the calls above
    core.counters(t_s)                   -> Counters         given_ml, vtbi_left_ml, reservoir_ml, primed_ml
    core.snapshot() / PumpCore.restore(settings, snapshot, journal)

A `Drive` is returned when and only when what the mechanism shall do changes. `wake` does one timer at a
time: call it until `next_deadline_s()` lies in the future.

Four small machines are coupled here, and only here: delivery (`delivery.py`), alarms (`alarms.py`), the
lock (`lock.py`) and power. Three rules join them:

- The pump is halted when and only when an alarm stands that stops delivery (`_settle`).
- Whatever ends delivery goes through `_demand`, where the counters are anchored.
- What is watched, and which timers run, follows from the state after each call (`_plan`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from pump.alarms import ALARM_BY_CODE, AlarmSet, AlarmTimings
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    CommandName,
    ConfirmProgram,
    LinkLost,
    LinkRestored,
    Lock,
    LockLevel,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.counters import MARK_NL, NL_PER_ML, Counters, Ledger, whole_nl
from pump.delivery import DELIVERING, NEXT_MODE, Mode, Trigger
from pump.detection import AirSum, Detector, switch_detector
from pump.errors import ProgramError, Reason, Refusal
from pump.events import CommandAccepted, CommandRefused, Event, Journal, ModeChanged, Noted, RateCommanded, TurnedBack
from pump.limits import hard_faults, reservoir_faults, soft_faults
from pump.lock import LockState, action_of
from pump.program import Draft
from pump.seam import Drive, Readings, Watch
from pump.settings import PumpSettings

SNAPSHOT_SCHEMA: Final = 1
SLACK_NL: Final = MARK_NL
"""Counters this near to a level are at it."""

TIMERS: Final = (
    "vtbi",
    "reservoir",
    "prime_end",
    "prime_timeout",
    "air",
    "self_test",
    "upstream_blind",
    "reservoir_low",
    "delayed_start",
    "program_clear",
    "maintenance",
)
"""The core's own timers, in the order in which they act at one instant. Alarms and lock keep their own."""
_TIMER_PLACE: Final = {name: place for place, name in enumerate(TIMERS)}
_FLOW_TIMERS: Final = ("vtbi", "reservoir", "prime_end", "air", "upstream_blind", "reservoir_low")

COMMAND_NAMES: Final[dict[type[Command], CommandName]] = {
    PowerOn: "power_on",
    PowerOff: "power_off",
    Start: "start",
    Stop: "stop",
    Prime: "prime",
    PressKey: "press_key",
    Silence: "silence",
    Acknowledge: "acknowledge",
    Unlock: "unlock",
    Lock: "lock",
    ProgramChange: "program_change",
    ConfirmProgram: "confirm_program",
    CancelProgram: "cancel_program",
    ResetReservoir: "reset_reservoir",
    ClearGiven: "clear_given",
    NewBag: "new_bag",
    LinkLost: "link_lost",
    LinkRestored: "link_restored",
}

_ALWAYS: Final = frozenset({PowerOff, Stop, PressKey, Silence, Acknowledge, LinkLost, LinkRestored})
_HEARS: Final[dict[Mode, tuple[frozenset[type[Command]], Refusal]]] = {
    Mode.OFF: (frozenset({PowerOn, PressKey}), Refusal(Reason.OFF, "the pump is off: switch it on")),
    Mode.SELF_TEST: (_ALWAYS, Refusal(Reason.SELF_TEST, "the pump is testing itself: wait")),
    Mode.FAULT: (_ALWAYS, Refusal(Reason.FAULT, "the pump has a fault: switch it off and on, or call for service")),
}
"""What is listened to in the modes that do not listen to everything, and the answer to all else."""


class PumpCore:
    """One pump: self-test passed, programmed, stopped, on external power.

    Read-only for everybody else: `mode`, `program`, `draft`, `soft_overrides`, `alarms`, `lock`,
    `readings`, `drive` and `t_s`, the time of the last call.

    Args:
        settings: How the pump is set up.
        journal: Where its events go.
        readings: What its sensors say at `t_s`.
        t_s: When its life begins.

    Raises:
        ProgramError: `settings` contradict their profile.
    """

    __slots__ = (
        "_begun",
        "_beyond",
        "_blind",
        "_detectors",
        "_handled",
        "_lock_applied",
        "_out",
        "_prime_target_nl",
        "_timers",
        "_watches",
        "_was_priming",
        "air",
        "alarms",
        "draft",
        "drive",
        "entered_nl",
        "journal",
        "keys_down",
        "ledger",
        "lock",
        "mode",
        "profile",
        "program",
        "readings",
        "settings",
        "soft_overrides",
        "t_s",
    )

    def __init__(self, settings: PumpSettings, journal: Journal, readings: Readings, t_s: float = 0.0) -> None:
        if faults := settings.faults():
            raise ProgramError(faults)
        self.settings = settings
        self.profile = settings.profile
        self.journal = journal
        self.readings = readings
        self.t_s = t_s
        self.mode = Mode.STOPPED
        self.program = settings.program
        self.draft = Draft()
        self.soft_overrides: tuple[str, ...] = ()
        """Soft limits that the programme in force lies beyond, by a confirmed override."""
        self.entered_nl = whole_nl(settings.program.reservoir_ml)
        """What the hand said the reservoir holds."""
        self.ledger = Ledger(
            t_s,
            vtbi_nl=whole_nl(settings.program.vtbi_ml),
            reservoir_nl=self.entered_nl,
            stroke_nl=float(round(self.profile.stroke_volume_ul * 1000.0)),
            debits_primes=self.profile.prime_debits_reservoir,
        )
        self.air = AirSum(t_s, settings.air_limits, readings.air_frac)
        self.alarms = AlarmSet(journal, AlarmTimings())
        self.lock = LockState(
            LockLevel.LL0, dict(settings.codes) or None, rate_change=Access(self.profile.rate_change)
        )
        self.drive = Drive(rate_ml_h=0.0)
        """What the mechanism is doing, without what was done at once."""
        self.keys_down: dict[str, float] = {}
        """Keys held, with the time since when."""
        self._out: Drive | None = None
        self._timers: dict[str, float] = {}
        self._detectors = _detectors(settings)
        self._beyond: set[str] = set()
        self._blind = False
        self._prime_target_nl = 0.0
        self._was_priming = False
        self._begun = False
        self._handled = False
        self._lock_applied = False
        if settings.maintenance_due_s is not None:
            self._timers["maintenance"] = max(t_s, settings.maintenance_due_s)
        self._remind(t_s)
        self._plan(t_s)
        self._watches = self._watched()

    # ---------------------------------------------------------------- the seam

    def command(self, t_s: float, command: Command, readings: Readings) -> Drive | None:
        """Carry out what a hand or a wire asks for, or refuse it; both are events."""
        self._enter(t_s, readings)
        refusal = self._deaf(command) or self._locked(t_s, command) or _HANDLERS[type(command)](self, t_s, command)
        if refusal is not None:
            self.journal.add(
                CommandRefused,
                t_s,
                command=COMMAND_NAMES[type(command)],
                access=command.access.value,
                reason=refusal.reason.value,
                text=refusal.text,
            )
        elif self.lock.is_unlocked:
            self.lock.touch(t_s)
        return self._leave(t_s)

    def sense(self, t_s: float, watch: Watch, readings: Readings) -> Drive | None:
        """Take notice of a level that was crossed. A watch that is no longer published is ignored."""
        self._enter(t_s, readings)
        if watch in self._watches:
            if watch.reading == "air_frac":
                self._air_changed(t_s)
            else:
                self._crossed(t_s, watch)
        return self._leave(t_s)

    def wake(self, t_s: float, readings: Readings) -> Drive | None:
        """Do the first of what is due."""
        self._enter(t_s, readings)
        name = min(self._timers, key=lambda name: (self._timers[name], _TIMER_PLACE[name]), default=None)
        if name is not None and self._timers[name] <= t_s:
            del self._timers[name]
            _TIMER_HANDLERS[name](self, t_s)
        elif self.alarms.next_deadline_s() <= t_s:
            self.alarms.wake(t_s)
        elif self.lock.wake(t_s):
            self.journal.add(Noted, t_s, what="keyboard_locked", detail="not used for a while")
        return self._leave(t_s)

    def turned_back(self, t_s: float, volume_ml: float) -> None:
        """Take off what the mechanism turned back on `Drive.reverse_to_ml`."""
        self.ledger.turned_back(volume_ml * NL_PER_ML, was_priming=self._was_priming)
        self.journal.add(TurnedBack, t_s, volume_ml=volume_ml)
        self._plan(t_s)

    def next_deadline_s(self) -> float:
        """Return when `wake` is to be called next; inf when no timer runs."""
        own_s = min(self._timers.values(), default=math.inf)
        return min(own_s, self.alarms.next_deadline_s(), self.lock.next_deadline_s())

    def watches(self) -> tuple[Watch, ...]:
        """Return the levels at which the core wants to be called, in the order of the alarm table."""
        return self._watches

    def counters(self, t_s: float) -> Counters:
        """Return what the pump believes at `t_s`, which is not before its last change of flow."""
        return self.ledger.at(t_s)

    @property
    def waits(self) -> bool:
        """Whether a delayed start is pending."""
        return "delayed_start" in self._timers

    # ---------------------------------------------------------------- coupling

    def _enter(self, t_s: float, readings: Readings) -> None:
        if t_s < self.t_s:
            raise ValueError(f"{t_s} s is before {self.t_s} s, the time of the last call")
        self.t_s = t_s
        self.readings = readings

    def _leave(self, t_s: float) -> Drive | None:
        self._settle(t_s)
        self._watches = self._watched()
        out, self._out = self._out, None
        return out

    def _settle(self, t_s: float) -> None:
        """Halted when and only when an alarm stands that stops delivery."""
        if self.mode is Mode.HALTED:
            if not self.alarms.halts():
                self._change(t_s, Trigger.ALARMS_CLEARED, "acknowledge")
        elif (self.mode, Trigger.HALT) in NEXT_MODE and self.alarms.halts():
            self._halt(t_s, self.alarms.start_blockers()[0])

    def _halt(self, t_s: float, code: str, *, push: bool = False, moved_nl: float | None = None) -> None:
        """Stop for an alarm: in the middle of a stroke, unless it is the counter that says so."""
        reverse_to_ml = self.profile.anti_bolus_volume_ml if self.settings.reverses else None
        flows = self.mode in DELIVERING
        self._timers.pop("delayed_start", None)
        self._timers.pop("prime_timeout", None)
        self._was_priming = self.mode is Mode.PRIMING
        self._change(t_s, Trigger.HALT, code)
        self._demand(
            t_s,
            0.0,
            push=push and flows,
            moved_nl=moved_nl,
            reverse_to_ml=reverse_to_ml if flows and code == "OCCLUSION_DOWNSTREAM" else None,
        )

    def _change(self, t_s: float, trigger: Trigger, cause: str) -> None:
        """Fire the delivery machine; the reminders follow the mode."""
        mode_from, self.mode = self.mode, NEXT_MODE[self.mode, trigger]
        self.journal.add(ModeChanged, t_s, mode_from=mode_from.value, mode_to=self.mode.value, cause=cause)
        if self.mode not in (Mode.COMPLETE, Mode.KVO):
            self.alarms.end(t_s, "INFUSION_COMPLETE")
        if self.mode is not Mode.KVO:
            self.alarms.end(t_s, "KVO_RUNNING")
        self._remind(t_s)

    def _demand(
        self,
        t_s: float,
        rate_ml_h: float,
        *,
        priming: bool = False,
        powered: bool = True,
        push: bool = False,
        moved_nl: float | None = None,
        reverse_to_ml: float | None = None,
    ) -> None:
        """Ask the mechanism for another flow: the only place where the counters are anchored."""
        drive = Drive(rate_ml_h=rate_ml_h, powered=powered, priming=priming)
        if drive != self.drive:
            push_nl = 0.0
            if (rate_ml_h, priming) != (self.drive.rate_ml_h, self.drive.priming):
                self.ledger.anchor(t_s, moved_nl)
                push_nl = self.ledger.push() if push else 0.0
                self.ledger.flow(whole_nl(rate_ml_h), priming=priming)
                self.air.change(t_s, rate_nl_h=0.0 if priming else whole_nl(rate_ml_h))
                if push_nl:
                    self.air.pushed(push_nl)
                self.journal.add(
                    RateCommanded,
                    t_s,
                    rate_ml_h=rate_ml_h,
                    push_ml=push_nl / NL_PER_ML,
                    given_ml=self.ledger.given_nl / NL_PER_ML,
                    reservoir_ml=self.ledger.reservoir_nl / NL_PER_ML,
                )
            self.drive = drive
            self._out = Drive(rate_ml_h, push_nl / NL_PER_ML, reverse_to_ml, powered, priming)
        self._plan(t_s)

    def _plan(self, t_s: float) -> None:
        """Set the timers that follow from the flow, each from the anchor."""
        ledger = self.ledger
        due_s: dict[str, float] = {}
        if self.mode in DELIVERING:
            due_s["reservoir"] = ledger.reservoir_s()
        if self.mode is Mode.PRIMING:
            due_s["prime_end"] = ledger.after_s(self._prime_target_nl - ledger.primed_nl)
        if self.mode is Mode.RUNNING:
            due_s["vtbi"] = ledger.vtbi_s()
        if self.mode in (Mode.RUNNING, Mode.KVO) and self.settings.detects_air:
            due_s["air"] = self.air.next_alarm_s()
        blind_nl = self.profile.upstream_blind_frac * self.entered_nl
        self._blind = blind_nl > 0.0 and ledger.reservoir_nl_at(t_s) <= blind_nl + SLACK_NL
        if blind_nl > 0.0 and not self._blind:
            due_s["upstream_blind"] = ledger.reservoir_s(blind_nl)
        due_s["reservoir_low"] = self._plan_low(t_s)
        for name in _FLOW_TIMERS:
            self._timers.pop(name, None)
        self._timers.update((name, at_s) for name, at_s in due_s.items() if at_s < math.inf)

    def _plan_low(self, t_s: float) -> float:
        """Begin or end the low warning as the counters have it; return when it will begin."""
        rate_nl_h = whole_nl(self.program.rate_ml_h)
        low_nl = max(whole_nl(self.profile.reservoir_low_volume_ml), rate_nl_h * self.profile.reservoir_low_time_s / 3600)
        left_nl = min(self.ledger.vtbi_left_nl_at(t_s), self.ledger.reservoir_nl_at(t_s))
        if not 0.0 < left_nl <= low_nl + SLACK_NL:
            self.alarms.end(t_s, "RESERVOIR_LOW")
        elif self.mode is Mode.RUNNING:
            detail = f"{left_nl / NL_PER_ML:.1f} mL, {left_nl / rate_nl_h:.1f} h left"
            self.alarms.begin(t_s, "RESERVOIR_LOW", detail)
        if self.mode is not Mode.RUNNING or left_nl <= low_nl + SLACK_NL:
            return math.inf
        return min(self.ledger.after_s(self.ledger.vtbi_left_nl - low_nl), self.ledger.reservoir_s(low_nl))

    def _remind(self, t_s: float) -> None:
        """Begin and end the reminders of a pump that stands."""
        stands = self.mode is Mode.STOPPED and not self.waits
        left = self.ledger.vtbi_left_nl > 0.0 and self.ledger.reservoir_nl > 0.0
        profile = self.profile
        for code, wanted, after_s in (
            ("PUMP_STOPPED", stands and self._begun and left, profile.stopped_reminder_s),
            ("DELIVERY_NOT_STARTED", stands and self._handled and not self._begun, profile.not_started_reminder_s),
            ("STANDBY_LONG", stands, profile.standby_s),
        ):
            if wanted:
                self.alarms.begin(t_s, code, debounce_s=after_s)
            else:
                self.alarms.cancel(code)
                self.alarms.end(t_s, code)

    def _watched(self) -> tuple[Watch, ...]:
        """Return what is to be watched in the present state."""
        if self.mode is Mode.OFF:
            return ()
        watches = []
        if self.mode in (Mode.RUNNING, Mode.KVO) and self.settings.detects_air:
            if self.air.air_frac < 1.0:
                watches.append(Watch("air_frac", True, self.air.air_frac))
            if self.air.air_frac > 0.0:
                watches.append(Watch("air_frac", False, self.air.air_frac))
        for detector in self._detectors:
            if detector.code in self._beyond:
                watches.append(detector.back)
            elif self._looks_for(detector.code):
                watches.append(detector.out)
        return tuple(watches)

    def _looks_for(self, code: str) -> bool:
        if code == "OCCLUSION_DOWNSTREAM":
            return self.mode in DELIVERING
        if code == "OCCLUSION_UPSTREAM":
            return self.mode in DELIVERING and not self._blind
        return True

    # ---------------------------------------------------------------- readings

    def _air_changed(self, t_s: float) -> None:
        self.air.change(t_s, air_frac=self.readings.air_frac)
        self._plan(t_s)

    def _crossed(self, t_s: float, watch: Watch) -> None:
        """Begin or end the condition of the detector that `watch` belongs to."""
        detector = next(each for each in self._detectors if watch in (each.out, each.back))
        code = detector.code
        value = getattr(self.readings, watch.reading)
        if watch == detector.back:
            self._beyond.discard(code)
            self._condition_gone(t_s, code)
            return
        self._beyond.add(code)
        match code:
            case "OCCLUSION_UPSTREAM" if self.profile.upstream_debounce_s > 0.0:
                detail = f"{value:.0f} mmHg, limit {watch.level:.0f} mmHg"
                self.alarms.begin(t_s, "UPSTREAM_TRANSIENT", detail)
                self.alarms.begin(t_s, code, detail, debounce_s=self.profile.upstream_debounce_s)
            case "OCCLUSION_DOWNSTREAM" | "OCCLUSION_UPSTREAM":
                self.alarms.begin(t_s, code, f"{value:.0f} mmHg, limit {watch.level:.0f} mmHg")
            case "CASSETTE_DETACHED" | "DOOR_OPEN" if self.mode not in DELIVERING:
                self.journal.add(Noted, t_s, what="double_beep", detail=code)
                self.alarms.begin(t_s, code, "while stopped", debounce_s=self.profile.cassette_grace_s)
            case "CASSETTE_DETACHED" | "DOOR_OPEN":
                self.alarms.begin(t_s, code, "while delivering")
            case _:
                self.alarms.begin(t_s, code)

    def _condition_gone(self, t_s: float, code: str) -> None:
        self.alarms.cancel(code)
        self.alarms.end(t_s, code)
        if code == "OCCLUSION_UPSTREAM":
            self.alarms.end(t_s, "UPSTREAM_TRANSIENT")
        elif code == "CASSETTE_DETACHED":
            self.air.reset(t_s)
            self._plan(t_s)

    # ---------------------------------------------------------------- timers

    def _vtbi_given(self, t_s: float) -> None:
        kvo_ml_h = min(self.program.kvo_ml_h, self.program.rate_ml_h)
        moved_nl = self.ledger.vtbi_left_nl
        self.alarms.begin(t_s, "INFUSION_COMPLETE", f"VTBI {self.program.vtbi_ml:g} mL given")
        if kvo_ml_h > 0.0 and self.ledger.reservoir_nl - moved_nl > SLACK_NL:
            self.alarms.begin(t_s, "KVO_RUNNING", f"{kvo_ml_h:g} mL/h")
            self._change(t_s, Trigger.FINISH_TO_KVO, "vtbi")
        else:
            self._change(t_s, Trigger.FINISH, "vtbi")
            kvo_ml_h = 0.0
        self._demand(t_s, kvo_ml_h, push=True, moved_nl=moved_nl)

    def _reservoir_down(self, t_s: float) -> None:
        ledger = self.ledger
        if self.mode is Mode.RUNNING and ledger.vtbi_left_nl - ledger.reservoir_nl <= SLACK_NL:
            self._vtbi_given(t_s)
            return
        given_nl = ledger.given_nl + (0.0 if ledger.priming else ledger.reservoir_nl)
        priority = "high" if given_nl < ledger.vtbi_nl - SLACK_NL else "medium"
        detail = f"{given_nl / NL_PER_ML:.1f} of {ledger.vtbi_nl / NL_PER_ML:.1f} mL given"
        self.alarms.begin(t_s, "RESERVOIR_EMPTY", detail, priority)
        self._halt(t_s, "RESERVOIR_EMPTY", push=not ledger.priming, moved_nl=ledger.reservoir_nl)

    def _prime_done(self, t_s: float) -> None:
        self._end_prime(t_s, "volume", self._prime_target_nl - self.ledger.primed_nl)

    def _prime_timed_out(self, t_s: float) -> None:
        self.alarms.begin(t_s, "PRIME_TIMEOUT", f"after {self.profile.prime_timeout_s:g} s")
        self._end_prime(t_s, "PRIME_TIMEOUT", None)

    def _end_prime(self, t_s: float, cause: str, moved_nl: float | None) -> None:
        self._timers.pop("prime_timeout", None)
        self._change(t_s, Trigger.PRIME_END, cause)
        self._demand(t_s, 0.0, moved_nl=moved_nl)

    def _air_limit_reached(self, t_s: float) -> None:
        window = self.air.alarm(t_s)
        if window is None:
            self.alarms.begin(t_s, "AIR_IN_LINE", f"bubble of {self.air.bubble_ul:.0f} uL")
        else:
            self.alarms.begin(t_s, "AIR_ACCUMULATED", f"{window}")

    def _delay_over(self, t_s: float) -> None:
        refusal = self._not_ready()
        if refusal is None:
            self._run(t_s, "delayed_start")
            return
        self.journal.add(Noted, t_s, what="delayed_start_failed", detail=refusal.text)
        self.alarms.begin(t_s, "DELIVERY_NOT_STARTED", refusal.text, debounce_s=0.0)

    def _maintenance_due(self, t_s: float) -> None:
        self.alarms.begin(t_s, "MAINTENANCE_DUE")

    # ---------------------------------------------------------------- commands: may it be

    def _deaf(self, command: Command) -> Refusal | None:
        """Return the answer of a mode that does not listen to `command`."""
        hears = _HEARS.get(self.mode)
        if hears is not None and type(command) not in hears[0]:
            return hears[1]
        return None

    def _locked(self, t_s: float, command: Command) -> Refusal | None:
        action = action_of(command, self.lock.level, draft_changes_rate=self.draft.changes_rate(self.program))
        return self.lock.refusal(t_s, action, command.access, running=self.mode in DELIVERING)

    def _not_ready(self) -> Refusal | None:
        """Return why the mechanism may not turn now: an alarm, or no set in it."""
        blockers = self.alarms.start_blockers()
        if blockers:
            names = ", ".join(ALARM_BY_CODE[code].display for code in blockers)
            return Refusal(Reason.ALARM, f"{names}: remove the cause and acknowledge first")
        if "CASSETTE_DETACHED" in self._beyond:
            return Refusal(Reason.CASSETTE_OFF, "no cassette attached: attach it")
        if "DOOR_OPEN" in self._beyond:
            return Refusal(Reason.DOOR_OPEN, "the door is open: close it")
        return None

    def _accept(self, t_s: float, command: Command, detail: str = "") -> None:
        self.journal.add(
            CommandAccepted,
            t_s,
            command=COMMAND_NAMES[type(command)],
            access=command.access.value,
            detail=detail,
        )

    # ---------------------------------------------------------------- commands: delivery

    def _start(self, t_s: float, command: Start) -> Refusal | None:
        if refusal := self._not_startable():
            return refusal
        delay_s = 0.0 if self._begun else self.program.delay_s
        kvo_ml_h = min(self.program.kvo_ml_h, self.program.rate_ml_h)
        self._accept(t_s, command, f"in {delay_s:g} s" if delay_s else f"{self.program.rate_ml_h:g} mL/h")
        if not self._lock_applied:
            self._lock_applied = True
            self._set_lock(t_s, self.settings.lock_level)
        if not delay_s:
            self._run(t_s, "start")
            return None
        self._timers["delayed_start"] = t_s + delay_s
        if kvo_ml_h > 0.0:
            self.alarms.begin(t_s, "KVO_RUNNING", f"{kvo_ml_h:g} mL/h until the delay is over")
            self._change(t_s, Trigger.START_LATER, "start")
            self._flow_again(t_s, kvo_ml_h)
        else:
            self._remind(t_s)
        return None

    def _not_startable(self) -> Refusal | None:
        if self.mode in (Mode.RUNNING, Mode.PRIMING):
            return Refusal(Reason.DELIVERING, f"the pump is {self.mode}: it need not be started")
        if self.waits:
            return Refusal(Reason.WAITING, "a delayed start is pending")
        if refusal := self._not_ready():
            return refusal
        if self.ledger.vtbi_left_nl_at(self.t_s) <= 0.0:
            return Refusal(Reason.NOTHING_LEFT, "the VTBI has been given: enter a new bag")
        if self.ledger.reservoir_nl_at(self.t_s) <= 0.0:
            return Refusal(Reason.RESERVOIR_EMPTY, "the reservoir counter is at 0: enter what the bag holds")
        return None

    def _run(self, t_s: float, cause: str) -> None:
        self._begun = True
        self._change(t_s, Trigger.START, cause)
        self._flow_again(t_s, self.program.rate_ml_h)

    def _flow_again(self, t_s: float, rate_ml_h: float) -> None:
        self.air.change(t_s, air_frac=self.readings.air_frac)
        self._demand(t_s, rate_ml_h)

    def _stop(self, t_s: float, command: Stop) -> Refusal | None:
        if self.mode in DELIVERING or self.mode is Mode.COMPLETE:
            self._accept(t_s, command)
            primes = self.mode is Mode.PRIMING
            self._timers.pop("prime_timeout", None)
            self._timers.pop("delayed_start", None)
            self._change(t_s, Trigger.STOP, "stop")
            self._demand(t_s, 0.0, push=not primes)
        elif self.waits:
            self._accept(t_s, command, "the delayed start is cancelled")
            del self._timers["delayed_start"]
            self._remind(t_s)
        else:
            self._accept(t_s, command, "not delivering")
        return None

    def _prime(self, t_s: float, command: Prime) -> Refusal | None:
        if self.waits:
            return Refusal(Reason.WAITING, "a delayed start is pending: stop first")
        if refusal := self._not_ready():
            return refusal
        if not command.disconnected_confirmed:
            return Refusal(Reason.NOT_CONFIRMED_DISCONNECTED, "confirm that the patient is disconnected")
        if not 0.0 < command.volume_ml < math.inf:
            return Refusal(Reason.BAD_VALUE, f"a prime of {command.volume_ml:g} mL cannot be made")
        if self.ledger.reservoir_nl <= 0.0:
            return Refusal(Reason.RESERVOIR_EMPTY, "the reservoir counter is at 0: enter what the bag holds")
        cap_ml = self.settings.prime_cap_ml
        volume_ml = min(command.volume_ml, cap_ml)
        capped = f", stops at {cap_ml:g} mL" if command.volume_ml > cap_ml else ""
        self._accept(t_s, command, f"{command.volume_ml:g} mL{capped}")
        self._handled = True
        self._prime_target_nl = self.ledger.primed_nl + whole_nl(volume_ml)
        self._timers["prime_timeout"] = t_s + self.profile.prime_timeout_s
        self.air.reset(t_s)
        self._change(t_s, Trigger.PRIME, "prime")
        self._demand(t_s, self.profile.prime_rate_ml_h, priming=True)
        return None

    # ---------------------------------------------------------------- commands: counters

    def _reset_reservoir(self, t_s: float, command: ResetReservoir) -> Refusal | None:
        if refusal := self._bad_reservoir(command.reservoir_ml):
            return refusal
        self._enter_reservoir(command.reservoir_ml)
        self._accept(t_s, command, f"{self.entered_nl / NL_PER_ML:g} mL")
        self._counters_changed(t_s)
        return None

    def _clear_given(self, t_s: float, command: ClearGiven) -> Refusal | None:
        self._accept(t_s, command, f"{self.ledger.given_nl / NL_PER_ML:g} mL given cleared")
        self._begun = False
        self.ledger.given_nl = 0.0
        self._counters_changed(t_s)
        return None

    def _new_bag(self, t_s: float, command: NewBag) -> Refusal | None:
        if refusal := self._bad_reservoir(command.reservoir_ml):
            return refusal
        self._enter_reservoir(command.reservoir_ml)
        self._accept(t_s, command, f"{self.entered_nl / NL_PER_ML:g} mL")
        self._begun = False
        self._handled = True
        self.ledger.given_nl = 0.0
        self.ledger.primed_nl = 0.0
        self._counters_changed(t_s)
        return None

    def _bad_reservoir(self, reservoir_ml: float | None) -> Refusal | None:
        faults = () if reservoir_ml is None else reservoir_faults(reservoir_ml, self.profile)
        return Refusal(Reason.HARD_LIMIT, "; ".join(faults)) if faults else None

    def _enter_reservoir(self, reservoir_ml: float | None) -> None:
        if reservoir_ml is not None:
            self.entered_nl = whole_nl(reservoir_ml)
        self.ledger.reservoir_nl = self.entered_nl

    def _counters_changed(self, t_s: float) -> None:
        """Let alarms, mode and timers follow counters that a hand has set, while the pump stands."""
        if self.ledger.reservoir_nl > 0.0:
            self.alarms.end(t_s, "RESERVOIR_EMPTY")
        if self.mode is Mode.COMPLETE and self.ledger.vtbi_left_nl > 0.0:
            self._change(t_s, Trigger.REFILL, "counters")
        self._remind(t_s)
        self._plan(t_s)

    # ---------------------------------------------------------------- commands: alarms and lock

    def _silence(self, t_s: float, command: Silence) -> Refusal | None:
        if not self.alarms.silence(t_s):
            return Refusal(Reason.NOTHING_TO_SILENCE, "nothing sounds")
        self._accept(t_s, command)
        return None

    def _acknowledge(self, t_s: float, command: Acknowledge) -> Refusal | None:
        codes = self.alarms.acknowledge(t_s)
        if not codes:
            return Refusal(Reason.NOTHING_TO_ACKNOWLEDGE, "no alarm waits for notice")
        self._accept(t_s, command, ", ".join(codes))
        return None

    def _unlock(self, t_s: float, command: Unlock) -> Refusal | None:
        outcome = self.lock.unlock(t_s, command.code, command.access)
        if outcome.tamper:
            self.alarms.begin(t_s, "TAMPER", "too many wrong codes")
        if outcome.session is not None:
            self._accept(t_s, command, f"{outcome.session.value}'s code")
        return outcome.refusal

    def _lock(self, t_s: float, command: Lock) -> Refusal | None:
        self._accept(t_s, command, command.level.value)
        self._set_lock(t_s, command.level)
        return None

    def _set_lock(self, t_s: float, level: LockLevel) -> None:
        self.lock.set_level(t_s, level)
        self.journal.add(Noted, t_s, what="lock_level", detail=level.value)

    def _link_lost(self, t_s: float, command: LinkLost) -> Refusal | None:
        self._accept(t_s, command)
        self.alarms.begin(t_s, "LINK_LOST")
        return None

    def _link_restored(self, t_s: float, command: LinkRestored) -> Refusal | None:
        self._accept(t_s, command)
        self.alarms.end(t_s, "LINK_LOST")
        return None


def _detectors(settings: PumpSettings) -> tuple[Detector, ...]:
    """Return what the pump watches, in the order of the alarm table."""
    profile = settings.profile
    down_mmhg, up_mmhg = settings.downstream_mmhg, settings.upstream_mmhg
    back_mmhg = profile.pressure_hysteresis_mmhg
    hot_c = profile.temperature_max_c
    return (
        Detector(
            "OCCLUSION_DOWNSTREAM",
            Watch("p_down_mmhg", True, down_mmhg),
            Watch("p_down_mmhg", False, down_mmhg - back_mmhg),
        ),
        Detector(
            "OCCLUSION_UPSTREAM",
            Watch("p_up_mmhg", False, up_mmhg),
            Watch("p_up_mmhg", True, up_mmhg + back_mmhg),
        ),
        switch_detector("CASSETTE_DETACHED", "cassette_frac"),
        switch_detector("DOOR_OPEN", "door_frac"),
        Detector(
            "OVER_TEMPERATURE",
            Watch("temperature_c", True, hot_c),
            Watch("temperature_c", False, hot_c - profile.temperature_hysteresis_c),
        ),
    )


_HANDLERS: Final[dict[type[Command], Callable[[PumpCore, float, Any], Refusal | None]]] = {
    Start: PumpCore._start,
    Stop: PumpCore._stop,
    Prime: PumpCore._prime,
    ResetReservoir: PumpCore._reset_reservoir,
    ClearGiven: PumpCore._clear_given,
    NewBag: PumpCore._new_bag,
    Silence: PumpCore._silence,
    Acknowledge: PumpCore._acknowledge,
    Unlock: PumpCore._unlock,
    Lock: PumpCore._lock,
    LinkLost: PumpCore._link_lost,
    LinkRestored: PumpCore._link_restored,
}

_TIMER_HANDLERS: Final[dict[str, Callable[[PumpCore, float], None]]] = {
    "vtbi": PumpCore._vtbi_given,
    "reservoir": PumpCore._reservoir_down,
    "prime_end": PumpCore._prime_done,
    "prime_timeout": PumpCore._prime_timed_out,
    "air": PumpCore._air_limit_reached,
    "upstream_blind": PumpCore._plan,
    "reservoir_low": PumpCore._plan,
    "delayed_start": PumpCore._delay_over,
    "maintenance": PumpCore._maintenance_due,
}
