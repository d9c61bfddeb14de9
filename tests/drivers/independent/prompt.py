"""A prompt for what others wrote: runs what is typed, a line at a time, and says what came of it as JSON.

It is a process of its own, so that threads, output and files of a foreign program stay in there.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def came_of(line: str, names: dict[str, Any]) -> dict[str, str]:
    """Run one line; what an expression gives is told as Python would write it."""
    try:
        code = compile(line, "<typed>", "eval")
    except SyntaxError:
        code = compile(line, "<typed>", "exec")
    try:
        return {"came": repr(eval(code, names))}  # noqa: S307 - the tests' own lines
    except Exception as error:  # noqa: BLE001 - whatever a foreign program raises is told
        return {"raised": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Go on until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # a foreign program prints what it likes
    names: dict[str, Any] = {}
    for line in sys.stdin:
        print(json.dumps(came_of(line.strip(), names)), file=answers, flush=True)


if __name__ == "__main__":
    main()
