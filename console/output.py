"""Writing a run's files: each is complete under its final name, or not there.

Everything is written under a temporary name in the folder itself, brought to the disk, and renamed at
the very end. Whatever interrupts before that leaves the folder's earlier files as they were.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final, Self

from console.errors import UserError

REMEDIES: Final = MappingProxyType(
    {
        errno.EACCES: ("you may not write there", "give another folder, or ask for the right to write"),
        errno.EPERM: ("you may not write there", "give another folder, or ask for the right to write"),
        errno.EROFS: ("it lies on a read-only disk", "give a folder on another disk"),
        errno.ENOSPC: ("the disk is full", "make room, or give a folder on another disk"),
        errno.EDQUOT: ("your share of the disk is used up", "make room, or give a folder on another disk"),
        errno.ENOTDIR: ("a part of its path is a file", "give a path of folders"),
        errno.EEXIST: ("it is a file", "give a folder, or the name of one to be made"),
        errno.EISDIR: ("a folder stands where a file belongs", "move that folder away, or give another one"),
        errno.ENAMETOOLONG: ("its name is too long", "give a shorter one"),
        errno.ELOOP: ("its path goes round in a circle", "give a path without such links"),
    }
)
"""By the system's error number: what it means, and what helps."""


def cannot_write(folder: Path, error: OSError) -> UserError:
    """Return what to tell a user whose folder cannot be written to."""
    what, remedy = REMEDIES.get(
        error.errno or 0, (error.strerror or type(error).__name__, "give another folder")
    )
    return UserError(f"cannot write to {folder}: {what}; {remedy}")


class OutputFolder:
    """The files of one run on their way into `folder`, which is made if need be.

    As a context: on leaving without an error all files take their final names; otherwise they vanish.

    Raises:
        UserError: the folder cannot be made or written to; says why and what helps.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._staged: dict[str, Path] = {}

    def __enter__(self) -> Self:
        """Make the folder, and see at once whether it can be written to."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            probe = self._part("probe")
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        return self

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file under a temporary name; text as UTF-8 with plain line ends."""
        part = self._part(name)
        self._staged[name] = part
        data = content.encode("utf-8") if isinstance(content, str) else content
        try:
            if (self.folder / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(self.folder, error) from error

    @property
    def names(self) -> tuple[str, ...]:
        """The files so far, as paths relative to the folder, in the order of writing."""
        return tuple(self._staged)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give every file its final name, or take every trace of the attempt away."""
        try:
            if kind is None:
                for name, part in self._staged.items():
                    part.replace(self.folder / name)
        except OSError as fault:
            raise cannot_write(self.folder, fault) from fault
        finally:
            for part in self._staged.values():
                part.unlink(missing_ok=True)

    def _part(self, name: str) -> Path:
        return self.folder / f".{name}.{os.getpid()}.part"
