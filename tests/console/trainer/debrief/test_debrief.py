"""The debrief of a run: what it says is what happened, by the physics and the clock of the run."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from console.trainer.debrief.boluses import bursts
from console.trainer.debrief.curves import thinned
from console.trainer.debrief.debrief import Debrief, best_of, debrief_of, same_thing
from console.trainer.debrief.incidents import Pace, pace_frac, paced
from console.trainer.debrief.judged import SOURCES
from console.trainer.debrief.material import material_of
from console.trainer.kept.lived import live_again
from console.trainer.kept.record import Kind, RunRecord, Who, steps_of
from console.trainer.lessons.rules import RULES
from sim.world.setup import Order
from sim.world.world import World
from tests.console.trainer.made import (
    BEGIN_S,
    CALL_S,
    LEFT_KINKED,
    clock,
    clumsy,
    end,
    hand,
    kept,
    press,
    swift,
)
from tests.meta.repository import ROOT

STARTS_S = 1.0
"""RUN acts when it has been held so long."""

TENTH_S = 0.091
"""So long after a start until a tenth of the order flows: see the scenario two-kinks-in-a-night."""


@pytest.fixture(scope="module")
def told() -> Debrief:
    return debrief_of(clumsy())


# -------------------------------------------------------------------- the run is lived again


def test_looking_at_a_run_changes_nothing_of_it() -> None:
    record = clumsy()
    material = material_of(record)
    assert material.result == live_again(record).result()


def test_the_world_that_is_sampled_is_the_run() -> None:
    """Its steps are part of the script there; the events must be the same all the same."""
    record = clumsy()
    material = material_of(record)
    last = material.samples[-1]
    assert last.t_s == material.end_s
    assert last.delivered_ml == material.result.delivered_ml
    assert last.level_pg_ml == material.result.level_pg_ml
    assert last.air_ul == material.result.air_ul


def test_a_debrief_can_be_sent_to_another_process(told: Debrief) -> None:
    assert pickle.loads(pickle.dumps(told)) == told  # noqa: S301 # made here


# -------------------------------------------------------------------- how fast


def test_every_stretch_without_drug_says_when_it_was_seen_and_put_right(told: Debrief) -> None:
    (gap,) = told.gaps
    assert (gap.begin_s, gap.cause, gap.alarm) == (7200.0, "occluded", "OCCLUSION_DOWNSTREAM")
    assert gap.called_s == pytest.approx(CALL_S)
    assert gap.noticed_s == CALL_S + 40.0
    assert gap.silenced_s == CALL_S + 40.0
    assert gap.freed_s == CALL_S + 90.0, "not when the pump turned back: the line was still closed then"
    assert gap.flows_s == pytest.approx(CALL_S + 110.0 + STARTS_S + TENTH_S, abs=0.01)
    assert gap.lasted_s == pytest.approx(CALL_S + 111.0 + TENTH_S - 7200.0, abs=0.01)


def test_every_alarm_says_what_was_done_about_it(told: Debrief) -> None:
    (alarm,) = told.alarms
    assert (alarm.code, alarm.priority) == ("OCCLUSION_DOWNSTREAM", "high")
    assert (alarm.noticed_s, alarm.silenced_s, alarm.cleared_s) == (
        CALL_S + 40.0,
        CALL_S + 40.0,
        CALL_S + 100.0,
    )


def test_how_fast_the_run_went_stands_beside_its_times(told: Debrief) -> None:
    assert told.alarms[0].pace_frac == told.gaps[0].pace_frac == 60.0
    entries = clumsy().entries
    assert pace_frac(entries, BEGIN_S + 99.0) == 1.0
    assert pace_frac(entries, BEGIN_S + 100.0) == 60.0


def test_what_nobody_did_anything_about_was_never_noticed() -> None:
    told = debrief_of(kept([clock(BEGIN_S, "resume")], CALL_S + 600.0, text=LEFT_KINKED))
    (gap,) = told.gaps
    assert (gap.noticed_s, gap.silenced_s, gap.freed_s, gap.flows_s) == (None, None, None, None)
    assert gap.lasted_s == pytest.approx(CALL_S + 600.0 - 7200.0)
    assert told.to_flow == Pace(longest_s=None, never_count=1, cases_count=1)
    assert not told.over


def test_a_stop_without_an_alarm_is_called_by_itself() -> None:
    doings = [
        hand(9000.0, "dislodge_needle", by=None, who=Who.INSTRUCTOR),
        hand(9600.0, "call_nurse"),
        hand(9900.0, "dislodge_needle", by="nurse", back=True),
    ]
    told = debrief_of(kept(doings, 12_000.0, text=LEFT_KINKED.replace('"2 h"', '"5 h"')))
    (gap,) = told.gaps
    assert (gap.alarm, gap.cause) == ("", "disconnected")
    assert gap.called_s == gap.begin_s == 9000.0
    assert gap.noticed_s == 9600.0
    assert gap.freed_s == 9900.0
    assert told.to_notice == Pace(longest_s=600.0, never_count=0, cases_count=1)


def test_what_was_over_before_anybody_was_there_is_not_told() -> None:
    text = LEFT_KINKED + '[[step]]\nat = "2 h 10 min"\ndo = "unkink"\n'
    told = debrief_of(kept([end(20_000.0)], 20_000.0, begin_s=18_000.0, text=text))
    assert told.gaps == ()
    assert told.alarms == ()
    assert told.totals.gap_s == 0.0
    assert told.totals.missed_ml == pytest.approx(0.0, abs=1e-9)


def test_times_are_summed_up_by_the_longest_and_by_how_often_it_never_came() -> None:
    assert paced([(10.0, 15.0), (20.0, None), (30.0, 50.0)]) == Pace(
        longest_s=20.0, never_count=1, cases_count=3
    )
    assert paced([]) == Pace(longest_s=None, never_count=0, cases_count=0)


# -------------------------------------------------------------------- volume and drug


def test_what_pressure_had_stored_is_a_bolus_when_the_line_is_freed(told: Debrief) -> None:
    """The pump turns back to 0.2 mL stored (docs/decisions/0017); the line gives it in seconds."""
    release = told.boluses[0]
    assert release.begin_s == CALL_S + 90.0
    assert release.volume_ml == pytest.approx(0.2, abs=0.002)
    assert release.brought_by == "downstream line straightened"
    assert release.worth_s == pytest.approx(release.volume_ml / 0.6 * 3600.0)


def test_without_anti_bolus_all_that_was_stored_is_one_bolus() -> None:
    """0.0008 mL/mmHg x (525 - 10.18) mmHg, less what was due in the seconds in which it came."""
    text = LEFT_KINKED + "[pump]\nanti_bolus = false\n"
    freed_s = CALL_S + 90.0
    told = debrief_of(kept([hand(freed_s, "unkink", where="downstream"), end(12000.0)], 12000.0, text=text))
    (release,) = told.boluses
    due_ml = 0.6 * (release.end_s - freed_s) / 3600.0
    assert release.volume_ml == pytest.approx(0.0008 * (525.0 - 10.18) - due_ml, abs=1e-3)


def test_a_flush_of_a_line_that_holds_drug_is_a_bolus_of_its_volume(told: Debrief) -> None:
    flush = told.boluses[1]
    assert flush.begin_s == CALL_S + 700.0
    assert flush.volume_ml == pytest.approx(1.0, abs=1e-6)
    assert flush.drug_ug == pytest.approx(Order().ug_per_ml)
    assert "saline through the line" in flush.brought_by


def test_there_is_no_bolus_where_flow_was_as_ordered() -> None:
    told = debrief_of(kept([end(7000.0)], 7000.0))
    assert told.boluses == ()
    assert told.totals.missed_ml == pytest.approx(0.0, abs=1e-9)


def test_a_pump_that_is_set_too_fast_is_a_wrong_dose_and_no_bolus() -> None:
    text = LEFT_KINKED.replace('"2 h"', '"5 h"') + '[pump]\nrate = "1.2 mL/h"\n'
    told = debrief_of(kept([end(7000.0)], 7000.0, text=text))
    assert told.boluses == ()
    assert told.totals.ahead_ml == pytest.approx(0.6 * (7000.0 - 600.0) / 3600.0, rel=0.02)


def test_bursts_add_up_what_is_beyond_what_is_due() -> None:
    class Due:
        @staticmethod
        def rate_ml_h(_t_s: float) -> float:
            return 3.6

    material = material_of(kept([], 7000.0))
    first = material.samples[0]
    steps = ((0.0, 0.0), (10.0, 0.01), (10.0, 0.51), (20.0, 0.6), (30.0, 0.61), (40.0, 0.7))
    samples = [replace(first, t_s=t_s, delivered_ml=ml) for t_s, ml in steps]
    found = bursts(samples, Due())  # type: ignore[arg-type] # all that is asked of it
    assert [(begin_s, end_s) for begin_s, end_s, _ in found] == [(10.0, 20.0), (30.0, 40.0)]
    assert [volume_ml for _, _, volume_ml in found] == pytest.approx([0.5 + 0.08, 0.08])


def test_what_was_missed_is_what_was_due_while_nothing_flowed(told: Debrief) -> None:
    gap = told.gaps[0]
    release = told.boluses[0]
    starved_s = gap.lasted_s - (release.end_s - release.begin_s)
    assert told.totals.missed_ml == pytest.approx(0.6 * starved_s / 3600.0, abs=0.001)
    assert told.totals.missed_ug == pytest.approx(told.totals.missed_ml * Order().ug_per_ml)


def test_bolus_and_gap_are_not_set_off_against_each_other(told: Debrief) -> None:
    """In the end more has been given than planned, and yet something was missed."""
    net_ml = told.bolus_ml - told.totals.missed_ml
    assert told.totals.ahead_ml == pytest.approx(net_ml, abs=0.001)
    assert told.totals.missed_ml > 0.4


def test_the_curves_begin_where_the_trainee_did_and_end_with_the_run(told: Debrief) -> None:
    for curve in (told.level, told.behind):
        assert curve[0][0] == BEGIN_S
        assert curve[-1][0] == told.reached_s
    assert told.level[-1][1] == told.totals.level_pg_ml
    assert told.behind[-1][1] == pytest.approx(-told.totals.ahead_ml)
    assert told.totals.planned_level_pg_ml == pytest.approx(616.0, rel=1e-3), "the label's, at 28 mcg/day"


def test_a_line_is_thinned_to_what_it_takes_to_draw_it() -> None:
    straight = [(float(t), 2.0 * t) for t in range(50)]
    corner = [*straight, *((float(t), 98.0) for t in range(50, 99))]
    assert thinned(straight) == (straight[0], straight[-1])
    assert thinned(corner) == (corner[0], corner[49], corner[-1])
    jump = [(0.0, 0.0), (5.0, 0.0), (5.0, 1.0), (9.0, 1.0)]
    assert thinned(jump) == tuple(jump)
    assert thinned([]) == ()


# -------------------------------------------------------------------- rules and lessons


def test_what_was_done_against_the_rules_comes_with_reason_and_source(told: Debrief) -> None:
    flush = next(wrong for wrong in told.judged.wrongs if wrong.rule == "flush-drug")
    assert flush.at_s == CALL_S + 700.0
    assert "bolus" in flush.why
    assert flush.source_text == f"{SOURCES['QRG']} (read there)"


def test_every_source_of_a_rule_can_be_told_to_people() -> None:
    listed = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    keys = {source.key for rule in RULES for source in rule.sources if source.key}
    assert keys <= set(SOURCES)
    assert all(f"| {key} |" in listed for key in SOURCES)


def test_where_restarting_is_allowed_it_is_not_wrong() -> None:
    assert debrief_of(swift()).judged.wrongs == ()


def test_a_lesson_that_is_not_known_any_more_is_no_obstacle() -> None:
    told = debrief_of(clumsy(lesson_id="a-lesson-of-long-ago"))
    assert told.judged.lesson_title == ""
    assert told.judged.is_passed is None


# -------------------------------------------------------------------- the best


def test_the_best_has_least_wrong_then_least_time_without_drug() -> None:
    bad, good = debrief_of(clumsy(policy="may-tap")), debrief_of(swift())
    slow = debrief_of(later_freed(60.0))
    assert best_of([bad, slow, good]) is good
    assert best_of([bad, slow]) is slow


def later_freed(late_s: float) -> RunRecord:
    """As `swift`, with everything after the silence later by so much."""
    record = swift(run_id="c3")
    entries = tuple(
        replace(each, at_s=each.at_s + late_s) if CALL_S + 20.0 < each.at_s < CALL_S + 2000.0 else each
        for each in record.entries
    )
    return replace(record, entries=entries)


def test_between_equals_the_older_stays_the_best() -> None:
    older, newer = debrief_of(swift()), debrief_of(swift(run_id="z", wall_s=2e9))
    assert best_of([newer, older]) is older


def test_a_run_that_is_not_over_is_not_the_best() -> None:
    record = swift()
    running = replace(record, entries=record.entries[:-1])
    assert record.entries[-1].kind is Kind.END
    assert best_of([debrief_of(running)]) is None


def test_what_can_be_compared_is_the_same_lesson_or_the_same_beginning() -> None:
    one = clumsy().origin
    assert same_thing(one, swift(policy="may-tap").origin)
    assert not same_thing(one, replace(one, begin_s=0.0))
    assert not same_thing(one, replace(one, lesson_id="first-bag"))
    lesson = replace(one, lesson_id="first-bag")
    assert same_thing(lesson, replace(lesson, scenario_toml="another version of it"))
    assert not same_thing(lesson, replace(lesson, policy="may-tap"))


# -------------------------------------------------------------------- what happened


def test_a_step_and_what_came_of_it_stand_together_and_are_told_once(told: Debrief) -> None:
    freed = [row for row in told.rows if "straightened" in " ".join((row.text, *row.came))]
    assert [(row.t_s, row.who, row.text, row.came) for row in freed] == [
        (CALL_S + 90.0, "trainee", "unkink, downstream", ("downstream line straightened",))
    ]


def test_a_key_that_was_held_is_one_thing(told: Debrief) -> None:
    keys = [row for row in told.rows if row.text.startswith("pressed")]
    assert [(row.t_s, row.text) for row in keys] == [
        (CALL_S + 40.0, "pressed SILENCE, for 0.2 s"),
        (CALL_S + 100.0, "pressed OK, for 0.2 s"),
        (CALL_S + 110.0, "pressed RUN, for 1.3 s"),
        (CALL_S + 500.0, "pressed RUN, for 1.3 s"),
    ]
    assert keys[-1].mark == "refused"
    assert "the pump is running" in keys[-1].came[0]
    assert not any("press key" in row.text for row in told.rows)


def test_what_others_did_meanwhile_is_not_laid_at_the_trainees_door() -> None:
    doings = [
        *press(9000.0, "info", 3.0),
        hand(9001.0, "kink", by=None, who=Who.INSTRUCTOR, where="upstream"),
    ]
    told = debrief_of(kept(doings, 9100.0))
    key, kink = (row for row in told.rows if row.t_s >= 9000.0 and row.who in {"trainee", "instructor"})
    assert key.came == ()
    assert (kink.who, kink.came) == ("instructor", ("upstream line kinked",))


def test_the_story_is_in_order_and_begins_where_somebody_came(told: Debrief) -> None:
    times_s = [row.t_s for row in told.rows]
    assert times_s == sorted(times_s)
    assert times_s[0] >= BEGIN_S
    assert {"trainee", "instructor", "alarm", "pump", "truth", "action"} == {row.who for row in told.rows}


def test_a_key_that_is_never_let_go_says_so() -> None:
    told = debrief_of(kept([press(9000.0, "silence")[0]], 9001.0))
    assert any(row.text == "pressed SILENCE, and did not let go" for row in told.rows)


def test_the_clock_is_told_only_where_it_leapt() -> None:
    doings = [clock(9000.0, "rate", rate_frac=10.0), clock(9000.0, "skip", span_s=600.0)]
    told = debrief_of(kept(doings, 9700.0))
    assert [row.text for row in told.rows if row.who == "instructor"] == ["let 10 min pass at once"]


def test_what_the_pump_did_is_told_without_a_hole(told: Debrief) -> None:
    assert [stretch.name for stretch in told.modes] == ["running", "halted", "stopped", "running"]
    assert told.modes[0].begin_s == BEGIN_S
    assert told.modes[-1].end_s == told.reached_s
    for before, after in zip(told.modes, told.modes[1:], strict=False):
        assert before.end_s == after.begin_s


@pytest.mark.parametrize("record", [clumsy(), swift()], ids=["clumsy", "swift"])
def test_a_run_whose_steps_are_in_the_script_is_the_same_run(record: RunRecord) -> None:
    """That is how it is sampled."""
    material = material_of(record)
    world = World(replace(material.setup, steps=(*material.setup.steps, *steps_of(record))))
    world.advance_to(record.reached_s)
    assert tuple(world.bench.journal.events) == material.result.events
