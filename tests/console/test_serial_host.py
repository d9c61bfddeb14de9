"""The gated host: the events of the virtual one, one for one, though the pump is at the far end of a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from console.errors import LinkLostError
from console.serial_host import GatedPump, SerialHost, memory_pipe, pty_pipe
from drivers.dialects.ambupump import AMBUPUMP
from drivers.transport import MemoryPair, Port
from pump.commands import Stop
from pump.port import Outcome, PumpDevice
from scenarios.loader import Scenario, library
from sim.events import PlantActed
from sim.world.host import Host, VirtualHost
from sim.world.setup import Setup
from sim.world.world import World
from tests.sim.made import STARTED, setup, step

LIBRARY = library()


@pytest.mark.parametrize("scenario", LIBRARY, ids=lambda scenario: scenario.id)
def test_every_scenario_of_the_library_is_the_same_over_a_null_modem(scenario: Scenario) -> None:
    assert SerialHost(memory_pipe).run(scenario.setup) == VirtualHost().run(scenario.setup)


@pytest.mark.parametrize("scenario", LIBRARY[::9], ids=lambda scenario: scenario.id)
def test_scenarios_are_the_same_over_a_pty(scenario: Scenario) -> None:
    assert SerialHost(pty_pipe).run(scenario.setup) == VirtualHost().run(scenario.setup)


def test_it_is_a_host() -> None:
    host: Host = SerialHost()
    made = setup(*STARTED, until_s=3600.0)
    assert host.run(made).events == VirtualHost().run(made).events


def test_what_is_the_pumps_goes_over_the_line_and_nothing_else() -> None:
    asked: list[str] = []

    @contextmanager
    def listening(device: PumpDevice) -> Iterator[Callable[[], Port]]:
        with memory_pipe(device) as opener:

            def opened() -> Port:
                port = opener()
                write = port.write

                def noted(data: bytes) -> None:
                    asked.append(data.hex())
                    write(data)

                port.write = noted  # type: ignore[method-assign]
                return port

            yield opened

    made = setup(*STARTED, step(3600.0, "kink"), step(7200.0, "unkink"), step(7300.0, "stop"), until_s=8000.0)
    result = SerialHost(listening).run(made)
    quiet = len(asked)
    asked.clear()
    SerialHost(listening).run(setup(*STARTED, step(7300.0, "stop"), until_s=8000.0))
    assert len(asked) == quiet
    assert [event.action for event in result.events if isinstance(event, PlantActed)].count("Kink") == 2


def test_a_line_that_goes_dead_ends_the_run_with_an_error_of_the_link() -> None:
    @contextmanager
    def dying(device: PumpDevice) -> Iterator[Callable[[], Port]]:
        pair = MemoryPair(AMBUPUMP.line)
        side = AMBUPUMP.pump(device, timers=False)
        frames_count = 0

        def heard(data: bytes) -> None:
            nonlocal frames_count
            frames_count += 1
            if frames_count > 4:
                pair.pump.close()
            else:
                pair.pump.write(side.receive(data, 0.0))

        pair.pump.heard = heard
        yield lambda: pair.host

    with pytest.raises(LinkLostError, match="at 600 s: nobody knows whether start took effect"):
        SerialHost(dying).run(setup(*STARTED))


def test_a_dialect_that_tells_another_outcome_is_found_out() -> None:
    class Liar:
        """Refuses everything it carries out."""

        def __init__(self, device: PumpDevice) -> None:
            self.device = device

        def __getattr__(self, name: str) -> object:
            return getattr(self.device, name)

        def apply(self, command: object) -> Outcome:
            outcome = self.device.apply(command)  # type: ignore[arg-type]
            return Outcome(accepted=not outcome.accepted, reason="off", seq=outcome.seq)

    @contextmanager
    def lying(device: PumpDevice) -> Iterator[Callable[[], Port]]:
        with memory_pipe(Liar(device)) as opener:  # type: ignore[arg-type]
            yield opener

    with pytest.raises(LinkLostError, match="fault of the dialect"):
        SerialHost(lying).run(setup(*STARTED))


def test_a_gated_pump_says_nothing_by_itself() -> None:
    world = World(setup(*STARTED))
    pump = GatedPump(world)
    heard: list[str] = []
    take_off = pump.on_change(lambda: heard.append("changed"))
    world.advance_to(3600.0)
    pump.send(Stop())
    take_off()
    assert heard == []


def numbers(vtbi_ml: float) -> Setup:
    return setup(
        *STARTED,
        step(1000.0, "stop"),
        step(1100.0, "program", vtbi_ml=vtbi_ml, by="nurse"),
        step(1200.0, "reset_reservoir", volume_ml=101.000001),
        step(1300.0, "start"),
        until_s=7200.0,
    )


def test_numbers_that_are_no_round_ones_arrive_as_they_are() -> None:
    made = numbers(98.765432)
    assert SerialHost(memory_pipe).run(made) == VirtualHost().run(made)


def test_a_number_finer_than_the_line_carries_is_an_error_and_not_another_number() -> None:
    with pytest.raises(LinkLostError, match="whole nanolitres"):
        SerialHost(memory_pipe).run(numbers(98.7654321))
