"""Time without host zone: Stockholm's summer time by rule, checked against the zone database."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lus_assets.simulation import clock
from lus_assets.simulation.columns import NONE

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local clock time


def local(text: str) -> int:
    return int((datetime.fromisoformat(text) - EPOCH).total_seconds())


@pytest.mark.parametrize("year", [2010, 2018, 2024, 2026])
def test_offsets_equal_the_zone_databases(year: int) -> None:
    start = datetime(year, 1, 1)  # noqa: DTZ001
    moments = [start + timedelta(minutes=20 * step) for step in range(366 * 72)]
    times = np.array([int((moment - EPOCH).total_seconds()) for moment in moments])
    expected = [moment.replace(tzinfo=STOCKHOLM).utcoffset() for moment in moments]
    there = clock.existing(times) == times
    seconds = np.array([int(offset.total_seconds()) for offset in expected if offset is not None])
    assert (clock.utc_offset(times)[there] == seconds[there]).all()
    assert (~there).sum() == 3


def test_the_hour_that_spring_skips_is_moved_on() -> None:
    times = np.array(
        [local("2024-03-31T02:30"), local("2024-03-31T03:00"), local("2024-03-31T01:59")]
    )
    assert clock.existing(times).tolist() == [local("2024-03-31T03:30"), *times[1:].tolist()]


def test_each_style_names_the_same_moment() -> None:
    times = np.array([local("2024-07-01T11:59:58")] * 4 + [NONE])
    texts = clock.iso(times, np.array([0, 1, 2, 3, 0])).to_pylist()
    assert texts == [
        "2024-07-01T11:59:58",
        "2024-07-01T11:59:58+02:00",
        "2024-07-01T09:59:58Z",
        "2024-07-01T11:59",
        None,
    ]
    assert datetime.fromisoformat(texts[2]).astimezone(UTC) == datetime.fromisoformat(texts[1])


def test_office_hours_keep_day_and_order() -> None:
    times = np.array(
        [local("2024-02-29T00:00"), local("2024-02-29T23:59"), local("2024-03-01T00:00")]
    )
    moved = clock.office(times)
    assert (moved // clock.DAY == times // clock.DAY).all()
    assert (np.diff(moved) > 0).all()
    assert ((moved % clock.DAY >= 8 * clock.HOUR) & (moved % clock.DAY < 16 * clock.HOUR)).all()


def test_days_as_numbers_for_ids() -> None:
    days = np.array([clock.day_number(clock.as_date(d)) for d in (0, 19782, 19783)])
    assert clock.yyyymmdd(days).tolist() == [19700101, 20240229, 20240301]
