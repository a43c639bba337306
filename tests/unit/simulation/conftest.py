"""Small counties that several tests read."""

import csv
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.simulation import FaultRates, SimulationReport, simulate

FIRST, LAST = date(2023, 12, 1), date(2024, 4, 7)  # New Year, a leap day and a spring night


@dataclass
class County:
    path: Path
    report: SimulationReport
    read: dict[str, pa.Table] = field(default_factory=dict)

    def episodes(self) -> pa.Table:
        return pq.read_table(self.path / "_truth" / "episodes.parquet")

    def faults(self) -> pa.Table:
        return pq.read_table(self.path / "_truth" / "faults.parquet")

    def feed(self, name: str, columns: str = "*") -> duckdb.DuckDBPyRelation:
        """Every delivered row as text, with its `folder`; a line that is no CSV fails."""
        if name not in self.read:
            rows: list[list[str | None]] = []
            header: list[str] = []
            for path in sorted((self.path / name).glob("*/delivery.csv")):
                header, *lines = list(csv.reader(path.read_text("utf-8").splitlines()))
                assert all(len(line) == len(header) for line in lines)
                rows += [[*(text or None for text in line), path.parent.name] for line in lines]
            values = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
            self.read[name] = pa.table(values, names=[*header, "folder"])
        return duckdb.connect().from_arrow(self.read[name]).project(columns)


@pytest.fixture(scope="session")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> County:
    path = tmp_path_factory.mktemp("county") / "faultless"
    report = simulate(path, FIRST, LAST, population=150_000, faults=FaultRates.none())
    return County(path, report)


@pytest.fixture(scope="session")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> County:
    path = tmp_path_factory.mktemp("county") / "faulty"
    return County(path, simulate(path, FIRST, LAST, population=150_000))
