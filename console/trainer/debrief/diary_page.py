"""The page of a diary: what the trainee noted beside what there was, for screen and paper."""

from __future__ import annotations

from console.trainer.debrief.debrief import Debrief
from console.trainer.debrief.diary import LATER_S, Diary, Found
from console.trainer.pages import ASSETS, render
from console.words import listed, span


def diary_page(debrief: Debrief, *, for_guest: bool = False, assets: str = ASSETS) -> str:
    """Give the page of a run's diary."""
    diary = debrief.diary
    return render(
        "diary.html.j2",
        here=f"/run/{debrief.origin.run_id}/diary",
        assets=assets,
        for_guest=for_guest,
        origin=debrief.origin,
        title=debrief.judged.lesson_title or debrief.origin.title,
        diary=diary,
        alarms_count=alarms_count(diary),
        clock_start_s=debrief.clock_start_s,
        verdict=diary_verdict(diary),
        later_s=LATER_S,
        since=lambda from_s, to_s: span(to_s - from_s),
        Found=Found,
    )


def alarms_count(diary: Diary) -> int:
    """Give how many alarms there were in the log."""
    return diary.count(Found.NOTED) + diary.count(Found.MISNAMED) + diary.count(Found.MISSED)


def diary_verdict(diary: Diary) -> tuple[str, str]:
    """Give how diary and log agree in a sentence, and how that is shown: good, bad, or neither."""
    faults = [
        text
        for count, text in (
            (diary.count(Found.MISSED), f"{listed(diary.count(Found.MISSED), 'alarm')} missed"),
            (diary.count(Found.MISNAMED), f"{diary.count(Found.MISNAMED)} misnamed"),
            (
                diary.count(Found.NOTHING),
                f"{listed(diary.count(Found.NOTHING), 'note')} of an alarm that was none",
            ),
        )
        if count
    ]
    if faults:
        return "bad", f"Diary and log differ: {', '.join(faults)}."
    if not alarms_count(diary):
        return "", "There was no alarm to be noted."
    return "good", f"Diary and log agree: {listed(alarms_count(diary), 'alarm')}, all noted by name."
