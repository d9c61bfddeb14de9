"""What a server shows of runs that were kept, as a browser gets it, and to whom."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.trainer.web.guard import cookie_name
from tests.console.trainer.asking import begun, finish
from tests.console.trainer.served import Served, serving


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("trainer")) as served:
        yield served


@pytest.fixture(scope="module")
def run_id(trainer: Served) -> str:
    run_id = begun(trainer, "Zoe")
    finish(trainer, run_id)
    return run_id


def test_a_run_is_debriefed_as_it_went(trainer: Served, run_id: str) -> None:
    status, page = trainer.get(f"/run/{run_id}/debrief")
    assert status == 200
    assert "pressed SILENCE" in page
    assert "unkink, downstream" in page
    assert "OCCLUSION_<wbr>DOWNSTREAM" in page
    assert "<strong>Zoe</strong>" in page


def test_its_diary_is_held_against_the_log(trainer: Served, run_id: str) -> None:
    status, page = trainer.get(f"/run/{run_id}/diary")
    assert status == 200
    assert "whistles" in page
    assert '<span class="tag good">noted</span>' in page


def test_its_record_can_be_taken_away(trainer: Served, run_id: str) -> None:
    status, text = trainer.get(f"/run/{run_id}/record.json")
    document = json.loads(text)
    assert (status, document["origin"]["run_id"]) == (200, run_id)
    assert [each["kind"] for each in document["entries"]].count("note") == 1
    status, text = trainer.get(f"/run/{run_id}/record.csv")
    assert status == 200
    assert any(line["text"] == "unkink, downstream" for line in csv.DictReader(io.StringIO(text)))


def test_runs_are_found_in_the_list_and_debriefed_together(trainer: Served, run_id: str) -> None:
    other = begun(trainer, "Anna")
    page = trainer.get("/runs")[1]
    assert {run_id, other} <= set(re.findall(r'name="run" value="(\w+)"', page))
    assert re.findall(r'name="run" value="(\w+)"', trainer.get("/runs?trainee=anna")[1]) == [other]
    assert trainer.get("/runs?page=x&lesson=none")[0] == 200
    assert trainer.get("/runs?page=" + "9" * 5000)[0] == 200
    status, page = trainer.get(f"/class?run={run_id}&run={other}&run=nobody")
    assert status == 200
    assert "Debrief of 2 runs" in page
    assert "<code>nobody</code>" in page
    assert trainer.get("/class")[0] == 200


def test_there_is_no_debrief_of_a_run_that_is_not_kept(trainer: Served) -> None:
    for name in ("debrief", "diary", "record.json", "record.csv"):
        status, page = trainer.get(f"/run/nobody/{name}")
        assert status == 404
        assert "Traceback" not in page


def test_a_guest_is_debriefed_when_the_run_is_over_and_sees_no_other_run(tmp_path: Path) -> None:
    """On all addresses, asked by this machine's own: the guard does not ask where a request comes from."""
    with serving(tmp_path, "bag-7-day-nominal", "--host", "0.0.0.0") as served:  # noqa: S104 - the option is what is tried
        assert served.process.stderr is not None
        token = served.process.stderr.readline().strip().partition("?token=")[2]
        guest = replace(served, token=f"{cookie_name(served.address)}={token}")
        run = f"/run/{served.run_id}"
        assert [guest.get(f"{run}/{name}")[0] for name in ("debrief", "diary")] == [403, 403]
        assert "not over" in guest.get(f"{run}/debrief")[1]
        assert served.get(f"{run}/debrief")[0] == 200
        finish(served, served.run_id)
        for name in ("debrief", "diary"):
            status, page = guest.get(f"{run}/{name}")
            assert status == 200
            assert "/runs" not in page
            assert "record.json" not in page
        for path in (f"{run}/record.json", f"{run}/record.csv", "/runs", f"/class?run={served.run_id}"):
            assert guest.get(path)[0] == 403
