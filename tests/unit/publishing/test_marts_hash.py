"""marts_hash: equal marts, equal hash; any difference, another hash."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from lus_assets.core.home import Home
from lus_assets.publishing.marts import marts_hash
from tests.unit.publishing.tiny_marts import build_warehouse, municipality_month

AS_OF = date(2025, 3, 1)
MARTS = (
    *("dim_finding", "dim_snapshot", "fct_discharge_episode", "fct_dispute"),
    "fct_municipality_month",
)


def made(folder: Path, *codes: str) -> Path:
    rows = [municipality_month(code) for code in codes]
    build_warehouse(Home(folder), AS_OF, {"fct_municipality_month": rows}, MARTS)
    return Home(folder).warehouse


def changed(path: Path, statement: str) -> str:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)
    return marts_hash(path)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    one = made(tmp_path / "one", "0114", "0180")
    other = made(tmp_path / "other", "0180", "0114")
    assert marts_hash(one) == marts_hash(other)


def test_what_is_not_a_mart_does_not_matter(tmp_path: Path) -> None:
    path = made(tmp_path, "0114")
    before = marts_hash(path)
    assert changed(path, "insert into staging.stg_review (version) values (9)") == before


@pytest.mark.parametrize(
    "statement",
    [
        "update marts.fct_municipality_month set ready_days = 1",
        "update marts.fct_municipality_month set care_type = null",
        "insert into marts.fct_municipality_month from marts.fct_municipality_month",
        "delete from marts.fct_municipality_month",
        "drop table marts.fct_dispute",
        "alter table marts.fct_dispute rename column effect to result",
        "alter table marts.fct_municipality_month alter ready_days type bigint",
        "update marts.dim_snapshot set as_of = date '2025-03-02'",
    ],
)
def test_every_difference_shows(tmp_path: Path, statement: str) -> None:
    path = made(tmp_path, "0114")
    before = marts_hash(path)
    assert changed(path, statement) != before


def test_values_do_not_run_into_each_other(tmp_path: Path) -> None:
    path = made(tmp_path)
    insert = "insert into marts.dim_finding (legal_reference, text_sv) values "
    one = changed(path, insert + "('a+b', 'c')")
    with duckdb.connect(str(path)) as connection:
        connection.execute("delete from marts.dim_finding")
    assert changed(path, insert + "('a', 'b+c')") != one


def test_the_hosts_time_zone_does_not_matter(tmp_path: Path) -> None:
    path = made(tmp_path, "0114")
    changed(
        path,
        "insert into marts.fct_discharge_episode (episode_id, discharged_at)"
        " values ('E1', timestamp '2025-03-30 02:30:00')",
    )
    code = (
        "import sys; from pathlib import Path; from lus_assets.publishing.marts import marts_hash;"
    )
    code += "print(marts_hash(Path(sys.argv[1])))"
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env=os.environ | {"TZ": zone},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for zone in ("UTC", "Asia/Kolkata")
    }
    assert hashes == {marts_hash(path)}
