"""The alarm table: one row for everything the pump can be unhappy about, all of it data.

The order of the rows breaks ties: at one instant, with one priority, the upper row comes first.

Certainty marks: F read in the named source, S a secondary source, D derived by arithmetic from F or S,
G general knowledge and unverified, X a choice of this project without a source. A mark belongs to what
the row says of trigger, priority and timing; where these differ the weakest stands in `certainty` and
the source text says which is which.

MDC codes are ISO/IEEE 11073 terms in their context-free form. `mdc_code` None means that no code was
found in a readable source; a name may be known without its code. Which term fits which alarm is (X).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from math import inf
from typing import Final, Literal

Certainty = Literal["F", "S", "D", "G", "X"]


class Priority(StrEnum):
    """How urgent an answer is, after IEC 60601-1-8."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return _RANK[self]


_RANK: Final = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


class Clears(StrEnum):
    """What ends an alarm."""

    CAUSE = "cause gone"
    """The cause is gone; taking notice only quiets it. Not latching."""
    CAUSE_AND_NOTICE = "cause gone and acknowledged"
    """Both, in either order. Latching."""
    NOTICE = "acknowledged"
    """Taking notice: its trigger is a moment, so that there is no cause to wait for. Latching."""
    POWER_CYCLE = "power cycle"
    """Switching off and on again, and nothing else. Latching."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRow:
    """Everything particular to one alarm.

    Attributes:
        code: Its name in events, traces and scenarios.
        priority: After IEC 60601-1-8; some alarms are raised with another one, which `trigger` says.
        stops_delivery: Whether it halts the pump. What halts the pump also keeps it from starting.
        clears: What ends it.
        trigger: What raises it, for people.
        remedy: How it is cleared, for people.
        display: The line on the panel, at most 20 characters.
        help: What the panel's help page says to the person who stands before it.
        source: Where the behaviour comes from, with the mark of each part where they differ.
        certainty: The weakest mark of what the row says.
        debounce_s: How long the condition must last before it is an alarm, unless the profile says.
        stopped_debounce_s: The same while the pump does not deliver; None where it is the same.
        sounds_for_s: How long its signal lasts each time before it steps back to an icon.
        repeat_s: How long an alarm that has stepped back keeps quiet while its cause lasts.
        escalates_after_s: How long it may go unanswered before its signal gets more insistent.
        mdc_code: The ISO/IEEE 11073 event code; None: no code found.
        mdc_name: The reference id of the same; empty: no name found.
    """

    code: str
    priority: Priority
    stops_delivery: bool
    clears: Clears
    trigger: str
    remedy: str
    display: str
    help: str
    source: str
    certainty: Certainty
    debounce_s: float = 0.0
    stopped_debounce_s: float | None = None
    sounds_for_s: float = inf
    repeat_s: float = inf
    escalates_after_s: float = inf
    mdc_code: int | None = None
    mdc_name: str = ""

    @property
    def latching(self) -> bool:
        """Whether the alarm outlives its cause until somebody does something."""
        return self.clears is not Clears.CAUSE


QUIET_AFTER_NOTICE_S: Final = 120.0
"""An acknowledged alarm whose cause persists sounds again after this time [F: silence is temporary and
ends within 2 min, GIP 3.2.1; a cancelled signal returns if the condition persists, Alaris GP p. 35]."""

ESCALATES_AFTER_S: Final = 600.0
"""What nobody answers gets more insistent after 10 min [F: MiniMed 630G alarms page, a body-worn pump]."""

LOW_MESSAGE_S: Final = 5.0
"""A low priority message lasts 5 s, then its icon stays [F: CADD-Solis manual p. 56]."""

_stopping = partial(
    AlarmRow,
    priority=Priority.HIGH,
    stops_delivery=True,
    clears=Clears.CAUSE_AND_NOTICE,
    repeat_s=QUIET_AFTER_NOTICE_S,
    escalates_after_s=ESCALATES_AFTER_S,
)
_broken = partial(_stopping, clears=Clears.POWER_CYCLE)
_medium = partial(
    AlarmRow,
    priority=Priority.MEDIUM,
    stops_delivery=False,
    clears=Clears.CAUSE,
    repeat_s=QUIET_AFTER_NOTICE_S,
    escalates_after_s=ESCALATES_AFTER_S,
)
_low = partial(
    AlarmRow,
    priority=Priority.LOW,
    stops_delivery=False,
    clears=Clears.CAUSE,
    sounds_for_s=LOW_MESSAGE_S,
)

ALARMS: Final[tuple[AlarmRow, ...]] = (
    # ------------------------------------------------------------------ high
    _stopping(
        code="AIR_IN_LINE",
        clears=Clears.NOTICE,
        trigger="air above the single-bubble limit has passed the detector",
        remedy="acknowledge; with air still at the detector it comes back within 10 µL",
        display="Air in line",
        help="Close the clamp. Do not restart before the air is out: call the nurse.",
        source="stop and high: IEC 60601-2-24 51.104 and GIP 1.9.1 [F]; the limit stands in the profile",
        certainty="F",
        mdc_name="MDC_EVT_FLUID_LINE_AIR",
    ),
    _stopping(
        code="OCCLUSION_DOWNSTREAM",
        trigger="pressure behind the pump above the profile's limit",
        remedy="open clamp or kink; pressure must fall below the limit's hysteresis; acknowledge",
        display="Downstream occlusion",
        help="Check clamps, kinks and the catheter between pump and patient, then restart.",
        source="high and stop: IEC 60601-2-24:2012 occlusion clause (AS 60601.2.24:2018) [F]",
        certainty="F",
        mdc_code=196940,
        mdc_name="MDC_EVT_FLUID_LINE_OCCL",
    ),
    _stopping(
        code="OCCLUSION_UPSTREAM",
        trigger="pressure before the pump below the profile's limit, and it stays there",
        remedy="open clamp or change the empty bag; acknowledge",
        display="Upstream occlusion",
        help="Check clamp and kinks between bag and pump. Is the bag empty?",
        source="high, stops, no start until cleared: Health Canada recall 77346 on CADD-Solis [F]",
        certainty="F",
        mdc_name="MDC_EVT_FLUID_LINE_OCCL_PROXIMAL",
    ),
    _stopping(
        code="RESERVOIR_EMPTY",
        trigger="the reservoir counter is at 0 mL; high while given < VTBI, medium otherwise",
        remedy="new bag or reservoir volume entered again; acknowledge",
        display="Reservoir empty",
        help="The bag should be empty by the pump's count. Call for the bag change.",
        source="alarm at 0 mL while infusing: GIP 1.5.6 [F]; the two priorities [X]",
        certainty="X",
        mdc_code=196634,
        mdc_name="MDC_EVT_EMPTY",
    ),
    _stopping(
        code="BATTERY_DEPLETED",
        clears=Clears.CAUSE,
        trigger="3 min of battery left, and no external power",
        remedy="external power, or a full battery; the pump switches off when the battery is flat",
        display="Battery depleted",
        help="Delivery has stopped. Plug the pump in or put in a full battery now.",
        source="stop >= 3 min before flat, alarm until flat: IEC 60601-2-24 49.2; ended by external "
        "power: GIP 5.1.7 [F]; 3 min tone: B. Braun Infusomat Space [S]",
        certainty="S",
        mdc_name="MDC_EVT_BATT_DEPL",
    ),
    _stopping(
        code="CASSETTE_DETACHED",
        trigger="no cassette while running; while stopped a double beep, and an alarm after 2 min",
        remedy="attach the cassette; acknowledge",
        display="No cassette attached",
        help="Close the clamp, attach the cassette again, then restart.",
        source="alarm if the set is removed while running: IEC 60601-2-24 54.102; double beep and 2 min: "
        "CADD correction notice [F]",
        certainty="F",
        stopped_debounce_s=120.0,
        mdc_name="MDC_EVT_CHECK_IV_SET",
    ),
    _stopping(
        code="DOOR_OPEN",
        trigger="door open while running; while stopped an alarm after 2 min",
        remedy="close the door; acknowledge",
        display="Door open",
        help="Close the clamp, close the door until it clicks, then restart.",
        source="stops until the door is closed: BodyGuard 323; KSU R7.2.0(8) [F]; 2 min while stopped as "
        "for the cassette [X]",
        certainty="X",
        stopped_debounce_s=120.0,
        mdc_code=196842,
        mdc_name="MDC_EVT_DOOR_OR_HANDLE_POSN_PROB",
    ),
    _stopping(
        code="KEY_STUCK",
        trigger="a key has been down for 3 min",
        remedy="release the key; acknowledge",
        display="Key stuck",
        help="Release the key. If it stays down, the pump needs service.",
        source="3 min: Medtrum manual p. 46 [F, another device]; GIP 2.3.1 says 1 min [F]; stopping [X]",
        certainty="X",
        debounce_s=180.0,
    ),
    _broken(
        code="SYSTEM_FAULT",
        trigger="a fault of processor, memory, watchdog or clock found while running",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="System fault",
        help="Close the clamp. The pump cannot go on: call the nurse for another pump.",
        source="all delivery stops, latched: CADD-Legacy PLUS manual pp. 76-77 [F]",
        certainty="F",
        mdc_code=196660,
        mdc_name="MDC_EVT_INOP",
    ),
    _stopping(
        code="AIR_ACCUMULATED",
        clears=Clears.NOTICE,
        trigger="small bubbles together above 1 mL in 15 min, 1.5 mL in 1 h or 1 mL in 24 h",
        remedy="acknowledge; look for the leak or the unpurged bag",
        display="Accumulated air",
        help="Much air in small bubbles. Close the clamp and call the nurse.",
        source="1 mL in 15 min: Alaris GP p. 35 [F]; 1.5 mL/h: B. Braun [S]; 1 mL in 24 h [X], because the "
        "two others cannot trip at 0.6 mL/h [D]",
        certainty="X",
        mdc_name="MDC_EVT_FLUID_LINE_AIR",
    ),
    _broken(
        code="MOTOR_FAULT",
        trigger="the mechanism does not complete a stroke, or runs when it should not",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Motor fault",
        help="Close the clamp. The pump cannot go on: call the nurse for another pump.",
        source="CADD-Legacy PLUS manual pp. 76-77 [F]",
        certainty="F",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SENSOR_FAULT",
        trigger="the air or pressure sensor gives no plausible reading",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Sensor fault",
        help="Close the clamp. The pump cannot watch the line: call the nurse for another pump.",
        source="sensor failure is an alarm: GIP 2.2 [F]; stopping and latched [X]",
        certainty="X",
        mdc_code=196920,
        mdc_name="MDC_EVT_SENSOR_PROB",
    ),
    _stopping(
        code="OVER_TEMPERATURE",
        trigger="temperature above the profile's limit",
        remedy="let the pump cool; acknowledge",
        display="Pump too hot",
        help="Take the pump away from the heat and let it cool before restarting.",
        source="alarm: GIP 7.1.2, limit open; off: KSU table 4 [F]; high [X], KSU has medium",
        certainty="X",
    ),
    _stopping(
        code="OVER_INFUSION",
        trigger="flow sensor above 110 % of the programme for 15 min; only with a flow sensor",
        remedy="close the clamp; flow back in its limits; acknowledge",
        display="Flow too high",
        help="Close the clamp and call the nurse: more flows than programmed.",
        source="GIP 1.2.2 [F]; it stops [X], KSU table 4 falls back to KVO",
        certainty="X",
        debounce_s=900.0,
    ),
    _broken(
        code="SELFTEST_CPU",
        trigger="the processor fails its self-test",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: processor",
        help="The pump cannot be used. Call for another pump.",
        source="GIP 3.4.4.1, 3.4.5 [F]; high [X], KSU table 4 has low",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_ROM",
        trigger="the checksum of the program memory is wrong",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: ROM",
        help="The pump cannot be used. Call for another pump.",
        source="GIP 3.4.4.2 [F]; high [X], KSU table 4 has low",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_RAM",
        trigger="the working memory fails its test",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: RAM",
        help="The pump cannot be used. Call for another pump.",
        source="GIP 3.4.4.2 [F]; high [X], KSU table 4 has low",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_BATTERY",
        trigger="the battery does not hold its voltage in the self-test",
        remedy="change the battery, then switch off and on",
        display="Self-test: battery",
        help="Put in another battery and switch the pump on again.",
        source="GIP 3.4.4.3 [F]; high [X]",
        certainty="X",
        mdc_code=196800,
        mdc_name="MDC_EVT_BATT_FAIL",
    ),
    _broken(
        code="SELFTEST_KEY",
        trigger="a key is down during the self-test",
        remedy="release the key, then switch off and on",
        display="Self-test: key",
        help="Release all keys and switch the pump on again.",
        source="GIP 3.4.4.4 [F]; high [X]",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_WATCHDOG",
        trigger="the watchdog does not bite in the self-test",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: watchdog",
        help="The pump cannot be used. Call for another pump.",
        source="GIP 3.4.4.5, 3.5.5 [F]; high [X]",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_CLOCK",
        trigger="the clock does not advance as it should in the self-test",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: clock",
        help="The pump cannot be used. Call for another pump.",
        source="GIP 3.4.4.6 [F]; high [X]",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    _broken(
        code="SELFTEST_TONE",
        trigger="the sounder gives no tone in the self-test",
        remedy="switch off and on; if it comes back, the pump needs service",
        display="Self-test: sounder",
        help="The pump could not be heard. Call for another pump.",
        source="GIP 3.4.4.7 [F]; high [X]",
        certainty="X",
        mdc_code=196646,
        mdc_name="MDC_EVT_FAIL",
    ),
    # ------------------------------------------------------------------ medium
    _medium(
        code="INFUSION_COMPLETE",
        trigger="the volume to be infused has been given",
        remedy="new bag, or VTBI restored",
        display="Infusion complete",
        help="Everything programmed has been given. Call for the bag change.",
        source="four beeps, again every 4 min until the bag is changed: BodyGuard 323 [F]; 10 s for the "
        "beeps [X]",
        certainty="X",
        sounds_for_s=10.0,
        repeat_s=240.0,
        mdc_code=197292,
        mdc_name="MDC_EVT_PUMP_DELIV_COMP",
    ),
    _medium(
        code="PUMP_STOPPED",
        trigger="stopped by hand for the profile's time (generic: 2 min), with something left to give",
        remedy="start the pump",
        display="Pump is stopped",
        help="Delivery is interrupted. Press and hold RUN to go on.",
        source="2 min without a key: BodyGuard 323 [F], B. Braun [S]",
        certainty="S",
        debounce_s=120.0,
        mdc_name="MDC_EVT_PUMP_DELIV_STOP",
    ),
    _medium(
        code="TAMPER",
        clears=Clears.NOTICE,
        trigger="wrong codes in a row: the keyboard refuses codes for a while",
        remedy="acknowledge; codes are taken again when the time is over",
        display="Wrong codes entered",
        help="Somebody has tried to unlock the pump. Call the nurse.",
        source="settings tampering is a hazard: GIP HID 2.7; tamper alarm GIP 2.1.5 [F]; how many [X]",
        certainty="X",
    ),
    _medium(
        code="LINK_LOST",
        trigger="the remote controller's protocol timer ran out",
        remedy="link restored",
        display="Remote link lost",
        help="The pump goes on by itself. Nobody far away can see it now.",
        source="stand-alone when the link is lost: KSU R6.7.0(6) [F]; a CADD-Solis stops with a high alarm "
        "[F: recall 77346]; medium and going on [X]",
        certainty="X",
    ),
    _medium(
        code="DELIVERY_NOT_STARTED",
        trigger="programmed and ready, but not started for the profile's time (generic: 15 min)",
        remedy="start the pump",
        display="Not started",
        help="The pump is programmed but does not run. Press and hold RUN.",
        source="GIP HID 1.28; input required, every 15 min: GIP 2.2.1 [F]; medium [X]",
        certainty="X",
        debounce_s=900.0,
    ),
    _medium(
        code="STANDBY_LONG",
        trigger="on and not delivering for 1 h",
        remedy="start the pump, or switch it off",
        display="In standby over 1 h",
        help="The pump has not delivered for an hour. Start it or call the nurse.",
        source="ambulatory pumps, more than 1 h: IEC 60601-2-24 51.108 [F]; medium [X]",
        certainty="X",
        debounce_s=3600.0,
        mdc_code=202774,
        mdc_name="MDC_EVT_STAT_STANDBY_MODE",
    ),
    _medium(
        code="UNDER_INFUSION",
        trigger="flow sensor below 90 % of the programme for 15 min; only with a flow sensor",
        remedy="flow back in its limits",
        display="Flow too low",
        help="Less flows than programmed. Check the line from bag to catheter.",
        source="GIP 1.2.3 [F]; it runs on: KSU table 4 [F]; medium [X], KSU has low",
        certainty="X",
        debounce_s=900.0,
        mdc_name="MDC_EVT_FLOW_LO",
    ),
    # ------------------------------------------------------------------ low
    _low(
        code="RESERVOIR_LOW",
        trigger="min(VTBI left, reservoir) at 5 mL or 8 h, whichever comes first",
        remedy="new bag, or reservoir volume entered again",
        display="Reservoir low",
        help="The bag is nearly used up. Is the bag change arranged?",
        source="an alert that does not stop: GIP 1.5.5 [F]; 5 mL [G: CADD-Legacy]; 8 h [X]",
        certainty="X",
        mdc_code=197334,
        mdc_name="MDC_EVT_VOL_INFUS_NEAR_COMP",
    ),
    _low(
        code="BATTERY_LOW",
        trigger="30 min of battery left, and no external power",
        remedy="external power, or a full battery",
        display="Battery low",
        help="Plug the pump in or change the battery within half an hour.",
        source="30 min before delivery ends, sound repeated: IEC 60601-2-24 49.2; BodyGuard 323 [F]; every "
        "5 min [G: CADD]",
        certainty="G",
        repeat_s=300.0,
        mdc_code=196802,
        mdc_name="MDC_EVT_BATT_LO",
    ),
    _low(
        code="PRIME_TIMEOUT",
        clears=Clears.NOTICE,
        trigger="priming went on for its longest time",
        remedy="acknowledge; prime again if the set is not full",
        display="Prime timed out",
        help="Priming has stopped by itself. Look for air before connecting.",
        source="KSU UC9 / EC6, which leaves the time open [F]; the time [X]",
        certainty="X",
        mdc_code=197192,
        mdc_name="MDC_EVT_TIMEOUT",
    ),
    _low(
        code="MAINTENANCE_DUE",
        trigger="a year of service is over",
        remedy="service resets it",
        display="Maintenance due",
        help="The pump works. Tell the supplier that its yearly service is due.",
        source="yearly: BodyGuard 323 [F]",
        certainty="F",
    ),
    _low(
        code="UPSTREAM_TRANSIENT",
        trigger="the upstream sensor tripped and cleared by itself: what the bedside calls a flow "
        "irregularity (the other thing so called, a partial resistance downstream, raises no alarm)",
        remedy="clears by itself; repeated ones under-deliver by up to 10 %",
        display="Upstream flow checked",
        help="The flow from the bag was short for a moment. Check the supply line for kinks.",
        source="brief message and beep, not latching, logged with its end: CADD-Legacy PLUS manual p. 57 [F]",
        certainty="F",
        mdc_code=196860,
        mdc_name="MDC_EVT_FLUID_LINE_PROB",
    ),
    _low(
        code="PROGRAM_INCOMPLETE",
        trigger="no key for 5 min while programming; after 10 min the keyed values are dropped",
        remedy="confirm or cancel the keyed values",
        display="Program incomplete",
        help="Values were keyed but not confirmed. The old program is in force.",
        source="GIP 2.2.4, 2.2.5 [F]; low [X]",
        certainty="X",
        debounce_s=300.0,
        repeat_s=300.0,
    ),
    _low(
        code="BATTERY_MISSING",
        trigger="no battery in the pump while on external power",
        remedy="put in a battery",
        display="No battery",
        help="Without a battery the pump stops when it is unplugged.",
        source="B. Braun 'no battery' [S]; low [X]. A battery put in the wrong way is not found: "
        "CADD-Solis manual p. 4 [F]",
        certainty="X",
        repeat_s=900.0,
    ),
    _low(
        code="BATTERY_DEFECTIVE",
        trigger="the battery does not take its charge within 30 min of charging",
        remedy="another battery",
        display="Battery defective",
        help="The battery does not charge. Put in another one.",
        source="GIP 5.1.8 [F]; low [X]",
        certainty="X",
        debounce_s=1800.0,
        mdc_code=196804,
        mdc_name="MDC_EVT_BATT_MALF",
    ),
    _low(
        code="MAINS_LOST",
        trigger="external power is gone and the pump runs on its battery",
        remedy="external power back; goes to an icon by itself",
        display="Running on battery",
        help="The pump runs on its battery. Plug it in when you can.",
        source="battery backup warning, unchanged rate: KSU table 4 [F]",
        certainty="F",
    ),
    _low(
        code="KVO_RUNNING",
        trigger="the pump has fallen back to its keep-vein-open rate",
        remedy="new bag, or stop",
        display="KVO running",
        help="The program is finished; the pump gives a trickle to keep the line open.",
        source="pre-alarm 'KVO mode': B. Braun [S]",
        certainty="S",
    ),
    _low(
        code="RATE_LIMIT",
        trigger="the program in force lies beyond a soft limit, by a confirmed override",
        remedy="a program within the soft limits",
        display="Beyond soft limit",
        help="Somebody confirmed a value beyond the usual limits. Is it meant?",
        source="the override stays visible: GIP 6.1.4 [F]; low [X]",
        certainty="X",
    ),
)
"""Every alarm the pump knows. The order breaks ties."""

ALARM_BY_CODE: Final[dict[str, AlarmRow]] = {row.code: row for row in ALARMS}
