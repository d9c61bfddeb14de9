"""Letters to be read from across a bench."""

from __future__ import annotations

import pytest

from console.big_letters import COLUMNS_COUNT, GLYPHS, ROWS_COUNT, big, width_count
from pump.delivery import Mode


def test_every_picture_is_five_rows_of_three_blocks() -> None:
    for rows in GLYPHS.values():
        assert len(rows) == ROWS_COUNT
        assert all(int(row) < 2**COLUMNS_COUNT for row in rows)


def test_no_two_letters_look_the_same() -> None:
    assert len(set(GLYPHS.values())) == len(GLYPHS)


def test_an_l_is_an_l() -> None:
    assert big("L") == ("██", "██", "██", "██", "██████")


def test_letters_stand_side_by_side() -> None:
    assert big("1.") == ("  ██", "████", "  ██", "  ██", "██████    ██")
    assert width_count("1.") == 16
    assert max(map(len, big("MMM"))) <= width_count("MMM")


@pytest.mark.parametrize(
    "text", [*(mode.value.replace("_", "-") for mode in Mode), "0.125 mL/h", "NO LINK", "ALARM"]
)
def test_everything_that_is_shown_large_has_its_letters(text: str) -> None:
    assert len(big(text)) == ROWS_COUNT


def test_what_has_no_picture_is_an_error() -> None:
    with pytest.raises(KeyError):
        big("é")
