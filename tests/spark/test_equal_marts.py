"""Spark's marts are DuckDB's, row for row, in all columns: hand-worked, generated, real records."""

import os
import tarfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bench.equal import Compared, compare
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.simulation import simulate
from lus_assets.warehouse.build import build_marts
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.project import ROOT
from tests.golden.cases import CaseGroup, case_groups
from tests.golden.compare import check
from tests.pipeline.command import lus_here
from tests.pipeline.marts import broken, query, write_region

MIMIC = (
    Path(os.environ.get("LUS_SHARED", ROOT.parent / "shared"))
    / "real"
    / "mimic_iii_demo"
    / "landing.tar.gz"
)
MARTS = 32
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
AS_SHIPPED = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
}
SMALL = {
    # small tables: what counts is how soon the hundred statements are under way
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.adaptive.enabled": "false",
    **AS_SHIPPED,
}


def marts_of_both(
    home: Home, landing: Path, as_of: date, master: str, spark: dict[str, str]
) -> list[Compared]:
    """Build on DuckDB, then on Spark, which the home's warehouse is left of; compare all marts."""
    ingest_days(home.prepare(), delivery_source(home, landing), Pseudonymizer.from_environment())
    settings = load_settings(home)
    by_duckdb = home.root / "by_duckdb.duckdb"
    for each in (settings, replace(settings, engine="spark", spark_master=master, spark=spark)):
        prepare(home, as_of, each)
        assert broken(build_marts(home, each)) == []
        if each is settings:
            home.warehouse.rename(by_duckdb)
    return compare(by_duckdb, home.warehouse)


def differences(compared: list[Compared]) -> list[Compared]:
    """What is not the same; all marts must be there, with all their columns."""
    assert len(compared) == MARTS
    return [each for each in compared if not each.is_equal or each.columns != each.columns_of_mart]


@pytest.mark.parametrize("group", case_groups(), ids=lambda group: group.name)
def test_the_hand_worked_cases(group: CaseGroup, master: str, tmp_path: Path) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    group.write_landing(landing)
    write_region(home, group.region, group.region_rows)
    assert differences(marts_of_both(home, landing, group.as_of, master, SMALL)) == []
    with query(home) as ask:
        assert check(group, ask) == []


def test_a_generated_county_with_delivery_faults(master: str, tmp_path: Path) -> None:
    """Planned and compiled as Spark does by itself; in a folder whose name is no easy one."""
    home, landing = Home(tmp_path / "vård's 100% home"), tmp_path / "landing"
    simulate(landing, date(2024, 1, 1), date(2024, 3, 31), population=60_000)
    home.prepare()
    days = ("2017-01-01,812", "2017-02-01,0", "2017-03-01,797")
    (home.region / "reference_series.csv").write_text(
        "measure,care_type,reference_month,value,valid_from\n"
        + "".join(f"ready_days_all,all,{each},2024-01-01\n" for each in days)
        + "mean_ready_days,all,2017-01-01,3.45,2024-01-01\n"
    )
    compared = marts_of_both(home, landing, date(2024, 3, 31), master, AS_SHIPPED)
    assert differences(compared) == []
    rows = {each.table: each.rows for each in compared}
    assert rows["fct_discharge_episode"] > 500
    assert rows["rpt_monthly_statistics"] > 5_000
    with query(home) as ask:
        held = "select sum(value) from marts.rpt_yearly_follow_up where measure like 'reference_%'"
        assert ask(held) == [(812 + 797,)]


@pytest.mark.skipif(not MIMIC.exists(), reason=f"not run: {MIMIC} is not here")
def test_real_records_through_the_same_graph(master: str, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    with tarfile.open(MIMIC) as archive:
        archive.extractall(landing, filter="data")
    if not (landing / "stays").is_dir():
        (landing,) = (folder.parent for folder in landing.glob("*/stays"))
    homes = {engine: Home(tmp_path / engine).prepare() for engine in ("duckdb", "spark")}
    own = "".join(f'"{name}" = "{value}"\n' for name, value in SMALL.items())
    (homes["spark"].region / "settings.toml").write_text(
        f'engine = "spark"\nspark_master = "{master}"\n[spark]\n{own}', encoding="utf-8"
    )
    for home in homes.values():
        ran = lus_here(
            *("run", "--landing", landing, "--home", home.root, "--month", "2024-12"),
            *("--as-of", "2025-01-31", "--through", "marts"),
        )
        assert ran.status == 0, ran.err
    snapshots = [home.published / "bi" / "lus.duckdb" for home in homes.values()]
    assert differences(compare(*snapshots)) == []
    assert list(
        (homes["spark"].spark / "tables" / "marts.db").glob("fct_discharge_episode/*.parquet")
    )
