"""The pump's side: what a real one would answer, with a syringe's physics behind it."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects import AddressedDialect
from drivers.dialects.new_era import NewEraDialect
from drivers.dialects.new_era.frames import packet, reply_bytes, reply_of, request_bytes
from drivers.dialects.new_era.pump import NewEraPump
from drivers.dialects.new_era.runner import Habits
from drivers.dialects.new_era.tables import Model
from pump.commands import Acknowledge, LinkLost, LinkRestored, PowerOff, Start, Stop
from sim.plant.actions import PlugMains
from sim.plant.syringe import SyringeConfig
from tests.drivers.dialects.new_era.made import CLOSED, OPEN, STALL_S, Table

RESET = packet(b"00A?R")
STALLED = packet(b"00A?S")
TIMED_OUT = packet(b"00A?T")
STOPPED = packet(b"00S")


def running(*more: str, **options: object) -> Table:
    """A pump that infuses 100 mL/h."""
    table = Table(**options)  # type: ignore[arg-type]
    assert table.say(*more, "RAT100MH", "RUN") == "00I"
    return table


def safe(table: Table, timeout_s: int = 10) -> Table:
    table.hear(request_bytes(0, f"SAF{timeout_s}", safe=True))
    return table


def test_the_dialect_at_another_address_is_the_same_otherwise() -> None:
    dialect = NewEraDialect(model=Model(version="NE500V1.000"), habits=Habits(stall_keeps_position=False))
    assert isinstance(dialect, AddressedDialect)
    assert dialect.addresses == range(100)
    side = dialect.at(7).pump(Table().device)
    assert side.receive(b"VER\r", 0.0) == b""
    assert side.receive(b"7VER\r", 0.0) == b"\x0207A?R\x03"
    assert side.receive(b"7VER\r", 0.0) == b"\x0207SNE500V1.000\x03"


# ---------------------------------------------------------------- numbers, units, limits


def test_the_diameter_decides_the_unit_of_volume() -> None:
    table = Table()
    assert table.say("DIA14.00", "VOL") == "00S0.000UL"
    assert table.say("DIA14.01", "VOL") == "00S0.000ML"
    assert table.say("VOLUL", "VOL5", "VOL") == "00S5.000UL"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("DIA0.09", "?OOR"),
        ("DIA50.01", "?OOR"),
        ("DIA12345", "?"),
        ("RAT1700MH", "?OOR"),
        ("RAT1699MH", ""),
        ("RAT23.34UH", "?OOR"),
        ("RAT23.35UH", ""),
        ("RAT0MH", "?OOR"),
        ("RAT5XX", "?"),
        ("VOL1.2345", "?"),
        ("PHN0", "?OOR"),
        ("PHN42", "?OOR"),
        ("PHNX", "?"),
        ("RUN42", "?OOR"),
        ("FUNLOP", "?NA"),
        ("DIRSTK", "?NA"),
        ("DIRUP", "?"),
        ("CLD", "?"),
        ("SAF256", "?OOR"),
        ("SAFX", "?"),
        ("*ADR100", "?OOR"),
        ("*ADR1B1234", "?OOR"),
        ("AL2", "?"),
        ("TRGABC", "?"),
        ("VERX", "?"),
        ("STPX", "?"),
        ("DISX", "?"),
        ("PURX", "?"),
        ("FOO", "?"),
        ("123VER", "?"),
        ("V", "?"),
    ],
)
def test_what_is_wrong_is_named(command: str, answer: str) -> None:
    assert Table().say(command) == f"00S{answer}"


def test_rate_limits_go_with_the_syringe() -> None:
    table = Table()
    assert table.say("DIA4.61", "RAT100MH") == "00S?OOR"
    assert table.say("RAT50MH") == "00S", "16.69 mm² and 5.1005 cm/min are 51.1 mL/h"
    assert table.say("DIA2", "RUN") == "00S?OOR", "a rate of before that this syringe cannot have"


def test_settings_are_answered() -> None:
    table = Table()
    assert table.say("AL1", "AL") == "00S1"
    assert table.say("TRGLE", "TRG") == "00SLE"
    assert table.say("PHN3", "PHN") == "00S3"
    assert table.say("FUN") == "00SSTP"
    assert table.say("RAT5MH") == "00S?NA", "this phase has no rate"
    assert table.say("PHN1", "FUN") == "00SRAT"
    assert table.say("DIRREV", "DIR") == "00SWDR"
    assert table.say("SAF") == "00S0"


# ---------------------------------------------------------------- running


def test_a_target_is_given_exactly_and_counted() -> None:
    table = running("VOL2.5")
    table.to(89.0)
    assert table.say("") == "00I"
    table.to(1.0)
    assert table.say("") == "00S"
    assert table.say("DIS") == "00SI2.500W0.000ML"
    table.to(10.0)
    assert table.bench.plant.delivered_ml(table.bench.t_s) == pytest.approx(2.5, abs=1e-9)


def test_a_second_run_gives_the_target_again() -> None:
    table = running("VOL1")
    table.to(36.0)
    assert table.say("RUN") == "00I"
    table.to(36.0)
    assert table.say("DIS") == "00SI2.000W0.000ML"


def test_a_paused_phase_goes_on_and_a_second_stop_gives_it_up() -> None:
    table = running("VOL2")
    table.to(36.0)
    assert table.say("STP") == "00P"
    assert table.say("RUN") == "00I"
    table.to(36.0)
    assert table.say("DIS") == "00SI2.000W0.000ML"
    assert table.say("RUN") == "00I"
    table.to(36.0)
    assert table.say("STP", "STP") == "00S"
    assert table.say("RUN") == "00I"
    table.to(71.0)
    assert table.say("") == "00I", "the whole target anew, not what was left of it"
    table.to(1.0)
    assert table.say("DIS") == "00SI5.000W0.000ML"


def test_both_ways_are_counted_apart_and_cleared_apart() -> None:
    table = running("VOL2")
    table.to(72.0)
    assert table.say("DIRWDR", "VOL1", "RUN") == "00W"
    table.to(36.0)
    assert table.say("DIS") == "00SI2.000W1.000ML"
    assert table.bench.plant.barrel_ml == pytest.approx(49.0)
    assert table.say("CLDINF", "DIS") == "00SI0.000W1.000ML"
    assert table.say("CLDWDR", "DIS") == "00SI0.000W0.000ML"


def test_phases_follow_each_other() -> None:
    table = Table()
    table.say("VOL1", "RAT100MH")
    table.say("PHN2", "FUNCLD", "PHN3", "FUNBEP", "PHN4", "FUNRAT", "DIRWDR", "RAT200MH", "VOL0.5", "PHN1")
    assert table.say("RUN") == "00I"
    table.to(36.0)
    assert table.say("") == "00W"
    assert table.say("DIS") == "00WI0.000W0.000ML"
    table.to(9.0)
    assert table.say("DIS") == "00SI0.000W0.500ML"
    assert table.say("RUN4") == "00W"


def test_a_programme_past_its_last_phase_and_a_phase_that_cannot_be_are_alarms() -> None:
    table = Table()
    for number in range(2, 42):
        table.say(f"PHN{number}", "FUNBEP")
    table.say("PHN1", "RAT100MH", "VOL1", "RUN")
    table.to(36.0)
    assert table.say("") == "00A?O"
    assert table.say("PHN2", "FUNRAT", "PHN1", "RUN") == "00I", "phase 2 has no rate"
    table.to(36.0)
    assert table.say("") == "00A?E"
    assert table.say("") == "00S"


def test_while_it_runs_most_is_not_applicable() -> None:
    table = running("VOL5")
    for command in ("DIA10", "VOL1", "VOLML", "PHN2", "FUNSTP", "CLDINF", "RUN", "PUR", "DIRWDR", "RAT9UM"):
        assert table.say(command) == "00I?NA", command
    assert table.say("RAT200") == "00I"
    assert table.say("RAT9999") == "00I?OOR"
    assert table.say("RAT") == "00I200.0MH"
    assert table.bench.core.drive.rate_ml_h == 200.0


def test_without_a_target_it_turns_round_at_once() -> None:
    table = running()
    table.to(36.0)
    assert table.say("DIRREV") == "00W"
    table.to(18.0)
    assert table.say("DIS") == "00WI1.000W0.500ML"


def test_a_purge_runs_until_it_is_stopped_and_is_not_counted() -> None:
    table = Table()
    assert table.say("PUR") == "00X"
    table.to(3.6)
    assert table.say("STP") == "00S"
    assert table.say("DIS") == "00SI0.000W0.000ML"
    assert table.bench.plant.barrel_ml == pytest.approx(50.0 - 1.699)
    assert table.say("DIRWDR", "PUR") == "00S?NA"


def test_the_front_panel_counts_too() -> None:
    table = running("VOL5")
    table.device.apply(Stop())
    assert table.say("") == "00P"
    table.device.apply(Start())
    assert table.say("") == "00I"
    table.to(180.0)
    assert table.say("") == "00S", "the phase is over, and with it the programme"


def test_stop_when_stopped_is_a_habit() -> None:
    assert Table().say("STP") == "00S"
    assert Table(habits=Habits(stop_when_stopped_is_refused=True)).say("STP") == "00S?NA"


# ---------------------------------------------------------------- alarms


def test_power_up_is_an_alarm_that_the_first_command_takes_notice_of_and_is_not_done() -> None:
    table = Table(powered_up=True)
    assert table.say("DIA10") == "00A?R"
    assert table.say("DIA") == "00S26.59"


def test_what_means_nothing_takes_no_notice() -> None:
    table = Table(powered_up=True)
    assert table.say("FOO") == "00A?R"
    assert table.say("VER") == "00A?R"
    assert table.say("VER") == "00SNE1000V3.923"


def test_a_stall_comes_of_a_closed_line() -> None:
    table = running("VOL20")
    table.bench.apply(CLOSED)
    table.to(STALL_S)
    assert table.bench.core.mode == "halted"
    assert table.say("RUN") == "00A?S"
    assert table.say("") == "00P"
    assert table.bench.core.mode == "stopped"
    table.bench.apply(OPEN)
    table.to(60.0)
    before_ml = table.bench.plant.delivered_ml(table.bench.t_s)
    assert table.say("RUN") == "00I"
    table.to(1000.0)
    assert table.say("DIS") == "00SI20.00W0.000ML", "what stood in the line is a part of the target"
    assert table.bench.plant.delivered_ml(table.bench.t_s) == pytest.approx(20.0, abs=1e-6)
    assert before_ml < 20.0


def test_a_stall_can_end_the_phase() -> None:
    table = running("VOL20", habits=Habits(stall_keeps_position=False))
    table.bench.apply(CLOSED)
    table.to(STALL_S)
    assert table.say("") == "00A?S"
    assert table.say("") == "00S"


def test_the_end_of_the_travel_is_a_stall() -> None:
    table = running(config=SyringeConfig(fill_ml=1.0))
    table.to(36.1)
    assert table.say("") == "00A?S"


def test_notice_taken_at_the_front_panel_is_enough() -> None:
    table = running()
    table.bench.apply(CLOSED)
    table.to(STALL_S)
    table.device.apply(Acknowledge())
    assert table.say("") == "00P"


def test_after_power_off_everything_is_kept_but_the_phase() -> None:
    table = running("DIA20")
    safe(table)
    table.bench.apply(PlugMains(present=False))
    assert table.to(5.0) == b""
    assert table.hear(packet(b"0")) == b""
    table.bench.apply(PlugMains(present=True))
    assert table.to(60.0) == RESET, "Safe mode is kept, and says it unasked"
    assert table.side.next_deadline_s() == inf, "the watchdog waits for the first packet"
    assert table.hear(packet(b"0DIA")) == RESET
    assert table.hear(packet(b"0DIA")) == packet(b"00S20.00")
    assert table.side.next_deadline_s() == table.wall_s + 10.0


def test_a_pump_that_is_off_says_nothing() -> None:
    table = Table()
    table.device.apply(PowerOff())
    assert table.hear(b"VER\r") == b""


# ---------------------------------------------------------------- Safe mode


def test_safe_mode_is_answered_in_its_own_frames() -> None:
    table = Table()
    assert table.hear(b"SAF4\r") == STOPPED
    assert table.hear(b"VER\r") == b"", "lines are not for Safe mode"
    assert table.hear(packet(b"0SAF")) == packet(b"00S4")
    assert table.hear(packet(b"0SAF0")) == b"\x0200S\x03"
    assert table.hear(packet(b"0VER")) == b"\x0200SNE1000V3.923\x03", "packets are for both modes"


def test_the_reply_to_saf_can_be_in_the_old_mode() -> None:
    table = Table(habits=Habits(saf_answers_in_new_mode=False))
    assert table.hear(packet(b"0SAF4")) == b"\x0200S\x03"
    assert table.hear(packet(b"0SAF0")) == STOPPED


def test_saf_under_an_alarm_switches_or_waits() -> None:
    table = Table(powered_up=True)
    assert table.hear(packet(b"0SAF4")) == RESET
    assert table.hear(packet(b"0")) == STOPPED
    table = Table(powered_up=True, habits=Habits(saf_works_under_alarm=False))
    assert table.hear(packet(b"0SAF4")) == b"\x0200A?R\x03"
    assert table.hear(packet(b"0SAF4")) == STOPPED


def test_a_damaged_packet_is_complained_of_by_whom_it_was_for() -> None:
    table = safe(Table())
    damaged = bytearray(packet(b"0RUN"))
    damaged[-2] ^= 1
    assert table.hear(bytes(damaged)) == packet(b"00S?COM")
    other = bytearray(packet(b"1RUN"))
    other[-2] ^= 1
    assert table.hear(bytes(other)) == b""


def test_half_a_packet_is_dropped_after_half_a_second() -> None:
    table = safe(Table(), 255)
    sent = packet(b"0VER")
    table.hear(sent[:5])
    table.wait(0.499)
    assert table.hear(sent[5:]) != b""
    table.hear(sent[:5])
    table.wait(0.5)
    assert table.hear(sent[5:]) == b""
    assert table.hear(sent) != b""


def test_silence_stops_the_pump_and_is_said_once() -> None:
    table = safe(running("VOL50"), 4)
    assert table.wait(3.9) == b""
    table.hear(packet(b"0"))
    assert table.wait(3.9) == b""
    assert table.wait(0.2) == TIMED_OUT
    assert table.bench.core.mode == "stopped"
    assert table.applied[-2:] == [Stop(access=table.applied[-1].access), LinkLost()]
    assert table.wait(1000.0) == b"", "the timer waits for the next packet"
    assert table.hear(packet(b"0RUN")) == TIMED_OUT
    assert table.applied[-1] == LinkRestored()
    assert table.hear(packet(b"0")) == packet(b"00P")
    assert table.wait(4.0) == TIMED_OUT


def test_only_valid_packets_for_this_pump_count_as_life() -> None:
    table = safe(running(), 4)
    table.wait(3.0)
    table.hear(packet(b"1"))
    table.hear(b"\x02\x05garbage")
    damaged = bytearray(packet(b"0"))
    damaged[-2] ^= 1
    table.hear(bytes(damaged))
    assert TIMED_OUT in table.wait(1.0)


def test_an_alarm_is_said_unasked_and_nobody_has_taken_notice_by_that() -> None:
    table = safe(running(), 255)
    table.bench.apply(CLOSED)
    assert table.to(STALL_S) == STALLED
    assert table.to(1.0) == b""
    assert table.hear(packet(b"0RUN")) == STALLED
    assert table.hear(packet(b"0")) == packet(b"00P")


def test_in_basic_mode_nothing_is_said_unasked() -> None:
    table = running()
    table.bench.apply(CLOSED)
    assert table.to(STALL_S) == b""


def test_another_baud_rate_suspends_the_timer() -> None:
    table = safe(running(), 4)
    assert table.hear(packet(b"*ADR0B9600")) == packet(b"00I")
    assert table.side.baud == 9600
    assert table.side.next_deadline_s() == inf


def test_gated_no_wall_time_counts() -> None:
    table = safe(running(timers=False), 4)
    table.hear(packet(b"0VER")[:4])
    assert table.side.next_deadline_s() == inf
    assert table.side.wake(1e9) == b""


# ---------------------------------------------------------------- several on one line


def test_each_answers_for_itself() -> None:
    tables = {address: Table(address_no=address) for address in (0, 7, 42)}
    for address, table in tables.items():
        for asked in tables:
            said = table.hear(request_bytes(asked, "", safe=False))
            assert said == (f"\x02{address:02d}S\x03".encode() if asked == address else b"")


def test_a_burst_is_done_by_everyone_and_answered_by_nobody() -> None:
    one, two = Table(address_no=1), Table(address_no=2)
    for table in (one, two):
        assert table.hear(b"1RAT10MH\r") + table.hear(b"2RAT20MH\r") != b""
        assert table.hear(b"1RUN*2RUN*\r") == b""
    assert (one.bench.core.drive.rate_ml_h, two.bench.core.drive.rate_ml_h) == (10.0, 20.0)


def test_an_address_is_given_to_whoever_is_there() -> None:
    table = Table()
    assert table.say("*ADR7") == "07S"
    assert table.say("VER") == ""
    assert table.say("7VER") == "07SNE1000V3.923"
    assert table.say("*ADR") == "07S07"
    assert table.say("*RUN") == ""


# ---------------------------------------------------------------- noise


WORDS = ("RUN", "STP", "PUR", "RAT10MH", "VOL1", "DIRREV", "SAF9", "SAF0", "VER", "", "DIS", "*ADR0", "PHN2")


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=30),
            st.sampled_from(WORDS).map(lambda word: word.encode() + b"\r"),
            st.sampled_from(WORDS).map(lambda word: packet(b"0" + word.encode())),
            st.sampled_from([CLOSED, OPEN, 1.0, 100.0]),
        ),
        max_size=25,
    )
)
def test_whatever_comes_it_answers_in_good_form_and_can_be_stopped(story: list[object]) -> None:
    table = Table(powered_up=True)
    said = b""
    for what in story:
        match what:
            case bytes():
                said += table.hear(what)
            case float():
                said += table.wait(what) + table.to(what)
            case _:
                table.bench.apply(what)  # type: ignore[arg-type]
    assert isinstance(table.side, NewEraPump)
    table.wait(1.0)
    address = table.side.address_no
    for _ in range(8):
        reply = table.hear(request_bytes(address, "STP", safe=True))
    data = reply[2:-3] if table.side.is_safe else reply[1:-1]
    found = reply_of(data)
    assert found is not None
    assert found.prompt == "S"
    assert reply == reply_bytes(found, safe=table.side.is_safe)
    assert table.bench.core.drive.rate_ml_h == 0.0
