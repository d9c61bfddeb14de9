"""`check` and `list`: every fault of every file at once, and what there is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli import run
from scenarios.loader import library_names, load
from tests.console.samples import DAY7, KINK, written
from tests.meta.repository import ROOT


def test_a_right_file_is_ok(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", written(tmp_path, KINK), DAY7]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("scenario.toml: ok, 4 steps, 0 expectations")
    assert second.startswith(f"{DAY7}: ok, 4 steps, ")


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(100_000_000)


def text(content: str) -> Callable[[Path], object]:
    return lambda path: path.write_text(content, encoding="utf-8")


def data(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


BAD_FILES: dict[str, tuple[Callable[[Path], object], int, str]] = {
    "syntax": (text(KINK.replace('id = "kink"', 'id = "kink')), 2, "TOML"),
    "unknown key": (text(KINK.replace("until =", "untill =")), 5, "did you mean until?"),
    "unknown table": (text(KINK.replace("[order]", "[ordre]")), 6, "did you mean order?"),
    "unknown verb": (text(KINK.replace('"unkink"', '"unkinck"')), 23, "did you mean unkink?"),
    "wrong unit": (text(KINK.replace("0.6 mL/h", "0.6 mmHg")), 7, "mmHg"),
    "wrong case": (text(KINK.replace("0.6 mL/h", "0.6 ML/h")), 7, "mL/h"),
    "bare number": (text(KINK.replace('"0.6 mL/h"', "0.6")), 7, "unit"),
    "comma": (text(KINK.replace("0.6 mL/h", "0,6 mL/h")), 7, "0.6"),
    "not a number": (text(KINK.replace('"0.6 mL/h"', "nan")), 7, "rate"),
    "newer schema": (text(KINK.replace("schema = 1", "schema = 2")), 1, "newer"),
    "step past the end": (text(KINK.replace('"3 h"', '"7 h"')), 22, "end"),
    "missing table": (text(KINK.replace("[order]", "[bag]", 1)), 1, "order"),
    "empty": (text(""), 1, "schema"),
    "binary": (data(bytes(range(256))), 1, "binary"),
    "latin-1": (data(KINK.replace("hour", "h\xf6ur").encode("latin-1")), 3, "UTF-8"),
    "100 MB": (sparse, 1, "1 MB"),
    "folder": (Path.mkdir, 1, "folder"),
    "missing": (lambda _path: None, 1, "no such file"),
}


@pytest.mark.parametrize("command", ["check", "replay"])
@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_bad_file_ends_with_two_and_names_file_line_and_remedy(
    command: str, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make, line, told = BAD_FILES[kind]
    path = tmp_path / "bad.toml"
    make(path)
    out = [] if command == "check" else ["--out", str(tmp_path / "out")]
    assert run([command, str(path), *out]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "Traceback" not in output.err
    assert "unexpected" not in output.err
    assert any(f"{path}:{line}: " in each for each in output.err.splitlines()), output.err
    assert told in output.err
    assert not (tmp_path / "out").exists()


def test_a_file_that_may_not_be_read_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, KINK)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert run(["check", path]) == 2
    assert f"{path}:1: cannot be read: Permission denied" in capsys.readouterr().err


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = written(tmp_path, KINK.replace("0.6 mL/h", "0.6").replace("196 ug", "196 mg/h"), "first.toml")
    second = written(tmp_path, KINK.replace("until", "untill"), "second.toml")
    right = written(tmp_path, KINK, "right.toml")
    assert run(["check", first, right, second]) == 2
    output = capsys.readouterr()
    assert [line.rsplit(": ", 2)[0] for line in output.out.splitlines()] == [right]
    for place in (f"{first}:7:", f"{first}:9:", f"{second}:5:"):
        assert place in output.err


def test_the_list_has_one_line_each_and_the_id_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(library_names())
    (line,) = [each for each in lines if each.startswith(DAY7)]
    assert line.split(maxsplit=1)[1] == load(DAY7).title


def test_the_list_can_be_narrowed_to_a_tag(capsys: pytest.CaptureFixture[str]) -> None:
    tag = load(DAY7).tags[0]
    assert run(["list", "--tag", tag]) == 0
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert DAY7 in ids
    assert all(tag in load(each).tags for each in ids)


def test_the_demo_replays_scenarios_that_exist() -> None:
    named = re.findall(r"ambupump replay (\S+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert DAY7 in named
    assert set(named) <= set(library_names())
