"""What leaves the trainer: the whole record, the same bytes each time, and nothing that computes itself."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

import pytest

from console.trainer.debrief.debrief import debrief_of
from console.trainer.debrief.export import COLUMNS, record_csv, record_json, safe
from console.trainer.kept.lived import live_again
from console.trainer.kept.record import Entry, Kind, Mode, Origin, RunRecord, Who
from tests.console.trainer.made import CALL_S, clumsy, kept


def test_a_run_can_be_lived_again_from_what_was_exported() -> None:
    record = clumsy()
    document = json.loads(record_json(record, debrief_of(record)))
    origin = document["origin"]
    again = RunRecord(
        origin=Origin(**{**origin, "mode": Mode(origin["mode"])}),
        entries=tuple(
            Entry(**{**each, "kind": Kind(each["kind"]), "who": Who(each["who"])})
            for each in document["entries"]
        ),
        reached_s=document["reached_s"],
    )
    assert again == record
    assert live_again(again).bench.journal.events == live_again(record).bench.journal.events


def test_it_says_its_schema_and_what_it_is_not() -> None:
    record = clumsy()
    document = json.loads(record_json(record, debrief_of(record)))
    assert document["schema"] == 1
    assert "not a medical device" in document["note"]


def test_the_numbers_of_the_debrief_are_in_it() -> None:
    record = clumsy()
    told = debrief_of(record)
    document = json.loads(record_json(record, told))["debrief"]
    assert document["totals"]["missed_ml"] == pytest.approx(told.totals.missed_ml, abs=1e-9)
    assert document["interruptions"][0]["freed_s"] == CALL_S + 90.0
    assert [each["rule"] for each in document["judged"]["wrongs"]] == [
        wrong.rule for wrong in told.judged.wrongs
    ]
    assert [each["found"] for each in document["diary"]] == ["noted", "not in the log"]
    assert len(document["timeline"]) == len(told.rows)
    assert set(document["totals"]) == set(asdict(told.totals))


def test_the_same_run_gives_the_same_bytes() -> None:
    first, second = (
        (record_json(record, told), record_csv(told))
        for record in (clumsy(), clumsy())
        for told in (debrief_of(record),)
    )
    assert first == second


def test_the_table_has_a_line_for_everything_that_happened() -> None:
    told = debrief_of(clumsy())
    lines = list(csv.DictReader(io.StringIO(record_csv(told))))
    assert tuple(lines[0]) == COLUMNS
    assert len(lines) == len(told.rows)
    freed = next(line for line in lines if line["text"] == "unkink, downstream")
    assert (freed["who"], freed["came"]) == ("trainee", "downstream line straightened")
    assert float(freed["t_s"]) == pytest.approx(CALL_S + 90.0, abs=1e-6)
    assert freed["clock"] == "10:42:41"


@pytest.mark.parametrize("text", ["=1+1", "+49", "-1", "@x", "\tx", "\rx", "\n=x", "  =cmd|' /C calc'!A0"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "0.6 mL/h", "'=1", "unkink, downstream"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


def test_what_people_wrote_computes_nothing_either() -> None:
    doings = [(9000.0, Kind.MARK, Who.INSTRUCTOR, {"text": '=HYPERLINK("x")\n=2'})]
    lines = list(csv.reader(io.StringIO(record_csv(debrief_of(kept(doings, 9100.0))))))
    assert all(len(line) == len(COLUMNS) for line in lines)
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line)
