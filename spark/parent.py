"""The end of a process when the one that it works for was killed: nobody would wait for it, and it
would write where the next run does."""

import os
import threading
import time

_LOOKS_EVERY = 1.0
"""Seconds."""


def end_with(other: int) -> None:
    """From here on, end this process at once when there is no process of that id any more."""
    threading.Thread(target=_watch, args=(other,), daemon=True).start()


def _watch(other: int) -> None:
    while _is_there(other):
        time.sleep(_LOOKS_EVERY)
    os._exit(1)


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
