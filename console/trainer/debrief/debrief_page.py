"""The pages of a debrief: of one run, and of several runs of a class beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from markupsafe import Markup

from console.report.material import Stretch
from console.trainer.debrief.charts import LOOKS_COUNT, Lane, Line, Span, lanes_chart, lines_chart
from console.trainer.debrief.debrief import Debrief, best_of, same_thing
from console.trainer.debrief.incidents import Pace
from console.trainer.debrief.judged import Judged, TaskStory, WrongStory
from console.trainer.kept.record import Origin
from console.trainer.lessons.tasks import State
from console.trainer.pages import ASSETS, render
from console.words import listed, plain, span, volume

NEVER: Final = "never"
NONE: Final = "-"

LEVEL_PG_ML: Final = 100.0
BEHIND_ML: Final = 0.5
"""Up to where the figures reach at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One of the numbers at the top."""

    label: str
    text: str
    more: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A rule, and every time that it was broken."""

    title: str
    why: str
    source: str
    times: tuple[WrongStory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One run in a comparison."""

    name: str
    note: str
    run_id: str
    is_this: bool = False
    is_best: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One line of a comparison: what, and how it was in each run. `best` are the places of the best."""

    label: str
    cells: tuple[str, ...]
    best: frozenset[int]


# -------------------------------------------------------------------- one run


def debrief_page(
    debrief: Debrief,
    family: Sequence[Debrief] = (),
    rivals: Sequence[Debrief] = (),
    *,
    for_guest: bool = False,
    assets: str = ASSETS,
) -> str:
    """Give the page of one run.

    Args:
        debrief: The run.
        family: What it branched from and what branched from the same, the run itself among them or not.
        rivals: Runs that it may be compared with: the best of those of the same thing is.
        for_guest: Whether it is for somebody who may not take anything away.
        assets: Where static files are.
    """
    best = best_of(each for each in (debrief, *rivals) if same_thing(each.origin, debrief.origin))
    compared = _side_by_side(debrief, family, best)
    when = Span(begin_s=debrief.origin.begin_s, end_s=debrief.reached_s, clock_start_s=debrief.clock_start_s)
    return render(
        "debrief.html.j2",
        here=f"/run/{debrief.origin.run_id}/debrief",
        assets=assets,
        for_guest=for_guest,
        debrief=debrief,
        origin=debrief.origin,
        verdict=verdict(debrief),
        cards=tuple(cards(debrief)),
        broken=broken(debrief.judged.wrongs),
        lanes=_lanes(debrief, when),
        level=_level(debrief, when),
        behind=_behind(debrief, when),
        columns=tuple(_column(each, debrief, best) for each in compared),
        compared=comparison(compared) if len(compared) > 1 else (),
        compared_curves=_curves(compared, debrief) if len(compared) > 1 else (),
        left_out_count=len(_others(debrief, family, best)) + 1 - len(compared),
        since=_since,
        is_fast=_is_fast(debrief),
    )


def _is_fast(debrief: Debrief) -> bool:
    paces = [each.pace_frac for each in debrief.alarms] + [each.pace_frac for each in debrief.gaps]
    return max(paces, default=1.0) > 1.0


def verdict(debrief: Debrief) -> tuple[str, str]:
    """Give what the run comes to in a sentence, and how that is shown: good, bad, or neither."""
    judged = debrief.judged
    if not debrief.over:
        return "warn", "The run is not over: this is how it stands so far."
    if judged.is_passed:
        return "good", "Every task done in time, every answer right, nothing against the rules."
    if judged.is_passed is None:
        count = len(judged.wrongs)
        if not count:
            return "", "A run without a lesson: nothing was done against the rules."
        return "bad", f"A run without a lesson: {listed(count, 'thing')} done against the rules."
    return "bad", f"Not all as it should be: {', '.join(_shortcomings(judged))}."


def _shortcomings(judged: Judged) -> Iterable[str]:
    counts = (
        (judged.tasks_count(State.FAILED, State.OPEN), "task not done", "tasks not done"),
        (judged.tasks_count(State.LATE), "task late", "tasks late"),
        (sum(answer.is_right is False for answer in judged.answers), "wrong answer", ""),
        (sum(answer.is_right is None for answer in judged.answers), "question not answered", ""),
        (len(judged.wrongs), "thing against the rules", "things against the rules"),
    )
    for count, one, several in counts:
        if count:
            yield listed(count, one, several or one.replace("answer", "answers", 1))


def cards(debrief: Debrief) -> Iterable[Card]:
    """Give the numbers at the top."""
    totals, judged = debrief.totals, debrief.judged
    if judged.tasks and debrief.tells:
        done_count = judged.tasks_count(State.DONE)
        asked_count = len(judged.tasks) - judged.tasks_count(State.WAITING)
        late_count = judged.tasks_count(State.LATE)
        yield Card(
            label="tasks done in time",
            text=f"{done_count} of {asked_count}",
            more=f"{late_count} late" if late_count else "none late",
        )
    yield Card(label="to notice", text=_wait(debrief.to_notice), more=_cases(debrief.to_notice, "alarm"))
    yield Card(label="to silence", text=_wait(debrief.to_silence), more=_cases(debrief.to_silence, "alarm"))
    yield Card(label="to the cause", text=_wait(debrief.to_cause), more=_named(debrief))
    yield Card(label="to flow again", text=_wait(debrief.to_flow), more=_cases(debrief.to_flow, "stop"))
    yield Card(
        label="without drug",
        text=span(totals.gap_s) if totals.gap_s else "not at all",
        more=listed(len(debrief.gaps), "stretch", "stretches"),
    )
    yield Card(
        label="missed when due",
        text=volume(totals.missed_ml),
        more=f"{plain(totals.missed_ug, 2)} ug of drug",
    )
    yield Card(
        label="in bursts",
        text=volume(debrief.bolus_ml) if debrief.boluses else "none",
        more=listed(len(debrief.boluses), "bolus", "boluses"),
    )
    if debrief.tells:
        yield Card(
            label="against the rules",
            text=str(len(judged.wrongs)),
            more="see below" if judged.wrongs else "nothing",
        )


def _wait(pace: Pace) -> str:
    if not pace.cases_count:
        return NONE
    return NEVER if pace.longest_s is None else span(pace.longest_s)


def _cases(pace: Pace, noun: str) -> str:
    if not pace.cases_count:
        return f"no {noun}"
    found = f"the longest of {pace.cases_count}" if pace.cases_count > 1 else f"one {noun}"
    if pace.never_count and pace.longest_s is not None:
        found += f", {pace.never_count} never"
    return found


def _named(debrief: Debrief) -> str:
    """Say when the cause was named, where a lesson asks for it."""
    named_s = debrief.judged.cause_s
    if named_s is None or not debrief.gaps or not debrief.tells:
        return _cases(debrief.to_cause, "stop")
    return f"named {_since(debrief.gaps[0].called_s, named_s)} after the call"


def _since(from_s: float, to_s: float | None) -> str:
    """Say how long after something something else came."""
    return NEVER if to_s is None else span(max(0.0, to_s - from_s))


def broken(wrongs: Sequence[WrongStory]) -> tuple[Broken, ...]:
    """Give every rule that was broken once, with the times."""
    found: dict[str, list[WrongStory]] = {}
    for wrong in wrongs:
        found.setdefault(wrong.rule, []).append(wrong)
    return tuple(
        Broken(title=each[0].title, why=each[0].why, source=each[0].source_text, times=tuple(each))
        for each in found.values()
    )


# -------------------------------------------------------------------- figures


def _lanes(debrief: Debrief, when: Span) -> Markup:
    alarms = {
        code: tuple(
            Stretch(each.priority, each.raised_s, when.end_s if each.cleared_s is None else each.cleared_s)
            for each in debrief.alarms
            if each.code == code
        )
        for code in dict.fromkeys(alarm.code for alarm in debrief.alarms)
    }
    lanes = [
        Lane(label="pump", bars=debrief.modes),
        Lane(label="no drug to the vein", bars=_gaps(debrief)),
        *(Lane(label=code, bars=bars, is_code=True) for code, bars in alarms.items()),
        Lane(label="trainee", marks_s=debrief.trainee_s),
    ]
    if debrief.instructor_s:
        lanes.append(Lane(label="instructor", marks_s=debrief.instructor_s))
    return lanes_chart(
        lanes,
        when,
        label="What the pump did, when no drug reached the vein, every alarm by its priority, and when "
        "somebody did something, over time",
    )


def _gaps(debrief: Debrief) -> tuple[Stretch, ...]:
    return tuple(Stretch("no drug", gap.begin_s, gap.begin_s + gap.lasted_s) for gap in debrief.gaps)


def _level(debrief: Debrief, when: Span) -> Markup:
    return lines_chart(
        [Line(label="drug level, by the model", points=debrief.level)],
        when,
        unit="pg/mL",
        at_least=LEVEL_PG_ML,
        label="Drug level over time, by the one-compartment model",
        at_rest=("at rest, undisturbed", debrief.totals.planned_level_pg_ml),
        gaps=_gaps(debrief),
    )


def _behind(debrief: Debrief, when: Span) -> Markup:
    return lines_chart(
        [Line(label="behind the plan", points=debrief.behind)],
        when,
        unit="mL",
        at_least=BEHIND_ML,
        label="How far delivery was behind the plan over time; below zero it was ahead",
        gaps=_gaps(debrief),
    )


def _curves(compared: Sequence[Debrief], debrief: Debrief) -> tuple[tuple[str, Markup], ...]:
    when = Span(
        begin_s=min(each.origin.begin_s for each in compared),
        end_s=max(each.reached_s for each in compared),
        clock_start_s=debrief.clock_start_s,
    )
    names = [_name(each, debrief) for each in compared]
    level = lines_chart(
        [Line(label=name, points=each.level) for name, each in zip(names, compared, strict=True)],
        when,
        unit="pg/mL",
        at_least=LEVEL_PG_ML,
        label="Drug level over time in each of these runs",
    )
    behind = lines_chart(
        [Line(label=name, points=each.behind) for name, each in zip(names, compared, strict=True)],
        when,
        unit="mL",
        at_least=BEHIND_ML,
        label="How far delivery was behind the plan over time in each of these runs",
    )
    return ("Drug level", level), ("Behind the plan", behind)


# -------------------------------------------------------------------- beside each other


def _others(debrief: Debrief, family: Sequence[Debrief], best: Debrief | None) -> list[Debrief]:
    """Give the runs beside which one is shown: the best, then the branches, none twice."""
    found: dict[str, Debrief] = {}
    for each in (*(() if best is None else (best,)), *family):
        if each.origin.run_id != debrief.origin.run_id:
            found.setdefault(each.origin.run_id, each)
    return list(found.values())


def _side_by_side(debrief: Debrief, family: Sequence[Debrief], best: Debrief | None) -> list[Debrief]:
    return [debrief, *_others(debrief, family, best)[: LOOKS_COUNT - 1]]


def _name(each: Debrief, debrief: Debrief) -> str:
    if each.origin.run_id == debrief.origin.run_id:
        return "this run"
    return run_name(each.origin)


def run_name(origin: Origin) -> str:
    """Give what a run is called among others."""
    return f"{origin.trainee or 'run'} {origin.run_id[:6]}"


def _column(each: Debrief, debrief: Debrief, best: Debrief | None) -> Column:
    origin = each.origin
    notes = [f"branched at {span(origin.branch_s)}"] if origin.parent_id else []
    is_best = best is not None and origin.run_id == best.origin.run_id
    if is_best:
        notes.insert(0, "the best so far")
    return Column(
        name=_name(each, debrief),
        note=", ".join(notes),
        run_id=origin.run_id,
        is_this=origin.run_id == debrief.origin.run_id,
        is_best=is_best,
    )


Measure = tuple[str, Callable[[Debrief], float | None], Callable[[float], str]]


def _count(number: float) -> str:
    return plain(number, 0)


MEASURES: Final[tuple[Measure, ...]] = (
    ("tasks done in time", lambda each: -each.judged.tasks_count(State.DONE), lambda n: _count(-n)),
    ("tasks late", lambda each: each.judged.tasks_count(State.LATE), _count),
    ("tasks not done", lambda each: each.judged.tasks_count(State.FAILED, State.OPEN), _count),
    ("against the rules", lambda each: len(each.judged.wrongs), _count),
    ("to notice, the longest", lambda each: each.to_notice.longest_s, span),
    ("to silence, the longest", lambda each: each.to_silence.longest_s, span),
    ("to the cause, the longest", lambda each: each.to_cause.longest_s, span),
    ("to flow again, the longest", lambda each: each.to_flow.longest_s, span),
    ("without drug", lambda each: each.totals.gap_s, span),
    ("missed when due", lambda each: each.totals.missed_ml, volume),
    ("in bursts", lambda each: each.bolus_ml, volume),
    ("air into the vein", lambda each: each.totals.air_ul, lambda ul: f"{plain(ul, 1)} uL"),
    ("how far it got", lambda each: each.reached_s, span),
)
"""What runs are compared in: what it is called, its value of which less is better, and how it is told."""

UNRANKED: Final = frozenset({"in bursts", "how far it got"})
"""Of these less is not simply better: what never flows again brings no bolus either."""


def comparison(compared: Sequence[Debrief]) -> tuple[Compared, ...]:
    """Give the lines of a comparison; what no run has anything of is left out."""
    found: list[Compared] = []
    for label, value_of, tell in MEASURES:
        values = [value_of(each) for each in compared]
        known = [value for value in values if value is not None]
        if not any(known):
            continue
        least = min(known)
        ranked = label not in UNRANKED and len(set(values)) > 1
        found.append(
            Compared(
                label=label,
                cells=tuple(NONE if value is None else tell(value) for value in values),
                best=frozenset(place for place, value in enumerate(values) if ranked and value == least),
            )
        )
    return tuple(found)


# -------------------------------------------------------------------- a class


@dataclass(frozen=True, slots=True, kw_only=True)
class Middle:
    """The medians of what the runs of a class show, as text."""

    notice: str
    silence: str
    cause: str
    flow: str
    gap: str
    missed: str
    bolus: str
    wrongs: str
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTally:
    """One task of a lesson, and how it went in a class."""

    text: str
    done_count: int
    late_count: int
    failed_count: int
    middle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The runs of a class that were about the same."""

    title: str
    debriefs: tuple[Debrief, ...]
    best_ids: frozenset[str]
    middle: Middle
    tasks: tuple[TaskTally, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTally:
    """One rule, and in how many runs it was broken."""

    broken: Broken
    runs_count: int
    names: tuple[str, ...]


def class_page(debriefs: Sequence[Debrief], *, missing: Sequence[str] = (), assets: str = ASSETS) -> str:
    """Give the page of several runs.

    Args:
        debriefs: The runs, in the order in which they were asked for.
        missing: Names that were asked for and that no run has.
        assets: Where static files are.
    """
    return render(
        "class.html.j2",
        here="/class",
        assets=assets,
        runs_count=len(debriefs),
        groups=groups(debriefs),
        rules=rule_tallies(debriefs),
        missing=missing,
        name=run_name,
        wait=_wait,
        State=State,
    )


def groups(debriefs: Sequence[Debrief]) -> tuple[Group, ...]:
    """Give the runs by what was done in them: medians of different things would say nothing."""
    found: dict[str, list[Debrief]] = {}
    for each in debriefs:
        found.setdefault(each.judged.lesson_title or each.origin.title, []).append(each)
    return tuple(
        Group(
            title=title,
            debriefs=tuple(members),
            best_ids=frozenset(_bests(members)) if len(members) > 1 else frozenset(),
            middle=middles(members),
            tasks=task_tallies(members),
        )
        for title, members in found.items()
    )


def _bests(members: Sequence[Debrief]) -> Iterable[str]:
    """Give the best of those that can be compared; under another policy or hand there is another best."""
    for each in members:
        best = best_of(other for other in members if same_thing(other.origin, each.origin))
        if best is not None:
            yield best.origin.run_id


def middles(debriefs: Sequence[Debrief]) -> Middle:
    """Give the medians of a class."""
    return Middle(
        notice=_middle([each.to_notice.longest_s for each in debriefs], span),
        silence=_middle([each.to_silence.longest_s for each in debriefs], span),
        cause=_middle([each.to_cause.longest_s for each in debriefs], span),
        flow=_middle([each.to_flow.longest_s for each in debriefs], span),
        gap=_middle([each.totals.gap_s for each in debriefs], span),
        missed=_middle([each.totals.missed_ml for each in debriefs], volume),
        bolus=_middle([each.bolus_ml for each in debriefs], volume),
        wrongs=_middle([float(len(each.judged.wrongs)) for each in debriefs], lambda n: plain(n, 1)),
        done=_middle(
            [float(each.judged.tasks_count(State.DONE)) for each in debriefs if each.judged.tasks],
            lambda n: plain(n, 1),
        ),
    )


def _middle(values: Iterable[float | None], tell: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    return tell(median(known)) if known else NONE


def task_tallies(debriefs: Sequence[Debrief]) -> tuple[TaskTally, ...]:
    """Give every task that any of the runs had, and how often it was done."""
    found: dict[str, list[TaskStory]] = {}
    for each in debriefs:
        for task in each.judged.tasks:
            found.setdefault(task.id, []).append(task)
    return tuple(
        TaskTally(
            text=cases[0].text,
            done_count=sum(task.state == State.DONE for task in cases),
            late_count=sum(task.state == State.LATE for task in cases),
            failed_count=sum(task.state in (State.FAILED, State.OPEN) for task in cases),
            middle=_middle((_took_s(task) for task in cases), span),
        )
        for cases in found.values()
    )


def _took_s(task: TaskStory) -> float | None:
    return None if task.done_s is None or task.opened_s is None else task.done_s - task.opened_s


def rule_tallies(debriefs: Sequence[Debrief]) -> tuple[RuleTally, ...]:
    """Give every rule that was broken in any of the runs, the commonest first."""
    found: dict[str, list[tuple[str, WrongStory]]] = {}
    for each in debriefs:
        for wrong in each.judged.wrongs:
            found.setdefault(wrong.rule, []).append((run_name(each.origin), wrong))
    tallies = [
        RuleTally(
            broken=broken([wrong for _, wrong in cases])[0],
            runs_count=len({name for name, _ in cases}),
            names=tuple(dict.fromkeys(name for name, _ in cases)),
        )
        for cases in found.values()
    ]
    return tuple(sorted(tallies, key=lambda tally: -tally.runs_count))
