"""The controller's side of the `alaris` dialect. It reads, and asks for no leave to do more."""

from __future__ import annotations

import re
from typing import Final

from drivers.dialects import PumpIdentity, Talk
from drivers.dialects.alaris import tables
from drivers.dialects.alaris.frames import encode, framer
from drivers.dialects.asking import AskingHost
from pump.alarm_table import ALARM_BY_CODE
from pump.port import AlarmView, PumpStatus

UNRANKED: Final = "unknown"
"""The priority of an alarm that is none of ours."""

_FIELD: Final = r"\^([^^]*)"
_ML: Final = r"\^(\d+(?:\.\d+)?)\^ml"
_SERIAL: Final = re.compile(rf"INST_SERIALNO{_FIELD}")
_PROTOCOL: Final = re.compile(rf"COMMS_PROTOCOL{_FIELD}")
_STATUS: Final = re.compile(
    rf"INF{_FIELD}{_FIELD}{_FIELD}{_ML}/h{_FIELD}{_ML}\^(-?\d+(?:\.\d+)?)\^mmHg{_FIELD}{_FIELD}{_FIELD}"
)
_VTBI: Final = re.compile(rf"INF_VTBI\^(?:ACTIV{_ML}\^\w+|DEACT(?:\^.*)?)")


class AlarisHost(AskingHost):
    """A controller that speaks `alaris`, as far as reading goes."""

    def __init__(self) -> None:
        super().__init__(tables.NAME, tables.CAPABILITIES, framer(), encode)

    def hello(self) -> Talk[PumpIdentity]:
        """Find out who is there."""
        serial = (yield from self._ask("INST_SERIALNO", _SERIAL))[1]
        protocol = (yield from self._ask("COMMS_PROTOCOL", _PROTOCOL))[1]
        self._identity = PumpIdentity(maker="", model="", serial=serial, software=protocol)
        return self._identity

    def status(self) -> Talk[PumpStatus]:
        """Ask how the pump is. At most one alarm is told; reservoir, lock, battery and time are not."""
        _, alarm, word, rate, _, given, *_ = (yield from self._ask("INF", _STATUS)).groups()
        left = (yield from self._ask("INF_VTBI", _VTBI))[1]
        alarms = () if alarm in {tables.NO_ALARM, "", tables.NO_ALARM_NAME} else (_alarm_view(alarm),)
        mode = tables.FLOWING.get(word) or ("stopped" if word == tables.REST else word.lower())
        if mode == "stopped" and any(_stops(each) for each in alarms):
            mode = "halted"
        return PumpStatus(
            t_s=None,
            mode=mode,
            rate_ml_h=float(rate) if word in tables.FLOWING else 0.0,
            given_ml=float(given),
            vtbi_left_ml=None if left is None else float(left),
            alarms=alarms,
        )


def _alarm_view(name: str) -> AlarmView:
    """Give the alarm of that name; one that is none of ours keeps its name and has no priority."""
    code = tables.alarm_code(name)
    if code is None:
        return AlarmView(code=name, priority=UNRANKED, state="active")
    return AlarmView(code=code, priority=ALARM_BY_CODE[code].priority.value, state="active")


def _stops(alarm: AlarmView) -> bool:
    row = ALARM_BY_CODE.get(alarm.code)
    return row is not None and row.stops_delivery
