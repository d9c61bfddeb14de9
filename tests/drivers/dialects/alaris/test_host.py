"""The controller's side of alaris: against our own pump, and against what a real one was heard to say."""

from __future__ import annotations

from typing import Any

import pytest

from drivers.dialects import Capability, PumpIdentity
from drivers.dialects.alaris import ALARIS
from drivers.dialects.alaris.frames import encode
from drivers.dialects.alaris.host import AlarisHost
from drivers.dialects.miva import MIVA
from drivers.errors import LinkTimeout, NotAllowed
from pump.commands import Key, NewBag, PressKey, Start, Stop
from pump.port import AlarmView, PumpStatus
from tests.drivers.dialects.feeding import answer_of
from tests.drivers.line import Line, RigPump
from tests.pump.rig import Rig

H = 3600.0


def line(**more: Any) -> Line:
    """A pump that has run for five hours, and a host that is connected."""
    device = RigPump(Rig())
    device.rig.to(60.0)
    device.rig.do(NewBag(), Start())
    device.rig.to(60.0 + 5 * H)
    made = Line(ALARIS, device, **more)
    made.pump.connect()
    return made


def test_it_finds_out_who_is_there() -> None:
    assert line().pump.identity == PumpIdentity(
        maker="", model="", serial="8000-00001", software="Asena Rev 2.1.5"
    )


def test_it_reads_how_the_pump_is() -> None:
    made = line()
    status = made.pump.status()
    assert (status.mode, status.rate_ml_h, status.given_ml, status.vtbi_left_ml) == (
        "running",
        0.6,
        3.0,
        97.8,
    )
    assert status.alarms == ()
    made.device.rig.read(p_down_mmhg=1500.0)
    made.device.rig.to(made.device.t_s + 60.0)
    status = made.pump.status()
    assert (status.mode, status.rate_ml_h) == ("halted", 0.0)
    assert status.alarms == (AlarmView(code="OCCLUSION_DOWNSTREAM", priority="high", state="active"),)


@pytest.mark.parametrize("allow_control", [False, True])
def test_it_never_acts_whatever_is_allowed(allow_control: bool) -> None:
    made = line(allow_control=allow_control)
    made.sent.clear()
    for command in (Start(), Stop(), PressKey(key=Key.OK, down=True)):
        with pytest.raises(NotAllowed):
            made.pump.send(command)
    assert made.sent == []
    assert made.pump.capabilities == {Capability.STATUS}


@pytest.mark.parametrize("question", ["program", "log", "panel"])
def test_what_the_dialect_does_not_carry_is_not_made_up(question: str) -> None:
    with pytest.raises(NotAllowed):
        getattr(line().pump, question)()


RECORDED = "INF^8002-51740^-^SET^0.10^ml/h^^12.345^ml^17.91^mmHg^24+^EVENT^127904"


def reply_of(status: str, vtbi: str, before: bytes = b"") -> PumpStatus:
    host = AlarisHost()

    def reply_to(request: bytes) -> bytes | None:
        data = before + encode(status if request == encode("INF") else vtbi)
        found = [host.receive(data[place : place + 1]) for place in range(len(data))]
        assert found[:-1] == [None] * (len(found) - 1)
        return found[-1]

    return answer_of(host.status(), reply_to)


@pytest.mark.parametrize("before", [b"", b"\xff!INF^8002\x1b", encode("INF"), encode("INF_RATE^0.10^ml/h")])
def test_what_a_real_pump_says_is_read(before: bytes) -> None:
    status = reply_of(RECORDED, "INF_VTBI^DEACT^^ml^", before)
    assert (status.mode, status.rate_ml_h, status.given_ml, status.vtbi_left_ml) == (
        "stopped",
        0.0,
        12.345,
        None,
    )
    assert status.alarms == ()


def test_words_that_are_not_ours_are_passed_on() -> None:
    told = RECORDED.replace("^-^SET", "^AL_DRIVE^HOLD")
    status = reply_of(told, "INF_VTBI^ACTIV^11.000^ml^STOP")
    assert (status.mode, status.rate_ml_h, status.vtbi_left_ml) == ("hold", 0.0, 11.0)
    assert status.alarms == (AlarmView(code="AL_DRIVE", priority="unknown", state="active"),)


@pytest.mark.parametrize(
    "other",
    [
        RECORDED.replace("0.10", "0,10"),
        RECORDED.replace("ml/h", "ml/min"),
        RECORDED.rsplit("^", maxsplit=1)[0],
        RECORDED + "^more",
        "INF",
    ],
)
def test_what_does_not_look_like_the_reply_is_not_taken_for_it(other: str) -> None:
    host = AlarisHost()
    next(host.status())
    assert host.receive(encode(other)) is None
    assert host.receive(encode(RECORDED)) == RECORDED.encode()


def test_another_dialect_is_not_understood() -> None:
    made = Line(ALARIS)
    made.side = MIVA.pump(made.device)
    with pytest.raises(LinkTimeout):
        made.pump.connect()
