"""Our emulated ambulatory pump under the vendor's own test driver, pyZynoUnifiedDrivers, over a pty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console.emulated import Emulated
from console.hil import emulated_pump
from drivers.dialects.miva import MIVA
from tests.drivers.independent.typing_at import Prompt, prompt

PORT = "com1"
"""It opens no port that is not called so, whatever the system."""

THEIR_PATIENCE_S = 0.3
"""Theirs is 25 ms of silence, which a busy machine may need; they wait for so long after each reply."""


@pytest.fixture
def session(tmp_path: Path) -> Iterator[tuple[Prompt, Emulated]]:
    """Their host, connected, and our pump."""
    with emulated_pump("pty", MIVA, tmp_path) as (ours, url), prompt(tmp_path) as typed:
        (tmp_path / PORT).symlink_to(url)
        typed("from pyZynoUnifiedDrivers.visa import ResourceManager")
        typed(f"pump = ResourceManager().open_resource({PORT!r})")
        typed(f"pump.serial.timeout = {THEIR_PATIENCE_S}")
        yield typed, ours
        typed("pump.close()")


def test_they_are_told_who_we_are(session: tuple[Prompt, Emulated]) -> None:
    typed, _ = session
    assert typed("pump.get_pump_sn()") == "SN000001"
    assert str(typed("pump.query('*IDN?')")).startswith("AMBUPUMP,EMULATED PUMP,SN000001,")
    assert typed("pump.send_command(':infusion:running?')") is False


def test_they_run_and_stop_it_and_read_what_was_given(session: tuple[Prompt, Emulated]) -> None:
    typed, ours = session
    assert typed("pump.trigger_run_infusion()") is True
    assert typed("pump.send_command(':infusion:running?')") is True
    assert typed("pump.send_command(':infusion:rate?')") == 0.6
    ours.let_pass(3600.0)
    assert typed("pump.get_infusion_vinf()") == 0.6
    assert typed("pump.trigger_stop_infusion()") is True
    assert typed("pump.send_command(':infusion:running?')") is False
    given_ml = typed("pump.get_infusion_vinf()")
    assert given_ml == 0.65, "a stop finishes the stroke of 50 uL"
    ours.let_pass(3600.0)
    assert typed("pump.get_infusion_vinf()") == given_ml


def test_they_find_a_closed_line_in_the_event_log(session: tuple[Prompt, Emulated]) -> None:
    typed, ours = session
    assert typed("pump.trigger_run_infusion()") is True
    ours.do("clamp", where="downstream")
    ours.let_pass(7200.0)
    assert typed("pump.send_command(':infusion:running?')") is False
    found = typed("pump.send_command(':eventlog:occlusion_alarm?')")
    assert isinstance(found, dict)
    assert found["sub_type"] == "DOWNSTREAM_OCCLUSION"


def test_their_keys_are_pressed_on_our_panel(session: tuple[Prompt, Emulated]) -> None:
    typed, _ = session
    assert typed("pump.send_command(':key:list:clear')") is not None
    assert typed("pump.press_key('3', '0')") == "KE30"
    assert typed("pump.send_command(':key:list?')")
