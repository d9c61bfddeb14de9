"""Runs at a server, as pages make them: what is asked for, one thing after the other."""

from __future__ import annotations

from tests.console.trainer.served import Served


def begun(trainer: Served, trainee: str) -> str:
    """A run that a kink has stopped; the trainee has silenced the pump and straightened the line."""
    form = f"scenario=kink-cleared-in-time&script=faults&hand=nurse&trainee={trainee}"
    run_id = trainer.begin(form)
    with trainer.page("instructor", run_id) as page:
        assert page.ask("clock", what="resume")["type"] == "done"
        for _ in range(40):
            if any("OCCLUSION_DOWNSTREAM" in row["text"] for row in page.log):
                break
            assert page.ask("clock", what="next")["type"] == "done"
        with trainer.page("trainee", run_id) as hands:
            assert hands.ask("key", key="silence", down=True)["type"] == "done"
            assert hands.ask("key", key="silence", down=False)["type"] == "done"
            assert hands.ask("do", verb="unkink", params={"where": "downstream"})["type"] == "done"
            assert hands.ask("note", alarm="OCCLUSION_DOWNSTREAM", text="whistles")["type"] == "done"
    return run_id


def finish(trainer: Served, run_id: str) -> None:
    with trainer.page("instructor", run_id) as page:
        assert page.ask("finish")["type"] == "done"
