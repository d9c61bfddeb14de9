"""What can go wrong with a link. Each error asks for another action; a refusal is none of them.

| error | what to do |
|---|---|
| `LinkDown` | look at plug, name, permission and who else has the port; open it again |
| `LinkTimeout` | look whether the pump is on and listens; ask again |
| `LinkGarbled` | look at cable and line settings; ask again |
| `WrongPeer` | choose another dialect, version or baud rate |
| `Busy` | wait for the transaction under way, or end it |
| `NotAllowed` | allow control, or use a dialect and a pump that can do it |
| `UncertainDelivery` | find out by `SerialPump.resolve()` before the next command; never send it again |
"""

from __future__ import annotations

from pump.commands import Command
from pump.hands import COMMAND_NAMES


class DriverError(Exception):
    """Base of all errors raised by `drivers`. The text is one line and names the remedy."""


class LinkError(DriverError):
    """The link does not carry."""


class LinkDown(LinkError):  # noqa: N818 - a state of the link, said as such
    """The port cannot be opened, or was lost."""


class LinkTimeout(LinkError):  # noqa: N818 - likewise
    """No answer in time."""


class LinkGarbled(LinkError):  # noqa: N818 - likewise
    """Something came and was damaged: no frame of it was whole."""


class WrongPeer(LinkError):  # noqa: N818 - likewise
    """Whoever answers speaks another protocol, another version of it, or at another baud rate."""


class Busy(DriverError):  # noqa: N818 - likewise
    """A transaction is under way; it has the port to itself."""


class NotAllowed(DriverError):  # noqa: N818 - likewise
    """The command was not sent: the link is read-only, or dialect or pump cannot do it."""


class UncertainDelivery(DriverError):  # noqa: N818 - likewise
    """A command was sent, and nobody knows whether it took effect.

    Attributes:
        command: What was sent.
        number: Its sequence number; None where the dialect has none.
    """

    def __init__(self, command: Command, number: int | None, why: str) -> None:
        self.command = command
        self.number = number
        self.why = why
        super().__init__(command, number, why)

    def __str__(self) -> str:
        """Say what is uncertain, and the way out."""
        name = COMMAND_NAMES[type(self.command)]
        return f"nobody knows whether {name} took effect ({self.why}): resolve it before the next command"
