"""`lus demo`: three simulated months through everything, with a key and rows of the demo's own."""

import csv
import os
import shutil
from datetime import date
from pathlib import Path

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.simulation import simulate
from lus_assets.warehouse.project import DBT_PROJECT
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
_RECIPIENT_HEADING = (
    "municipality_code,valid_from,recipient_name,organisation_number,electronic_address,"
    "buyer_reference,street,postal_code,city"
)
_SELLER = """\
[seller]
name = "Demoregionen (påhittad)"
organisation_number = "{number}"
vat_id = "SE{number}01"
electronic_address = "{number}"
street = "Storgatan 1"
postal_code = "111 11"
city = "Stockholm"
bankgiro = "5050-1055"
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
    _own_rows(home)
    for month, invoice_day in _MONTHS.items():
        say(f"\n== {month:%Y-%m}, as known on {invoice_day}")
        run(home, landing, month, invoice_day, "invoice", say)
    _where_to_look(home, say)


def _clear(root: Path, folders: tuple[Path, ...]) -> None:
    """Remove an earlier demo; what has no mark of a demo is not touched."""
    mark = root / _MARK
    # a folder that is a home itself would get another one, and a landing area, inside
    if any(folder.exists() for folder in (*folders, Home(root).ledger.parent, Home(root).lake)):
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


def _own_rows(home: Home) -> None:
    """What a region adds: its decision to invoice, itself as seller, whom its invoices go to."""
    with (DBT_PROJECT / "seeds" / "municipality.csv").open(encoding="utf-8", newline="") as file:
        names = [row for row in csv.DictReader(file) if row["county_code"] == "01"]
    recipients = [_RECIPIENT_HEADING]
    for place, row in enumerate(names, start=1):
        code, name = row["municipality_code"], row["municipality_name"]
        number = _invented_number(place)
        recipients.append(
            f"{code},2024-01-01,{name} (påhittad mottagare),{number},{number},REF-{code},"
            f"Storgatan {place},111 11,{name}"
        )
    for file_name, text in (
        ("ruleset_invoicing.csv", _ACTIVATION),
        ("invoice_recipient.csv", "\n".join(recipients)),
        ("settings.toml", _SELLER.format(number=_invented_number(0))),
    ):
        (home.region / file_name).write_text(text, encoding="utf-8")


def _invented_number(place: int) -> str:
    """An organisation number of a series that nobody has, its check digit right."""
    digits = f"9999990{place:02}"
    doubled = (int(digit) * (2 if at % 2 == 0 else 1) for at, digit in enumerate(digits))
    return f"{digits}{-sum(number // 10 + number % 10 for number in doubled) % 10}"


def _where_to_look(home: Home, say: Say) -> None:
    say("\nWhere to look:")
    say(f"  marts, any DuckDB client     {home.published / 'bi' / 'lus.duckdb'}")
    say(f"  monthly statistics           {home.published / 'statistics'}")
    say(f"  who waits now                {home.published / 'bi' / 'idag.html'}")
    say(f"  review bases, to object to   {home.published / 'review'}")
    say(f"  invoice bases, e-invoices    {home.published / 'invoice'}")
    say(f"  where every month stands     .venv/bin/lus months --home {home.root}")
    say(f"  is all as it was issued      .venv/bin/lus ledger verify --home {home.root}")
    say("  graph, runs and checks       make demo-ui")
    say(f"Other commands on this home need its key: export LUS_PSEUDONYM_KEY='{_KEY}'")
