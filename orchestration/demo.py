"""`lus demo`: three simulated months through everything, with a key and rows of the demo's own."""

import os
import shutil
from datetime import date
from pathlib import Path

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.simulation import simulate
from orchestration.commands import Say, run

_KEY = "demo key: for invented people only, never for real ones"
_MARK = ".lus-demo"
_FIRST, _LAST = date(2024, 1, 1), date(2024, 4, 30)
_MONTHS = {date(2024, month, 1): date(2024, month + 1, 26) for month in (1, 2, 3)}
"""Discharge month and the day of its invoice base: 21 days after the 5th of the next month."""
_ACTIVATION = """\
ruleset_id,valid_from,valid_to,invoicing,source,status
stockholm-2020-somatic,2024-01-01,,active,Demonstration: påhittat beslut,assumption
stockholm-2020-psychiatric,2024-01-01,,active,Demonstration: påhittat beslut,assumption
"""


def demo(root: Path, population: int, say: Say) -> None:
    """Simulate a county of `population` inhabitants and run three months of it below `root`.

    What an earlier demo left there is removed first. The month after the three is simulated too,
    since objections and the review run into it.
    """
    os.environ["LUS_PSEUDONYM_KEY"] = _KEY
    home, landing = Home(root / "home"), root / "landing"
    _clear(root, (home.root, landing))
    say(f"simulating {population} inhabitants, {_FIRST} to {_LAST}")
    report = simulate(landing, _FIRST, _LAST, population=population)
    say(f"  {report.stays} stays, {report.episodes_in_process} episodes in the discharge process")
    home.prepare()
    own = home.region / "ruleset_invoicing.csv"
    own.write_text(_ACTIVATION, encoding="utf-8")
    for month, invoice_day in _MONTHS.items():
        say(f"\n== {month:%Y-%m}, as known on {invoice_day}")
        run(home, landing, month, invoice_day, "invoice", say)
    _where_to_look(home, say)


def _clear(root: Path, folders: tuple[Path, ...]) -> None:
    """Remove an earlier demo; what has no mark of a demo is not touched."""
    mark = root / _MARK
    if any(folder.exists() for folder in folders):
        if not mark.exists():
            raise LusError(
                "there is something that is not a demo's",
                where=str(root),
                todo="give --home a folder of the demo's own",
            )
        for folder in folders:
            if folder.exists():
                shutil.rmtree(folder)
    root.mkdir(parents=True, exist_ok=True)
    mark.write_text("made by lus demo; another demo replaces it\n", encoding="utf-8")


def _where_to_look(home: Home, say: Say) -> None:
    say("\nWhere to look:")
    say(f"  marts, any DuckDB client     {home.published / 'bi' / 'lus.duckdb'}")
    say(f"  monthly statistics           {home.published / 'statistics'}")
    say(f"  invoice bases                {home.published / 'invoice'}")
    say("  graph, runs and checks       make demo-ui")
