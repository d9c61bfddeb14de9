"""The file of runs: nothing that was added is lost, nothing is changed, and faults are said in one line."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.errors import UserError
from console.trainer.kept.record import Entry, Kind, Mode, Origin, Who
from console.trainer.kept.store import APPLICATION, SCHEMA, Store, default_path, family

ORIGIN: Final = Origin(
    run_id="a1",
    title="Erste Nacht: 輸液 & <b>",
    scenario_toml='schema = 1\nid = "x"\n',
    begin_s=600.0,
    lesson_id="first-bag",
    mode=Mode.GUIDED,
    policy="may-tap",
    hand="patient",
    trainee="Zoë",
    wall_s=1_700_000_000.25,
)


def entry(number: int, kind: Kind = Kind.STEP, **body: Any) -> Entry:
    return Entry(
        number=number, at_s=600.0 + number, wall_s=1e9 + number, kind=kind, who=Who.TRAINEE, body=body
    )


def child(run_id: str, parent_id: str, wall_s: float) -> Origin:
    return Origin(run_id=run_id, title="", scenario_toml="", parent_id=parent_id, wall_s=wall_s)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "runs.sqlite3"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


def refused(path: Path, *, busy_s: float = 0.0) -> str:
    """What a user is told who opens the file."""
    with pytest.raises(UserError) as raised:
        Store(path, busy_s=busy_s)
    text = raised.value.message
    assert str(path) in text
    assert len(text.splitlines()) == 1
    assert "; " in text, "what helps is said too"
    return text


# -------------------------------------------------------------------- what is kept


def test_a_run_comes_back_as_it_was_kept(store: Store, path: Path) -> None:
    entries = (
        entry(1, verb="key_down", by="patient", params={"key": "run", "volume_ml": 0.1 + 0.2, "sure": True}),
        entry(2, Kind.NOTE, alarm="AIR_IN_LINE", text="pfeift; 07:10\n\x00"),
        entry(3, Kind.END),
    )
    store.add_run(ORIGIN)
    for each in entries:
        store.add_entry("a1", each)
    store.reached("a1", 700.125)
    store.close()
    again = Store(path)
    record = again.record("a1")
    again.close()
    assert record is not None
    assert record.origin == ORIGIN
    assert record.entries == entries
    assert record.reached_s == 700.125


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"])),
    number=st.floats(allow_nan=False, allow_infinity=False),
    flag=st.booleans(),
)
def test_any_body_comes_back_equal(tmp_path: Path, text: str, number: float, *, flag: bool) -> None:
    store = Store(tmp_path / "any.sqlite3")
    run_id = str(len(store.origins()))
    store.add_run(child(run_id, "", 0.0))
    added = entry(1, Kind.MARK, text=text, params={text: number, "flag": flag})
    store.add_entry(run_id, added)
    record = store.record(run_id)
    store.close()
    assert record is not None
    assert record.entries == (added,)


def test_there_is_no_record_of_a_run_that_was_not_kept(store: Store) -> None:
    assert store.record("none") is None


def test_how_far_it_got_only_grows_and_is_never_before_what_was_done(store: Store) -> None:
    store.add_run(ORIGIN)
    assert reached_s(store) == 600.0, "begun, and no further"
    store.reached("a1", 650.0)
    store.reached("a1", 640.0)
    assert reached_s(store) == 650.0
    store.add_entry("a1", entry(90))
    assert reached_s(store) == 690.0, "killed before the second was over"
    assert store.origins()[0].reached_s == 690.0


def reached_s(store: Store) -> float:
    record = store.record("a1")
    assert record is not None
    return record.reached_s


def test_the_list_says_what_a_page_shows_newest_first(store: Store) -> None:
    store.add_run(ORIGIN)
    store.add_run(child("b2", "a1", ORIGIN.wall_s + 5.0))
    store.add_entries("b2", [entry(1), entry(2, Kind.END)])
    newest, older = store.origins()
    assert (newest.origin.run_id, newest.entries_count, newest.is_over) == ("b2", 2, True)
    assert (older.origin, older.entries_count, older.is_over) == (ORIGIN, 0, False)


def test_the_list_is_in_step_with_what_was_written_since(store: Store, path: Path) -> None:
    store.add_run(ORIGIN)
    assert store.origins()[0].entries_count == 0
    store.add_entry("a1", entry(1))
    store.add_entries("a1", [entry(2), entry(30)])
    store.reached("a1", 620.0)
    (kept,) = store.origins()
    assert (kept.reached_s, kept.entries_count, kept.is_over) == (630.0, 3, False)
    store.add_entry("a1", entry(31, Kind.END))
    store.add_run(child("b2", "a1", 0.0))
    fresh = Store(path)
    assert store.origins() == fresh.origins()
    assert store.origins()[0].is_over
    fresh.close()


def test_a_branch_at_the_very_beginning_takes_nothing_over(store: Store) -> None:
    store.add_run(ORIGIN)
    store.add_entries("a1", [])
    assert store.origins()[0].entries_count == 0


def test_the_list_hears_of_what_another_program_wrote(store: Store, path: Path) -> None:
    store.add_run(ORIGIN)
    assert len(store.origins()) == 1
    other = Store(path)
    other.add_run(child("b2", "", 0.0))
    other.add_entry("a1", entry(1))
    other.close()
    assert {each.origin.run_id: each.entries_count for each in store.origins()} == {"a1": 1, "b2": 0}


def test_what_was_refused_is_not_in_the_list(store: Store) -> None:
    store.add_run(ORIGIN)
    store.add_entry("a1", entry(1))
    with pytest.raises(ValueError, match="entry of a1"):
        store.add_entries("a1", [entry(2), entry(1)])
    assert store.origins()[0].entries_count == 1


def test_a_family_is_all_that_branched_from_one_run(store: Store) -> None:
    for place, (run_id, parent_id) in enumerate(
        (("root", ""), ("left", "root"), ("other", ""), ("leaf", "left"), ("orphan", "gone"))
    ):
        store.add_run(child(run_id, parent_id, float(place)))
    kept = store.origins()
    for member in ("root", "left", "leaf"):
        assert [each.origin.run_id for each in family(kept, member)] == ["root", "left", "leaf"]
    assert [each.origin.run_id for each in family(kept, "other")] == ["other"]
    assert [each.origin.run_id for each in family(kept, "orphan")] == ["orphan"]


def test_what_the_files_rules_forbid_is_the_callers_mistake(store: Store) -> None:
    store.add_run(ORIGIN)
    store.add_entry("a1", entry(1))
    with pytest.raises(ValueError, match="run a1"):
        store.add_run(ORIGIN)
    with pytest.raises(ValueError, match="entry of a1"):
        store.add_entries("a1", [entry(2), entry(1)])
    with pytest.raises(ValueError, match="entry of none"):
        store.add_entry("none", entry(1))
    record = store.record("a1")
    assert record is not None
    assert record.entries == (entry(1),), "of several entries all are kept, or none"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET origin = ''",
        "DELETE FROM runs",
        "UPDATE entries SET at_s = 0",
        "DELETE FROM entries",
        "DELETE FROM reached",
    ],
)
def test_the_file_itself_refuses_to_forget(store: Store, path: Path, statement: str) -> None:
    store.add_run(ORIGIN)
    store.add_entry("a1", entry(1))
    store.reached("a1", 610.0)
    stranger = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="never"):
        stranger.execute(statement)
    stranger.close()


def test_threads_and_programs_take_turns(store: Store, path: Path) -> None:
    store.add_run(ORIGIN)
    other = Store(path)

    def write(where: Store, numbers: range) -> None:
        for number in numbers:
            where.add_entry("a1", entry(number))

    threads = [
        threading.Thread(target=write, args=(where, range(first, first + 50)))
        for where, first in ((store, 1), (store, 51), (other, 101))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    record = store.record("a1")
    assert record is not None
    assert [each.number for each in record.entries] == list(range(1, 151))
    assert store.origins()[0].entries_count == 150


# -------------------------------------------------------------------- a killed server

SERVER: Final = """
import itertools, sys
from pathlib import Path
from console.trainer.kept.record import Entry, Kind, Origin, Who
from console.trainer.kept.store import Store
store = Store(Path(sys.argv[1]))
store.add_run(Origin(run_id="a1", title="", scenario_toml=""))
for number in itertools.count(1):
    entry = Entry(number=number, at_s=float(number), wall_s=0.0, kind=Kind.MARK, who=Who.TRAINEE)
    store.add_entry("a1", entry)
    store.reached("a1", number + 0.5)
    print(number, flush=True)
"""


def test_a_killed_server_loses_nothing_that_was_added(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SERVER, str(path)], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        said = [int(server.stdout.readline()) for _ in range(40)]
        server.kill()
        said += [int(line) for line in server.stdout.read().splitlines() if line]
    assert server.returncode == -signal.SIGKILL
    store = Store(path)
    record = store.record("a1")
    store.close()
    assert record is not None
    kept = [each.number for each in record.entries]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) in {said[-1], said[-1] + 1}, "at most one more than it could say"
    assert record.reached_s >= said[-1] + 0.5


# -------------------------------------------------------------------- files that are not right


def test_a_file_of_a_newer_program_is_left_alone(path: Path) -> None:
    Store(path).close()
    newer = sqlite3.connect(path)
    newer.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    newer.close()
    before = path.read_bytes()
    assert "newer program" in refused(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    stranger = sqlite3.connect(path)
    stranger.execute("CREATE TABLE recipes (name TEXT)")
    stranger.close()
    before = path.read_bytes()
    assert "no file of runs" in refused(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("Dear diary,\n" * 200)
    assert "no file of runs" in refused(path)
    assert path.read_text() == "Dear diary,\n" * 200


def filled(path: Path) -> bytes:
    """A file of runs with some thousand entries, as bytes."""
    store = Store(path)
    store.add_run(ORIGIN)
    store.add_entries("a1", (entry(number, text="x" * 90) for number in range(2000)))
    store.close()
    return path.read_bytes()


def test_a_damaged_file_is_said(path: Path) -> None:
    data = filled(path)
    half = len(data) // 2
    path.write_bytes(data[:half] + bytes(8192) + data[half + 8192 :])
    assert "damaged" in refused(path)


def test_a_file_cut_short_is_said(path: Path) -> None:
    data = filled(path)
    path.write_bytes(data[: len(data) // 2])
    assert "damaged" in refused(path)


def test_words_that_cannot_be_understood_are_damage_too(path: Path) -> None:
    Store(path).close()
    stranger = sqlite3.connect(path)
    stranger.execute("INSERT INTO runs VALUES ('a1', '{')")
    stranger.commit()
    stranger.close()
    store = Store(path)
    with pytest.raises(UserError, match="damaged"):
        store.record("a1")
    with pytest.raises(UserError, match="damaged"):
        store.origins()
    store.close()


def test_a_locked_file_is_said(path: Path) -> None:
    Store(path).close()
    greedy = sqlite3.connect(path, isolation_level=None)
    greedy.execute("BEGIN IMMEDIATE")
    assert "another program is using it" in refused(path)
    greedy.close()


def test_a_file_locked_later_is_said_and_is_usable_again(path: Path) -> None:
    store = Store(path, busy_s=0.0)
    greedy = sqlite3.connect(path, isolation_level=None)
    greedy.execute("BEGIN IMMEDIATE")
    with pytest.raises(UserError, match="another program is using it"):
        store.add_run(ORIGIN)
    greedy.close()
    store.add_run(ORIGIN)
    store.close()


def test_a_file_that_can_only_be_read_is_said(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(path).close()
    connect = sqlite3.connect

    def only_reading(file: Path, **options: Any) -> sqlite3.Connection:
        opened: sqlite3.Connection = connect(f"file:{file}?mode=ro", uri=True, **options)
        return opened

    monkeypatch.setattr(sqlite3, "connect", only_reading)
    assert "can only be read" in refused(path)


def test_a_full_disk_is_said_and_loses_nothing_that_was_kept(store: Store) -> None:
    store.add_run(ORIGIN)
    store.add_entry("a1", entry(1))
    pages_count = store._file.execute("PRAGMA page_count").fetchone()[0]
    store._file.execute(f"PRAGMA max_page_count = {pages_count}")
    with pytest.raises(UserError, match="the disk is full"):
        store.add_entry("a1", entry(2, text="x" * 100_000))
    record = store.record("a1")
    assert record is not None
    assert record.entries == (entry(1),)


def test_a_folder_in_the_files_place_is_said(tmp_path: Path) -> None:
    refused(tmp_path)


def test_a_file_in_the_folders_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file"):
        Store(tmp_path / "file" / "runs.sqlite3")


# -------------------------------------------------------------------- where it lies


def test_the_file_lies_in_the_users_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "ambupump" / "runs.sqlite3"
    for unusable in ("", "not/absolute"):
        monkeypatch.setenv("XDG_DATA_HOME", unusable)
        assert default_path() == Path.home() / ".local" / "share" / "ambupump" / "runs.sqlite3"


def test_the_file_says_whose_it_is(path: Path) -> None:
    Store(path).close()
    assert path.read_bytes()[68:72] == APPLICATION.to_bytes(4, "big") == b"ambu"
