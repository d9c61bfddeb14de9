"""The look that all pages share: colours that can be told apart, and nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from console.trainer.pages import STATIC, render

TEMPLATES: Final = STATIC.parent / "templates"

SHEET: Final = (STATIC / "base.css").read_text(encoding="utf-8")

TEXT_ON: Final = (
    *((text, "paper") for text in ("ink", "muted", "accent", "good", "bad", "warn", "truth")),
    *((text, "panel") for text in ("ink", "muted", "accent", "good", "bad", "warn", "truth")),
    *((text, "raised") for text in ("ink", "muted", "accent")),
    *((kind, f"{kind}-soft") for kind in ("good", "bad", "warn", "truth", "accent")),
    *(("ink", f"{kind}-soft") for kind in ("good", "bad", "warn", "truth", "accent")),
    ("on-accent", "accent"),
)
"""Text and the ground it stands on."""

LINE_ON: Final = tuple(
    (line, "paper")
    for line in ("control", "focus", "blue", "orange", "green", "sky", "amber", "violet", "grey")
)
"""Borders of controls, the mark of the focus, and lines of charts."""


def colours(block: str) -> dict[str, str]:
    """The variables of one block that are colours written out."""
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})\b", block))


def schemes() -> dict[str, dict[str, str]]:
    """The colours in light, and in dark where that changes them."""
    light_block, rest = SHEET.split("@media screen and (prefers-color-scheme: dark)", 1)
    dark_block = rest.split("@media", 1)[0]
    light = colours(light_block)
    return {"light": light, "dark": {**light, **colours(dark_block)}}


def luminance_frac(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[place : place + 2], 16) / 255.0 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    dark, light = sorted((luminance_frac(one), luminance_frac(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_ratio_is_that_of_the_guideline() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    named = schemes()[scheme]
    ratios = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in TEXT_ON}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_controls_and_lines_stand_out_too(scheme: str) -> None:
    named = schemes()[scheme]
    ratios = {pair: contrast(named[pair[0]], named[pair[1]]) for pair in LINE_ON}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 3.0} == {}


def test_dark_changes_every_colour_that_light_has() -> None:
    named = schemes()
    same = {name for name, colour in named["light"].items() if named["dark"][name] == colour}
    assert same == set()


def test_every_variable_that_is_used_is_there() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", SHEET))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", SHEET))
    assert used <= known


@pytest.mark.parametrize(
    "path",
    sorted(path for folder in (STATIC, TEMPLATES) for path in folder.rglob("*.*")),
    ids=lambda path: path.name,
)
def test_nothing_is_asked_from_outside_and_nothing_stands_inline(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
    assert "http://" not in text
    assert "https://" not in text
    assert "@import" not in text
    if path.name.endswith(".j2"):
        assert not re.search(r"\sstyle\s*=", text), "a style attribute is refused by the page's policy"
        assert not re.search(r"\son[a-z]+\s*=", text), "so is a handler in a tag"
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), "so is a script in the page"


def test_the_header_says_what_it_is_not_and_where_one_is() -> None:
    page = render("base.html.j2", here="/runs")
    assert "not a medical device" in page
    assert '<a href="/runs" aria-current="page">Runs</a>' in page
    assert '<a href="/">Start</a>' in page
    assert page.index('class="skip"') < page.index("<header")
