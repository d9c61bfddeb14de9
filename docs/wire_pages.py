"""The pages about the wire, from the tables of `drivers/`."""

from __future__ import annotations

from math import inf

from docs.markdown import code, page, section, span, table
from drivers.faults import script
from drivers.faults.catalogue import BOTH, KINDS, FaultKind, Unit


def line_faults() -> str:
    """Write every fault that a line can have, and what a correct host does about it."""
    return page(
        "Faults of the line",
        "`drivers/faults/catalogue.py`",
        f"{len(KINDS)} things that happen to real cables, on demand and repeatable. The same table serves "
        "the emulator, the tests and the proxy between a real host and a real pump. A script says which of "
        "them happen, a seed what chance does.",
        section(
            "What a correct host does",
            table(
                ("Fault", "What happens", "What a correct host does"),
                ((f"[{code(each.name)}](#{each.name})", each.does, each.host) for each in KINDS.values()),
            ),
        ),
        section("How faults are asked for", (script.__doc__ or "").strip()),
        section("Every fault", *(_fault(each) for each in KINDS.values())),
    )


def _fault(kind: FaultKind) -> str:
    words = [
        f"Way: {_ways(kind)}.",
        f"Picks {'frames or bytes' if Unit.BYTE in kind.units else 'frames'}.",
    ]
    if kind.lasts:
        words.append("Begins at a time, or with what is picked.")
    if kind.length is not None:
        default = "for ever" if kind.length.default_s == inf else span(kind.length.default_s)
        words.append(f"{code(kind.length.word)} {kind.length.meaning}, else {default}.")
    if kind.has_jitter:
        words.append("`jitter` adds up to so much by chance.")
    if kind.amount is not None:
        given = kind.amount.default_count
        words.append(
            f"{code(kind.amount.word)} {kind.amount.meaning}, else {'by chance' if given is None else given}."
        )
    if kind.has_place:
        words.append("`before`, `inside` or `after` a frame, else before.")
    if kind.has_data:
        words.append("`hex` gives the bytes.")
    does = f"{kind.does[0].upper()}{kind.does[1:]}."
    return f"### {kind.name}\n\n{does} {' '.join(words)}\n\nA correct host: {kind.host}"


def _ways(kind: FaultKind) -> str:
    if kind.ways == BOTH:
        return "both, unless one is named"
    return f"{kind.ways[0]}{'' if kind.one_way else ', unless another is named'}"
