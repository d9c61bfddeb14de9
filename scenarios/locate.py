"""Where in a TOML text each header and key stands. `tomllib` reads TOML but gives no positions.

The text has been accepted by `tomllib`; this scanner only looks for keys, and passes over values.
Its key paths are checked against `tomllib`'s own result for arbitrary documents.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Final

Path = tuple[str | int, ...]
"""Keys from the top, with an index for each element of an array of tables: `("step", 2, "volume")`."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_STRING: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'", re.DOTALL
)
_SCALAR: Final = re.compile(r"[^,\]}\n#]+")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, on which each table, array element and key is first named.

    Args:
        text: A document that `tomllib.loads` accepts.
    """
    return _Scanner(text).scan()


def nearest_line(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of `path`, or of the nearest thing above it that stands in the text, or 1."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), 1)


class _Scanner:
    __slots__ = ("counts", "line_ends", "lines", "place", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.line_ends = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        self._skip(_BLANK)
        while self.place < len(self.text):
            if self.text.startswith("[", self.place):
                table = self._header()
            else:
                self._assignment(table)
            self._skip(_BLANK)
        return self.lines

    def _header(self) -> Path:
        is_array = self.text.startswith("[[", self.place)
        start = self.place
        self.place += 2 if is_array else 1
        *above, last = self._dotted_key()
        self.place += 2 if is_array else 1
        path: Path = ()
        for key in above:
            path = self._newest((*path, key))
            self._note(path, start)
        path = (*path, last)
        self._note(path, start)
        if is_array:
            self.counts[path] = self.counts.get(path, -1) + 1
            path = (*path, self.counts[path])
            self._note(path, start)
        return path

    def _newest(self, path: Path) -> Path:
        """Return the last element where `path` is an array of tables, else `path`."""
        return (*path, self.counts[path]) if path in self.counts else path

    def _assignment(self, table: Path) -> None:
        start = self.place
        path = table
        for key in self._dotted_key():
            path = (*path, key)
            self._note(path, start)
        self.place += 1  # the equals sign
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        match self.text[self.place]:
            case "[":
                self._array(path)
            case "{":
                self.place += 1
                for _ in self._until("}"):
                    self._assignment(path)
            case '"' | "'":
                self._skip(_STRING)
            case _:
                self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self.place += 1
        for index, start in enumerate(self._until("]")):
            element = (*path, index)
            self._note(element, start)
            self._value(element)

    def _until(self, closing: str) -> Iterator[int]:
        """Yield the place of each element, and go past the closing bracket."""
        self._skip(_BLANK)
        while not self.text.startswith(closing, self.place):
            yield self.place
            self._skip(_BLANK)
            if self.text.startswith(",", self.place):
                self.place += 1
                self._skip(_BLANK)
        self.place += 1

    def _dotted_key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if not self.text.startswith(".", self.place):
                return keys
            self.place += 1

    def _key(self) -> str:
        start = self.place
        if self.text[start] in "\"'":
            self._skip(_STRING)
            key: str = tomllib.loads(f"key = {self.text[start : self.place]}")["key"]
            return key
        self._skip(_BARE_KEY)
        return self.text[start : self.place]

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self.text, self.place)
        if found is None:
            raise ValueError(f"no TOML at character {self.place}")
        self.place = found.end()

    def _note(self, path: Path, start: int) -> None:
        if path not in self.lines:
            self.lines[path] = bisect_left(self.line_ends, start) + 1
