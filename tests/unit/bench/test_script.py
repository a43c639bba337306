"""What the frame scripts refuse, and which delivered files count on a day."""

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from bench.script import check_rulesets, counting_files

_CATALOG = """
    create table file_version (
        file_version_id, delivery_date, path, feed, lake_file, counts_from, counts_until);
    insert into file_version values
        ('b', '2024-01-02', 'messages.csv', 'messages', 'b.parquet', '2024-01-02', null),
        ('a', '2024-01-01', 'messages.csv', 'messages', 'a.parquet', '2024-01-01', '2024-01-03'),
        ('a2', '2024-01-01', 'messages.csv', 'messages', 'a2.parquet', '2024-01-03', null),
        ('refused', '2024-01-01', 'stays.csv', 'stays', null, '2024-01-01', null);
"""


@pytest.mark.parametrize(
    ("day", "counting"),
    [(date(2024, 1, 1), ["a"]), (date(2024, 1, 2), ["a", "b"]), (date(2024, 1, 3), ["a2", "b"])],
)
def test_a_file_counts_until_another_takes_its_place(
    day: date, counting: list[str], tmp_path: Path
) -> None:
    (tmp_path / "lake").mkdir()
    with closing(sqlite3.connect(tmp_path / "lake" / "catalog.sqlite")) as catalog:
        catalog.executescript(_CATALOG)
    assert [each.file_version_id for each in counting_files(tmp_path, day)] == counting


def test_rulesets_that_no_frame_script_knows_are_refused() -> None:
    check_rulesets([("calendar", "individual", False), ("calendar", "mean_excess", False)])
    with pytest.raises(ValueError, match="calendar days only"):
        check_rulesets([("weekday", "individual", False)])
    with pytest.raises(ValueError, match="no mean_excess with rounded means"):
        check_rulesets([("calendar", "mean_excess", True)])
    with pytest.raises(ValueError, match="no mean_gate"):
        check_rulesets([("calendar", "mean_gate", False)])
