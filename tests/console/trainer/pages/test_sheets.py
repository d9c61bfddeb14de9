"""The sheets of single pages: they take their colours from the shared ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from console.trainer.pages import STATIC

WITH_COLOURS: Final = ("base.css", "device.css")
"""Sheets that name colours; each is measured by a test of its own."""

SHEETS: Final = sorted(path for path in STATIC.glob("*.css") if path.name not in WITH_COLOURS)


def variables(names: tuple[str, ...]) -> set[str]:
    """The variables that sheets make."""
    text = "".join((STATIC / name).read_text(encoding="utf-8") for name in names if (STATIC / name).exists())
    return set(re.findall(r"--([a-z0-9-]+):", text))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_no_sheet_has_a_colour_of_its_own(sheet: Path) -> None:
    """A veil of black is none."""
    text = sheet.read_text(encoding="utf-8")
    assert re.findall(r"#(?!000[0-9a-f]\b)[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|rgba?\(|hsla?\(", text) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_variable_that_a_sheet_uses_is_made_somewhere(sheet: Path) -> None:
    text = sheet.read_text(encoding="utf-8")
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", text))
    assert used <= variables((*WITH_COLOURS, sheet.name))
