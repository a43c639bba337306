"""How far long work is: at most a line every ten seconds, in terminal and log of Dagster's run.

Belongs here: when something is said. Never a value: files are counted, models named.
"""

import logging
import time

EVERY = 10.0
"""Seconds between two lines; what ends sooner says nothing."""
# what is logged below this name Dagster keeps with the step that runs
_LOG = logging.getLogger("dagster.builtin.progress")
_LOG.setLevel(logging.INFO)


class Progress:
    """Of one piece of work, from when it is made."""

    def __init__(self, what: str) -> None:
        """what: is done, such as `models built`."""
        self._what = what
        self._said = time.monotonic()

    def at(self, done: int, total: int, last: str = "") -> None:
        """So many are done; last: the name of the last one."""
        now = time.monotonic()
        if now - self._said >= EVERY:
            self._said = now
            _LOG.info("%s: %s of %s%s", self._what, done, total, f", {last}" if last else "")
