"""Markdown for the generated pages: tables, headings, state diagrams."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

MARKS = (
    "Certainty: F read in the named source, S in a secondary compilation, D derived by arithmetic, "
    "G general knowledge and unverified, X a choice of this project without a source. "
    "The keys of the sources stand in [sources.md](../sources.md)."
)


def page(title: str, made_from: str, *parts: str) -> str:
    """Return a whole page: title, where it comes from, and its parts."""
    origin = f"Written by `make docs` from {made_from}; do not edit by hand."
    return "\n\n".join((f"# {title}", origin, *parts)) + "\n"


def section(title: str, *parts: str) -> str:
    """Return a section of the second level."""
    return "\n\n".join((f"## {title}", *parts))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell(text) for text in line)} |" for line in lines)


def cell(text: str) -> str:
    """Return a text as it may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Return a word of the program as such."""
    return f"`{text}`" if text else ""


def yes(*, when: bool) -> str:
    """Return yes, or nothing: an empty cell is easier to see past than a no."""
    return "yes" if when else ""


def span(time_s: float, never: str = "") -> str:
    """Return a length of time in the largest unit in which it is a whole number."""
    if time_s == inf:
        return never
    for unit, unit_s in (("h", 3600.0), ("min", 60.0)):
        if time_s >= unit_s and time_s % unit_s == 0.0:
            return f"{time_s / unit_s:g} {unit}"
    return f"{time_s:g} s"


def state_diagram(arrows: Iterable[tuple[str, str, str]], first: str) -> str:
    """Return a mermaid diagram of `(from, trigger, to)`; arrows between the same two states share a line."""
    labels: dict[tuple[str, str], list[str]] = {}
    for state_from, trigger, state_to in arrows:
        labels.setdefault((state_from, state_to), []).append(trigger)
    lines = [f"    [*] --> {_state(first)}"]
    lines += [
        f"    {_state(state_from)} --> {_state(state_to)}: {', '.join(triggers)}"
        for (state_from, state_to), triggers in labels.items()
    ]
    return "\n".join(("```mermaid", "stateDiagram-v2", *lines, "```"))


def _state(name: str) -> str:
    return name.replace(" ", "_")
