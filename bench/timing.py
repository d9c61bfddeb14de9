"""How long things take, as ratios: two workloads by turns, so that a busy machine slows both alike.

In one process the clock is the processor's own, which stands while others run. Processes are timed by
the wall.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Final

import simpy

Work = Callable[[], object]
Clock = Callable[[], float]

SHORTEST_S: Final = 0.02
"""One reading of the clock spans at least so much work."""


@dataclass(frozen=True, slots=True)
class Paired:
    """What two workloads cost each, and the median of their ratios, round by round."""

    first_s: float
    second_s: float
    ratio_frac: float


def each_s(work: Work, count: int, clock: Clock = process_time) -> float:
    """One of `count` executions in a row, with the garbage collector on."""
    begun_s = clock()
    for _ in range(count):
        work()
    return (clock() - begun_s) / count


def count_for(work: Work, clock: Clock = process_time) -> int:
    """How often to run in a row, so that the clock reads true."""
    took_s = each_s(work, 1, clock)
    if took_s < SHORTEST_S:
        took_s = min(each_s(work, 1, clock) for _ in range(3))
    return max(1, round(SHORTEST_S / max(took_s, 1e-6)))


def paired(first: Work, second: Work, rounds_count: int, clock: Clock = process_time) -> Paired:
    """Take turns: first, second, and so on; the ratio is first to second."""
    first_count, second_count = count_for(first, clock), count_for(second, clock)
    rounds = [
        (each_s(first, first_count, clock), each_s(second, second_count, clock)) for _ in range(rounds_count)
    ]
    return Paired(
        median(first_s for first_s, _ in rounds),
        median(second_s for _, second_s in rounds),
        median(first_s / second_s for first_s, second_s in rounds),
    )


def timeouts(count: int) -> Work:
    """The unit of measure: one SimPy process that waits `count` times, and nothing else."""

    def run() -> None:
        env = simpy.Environment()

        def waits() -> Generator[simpy.Event, None, None]:
            for _ in range(count):
                yield env.timeout(1.0)

        env.process(waits())
        env.run()

    return run
