"""The table: what was found, beside what was aimed at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. `first` and `then` are aims; without them it is told for information."""

    name: str
    found: float
    unit: str
    first: float | None = None
    then: float | None = None
    more_is_better: bool = False

    @property
    def reached(self) -> str:
        """The farthest aim that was reached; this is told, never asserted."""
        if self.first is None:
            return ""
        if self.then is not None and self._is_good(self.then):
            return "then"
        return "first" if self._is_good(self.first) else "not yet"

    def _is_good(self, aim: float) -> bool:
        return self.found >= aim if self.more_is_better else self.found <= aim


def rendered(rows: list[Row]) -> str:
    """The rows as plain text, a heading above."""
    cells = [("", "found", "", "first", "then", "reached")]
    cells += [
        (row.name, _number(row.found), row.unit, _number(row.first), _number(row.then), row.reached)
        for row in rows
    ]
    widths = [max(len(line[place]) for line in cells) for place in range(6)]
    return "\n".join(
        f"{name:<{widths[0]}}  {found:>{widths[1]}} {unit:<{widths[2]}}  "
        f"{first:>{widths[3]}}  {then:>{widths[4]}}  {reached}".rstrip()
        for name, found, unit, first, then, reached in cells
    )


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
