"""What is shown of runs that were kept, and what can be taken away of them: addresses, and who may come.

A guest is shown a debrief when the run is over, and not before: it says what only the truth knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from console.trainer.debrief.desk import Desk, Order, Sheet
from console.trainer.debrief.runs_page import Wanted, runs_page
from console.trainer.kept.record import RunRecord
from console.trainer.kept.saved import scenario_of
from console.trainer.web.answers import is_guest, not_for_guests, nothing_there, refused, runs_of

CLASS_COUNT: Final = 60
"""So many runs can be debriefed together: more are no class."""

MOST_DIGITS: Final = 9
"""No list has more pages than fit in so many."""

FILES: Final[Mapping[Sheet, str]] = {
    "json": "application/json; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
"""What can be taken away, and what kind of file it is."""

Handler = Callable[[Request], Awaitable[Response]]


async def _list(request: Request) -> Response:
    """Show the list of runs."""
    asked = request.query_params
    wanted = Wanted(
        thing=asked.get("lesson", ""),
        trainee=asked.get("trainee", ""),
        page_number=_page_number(asked.get("page", "")),
    )
    return HTMLResponse(runs_page(runs_of(request).store.origins(), wanted))


def _page_number(text: str) -> int:
    """Read the number of a page of the list; what is none is the first."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS
    return int(text) if is_number else 1


async def _class(request: Request) -> Response:
    """Show several runs side by side."""
    run_ids = request.query_params.getlist("run")[:CLASS_COUNT]
    return HTMLResponse(await _desk(request).class_debrief(run_ids, runs_of(request).record))


async def _debrief(request: Request, record: RunRecord) -> Response:
    runs, desk = runs_of(request), _desk(request)
    if is_guest(request):
        return HTMLResponse(await desk.write(Order(sheet="debrief", records=(record,), for_guest=True)))
    return HTMLResponse(await desk.debrief(record, runs.store.origins(), runs.record))


async def _diary(request: Request, record: RunRecord) -> Response:
    order = Order(sheet="diary", records=(record,), for_guest=is_guest(request))
    return HTMLResponse(await _desk(request).write(order))


def _file(sheet: Sheet) -> Callable[[Request, RunRecord], Awaitable[Response]]:
    async def give(request: Request, record: RunRecord) -> Response:
        text = await _desk(request).write(Order(sheet=sheet, records=(record,)))
        return _attached(text, FILES[sheet], record, sheet)

    return give


async def _scenario(_request: Request, record: RunRecord) -> Response:
    text = await run_in_threadpool(scenario_of, record)
    return _attached(text, "text/plain; charset=utf-8", record, "toml")


def _attached(text: str, kind: str, record: RunRecord, ending: str) -> Response:
    name = f"ambupump-run-{record.origin.run_id}.{ending}"
    return Response(text, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


def _of_a_run(take: Callable[[Request, RunRecord], Awaitable[Response]], *, guests: bool = False) -> Handler:
    """Find the run, and see whether who comes may look at it."""

    async def answer(request: Request) -> Response:
        record = runs_of(request).record(request.path_params["run_id"])
        if record is None:
            return nothing_there(request.url.path)
        if is_guest(request):
            if not guests:
                return not_for_guests()
            living = runs_of(request).get(record.origin.run_id)
            if living is None or not living.run.over:
                return refused("the run is not over: ask the instructor to finish it")
        return await take(request, record)

    return answer


def _for_instructors(show: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        if is_guest(request):
            return not_for_guests()
        return await show(request)

    return answer


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


ROUTES: Final = (
    Route("/runs", _for_instructors(_list), methods=["GET"]),
    Route("/class", _for_instructors(_class), methods=["GET"]),
    Route("/run/{run_id}/debrief", _of_a_run(_debrief, guests=True), methods=["GET"]),
    Route("/run/{run_id}/diary", _of_a_run(_diary, guests=True), methods=["GET"]),
    Route("/run/{run_id}/record.json", _of_a_run(_file("json")), methods=["GET"]),
    Route("/run/{run_id}/record.csv", _of_a_run(_file("csv")), methods=["GET"]),
    Route("/run/{run_id}/scenario.toml", _of_a_run(_scenario), methods=["GET"]),
)
"""What is where."""
