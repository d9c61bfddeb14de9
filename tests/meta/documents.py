"""Read the code blocks of a Markdown page and run them as a reader would.

A `console` block is a session: lines that begin with `$ ` are commands, what follows is what they
print, a line of three dots stands for any lines. Where a command is to fail, the fence says so:
```` ```console exit=1 ````. A block is run if one of its commands is `ambupump`. The `python` blocks
of a page are one program. All blocks of a page run in one folder, in order.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FENCE: Final = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})(?P<info>[^`]*)$")
LIMIT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: where its text begins, what the fence says, its text."""

    line_no: int
    info: tuple[str, ...]
    text: str

    @property
    def language(self) -> str:
        """The first word behind the fence."""
        return self.info[0] if self.info else ""

    @property
    def exit_no(self) -> int:
        """The exit status that the fence announces."""
        said = [word.removeprefix("exit=") for word in self.info[1:] if word.startswith("exit=")]
        return int(said[0]) if said else 0


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a console block and what it is said to print."""

    line_no: int
    text: str
    printed: tuple[str, ...]


def blocks(page: str) -> list[Block]:
    """Every fenced block of a Markdown text; one that is never closed is a fault of the page."""
    found: list[Block] = []
    opened: re.Match[str] | None = None
    start_no = 0
    lines: list[str] = []
    for number, line in enumerate(page.splitlines(), start=1):
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, start_no, lines = fence, number + 1, []
        elif fence and not fence["info"].strip() and fence["fence"].startswith(opened["fence"]):
            found.append(Block(start_no, tuple(opened["info"].split()), "\n".join(lines)))
            opened = None
        else:
            lines.append(line.removeprefix(opened["indent"]))
    if opened is not None:
        message = f"line {start_no - 1}: the block is never closed"
        raise ValueError(message)
    return found


def commands(block: Block) -> list[Command]:
    """The commands of a console block, each with the lines behind it."""
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line_no):
        if line.startswith("$ "):
            found.append(Command(number, line[2:].strip(), ()))
        elif found:
            last = found[-1]
            found[-1] = Command(last.line_no, last.text, (*last.printed, line.rstrip()))
        else:
            message = f"line {number}: a console block begins with a command"
            raise ValueError(message)
    return found


def is_run(block: Block) -> bool:
    """Whether a block is a session with the program."""
    return block.language == "console" and bool(re.search(r"^\$ ambupump\b", block.text, re.MULTILINE))


def trimmed(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines without the empty ones at both ends and without spaces at their ends."""
    return tuple("\n".join(line.rstrip() for line in lines).strip("\n").splitlines())


def agrees(expected: tuple[str, ...], printed: tuple[str, ...]) -> bool:
    """Whether lines are as expected, where an expected line `...` stands for any number of lines."""
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "..." else re.escape(line) + "\n" for line in trimmed(expected)
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in trimmed(printed))) is not None


def environment() -> dict[str, str]:
    """The variables of a plain terminal of 80 columns, with this Python's programs first on the path."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COV_", "PYTEST_"))
    }
    programs = str(Path(sys.executable).parent)
    return kept | {
        "PATH": os.pathsep.join([programs, kept.get("PATH", "")]),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "PYTHONUTF8": "1",
    }


def run(arguments: list[str], folder: Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder, standard error joined to its output."""
    return subprocess.run(
        arguments,
        cwd=folder,
        env=environment(),
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )


def console_faults(block: Block, folder: Path) -> Iterator[str]:
    """Run the commands of a block and say where it differs from the page."""
    for command in commands(block):
        done = run(["bash", "-c", command.text], folder)
        if done.returncode != block.exit_no:
            yield (
                f"line {command.line_no}: `{command.text}` ended with {done.returncode}, "
                f"the page says {block.exit_no}:\n{done.stdout}"
            )
        elif not agrees(command.printed, tuple(done.stdout.splitlines())):
            expected = "\n".join(command.printed)
            yield (
                f"line {command.line_no}: `{command.text}` printed\n{done.stdout}\nthe page says\n{expected}"
            )


def page_faults(page: str, folder: Path) -> list[str]:
    """Run every block of a page that can be run; what is wrong with them."""
    faults: list[str] = []
    program = ""
    for block in blocks(page):
        if is_run(block):
            faults += console_faults(block, folder)
        elif block.language == "python":
            # empty lines up to the block's own line, so that a traceback names the line of the page
            program += "\n" * (block.line_no - 1 - program.count("\n")) + block.text + "\n"
    if program:
        done = run([sys.executable, "-P", "-W", "error", "-"], folder, program)
        if done.returncode:
            faults.append(f"the Python of the page fails:\n{done.stdout}")
    return faults
