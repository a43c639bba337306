"""The whole generator: same bytes, no faults when none are wanted, nothing half done."""

import hashlib
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.simulation import run as run_module
from lus_assets.simulation import simulate

from .conftest import LAST, County

SMALL = "date(2024, 3, 25), date(2024, 4, 5), population=20_000"


def digest(root: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.is_file():
            total.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return total.hexdigest()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_the_same_bytes_in_another_process_and_zone(tmp_path: Path, zone: str) -> None:
    here = tmp_path / "here"
    simulate(here, date(2024, 3, 25), date(2024, 4, 5), population=20_000)
    there = tmp_path / "there"
    program = (
        "from datetime import date; from pathlib import Path;"
        f"from lus_assets.simulation import simulate; simulate(Path({str(there)!r}), {SMALL})"
    )
    subprocess.run([sys.executable, "-c", program], env=os.environ | {"TZ": zone}, check=True)
    assert digest(here) == digest(there)


def test_another_seed_is_another_county(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(
            tmp_path / str(seed), date(2024, 1, 1), date(2024, 1, 3), population=20_000, seed=seed
        )
    assert digest(tmp_path / "1") != digest(tmp_path / "2")


def test_parquet_holds_the_same_rows_as_csv(tmp_path: Path) -> None:
    period = date(2024, 1, 1), date(2024, 1, 9)
    csv = simulate(tmp_path / "csv", *period, population=20_000)
    parquet = simulate(tmp_path / "parquet", *period, population=20_000, fmt="parquet")
    assert sum(parquet.rows.values()) >= 0.99 * sum(csv.rows.values())
    for feed, rows in parquet.rows.items():
        folder = tmp_path / "parquet" / feed
        assert sum(pq.read_table(path).num_rows for path in folder.rglob("*.parquet")) == rows
        header = (tmp_path / "csv" / feed / "2024-01-01" / "delivery.csv").read_text("utf-8")
        schema = pq.read_schema(folder / "2024-01-01" / "delivery.parquet")
        assert schema.names == header.split("\n", 1)[0].split(",")


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(LusError, match="not empty"):
        simulate(tmp_path, date(2024, 1, 1), date(2024, 1, 2), population=20_000)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    simulate(tmp_path / "out", date(2024, 1, 1), date(2024, 1, 1), population=20_000)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "stays", "messages", "persons", "placements", "disputes", "_truth"
    }  # fmt: skip


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(run_module, "deliver", fail)
    with pytest.raises(OSError):
        simulate(tmp_path / "out", date(2024, 1, 1), date(2024, 1, 2), population=20_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("first", "last", "population", "seed"),
    [
        (date(2024, 1, 2), date(2024, 1, 1), 20_000, 1),
        (date(2009, 1, 1), date(2024, 1, 1), 20_000, 1),
        (date(2024, 1, 1), date(2024, 1, 2), 10, 1),
        (date(2024, 1, 1), date(2024, 1, 2), 20_000, -1),
    ],
)
def test_impossible_arguments_are_refused(
    tmp_path: Path, first: date, last: date, population: int, seed: int
) -> None:
    with pytest.raises(LusError, match="correct the argument"):
        simulate(tmp_path / "out", first, last, population=population, seed=seed)


def test_progress_tells_feed_and_day(tmp_path: Path) -> None:
    told: list[str] = []
    simulate(
        tmp_path / "out", date(2024, 1, 1), date(2024, 2, 5), population=20_000,
        progress=told.append,
    )  # fmt: skip
    assert told[:2] == ["stays 2024-01-31", "stays 2024-02-05"]


def test_someone_is_still_in_hospital_at_the_end(faulty: County) -> None:
    waiting = faulty.episodes().to_pandas().query("not is_discharged")
    assert 0.005 < len(waiting) / faulty.report.episodes_in_process < 0.15
    assert (waiting["admitted_at"].dt.date <= LAST).all()
    assert waiting["discharged_at"].isna().all()
    assert waiting["ready_notice_at"].notna().any()
    assert waiting["is_billable"].isna().all()


def test_the_first_month_is_not_thin(faulty: County) -> None:
    episodes = faulty.episodes().to_pandas()
    weeks = episodes.set_index("discharged_at").resample("7D").size()
    assert weeks.iloc[0] > 0.8 * weeks.iloc[:-1].mean()
