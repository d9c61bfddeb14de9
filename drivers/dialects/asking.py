"""The controller's side of protocols in which a text is asked and a text is answered, and nothing more.

Such a protocol has no sequence numbers: which question a reply belongs to shows only in what it looks like.
Every question therefore says what its reply must look like, and a frame that looks otherwise is not taken
for one: an echo, a late reply to another question, something that the pump said by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf

from drivers.dialects import Capability, PumpIdentity, Request, Resolution, Talk, Verdict
from drivers.errors import NotAllowed
from drivers.framing import Framer
from pump.commands import Command
from pump.hands import COMMAND_NAMES
from pump.log import LogRow
from pump.panel import Panel
from pump.port import Outcome, PumpStatus
from pump.program import Program


class AskingHost:
    """What all these have in common. What a protocol has no words for raises `NotAllowed`.

    Args:
        name: What the dialect is called.
        capabilities: What it has words for.
        framer: Finds the texts in what arrives.
        encode: Puts a text into a frame.
    """

    def __init__(
        self,
        name: str,
        capabilities: frozenset[Capability],
        framer: Framer[str],
        encode: Callable[[str], bytes],
    ) -> None:
        self._name = name
        self._capabilities = capabilities
        self._framer = framer
        self._encode = encode
        self._awaited: re.Pattern[str] | None = None
        self._identity: PumpIdentity | None = None

    # ---------------------------------------------------------------- what is known

    @property
    def identity(self) -> PumpIdentity | None:
        """Who the pump said it is; None before `hello`."""
        return self._identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What can be asked."""
        return self._capabilities

    @property
    def heartbeat_s(self) -> float:
        """No watchdog waits for a host that only reads."""
        return inf

    @property
    def resumed(self) -> bool:
        """There are no sessions."""
        return False

    @property
    def garbled_count(self) -> int:
        """How many bytes were no part of a whole frame, ever."""
        return self._framer.garbled_count

    # ---------------------------------------------------------------- questions

    def _ask(self, text: str, reply: re.Pattern[str], *, acts: bool = False) -> Talk[re.Match[str]]:
        """Ask `text`; the answer is the match of `reply`."""
        self._awaited = reply
        answer = yield Request(data=self._encode(text), acts=acts)
        found = reply.fullmatch(answer.decode("ascii"))
        if found is None:
            raise RuntimeError(f"the reply {answer!r} was not given by receive()")
        return found

    def hello(self) -> Talk[PumpIdentity]:
        """Find out who is there."""
        raise NotImplementedError

    def status(self) -> Talk[PumpStatus]:
        """Ask how the pump is."""
        raise NotImplementedError

    def heartbeat(self) -> Talk[None]:
        """Say something: ask again who is there."""
        yield from self.hello()

    def resolve(self, number: int) -> Talk[Resolution]:  # noqa: ARG002 - HostSide's
        """Tell that the pump cannot tell: nothing is numbered."""
        yield from ()
        return Resolution(Verdict.UNKNOWN)

    def goodbye(self) -> Talk[None]:
        """End: nothing was begun that must be ended."""
        yield from ()

    # ---------------------------------------------------------------- no words for these

    def send(self, command: Command) -> Talk[Outcome]:
        """Refuse: there is no word for it."""
        raise self._not_allowed(COMMAND_NAMES[type(command)])

    def program(self) -> Talk[Program]:
        """Refuse: a whole programme is not told."""
        raise self._not_allowed("the programme")

    def log(self, after_number: int) -> Talk[tuple[LogRow, ...]]:  # noqa: ARG002 - HostSide's
        """Refuse: a log is not told."""
        raise self._not_allowed("the log")

    def panel(self) -> Talk[Panel]:
        """Refuse: the front panel is not told."""
        raise self._not_allowed("the panel")

    def watch(self, interval_s: float) -> Talk[float]:  # noqa: ARG002 - HostSide's
        """Refuse: there is no watchdog to be set."""
        raise self._not_allowed("a watchdog")

    def subscribe(self, *, wanted: bool, after_number: int) -> Talk[int]:
        """Refuse events; to want none is granted."""
        if wanted:
            raise self._not_allowed("events")
        yield from ()
        return after_number

    def _not_allowed(self, what: str) -> NotAllowed:
        return NotAllowed(
            f"the {self._name} dialect has no word for {what}: use another dialect or the pump itself"
        )

    # ---------------------------------------------------------------- bytes

    def receive(self, data: bytes) -> bytes | None:
        """Take in what arrived; returns the text that answers the outstanding question."""
        return self._answer_in(self._framer.feed(data))

    def settle(self, stale: bytes) -> int:
        """Take in what came before the next question; nothing of it is of use."""
        awaited, self._awaited = self._awaited, None
        self.receive(stale)
        self._awaited = awaited
        return len(stale)

    def drop(self) -> bytes | None:
        """Give up a frame that was begun; returns the answer if it was hidden behind it."""
        return self._answer_in(self._framer.drop())

    def _answer_in(self, texts: list[str]) -> bytes | None:
        answer: bytes | None = None
        for text in texts:
            if self._awaited is not None and self._awaited.fullmatch(text):
                self._awaited = None
                answer = text.encode("ascii")
        return answer

    def take_events(self) -> tuple[LogRow, ...]:
        """Give nothing: these pumps do not tell their events by themselves."""
        return ()
