"""Where runs are kept: one SQLite file, to which things are only ever added.

An entry is in the file when `add_entry` returns: a server that is killed then has lost nothing. How far a
run got is written about once a second, and is the only thing in the file that ever changes; the file itself
refuses anything else. A run is taken up again, looked at and branched from what stands here alone.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from console.errors import UserError
from console.output import cannot_write
from console.trainer.kept.record import Entry, Kind, Mode, Origin, RunRecord, Who, declared_over

SCHEMA: Final = 1
"""The version of the file's tables. A file with a higher one was written by a newer program."""

APPLICATION: Final = int.from_bytes(b"ambu", "big")
"""By this number such a file is told from SQLite files of other programs."""

BUSY_S: Final = 2.0
"""How long another program that is writing is waited for."""

TABLES: Final = """
CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL
) STRICT;
CREATE TABLE entries (
    run_id TEXT NOT NULL REFERENCES runs,
    number INTEGER NOT NULL,
    at_s REAL NOT NULL,
    wall_s REAL NOT NULL,
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (run_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE reached (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs,
    reached_s REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER runs_stay BEFORE UPDATE ON runs
    BEGIN SELECT RAISE(ABORT, 'a run is never changed'); END;
CREATE TRIGGER runs_last BEFORE DELETE ON runs
    BEGIN SELECT RAISE(ABORT, 'a run is never removed'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
    BEGIN SELECT RAISE(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_last BEFORE DELETE ON entries
    BEGIN SELECT RAISE(ABORT, 'an entry is never removed'); END;
CREATE TRIGGER reached_last BEFORE DELETE ON reached
    BEGIN SELECT RAISE(ABORT, 'how far a run got is never removed'); END;
"""

FAULTS: Final = MappingProxyType(
    {
        sqlite3.SQLITE_CORRUPT: ("it is damaged", "move it away and take a backup, or give another file"),
        sqlite3.SQLITE_NOTADB: ("it is no file of runs", "give another file"),
        sqlite3.SQLITE_BUSY: ("another program is using it", "end that program, or give another file"),
        sqlite3.SQLITE_LOCKED: ("another program is using it", "end that program, or give another file"),
        sqlite3.SQLITE_READONLY: ("it can only be read", "ask for the right to write, or give another file"),
        sqlite3.SQLITE_PERM: ("you may not use it", "ask for the right to write, or give another file"),
        sqlite3.SQLITE_CANTOPEN: ("it cannot be opened", "give the path of a file that you may write"),
        sqlite3.SQLITE_FULL: ("the disk is full", "make room, or give a file on another disk"),
        sqlite3.SQLITE_IOERR: (
            "the disk does not answer",
            "look after the disk, or give a file on another one",
        ),
    }
)
"""By SQLite's error number: what it means, and what helps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A run as it stands in a list.

    Attributes:
        origin: What it was made from.
        reached_s: How far it got.
        entries_count: How much was done.
        is_over: Whether it was declared over.
    """

    origin: Origin
    reached_s: float
    entries_count: int
    is_over: bool


def default_path() -> Path:
    """Return where a user's runs are kept unless told."""
    data = os.environ.get("XDG_DATA_HOME", "")
    folder = Path(data) if Path(data).is_absolute() else Path.home() / ".local" / "share"
    return folder / "ambupump" / "runs.sqlite3"


class Store:
    """The file of runs at `path`, made if need be, its folder too.

    Any thread may ask it; they take turns.

    Args:
        path: The file.
        busy_s: How long another program that is writing is waited for.

    Raises:
        UserError: on opening or at any later call: what is wrong with the file and what helps.
    """

    def __init__(self, path: Path, *, busy_s: float = BUSY_S) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}
        self._kept_version: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(path.parent, error) from error
        with self._said():
            self._file = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
            try:
                self._open()
            except BaseException:
                self._file.close()
                raise

    def _open(self) -> None:
        self._refuse_another_programs_file()
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute("PRAGMA foreign_keys = ON")
        with self._written():
            if self._number("user_version") == 0:
                for statement in _statements(TABLES):
                    self._file.execute(statement)
                self._file.execute(f"PRAGMA application_id = {APPLICATION}")
            # Always, so that a file that can only be read is found out at once.
            self._file.execute(f"PRAGMA user_version = {SCHEMA}")
        if self._file.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise self._fault(sqlite3.SQLITE_CORRUPT)

    def _refuse_another_programs_file(self) -> None:
        """Look before anything is written: the file may be somebody else's, or a newer program's."""
        version_number = self._number("user_version")
        has_tables = self._file.execute("SELECT count(*) FROM sqlite_schema").fetchone() != (0,)
        if (version_number or has_tables) and self._number("application_id") != APPLICATION:
            raise self._fault(sqlite3.SQLITE_NOTADB)
        if version_number > SCHEMA:
            raise UserError(
                f"cannot keep runs in {self.path}: a newer program wrote it (its schema is {version_number}, "
                f"this program's {SCHEMA}); take that program, or give another file"
            )

    # Adding

    def add_run(self, origin: Origin) -> None:
        """Keep a new run.

        Raises:
            ValueError: there is a run with that id.
        """
        with self._turn(f"run {origin.run_id}"):
            with self._written():
                self._file.execute("INSERT INTO runs VALUES (?, ?)", (origin.run_id, _text(asdict(origin))))
            self._kept[origin.run_id] = Kept(
                origin=origin, reached_s=origin.begin_s, entries_count=0, is_over=False
            )

    def add_entry(self, run_id: str, entry: Entry) -> None:
        """Keep what was done at a run. It is in the file when this returns.

        Raises:
            ValueError: there is no such run, or it has an entry with that number.
        """
        self.add_entries(run_id, (entry,))

    def add_entries(self, run_id: str, entries: Iterable[Entry]) -> None:
        """Keep several at once, all or none: what a branch takes over from its parent."""
        added = tuple(entries)
        rows = [
            (run_id, each.number, each.at_s, each.wall_s, each.kind, each.who, _text(each.body))
            for each in added
        ]
        with self._turn(f"an entry of {run_id}"):
            with self._written():
                self._file.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            self._note(run_id, (each.at_s for each in added), added)

    def reached(self, run_id: str, t_s: float) -> None:
        """Keep how far a run got; never less than before."""
        with self._turn(f"how far {run_id} got"):
            with self._written():
                self._file.execute(
                    "INSERT INTO reached VALUES (?, ?) ON CONFLICT (run_id) "
                    "DO UPDATE SET reached_s = max(reached_s, excluded.reached_s)",
                    (run_id, t_s),
                )
            self._note(run_id, (t_s,))

    def _note(self, run_id: str, times_s: Iterable[float], added: Sequence[Entry] = ()) -> None:
        """Keep the list in step with what was written."""
        kept = self._kept.get(run_id)
        if kept is not None:
            self._kept[run_id] = replace(
                kept,
                reached_s=max((kept.reached_s, *times_s)),
                entries_count=kept.entries_count + len(added),
                is_over=kept.is_over or declared_over(added),
            )

    # Looking

    def record(self, run_id: str) -> RunRecord | None:
        """Give a run as it is kept; None: there is none."""
        with self._lock, self._said():
            found = self._file.execute("SELECT origin FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if found is None:
                return None
            rows = self._file.execute(
                "SELECT number, at_s, wall_s, kind, who, body FROM entries WHERE run_id = ? ORDER BY number",
                (run_id,),
            ).fetchall()
            reached = self._file.execute(
                "SELECT reached_s FROM reached WHERE run_id = ?", (run_id,)
            ).fetchone()
        with self._read():
            origin, entries = _origin(found[0]), tuple(_entry(row) for row in rows)
        times_s = [origin.begin_s, *(reached or ()), *(entry.at_s for entry in entries)]
        return RunRecord(origin=origin, entries=entries, reached_s=max(times_s))

    def origins(self) -> list[Kept]:
        """Give every run that is kept, the newest first.

        The list is read once, and again only after another program has written: it is asked for often.
        """
        with self._lock, self._said():
            version = self._number("data_version")
            if version != self._kept_version:
                self._kept = self._read_kept()
                self._kept_version = version
            return sorted(self._kept.values(), key=lambda each: (-each.origin.wall_s, each.origin.run_id))

    def _read_kept(self) -> dict[str, Kept]:
        rows = self._file.execute(
            "SELECT origin, max(coalesce(reached_s, 0.0), coalesce(last_s, 0.0)), coalesce(count, 0), "
            "coalesce(is_over, 0) FROM runs LEFT JOIN reached USING (run_id) LEFT JOIN "
            "(SELECT run_id, max(at_s) AS last_s, count(*) AS count, max(kind = ?) AS is_over "
            "FROM entries GROUP BY run_id) USING (run_id)",
            (Kind.END,),
        ).fetchall()
        with self._read():
            found = [_kept(*row) for row in rows]
        return {each.origin.run_id: each for each in found}

    def close(self) -> None:
        """Let go of the file."""
        with self._lock, self._said():
            self._file.close()

    # How

    @contextmanager
    def _turn(self, what: str) -> Iterator[None]:
        """Have the file to oneself; `what` is for whoever breaks the file's own rules."""
        with self._lock, self._said():
            try:
                yield
            except sqlite3.IntegrityError as error:
                raise ValueError(f"cannot keep {what}: {error}") from error

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Write something, all of it or nothing."""
        self._file.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._file.in_transaction:
                self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Say SQLite's errors for people."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            number = getattr(error, "sqlite_errorcode", None)
            if number is None:
                raise
            raise self._fault(number & 0xFF, str(error)) from error

    @contextmanager
    def _read(self) -> Iterator[None]:
        """Say what cannot be understood: SQLite sees damage to its pages, not to what they hold."""
        try:
            yield
        except (KeyError, TypeError, ValueError) as error:
            raise self._fault(sqlite3.SQLITE_CORRUPT) from error

    def _fault(self, number: int, otherwise: str = "") -> UserError:
        what, remedy = FAULTS.get(number, (otherwise, "give another file"))
        return UserError(f"cannot keep runs in {self.path}: {what}; {remedy}")

    def _number(self, pragma: str) -> int:
        return int(self._file.execute(f"PRAGMA {pragma}").fetchone()[0])


def family(kept: Sequence[Kept], run_id: str) -> list[Kept]:
    """Give the run and all that it branched from or that branched from the same, oldest first."""
    parents = {each.origin.run_id: each.origin.parent_id for each in kept}
    root = _root(parents, run_id)
    found = [each for each in kept if _root(parents, each.origin.run_id) == root]
    return sorted(found, key=lambda each: (each.origin.wall_s, each.origin.run_id))


def _root(parents: dict[str, str], run_id: str) -> str:
    """Follow parents up; a parent that is not kept is a root all the same."""
    seen = {run_id}
    while (parent := parents.get(run_id, "")) and parent not in seen:
        seen.add(parent)
        run_id = parent
    return run_id


def _statements(script: str) -> Iterator[str]:
    """Give the statements of a script one by one, so that they stand in one transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, ensure_ascii=False, allow_nan=False, default=dict)


def _origin(text: str) -> Origin:
    values = json.loads(text)
    return Origin(**{**values, "mode": Mode(values["mode"])})


def _entry(row: tuple[int, float, float, str, str, str]) -> Entry:
    number, at_s, wall_s, kind, who, body = row
    return Entry(
        number=number, at_s=at_s, wall_s=wall_s, kind=Kind(kind), who=Who(who), body=json.loads(body)
    )


def _kept(origin_text: str, reached_s: float, entries_count: int, is_over: int) -> Kept:
    origin = _origin(origin_text)
    return Kept(
        origin=origin,
        reached_s=max(origin.begin_s, reached_s),
        entries_count=entries_count,
        is_over=bool(is_over),
    )
