"""The disposal job: a dry run says what would go, the job removes it, both in counts."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.operations.assets import KEY, build_disposal_asset


def went(home: Home, *, is_dry_run: bool) -> dict[str, object]:
    """What a run of the job reports."""
    result = dg.materialize(
        [build_disposal_asset(lambda _, __: iter(()))],
        resources={INSTALLATION: Installation(home, home.root / "landing")},
        run_config={"ops": {"operations__disposal": {"config": {"is_dry_run": is_dry_run}}}},
    )
    (event,) = result.asset_materializations_for_node("operations__disposal")
    assert event.asset_key == KEY
    return {name: value.value for name, value in event.metadata.items()}


@pytest.mark.promise(
    "What may go goes when its time is over; what issued months rest on never does",
    area="Privacy",
    how="the disposal job of the graph, as a dry run and for good",
)
def test_a_dry_run_says_what_would_go_and_the_job_removes_it(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    (home.region / "settings.toml").write_text("[retention]\nlogs = 30\nlake = 730\n")
    today = datetime.now(UTC).date()
    lines = [{"kind": "run", "at": f"{day}T05:00"} for day in (date(2024, 1, 1), today)]
    home.alerts.write_text("".join(json.dumps(each) + "\n" for each in lines))
    assert went(home, is_dry_run=True) == {"logs_would_go": 1, "lake_would_go": 0}
    assert len(home.alerts.read_text().splitlines()) == 2
    assert went(home, is_dry_run=False) == {"logs_went": 1, "lake_went": 0}
    assert json.loads(home.alerts.read_text()) == lines[1]
    (logged, _) = map(json.loads, (home.logs / "disposals.jsonl").open())
    before = today - timedelta(days=30)
    assert (logged["data_class"], logged["before"]) == ("logs", before.isoformat())
