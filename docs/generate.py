"""Write the generated pages of the reference, from the product's own tables, and the figure of the README.

    python -m docs.generate

`tests/meta/test_generated_docs.py` holds that the pages in the repository are what this writes, so that
tables and pages cannot part. The figure is not held: its bytes may differ from one machine to another.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs import lesson_pages, pump_pages, scenario_pages, wire_pages
from scenarios.loader import load
from scenarios.runner import run
from sim.world.host import VirtualHost

FOLDER: Final = Path(__file__).parent / "reference"
PROTOCOLS: Final = Path(__file__).parent / "protocols"
FIGURE: Final = Path(__file__).parent / "images" / "day7.png"
FIGURE_OF: Final = "day7-shortfall-after-two-reprimes"

PAGES: Final[dict[str, Callable[[], str]]] = {
    "alarms.md": pump_pages.alarms,
    "delivery-modes.md": pump_pages.delivery_modes,
    "lock.md": pump_pages.lock_matrix,
    "signals.md": pump_pages.alarm_signals,
    "faults.md": pump_pages.faults,
    "profiles.md": pump_pages.profiles,
    "verbs.md": scenario_pages.verbs,
    "scenario-file.md": scenario_pages.scenario_file,
    "procedures.md": scenario_pages.procedures,
    "library.md": scenario_pages.library,
    "lessons.md": lesson_pages.lessons,
}
"""Every generated page of the reference by its name, with what makes its text."""

PROTOCOL_PAGES: Final[dict[str, Callable[[], str]]] = {
    "faults.md": wire_pages.line_faults,
}
"""Likewise the generated ones among the specifications of protocols; the others are written by hand."""


def pages() -> dict[Path, Callable[[], str]]:
    """Every generated page by its place."""
    return {FOLDER / name: make for name, make in PAGES.items()} | {
        PROTOCOLS / name: make for name, make in PROTOCOL_PAGES.items()
    }


def readme_figure() -> bytes:
    """Draw the README's figure: the one that `ambupump replay --out` leaves."""
    from console.report import figure  # noqa: PLC0415 - matplotlib is for this alone
    from console.report.material import Material  # noqa: PLC0415
    from console.signals import sample_run  # noqa: PLC0415

    verdict = run(load(FIGURE_OF), VirtualHost())
    signals = sample_run(verdict.scenario.setup, verdict.result)
    return figure.png(Material(verdict.scenario, verdict.result, verdict.found, signals))


def main() -> None:
    """Write every file that is not what it should be, and say which."""
    contents = {path: make().encode() for path, make in pages().items()} | {FIGURE: readme_figure()}
    for path, content in contents.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            print(f"wrote {path.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()
