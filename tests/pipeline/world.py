"""A nasty landing area, built as known at a day, at a later day, and again at the earlier one."""

import csv
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from lus_assets.core.home import Home
from lus_assets.publishing.marts import marts_hash
from lus_assets.publishing.snapshot import SnapshotReport, publish_snapshot
from tests.oracle.landing_strategy import NastyLanding, nasty_landing
from tests.pipeline.marts import write_region
from tests.pipeline.quick_marts import know

BY_FILE = ("ingest_file", "ingest_quarantine", "ingest_anomaly", "fct_episode_evidence")
"""Marts that name files: other files, other rows."""


@dataclass(frozen=True)
class World:
    """A landing area, built as known at a day, at a later day, and again at the earlier one."""

    nasty: NastyLanding
    home: Home
    landing: Path
    earlier: date
    later: date
    hashes: list[str]
    snapshots: list[SnapshotReport]

    @property
    def later_marts(self) -> Path:
        """The marts as known at the later day."""
        return self.snapshots[1].database


def start(root: Path, nasty: NastyLanding) -> tuple[Home, Path]:
    """A home of the landing area's region, and the area written out."""
    home, landing = Home(root / "home"), root / "landing"
    nasty.write_landing(landing)
    write_region(home, nasty.region, nasty.region_rows)
    return home, landing


def built(home: Home, landing: Path, as_of: date) -> str:
    """Make the marts as known at a day; their hash."""
    know(home, landing, as_of)
    return marts_hash(home.warehouse)


def live_through(root: Path, seed: int) -> World:
    """Build the three times, and publish a snapshot each time."""
    nasty = nasty_landing(seed, "01")
    home, landing = start(root, nasty)
    later, earlier = nasty.as_of, nasty.as_of - timedelta(days=9)
    hashes, snapshots = [], []
    for as_of in (earlier, later, earlier):
        hashes.append(built(home, landing, as_of))
        snapshots.append(publish_snapshot(home, as_of))
    return World(nasty, home, landing, earlier, later, hashes, snapshots)


def hash_of_cases(marts: Path, folder: Path) -> str:
    """Hash of the marts about patients and months, without those that name files."""
    copy = folder / "copy.duckdb"
    shutil.copyfile(marts, copy)
    with duckdb.connect(str(copy)) as connection:
        for table in BY_FILE:
            connection.execute(f"drop table marts.{table}")
    return marts_hash(copy)


def delivered_rows(landing: Path) -> Counter[str]:
    """Records per file as a plain CSV reader counts them."""
    counts: Counter[str] = Counter()
    for path in landing.glob("*/*/*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            counts[path.relative_to(landing).as_posix()] = sum(1 for _ in csv.reader(file)) - 1
    return counts
