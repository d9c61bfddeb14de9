"""A port with faults on its line, over a null modem whose time the test keeps."""

from __future__ import annotations

import pytest

from drivers.errors import LinkDown
from drivers.faults.frames import AS_WRITTEN
from drivers.faults.line import Struck
from drivers.faults.port import INBOX_BYTES_COUNT, FaultyPort, FaultyWire
from drivers.faults.script import FaultScriptError, parse_rule, parse_script
from drivers.transport import LineSettings, MemoryPair, MemoryPort

LINE = LineSettings(baud=9600)


class Rig:
    """A wire with faults to a far end that shouts back at once."""

    def __init__(self, text: str) -> None:
        self.now_s = 100.0
        self.heard: list[bytes] = []
        self.powers: list[tuple[float, bool]] = []
        self.struck: list[Struck] = []
        self.wire = FaultyWire(
            self.opened,
            parse_script(text),
            AS_WRITTEN,
            clock=lambda: self.now_s,
            power=lambda on: self.powers.append((self.now_s, on)),
            noted=self.struck.append,
        )

    def opened(self) -> MemoryPort:
        pair = MemoryPair(LINE, lambda: self.now_s, self.wait)

        def shout(data: bytes) -> None:
            self.heard.append(data)
            pair.pump.write(data.upper())

        pair.pump.heard = shout
        return pair.host

    def wait(self, until_s: float) -> None:
        self.now_s = max(self.now_s, until_s)

    def read(self, port: FaultyPort, for_s: float = 0.5) -> bytes:
        return port.read_some(self.now_s + for_s)


def test_without_faults_it_is_the_port_behind_it() -> None:
    rig = Rig("")
    port = rig.wire.open()
    port.write(b"hello")
    assert rig.read(port) == b"HELLO"
    assert (port.name, port.line, port.now_s()) == ("memory (host)", LINE, 100.0)


def test_time_goes_on_to_the_deadline_and_no_further() -> None:
    rig = Rig("drop reply")
    port = rig.wire.open()
    port.write(b"hello")
    assert rig.read(port, 0.5) == b""
    assert rig.now_s == 100.5


def test_what_is_late_is_waited_for_to_its_very_time() -> None:
    rig = Rig("delay reply by 300 ms")
    port = rig.wire.open()
    port.write(b"hello")
    assert rig.read(port, 0.5) == b"HELLO"
    assert rig.now_s == pytest.approx(100.3)


def test_a_late_request_is_heard_at_its_time() -> None:
    rig = Rig("delay request by 300 ms")
    port = rig.wire.open()
    port.write(b"hello")
    assert rig.heard == []
    assert rig.read(port, 0.5) == b"HELLO"
    assert rig.now_s == pytest.approx(100.3)


def test_draining_takes_what_has_come_and_does_not_wait() -> None:
    rig = Rig("delay reply 2 by 300 ms")
    port = rig.wire.open()
    port.write(b"a")
    port.read_some(rig.now_s)
    port.write(b"b")
    assert port.drain() == b""
    rig.now_s += 0.3
    assert port.drain() == b"B"
    assert rig.now_s == pytest.approx(100.3)


def test_babble_does_not_keep_a_read_beyond_its_deadline() -> None:
    rig = Rig("babble rate 1000")
    port = rig.wire.open()
    read_count = 0
    while rig.now_s < 101.0:
        port.read_some(101.0)
        read_count += 1
    assert rig.now_s == 101.0
    assert 100 <= read_count <= 102


def test_what_nobody_reads_is_bounded() -> None:
    rig = Rig("babble rate 1000000 for 10 s")
    port = rig.wire.open()
    for _ in range(100):
        rig.now_s += 0.1
        rig.wire.look()
    assert len(port.drain()) == INBOX_BYTES_COUNT


def test_a_port_that_is_pulled_is_lost_for_good_and_another_is_opened() -> None:
    rig = Rig("disconnect request 2 for 2 s")
    port = rig.wire.open()
    port.write(b"a")
    assert rig.read(port) == b"A"
    port.write(b"b")
    for act in (lambda: rig.read(port), port.drain, lambda: port.write(b"c"), rig.wire.open):
        with pytest.raises(LinkDown):
            act()
    rig.now_s += 2.0
    with pytest.raises(LinkDown):
        rig.read(port)
    again = rig.wire.open()
    again.write(b"d")
    assert rig.read(again) == b"D"
    assert rig.heard == [b"a", b"d"]
    assert again.name == "memory (host)"


def test_a_port_comes_back_under_another_name() -> None:
    rig = Rig("replug at 1 s for 1 s")
    names = [rig.wire.open().name]
    rig.now_s += 2.0
    names.append(rig.wire.open().name)
    assert names == ["memory (host)", "memory (host) no. 2"]


def test_opening_again_takes_the_port_from_whoever_had_it() -> None:
    rig = Rig("")
    port = rig.wire.open()
    rig.wire.open()
    with pytest.raises(LinkDown):
        port.write(b"x")


def test_power_is_taken_and_given_back_while_somebody_waits() -> None:
    rig = Rig("power_cycle at 1 s for 2 s")
    port = rig.wire.open()
    assert rig.read(port, 5.0) == b""
    assert rig.powers == [(101.0, False), (103.0, True)]


def test_a_fault_can_be_added() -> None:
    rig = Rig("")
    port = rig.wire.open()
    rig.wire.add(parse_rule("drop request 1"))
    port.write(b"a")
    assert rig.read(port) == b""
    assert [str(each.rule) for each in rig.struck] == ["drop request 1"]


def test_power_that_nobody_can_take_is_refused() -> None:
    with pytest.raises(FaultScriptError, match="nobody here can take"):
        FaultyWire(Rig("").opened, parse_script("power_cycle 1"))
    wire = FaultyWire(Rig("").opened, parse_script(""))
    with pytest.raises(FaultScriptError, match="nobody here can take"):
        wire.add(parse_rule("power_cycle"))
