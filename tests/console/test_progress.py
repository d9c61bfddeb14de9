"""Progress is for people who wait at a terminal, and for nobody else."""

from __future__ import annotations

import io
import sys
import threading

import pytest

from console import progress
from console.progress import Progress


class Terminal(io.StringIO):
    """A terminal that notices when something was written on it."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if "sampling" in text:
            self.shown.set()
        return super().write(text)


def test_off_a_terminal_nothing_is_shown_and_no_thread_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress() as told:
        told.stage("sampling")
        told.told(0.5)
        assert capsys.readouterr().err == ""


def test_what_is_over_soon_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with Progress() as told:
        told.stage("sampling")
    assert terminal.getvalue() == ""


def test_what_takes_longer_is_shown_on_standard_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with Progress() as told:
        told.stage("sampling signals")
        told.told(0.5)
        assert terminal.shown.wait(30.0)
    assert "sampling signals" in terminal.getvalue()
    assert capsys.readouterr().out == ""
    assert "progress" not in {thread.name for thread in threading.enumerate()}
