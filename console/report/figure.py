"""The figures of a report. The only module that draws, and the only one that knows matplotlib.

Every panel is drawn twice from one function: alone as SVG for the page, and stacked in one PNG. The same
run gives the same bytes. Nothing is told by colour alone: lines differ by dashes, states by hatches and
words, priorities by letters.

In the page the colours are variables, so that they follow light, dark and print: each colour of
`INK` is replaced by `var(--name)`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, cast

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, MultipleLocator

from console.report.material import Material, Stretch
from console.signals import Sample
from console.story import Lane, timeline
from console.words import clock, moment, spaced

INK: Final = MappingProxyType(
    {
        "ink": "#1b1f24",
        "muted": "#59626c",
        "rule": "#d5dae0",
        "blue": "#0067a5",
        "orange": "#c2500a",
        "green": "#00805c",
        "sky": "#5aa9dd",
        "amber": "#b77900",
        "violet": "#8a4b84",
        "paper": "#fefefe",
    }
)
"""Colours that stay apart for colour-blind eyes and in grey, by the names of the page's variables."""

WIDTH_IN: Final = 8.6
LEFT_IN: Final = 2.0
"""Room for the alarms' codes; in one picture for all panels, so that their times stand below each other."""
LEFT_ALONE_IN: Final = 0.62
RIGHT_IN: Final = 0.25
DOTS_PER_IN: Final = 144

HEAD_IN: Final = 0.32
"""Above every plot: its title and legend."""
FOOT_IN: Final = 0.52
"""Below every plot that bears the time: ticks and label."""
CAPTION_IN: Final = 0.55

STYLE: Final = MappingProxyType(
    {
        "svg.hashsalt": "ambupump",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9.0,
        "axes.edgecolor": INK["muted"],
        "axes.labelcolor": INK["ink"],
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.facecolor": "none",
        "axes.titlesize": 10.0,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 6.0,
        "grid.color": INK["rule"],
        "grid.linewidth": 0.6,
        "hatch.linewidth": 0.7,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.5,
        "text.color": INK["ink"],
        "text.parse_math": False,
        "xtick.color": INK["muted"],
        "ytick.color": INK["muted"],
        "xtick.labelcolor": INK["ink"],
        "ytick.labelcolor": INK["ink"],
        "patch.linewidth": 0.8,
    }
)

MODE_LOOK: Final = MappingProxyType(
    {
        "running": ("green", ""),
        "kvo": ("sky", ""),
        "priming": ("sky", "////"),
        "stopped": ("rule", ""),
        "halted": ("orange", "xxxx"),
        "complete": ("violet", ""),
        "fault": ("orange", "...."),
        "off": ("paper", ""),
        "self_test": ("paper", "...."),
    }
)
"""By mode: colour and hatch."""

PRIORITY_LOOK: Final = MappingProxyType(
    {"high": ("orange", "high"), "medium": ("amber", "med."), "low": ("sky", "low")}
)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a panel may draw: from `top_in` downwards, from `left_in` to the right edge."""

    figure: Figure
    top_in: float
    left_in: float = LEFT_IN

    def axes(
        self, below_in: float, height_in: float, part: tuple[float, float] = (0.0, 1.0), **more: Any
    ) -> Axes:
        """Add a plot of `height_in` that begins `below_in` under the panel's top.

        Args:
            below_in: Room left above it.
            height_in: Its height.
            part: From where to where of the width it goes.
            more: For matplotlib.
        """
        whole_in = self.figure.get_figheight()
        room_in = WIDTH_IN - self.left_in - RIGHT_IN
        return self.figure.add_axes(
            (
                (self.left_in + part[0] * room_in) / WIDTH_IN,
                (whole_in - self.top_in - below_in - height_in) / whole_in,
                (part[1] - part[0]) * room_in / WIDTH_IN,
                height_in / whole_in,
            ),
            **more,
        )


# -------------------------------------------------------------------- what leaves this module


def png(material: Material) -> bytes:
    """Return all panels in one picture, for slides and paper."""
    with _style():
        heights_in = [height_in(material) for _, height_in, _ in PANELS]
        whole_in = CAPTION_IN + sum(heights_in)
        figure = Figure(figsize=(WIDTH_IN, whole_in), facecolor="white")
        FigureCanvasAgg(figure)
        top_in = CAPTION_IN
        for (_, _, draw), height_in in zip(PANELS, heights_in, strict=True):
            draw(Frame(figure, top_in), material)
            top_in += height_in
        scenario = material.scenario
        figure.text(0.02, 1.0 - 0.2 / whole_in, scenario.title, fontsize=11.0, fontweight="bold", va="center")
        about = f"{scenario.id}, seed {material.result.seed}; simulated, not a medical device"
        figure.text(0.02, 1.0 - 0.4 / whole_in, about, va="center")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS_PER_IN, metadata={"Software": None})
    return buffer.getvalue()


def svgs(material: Material) -> dict[str, str]:
    """Return every panel alone as SVG to stand in a page, by its name."""
    with _style():
        return {
            name: _svg(material, height_in(material), draw, name)
            for name, height_in, draw in (*PANELS, CLOSE_UPS)
            if height_in(material) > 0.0
        }


def _svg(material: Material, height_in: float, draw: Draw, name: str) -> str:
    figure = Figure(figsize=(WIDTH_IN, height_in), facecolor="none")
    draw(Frame(figure, 0.0, LEFT_IN if name == "states" else LEFT_ALONE_IN), material)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return for_page(buffer.getvalue(), name)


def for_page(svg: str, name: str) -> str:
    """Fit an SVG file into an HTML page: no prologue, own ids, colours and font as variables of the page."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1
    )
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    svg = re.sub(r"font: ([^;\"]*?)(\d+(?:\.\d+)?px) [^;\"]*", r"font: \1\2 var(--sans)", svg)
    for role, colour in INK.items():
        svg = svg.replace(colour, f"var(--{role})")
    return svg


@contextmanager
def _style() -> Iterator[None]:
    """Draw in this module's style, whatever the user's own settings are, and leave those as they were.

    A title may hold letters that the picture's font lacks: it then shows a box, and says nothing more.
    """
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        mpl.rcdefaults()
        mpl.rcParams.update(cast("Any", STYLE))
        yield


# -------------------------------------------------------------------- time axes


def _axis_of_time(axes: Axes, material: Material, *, labelled: bool = True) -> float:
    """Set up the time axis in a unit that suits; returns that unit in seconds."""
    end_s = material.result.end_s
    unit_s, word = next(
        (size_s, name)
        for size_s, name, least_s in TIME_UNITS
        if end_s > least_s or size_s == TIME_UNITS[-1][0]
    )
    axes.set_xlim(0.0, max(end_s, 1.0) / unit_s)
    if unit_s == 86400.0:
        days_count = end_s / unit_s
        weekly = MultipleLocator(7.0) if days_count <= 70.0 else MaxNLocator(14, integer=True)
        axes.xaxis.set_major_locator(MultipleLocator(1.0) if days_count <= 15.0 else weekly)
    if labelled:
        start = clock(0.0, material.scenario.setup.clock_start_s)[:5]
        axes.set_xlabel(f"{word} since the beginning, which is at {start}")
    else:
        axes.tick_params(labelbottom=False)
    return unit_s


TIME_UNITS: Final = ((86400.0, "days", 2 * 86400.0), (3600.0, "hours", 3 * 3600.0), (60.0, "minutes", 0.0))
"""A unit in seconds, its word, and from what length on it is used."""


def _shade_gaps(axes: Axes, material: Material, unit_s: float) -> None:
    """Show on every panel when no drug reached the vein."""
    for gap in material.gaps:
        axes.axvspan(
            gap.begin_s / unit_s,
            gap.end_s / unit_s,
            facecolor=INK["rule"],
            edgecolor="none",
            alpha=0.55,
            zorder=0,
        )


def _line(axes: Axes, material: Material, unit_s: float, values: Iterable[float], **look: Any) -> None:
    axes.plot([t_s / unit_s for t_s in material.times_s], list(values), **look)


def _legend(axes: Axes, **more: Any) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, borderaxespad=0.1, **more)


# -------------------------------------------------------------------- states, alarms, actions


def _states_plot_in(material: Material) -> float:
    return 0.27 * (3 + len(material.alarm_codes))


def _states_height_in(material: Material) -> float:
    return HEAD_IN + _states_plot_in(material) + FOOT_IN


def _draw_states(frame: Frame, material: Material) -> None:
    axes = frame.axes(HEAD_IN, _states_plot_in(material))
    unit_s = _axis_of_time(axes, material)
    rows = ["pump", "drug to the vein", *material.alarm_codes, "actions"]
    axes.set_yticks(range(len(rows)), rows)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0, pad=8.0)
    _bars_of_modes(axes, material, unit_s)
    _bars_of_drug(axes, material, unit_s)
    for row, code in enumerate(material.alarm_codes, start=2):
        _bars_of_alarm(axes, material, unit_s, row, code)
    _marks_of_actions(axes, material, unit_s, len(rows) - 1)
    axes.set_title("States, alarms and actions")
    seen = dict.fromkeys(stretch.name for stretch in material.modes)
    handles = [
        Patch(
            facecolor=INK[MODE_LOOK[mode][0]],
            edgecolor=INK["ink"],
            hatch=MODE_LOOK[mode][1],
            label=spaced(mode),
        )
        for mode in seen
    ]
    _legend(axes, handles=handles, handlelength=1.2, columnspacing=1.0)


def _bar(axes: Axes, stretch: Stretch, unit_s: float, row: int, **look: Any) -> None:
    axes.barh(row, (stretch.end_s - stretch.begin_s) / unit_s, 0.62, left=stretch.begin_s / unit_s, **look)


def _bars_of_modes(axes: Axes, material: Material, unit_s: float) -> None:
    for stretch in material.modes:
        role, hatch = MODE_LOOK[stretch.name]
        _bar(axes, stretch, unit_s, 0, facecolor=INK[role], edgecolor=INK["ink"], linewidth=0.5, hatch=hatch)


def _bars_of_drug(axes: Axes, material: Material, unit_s: float) -> None:
    """A bar where drug reached the vein; what is missing from it are the interruptions."""
    start_s = material.result.start_s
    if start_s is None:
        return
    edges_s = [
        start_s,
        *(t_s for gap in material.gaps for t_s in (gap.begin_s, gap.end_s)),
        material.result.end_s,
    ]
    for begin_s, end_s in zip(edges_s[::2], edges_s[1::2], strict=True):
        if end_s > begin_s:
            _bar(axes, Stretch("drug", begin_s, end_s), unit_s, 1, facecolor=INK["blue"], edgecolor="none")
    for gap in material.gaps:
        axes.plot(gap.begin_s / unit_s, 1, marker="|", color=INK["ink"], markersize=11, markeredgewidth=1.2)


def _bars_of_alarm(axes: Axes, material: Material, unit_s: float, row: int, code: str) -> None:
    end_s = material.result.end_s
    for alarm in material.result.alarms:
        if alarm.code != code:
            continue
        role, letter = PRIORITY_LOOK[alarm.priority]
        until_s = end_s if alarm.cleared_s is None else alarm.cleared_s
        _bar(
            axes,
            Stretch(code, alarm.raised_s, until_s),
            unit_s,
            row,
            facecolor=INK[role],
            edgecolor=INK[role],
            linewidth=1.5,
        )
        late = until_s > 0.9 * end_s
        axes.annotate(
            letter,
            ((alarm.raised_s if late else until_s) / unit_s, row),
            xytext=(-4 if late else 4, 0),
            textcoords="offset points",
            ha="right" if late else "left",
            va="center",
            fontsize=7.5,
            color=INK["ink"],
        )


def _marks_of_actions(axes: Axes, material: Material, unit_s: float, row: int) -> None:
    acted = [entry for entry in timeline(material.result) if entry.lane is Lane.ACTION]
    refused = [entry.t_s / unit_s for entry in acted if entry.mark == "refused"]
    done = [entry.t_s / unit_s for entry in acted if entry.mark != "refused"]
    done += [
        entry.t_s / unit_s
        for entry in timeline(material.result)
        if entry.lane is Lane.PUMP and " by the " in entry.text
    ]
    look: dict[str, Any] = {"linestyle": "none", "clip_on": False}
    axes.plot(done, [row] * len(done), marker="v", color=INK["ink"], markersize=5, **look)
    axes.plot(
        refused,
        [row] * len(refused),
        marker="x",
        color=INK["orange"],
        markersize=6,
        markeredgewidth=1.6,
        **look,
    )


# -------------------------------------------------------------------- volumes


def _draw_volumes(frame: Frame, material: Material) -> None:
    above, below = frame.axes(HEAD_IN, 1.5), frame.axes(2.0 * HEAD_IN + 1.55, 0.9)
    planned_ml = [material.planned_so_far_ml(t_s) for t_s in material.times_s]
    delivered_ml = [sample.delivered_ml for sample in material.samples]
    believed_ml = material.believed_ml
    unit_s = _axis_of_time(above, material, labelled=False)
    _shade_gaps(above, material, unit_s)
    planned = {"color": INK["muted"], "linestyle": ":", "linewidth": 1.2}
    true, believed = {"color": INK["blue"]}, {"color": INK["orange"], "linestyle": "--"}
    _line(above, material, unit_s, planned_ml, label="planned", **planned)
    _line(above, material, unit_s, delivered_ml, label="delivered (true)", **true)
    _line(above, material, unit_s, believed_ml, label="given (believed)", **believed)
    above.set_ylabel("mL")
    above.set_ylim(bottom=0.0)
    above.set_title("Believed against delivered")
    _legend(above)
    unit_s = _axis_of_time(below, material)
    _shade_gaps(below, material, unit_s)
    behind_ml = [plan_ml - true_ml for plan_ml, true_ml in zip(planned_ml, delivered_ml, strict=True)]
    missing_ml = [pump_ml - true_ml for pump_ml, true_ml in zip(believed_ml, delivered_ml, strict=True)]
    _line(below, material, unit_s, behind_ml, label="behind the plan", **true)
    _line(below, material, unit_s, missing_ml, label="believed and not delivered", **believed)
    below.axhline(0.0, color=INK["muted"], linewidth=0.8)
    below.set_ylabel("mL")
    _at_least(below, -0.05, 0.5)
    _legend(below)


def _at_least(axes: Axes, low: float, high: float) -> None:
    """Keep rounding errors from filling a panel: its range covers at least `low` to `high`."""
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, low), max(top, high))


# -------------------------------------------------------------------- pressure


def _draw_pressure(frame: Frame, material: Material) -> None:
    axes = frame.axes(HEAD_IN, 1.5)
    unit_s = _axis_of_time(axes, material)
    _shade_gaps(axes, material, unit_s)
    _pressure_lines(axes, material.samples, material, unit_s, 0.0)
    axes.set_title("Pressure at the pump")
    axes.set_ylabel("mmHg")
    _legend(axes)


def _pressure_lines(
    axes: Axes, samples: Sequence[Sample], material: Material, unit_s: float, zero_s: float
) -> None:
    times = [(sample.t_s - zero_s) / unit_s for sample in samples]
    axes.plot(times, [each.p_down_mmhg for each in samples], color=INK["blue"], label="behind it")
    axes.plot(
        times, [each.p_up_mmhg for each in samples], color=INK["green"], linestyle="--", label="at its inlet"
    )
    pump = material.scenario.setup.pump
    for limit_mmhg in (pump.downstream_mmhg, pump.upstream_mmhg):
        axes.axhline(limit_mmhg, color=INK["muted"], linestyle="-.", linewidth=0.9)
    axes.plot([], [], color=INK["muted"], linestyle="-.", linewidth=0.9, label="alarm limits")
    _at_least(axes, pump.upstream_mmhg - 60.0, pump.downstream_mmhg + 60.0)


def _close_ups_height_in(material: Material) -> float:
    return 0.45 + 1.5 + FOOT_IN if material.close_ups else 0.0


def _draw_close_ups(frame: Frame, material: Material) -> None:
    """Draw pressure around each of the first occlusion alarms, in minutes."""
    windows = material.close_ups
    share = 1.0 / max(2, len(windows))
    first: Axes | None = None
    for place, (begin_s, end_s, alarm) in enumerate(windows):
        axes = frame.axes(0.45, 1.5, (place * share, (place + 1) * share - 0.04), sharey=first)
        zero_s = alarm.raised_s
        _pressure_lines(axes, material.between(begin_s, end_s), material, 60.0, zero_s)
        axes.axvline(0.0, color=INK["orange"], linewidth=1.0)
        axes.set_xlim((begin_s - zero_s) / 60.0, (end_s - zero_s) / 60.0)
        axes.xaxis.set_major_locator(MultipleLocator(30.0))
        axes.set_title(f"{alarm.code}\n{moment(zero_s)}", fontsize=8.5)
        axes.set_xlabel("minutes around the alarm")
        if first is None:
            axes.set_ylabel("mmHg")
        else:
            axes.tick_params(labelleft=False)
        first = first or axes


# -------------------------------------------------------------------- air and level


def _draw_air(frame: Frame, material: Material) -> None:
    above, below = frame.axes(HEAD_IN, 0.6), frame.axes(2.0 * HEAD_IN + 0.65, 0.6)
    unit_s = _axis_of_time(above, material, labelled=False)
    changing = _changing(material.samples, lambda each: each.detector_air_frac)
    above.fill_between(
        [each.t_s / unit_s for each in changing],
        [100.0 * each.detector_air_frac for each in changing],
        facecolor=INK["sky"],
        edgecolor=INK["blue"],
        linewidth=1.0,
    )
    above.set_ylim(0.0, 105.0)
    above.set_ylabel("%")
    above.set_title("Air at the detector")
    unit_s = _axis_of_time(below, material)
    _line(below, material, unit_s, (each.air_ul for each in material.samples), color=INK["blue"])
    below.set_ylim(bottom=0.0)
    _at_least(below, 0.0, 10.0)
    below.set_ylabel("uL")
    below.set_title("Air into the vein, in all")


def _changing(samples: Sequence[Sample], value: Callable[[Sample], float]) -> list[Sample]:
    """Return the samples that a line through equal values needs: the ends, and where it changes."""
    inner = zip(samples, samples[1:], samples[2:], strict=False)
    kept = [here for before, here, after in inner if not value(before) == value(here) == value(after)]
    return [samples[0], *kept, samples[-1]]


def _draw_level(frame: Frame, material: Material) -> None:
    axes = frame.axes(HEAD_IN, 1.3)
    unit_s = _axis_of_time(axes, material)
    _shade_gaps(axes, material, unit_s)
    axes.axhline(
        material.planned_level_pg_ml,
        color=INK["muted"],
        linestyle=":",
        linewidth=1.2,
        label="planned, at rest",
    )
    levels_pg_ml = (each.level_pg_ml for each in material.samples)
    _line(axes, material, unit_s, levels_pg_ml, color=INK["violet"], label="by the model")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("pg/mL")
    axes.set_title("Drug level")
    _legend(axes)


Draw = Callable[[Frame, Material], None]

PANELS: Final[tuple[tuple[str, Callable[[Material], float], Draw], ...]] = (
    ("states", _states_height_in, _draw_states),
    ("volumes", lambda _material: 2.0 * HEAD_IN + 2.45 + FOOT_IN, _draw_volumes),
    ("pressure", lambda _material: HEAD_IN + 1.5 + FOOT_IN, _draw_pressure),
    ("air", lambda _material: 2.0 * HEAD_IN + 1.25 + FOOT_IN, _draw_air),
    ("level", lambda _material: HEAD_IN + 1.3 + FOOT_IN, _draw_level),
)
"""Name, height in inches, and how it is drawn."""

CLOSE_UPS: Final = ("close-ups", _close_ups_height_in, _draw_close_ups)
