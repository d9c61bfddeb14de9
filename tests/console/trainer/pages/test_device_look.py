"""The colours of the pump and of what is around it can be told apart, in light and in dark."""

from __future__ import annotations

import re
from typing import Final

import pytest

from console.trainer.pages import STATIC
from tests.console.trainer.pages.test_look import colours, contrast
from tests.console.trainer.pages.test_look import schemes as base_schemes

SHEET: Final = (STATIC / "device.css").read_text(encoding="utf-8")

TEXT_ON: Final = (
    ("shell-ink", "shell"),
    ("lcd-ink", "lcd"),
    ("key-ink", "key"),
    ("key-ink", "key-held"),
    *(("on-key", ground) for ground in ("go", "go-held", "halt", "halt-held", "cell")),
    ("shut", "panel"),
    ("ink", "panel"),
    ("ink", "skin"),
    ("ink", "film"),
)
"""Text and the ground it stands on."""

LINE_ON: Final = (
    ("shell-edge", "shell"),
    ("key-edge", "shell"),
    ("lcd-edge", "shell"),
    ("air-edge", "liquid"),
    ("shut", "plastic"),
    ("part-edge", "panel"),
    ("film-edge", "panel"),
    ("drop", "panel"),
    ("cord", "panel"),
)
"""Lines without which nobody would know what they see, and their ground."""


def schemes() -> dict[str, dict[str, str]]:
    """The colours of base and device, in light and in dark."""
    light, rest = SHEET.split("@media screen and (prefers-color-scheme: dark)", 1)
    dark = rest.split("@media", 1)[0]
    base = base_schemes()
    return {
        "light": {**base["light"], **colours(light)},
        "dark": {**base["dark"], **colours(light), **colours(dark)},
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_written_on_the_pump_stands_out(scheme: str) -> None:
    named = schemes()[scheme]
    ratios = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in TEXT_ON}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_bubble_and_every_edge_stand_out(scheme: str) -> None:
    named = schemes()[scheme]
    ratios = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in LINE_ON}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 3.0} == {}


@pytest.mark.parametrize("sheet", ["device.css", "trainee.css"])
def test_every_variable_that_is_used_is_there(sheet: str) -> None:
    text = (STATIC / sheet).read_text(encoding="utf-8")
    base = (STATIC / "base.css").read_text(encoding="utf-8")
    known = set(re.findall(r"--([a-z0-9-]+):", base + SHEET))
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", text)) <= known


def test_every_colour_of_the_pump_is_there_in_forced_colours_too() -> None:
    forced = SHEET.split("@media (forced-colors: active)", 1)[1].split("}", 1)[0]
    named = set(re.findall(r"--([a-z0-9-]+):", SHEET.split("@media", 1)[0]))
    assert named <= set(re.findall(r"--([a-z0-9-]+):", forced))


def test_only_the_head_of_the_sheet_names_colours() -> None:
    rules = SHEET.split("/* ---- the pump */", 1)[1]
    assert re.findall(r"#[0-9a-f]{6}\b", rules) == []
