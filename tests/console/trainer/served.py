"""A trainer in a process of its own, as a user has it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from console.trainer.web.guard import cookie_name

PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is. `run_id` is empty where it began no run."""

    address: str
    run_id: str
    token: str
    process: subprocess.Popen[str]

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page, as a browser that knows the token."""
        request = urllib.request.Request(self.address + path, headers={"Cookie": self.token})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def post(self, path: str, form: str, **headers: str) -> tuple[int, str]:
        """Send a form; gives the status, and where it leads to."""
        request = urllib.request.Request(
            self.address + path, data=form.encode(), headers={"Cookie": self.token, **headers}
        )
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=PATIENCE_S) as answer:
                return answer.status, answer.headers.get("location", "")
        except urllib.error.HTTPError as error:
            return error.code, error.headers.get("location", "")

    def begin(self, form: str) -> str:
        """Begin a run as the start page's form does; gives its id."""
        status, where = self.post("/runs", form)
        assert status == 303, status
        return where.split("/")[2]

    @contextmanager
    def page(self, name: str, run_id: str = "") -> Iterator[Page]:
        """Be a page of a run."""
        address = self.address.replace("http", "ws", 1)
        with connect(
            f"{address}/run/{run_id or self.run_id}/live?page={name}",
            additional_headers={"Cookie": self.token},
            open_timeout=PATIENCE_S,
        ) as link:
            yield Page(link)

    def kill(self) -> None:
        """Kill it, as a power cut does."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


class Page:
    """A page's socket, and what it has been told so far."""

    def __init__(self, link: ClientConnection) -> None:
        self.link = link
        self.state: dict[str, Any] = {}
        self.log: list[dict[str, Any]] = []
        self.number = 0
        self.hello = self.until("hello")
        self.until("state")

    def take(self) -> dict[str, Any]:
        """Take one message."""
        message: dict[str, Any] = json.loads(self.link.recv(timeout=PATIENCE_S))
        if message["type"] == "state":
            self.state |= message
        elif message["type"] == "log":
            self.log += message["rows"]
        return message

    def until(self, kind: str) -> dict[str, Any]:
        """Take messages until one is of a kind."""
        while (message := self.take())["type"] != kind:
            pass
        return message

    def ask(self, name: str, **body: object) -> dict[str, Any]:
        """Ask for something; gives the answer."""
        self.number += 1
        self.link.send(json.dumps({"ask": name, "n": self.number, **body}))
        while (message := self.take()).get("n") != self.number:
            pass
        return message

    def see(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Take messages until what has been told holds."""
        while not holds(self.state):
            self.take()
        return self.state


def _given(address: str) -> str:
    """The token that the server gives a browser of this machine."""
    with urllib.request.urlopen(address + "/", timeout=PATIENCE_S) as answer:
        return str(answer.headers["set-cookie"].partition(";")[0])


@contextmanager
def serving(folder: Path, *arguments: str, port_no: int = 0) -> Iterator[Served]:
    """Serve for as long as the context lasts, on any free port unless told; runs are kept in `folder`."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "console",
            "train",
            *arguments,
            "--port",
            str(port_no),
            "--runs",
            str(folder / "runs.sqlite3"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        found = re.match(r"ready: (http://[^/]+)/(?:run/(\w+)/)?[^?]*(?:[?]token=(.*))?", ready)
        assert found is not None, ready + (process.stderr.read() if process.stderr else "")
        address = f"http://127.0.0.1:{found[1].rpartition(':')[2]}"
        yield Served(
            address,
            found[2] or "",
            f"{cookie_name(address)}={found[3]}" if found[3] else _given(address),
            process,
        )
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
