"""Letters that can be read from across a bench: three by five blocks, as data."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

ROWS_COUNT: Final = 5
COLUMNS_COUNT: Final = 3
BLOCK: Final = "██"
GAP: Final = "  "

# Five rows from the top, each the three blocks of a row as one octal digit.
GLYPHS: Final = MappingProxyType(
    {
        "0": "75557",
        "1": "26227",
        "2": "71747",
        "3": "71717",
        "4": "55711",
        "5": "74717",
        "6": "74757",
        "7": "71244",
        "8": "75757",
        "9": "75717",
        "A": "25755",
        "B": "65656",
        "C": "34443",
        "D": "65556",
        "E": "74647",
        "F": "74644",
        "G": "34553",
        "H": "55755",
        "I": "72227",
        "J": "11152",
        "K": "55655",
        "L": "44447",
        "M": "57755",
        "N": "65555",
        "O": "25552",
        "P": "65644",
        "Q": "25563",
        "R": "65655",
        "S": "34216",
        "T": "72222",
        "U": "55557",
        "V": "55552",
        "W": "55775",
        "X": "55255",
        "Y": "55222",
        "Z": "71247",
        "m": "00775",
        "h": "44655",
        ".": "00002",
        "-": "00700",
        "/": "11244",
        ":": "02020",
        " ": "00000",
    }
)


def width_count(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return len(text) * (COLUMNS_COUNT + 1) * len(BLOCK)


def big(text: str) -> tuple[str, ...]:
    """Return `text` as five lines; a letter without a picture of its own is written as its capital.

    Raises:
        KeyError: there is no picture of a letter.
    """
    glyphs = [GLYPHS[letter if letter in GLYPHS else letter.upper()] for letter in text]
    return tuple("".join(_blocks(int(glyph[row])) for glyph in glyphs).rstrip() for row in range(ROWS_COUNT))


def _blocks(row: int) -> str:
    return "".join(BLOCK if row >> place & 1 else GAP for place in reversed(range(COLUMNS_COUNT))) + GAP
