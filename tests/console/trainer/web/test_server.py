"""The trainer's server in a process of its own: pages, sockets, and what survives a power cut."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed, InvalidStatus

from console.trainer.web.guard import cookie_name
from drivers.dialects.catalogue import dialect_named
from drivers.errors import LinkTimeout
from drivers.serial_pump import pump_at
from pump.commands import Stop
from pump.events import ModeChanged
from scenarios.loader import load
from sim.world.world import World
from tests.console.trainer.served import PATIENCE_S, Served, serving


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("trainer"), "kink-cleared-in-time") as served:
        yield served


def test_every_page_is_there_and_what_is_not_there_says_so(trainer: Served) -> None:
    for path in ("/", f"/run/{trainer.run_id}/scenario.toml", "/static/base.css"):
        assert trainer.get(path)[0] == 200
    for path in ("/nowhere", "/run/nobody/trainee", f"/run/{trainer.run_id}/nothing", "/static/../server.py"):
        status, text = trainer.get(path)
        assert status == 404
        assert "Traceback" not in text


def test_a_run_is_begun_by_a_form_and_a_wrong_one_is_said(trainer: Served) -> None:
    status, where = trainer.post("/runs", "scenario=bag-7-day-nominal&mode=free&hand=nurse")
    assert status == 303
    assert where.endswith("/instructor")
    with trainer.page("trainee", where.split("/")[2]) as page:
        assert page.hello["run"]["hand"] == "nurse"
    assert trainer.post("/runs", "scenario=no-such-thing")[0] == 400
    assert trainer.post("/runs", "hand=surgeon")[0] == 400
    assert trainer.post("/runs", "x=" + "y" * 20_000)[0] == 400


@pytest.mark.parametrize(("alone", "page"), [("on", "trainee"), ("off", "instructor")])
def test_a_run_is_taken_up_again_at_the_page_where_it_began(trainer: Served, alone: str, page: str) -> None:
    where = trainer.post("/runs", f"scenario=bag-7-day-nominal&alone={alone}")[1]
    assert where.endswith(f"/{page}")
    for path in ("/", "/runs"):
        assert f'href="{where}"' in trainer.get(path)[1], path


def test_nothing_is_begun_from_another_site(trainer: Served) -> None:
    assert trainer.post("/runs", "scenario=", Origin="http://evil.example")[0] == 403
    assert trainer.post("/runs", "scenario=", Cookie="")[0] == 403


def test_pages_of_one_run_are_in_step(trainer: Served) -> None:
    run_id = trainer.begin("scenario=bag-7-day-nominal&script=faults")
    with (
        trainer.page("instructor", run_id) as instructor,
        trainer.page("trainee", run_id) as trainee,
        trainer.page("projector", run_id) as projector,
    ):
        assert instructor.ask("clock", what="resume")["type"] == "done"
        assert trainee.ask("key", key="stop", down=True)["type"] == "done"
        for page in (instructor, trainee, projector):
            page.see(lambda state: state["panel"]["mode"] == "stopped" and state["panel"]["held"] == ["stop"])
        assert trainee.ask("key", key="stop", down=False)["type"] == "done"
        for page in (instructor, projector):
            page.see(lambda state: state["panel"]["held"] == [])


def test_two_runs_do_not_disturb_each_other(trainer: Served) -> None:
    one, other = (trainer.begin("scenario=bag-7-day-nominal&script=faults") for _ in range(2))
    with trainer.page("instructor", one) as first, trainer.page("instructor", other) as second:
        assert first.ask("inject", verb="kink")["type"] == "done"
        first.see(lambda state: state["scene"]["line"]["kinked"])
        assert second.ask("mark", text="nothing here")["type"] == "done"
        second.see(lambda state: state["marks"])
        assert not second.state["scene"]["line"]["kinked"]
        assert not first.state["marks"]


def test_who_leaves_with_a_finger_on_a_key_has_let_go(trainer: Served) -> None:
    run_id = trainer.begin("scenario=bag-7-day-nominal&script=faults")
    with trainer.page("instructor", run_id) as instructor:
        instructor.ask("clock", what="resume")
        with trainer.page("trainee", run_id) as trainee:
            trainee.ask("key", key="info", down=True)
            instructor.see(lambda state: state["panel"]["held"] == ["info"])
        instructor.see(lambda state: state["panel"]["held"] == [])


def test_a_rewind_is_another_run_that_equals_never_having_gone_on(trainer: Served) -> None:
    run_id = trainer.begin("scenario=kink-cleared-in-time&script=faults")
    with trainer.page("instructor", run_id) as page, trainer.page("trainee", run_id) as trainee:
        page.ask("clock", what="next")
        before = [*page.log]
        kinked_s = page.see(lambda state: state["scene"]["line"]["kinked"])["clock"]["now_s"]
        page.ask("clock", what="next")
        page.see(lambda state: state["panel"]["alarm_text"].startswith("high priority alarm"))
        page.number += 1
        page.link.send(f'{{"ask":"branch","n":{page.number},"at_s":{kinked_s}}}')
        moved = page.until("moved")["to"]
        assert trainee.until("moved")["to"] == moved
    with trainer.page("instructor", moved) as branch:
        assert branch.hello["run"]["parent"] == run_id
        assert branch.hello["run"]["branch_s"] == kinked_s
        assert [each["id"] for each in branch.hello["facts"]["family"]] == [run_id, moved]
        assert (
            branch.ask("do", verb="unkink", params={"where": "downstream"})["type"] == "refused"
        )  # it stands still
        assert branch.state["clock"]["now_s"] == kinked_s
        assert branch.state["panel"]["alarm_text"] == ""
        assert branch.log[: len(before)] == before


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=200),
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
            ),
            max_leaves=12,
        ).map(json.dumps),
    )
)
def test_whatever_comes_over_a_socket_changes_nothing_and_kills_nothing(
    trainer: Served, message: str | bytes
) -> None:
    with trainer.page("trainee") as page:
        before = page.state["scene"], page.state["panel"]
        try:
            page.link.send(message)
            page.number = 10**6
            page.ask("note", text="still here")
        except ConnectionClosed:
            return
        assert (page.state["scene"], page.state["panel"]) == before
    assert trainer.get("/")[0] == 200


def test_a_killed_server_has_lost_nothing_of_a_run(tmp_path: Path) -> None:
    with serving(tmp_path, "bag-7-day-nominal") as first:
        with first.page("instructor") as page:
            page.ask("clock", what="skip", span="2 h")
            page.ask("inject", verb="kink")
            page.ask("clock", what="skip", span="1 h")
            page.ask("mark", text="the alarm has come")
            page.see(lambda state: state["marks"])
            alarmed = page.state["panel"]["alarm_text"]
            log = [*page.log]
            now_s = page.state["clock"]["now_s"]
        first.kill()
        run_id = first.run_id
    assert alarmed.startswith("high priority alarm")
    with serving(tmp_path) as again, again.page("instructor", run_id) as page:
        assert page.state["panel"]["alarm_text"] == alarmed
        assert page.state["clock"]["paused"]
        assert abs(page.state["clock"]["now_s"] - now_s) <= 1.0
        assert [mark["text"] for mark in page.state["marks"]] == ["the alarm has come"]
        page.ask("mark", text="and on")
        assert page.log[: len(log)] == log


def test_it_ends_well_when_it_is_told_to(tmp_path: Path) -> None:
    with serving(tmp_path, "bag-7-day-nominal") as served, served.page("trainee"):
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE_S) == 0
        assert served.process.stderr is not None
        assert "Traceback" not in served.process.stderr.read()


def test_a_browser_of_this_machine_is_opened_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.part\nmv {opened}.part {opened}\n', encoding="utf-8")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with serving(tmp_path, "bag-7-day-nominal", "--open") as served:
        assert served.process.stderr is not None
        while "not a medical device" not in served.process.stderr.readline():
            pass
        with served.page("trainee"):
            pass
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE_S) == 0
        assert (
            opened.read_text(encoding="utf-8").strip() == f"{served.address}/run/{served.run_id}/instructor"
        )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["no-such-scenario"], "is no scenario of the library"),
        (["--lesson", "no-such-lesson"], "no-such-lesson"),
        (["--runs", "/proc/nowhere/runs.sqlite3"], "/proc/nowhere"),
        (["--host", "203.0.113.7"], "cannot listen on 203.0.113.7"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_line(tmp_path: Path, arguments: list[str], says: str) -> None:
    asked = [sys.executable, "-m", "console", "train", "--port", "0", "--runs", str(tmp_path / "r.sqlite3")]
    ended = subprocess.run(
        [*asked, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_taken_is_said_in_a_line(trainer: Served, tmp_path: Path) -> None:
    port = trainer.address.rpartition(":")[2]
    asked = [sys.executable, "-m", "console", "train", "--port", port, "--runs", str(tmp_path / "r.sqlite3")]
    ended = subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr


def test_a_host_talks_to_the_very_pump_on_the_screen_and_its_line_can_be_disturbed(tmp_path: Path) -> None:
    with serving(tmp_path, "bag-7-day-nominal") as served, served.page("instructor") as page:
        page.ask("clock", what="skip", span="1 h")
        page.ask("clock", what="resume")
        assert page.ask("port", dialect="ambupump")["type"] == "done"
        url = page.see(lambda state: state["port"]["url"])["port"]["url"]
        with pump_at(url, dialect_named("ambupump"), patience_s=2.0) as pump:
            assert pump.status().mode == "running"
            assert pump.send(Stop()).accepted
            page.see(lambda state: state["panel"]["mode"] == "stopped")
            assert page.ask("inject", verb="link_silence", params={"for": "1 h"})["type"] == "done"
            page.ask("mark", text="the line is dead")
            assert any("on the line" in row["text"] for row in page.log)
            with pytest.raises(LinkTimeout):
                pump.status()
        assert page.ask("port", dialect="")["type"] == "done"
        page.see(lambda state: not state["port"]["url"])
        assert page.ask("inject", verb="link_drop")["type"] == "done"
        page.ask("mark", text="no line")
        assert any("skipped link drop" in row["text"] for row in page.log)
        assert page.ask("port", dialect="new-era")["type"] == "refused"
        page.ask("port", dialect="miva")
        page.see(lambda state: state["port"]["url"])
        page.ask("finish")
        page.see(lambda state: not state["port"]["url"])
        scenario = tmp_path / "saved.toml"
        scenario.write_text(served.get(f"/run/{served.run_id}/scenario.toml")[1], encoding="utf-8")
    events = World(load(scenario).setup).run().events
    stopped = [event for event in events if isinstance(event, ModeChanged) and event.cause == "stop"]
    assert len(stopped) == 1


def test_from_elsewhere_a_trainee_comes_in_with_the_guests_address_and_no_further(tmp_path: Path) -> None:
    """On all addresses, asked by this machine's own: the guard does not ask where a request comes from."""
    with serving(tmp_path, "bag-7-day-nominal", "--host", "0.0.0.0") as served:  # noqa: S104 - the option is what is tried
        assert served.process.stderr is not None
        told = served.process.stderr.readline()
        guests = told.strip().partition("?token=")[2]
        guest = replace(served, token=f"{cookie_name(served.address)}={guests}")
        run = f"/run/{served.run_id}"
        assert [guest.get(f"{run}/{name}")[0] for name in ("scenario.toml", "instructor")] == [403, 403]
        assert guest.post("/runs", "scenario=")[0] == 403
        assert served.run_id in served.get("/")[1]
        assert served.run_id not in guest.get("/")[1]
        with guest.page("trainee") as page:
            assert page.hello["page"] == "trainee"
        with pytest.raises(InvalidStatus), guest.page("instructor"):
            pass
        assert replace(served, token="").get("/")[0] == 403
        assert served.get(f"{run}/scenario.toml")[0] == 200
