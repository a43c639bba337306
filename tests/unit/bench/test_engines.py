"""The page of the two engines; what it measures needs Spark, and is not asserted anywhere."""

from bench.engines import Measured, as_markdown

SMALL = Measured(20_000, 100_000, duckdb=10.0, spark=125.0, marts=32)


def test_the_page_has_a_row_per_size_with_the_ratio_of_spark_to_duckdb() -> None:
    page = as_markdown([SMALL, Measured(200_000, 1_100_000, duckdb=20.0, spark=150.0, marts=32)])
    assert "| 20000 | 100000 | 10 | 125 | 12.5 |" in page
    assert "| 200000 | 1100000 | 20 | 150 | 7.5 |" in page
    assert "All 32 marts were equal" in page


def test_the_page_argues_from_which_size_on_a_cluster_would_be_sooner() -> None:
    """A million rows more: 10 s and 25 s, on ten times the cores 2.5 s; 115 s are to be won."""
    page = as_markdown([SMALL, Measured(200_000, 1_100_000, duckdb=20.0, spark=150.0, marts=32)])
    assert "DuckDB 10.0 s and Spark 25.0 s" in page
    assert "sooner from 15 million rows on" in page
    page = as_markdown([SMALL, Measured(200_000, 1_100_000, duckdb=20.0, spark=250.0, marts=32)])
    assert "would not be sooner at any size" in page
