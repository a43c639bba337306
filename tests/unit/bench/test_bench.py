"""The scripts beside the pipeline make the same marts; what they cost is not asserted anywhere."""

from datetime import date
from pathlib import Path

import pytest

from bench.bare import make_marts
from bench.equal import KEYS, compare
from bench.measure import python, run
from bench.models_alone import make_models
from bench.parts import SCRIPTS
from lus_assets.core.home import Home
from lus_assets.simulation import simulate
from tests.pipeline.marts import build_marts

pytestmark = pytest.mark.slow
FIRST, AS_OF = date(2024, 1, 1), date(2024, 2, 29)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two months of a small county, ingested and built."""
    folder = tmp_path_factory.mktemp("bench")
    simulate(folder / "landing", FIRST, AS_OF, population=40_000)
    place = Home(folder / "home").prepare()
    build_marts(place, folder / "landing", AS_OF)
    return place


def test_bare_sql_makes_the_pipelines_marts(home: Home, tmp_path: Path) -> None:
    made = tmp_path / "bare.duckdb"
    make_marts(home.root, AS_OF, made)
    compared = compare(home.warehouse, made)
    assert {each.table for each in compared} == set(KEYS)
    assert [each for each in compared if not each.is_equal] == []
    # what is suppressed is not the script's: it counts, and protects nothing
    left_out = {"fct_statistic": 1}
    assert all(each.rows > 0 for each in compared)
    assert all(
        each.columns == each.columns_of_mart - left_out.get(each.table, 0) for each in compared
    )


def test_the_models_alone_are_the_pipelines_marts_in_all_columns(
    home: Home, tmp_path: Path
) -> None:
    made = tmp_path / "models.duckdb"
    make_models(home.root, AS_OF, made)
    compared = compare(home.warehouse, made)
    assert len(compared) > 25
    assert [each for each in compared if not each.is_equal] == []
    assert all(each.columns == each.columns_of_mart for each in compared)


@pytest.mark.parametrize("name", ["plain pandas", "plain polars"])
def test_a_frame_script_makes_the_pipelines_marts(name: str, home: Home, tmp_path: Path) -> None:
    made = tmp_path / "frames.duckdb"
    options = ("--home", home.root, "--as-of", AS_OF, "--out", made)
    run(python("-m", SCRIPTS[name], *options))
    compared = {each.table: each for each in compare(home.warehouse, made)}
    assert set(compared) == {
        *("fct_discharge_episode", "fct_episode_finding", "fct_municipality_month")
    }
    assert [each for each in compared.values() if not each.is_equal] == []
    assert all(each.rows > 0 for each in compared.values())
    # what the gate would have cost is not the script's
    left_out = {"fct_municipality_month": 1}
    assert all(
        each.columns == each.columns_of_mart - left_out.get(table, 0)
        for table, each in compared.items()
    )
