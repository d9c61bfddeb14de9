"""Ports: what is said of one that cannot be opened or is lost, and the null modem."""

from __future__ import annotations

import errno
import os
import pty
import socket
import threading
import tty
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drivers.errors import LinkDown, LinkTimeout
from drivers.transport import LineSettings, MemoryPair, discover, open_port

LINE = LineSettings(baud=115200)
SOON_S = 5.0


@pytest.fixture
def far_end() -> Iterator[tuple[int, str]]:
    """The far end of a pty, and the name of the near one."""
    far, near = pty.openpty()
    tty.setraw(near)
    name = os.ttyname(near)
    yield far, name
    for descriptor in (near, far):
        try:
            os.close(descriptor)
        except OSError:
            continue


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/dev/no-such-port", "there is no such port"),
        ("/dev", "cannot be opened"),
        ("/dev/null", "that is no serial port"),
        ("nonsense://x", "look at the address"),
        ("socket://127.0.0.1", "cannot be opened"),
        ("socket://127.0.0.1:none", "cannot be opened"),
    ],
)
def test_a_port_that_cannot_be_opened_says_why_on_one_line(url: str, words: str) -> None:
    with pytest.raises(LinkDown) as caught:
        open_port(url, LINE)
    text = str(caught.value)
    assert text.startswith(f"{url}: cannot be opened (")
    assert words in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(socket.EAI_NONAME, "not known"), "unknown host): there is no host of that name"),
        (TimeoutError(errno.ETIMEDOUT, "timed out"), "that host does not answer"),
        (BrokenPipeError(errno.EPIPE, "broken pipe"), "perhaps another program has it"),
    ],
)
def test_a_host_that_cannot_be_had_says_why(
    error: OSError, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    monkeypatch.setattr(socket, "create_connection", fail)
    with pytest.raises(LinkDown) as caught:
        open_port("socket://pumps.example:5000", LINE)
    assert words in str(caught.value)


def test_no_permission_says_what_to_do(far_end: tuple[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def denied(path: str, *more: int) -> int:
        if path == far_end[1]:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return opened(path, *more)

    monkeypatch.setattr(os, "open", denied)
    with pytest.raises(LinkDown, match="join the group that may use it"):
        open_port(far_end[1], LINE)


def test_nobody_listening_says_so() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"socket://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(LinkDown, match="nobody listens there"):
        open_port(address, LINE)


def test_bytes_go_both_ways_over_a_pty(far_end: tuple[int, str]) -> None:
    far, name = far_end
    with closing(open_port(name, LINE)) as port:
        assert (port.name, port.line) == (name, LINE)
        port.write(b"\x00\xa5\x11\x13\x0d\xff")
        assert os.read(far, 100) == b"\x00\xa5\x11\x13\x0d\xff"
        os.write(far, b"\x03\x1a\xff\x0a")
        assert port.read_some(port.now_s() + SOON_S) == b"\x03\x1a\xff\x0a"


def test_a_read_ends_at_its_deadline(far_end: tuple[int, str]) -> None:
    with closing(open_port(far_end[1], LINE)) as port:
        deadline_s = port.now_s() + 0.05
        assert port.read_some(deadline_s) == b""
        assert deadline_s <= port.now_s() < deadline_s + SOON_S
        assert port.drain() == b""


def test_a_port_is_opened_by_one_alone(far_end: tuple[int, str]) -> None:
    with closing(open_port(far_end[1], LINE)), pytest.raises(LinkDown, match="another program has it"):
        open_port(far_end[1], LINE)
    open_port(far_end[1], LINE).close()


def test_a_port_that_is_lost_says_so(far_end: tuple[int, str]) -> None:
    far, name = far_end
    port = open_port(name, LINE)
    os.close(far)
    with pytest.raises(LinkDown, match="the port was lost"):
        port.read_some(port.now_s() + SOON_S)
    with pytest.raises(LinkDown, match="the port was lost"):
        port.drain()
    with pytest.raises(LinkDown, match="the port was lost"):
        port.write(b"x")
    port.close()
    port.close()


def test_a_far_end_that_takes_nothing_is_said_in_time(
    far_end: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.transport.WRITE_LIMIT_S", 0.05)
    with closing(open_port(far_end[1], LINE)) as port:
        begun_s = port.now_s()
        with pytest.raises(LinkTimeout, match="takes nothing"):
            port.write(bytes(1_000_000))
        assert 0.05 <= port.now_s() - begun_s < SOON_S


def test_what_does_not_fit_at_once_goes_as_the_far_end_takes_it(far_end: tuple[int, str]) -> None:
    far, name = far_end
    data = bytes(range(256)) * 1000
    with closing(open_port(name, LINE)) as port:
        writing = threading.Thread(target=port.write, args=(data,))
        writing.start()
        came = b""
        while len(came) < len(data):
            came += os.read(far, 4096)
        writing.join()
    assert came == data


def test_a_port_that_was_let_go_of_is_nobody_elses(far_end: tuple[int, str], tmp_path: Path) -> None:
    port = open_port(far_end[1], LINE)
    port.close()
    with (tmp_path / "file").open("w+b", buffering=0) as other:  # gets the descriptor that the port had
        for use in (lambda: port.write(b"x"), lambda: port.read_some(0.0), port.drain):
            with pytest.raises(LinkDown, match="the port was lost"):
                use()
        assert other.seek(0, os.SEEK_END) == 0


def test_a_peer_that_hangs_up_is_a_lost_port() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = open_port(f"socket://127.0.0.1:{server.getsockname()[1]}", LINE)
        peer, _ = server.accept()
        peer.sendall(b"abc")
        assert port.read_some(port.now_s() + SOON_S) == b"abc"  # at once, not byte by byte
        peer.close()
        with pytest.raises(LinkDown, match="the port was lost"):
            port.read_some(port.now_s() + SOON_S)
        port.close()


def test_loop_has_no_descriptor_and_works() -> None:
    with closing(open_port("loop://", LINE)) as port:
        port.write(b"abc")
        found = b""
        while len(found) < 3 and (data := port.read_some(port.now_s() + SOON_S)):
            found += data
        assert found == b"abc"
        assert port.read_some(port.now_s() + 0.03) == b""
        assert port.drain() == b""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library leaves it open
def test_spy_sees_what_goes_over(far_end: tuple[int, str], tmp_path: Path) -> None:
    far, name = far_end
    log = tmp_path / "log"
    with closing(open_port(f"spy://{name}?file={log}", LINE)) as port:
        port.write(b"abc")
        assert os.read(far, 100) == b"abc"
        os.write(far, b"def")
        assert port.read_some(port.now_s() + SOON_S) == b"def"
    text = log.read_text(encoding="utf-8")
    assert "61 62 63" in text
    assert "64 65 66" in text


def test_discovery_lists_ports_by_a_name_that_opens() -> None:
    for found in discover():
        assert Path(found.url).exists()


# ---------------------------------------------------------------- memory


def test_the_null_modem_carries_both_ways() -> None:
    pair = MemoryPair(LINE)
    pair.host.write(b"ask")
    pair.host.write(b" me")
    assert pair.pump.read_some(0.0) == b"ask me"
    pair.pump.write(b"reply")
    assert pair.host.drain() == b"reply"
    assert pair.host.drain() == b""


def test_the_null_modem_wakes_who_waits() -> None:
    pair = MemoryPair(LINE)
    thread = threading.Thread(target=pair.pump.write, args=(b"late",))
    thread.start()
    assert pair.host.read_some(pair.host.now_s() + SOON_S) == b"late"
    thread.join()


def test_the_null_modem_lives_by_the_clock_it_is_given() -> None:
    wall = [0.0]
    pair = MemoryPair(LINE, lambda: wall[0], lambda deadline_s: wall.__setitem__(0, deadline_s))
    assert pair.host.read_some(7.0) == b""
    assert pair.host.now_s() == 7.0


def test_an_end_that_is_closed_is_lost_for_both() -> None:
    pair = MemoryPair(LINE)
    pair.pump.write(b"last")
    pair.pump.close()
    assert pair.host.read_some(pair.host.now_s() + SOON_S) == b"last"
    for use in (lambda: pair.host.read_some(0.0), pair.host.drain, lambda: pair.host.write(b"x")):
        with pytest.raises(LinkDown, match="lost"):
            use()
