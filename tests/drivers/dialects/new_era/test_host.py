"""The host's side against the pump's, over nothing but bytes."""

from __future__ import annotations

from math import inf

import pytest

from drivers.dialects import PumpIdentity, Verdict
from drivers.dialects.catalogue import dialect_named
from drivers.dialects.new_era import NEW_ERA
from drivers.dialects.new_era.frames import packet
from drivers.errors import LinkGarbled, NotAllowed, WrongPeer
from pump.commands import (
    Acknowledge,
    CancelProgram,
    ClearGiven,
    ConfirmProgram,
    NewBag,
    Prime,
    ProgramChange,
    Start,
    Stop,
)
from pump.port import Outcome
from pump.program import Program
from tests.drivers.dialects.new_era.made import CLOSED, OPEN, STALL_S, Spoken, Table

DONE = Outcome(accepted=True)


def spoken(*, powered_up: bool = False, watchdog_s: float = 0.0, address_no: int = 0) -> Spoken:
    """A host that has said hello."""
    line = Spoken(Table(powered_up=powered_up, address_no=address_no), address_no)
    line.ask(line.host.hello())
    if watchdog_s:
        line.ask(line.host.watch(watchdog_s))
    return line


def keyed(line: Spoken, **values: float | bool) -> Outcome:
    assert line.send(ProgramChange(**values)) == DONE  # type: ignore[arg-type]
    return line.send(ConfirmProgram())


def refused(reason: str) -> Outcome:
    return Outcome(accepted=False, reason=reason)


def test_the_dialect_is_in_the_catalogue() -> None:
    assert dialect_named("new-era") is NEW_ERA


@pytest.mark.parametrize("powered_up", [False, True])
@pytest.mark.parametrize("before", [b"", b"SAF99\r"])
def test_hello_finds_out_who_is_there_in_whatever_mode(powered_up: bool, before: bytes) -> None:
    line = Spoken(Table(powered_up=powered_up))
    line.table.hear(before)
    found = line.ask(line.host.hello())
    assert found == PumpIdentity(maker="New Era", model="NE-1000", serial="00", software="3.923")
    assert line.host.identity == found
    assert not line.table.side.is_safe


def test_hello_is_for_pumps_of_the_family() -> None:
    line = Spoken(Table())
    talk = line.host.hello()
    next(talk)
    for text in (b"00S", b"00SFOO"):
        reply = line.host.receive(b"\x02" + text + b"\x03")
        assert reply is not None
        if text == b"00S":
            talk.send(reply)
        else:
            with pytest.raises(WrongPeer, match="'FOO'"):
                talk.send(reply)


@pytest.mark.parametrize("watchdog_s", [0.0, 30.0])
def test_a_programme_is_written_read_and_run(watchdog_s: float) -> None:
    line = spoken(watchdog_s=watchdog_s)
    assert keyed(line, rate_ml_h=100.0, vtbi_ml=2.5) == DONE
    assert line.ask(line.host.program()) == Program(rate_ml_h=100.0, vtbi_ml=2.5, reservoir_ml=0.0)
    assert line.send(Start()) == DONE
    line.table.to(36.0)
    status = line.ask(line.host.status())
    assert (status.mode, status.rate_ml_h, status.given_ml) == ("running", 100.0, 1.0)
    line.table.to(54.0)
    status = line.ask(line.host.status())
    assert (status.mode, status.rate_ml_h, status.given_ml) == ("stopped", 0.0, 2.5)


def test_withdrawing_is_a_part_of_the_programme() -> None:
    line = spoken()
    assert keyed(line, rate_ml_h=100.0, vtbi_ml=1.0, withdraws=True) == DONE
    assert line.ask(line.host.program()).withdraws
    line.send(Start())
    line.table.to(18.0)
    status = line.ask(line.host.status())
    assert (status.mode, status.given_ml) == ("running", 0.5)


@pytest.mark.parametrize(
    ("rate_ml_h", "said"),
    [(0.05, "0.050MH"), (1234.0, "1234.MH"), (0.02335, "23.35UH"), (1699.0, "1699.MH"), (600.06, "10.001MM")],
)
def test_a_rate_is_said_exactly_or_not_at_all(rate_ml_h: float, said: str) -> None:
    line = spoken()
    outcome = keyed(line, rate_ml_h=rate_ml_h)
    if said == "10.001MM":
        assert outcome == refused("bad_value"), "five digits in every unit"
    else:
        assert outcome == DONE
        assert line.table.say("RAT") == f"00S{said}"


def test_no_target_is_the_vtbi_that_no_syringe_holds() -> None:
    line = spoken()
    assert keyed(line, rate_ml_h=10.0, vtbi_ml=3.0) == DONE
    assert keyed(line, vtbi_ml=9999.0) == DONE
    assert line.table.say("VOL") == "00S0.000ML"
    assert line.ask(line.host.program()).vtbi_ml == 9999.0


def test_what_the_pump_has_no_word_for_is_refused_before_it_is_sent() -> None:
    line = spoken()
    line.said.clear()
    assert line.send(ProgramChange(reservoir_ml=50.0)) == refused("bad_value")
    assert line.send(ProgramChange(rate_ml_h=1.0, vtbi_ml=1.0, duration_s=1.0)) == refused("bad_value")
    assert line.send(ProgramChange()) == refused("nothing_keyed")
    assert line.send(ConfirmProgram()) == refused("nothing_keyed")
    assert line.send(CancelProgram()) == refused("nothing_keyed")
    assert line.send(ProgramChange(rate_ml_h=1.0)) == DONE
    assert line.send(CancelProgram()) == DONE
    for command in (NewBag(), Prime(volume_ml=1.0, disconnected_confirmed=True)):
        with pytest.raises(NotAllowed):
            line.send(command)
    for talk in (line.host.log, line.host.panel):
        with pytest.raises(NotAllowed):
            talk(*([0] if talk == line.host.log else []))
    assert line.said == []


def test_a_programme_that_is_refused_in_part_is_put_back() -> None:
    line = spoken()
    assert keyed(line, rate_ml_h=100.0, vtbi_ml=2.0) == DONE
    assert keyed(line, rate_ml_h=5000.0, vtbi_ml=7.0, withdraws=True) == refused("hard_limit")
    assert line.ask(line.host.program()) == Program(rate_ml_h=100.0, vtbi_ml=2.0, reservoir_ml=0.0)


def test_while_it_runs_only_the_rate_changes() -> None:
    line = spoken()
    keyed(line, rate_ml_h=100.0, vtbi_ml=20.0)
    line.send(Start())
    assert keyed(line, rate_ml_h=50.0) == DONE
    assert line.table.bench.core.drive.rate_ml_h == 50.0
    assert keyed(line, vtbi_ml=10.0) == refused("delivering")
    assert line.send(CancelProgram()) == DONE
    assert line.send(Start()) == refused("delivering")


def test_stop_again_never_gives_up_the_position() -> None:
    line = spoken()
    keyed(line, rate_ml_h=100.0, vtbi_ml=2.0)
    line.send(Start())
    line.table.to(36.0)
    for _ in range(3):
        assert line.send(Stop()) == DONE
    assert line.table.say("") == "00P"
    assert line.send(Start()) == DONE
    line.table.to(36.0)
    assert line.ask(line.host.status()).mode == "stopped", "the second half of the target, no more"


def test_a_pump_that_runs_on_has_not_been_stopped() -> None:
    line = spoken()
    talk = line.host.send(Stop())
    next(talk)
    assert talk.send(b"00I").acts
    with pytest.raises(StopIteration) as done:
        talk.send(b"00I")
    assert done.value.value.accepted is False


def test_clearing_what_was_given_lets_the_target_begin_anew() -> None:
    line = spoken()
    keyed(line, rate_ml_h=100.0, vtbi_ml=2.0)
    line.send(Start())
    assert line.send(ClearGiven()) == refused("delivering")
    line.table.to(36.0)
    line.send(Stop())
    assert line.send(ClearGiven()) == DONE
    assert line.ask(line.host.status()).given_ml == 0.0
    line.send(Start())
    line.table.to(71.0)
    assert line.ask(line.host.status()).mode == "running"


# ---------------------------------------------------------------- alarms


def test_an_alarm_that_any_question_took_notice_of_still_stands_here() -> None:
    line = spoken()
    keyed(line, rate_ml_h=100.0)
    line.send(Start())
    line.table.bench.apply(CLOSED)
    line.table.to(STALL_S)
    for _ in range(2):
        status = line.ask(line.host.status())
        assert (status.mode, [each.code for each in status.alarms]) == ("halted", ["OCCLUSION_DOWNSTREAM"])
    assert line.table.bench.core.mode == "stopped", "the pump itself has been taken notice of"
    assert line.send(Start()) == refused("alarm")
    assert [row.code for row in line.host.take_events()] == ["OCCLUSION_DOWNSTREAM"]
    assert line.send(Acknowledge()) == DONE
    assert line.send(Acknowledge()) == refused("nothing_to_acknowledge")
    line.table.bench.apply(OPEN)
    line.table.to(10.0)
    assert line.send(Start()) == DONE


def test_a_command_that_met_an_alarm_was_not_carried_out() -> None:
    line = spoken()
    keyed(line, rate_ml_h=100.0)
    line.send(Start())
    line.table.bench.apply(CLOSED)
    line.table.to(STALL_S)
    assert line.send(ClearGiven()) == refused("alarm")
    assert line.ask(line.host.status()).given_ml > 1.0  # type: ignore[operator]


def test_the_power_up_alarm_is_shown() -> None:
    line = spoken(powered_up=True)
    assert [each.code for each in line.ask(line.host.status()).alarms] == ["POWER_LOST"]
    assert line.send(Start()) == refused("alarm")


def test_in_safe_mode_the_alarm_that_is_said_unasked_is_news_and_no_reply() -> None:
    line = spoken(watchdog_s=30.0)
    keyed(line, rate_ml_h=100.0)
    line.send(Start())
    line.table.bench.apply(CLOSED)
    talk = line.host.send(Stop())
    request = next(talk)
    unasked = line.table.to(STALL_S)
    assert line.host.receive(unasked) is None
    reply = line.host.receive(line.table.hear(request.data))
    assert reply == b"00A?S"
    with pytest.raises(StopIteration) as done:
        talk.send(reply)
    assert done.value.value == DONE
    assert [row.code for row in line.host.take_events()] == ["OCCLUSION_DOWNSTREAM"]


def test_an_alarm_said_unasked_between_two_questions_is_kept() -> None:
    line = spoken(watchdog_s=30.0)
    keyed(line, rate_ml_h=100.0)
    line.send(Start())
    line.table.bench.apply(CLOSED)
    assert line.host.settle(line.table.to(STALL_S)) == 0
    assert line.send(Acknowledge()) == DONE
    assert line.table.bench.core.mode == "stopped"
    assert line.ask(line.host.status()).alarms == ()


def test_an_alarm_that_was_over_is_news_when_it_comes_again() -> None:
    line = spoken(watchdog_s=30.0)
    stalled = packet(b"00A?S")
    assert line.host.settle(stalled) == 0
    for reply in (packet(b"00I"), packet(b"00I")):
        next(line.host.heartbeat())
        assert line.host.receive(reply) == b"00I"
    next(line.host.heartbeat())
    assert line.host.receive(stalled) is None, "said unasked, like the first one: no reply"
    assert line.host.receive(packet(b"00I")) == b"00I"


def test_the_pumps_watchdog_is_heard_and_survived() -> None:
    line = spoken(watchdog_s=4.0)
    keyed(line, rate_ml_h=100.0)
    line.send(Start())
    line.host.settle(line.table.wait(5.0))
    status = line.ask(line.host.status())
    assert (status.mode, [each.code for each in status.alarms]) == ("halted", ["LINK_LOST"])
    assert line.send(Acknowledge()) == DONE
    assert line.send(Start()) == DONE


# ---------------------------------------------------------------- the link


def test_the_watchdog_goes_by_whole_seconds() -> None:
    line = spoken()
    assert line.host.heartbeat_s == inf
    assert line.ask(line.host.watch(0.2)) == 1.0
    assert line.ask(line.host.watch(1000.0)) == 255.0
    assert line.host.heartbeat_s == 255.0
    line.ask(line.host.heartbeat())
    line.ask(line.host.goodbye())
    assert not line.table.side.is_safe
    assert line.host.heartbeat_s == inf


def test_replies_of_others_and_noise_are_counted_and_are_no_replies() -> None:
    line = spoken(address_no=7)
    talk = line.host.heartbeat()
    next(talk)
    before_count = line.host.garbled_count
    assert line.host.receive(b"\x0200S\x03noise") is None
    assert line.host.garbled_count == before_count + 3 + 5
    assert line.host.receive(b"\x0207S\x03") == b"07S"


def test_a_late_reply_is_of_no_use() -> None:
    line = spoken()
    next(line.host.heartbeat())
    assert line.host.settle(b"\x0200S\x03") == 5


def test_a_reply_behind_a_false_beginning_is_found_when_the_wait_is_over() -> None:
    line = spoken(watchdog_s=30.0)
    next(line.host.heartbeat())
    assert line.host.receive(b"\x02\xf0" + packet(b"00S")) is None
    assert line.host.drop() == b"00S"


def test_a_damaged_request_is_a_damaged_link() -> None:
    line = spoken()
    talk = line.host.send(Start())
    next(talk)
    with pytest.raises(LinkGarbled):
        talk.send(b"00S?COM")


def test_nobody_can_resolve_but_the_state() -> None:
    line = spoken()
    assert line.ask(line.host.resolve(1)).verdict is Verdict.UNKNOWN
    assert line.ask(line.host.subscribe(wanted=True, after_number=3)) == 3
    assert not line.host.resumed
