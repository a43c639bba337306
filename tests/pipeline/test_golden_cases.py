"""The hand-worked cases of tests/golden, answered by the pipeline: one run per group."""

from pathlib import Path

import pytest

from lus_assets.core.home import Home
from tests.golden.cases import CaseGroup, case_groups
from tests.golden.compare import check
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import know


@pytest.mark.parametrize("group", case_groups(), ids=lambda group: group.name)
def test_the_marts_say_what_was_worked_by_hand(group: CaseGroup, tmp_path: Path) -> None:
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    group.write_landing(landing)
    write_region(home, group.region, group.region_rows)
    know(home, landing, group.as_of)
    with query(home) as ask:
        assert check(group, ask) == []
