"""Files of a run are complete under their final names, or not there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from console.cli import run
from console.errors import UserError
from console.output import OutputFolder
from tests.console.samples import KINK, written


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    with OutputFolder(folder) as output:
        output.write("one.txt", "1 µL\n")
        output.write("two.bin", b"\x00\r\n")
        assert not (folder / "one.txt").exists()
    assert names(folder) == ["one.txt", "two.bin"]
    assert (folder / "one.txt").read_bytes() == b"1 \xc2\xb5L\n"
    assert (folder / "two.bin").read_bytes() == b"\x00\r\n"
    assert output.names == ("one.txt", "two.bin")


def test_files_get_the_rights_that_new_files_get(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out") as output:
        output.write("one.txt", "1")
    plain = tmp_path / "plain.txt"
    plain.write_text("1", encoding="utf-8")
    assert (tmp_path / "out" / "one.txt").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, UserError])
def test_an_interruption_leaves_the_earlier_run_as_it_was(error: type[BaseException], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with OutputFolder(folder) as output:
        output.write("one.txt", "earlier")

    def interrupted() -> None:
        with OutputFolder(folder) as output:
            output.write("one.txt", "later")
            output.write("two.txt", "later")
            raise error("now")

    with pytest.raises(error):
        interrupted()
    assert names(folder) == ["one.txt"]
    assert (folder / "one.txt").read_text(encoding="utf-8") == "earlier"


def failing(number: int) -> object:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "told"),
    [(errno.ENOSPC, "the disk is full"), (errno.EDQUOT, "make room"), (errno.EIO, "another folder")],
)
def test_a_full_disk_leaves_nothing_and_says_so(
    number: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", failing(number))
    folder = tmp_path / "out"
    with pytest.raises(UserError, match=told), OutputFolder(folder) as output:
        output.write("one.txt", "1")
    assert names(folder) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_place_one_may_not_write_to_is_said_before_the_work(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, KINK)
    monkeypatch.setattr(Path, "touch", failing(number))
    monkeypatch.setattr("scenarios.runner.run", lambda *_: pytest.fail("it should not have run"))
    assert run(["replay", path, "--out", str(tmp_path / "out")]) == 2
    assert f"cannot write to {tmp_path / 'out'}: " in capsys.readouterr().err


def test_a_file_in_place_of_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, KINK)
    assert run(["replay", path, "--out", path]) == 2
    assert "it is a file" in capsys.readouterr().err
    assert run(["replay", path, "--out", f"{path}/deeper"]) == 2
    assert "a part of its path is a file" in capsys.readouterr().err
    assert Path(path).read_text(encoding="utf-8") == KINK


def test_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "one.txt").mkdir()

    def attempt() -> None:
        with OutputFolder(tmp_path) as out:
            out.write("zero.txt", "0")
            out.write("one.txt", "1")

    with pytest.raises(UserError, match="a folder stands where a file belongs"):
        attempt()
    assert names(tmp_path) == ["one.txt"]


def test_a_name_that_is_too_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", written(tmp_path, KINK), "--out", str(tmp_path / ("x" * 300))]) == 2
    assert "too long" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "exit_code"),
    [("raise KeyboardInterrupt", 130), ("raise ValueError('no')", 2), ("os._exit(9)", 9)],
)
def test_a_replay_cut_off_leaves_no_half_file_under_its_final_name(
    end: str, exit_code: int, tmp_path: Path
) -> None:
    # Cut off as late as can be: when the last file has been made and only its writing is left.
    script = tmp_path / "cut.py"
    script.write_text(
        "import os, sys\n"
        "import console.report.html\n"
        "def cut(*_):\n"
        f"    {end}\n"
        "console.report.html.render = cut\n"
        "from console.cli import run\n"
        "sys.exit(run(sys.argv[1:]))\n",
        encoding="utf-8",
    )
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "trace.jsonl").write_text("earlier", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, "replay", written(tmp_path, KINK), "--out", folder],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == exit_code
    assert "Traceback" not in done.stderr
    assert [name for name in names(folder) if not name.startswith(".")] == ["trace.jsonl"]
    assert (folder / "trace.jsonl").read_text(encoding="utf-8") == "earlier"
