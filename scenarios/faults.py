"""What is wrong with a scenario file: every fault at once, each with its line and the remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from scenarios.locate import Path, key_lines, nearest_line


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its line (1 for the whole file), what is wrong and what to write instead."""

    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        """Give what and remedy, without the place."""
        return f"{self.what}; {self.remedy}"


class ScenarioError(Exception):
    """A scenario cannot be used. `faults` are all that is wrong with the file, in the order of its lines."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        self.file = file
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__(file, self.faults)

    def __str__(self) -> str:
        """Give every fault on a line of its own: file, line, what, remedy."""
        return "\n".join(f"{self.file}:{fault.line}: {fault}" for fault in self.faults)


class FaultList:
    """Gathers the faults of one text; looks for lines only when there is something to find."""

    __slots__ = ("_lines", "faults", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self._lines: dict[Path, int] | None = None

    def add(self, path: Path, what: str, remedy: str) -> None:
        """Note a fault of what stands at `path`, such as `("step", 2, "volume")`."""
        if self._lines is None:
            self._lines = key_lines(self.text)
        self.faults.append(Fault(nearest_line(self._lines, path), what, remedy))


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return the remedy for a name that is not one of `known`."""
    small = name.lower()
    starts = [each for each in known if small and each.lower().startswith(small)]
    close = get_close_matches(name, known, 1) or starts or get_close_matches(small, known, 1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
