"""The page of the two engines; what it measures needs Spark, and is not asserted anywhere."""

from bench.engines import Measured, as_markdown


def test_the_page_has_a_row_per_size_with_the_ratio_of_spark_to_duckdb() -> None:
    page = as_markdown(
        [
            Measured(20_000, 5_000, duckdb=10.0, spark=125.0, taken=9.0, marts=32),
            Measured(200_000, 50_000, duckdb=20.0, spark=150.0, taken=12.0, marts=32),
        ]
    )
    assert "| 20000 | 5000 | 10 | 125 | 9 | 12.5 |" in page
    assert "| 200000 | 50000 | 20 | 150 | 12 | 7.5 |" in page
    assert "All 32 marts were equal" in page
