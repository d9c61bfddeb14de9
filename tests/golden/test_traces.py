"""A few scenarios' whole traces. `make golden` writes them again; read the diff before committing it."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

from scenarios.loader import load
from scenarios.runner import run
from scenarios.trace import trace_lines
from sim.world.host import VirtualHost

TRACES = Path(__file__).parent / "traces"

NAMES = (
    "change-on-time",
    "day7-shortfall-after-two-reprimes",
    "dry-bag-cassette-silent",
    "kink-cleared-in-time",
    "pump-plus-6-percent",
    "switch-7d-to-24h-set-kept",
)
"""One of each kind: a change, the end of a bag on two pumps, an occlusion, accuracy, a kept set."""


@pytest.mark.parametrize("name", NAMES)
def test_a_trace_is_what_it_was(name: str, *, update_golden: bool) -> None:
    file = TRACES / f"{name}.jsonl"
    told = list(trace_lines(run(load(name), VirtualHost()), "golden"))
    if update_golden:
        file.write_text("".join(told), encoding="utf-8")
    kept = file.read_text(encoding="utf-8").splitlines(keepends=True)
    changed = [(was, now) for was, now in zip_longest(kept, told) if was != now]
    assert not changed, f"{len(changed)} lines differ, the first: {changed[0]}"
