"""`python -m bench`: measure, and print one table. It passes no judgement but says which aims are reached."""

from __future__ import annotations

import sys

from bench import engine, live, programs, trainer, wire
from bench.table import Row, rendered


def main() -> None:
    """Measure everything, which takes a minute or two."""
    rows: list[Row] = []
    for part in (engine, programs, live, wire, trainer):
        for row in part.rows():
            print(row.name.strip(), file=sys.stderr)
            rows.append(row)
    print(rendered(rows))


if __name__ == "__main__":
    main()
