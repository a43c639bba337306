"""How long what can be disposed of is kept: table `[retention]` of the settings, days per class.

Nothing is disposed of without a period: what is kept how long is the region's decision. Whatever
the period, people of issued months stay in lake and vault: those months are computed again from
them (operations/forget_plan.py). The ledger is in no class: it is what accounting law keeps.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from lus_assets.core.errors import LusError

FLOOR_DAYS = {
    "landing": 90,
    "landing_cache": 90,
    "quarantine": 90,
    "received": 90,
    "snapshots": 30,
    "logs": 30,
    "runs": 30,
    "lake": 730,
    "vault": 730,
}
"""The shortest periods: a month is reviewed, objected to and invoiced before its files may go, and
its year is followed up before its people may."""


@dataclass(frozen=True)
class Retention:
    """Days that each class is kept; None: for ever.

    landing: delivered files that the lake has. landing_cache: those of them that were fetched from
    elsewhere. quarantine: delivered files that were set aside or refused whole. received: what
    municipalities sent back, once ingested. snapshots: of the BI marts at earlier days. logs:
    alerts. runs: Dagster's. lake: stays, messages and disputes of people about whose care nothing
    was heard since. vault: who people are, and where they are registered, once the lake has no care
    of theirs and nothing about them was delivered since.
    """

    landing: int | None = None
    landing_cache: int | None = None
    quarantine: int | None = None
    received: int | None = None
    snapshots: int | None = None
    logs: int | None = None
    runs: int | None = None
    lake: int | None = None
    vault: int | None = None


def read_retention(path: Path, given: Any) -> Retention:
    """What the settings file `path` gives as `[retention]`, checked.

    Raises:
        LusError: an unknown class, or a period that is no whole number or too short.
    """
    known = [each.name for each in fields(Retention)]
    if not isinstance(given, dict):
        raise LusError(
            "setting 'retention' has the wrong type",
            where=str(path),
            todo="give it as a table [retention], as in docs/settings.md",
        )
    table = cast("dict[str, Any]", given)
    for name, days in table.items():
        if name not in known:
            raise LusError(
                f"setting 'retention.{name}' is no setting",
                where=str(path),
                todo=f"use one of: {', '.join(known)}",
            )
        if type(days) is not int or days < FLOOR_DAYS[name]:
            raise LusError(
                f"setting 'retention.{name}' is too short or no whole number",
                where=str(path),
                todo=f"give days, {FLOOR_DAYS[name]} or more: issued months rest on it till then",
            )
    return Retention(**table)
