"""The numbers of the `ambupump` dialect: types, results, and the number that stands for each name.

Numbers, once given, never change and are never given again. New ones are added at the end; whoever meets one
that it does not know shows it as `#number`. A test holds every table complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from drivers.dialects import Capability
from pump.alarm_table import Priority
from pump.signals import FAULT_LIGHT, LIGHTS, RUNNING_LIGHT, STOPPED_LIGHT, Light

VERSION: Final = 1
"""The version of the protocol that stands here."""

MAGIC: Final = b"AMBU"
"""How a hello begins, in every version."""

UNSAID: Final = 0xFF
"""Instead of the number of a name: the pump does not tell."""

NO_TIME: Final = 2**64 - 1
"""Instead of the pump's time: the pump does not tell."""

NO_VOLUME: Final = -(2**63)
"""Instead of a volume: the pump does not tell."""

NO_FRACTION: Final = 0xFFFFFFFF
"""Instead of a fraction: the pump does not tell, or there is none."""

REPLY: Final = 0x80
"""Added to the type of a request this is the type of its reply."""


class Type(IntEnum):
    """What a frame is about. A reply bears its request's type plus 80; an event is nobody's reply."""

    HELLO = 0x01
    GOODBYE = 0x02
    PING = 0x03
    STATUS = 0x04
    PROGRAM = 0x05
    LOG = 0x06
    PANEL = 0x07
    SUBSCRIBE = 0x08
    WATCHDOG = 0x09
    RESOLVE = 0x0A
    POWER_ON = 0x20
    POWER_OFF = 0x21
    START = 0x22
    STOP = 0x23
    PRIME = 0x24
    PRESS_KEY = 0x25
    SILENCE = 0x26
    ACKNOWLEDGE = 0x27
    UNLOCK = 0x28
    LOCK = 0x29
    PROGRAM_CHANGE = 0x2A
    CONFIRM_PROGRAM = 0x2B
    CANCEL_PROGRAM = 0x2C
    RESET_RESERVOIR = 0x2D
    CLEAR_GIVEN = 0x2E
    NEW_BAG = 0x2F
    EVENT = 0xF0


COMMANDS: Final = frozenset(kind for kind in Type if Type.POWER_ON <= kind <= Type.NEW_BAG)
"""The types that change something: numbered strictly upwards, carried out once, remembered."""


class Result(IntEnum):
    """The first byte of every reply."""

    OK = 0x00
    REFUSED = 0x01
    NO_SESSION = 0x10
    UNKNOWN_TYPE = 0x11
    BAD_PAYLOAD = 0x12
    NUMBER_TOO_OLD = 0x13
    NUMBER_USED = 0x14
    OTHER_VERSION = 0x15


class Found(IntEnum):
    """What the pump says of a command that a host is not sure of."""

    NOT_DONE = 0
    DONE = 1
    FORGOTTEN = 2


CAPABILITY_BITS: Final[Mapping[Capability, int]] = MappingProxyType(
    {
        Capability.STATUS: 0,
        Capability.PROGRAM_READ: 1,
        Capability.LOG: 2,
        Capability.PANEL: 3,
        Capability.EVENTS: 4,
        Capability.WATCHDOG: 5,
        Capability.RESOLVE: 6,
        Capability.POWER: 7,
        Capability.START: 8,
        Capability.STOP: 9,
        Capability.PRIME: 10,
        Capability.KEYS: 11,
        Capability.SILENCE: 12,
        Capability.ACKNOWLEDGE: 13,
        Capability.LOCK: 14,
        Capability.PROGRAM_WRITE: 15,
        Capability.RESERVOIR: 16,
    }
)
"""Which bit of the hello's capabilities says what."""


class Names:
    """A table of names and their numbers, both ways."""

    __slots__ = ("_names", "_numbers")

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = MappingProxyType(dict(numbers))
        self._names = MappingProxyType({number: name for name, number in numbers.items()})

    def items(self) -> tuple[tuple[str, int], ...]:
        """Give every name with its number."""
        return tuple(self._numbers.items())

    def number(self, name: str | None) -> int:
        """Give the number of `name`; `UNSAID` for None and for a name without one."""
        return UNSAID if name is None else self._numbers.get(name, UNSAID)

    def name(self, number: int) -> str:
        """Give the name that `number` stands for, or `#number`."""
        return self._names.get(number, f"#{number}")

    def known(self, number: int) -> str | None:
        """Give the name that `number` stands for; None where there is none."""
        return self._names.get(number)


MODES: Final = Names(
    {
        "off": 0,
        "self_test": 1,
        "stopped": 2,
        "priming": 3,
        "running": 4,
        "kvo": 5,
        "halted": 6,
        "complete": 7,
        "fault": 8,
    }
)

REASONS: Final = Names(
    {
        "": 0,
        "off": 1,
        "already_on": 2,
        "no_power": 3,
        "self_test": 4,
        "fault": 5,
        "locked": 6,
        "needs_supplier": 7,
        "wrong_code": 8,
        "code_backoff": 9,
        "delivering": 10,
        "not_delivering": 11,
        "priming": 12,
        "waiting": 13,
        "alarm": 14,
        "nothing_left": 15,
        "reservoir_empty": 16,
        "cassette_off": 17,
        "door_open": 18,
        "not_confirmed_disconnected": 19,
        "bad_value": 20,
        "hard_limit": 21,
        "soft_limit": 22,
        "nothing_keyed": 23,
        "nothing_to_silence": 24,
        "nothing_to_acknowledge": 25,
    }
)

ALARMS: Final = Names(
    {
        "": 0,
        "AIR_IN_LINE": 1,
        "OCCLUSION_DOWNSTREAM": 2,
        "OCCLUSION_UPSTREAM": 3,
        "RESERVOIR_EMPTY": 4,
        "BATTERY_DEPLETED": 5,
        "CASSETTE_DETACHED": 6,
        "DOOR_OPEN": 7,
        "KEY_STUCK": 8,
        "SYSTEM_FAULT": 9,
        "AIR_ACCUMULATED": 10,
        "MOTOR_FAULT": 11,
        "SENSOR_FAULT": 12,
        "OVER_TEMPERATURE": 13,
        "OVER_INFUSION": 14,
        "SELFTEST_CPU": 15,
        "SELFTEST_ROM": 16,
        "SELFTEST_RAM": 17,
        "SELFTEST_BATTERY": 18,
        "SELFTEST_KEY": 19,
        "SELFTEST_WATCHDOG": 20,
        "SELFTEST_CLOCK": 21,
        "SELFTEST_TONE": 22,
        "INFUSION_COMPLETE": 23,
        "PUMP_STOPPED": 24,
        "TAMPER": 25,
        "LINK_LOST": 26,
        "DELIVERY_NOT_STARTED": 27,
        "STANDBY_LONG": 28,
        "UNDER_INFUSION": 29,
        "RESERVOIR_LOW": 30,
        "BATTERY_LOW": 31,
        "PRIME_TIMEOUT": 32,
        "MAINTENANCE_DUE": 33,
        "UPSTREAM_TRANSIENT": 34,
        "PROGRAM_INCOMPLETE": 35,
        "BATTERY_MISSING": 36,
        "BATTERY_DEFECTIVE": 37,
        "MAINS_LOST": 38,
        "KVO_RUNNING": 39,
        "RATE_LIMIT": 40,
    }
)

PRIORITIES: Final = Names({"high": 1, "medium": 2, "low": 3})
ALARM_STATES: Final = Names({"inactive": 0, "active": 1, "latched": 2})
ACCESSES: Final = Names({"patient": 0, "caregiver": 1, "nurse": 2, "supplier": 3})
LOCK_LEVELS: Final = Names({"LL0": 0, "LL1": 1, "LL2": 2})
KEYS: Final = Names({"power": 0, "run": 1, "stop": 2, "up": 3, "down": 4, "ok": 5, "info": 6, "silence": 7})
KEYBOARDS: Final = Names({"open": 0, "locked": 1, "backing off": 2})
BATTERIES: Final = Names({"charging": 0, "full": 1, "in use": 2, "low": 3, "depleted": 4, "missing": 5})

LAMPS: Final[Mapping[int, Light | None]] = MappingProxyType(
    {
        0: None,
        1: RUNNING_LIGHT,
        2: STOPPED_LIGHT,
        3: FAULT_LIGHT,
        4: LIGHTS[Priority.HIGH],
        5: LIGHTS[Priority.MEDIUM],
        6: LIGHTS[Priority.LOW],
    }
)
"""What a lamp does: colour and flashing stand in the table of signals."""


def lamp_number(light: Light | None) -> int:
    """Give the number of what a lamp does; `UNSAID` for a light that has none."""
    return next((number for number, each in LAMPS.items() if each == light), UNSAID)
