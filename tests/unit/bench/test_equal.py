"""What is said of a script's table that is not the mart."""

from pathlib import Path

import duckdb

from bench.equal import compare, differing


def test_the_rows_that_differ_are_told_of_any_table(tmp_path: Path) -> None:
    for name, days in (("mart", 3), ("made", 4)):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute("create schema marts")
            connection.execute(
                "create table marts.dim_any as"
                f" select * from (values ('a', 1), ('b', {days})) as row (code, days)"
            )
    (compared,) = compare(tmp_path / "mart", tmp_path / "made")
    assert (compared.only_pipeline, compared.only_script) == (1, 1)
    assert differing(tmp_path / "mart", tmp_path / "made", "dim_any") == [
        ("pipeline", "b", 3),
        ("script", "b", 4),
    ]
