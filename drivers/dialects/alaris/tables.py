"""The words of the `alaris` dialect.

Marks: S read in open drivers and in traffic that they recorded, ? inferred or unverified, X a choice of this
project. The specification with the mark of each statement is `docs/protocols/alaris.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from drivers.dialects import Capability
from pump.alarm_table import ALARM_BY_CODE

NAME: Final = "alaris"

CAPABILITIES: Final = frozenset({Capability.STATUS})
"""The host reads. Control over this protocol was taken out of later pumps by their maker [S]."""

LEASE_S: Final = 4.0
"""So long lasts a leave to control that is not renewed [?]: the greatest time between messages that a pump
tells is 4000 ms [S]; open hosts renew every second [S]."""

CONTROL: Final = "REMOTE_CTRL"
CONFIGURATION: Final = "REMOTE_CFG"
LEAVES: Final = (CONTROL, CONFIGURATION)
"""The leaves that a host can have [S]: to start and stop, and to change settings [?]."""

GRANTED: Final = "ENABLED^****^PERMIT^0^ms"
ENDED: Final = "DISABLED^****^PERMIT^0^ms"
"""What follows the word of a leave in the reply [S]."""

DENIED: Final = "DENIED"
"""What follows the word of a command that is not carried out (X)."""

PROTOCOL: Final = "Asena Rev 2.1.5"
"""The version that a recorded pump told [S]."""

RATES_ML_H: Final = (Decimal("0.1"), Decimal(1200))
"""The rates that can be set [S]."""

NO_ALARM: Final = "-"
"""In the status, where no alarm stands [S]."""

NO_ALARM_NAME: Final = "AL_NOALM"
"""In the reply to the question for the alarm, likewise [S]."""

_NAMED: Final[Mapping[str, str]] = MappingProxyType({"OCCLUSION_DOWNSTREAM": "AL_OCCLU"})
"""The only name that is known to mean one of our alarms [S]."""

_CODES: Final[Mapping[str, str]] = MappingProxyType({name: code for code, name in _NAMED.items()})


def alarm_name(code: str) -> str:
    """Give the name of one of our alarms; all but one are made after the same pattern (X)."""
    return _NAMED.get(code, f"AL_{code}")


def alarm_code(name: str) -> str | None:
    """Give the code of our alarm with this name; None: it is another pump's."""
    code = _CODES.get(name, name.removeprefix("AL_"))
    return code if code in ALARM_BY_CODE else None


INFUSING: Final = "INF"
REST: Final = "SET"
MODES: Final[Mapping[str, str]] = MappingProxyType(
    {"running": INFUSING, "kvo": "KVO", "priming": "PURGE", "off": "OFF"}
)
"""The word for each mode of ours; all others are `REST`. Only `SET` was seen [S]; all else (X)."""

FLOWING: Final[Mapping[str, str]] = MappingProxyType(
    {MODES[mode]: mode for mode in ("running", "kvo", "priming")}
)
"""The words of modes in which the rate that the status tells flows, and what we call these modes."""

LONGEST_TOLD_S: Final = 24 * 3600
"""Times left from here on are told as `24+` [S]."""
