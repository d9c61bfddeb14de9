"""The debrief of a run: what a trainer and a trainee talk about afterwards, as plain values.

It is made from the record of the run alone. How it is shown stands in `debrief_page.py`, what leaves it as a
file in `export.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from console.report.material import Stretch
from console.trainer.debrief.boluses import Bolus, boluses
from console.trainer.debrief.curves import Point, curve, modes
from console.trainer.debrief.diary import Diary, diary_of
from console.trainer.debrief.incidents import AlarmStory, GapStory, Pace, alarm_stories, gap_stories, paced
from console.trainer.debrief.judged import Judged, judged
from console.trainer.debrief.material import Material, material_of
from console.trainer.debrief.telling import Row, acts_s, rows
from console.trainer.kept.record import Mode, Origin, RunRecord, Who
from console.trainer.lessons.tasks import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a run came to, by truth unless the name says otherwise.

    Attributes:
        planned_ml: What the order asks for in all.
        delivered_ml: Drug solution into the vein.
        delivered_ug: The drug in it.
        believed_ml: What the pump counts as given.
        missed_ml: What was due while somebody was there, and did not come when it was due.
        missed_ug: The drug in it.
        behind_ml: How far delivery is behind the plan at the end, or was at the planned end; what came in a
            burst has made up for what was missed.
        ahead_ml: How far it is ahead of the plan.
        gap_s: How long no drug reached the vein while somebody was there.
        longest_gap_s: The longest stretch of it.
        air_ul: Air into the vein.
        wasted_ml: Primed out, spilled, aspirated or discarded.
        level_pg_ml: Drug level at the end, by the model.
        planned_level_pg_ml: The level at which an undisturbed infusion comes to rest.
    """

    planned_ml: float
    delivered_ml: float
    delivered_ug: float
    believed_ml: float
    missed_ml: float
    missed_ug: float
    behind_ml: float
    ahead_ml: float
    gap_s: float
    longest_gap_s: float
    air_ul: float
    wasted_ml: float
    level_pg_ml: float
    planned_level_pg_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Debrief:
    """All that is told of a run.

    Attributes:
        origin: What the run was made from.
        clock_start_s: The time of day at which its world began.
        reached_s: How far it got.
        over: Whether nothing can be done in it any more.
        totals: What it came to.
        alarms: Every alarm and what was done about it.
        gaps: Every stretch without drug and how it ended.
        boluses: Every burst into the vein.
        judged: How it stands against lesson and rules.
        diary: What the trainee noted, against what there was.
        rows: What happened, in order.
        modes: What the pump was doing.
        trainee_s: When the trainee did something.
        instructor_s: When the instructor did.
        level: Drug level over time.
        behind: How far delivery was behind the plan over time, in mL.
    """

    origin: Origin
    clock_start_s: float
    reached_s: float
    over: bool
    totals: Totals
    alarms: tuple[AlarmStory, ...]
    gaps: tuple[GapStory, ...]
    boluses: tuple[Bolus, ...]
    judged: Judged
    diary: Diary
    rows: tuple[Row, ...]
    modes: tuple[Stretch, ...]
    trainee_s: tuple[float, ...]
    instructor_s: tuple[float, ...]
    level: tuple[Point, ...]
    behind: tuple[Point, ...]

    @property
    def tells(self) -> bool:
        """Whether right and wrong are told: in an assessment only when it is over."""
        return self.over or self.origin.mode is not Mode.ASSESSMENT

    @property
    def to_notice(self) -> Pace:
        """How long it took to do something after each alarm, and after each stop that no alarm told of."""
        unheard = [(gap.called_s, gap.noticed_s) for gap in self.gaps if not gap.alarm]
        return paced([*((alarm.raised_s, alarm.noticed_s) for alarm in self._heard), *unheard])

    @property
    def to_silence(self) -> Pace:
        """How long it took to silence or acknowledge each alarm."""
        return paced((alarm.raised_s, alarm.silenced_s) for alarm in self._heard)

    @property
    def to_cause(self) -> Pace:
        """How long it took to put the cause of each stretch without drug right."""
        return paced((gap.called_s, gap.freed_s) for gap in self.gaps)

    @property
    def to_flow(self) -> Pace:
        """How long it took until drug reached the vein again."""
        return paced((gap.called_s, gap.flows_s) for gap in self.gaps)

    @property
    def _heard(self) -> tuple[AlarmStory, ...]:
        """The alarms that call for somebody: those of low priority only inform."""
        return tuple(alarm for alarm in self.alarms if alarm.priority != "low")

    @property
    def bolus_ml(self) -> float:
        """All bursts together."""
        return sum((bolus.volume_ml for bolus in self.boluses), 0.0)


def debrief_of(record: RunRecord) -> Debrief:
    """Live a run again and tell what there is to tell.

    Raises:
        ScenarioError: the scenario in its origin is none that this program reads.
    """
    material = material_of(record)
    entries = record.entries
    return Debrief(
        origin=record.origin,
        clock_start_s=material.setup.clock_start_s,
        reached_s=material.end_s,
        over=material.over,
        totals=_totals(material),
        alarms=alarm_stories(material),
        gaps=gap_stories(material),
        boluses=boluses(material),
        judged=judged(material),
        diary=diary_of(material),
        rows=rows(material),
        modes=modes(material),
        trainee_s=acts_s(entries, Who.TRAINEE),
        instructor_s=acts_s(entries, Who.INSTRUCTOR),
        level=curve(material, lambda each: each.level_pg_ml),
        behind=curve(material, lambda each: material.planned_so_far_ml(each.t_s) - each.delivered_ml),
    )


def _totals(material: Material) -> Totals:
    result, order = material.result, material.setup.order
    gaps = gap_stories(material)
    missed_ml = _missed_ml(material)
    return Totals(
        planned_ml=result.planned_ml,
        delivered_ml=result.delivered_ml,
        delivered_ug=result.delivered_ug,
        believed_ml=result.believed_ml,
        missed_ml=missed_ml,
        missed_ug=missed_ml * order.ug_per_ml,
        behind_ml=0.0 if result.start_s is None else result.shortfall_ml,
        ahead_ml=result.excess_ml,
        gap_s=sum((gap.lasted_s - max(0.0, material.begin_s - gap.begin_s) for gap in gaps), 0.0),
        longest_gap_s=max((gap.lasted_s for gap in gaps), default=0.0),
        air_ul=result.air_ul,
        wasted_ml=result.wasted_ml,
        level_pg_ml=result.level_pg_ml,
        planned_level_pg_ml=material.planned_level_pg_ml,
    )


def _missed_ml(material: Material) -> float:
    """Add up what was due by the plan between two looks at the run and did not come between them."""
    missed_ml = 0.0
    for before, after in pairwise(material.samples):
        if before.t_s >= material.begin_s:
            due_ml = material.planned_so_far_ml(after.t_s) - material.planned_so_far_ml(before.t_s)
            missed_ml += max(0.0, due_ml - (after.delivered_ml - before.delivered_ml))
    return missed_ml


# -------------------------------------------------------------------- which run was best


def same_thing(one: Origin, other: Origin) -> bool:
    """Whether two runs can be compared: one lesson under one policy, or the same scenario begun alike."""
    if one.lesson_id or other.lesson_id:
        return (one.lesson_id, one.policy, one.hand) == (other.lesson_id, other.policy, other.hand)
    return (one.scenario_toml, one.begin_s) == (other.scenario_toml, other.begin_s)


def best_of(debriefs: Iterable[Debrief]) -> Debrief | None:
    """Give the best of runs of the same thing that are over; None: there is none."""
    return min((each for each in debriefs if each.over), key=merit, default=None)


def merit(debrief: Debrief) -> tuple[float, ...]:
    """Give what runs are ordered by, the best first.

    Tasks that were not done and what was wrong weigh most, then tasks done late and wrong answers, then how
    long no drug flowed, what was missed, and hints. Between equals the older run stays the best.
    """
    judged_ = debrief.judged
    failed_count = judged_.tasks_count(State.FAILED, State.OPEN)
    wrong_answers_count = sum(answer.is_right is not True for answer in judged_.answers)
    return (
        failed_count + len(judged_.wrongs),
        judged_.tasks_count(State.LATE) + wrong_answers_count,
        round(debrief.totals.gap_s, 3),
        round(debrief.totals.missed_ml + debrief.bolus_ml, 6),
        sum(task.hints_count for task in judged_.tasks),
        debrief.origin.wall_s,
    )
