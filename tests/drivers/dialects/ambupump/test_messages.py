"""What payloads say: everything that can be said comes back as it was; what makes no sense is refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from math import inf, nan
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dialects import Capability
from drivers.dialects.ambupump import tables
from drivers.dialects.ambupump.messages import (
    read_command,
    read_page,
    read_panel,
    read_program,
    read_row,
    read_status,
    write_command,
    write_page,
    write_panel,
    write_program,
    write_row,
    write_status,
)
from drivers.dialects.ambupump.payload import PayloadError, Reader, UnsayableError, exact, fitted
from drivers.dialects.ambupump.tables import COMMANDS, Type
from pump.alarm_table import ALARMS, Priority
from pump.alarms import State
from pump.commands import (
    Access,
    Acknowledge,
    CancelProgram,
    ClearGiven,
    Command,
    ConfirmProgram,
    Key,
    LinkLost,
    LinkRestored,
    Lock,
    LockLevel,
    NewBag,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    ResetReservoir,
    Silence,
    Start,
    Stop,
    Unlock,
)
from pump.delivery import Mode
from pump.errors import Reason
from pump.log import LogRow
from pump.panel import Icons, Panel, PanelSound
from pump.port import AlarmView, PumpStatus
from pump.program import Program
from tests.drivers.line import RigPump
from tests.pump.rig import Rig

ACCESSES = st.sampled_from(Access)
MICRO = st.integers(0, 10**12).map(lambda count: float(Decimal(count) / 10**6))
"""Quantities as somebody writes them, with up to six decimals."""

COMMAND = st.one_of(
    *(st.builds(kind, access=ACCESSES) for kind in (PowerOn, PowerOff, Start, Stop, Silence, Acknowledge)),
    *(st.builds(kind, access=ACCESSES) for kind in (CancelProgram, ClearGiven)),
    st.builds(Prime, volume_ml=MICRO, disconnected_confirmed=st.booleans(), access=ACCESSES),
    st.builds(PressKey, key=st.sampled_from(Key), down=st.booleans(), access=ACCESSES),
    st.builds(Unlock, code=st.text("0123456789", max_size=32), access=ACCESSES),
    st.builds(Lock, level=st.sampled_from(LockLevel), access=ACCESSES),
    st.builds(ConfirmProgram, soft_override=st.booleans(), access=ACCESSES),
    st.builds(ResetReservoir, reservoir_ml=st.none() | MICRO, access=ACCESSES),
    st.builds(NewBag, reservoir_ml=st.none() | MICRO, access=ACCESSES),
    st.builds(
        ProgramChange,
        rate_ml_h=st.none() | MICRO,
        vtbi_ml=st.none() | MICRO,
        duration_s=st.none() | MICRO,
        reservoir_ml=st.none() | MICRO,
        kvo_ml_h=st.none() | MICRO,
        delay_s=st.none() | MICRO,
        withdraws=st.none() | st.booleans(),
        access=ACCESSES,
    ),
)


@given(COMMAND)
def test_a_command_comes_back_exactly(command: Command) -> None:
    assert read_command(*write_command(command)) == command


def test_every_command_but_the_link_s_own_can_be_said() -> None:
    said = {
        type(read_command(kind, write_command(each)[1])): kind
        for each in (
            PowerOn(),
            PowerOff(),
            Start(),
            Stop(),
            Prime(volume_ml=3.0, disconnected_confirmed=True),
            PressKey(key=Key.OK, down=True),
            Silence(),
            Acknowledge(),
            Unlock(code="1"),
            Lock(level=LockLevel.LL1),
            ProgramChange(rate_ml_h=0.6),
            ConfirmProgram(),
            CancelProgram(),
            ResetReservoir(),
            ClearGiven(),
            NewBag(),
        )
        for kind in [write_command(each)[0]]
    }
    assert set(said) == set(get_args(Command)) - {LinkLost, LinkRestored}
    assert set(said.values()) == COMMANDS


@pytest.mark.parametrize("command", [LinkLost(), LinkRestored()])
def test_no_host_says_what_is_the_link_s_own_news(command: Command) -> None:
    with pytest.raises(LookupError):
        write_command(command)


@pytest.mark.parametrize("volume_ml", [nan, inf, -inf, 0.1234567, 1e-9, 1e13])
def test_what_is_no_whole_number_of_steps_cannot_be_said(volume_ml: float) -> None:
    with pytest.raises(UnsayableError):
        write_command(Prime(volume_ml=volume_ml, disconnected_confirmed=True))


def test_a_code_that_is_too_long_cannot_be_said() -> None:
    with pytest.raises(UnsayableError):
        write_command(Unlock(code="1" * 33))


def test_exactness() -> None:
    assert exact(0.6, 1_000_000) == 600_000
    assert exact(-100.8, 1_000_000) == -100_800_000


@given(st.sampled_from(sorted(COMMANDS)), st.binary(max_size=80))
def test_any_payload_is_a_command_or_refused(kind: Type, payload: bytes) -> None:
    try:
        command = read_command(kind, payload)
    except PayloadError:
        return
    assert write_command(command)[0] is kind


@given(COMMAND, st.data())
def test_a_payload_with_a_byte_more_or_less_is_refused(command: Command, data: st.DataObject) -> None:
    kind, payload = write_command(command)
    for wrong in (payload[:-1], payload + b"\0"):
        with pytest.raises(PayloadError):
            read_command(kind, wrong)


# ---------------------------------------------------------------- states

STATUS = st.builds(
    PumpStatus,
    t_s=st.none() | MICRO,
    mode=st.sampled_from([each.value for each in Mode]),
    rate_ml_h=MICRO,
    given_ml=st.none() | MICRO,
    vtbi_left_ml=st.none() | MICRO,
    reservoir_ml=st.none() | MICRO,
    lock_level=st.none() | st.sampled_from([each.value for each in LockLevel]),
    battery_frac=st.none() | st.integers(0, 10**6).map(lambda count: count / 10**6),
    external_power=st.none() | st.booleans(),
    alarms=st.lists(
        st.builds(
            AlarmView,
            code=st.sampled_from([row.code for row in ALARMS]),
            priority=st.sampled_from([each.value for each in Priority]),
            state=st.sampled_from([each.value for each in State]),
        ),
        max_size=5,
    ).map(tuple),
)


def behind_result(payload: bytes) -> Reader:
    assert payload[0] == 0
    return Reader(payload[1:])


@given(STATUS)
def test_a_status_comes_back(status: PumpStatus) -> None:
    assert read_status(behind_result(write_status(status))) == status


def test_a_status_is_told_in_the_nearest_step() -> None:
    status = PumpStatus(t_s=1.00000049, mode="running", rate_ml_h=0.6, given_ml=0.12345678)
    told = read_status(behind_result(write_status(status)))
    assert (told.t_s, told.given_ml) == (1.0, 0.123457)


@given(st.builds(Program, **dict.fromkeys(("rate_ml_h", "vtbi_ml", "reservoir_ml", "delay_s"), MICRO)))
def test_a_programme_comes_back(program: Program) -> None:
    assert read_program(behind_result(write_program(program))) == program


ROW = st.builds(
    LogRow,
    number=st.integers(1, 2**32 - 1),
    t_s=MICRO,
    what=st.text(max_size=20),
    code=st.text(max_size=20),
    mdc_code=st.none() | st.integers(1, 2**32 - 1),
    detail=st.text(max_size=60),
)


@given(ROW)
def test_a_row_comes_back(row: LogRow) -> None:
    reader = Reader(write_row(row))
    assert read_row(reader) == row
    reader.end()


def test_a_page_holds_as_many_rows_as_fit() -> None:
    rows = tuple(LogRow(number, 0.0, "note", "x" * 10, None, "y" * 100) for number in range(1, 21))
    each_count = 4 + 8 + 4 + 5 + 11 + 101
    page = write_page(rows, 255, 1009)
    assert len(page) == 6 + 1009 // each_count * each_count
    assert read_page(behind_result(page)) == (20, rows[: 1009 // each_count])
    assert read_page(behind_result(write_page(rows, 2, 1009))) == (20, rows[:2])
    assert read_page(behind_result(write_page((), 2, 1009))) == (0, ())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x" * 255, b"x" * 255),
        ("x" * 256, b"x" * 252 + "…".encode()),
        ("µ" * 200, b"\xc2\xb5" * 126 + "…".encode()),
        ("\ud800", b"?"),
    ],
)
def test_a_text_that_is_too_long_is_cut_between_two_letters(text: str, said: bytes) -> None:
    assert fitted(text) == said


@given(st.binary(max_size=120))
def test_any_reply_is_read_or_refused(payload: bytes) -> None:
    reads: tuple[Any, ...] = (read_status, read_program, read_page, read_panel, read_row)
    for read in reads:
        try:
            read(Reader(payload))
        except PayloadError:
            continue


# ---------------------------------------------------------------- panel


@pytest.mark.parametrize(
    "scene",
    [
        lambda rig: rig.do(Start()),
        lambda rig: rig.do(PowerOff()),
        lambda rig: rig.do(Start()) and rig.read(p_down_mmhg=2000.0).to(60.0),
        lambda rig: (
            rig.do(Start()) and rig.read(p_down_mmhg=2000.0).to(60.0) and rig.do(Silence(access=Access.NURSE))
        ),
        lambda rig: rig.read(mains_frac=0.0, battery_present_frac=0.0, supply_frac=1.0),
        lambda rig: rig.do(PressKey(key=Key.OK, down=True), PressKey(key=Key.OK, down=False)),
    ],
)
def test_the_panel_comes_back(scene: Callable[[Rig], object]) -> None:
    device = RigPump(Rig())
    scene(device.rig)
    shown = device.view().panel
    assert read_panel(behind_result(write_panel(shown))) == shown


def test_all_parts_of_a_panel_come_back() -> None:
    shown = Panel(
        lines=("µL", "", "…"),
        sound=PanelSound(code="TAMPER", priority=Priority.MEDIUM, escalated=True, paused_until_s=12.5),
        icons=Icons(
            lock_level="LL1",
            keyboard="backing off",
            battery_frac=None,
            battery="missing",
            mains=True,
            link_lost=True,
            audio_paused=False,
            soft_limit=True,
            waiting_count=3,
        ),
    )
    assert read_panel(behind_result(write_panel(shown))) == shown


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (tables.MODES, [each.value for each in Mode]),
        (tables.REASONS, ["", *(each.value for each in Reason)]),
        (tables.ALARMS, ["", *(row.code for row in ALARMS)]),
        (tables.PRIORITIES, [each.value for each in Priority]),
        (tables.ALARM_STATES, [each.value for each in State]),
        (tables.ACCESSES, [each.value for each in Access]),
        (tables.LOCK_LEVELS, [each.value for each in LockLevel]),
        (tables.KEYS, [each.value for each in Key]),
    ],
)
def test_a_table_has_a_number_for_every_name(table: tables.Names, names: list[str]) -> None:
    assert sorted(name for name, _ in table.items()) == sorted(names)
    numbers = [number for _, number in table.items()]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < tables.UNSAID


def test_every_capability_has_a_bit() -> None:
    assert set(tables.CAPABILITY_BITS) == set(Capability)
    assert len(set(tables.CAPABILITY_BITS.values())) == len(Capability)


def test_a_number_that_stands_for_nothing_is_shown_as_such() -> None:
    assert tables.ALARMS.name(99) == "#99"
    assert tables.ALARMS.known(99) is None
    assert tables.ALARMS.number("NEWER") == tables.ALARMS.number(None) == tables.UNSAID
