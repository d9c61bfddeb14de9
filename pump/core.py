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

Four small machines are coupled here: delivery (`delivery.py`), alarms (`alarms.py`), the lock (`lock.py`)
and power (`power.py`). What a command does stands in `hands.py`, what a reading or a timer does in
`senses.py`; both act through the rules below, and nobody else calls these methods:

- The pump is halted when and only when an alarm stands that stops delivery (`_settle`).
- Every change of mode goes through `change`: the reminders follow.
- Every change of flow goes through `demand`: there, and nowhere else, the counters are anchored.
- What is watched, and which timers run, follows from the state after each call (`plan`, `_watch`).
"""

from __future__ import annotations

import math
import zlib
from typing import Any, Final

from pump.alarms import ALARM_BY_CODE, AlarmSet
from pump.commands import Access, Command, LockLevel
from pump.counters import MARK_NL, NL_PER_ML, S_PER_H, Counters, Ledger, whole_nl
from pump.delivery import DELIVERING, NEXT_MODE, Mode, Trigger
from pump.detection import AirSum
from pump.errors import ProgramError, Reason, Refusal, SnapshotError
from pump.events import Journal, ModeChanged, RateCommanded, TurnedBack
from pump.hands import obey
from pump.keypad import Keypad
from pump.limits import soft_faults
from pump.lock import LockState
from pump.log import PumpLog
from pump.power import PowerState
from pump.program import Draft, Program
from pump.seam import Drive, Readings, Watch
from pump.senses import (
    Watching,
    conditions_of,
    crossed,
    delivery_ended,
    due,
    next_found_s,
    note_faults,
    note_supply,
    watched,
)
from pump.settings import PumpSettings

SNAPSHOT_SCHEMA: Final = 1
FLOW_TIMERS: Final = (
    "vtbi",
    "reservoir",
    "prime_end",
    "air",
    "supervisor",
    "upstream_blind",
    "reservoir_low",
)
"""The timers that follow from the flow; `plan` sets them all anew."""


class PumpCore:
    """One pump: self-test passed, programmed, stopped, on external power.

    Args:
        settings: How the pump is set up.
        journal: Where its events go.
        readings: What its sensors say at `t_s`.
        t_s: When its life begins.

    Attributes:
        mode: Of the delivery machine.
        program: The programme in force.
        draft: What has been keyed and not confirmed.
        soft_overrides: Soft limits that the programme in force lies beyond, by a confirmed override.
        entered_nl: What the hand said the reservoir holds.
        ledger: The counters.
        conditions: What is watched at levels that do not change.
        air: The air that passes the detector.
        alarms: Every alarm that stands.
        lock: The keyboard's lock.
        power: What the pump believes of its supply.
        drive: What the mechanism is doing, without what was done at once.
        readings: Of the last call.
        t_s: The time of the last call.
        timers: When each of the core's own timers is due; alarms, lock and keys keep their own.
        beyond: The conditions that are there, by the code of the alarm they lead to.
        faults_s: The hardware faults that are there, with the time since when.
        keypad: The keys that are held, and the page that is shown.
        begun: Whether the present bag has been started.
        handled: Whether somebody has made the pump ready for a start.
        interrupted: Whether the supply went while the pump delivered.
        starved: Whether it was the supply that switched the pump off.
        lock_applied: Whether the first start has put the lock in force.
        prime_target_nl: Where the prime counter shall stop.

    Raises:
        ProgramError: `settings` contradict their profile.
    """

    __slots__ = (
        "_deadline_s",
        "_log",
        "_logged_count",
        "_out",
        "_reversed_prime",
        "_watch_key",
        "_watched",
        "_watches",
        "air",
        "alarms",
        "begun",
        "conditions",
        "beyond",
        "blind",
        "draft",
        "drive",
        "entered_nl",
        "faults_s",
        "handled",
        "interrupted",
        "journal",
        "keypad",
        "ledger",
        "lock",
        "lock_applied",
        "mode",
        "power",
        "prime_target_nl",
        "profile",
        "program",
        "readings",
        "settings",
        "soft_overrides",
        "starved",
        "t_s",
        "timers",
    )

    def __init__(
        self, settings: PumpSettings, journal: Journal, readings: Readings, t_s: float = 0.0
    ) -> None:
        if faults := settings.faults():
            raise ProgramError(faults)
        profile = settings.profile
        self.settings = settings
        self.profile = profile
        self.journal = journal
        self.readings = readings
        self.t_s = t_s
        self.mode = Mode.STOPPED
        self.program: Program = settings.program
        self.draft = Draft()
        # Whoever keyed the first programme has confirmed it: what lies beyond soft limits stays visible.
        self.soft_overrides: tuple[str, ...] = soft_faults(settings.program, profile)
        self.entered_nl = whole_nl(settings.program.reservoir_ml)
        self.ledger = Ledger(
            t_s,
            vtbi_nl=whole_nl(settings.program.vtbi_ml),
            reservoir_nl=self.entered_nl,
            stroke_nl=float(round(profile.stroke_volume_ul * 1000.0)),
            debits_primes=profile.prime_debits_reservoir,
        )
        self.conditions = conditions_of(settings)
        self.air = AirSum(t_s, settings.air_limits, readings.air_frac)
        self.alarms = AlarmSet(journal, settings.alarm_timings)
        self.lock = LockState(
            LockLevel.LL0,
            settings.code_of,
            rate_change=Access(profile.rate_change),
            is_fitted=profile.keyboard_lock,
        )
        self.power = PowerState(settings.battery_load, readings, settings.program.rate_ml_h)
        self.drive = Drive(rate_ml_h=0.0)
        self.timers: dict[str, float] = {}
        self.beyond: frozenset[str] = frozenset()
        self.faults_s: dict[str, float] = {}
        self.keypad = Keypad()
        self.begun = False
        self.handled = False
        self.interrupted = False
        self.starved = False
        self.lock_applied = False
        self.blind = False
        self.prime_target_nl = 0.0
        self._reversed_prime = False
        self._out: Drive | None = None
        self._log = PumpLog()
        self._logged_count = len(journal.events)
        if settings.maintenance_due_s is not None:
            self.timers["maintenance"] = max(t_s, settings.maintenance_due_s)
        if self.soft_overrides:
            self.alarms.begin(t_s, "RATE_LIMIT", "; ".join(self.soft_overrides))
        self.remind(t_s)
        note_supply(self, t_s)
        note_faults(self, t_s)
        self._watched: tuple[Watching, ...] = ()
        self._watches: tuple[Watch, ...] = ()
        self._watch_key: tuple[object, ...] = ()
        self._publish()

    # ---------------------------------------------------------------- the seam

    def command(self, t_s: float, command: Command, readings: Readings) -> Drive | None:
        """Carry out what a hand or a wire asks for, or refuse it; both are events."""
        self._enter(t_s, readings)
        obey(self, t_s, command)
        return self._leave(t_s)

    def sense(self, t_s: float, watch: Watch, readings: Readings) -> Drive | None:
        """Take notice of a level that was crossed. A watch that is no longer published is ignored."""
        self._enter(t_s, readings)
        watching = next((each for each in self._watched if each.watch == watch), None)
        if watching is not None:
            crossed(self, t_s, watching)
        return self._leave(t_s)

    def wake(self, t_s: float, readings: Readings) -> Drive | None:
        """Do the first of what is due, if anything is."""
        self._enter(t_s, readings)
        if not due(self, t_s):
            for command in self.keypad.wake(self, t_s):
                obey(self, t_s, command)
        return self._leave(t_s)

    def turned_back(self, t_s: float, volume_ml: float) -> None:
        """Take off what the mechanism turned back on `Drive.reverse_to_ml`."""
        self.ledger.turned_back(volume_ml * NL_PER_ML, was_priming=self._reversed_prime)
        self.journal.add(TurnedBack, t_s, volume_ml=volume_ml)
        self.plan(t_s)
        self._publish()

    def next_deadline_s(self) -> float:
        """Return when `wake` is to be called next; inf when no timer runs."""
        return self._deadline_s

    def watches(self) -> tuple[Watch, ...]:
        """Return the levels at which the core wants to be called, in the order of the alarm table."""
        return self._watches

    def counters(self, t_s: float) -> Counters:
        """Return what the pump believes at `t_s`, which is not before its last change of flow."""
        return self.ledger.at(t_s)

    @property
    def waits(self) -> bool:
        """Whether a delayed start is pending."""
        return "delayed_start" in self.timers

    @property
    def log(self) -> PumpLog:
        """The pump's own log, up to now."""
        for event in self.journal.events[self._logged_count :]:
            self._log.note(event)
        self._logged_count = len(self.journal.events)
        return self._log

    @property
    def kvo_ml_h(self) -> float:
        """The keep-vein-open rate of the programme in force: never above its rate; 0 where it is off."""
        return min(self.program.kvo_ml_h, self.program.rate_ml_h)

    # ---------------------------------------------------------------- the rules

    def not_ready(self) -> Refusal | None:
        """Return why the mechanism may not turn now: an alarm, or no set in it."""
        if blockers := self.alarms.start_blockers():
            names = ", ".join(ALARM_BY_CODE[code].display for code in blockers)
            return Refusal(Reason.ALARM, f"{names}: remove the cause and acknowledge first")
        if "CASSETTE_DETACHED" in self.beyond:
            return Refusal(Reason.CASSETTE_OFF, "no cassette is attached: attach it")
        if "DOOR_OPEN" in self.beyond:
            return Refusal(Reason.DOOR_OPEN, "the door is open: close it")
        return None

    def run(self, t_s: float, cause: str) -> None:
        """Deliver the programme in force."""
        self.begun = True
        self.change(t_s, Trigger.START, cause)
        self.air.change(t_s, air_frac=self.readings.air_frac)
        self.demand(t_s, self.program.rate_ml_h)

    def _enter(self, t_s: float, readings: Readings) -> None:
        if t_s < self.t_s:
            raise ValueError(f"{t_s} s is before {self.t_s} s, the time of the last call")
        self.t_s = t_s
        self.readings = readings

    def _leave(self, t_s: float) -> Drive | None:
        self._settle(t_s)
        self._publish()
        out, self._out = self._out, None
        return out

    def _publish(self) -> None:
        """Publish the next deadline, and what is to be watched if anything has changed that decides it."""
        self._deadline_s = min(
            min(self.timers.values(), default=math.inf),
            self.alarms.next_deadline_s(),
            self.lock.next_deadline_s(),
            self.keypad.next_deadline_s(self),
        )
        key = (
            self.mode,
            self.blind,
            self.air.air_frac,
            self.beyond,
            len(self.faults_s),
            self.drive.rate_ml_h,
            self.power.state,
            self.power.rate_ml_h,
            self.power.readings,
        )
        if key != self._watch_key:
            self._watch_key = key
            self._watched = watched(self)
            self._watches = tuple([each.watch for each in self._watched])

    def _settle(self, t_s: float) -> None:
        """Halted when and only when an alarm stands that stops delivery."""
        if self.mode is Mode.HALTED:
            if not self.alarms.halts():
                self.change(t_s, Trigger.ALARMS_CLEARED, "alarms_cleared")
        elif (self.mode, Trigger.HALT) in NEXT_MODE and self.alarms.halts():
            self.halt(t_s, self.alarms.start_blockers()[0])

    def halt(self, t_s: float, code: str, *, push: bool = False, moved_nl: float | None = None) -> None:
        """Stop for an alarm: in the middle of a stroke, unless it is a counter that says so (`push`)."""
        flows = self.mode in DELIVERING
        reverses = flows and code == "OCCLUSION_DOWNSTREAM" and self.settings.reverses
        self._reversed_prime = self.mode is Mode.PRIMING
        self.change(t_s, Trigger.HALT, code)
        self.demand(
            t_s,
            0.0,
            push=push,
            moved_nl=moved_nl,
            reverse_to_ml=self.profile.anti_bolus_volume_ml if reverses else None,
        )

    def change(self, t_s: float, trigger: Trigger, cause: str) -> None:
        """Fire the delivery machine, and end what belongs to the mode that was left."""
        mode_from, self.mode = self.mode, NEXT_MODE[self.mode, trigger]
        self.journal.add(ModeChanged, t_s, mode_from=mode_from.value, mode_to=self.mode.value, cause=cause)
        if mode_from is Mode.PRIMING:
            self.timers.pop("prime_timeout", None)
        if self.mode is not Mode.KVO:
            self.timers.pop("delayed_start", None)
            if mode_from is Mode.KVO:
                self.alarms.end(t_s, "KVO_RUNNING")
        if mode_from in (Mode.COMPLETE, Mode.KVO) and self.mode not in (Mode.COMPLETE, Mode.KVO):
            self.alarms.end(t_s, "INFUSION_COMPLETE")
        if self.beyond and self.mode not in DELIVERING:
            delivery_ended(self, t_s)
        self.remind(t_s)

    def demand(
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
        """Ask the mechanism for another flow; what it does already moves no anchor.

        `push` finishes the stroke that was begun. `moved_nl` is what has been moved since the anchor,
        where a counter decided the instant and it is exact.
        """
        withdraws = self.program.withdraws and rate_ml_h > 0.0 and not priming
        before = self.drive
        self.drive = Drive(rate_ml_h=rate_ml_h, powered=powered, priming=priming, withdraws=withdraws)
        if self.drive != before:
            push_nl = 0.0
            if (rate_ml_h, priming) != (before.rate_ml_h, before.priming):
                push_nl = self._anchor(t_s, push=push, moved_nl=moved_nl)
                self.journal.add(
                    RateCommanded,
                    t_s,
                    rate_ml_h=rate_ml_h,
                    push_ml=push_nl / NL_PER_ML,
                    given_ml=self.ledger.given_nl / NL_PER_ML,
                    reservoir_ml=self.ledger.reservoir_nl / NL_PER_ML,
                )
            self._out = Drive(rate_ml_h, push_nl / NL_PER_ML, reverse_to_ml, powered, priming, withdraws)
        self.plan(t_s)

    def _anchor(self, t_s: float, *, push: bool, moved_nl: float | None) -> float:
        """Anchor the counters and the sum of air at the present `drive`; return what was pushed."""
        rate_nl_h = whole_nl(self.drive.rate_ml_h)
        self.ledger.anchor(t_s, moved_nl)
        push_nl = self.ledger.push() if push else 0.0
        self.ledger.flow(rate_nl_h, priming=self.drive.priming, withdraws=self.drive.withdraws)
        self.air.change(t_s, rate_nl_h=0.0 if self.drive.priming else rate_nl_h)
        if push_nl:
            self.air.pushed(push_nl)
        return push_nl

    def plan(self, t_s: float) -> None:
        """Set the timers that follow from the flow, each from its anchor."""
        ledger, mode = self.ledger, self.mode
        due_s: dict[str, float] = {}
        if mode in DELIVERING:
            due_s["reservoir"] = ledger.reservoir_s()
        if mode is Mode.PRIMING:
            due_s["prime_end"] = ledger.after_s(self.prime_target_nl - ledger.primed_nl)
        if mode is Mode.RUNNING:
            due_s["vtbi"] = ledger.vtbi_s()
        if mode in (Mode.RUNNING, Mode.KVO) and self.settings.detects_air:
            due_s["air"] = self.air.next_alarm_s()
        if self.faults_s and mode not in (Mode.OFF, Mode.SELF_TEST, Mode.FAULT):
            due_s["supervisor"] = max(t_s, next_found_s(self))
        blind_nl = self.profile.upstream_blind_frac * self.entered_nl
        self.blind = blind_nl > 0.0 and ledger.reservoir_nl_at(t_s) <= blind_nl + MARK_NL
        if blind_nl > 0.0 and not self.blind:
            due_s["upstream_blind"] = ledger.reservoir_s(blind_nl)
        due_s["reservoir_low"] = self._plan_low(t_s)
        for name in FLOW_TIMERS:
            self.timers.pop(name, None)
        self.timers.update((name, at_s) for name, at_s in due_s.items() if at_s < math.inf)

    def _plan_low(self, t_s: float) -> float:
        """Begin or end the low warning as the counters have it; return when it will begin."""
        profile, ledger = self.profile, self.ledger
        rate_nl_h = whole_nl(self.program.rate_ml_h)
        low_nl = max(
            whole_nl(profile.reservoir_low_volume_ml), rate_nl_h * profile.reservoir_low_time_s / S_PER_H
        )
        left_nl = min(ledger.vtbi_left_nl_at(t_s), ledger.reservoir_nl_at(t_s))
        is_low = left_nl <= low_nl + MARK_NL
        if not is_low or left_nl == 0.0:
            self.alarms.end(t_s, "RESERVOIR_LOW")
        elif self.mode is Mode.RUNNING:
            detail = f"{left_nl / NL_PER_ML:.1f} mL, {left_nl / rate_nl_h:.1f} h left"
            self.alarms.begin(t_s, "RESERVOIR_LOW", detail)
        if is_low or self.mode is not Mode.RUNNING:
            return math.inf
        return min(ledger.after_s(ledger.vtbi_left_nl - low_nl), ledger.reservoir_s(low_nl))

    def remind(self, t_s: float) -> None:
        """Begin and end the reminders of a pump that stands."""
        profile = self.profile
        stands = self.mode is Mode.STOPPED and not self.waits
        is_left = self.ledger.vtbi_left_nl > 0.0 and self.ledger.reservoir_nl > 0.0
        for code, is_wanted, after_s in (
            ("PUMP_STOPPED", stands and self.begun and is_left, profile.stopped_reminder_s),
            (
                "DELIVERY_NOT_STARTED",
                stands and self.handled and not self.begun,
                profile.not_started_reminder_s,
            ),
            ("STANDBY_LONG", stands, profile.standby_s),
        ):
            if is_wanted:
                self.alarms.begin(t_s, code, debounce_s=after_s)
            else:
                self.alarms.cancel(code)
                self.alarms.end(t_s, code)

    # ---------------------------------------------------------------- keeping

    def snapshot(self) -> dict[str, Any]:
        """Return everything needed to go on bit by bit, as plain JSON values."""
        return {
            "schema": SNAPSHOT_SCHEMA,
            "configuration": _configuration(self.settings),
            "t_s": self.t_s,
            "mode": self.mode.value,
            "program": _values(self.program),
            "draft": _values(self.draft),
            "soft_overrides": list(self.soft_overrides),
            "entered_nl": self.entered_nl,
            "ledger": self.ledger.snapshot(),
            "air": self.air.snapshot(),
            "alarms": self.alarms.snapshot(),
            "lock": self.lock.snapshot(),
            "power": {
                "state": self.power.state,
                "rate_ml_h": self.power.rate_ml_h,
                "readings": _readings(self.power.readings),
            },
            "drive": _values(self.drive),
            "readings": _readings(self.readings),
            "timers": dict(self.timers),
            "beyond": sorted(self.beyond),
            "faults_s": dict(self.faults_s),
            "keypad": self.keypad.snapshot(),
            "log": self.log.snapshot(),
            **{name: getattr(self, name) for name in _PLAIN},
        }

    @classmethod
    def restore(cls, settings: PumpSettings, snapshot: dict[str, Any], journal: Journal) -> PumpCore:
        """Return the core that `snapshot` was taken of; its further events go to `journal`.

        Raises:
            SnapshotError: the snapshot is of other settings, or of another version.
        """
        if snapshot["schema"] != SNAPSHOT_SCHEMA:
            raise SnapshotError(f"snapshot schema {snapshot['schema']}, this version reads {SNAPSHOT_SCHEMA}")
        if snapshot["configuration"] != _configuration(settings):
            raise SnapshotError("the snapshot was taken of a pump with other settings")
        core = cls(settings, Journal(), _readings_of(snapshot["readings"]), snapshot["t_s"])
        core.journal = journal
        core.mode = Mode(snapshot["mode"])
        core.program = Program(**snapshot["program"])
        core.draft = Draft(**snapshot["draft"])
        core.soft_overrides = tuple(snapshot["soft_overrides"])
        core.entered_nl = snapshot["entered_nl"]
        core.ledger = Ledger.restore(snapshot["ledger"])
        core.air = AirSum.restore(settings.air_limits, snapshot["air"])
        core.alarms = AlarmSet.restore(journal, settings.alarm_timings, snapshot["alarms"])
        core.lock = LockState.restore(
            snapshot["lock"],
            settings.code_of,
            rate_change=Access(settings.profile.rate_change),
            is_fitted=settings.profile.keyboard_lock,
        )
        power = snapshot["power"]
        core.power = PowerState.restore(
            settings.battery_load, _readings_of(power["readings"]), power["rate_ml_h"], power["state"]
        )
        core.drive = Drive(**snapshot["drive"])
        core.timers = dict(snapshot["timers"])
        core.beyond = frozenset(snapshot["beyond"])
        core.faults_s = dict(snapshot["faults_s"])
        core.keypad = Keypad.restore(snapshot["keypad"])
        core._log = PumpLog.restore(snapshot["log"])
        core._logged_count = len(journal.events)
        for name in _PLAIN:
            setattr(core, name, snapshot[name])
        core._publish()
        return core


_PLAIN: Final = (
    "begun",
    "handled",
    "interrupted",
    "starved",
    "lock_applied",
    "blind",
    "prime_target_nl",
    "_reversed_prime",
)


def _values(record: Program | Draft | Drive | Readings) -> dict[str, Any]:
    """Return the fields of a flat data class."""
    return {name: getattr(record, name) for name in record.__slots__}


def _readings(readings: Readings) -> dict[str, Any]:
    return {**_values(readings), "faults": sorted(readings.faults)}


def _readings_of(values: dict[str, Any]) -> Readings:
    return Readings(**{**values, "faults": frozenset(values["faults"])})


def _configuration(settings: PumpSettings) -> int:
    return zlib.crc32(repr(settings).encode())
