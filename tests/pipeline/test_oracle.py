"""Nasty landing areas through ingestion and dbt equal the oracle, an own reading of the rules."""

from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.conftest import KEY
from tests.oracle import compute, differences
from tests.oracle.landing_strategy import nasty_landing
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know

FAST = ((20180, "01"), (20181, "14"), (20182, "20"))
MORE = [(seed, region) for seed in range(9) for region in ("01", "14", "20")]


@pytest.mark.parametrize(
    ("seed", "region"), [*FAST, *(pytest.param(*each, marks=pytest.mark.slow) for each in MORE)]
)
def test_the_marts_of_a_nasty_landing_area_equal_the_oracles(
    seed: int, region: str, tmp_path: Path
) -> None:
    nasty = nasty_landing(seed, region)
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    nasty.write_landing(landing)
    write_region(home, region, nasty.region_rows)
    know(home, landing, nasty.as_of)
    expected = compute(landing, nasty.as_of, region, home.region, key=KEY.encode())
    assert expected.episodes
    with query(home) as ask:
        assert differences(expected, ask) == []
