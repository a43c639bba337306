"""From a landing area to the rows that the marts must hold."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from .episodes import build_episodes
from .feeds import counts, read_landing
from .findings import judge
from .months import MonthKey, municipality_months
from .people import People
from .readmissions import readmissions
from .rules import Rules
from .statistics import Figure, FigureKey, monthly_statistics


@dataclass(frozen=True)
class Marts:
    """What the marts must hold, by the key of each table."""

    episodes: dict[str, dict[str, Any]]
    findings: dict[tuple[str, str], dict[str, Any]]
    months: dict[MonthKey, dict[str, Any]]
    readmissions: dict[str, dict[str, Any]]
    statistics: dict[FigureKey, Figure]
    ingest: dict[str, dict[str, Any]]


def compute(
    landing: Path, as_of: date, region: str = "01", region_dir: Path | None = None, *, key: bytes
) -> Marts:
    """Everything the rules say about a landing area as known at `as_of`."""
    feeds = read_landing(landing, as_of, key)
    rules = Rules(region, region_dir)
    people = People(feeds.rows["persons"], feeds.rows["placements"], rules)
    episodes = build_episodes(feeds.rows["stays"], feeds.rows["messages"], as_of)
    judged = [
        judge(episode, people, rules, feeds.rows["disputes"])
        for episode in episodes
        if episode.in_process
    ]
    months = municipality_months(judged, rules)
    index_rows = readmissions(episodes, people)
    return Marts(
        episodes={one.episode.id: one.row for one in judged},
        findings={
            (one.episode.id, code): _finding_row(one.episode.id, code, rules)
            for one in judged
            for code in one.findings
        },
        months=months,
        readmissions=index_rows,
        statistics=monthly_statistics(judged, months, index_rows, episodes, rules),
        ingest={
            path: {"path": path, "feed": file["feed"], "delivery_date": file["delivery_date"]}
            | counts(file)
            for path, file in feeds.files.items()
        },
    )


def _finding_row(episode_id: str, code: str, rules: Rules) -> dict[str, Any]:
    finding = rules.findings[code]
    return {
        "episode_id": episode_id,
        "finding_code": code,
        "is_blocking": finding["is_blocking"] == "true",
        "responsible": finding["responsible"],
        "legal_reference": finding["legal_reference"],
        "text_sv": finding["text_sv"],
    }
