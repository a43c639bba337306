"""What it costs to issue a county month: its review bases, and 21 days later its invoice bases."""

import json
from datetime import date, timedelta
from typing import Any

from bench.measure import Cost, lus, python, run
from bench.parts import County, Say

_ACTIVE = (
    "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2020-01-01,active\n"
    "stockholm-2020-psychiatric,2020-01-01,active\n"
)


def issue(county: County, say: Say) -> dict[str, Any]:
    """Review bases and invoice bases of the last month that can have both, as by the calendar."""
    month, reviewed, invoiced = _dates(county.last)
    region = county.home / "region"
    region.mkdir(parents=True, exist_ok=True)
    (region / "ruleset_invoicing.csv").write_text(_ACTIVE, encoding="utf-8")
    figures: dict[str, Any] = {"month": month}
    for kind, as_of in (("review", reviewed), ("invoice", invoiced)):
        say(f"marts as known at {as_of}")
        marts = run(lus(*county.run_command(as_of=as_of)))
        figures[kind] = {"marts": marts, **bases(county, month, kind, as_of, say)}
    return figures


def bases(county: County, month: date, kind: str, as_of: date, say: Say) -> dict[str, Any]:
    """Issue the month's bases from the marts that are there, which are as known at `as_of`."""
    say(f"{kind} bases of {month:%Y-%m}, as known at {as_of}")
    out = county.work / f"issue-{kind}.json"
    options = ("--home", county.home, "--as-of", as_of, "--month", month, "--kind", kind)
    cost = run(python("-m", "bench.issue_once", *options, "--out", out))
    return {"cost": cost, **json.loads(out.read_text("utf-8"))}


def _dates(last: date) -> tuple[date, date, date]:
    """The newest month whose invoice bases are due by `last`; its review day; its invoice day."""
    first = last.replace(day=1)
    while True:
        month = (first - timedelta(days=1)).replace(day=1)
        reviewed = first.replace(day=5)
        if reviewed + timedelta(days=21) <= last:
            return month, reviewed, reviewed + timedelta(days=21)
        first = month


def section(figures: dict[str, Any]) -> str:
    """The text of the page's section."""
    review, invoice = figures["review"], figures["invoice"]
    return f"""{figures["month"]:%B %Y}: review bases on the 5th of the month after, invoice
bases 21 days later, each from marts that are there. A process of its own, imports included;
`by itself` is without them.

{table_of(figures)}

The marts before it (`lus run --through marts`, ingested before): {_said(review["marts"])} for the
review day, {_said(invoice["marts"])} for the invoice day.
"""


def table_of(figures: dict[str, Any]) -> str:
    """What was issued, and what it cost: figures of `bases` by kind."""
    review, invoice = figures["review"], figures["invoice"]
    refused = ", ".join({*review["refused"], *invoice["refused"]}) or "nothing"
    rows = "\n".join(_row(name, figures[kind]) for kind, name in _NAMES.items())
    return f"""| | bases | files | MiB | rows | wall s | by itself s | CPU s | peak MiB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

Refused: {refused}. The ledger holds both in {invoice["ledger_mib"]:.1f} MiB afterwards."""


_NAMES = {"review": "review bases", "invoice": "invoice bases"}


def _row(name: str, figures: dict[str, Any]) -> str:
    cost: Cost = figures["cost"]
    cells = (
        *(figures["issued"], figures["files"], f"{figures['mib']:.1f}", figures["rows"]),
        *(f"{cost.wall:.1f}", f"{figures['seconds']:.1f}", f"{cost.cpu:.1f}"),
        f"{cost.peak_mib:.0f}",
    )
    return f"| {name} | {' | '.join(map(str, cells))} |"


def _said(cost: Cost) -> str:
    return f"{cost.wall:.0f} s, {cost.peak_mib:.0f} MiB"
