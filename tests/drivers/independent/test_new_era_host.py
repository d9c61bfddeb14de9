"""Our emulated syringe pump under a host that others wrote, NESP-Lib, over a pty, in either mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.emulated import Emulated
from console.hil import emulated_pump
from drivers.dialects.new_era import NEW_ERA
from tests.drivers.independent.typing_at import Prompt, RaisedError, prompt

BASIC_S, SAFE_S = 0, 30
BAUD = NEW_ERA.line.baud


@pytest.fixture(params=[BASIC_S, SAFE_S], ids=["basic", "safe"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Prompt, Emulated]]:
    """Their host, connected, and our pump."""
    with emulated_pump("pty", NEW_ERA, tmp_path) as (ours, url), prompt(tmp_path) as typed:
        typed("from nesp_lib import *")
        typed(f"port = Port({url!r}, {BAUD})")
        typed(f"pump = Pump(port, safe_mode_timeout_s={request.param})")
        yield typed, ours


def programmed(typed: Prompt) -> None:
    """6 mL at 0.5 mL/min."""
    typed("pump.syringe_diameter_mm = 26.59")
    typed("pump.pumping_direction = PumpingDirection.INFUSE")
    typed("pump.pumping_volume_ml = 6.0")
    typed("pump.pumping_rate_ml_per_min = 0.5")


def test_they_are_told_who_we_are(session: tuple[Prompt, Emulated]) -> None:
    typed, _ = session
    assert typed("pump.model_number") == 1000
    assert typed("pump.firmware_version") == (3, 923)
    assert typed("pump.status.name") == "STOPPED"


def test_they_read_back_what_they_have_set(session: tuple[Prompt, Emulated]) -> None:
    typed, _ = session
    programmed(typed)
    assert typed("pump.syringe_diameter_mm") == 26.59
    assert typed("pump.pumping_direction.name") == "INFUSE"
    assert typed("pump.pumping_volume_ml") == 6.0
    assert typed("pump.pumping_rate_ml_per_min") == 0.5
    with pytest.raises(RaisedError, match="ValueError"):
        typed("pump.pumping_rate_ml_per_min = 100.0")


def test_they_run_stop_and_go_on_to_the_target(session: tuple[Prompt, Emulated]) -> None:
    typed, ours = session
    programmed(typed)
    typed("pump.run(False)")
    assert typed("pump.status.name") == "INFUSING"
    ours.let_pass(120.0)
    assert typed("pump.volume_infused_ml") == pytest.approx(1.0, abs=0.02)
    typed("pump.stop()")
    assert typed("pump.status.name") == "PAUSED"
    given_ml = typed("pump.volume_infused_ml")
    ours.let_pass(120.0)
    assert typed("pump.volume_infused_ml") == given_ml
    typed("pump.run(False)")
    ours.let_pass(3600.0)
    assert typed("pump.running") is False
    assert typed("pump.volume_infused_ml") == 6.0
    typed("pump.volume_infused_clear()")
    assert typed("pump.volume_infused_ml") == 0.0


def test_they_are_told_of_a_closed_line(
    session: tuple[Prompt, Emulated],
) -> None:
    typed, ours = session
    programmed(typed)
    typed("pump.run(False)")
    ours.do("clamp", where="downstream")
    ours.let_pass(1200.0)
    with pytest.raises(RaisedError, match="StatusAlarmException"):
        typed("pump.status")
    if typed("pump._Pump__safe_mode"):
        return  # said unasked as well: from here on this host takes every reply for the one before
    ours.do("unclamp", where="downstream")
    ours.let_pass(10.0)  # what the line has stored runs off
    typed("pump.run(False)")
    assert typed("pump.running") is True
