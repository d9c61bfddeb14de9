"""The pages of debrief, diary, class and list: sound, complete, and text where people wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from console.report.material import Stretch
from console.trainer.debrief.charts import Lane, Line, Span, lanes_chart, lines_chart, time_ticks, value_ticks
from console.trainer.debrief.debrief import Debrief, debrief_of
from console.trainer.debrief.debrief_page import cards, class_page, comparison, debrief_page, verdict
from console.trainer.debrief.diary_page import diary_page
from console.trainer.debrief.runs_page import SHOWN_COUNT, Wanted, runs_page
from console.trainer.kept.record import Kind, Mode, RunRecord, Who
from console.trainer.kept.store import Kept
from console.trainer.pages import STATIC
from tests.console.trainer.made import CALL_S, LEFT_KINKED, clumsy, kept, note, swift

VOID = {"meta", "br", "wbr", "hr", "img", "input", "link"}
DRAWN = {"path", "rect"}

NASTY = "<script>alert(1)</script> & \"'"


class Reader(HTMLParser):
    """Reads a page strictly: every tag is closed in its place, every id stands once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.heads: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag != "style"
        assert not [name for name in given if name == "style" or name.startswith("on")]
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.links += [str(given[name]) for name in ("href", "src", "action") if given.get(name)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN
        assert "style" not in dict(attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in {"h1", "h2"}:
            self.heads.append(data)


@pytest.fixture(scope="module")
def bad() -> Debrief:
    return debrief_of(clumsy())


@pytest.fixture(scope="module")
def good() -> Debrief:
    return debrief_of(swift(policy="call-only"))


def listed(record: RunRecord, **changed: object) -> Kept:
    origin = replace(record.origin, **changed)  # type: ignore[arg-type] # its own fields
    return Kept(origin=origin, reached_s=record.reached_s, entries_count=len(record.entries), is_over=True)


# -------------------------------------------------------------------- one run


def test_the_page_is_sound_and_has_every_part(bad: Debrief, good: Debrief) -> None:
    reader = Reader(debrief_page(bad, [bad, good]))
    for head in (
        "Debrief: A kink",
        "Against the rules",
        "How fast it was seen and put right",
        "Volume and drug",
        "Drug level",
        "What happened",
        "Beside the best run and the other branches",
    ):
        assert head in reader.heads
    assert all(link.startswith(("/", "#")) for link in reader.links)


def test_a_run_by_itself_is_compared_with_nothing(bad: Debrief) -> None:
    assert "Beside the best run" not in debrief_page(bad, [bad], [bad])


def test_what_people_wrote_is_text(bad: Debrief) -> None:
    doings = [note(CALL_S + 1.0, NASTY, NASTY), (CALL_S + 2.0, Kind.MARK, Who.INSTRUCTOR, {"text": NASTY})]
    record = kept(doings, CALL_S + 10.0, text=LEFT_KINKED, title=NASTY, trainee=NASTY, run_id="x1")
    told = debrief_of(record)
    pages = (
        debrief_page(told, [bad]),
        debrief_page(bad, [told]),
        diary_page(told),
        class_page([told, bad], missing=[NASTY]),
        runs_page([listed(record)], Wanted(trainee=NASTY, thing=NASTY)),
    )
    for page in pages:
        Reader(page)
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in page


def test_the_same_runs_give_the_same_bytes(bad: Debrief, good: Debrief) -> None:
    assert debrief_page(bad, [good], [good]) == debrief_page(debrief_of(clumsy()), [good], [good])


def test_the_verdict_says_what_it_rests_on(bad: Debrief, good: Debrief) -> None:
    assert verdict(bad) == (
        "bad",
        f"A run without a lesson: {len(bad.judged.wrongs)} things done against the rules.",
    )
    assert verdict(replace(bad, over=False))[0] == "warn"
    passed = replace(bad, judged=replace(bad.judged, is_passed=True))
    assert verdict(passed)[0] == "good"


def test_an_assessment_says_nothing_of_right_and_wrong_before_it_is_over(bad: Debrief) -> None:
    origin = replace(bad.origin, mode=Mode.ASSESSMENT)
    running, over = replace(bad, origin=origin, over=False), replace(bad, origin=origin)
    assert "Flushed a line" not in debrief_page(running)
    assert "against the rules" not in {card.label for card in cards(running)}
    Reader(debrief_page(running))
    assert "Flushed a line" in debrief_page(over)


def test_the_cards_have_the_four_times(bad: Debrief) -> None:
    texts = {card.label: card.text for card in cards(bad)}
    assert texts["to notice"] == "40 s"
    assert texts["to silence"] == "40 s"
    assert texts["to the cause"] == "1 min 30 s"
    assert texts["to flow again"] == "1 min 51 s"
    assert texts["without drug"] == "43 min 2 s"


def test_the_page_says_how_fast_the_run_went(bad: Debrief, good: Debrief) -> None:
    assert "at 60×" in debrief_page(bad)
    assert "minute of the run is a second" not in debrief_page(good)


# -------------------------------------------------------------------- beside each other


def test_a_comparison_marks_the_least_of_each_line(bad: Debrief, good: Debrief) -> None:
    lines = {line.label: line for line in comparison([bad, good])}
    assert lines["to flow again, the longest"].cells == ("1 min 51 s", "41.1 s")
    assert lines["to flow again, the longest"].best == {1}
    assert lines["against the rules"].best == {1}
    assert lines["in bursts"].best == lines["how far it got"].best == frozenset(), "less is not simply better"


def test_what_no_run_has_anything_of_is_left_out(bad: Debrief, good: Debrief) -> None:
    labels = {line.label for line in comparison([bad, good])}
    assert "air into the vein" not in labels
    assert "tasks late" not in labels


def test_the_best_rival_stands_first_and_none_stands_twice(bad: Debrief, good: Debrief) -> None:
    page = debrief_page(bad, [bad, good], [good, bad])
    assert page.count("the best so far") == 1
    assert page.count('<th scope="col"><a href="/run/b2/debrief">Anna b2</a>') == 1


def test_a_rival_of_another_lesson_is_none(bad: Debrief, good: Debrief) -> None:
    other = replace(good, origin=replace(good.origin, lesson_id="first-bag"))
    assert "Anna b2" not in debrief_page(bad, [], [other])


def test_too_many_branches_are_counted(bad: Debrief, good: Debrief) -> None:
    branches = [
        replace(good, origin=replace(good.origin, run_id=f"z{place}", parent_id="a1")) for place in range(9)
    ]
    page = debrief_page(bad, branches)
    assert "further branches not shown" in page
    Reader(page)


def test_a_class_has_its_runs_medians_best_and_rules(bad: Debrief, good: Debrief) -> None:
    page = class_page([bad, good], missing=["gone"])
    reader = Reader(page)
    assert {"/run/a1/debrief", "/run/b2/debrief"} <= set(reader.links)
    assert page.count("★") == 2, "in the caption, and beside the best"
    assert re.search(r"Anna b2</a> <span class=\"good\">★", page)
    assert "<code>gone</code>" in page
    assert "Flushed a line that holds drug: 1 of 2 runs" in page
    assert "Tapped or restarted where the site wants a call: 2 of 2 runs" in page
    median = re.search(r'median</th>.*?<td class="n">1 min 16 s</td>', page, re.DOTALL)
    assert median, "between 1 min 51 s and 41.1 s to flow again"


def test_a_class_of_nobody_says_how_to_choose() -> None:
    assert 'href="/runs"' in class_page([])


# -------------------------------------------------------------------- the list


def test_the_list_leads_to_everything_of_a_run() -> None:
    branch = listed(clumsy(), run_id="b9", parent_id="a1", branch_s=7300.0)
    reader = Reader(runs_page([branch, listed(clumsy())], Wanted()))
    for run_id in ("a1", "b9"):
        for page in ("debrief", "diary", "instructor"):
            assert f"/run/{run_id}/{page}" in reader.links
    assert "/class" in reader.links


def test_the_list_shows_what_is_wanted() -> None:
    runs = [
        listed(clumsy(), run_id="one", trainee="Zoë", title="A kink"),
        listed(clumsy(), run_id="two", trainee="Anna", title="Air"),
        listed(clumsy(), run_id="three", trainee="Anna", lesson_id="first-bag"),
    ]

    def shown(**wanted: str) -> set[str]:
        return set(re.findall(r'name="run" value="(\w+)"', runs_page(runs, Wanted(**wanted))))  # type: ignore[arg-type]

    assert shown() == {"one", "two", "three"}
    assert shown(trainee=" anna") == {"two", "three"}
    assert shown(thing="first-bag") == {"three"}
    assert shown(thing="scenario:Air") == {"two"}
    assert shown(thing="scenario:Air", trainee="Zoë") == set()
    assert "Show all 3" in runs_page(runs, Wanted(trainee="nobody"))
    assert "No run has been kept yet" in runs_page([], Wanted())


def test_a_long_list_has_pages_and_keeps_what_is_wanted() -> None:
    record = clumsy()
    runs = [listed(record, run_id=f"r{place}") for place in range(2 * SHOWN_COUNT + 5)]
    first = runs_page(runs, Wanted(trainee="zoë"))
    last = runs_page(runs, Wanted(trainee="zoë", page_number=99))
    assert first.count('name="run"') == SHOWN_COUNT
    assert 'href="/runs?trainee=zo%C3%AB&amp;page=2"' in first
    assert last.count('name="run"') == 5
    assert f"these are {2 * SHOWN_COUNT + 1} to {2 * SHOWN_COUNT + 5}" in last
    assert 'rel="next"' not in last


def test_modes_are_said_in_words() -> None:
    assert "assessment" in runs_page([listed(clumsy(), mode=Mode.ASSESSMENT)], Wanted())


# -------------------------------------------------------------------- figures

HOUR = Span(begin_s=3600.0, end_s=7200.0, clock_start_s=28800.0)


def test_every_look_of_a_figure_is_in_the_sheet() -> None:
    sheet = (STATIC / "debrief.css").read_text(encoding="utf-8")
    lines = [Line(label=str(place), points=((3600.0, 0.0), (7200.0, 1.0))) for place in range(6)]
    gaps = [Stretch("", 4000.0, 5000.0)]
    rest = ("rest", 1.0)
    drawn = lines_chart(lines, HOUR, unit="mL", at_least=1.0, label="x", at_rest=rest, gaps=gaps)
    modes = ("running", "kvo", "priming", "stopped", "halted", "complete", "fault", "off", "self_test")
    bars = tuple(Stretch(name, 4000.0, 5000.0) for name in (*modes, "no drug", "high", "medium", "low"))
    drawn += lanes_chart([Lane(label="x", bars=bars, marks_s=(4000.0,), is_code=True)], HOUR, label="x")
    looks = {look for looks in re.findall(r'class="([^"]+)"', drawn) for look in looks.split()}
    assert {"line-6", "gap", "rest", "halted", "self-test", "mark", "code"} <= looks
    assert {look for look in looks if f".{look}" not in sheet} == set()


def test_a_line_is_drawn_where_its_values_are() -> None:
    drawn = lines_chart(
        [Line(label="x", points=((3600.0, 0.0), (7200.0, 4.0)))], HOUR, unit="mL", at_least=0.5, label="x"
    )
    (path,) = re.findall(r'class="line line-1" d="(M[^"]*L[^"]*)"', drawn)
    assert path == "M64 224L844 34", "from the lower left corner of the plot to its upper right one"


def test_a_bar_that_sticks_out_is_cut_at_the_edge() -> None:
    drawn = lanes_chart([Lane(label="x", bars=(Stretch("running", 0.0, 9e9),))], HOUR, label="x")
    assert re.findall(r'class="bar running" x="([\d.]+)" y="40" width="([\d.]+)"', drawn) == [("198", "646")]


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.0, 616.0, [0.0, 200.0, 400.0, 600.0, 800.0]),
        (-0.77, 0.43, [-1.0, -0.5, 0.0, 0.5]),
        (-1e-13, 0.5, [0.0, 0.2, 0.4, 0.6]),
    ],
)
def test_values_have_round_ticks_around_them(low: float, high: float, ticks: list[float]) -> None:
    assert value_ticks(low, high) == pytest.approx(ticks)


def test_times_have_round_ticks_and_not_too_many() -> None:
    assert time_ticks(HOUR) == [3600.0, 4200.0, 4800.0, 5400.0, 6000.0, 6600.0, 7200.0]
    week = time_ticks(Span(begin_s=0.0, end_s=604_800.0, clock_start_s=0.0))
    assert week == [86_400.0 * day for day in range(8)]
    assert time_ticks(Span(begin_s=5.0, end_s=5.0, clock_start_s=0.0)) == []


def test_what_a_figure_says_is_text() -> None:
    line = Line(label=NASTY, points=((3600.0, 0.0), (7200.0, 1.0)))
    assert "<script" not in lines_chart([line], HOUR, unit="mL", at_least=0.5, label=NASTY)
    assert "<script" not in lanes_chart([Lane(label=NASTY)], HOUR, label=NASTY)
