"""What a person sees and hears, in every state; looking changes nothing."""

from __future__ import annotations

import pytest

from pump.alarms import ALARMS, AlarmRow, Priority
from pump.commands import (
    Acknowledge,
    ConfirmProgram,
    Key,
    LinkLost,
    Lock,
    LockLevel,
    PowerOff,
    PowerOn,
    PressKey,
    Prime,
    ProgramChange,
    Silence,
    Start,
    Unlock,
)
from pump.panel import COLUMNS_COUNT, LINES_COUNT, Panel, PanelSound, panel
from tests.pump.rig import NURSE_CODE, SUPPLIER_CODE, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


def shown(rig: Rig) -> Panel:
    """The panel now; looking twice shows the same and changes nothing."""
    kept = rig.core.snapshot()
    events_count = len(rig.journal.events)
    first = panel(rig.core, rig.t_s)
    assert panel(rig.core, rig.t_s) == first
    assert rig.core.snapshot() == kept
    assert len(rig.journal.events) == events_count
    assert len(first.lines) == LINES_COUNT
    assert all(len(line) <= COLUMNS_COUNT for line in first.lines)
    return first


def icons_of(rig: Rig) -> dict[str, object]:
    icons = shown(rig).icons
    assert icons is not None
    return {name: getattr(icons, name) for name in icons.__slots__}


def test_home_of_a_stopped_pump(rig: Rig) -> None:
    assert shown(rig).lines == (
        "STOPPED",
        "Given            0.00 mL",
        "To give        100.80 mL",
        "Reservoir      110.00 mL",
        "Lasts            7 d 0 h",
        "",
    )


def test_home_of_a_running_pump(rig: Rig) -> None:
    rig.do(Start())
    rig.to(86400.0 + 1800.0)  # 24.5 h at 0.6 mL/h: 14.7 mL
    view = shown(rig)
    assert view.lines == (
        "RUNNING         0.6 mL/h",
        "Given           14.70 mL",
        "To give         86.10 mL",
        "Reservoir       95.30 mL",
        "Lasts           5 d 23 h",
        "",
    )
    assert view.status_light is not None
    assert view.status_light.colour == "green"
    assert (view.alarm_light, view.sound) == (None, None)


def test_what_is_left_is_cut_off_not_rounded_up(rig: Rig) -> None:
    rig.do(Start())
    rig.to(167.5 * 3600.0 + 10.0)
    assert shown(rig).lines[4] == "Lasts         0 h 29 min"


def test_off_is_dark(rig: Rig) -> None:
    rig.do(PowerOff())
    view = shown(rig)
    assert view.lines == ("",) * LINES_COUNT
    assert (view.status_light, view.alarm_light, view.sound, view.icons) == (None, None, None, None)


def test_self_test(rig: Rig) -> None:
    rig.do(PowerOff(), PowerOn())
    assert shown(rig).lines[0] == "SELF-TEST"


def test_priming_asks_about_the_patient(rig: Rig) -> None:
    rig.do(Prime(volume_ml=3.0, disconnected_confirmed=True))
    rig.to(9.0)  # half of 3 mL at 600 mL/h
    assert shown(rig).lines[:4] == (
        "PRIMING         600 mL/h",
        "Primed           1.50 mL",
        "",
        "Patient disconnected?",
    )


def test_an_alarm_takes_the_display(rig: Rig) -> None:
    rig.do(Start())
    rig.to(100.0)
    rig.read(p_down_mmhg=600.0)
    view = shown(rig)
    assert view.lines[:2] == ("HALTED", "!!! Downstream occlusion")
    assert " ".join(view.lines[2:]).startswith("Check clamps, kinks and")
    assert view.alarm_light is not None
    assert view.alarm_light.colour == "red"
    assert view.sound == PanelSound(
        "OCCLUSION_DOWNSTREAM", Priority.HIGH, escalated=False, paused_until_s=None
    )
    assert view.sound.is_heard


def test_a_pause_stops_the_sound_and_not_the_light(rig: Rig) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    rig.do(Silence())
    view = shown(rig)
    assert view.alarm_light is not None
    assert view.sound is not None
    assert not view.sound.is_heard
    assert view.sound.paused_until_s == 120.0
    assert icons_of(rig)["audio_paused"] is True
    rig.to(120.0)
    sound = shown(rig).sound
    assert sound is not None
    assert sound.is_heard


def test_acknowledged_it_is_quiet_and_still_lit(rig: Rig) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    rig.do(Acknowledge())
    view = shown(rig)
    assert view.alarm_light is not None
    assert view.sound is None


def test_escalation_is_heard(rig: Rig) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    rig.to(600.0)
    sound = shown(rig).sound
    assert sound is not None
    assert sound.escalated


def test_a_broken_sounder_is_silent(rig: Rig) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0, faults=frozenset({"tone"}))
    view = shown(rig)
    assert view.alarm_light is not None
    assert view.sound is None


def test_a_low_alarm_becomes_an_icon(rig: Rig) -> None:
    rig.read(mains_frac=0.0)
    view = shown(rig)
    assert view.lines[1] == "! Running on battery"
    assert view.alarm_light is not None
    assert view.alarm_light.colour == "cyan"
    rig.to(5.0)
    view = shown(rig)
    assert view.lines[1].startswith("Given")
    assert view.alarm_light is None
    assert icons_of(rig)["waiting_count"] == 1


def test_others_wait(rig: Rig) -> None:
    rig.do(Start())
    rig.read(p_down_mmhg=600.0)
    rig.do(LinkLost())
    icons = icons_of(rig)
    assert icons["waiting_count"] == 1
    assert icons["link_lost"] is True


def test_an_alarm_calls_on_every_page(rig: Rig) -> None:
    rig.do(Start())
    rig.do(PressKey(key=Key.INFO, down=True), PressKey(key=Key.INFO, down=False))
    rig.read(p_down_mmhg=600.0)
    assert shown(rig).lines[0] == "!!! Downstream occlusion"
    assert shown(rig).lines[1].startswith("Given")


def test_lock_icons(rig: Rig) -> None:
    assert (icons_of(rig)["lock_level"], icons_of(rig)["keyboard"]) == ("LL0", "locked")
    rig.do(Lock(level=LockLevel.LL2), Unlock(code=NURSE_CODE))
    assert (icons_of(rig)["lock_level"], icons_of(rig)["keyboard"]) == ("LL2", "open")
    for _ in range(3):
        rig.do(Unlock(code="0000"))
    assert icons_of(rig)["keyboard"] == "backing off"


@pytest.mark.parametrize(
    ("readings", "battery"),
    [
        ({}, "full"),
        ({"battery_frac": 0.5}, "charging"),
        ({"mains_frac": 0.0, "battery_frac": 0.5}, "in use"),
        ({"mains_frac": 0.0, "battery_frac": 0.03}, "low"),
        ({"mains_frac": 0.0, "battery_frac": 0.001}, "depleted"),
        ({"battery_present_frac": 0.0, "battery_frac": 0.0}, "missing"),
    ],
)
def test_battery_icon(rig: Rig, readings: dict[str, float], battery: str) -> None:
    rig.read(**readings)
    icons = icons_of(rig)
    assert icons["battery"] == battery
    assert icons["mains"] is (readings.get("mains_frac", 1.0) == 1.0)
    assert (icons["battery_frac"] is None) == (battery == "missing")


def test_an_override_stays_visible(rig: Rig) -> None:
    rig.do(Unlock(code=SUPPLIER_CODE))
    by_supplier = rig.core.lock.session
    assert by_supplier is not None
    rig.do(
        ProgramChange(rate_ml_h=0.4, access=by_supplier),
        ConfirmProgram(soft_override=True, access=by_supplier),
    )
    rig.to(rig.t_s + 10.0)
    assert icons_of(rig)["soft_limit"] is True
    assert shown(rig).lines[5] == "! beyond soft limit"


def test_a_draft_reminds(rig: Rig) -> None:
    rig.do(ProgramChange(vtbi_ml=50.0))
    assert shown(rig).lines[5] == "Program not confirmed"


def test_the_last_info_page_says_what_it_is_not(rig: Rig) -> None:
    for _ in range(6):
        rig.do(PressKey(key=Key.INFO, down=True), PressKey(key=Key.INFO, down=False))
    assert "NOT A MEDICAL DEVICE" in shown(rig).lines


@pytest.mark.parametrize("row", ALARMS, ids=lambda row: row.code)
def test_every_alarm_can_be_shown(rig: Rig, row: AlarmRow) -> None:
    rig.core.alarms.begin(0.0, row.code, debounce_s=0.0)
    lines = shown(rig).lines
    assert lines[1].endswith(f"! {row.display}")
    assert lines[2]
