"""The page of the two engines; what it measures needs Spark, and is not asserted anywhere."""

import pytest

from bench import engines
from bench.engines import Measured, as_markdown

SMALL = Measured(20_000, 100_000, duckdb=10.0, spark=125.0, marts=32)


def test_the_page_has_a_row_per_size_with_the_ratio_of_spark_to_duckdb() -> None:
    page = as_markdown([SMALL, Measured(200_000, 1_100_000, duckdb=20.0, spark=150.0, marts=32)])
    assert "| 20000 | 100000 | 10 | 125 | 12.5 |" in page
    assert "| 200000 | 1100000 | 20 | 150 | 7.5 |" in page
    assert "All 32 marts were equal" in page


def test_the_page_argues_from_which_size_on_a_cluster_would_be_sooner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A million rows more: 25 s; of a nation's, 5 s on DuckDB: five times the cores do no more. On
    ten times it is 2.5 s, and 2.5 s a million are to win 115 s."""
    monkeypatch.setattr(engines, "_NATION", (100_000_000, 500.0))
    page = as_markdown([SMALL, Measured(200_000, 1_100_000, duckdb=20.0, spark=150.0, marts=32)])
    said = " ".join(page.split())
    assert "Spark 25.0 s; a million of a nation's 100 cost DuckDB 5.0 s" in said
    assert "5.0 times the cores would not be enough at any size, and 10 times" in said
    assert "sooner from 46 million rows on" in said
