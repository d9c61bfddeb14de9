"""What the documentation shows is what happens: its code blocks are run and their output compared."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.meta.documents import Block, agrees, blocks, commands, is_run, page_faults
from tests.meta.repository import shown, tracked_files

PAGES = [
    path
    for path in tracked_files()
    if shown(path) == "README.md" or shown(path).startswith("docs/")
    if path.suffix == ".md"
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository's files, for commands to leave their output in."""
    for path in tracked_files():
        target = tmp_path / shown(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_page_tells_the_truth(page: Path, copy: Path) -> None:
    faults = page_faults(page.read_text(encoding="utf-8"), copy)
    assert not faults, "\n\n".join(f"{shown(page)}, {fault}" for fault in faults)


SAMPLE = """\
# Sample

```console
$ ambupump list
one    the first
...
$ ls
out
```

  ~~~python
  import math
  ~~~

````text
```console
$ ambupump nothing
```
````

```console exit=2
$ ambupump check no-such-file
```

```sh
ambupump train
```
"""


def test_blocks_are_found_with_their_lines() -> None:
    assert [(block.line_no, block.info) for block in blocks(SAMPLE)] == [
        (4, ("console",)),
        (12, ("python",)),
        (16, ("text",)),
        (22, ("console", "exit=2")),
        (26, ("sh",)),
    ]
    assert blocks(SAMPLE)[1].text == "import math"


def test_only_sessions_with_the_program_are_run() -> None:
    assert [block.line_no for block in blocks(SAMPLE) if is_run(block)] == [4, 22]
    assert not is_run(Block(1, ("console",), "$ make demo\n$ ls"))


def test_a_fence_announces_the_exit_status() -> None:
    assert [block.exit_no for block in blocks(SAMPLE)] == [0, 0, 0, 2, 0]


def test_commands_take_the_lines_behind_them() -> None:
    first, second = commands(blocks(SAMPLE)[0])
    assert (first.line_no, first.text, first.printed) == (4, "ambupump list", ("one    the first", "..."))
    assert (second.line_no, second.text, second.printed) == (7, "ls", ("out",))


def test_a_page_with_an_open_block_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2: the block is never closed"):
        blocks("text\n```console\n$ ambupump list\n")


def test_a_session_that_begins_with_output_is_refused() -> None:
    with pytest.raises(ValueError, match="line 3: a console block begins with a command"):
        commands(Block(3, ("console",), "one\n$ ambupump list"))


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        (("a", "b"), ("a", "b"), True),
        (("a", "b"), ("a", "b", "c"), False),
        (("a", "b", "c"), ("a", "b"), False),
        (("a.b",), ("axb",), False),
        (("a", "...", "d"), ("a", "b", "c", "d"), True),
        (("a", "...", "d"), ("a", "d"), True),
        (("a", "...", "d"), ("a", "b"), False),
        (("...",), (), True),
        ((), ("a",), False),
        (("a  ", ""), ("a", ""), True),
        (("a...",), ("a...",), True),
        (("a...",), ("abc",), False),
    ],
)
def test_dots_stand_for_lines_and_nothing_else_does(
    expected: tuple[str, ...], printed: tuple[str, ...], same: bool
) -> None:
    assert agrees(expected, printed) is same


def test_a_page_is_run_and_its_faults_are_found(tmp_path: Path) -> None:
    session = "$ ambupump() { echo pumped; }; ambupump\n{printed}"
    true, false = (
        "```console\n" + session.replace("{printed}", words) + "\n```\n" for words in ("pumped", "stopped")
    )
    program = "```python\nx = 1\n```\ntext\n```python\nassert x == {value}\n```\n"
    assert page_faults(true + program.replace("{value}", "1"), tmp_path) == []
    (wrong,) = page_faults(false, tmp_path)
    assert "line 2" in wrong
    assert "pumped" in wrong
    (failed,) = page_faults(program.replace("{value}", "2"), tmp_path)
    assert "line 6" in failed


@pytest.mark.parametrize(("announced", "ended", "fault_count"), [(0, 0, 0), (1, 1, 0), (0, 1, 1), (1, 0, 1)])
def test_a_wrong_exit_status_is_a_fault(announced: int, ended: int, fault_count: int, tmp_path: Path) -> None:
    page = f"```console exit={announced}\n$ ambupump() {{ return {ended}; }}; ambupump\n```\n"
    assert len(page_faults(page, tmp_path)) == fault_count
