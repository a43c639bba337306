"""Stub until the helper's module is merged."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from lus_assets.publishing.formats import csv_bytes
from lus_assets.publishing.release import DataFile

Table = Any


@dataclass(frozen=True)
class ReviewDocument:
    municipality_code: str
    municipality_name: str
    month: date
    version: int
    as_of: date
    objections_until: date
    code_version: str
    reason: str | None
    months: Table
    episodes: Table
    findings: Table
    rulesets: Table
    corrections: Table


def review_files(document: ReviewDocument) -> list[DataFile]:
    out = []
    for name in ("months", "episodes", "findings", "rulesets", "corrections"):
        t = getattr(document, name)
        if name == "episodes":
            t = t.drop_columns(["person_key"])
        out.append(DataFile(f"{name}.csv", csv_bytes(t), t.num_rows))
    return out
