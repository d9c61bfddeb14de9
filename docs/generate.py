"""Write the generated pages of the reference, from the product's own tables.

    python -m docs.generate

`tests/meta/test_generated_docs.py` holds that the pages in the repository are what this writes, so that
tables and pages cannot part.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from docs import pump_pages, scenario_pages

FOLDER: Final = Path(__file__).parent / "reference"

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
}
"""Every generated page by its name, with what makes its text."""


def main() -> None:
    """Write every page that is not what it should be, and say which."""
    FOLDER.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        path = FOLDER / name
        text = make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"wrote {path.relative_to(FOLDER.parents[1])}")


if __name__ == "__main__":
    main()
