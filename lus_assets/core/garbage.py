"""How often Python looks for garbage."""

import atexit
import gc


def collect_seldom() -> None:
    """Look 70 times less often than by default.

    Dagster, dbt and Great Expectations make millions of objects that stay: it takes a tenth off
    their imports (12.3 instead of 13.8 s CPU, 2026-11-22). At the process's end it looks at nothing
    any more, which took a second: their memory goes with the process.
    """
    gc.set_threshold(50_000, 20, 50)
    atexit.register(gc.freeze)
