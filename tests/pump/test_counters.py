"""The counters: exact on marks, straight in between, moved by nothing but the flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pump.counters import Ledger, whole_nl


def ledger(
    vtbi_ml: float = 100.8, reservoir_ml: float = 110.0, stroke_ul: float = 50.0, *, debits: bool = True
) -> Ledger:
    return Ledger(
        0.0,
        vtbi_nl=whole_nl(vtbi_ml),
        reservoir_nl=whole_nl(reservoir_ml),
        stroke_nl=stroke_ul * 1000.0,
        debits_primes=debits,
    )


def test_the_seven_day_bag_is_2016_strokes_in_exactly_a_week() -> None:
    book = ledger()
    book.flow(whole_nl(0.6))
    assert book.vtbi_s() == 604_800.0
    book.anchor(604_800.0, book.vtbi_left_nl)
    assert book.given_nl / book.stroke_nl == 2016.0
    assert book.push() == 0.0
    assert book.at(604_800.0).given_ml == 100.8


def test_a_stop_in_the_middle_of_a_stroke_goes_on_to_the_mark() -> None:
    book = ledger()
    book.flow(whole_nl(0.6))
    book.anchor(400.0)  # 0.6 mL/h for 400 s is 66.667 uL: 33.333 uL to the mark at 100
    assert book.push() == pytest.approx(33_333.333, abs=0.001)
    assert book.given_nl == 100_000.0
    assert book.reservoir_nl == pytest.approx(109_900_000.0, abs=1e-6)


@pytest.mark.parametrize(
    ("off_nl", "push_nl"), [(0.0, 0.0), (0.9, 0.0), (-0.9, 0.0), (1.1, 49_998.9), (-1.1, 1.1)]
)
def test_a_nanolitre_beside_the_mark_is_on_it(off_nl: float, push_nl: float) -> None:
    book = ledger()
    book.given_nl = 500_000.0 + off_nl
    assert book.push() == pytest.approx(push_nl)
    assert book.given_nl == (550_000.0 if off_nl > 1.0 else 500_000.0)


def test_primes_debit_the_reservoir_and_nothing_else() -> None:
    book = ledger()
    book.flow(whole_nl(600.0), priming=True)
    now = book.at(18.0)
    assert (now.given_ml, now.vtbi_left_ml, now.reservoir_ml, now.primed_ml) == (0.0, 100.8, 107.0, 3.0)


def test_a_profile_may_hide_primes_from_the_reservoir() -> None:
    book = ledger(debits=False)
    book.flow(whole_nl(600.0), priming=True)
    assert book.at(18.0).reservoir_ml == 110.0
    assert book.reservoir_s() == float("inf")


def test_what_was_turned_back_is_in_the_reservoir_again() -> None:
    book = ledger()
    book.flow(whole_nl(0.6))
    book.anchor(3600.0)
    book.turned_back(212_000.0, was_priming=False)
    now = book.at(3600.0)
    assert now.given_ml == pytest.approx(0.388)
    assert now.reservoir_ml == pytest.approx(109.612)


@given(st.lists(st.floats(0.0, 6e5), max_size=5))
def test_asking_moves_nothing(times_s: list[float]) -> None:
    asked, left_alone = ledger(), ledger()
    for book in (asked, left_alone):
        book.flow(whole_nl(0.6))
    for t_s in times_s:
        asked.at(t_s)
    assert asked.at(6e5) == left_alone.at(6e5)


def test_a_snapshot_goes_on_bit_by_bit() -> None:
    book = ledger()
    book.flow(whole_nl(0.7))
    book.anchor(12345.678)
    again = Ledger.restore(book.snapshot())
    assert again.at(99999.9) == book.at(99999.9)
