"""The figures of a debrief, as SVG that stands in a page.

A page of the trainer may hold no styles of its own (its policy is `default-src 'self'`), so that every colour
and font here is a class of `static/debrief.css`. Nothing is told by colour alone: lines differ by dashes,
states by hatches and words, and the same stands in the page as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

from markupsafe import Markup

from console.report.material import Stretch
from console.trainer.debrief.curves import Point
from console.words import clock, plain, spaced, span

WIDTH: Final = 880.0
TOP: Final = 34.0
"""Room for the legend."""
FOOT: Final = 44.0
"""Room for the time below."""
RIGHT: Final = 36.0

MOST_TICKS_COUNT: Final = 8

TIME_STEPS_S: Final = (
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0),
    *(86400.0, 2 * 86400.0, 7 * 86400.0, 14 * 86400.0, 28 * 86400.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time that a figure shows, and the time of day at which the run's world began."""

    begin_s: float
    end_s: float
    clock_start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a figure; its place among the others decides how it looks."""

    label: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row of a figure of lanes: bars, marks, or both."""

    label: str
    bars: tuple[Stretch, ...] = ()
    marks_s: tuple[float, ...] = ()
    is_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Where a plot stands, and how its values become places."""

    left: float
    top: float
    height: float
    when: Span
    low: float = 0.0
    high: float = 1.0

    def x(self, t_s: float) -> float:
        length_s = max(self.when.end_s - self.when.begin_s, 1e-9)
        part = (min(max(t_s, self.when.begin_s), self.when.end_s) - self.when.begin_s) / length_s
        return self.left + part * (WIDTH - RIGHT - self.left)

    def y(self, value: float) -> float:
        return self.top + self.height * (1.0 - (value - self.low) / (self.high - self.low))


# -------------------------------------------------------------------- lines


def lines_chart(
    drawn: Sequence[Line],
    when: Span,
    *,
    unit: str,
    label: str,
    at_least: float,
    at_rest: tuple[str, float] | None = None,
    gaps: Iterable[Stretch] = (),
) -> Markup:
    """Draw lines over time.

    Args:
        drawn: The lines.
        when: What time to show.
        unit: Of the values.
        label: What the figure shows, for those who do not see it.
        at_least: Up to where the values reach at least, so that rounding errors fill no figure.
        at_rest: A level to compare with, and its name.
        gaps: Stretches to shade: no drug reached the vein.
    """
    values = [value for line in drawn for _, value in line.points]
    values += [0.0, at_least if at_rest is None else at_rest[1]]
    ticks = value_ticks(min(values), max(values))
    low, high = ticks[0], ticks[-1]
    frame = _Frame(left=64.0, top=TOP, height=190.0, when=when, low=low, high=high)
    parts = [
        *(_shade(frame, gap) for gap in gaps),
        *_value_axis(frame, ticks, unit),
        *_time_axis(frame),
    ]
    legend: list[tuple[str, str]] = []
    if at_rest is not None:
        y = _n(frame.y(at_rest[1]))
        parts.append(f'<path class="rest" d="M{_n(frame.left)} {y}H{_n(WIDTH - RIGHT)}"/>')
        legend.append(("rest", at_rest[0]))
    for place, line in enumerate(drawn):
        look = f"line line-{place % LOOKS_COUNT + 1}"
        parts.append(f'<path class="{look}" d="{_path(frame, line.points)}"/>')
        legend.append((look, line.label))
    return _svg(frame, [*_line_legend(frame.left, legend), *parts], label)


LOOKS_COUNT: Final = 6
"""So many lines look different in `debrief.css`."""


def _path(frame: _Frame, points: Sequence[Point]) -> str:
    return "".join(
        f"{'L' if place else 'M'}{_n(frame.x(t_s))} {_n(frame.y(value))}"
        for place, (t_s, value) in enumerate(points)
        if t_s <= frame.when.end_s
    )


def _shade(frame: _Frame, gap: Stretch) -> str:
    begin, end = frame.x(gap.begin_s), frame.x(gap.end_s)
    return _rect("gap", begin, frame.top, max(1.0, end - begin), frame.height)


def _value_axis(frame: _Frame, ticks: Sequence[float], unit: str) -> Iterator[str]:
    for value in ticks:
        y = frame.y(value)
        yield f'<path class="grid" d="M{_n(frame.left)} {_n(y)}H{_n(WIDTH - RIGHT)}"/>'
        yield _text(plain(value), frame.left - 8.0, y + 4.5, "end")
    yield _text(unit, frame.left - 8.0, frame.top - 14.0, "end", "unit")


def _line_legend(left: float, legend: Sequence[tuple[str, str]]) -> Iterator[str]:
    x = left
    for look, label in legend:
        yield f'<path class="{look}" d="M{_n(x)} 14h26"/>'
        yield _text(label, x + 32.0, 18.5)
        x += 32.0 + LETTER * len(label) + 22.0


LETTER: Final = 6.9
"""About how wide a letter is."""


def value_ticks(low: float, high: float) -> list[float]:
    """Give round values from `low` or below to `high` or above, four to seven of them."""
    rough = (high - low) / 4.0
    unit = 10.0 ** floor(log10(rough))
    step = next(each * unit for each in (1.0, 2.0, 2.5, 5.0, 10.0) if each * unit >= rough * 0.999)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 9) + 0.0 for place in range(first, last + 1)]


# -------------------------------------------------------------------- lanes

LANE: Final = 30.0
BAR: Final = 18.0


def lanes_chart(lanes: Sequence[Lane], when: Span, *, label: str) -> Markup:
    """Draw what went on at the same time, one row each, and say which look means what."""
    frame = _Frame(left=198.0, top=TOP, height=LANE * len(lanes), when=when)
    parts = [_hatches(), *_time_axis(frame)]
    for place, lane in enumerate(lanes):
        middle = frame.top + LANE * (place + 0.5)
        parts.append(_text(lane.label, 4.0, middle + 4.5, "start", "code" if lane.is_code else ""))
        parts.append(f'<path class="grid" d="M4 {_n(middle + LANE / 2.0)}H{_n(WIDTH - RIGHT)}"/>')
        for bar in lane.bars:
            begin, end = frame.x(bar.begin_s), frame.x(bar.end_s)
            parts.append(
                _rect(
                    f"bar {bar.name.replace('_', '-')}", begin, middle - BAR / 2.0, max(1.5, end - begin), BAR
                )
            )
        parts += [
            f'<path class="mark" d="M{_n(frame.x(t_s) - 5.0)} {_n(middle - 5.0)}h10l-5 10z"/>'
            for t_s in lane.marks_s
        ]
    seen = dict.fromkeys(bar.name for lane in lanes for bar in lane.bars)
    return _svg(frame, [*_bar_legend(frame.left, list(seen)), *parts], label)


def _bar_legend(left: float, names: Sequence[str]) -> Iterator[str]:
    x = left
    for name in names:
        words = BAR_WORDS.get(name, spaced(name))
        yield _rect(f"bar {name.replace('_', '-')}", x, 7.0, 16.0, 13.0)
        yield _text(words, x + 21.0, 18.5)
        x += 21.0 + LETTER * len(words) + 16.0


BAR_WORDS: Final = {"high": "high priority", "medium": "medium", "low": "low", "kvo": "KVO"}


def _hatches() -> str:
    """Give the hatches of bars, by their names in the style sheet."""
    return (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/>'
        '<path class="hatch-line" d="M0 0V6"/></pattern></defs>'
    )


# -------------------------------------------------------------------- what both have


def time_ticks(when: Span) -> list[float]:
    """Give round times of the run's world within what is shown, not too many."""
    length_s = when.end_s - when.begin_s
    step_s = next((each for each in TIME_STEPS_S if length_s / each <= MOST_TICKS_COUNT), TIME_STEPS_S[-1])
    first, last = ceil(when.begin_s / step_s - 1e-9), floor(when.end_s / step_s + 1e-9)
    return [step_s * place for place in range(first, last + 1)]


def _time_axis(frame: _Frame) -> Iterator[str]:
    bottom = frame.top + frame.height
    yield f'<path class="axis" d="M{_n(frame.left)} {_n(bottom)}H{_n(WIDTH - RIGHT)}"/>'
    for t_s in time_ticks(frame.when):
        x = frame.x(t_s)
        yield f'<path class="axis" d="M{_n(x)} {_n(bottom)}v5"/>'
        yield _text(span(t_s) if t_s else "0", x, bottom + 19.0, "middle")
    start = clock(0.0, frame.when.clock_start_s)[:5]
    middle = (frame.left + WIDTH - RIGHT) / 2.0
    yield _text(f"since the beginning, which is at {start}", middle, bottom + 37.0, "middle", "unit")


def _svg(frame: _Frame, parts: Iterable[str], label: str) -> Markup:
    height = frame.top + frame.height + FOOT
    # Every text in the parts went through `escape`.
    return Markup(  # noqa: S704 - drawn here
        f'<svg class="chart" viewBox="0 0 {_n(WIDTH)} {_n(height)}" role="img" aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _rect(look: str, x: float, y: float, width: float, height: float) -> str:
    return f'<rect class="{escape(look)}" x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}"/>'


def _text(text: str, x: float, y: float, anchor: str = "start", look: str = "") -> str:
    shown = f' class="{look}"' if look else ""
    return f'<text{shown} x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(text)}</text>'


def _n(number: float) -> str:
    return plain(number, 1)
