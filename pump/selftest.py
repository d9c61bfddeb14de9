"""Self-test and supervision: what faults there are, and which of the two finds them when.

The self-test runs its steps in order at power-on; the first failure ends it and raises the step's alarm
[F: GIP 3.4.4, 3.4.5]. No bolus and no delivery meanwhile. The supervisor watches the running pump. Some
faults only one of the two can find: a dead sounder is found by no running pump.

`Readings.faults` carries the names of `FAULTS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pump.alarm_table import Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the self-test: how long it takes, and the alarm that its failure raises."""

    name: str
    display: str
    duration_s: float
    alarm: str


STEPS: Final[tuple[Step, ...]] = (
    Step(name="cpu", display="Processor", duration_s=1.0, alarm="SELFTEST_CPU"),
    Step(name="rom", display="Program memory", duration_s=2.0, alarm="SELFTEST_ROM"),
    Step(name="ram", display="Working memory", duration_s=2.0, alarm="SELFTEST_RAM"),
    Step(name="battery", display="Battery", duration_s=1.0, alarm="SELFTEST_BATTERY"),
    Step(name="key", display="Keys", duration_s=0.5, alarm="SELFTEST_KEY"),
    Step(name="watchdog", display="Watchdog", duration_s=1.5, alarm="SELFTEST_WATCHDOG"),
    Step(name="clock", display="Clock", duration_s=1.0, alarm="SELFTEST_CLOCK"),
    Step(name="tone", display="Sounder", duration_s=1.0, alarm="SELFTEST_TONE"),
)
"""The order is that of GIP 3.4.4.1-.7 [F]; the durations are (X), 10 s of the 70 s that GIP 3.4.3 allows."""

DURATION_S: Final = sum(step.duration_s for step in STEPS)
"""How long a self-test lasts that finds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareFault:
    """Something that breaks in a pump, and who finds it.

    Attributes:
        name: As in `Readings.faults`.
        step: The self-test step that fails; empty: no step looks.
        alarm: The alarm of the running pump; empty: the supervisor cannot know.
        found_after_s: How long the supervisor takes at most, and here always.
        only_while_moving: Whether it shows only while the mechanism is asked to move.
        text: What it is.
        source: Where it comes from.
        certainty: The weakest mark of the row.
    """

    name: str
    step: str
    alarm: str
    text: str
    source: str
    certainty: Certainty
    found_after_s: float = 0.0
    only_while_moving: bool = False


FAULTS: Final[tuple[HardwareFault, ...]] = (
    HardwareFault(
        name="cpu",
        step="cpu",
        alarm="SYSTEM_FAULT",
        found_after_s=3600.0,
        text="the processor computes wrongly",
        source="CPU test every 60 min: GIP 3.3.3 [F]",
        certainty="F",
    ),
    HardwareFault(
        name="rom_crc",
        step="rom",
        alarm="SYSTEM_FAULT",
        found_after_s=60.0,
        text="the checksum of the program memory is wrong",
        source="periodic test: GIP 3.3.2, CADD-Legacy PLUS manual p. 76 [F]; every 60 s [X]",
        certainty="X",
    ),
    HardwareFault(
        name="ram",
        step="ram",
        alarm="SYSTEM_FAULT",
        found_after_s=60.0,
        text="the working memory loses bits",
        source="periodic test: GIP 3.3.1, CADD-Legacy PLUS manual p. 76 [F]; every 60 s [X]",
        certainty="X",
    ),
    HardwareFault(
        name="battery",
        step="battery",
        alarm="",
        text="the battery does not hold its voltage under load",
        source="GIP 3.4.4.3 [F]",
        certainty="F",
    ),
    HardwareFault(
        name="key",
        step="key",
        alarm="KEY_STUCK",
        text="a key's contact stays closed",
        source="GIP 3.4.4.4, 2.3.1 [F]; how long a key may be down stands in the alarm table",
        certainty="F",
    ),
    HardwareFault(
        name="watchdog",
        step="watchdog",
        alarm="",
        text="the watchdog does not bite",
        source="GIP 3.5.5 [F]",
        certainty="F",
    ),
    HardwareFault(
        name="task_hung",
        step="",
        alarm="SYSTEM_FAULT",
        found_after_s=180.0,
        text="the delivery task has stopped answering the watchdog",
        source="no response for more than 3 min: GIP 3.5.4 [F]",
        certainty="F",
    ),
    HardwareFault(
        name="clock",
        step="clock",
        alarm="SYSTEM_FAULT",
        text="the clock goes unreasonably",
        source="CADD-Legacy PLUS manual p. 77 [F]; at once [X]",
        certainty="X",
    ),
    HardwareFault(
        name="tone",
        step="tone",
        alarm="",
        text="the sounder is silent",
        source="GIP 3.4.4.7 [F]",
        certainty="F",
    ),
    HardwareFault(
        name="motor_stall",
        step="",
        alarm="MOTOR_FAULT",
        only_while_moving=True,
        text="the motor does not complete a stroke",
        source="CADD-Legacy PLUS manual p. 77 [F]; at once [X]",
        certainty="X",
    ),
    HardwareFault(
        name="motor_runaway",
        step="",
        alarm="MOTOR_FAULT",
        text="the motor is powered when it should be off",
        source="CADD-Legacy PLUS manual p. 77 [F]; at once [X]",
        certainty="X",
    ),
    HardwareFault(
        name="sensor_air_dead",
        step="",
        alarm="SENSOR_FAULT",
        text="the air detector gives no plausible reading",
        source="sensor failure: GIP 2.2 [F]; at once [X]",
        certainty="X",
    ),
    HardwareFault(
        name="sensor_pressure_dead",
        step="",
        alarm="SENSOR_FAULT",
        text="a pressure sensor gives no plausible reading",
        source="sensor failure: GIP 2.2 [F]; at once [X]",
        certainty="X",
    ),
)
"""Every hardware fault that a pump can find, in the order in which two at one instant are reported."""

FAULT_BY_NAME: Final[dict[str, HardwareFault]] = {fault.name: fault for fault in FAULTS}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTestResult:
    """How a self-test will end: after `duration_s`, with the step that failed, or None."""

    duration_s: float
    failed: Step | None
    fault: HardwareFault | None


def first_failure(faults: frozenset[str]) -> SelfTestResult:
    """Run the self-test on a pump with `faults`: it ends with the first step that fails.

    Raises:
        KeyError: a name stands in no row of `FAULTS`.
    """
    known = tuple(FAULT_BY_NAME[name] for name in sorted(faults))
    elapsed_s = 0.0
    for step in STEPS:
        elapsed_s += step.duration_s
        found = next((fault for fault in known if fault.step == step.name), None)
        if found is not None:
            return SelfTestResult(duration_s=elapsed_s, failed=step, fault=found)
    return SelfTestResult(duration_s=DURATION_S, failed=None, fault=None)


def supervised(faults: frozenset[str], *, moving: bool) -> Iterator[HardwareFault]:
    """Give those of `faults` that the supervisor of a pump that is on will find, in table order.

    `moving`: whether the mechanism is asked to move. Each is found `found_after_s` after it came.
    """
    for fault in FAULTS:
        if fault.name in faults and fault.alarm and (moving or not fault.only_while_moving):
            yield fault
