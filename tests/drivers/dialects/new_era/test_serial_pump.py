"""The driver over this dialect: what is lost on the line, and what the pump says by itself."""

from __future__ import annotations

from typing import Any, cast

import pytest

from drivers.dialects import Capability, Verdict
from drivers.dialects.new_era import NEW_ERA
from drivers.dialects.new_era.frames import packet
from drivers.dialects.new_era.pump import NewEraPump
from drivers.errors import LinkTimeout, UncertainDelivery, WrongPeer
from pump.commands import Acknowledge, ConfirmProgram, ProgramChange, Start, Stop
from tests.drivers.dialects.new_era.made import CLOSED, STALL_S, Table
from tests.drivers.line import Line


def line(**options: Any) -> tuple[Line, Table]:
    """A driver that is connected to a pump just switched on, with its alarm taken notice of."""
    table = Table()
    made = Line(NEW_ERA, cast("Any", table.device), **options)
    table.side = cast("NewEraPump", made.side)
    made.pump.connect()
    assert [row.code for row in made.pump.poll()] == ["POWER_LOST"]
    assert made.pump.send(Acknowledge()).accepted
    made.pump.send(ProgramChange(rate_ml_h=100.0, vtbi_ml=20.0))
    assert made.pump.send(ConfirmProgram()).accepted
    return made, table


@pytest.mark.parametrize("watchdog_s", [0.0, 10.0])
def test_it_drives_a_pump(watchdog_s: float) -> None:
    made, table = line(watchdog_s=watchdog_s)
    assert made.pump.send(Start()).accepted
    table.bench.advance_to(36.0)
    assert made.pump.status().given_ml == 1.0
    assert made.pump.send(Stop()).accepted
    assert table.bench.core.mode == "stopped"
    made.pump.close()


@pytest.mark.parametrize("watchdog_s", [0.0, 10.0])
def test_a_start_whose_reply_is_lost_is_uncertain_and_found_out(watchdog_s: float) -> None:
    made, table = line(watchdog_s=watchdog_s)
    made.to_host = lambda _data: b""
    with pytest.raises(UncertainDelivery):
        made.pump.send(Start())
    made.to_host = lambda data: data
    resolved = made.pump.resolve()
    assert (resolved.verdict, resolved.status.mode) == (Verdict.UNKNOWN, "running")
    assert [type(each) for each in table.applied].count(Start) == 1


def test_a_stop_whose_reply_is_lost_is_sent_again_and_keeps_the_position() -> None:
    made, table = line()
    made.pump.send(Start())
    table.bench.advance_to(36.0)
    lost = [2]

    def to_host(data: bytes) -> bytes:
        """Lose the second reply of the talk: the one to `STP`."""
        lost[0] -= 1
        return b"" if lost[0] == 0 else data

    made.to_host = to_host
    assert made.pump.send(Stop()).accepted
    assert table.say("") == "00P"


def test_a_stall_is_news_without_being_asked_for() -> None:
    made, table = line(watchdog_s=60.0)
    made.pump.send(Start())
    table.bench.apply(CLOSED)
    table.bench.advance_to(STALL_S)
    made.stir()
    assert [row.code for row in made.pump.poll()] == ["OCCLUSION_DOWNSTREAM"]
    assert not made.pump.send(Start()).accepted
    assert made.pump.send(Acknowledge()).accepted


def test_polling_keeps_the_watchdog_quiet_and_silence_does_not() -> None:
    made, table = line(watchdog_s=4.0)
    made.pump.send(Start())
    for _ in range(40):
        made.pass_time(0.4)
        made.pump.poll()
    assert table.bench.core.mode == "running"
    made.pass_time(5.0)
    assert table.bench.core.mode == "stopped"
    assert [row.code for row in made.pump.poll()] == ["LINK_LOST"]


def test_after_the_target_the_pump_stops_whatever_its_second_phase_was() -> None:
    made, table = line()
    table.say("PHN2", "FUNRAT", "RAT50MH", "PHN3")
    made.pump.send(ProgramChange(rate_ml_h=100.0, vtbi_ml=2.0))
    assert made.pump.send(ConfirmProgram()).accepted
    assert made.pump.send(Start()).accepted
    table.bench.advance_to(table.bench.t_s + 3600.0)
    status = made.pump.status()
    assert (status.mode, status.given_ml) == ("stopped", 2.0)


def test_a_rate_can_be_changed_while_it_runs_and_the_phases_stay() -> None:
    made, table = line()
    assert made.pump.send(Start()).accepted
    made.pump.send(ProgramChange(rate_ml_h=50.0))
    assert made.pump.send(ConfirmProgram()).accepted
    assert made.pump.status().rate_ml_h == 50.0
    assert table.say("FUN") == "00IRAT"


def basic_only(data: bytes) -> bytes:
    """What a pump that knows neither packets nor `SAF` makes of what comes."""
    return b"" if data.startswith(b"\x02") else data.replace(b"SAF", b"SOF")


def test_a_pump_without_safe_mode_is_driven_in_basic_mode_and_has_no_watchdog() -> None:
    table = Table()
    made = Line(NEW_ERA, cast("Any", table.device), watchdog_s=10.0)
    made.to_pump = basic_only
    assert made.pump.connect().model == "NE-1000"
    assert Capability.WATCHDOG not in made.pump.capabilities
    assert made.pump.status().mode == "halted"
    assert made.pump.send(Acknowledge()).accepted
    made.pump.send(ProgramChange(rate_ml_h=100.0, vtbi_ml=20.0))
    assert made.pump.send(ConfirmProgram()).accepted
    assert made.pump.send(Start()).accepted
    assert made.pump.status().mode == "running"


def test_a_lost_reply_to_the_first_packet_does_not_hide_safe_mode() -> None:
    made = Line(NEW_ERA, cast("Any", Table().device), watchdog_s=10.0)
    lost = [2]

    def to_host(data: bytes) -> bytes:
        """Lose the first two replies: the alarm and that of the packet."""
        lost[0] -= 1
        return b"" if lost[0] >= 0 else data

    made.to_host = to_host
    made.pump.connect()
    assert Capability.WATCHDOG in made.pump.capabilities
    made.pass_time(11.0)
    assert [row.code for row in made.pump.poll()][-1] == "LINK_LOST"


def test_a_line_on_which_nobody_is_and_one_on_which_somebody_else_is() -> None:
    made = Line(NEW_ERA, cast("Any", Table().device))
    made.to_host = lambda _data: b""
    with pytest.raises(LinkTimeout):
        made.pump.connect()
    made.to_host = lambda data: bytes(255 - byte for byte in data)
    with pytest.raises(WrongPeer):
        made.pump.connect()


def test_a_damaged_request_of_safe_mode_is_not_done_and_the_driver_says_so() -> None:
    made, table = line(watchdog_s=60.0)
    run = packet(b"0RUN")
    made.to_pump = lambda data: data[:-2] + b"\x00" + data[-1:] if data == run else data
    with pytest.raises(UncertainDelivery):
        made.pump.send(Start())
    made.to_pump = lambda data: data
    assert made.pump.resolve().status.mode == "stopped"
    assert Start not in map(type, table.applied)
