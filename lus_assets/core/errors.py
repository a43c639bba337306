"""Failures that a person reads: what is wrong, where, and what to do. Never a row's value."""

from functools import partial
from typing import Any


class LusError(Exception):
    """A failure the user can act on.

    what: what is wrong; where: file, table or setting (never a value of a row);
    todo: the next step. `exit_status` is the command's exit status.
    """

    exit_status = 1

    def __init__(self, what: str, *, where: str, todo: str) -> None:
        super().__init__(f"{what}\n  where: {where}\n  to do: {todo}")
        self.what = what
        self.where = where
        self.todo = todo

    def __reduce__(self) -> tuple[Any, ...]:
        """As it passes between processes."""
        return partial(type(self), where=self.where, todo=self.todo), (self.what,)


class InvoiceRefusedError(LusError):
    """An invoice base may not be issued; nothing was written for that municipality month."""

    exit_status = 3


class UnreachableError(LusError):
    """A source does not answer, drops or sends half; a later try can mend that."""


def with_todo(kind: str) -> str:
    """An error's kind, as Python (`OutOfMemoryException`) or the engine (`Out of Memory Error`)
    names it, and what to do about it where the kind tells."""
    plain = kind.replace(" ", "")
    if plain.lower().startswith("outofmemory"):
        return f"{kind}: raise memory_limit in region/settings.toml, or give the machine more"
    if plain in ("IOError", "IOException", "OSError"):
        return f"{kind}: see that the disk has room, and that the home's folders may be written"
    return kind
