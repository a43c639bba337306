"""Checks of their own say whether what people read is still new, and what they found."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.home import Home
from orchestration.freshness import (
    CHECK_KEYS,
    MARTS,
    build_freshness_checks,
    recorded_freshness,
)
from orchestration.resources import InstallationResource

TODAY = date(2024, 3, 5)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_marts_are_as_new_as_their_last_run_recorded(home: Home) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert not recorded_freshness(instance, MARTS, TODAY, 1).is_fresh
        for as_of, is_fresh in (("2024-03-03", False), ("2024-03-04", True)):
            instance.report_runless_asset_event(
                dg.AssetMaterialization(MARTS, metadata={"as_of": as_of})
            )
            assert recorded_freshness(instance, MARTS, TODAY, 1).is_fresh is is_fresh


def test_the_checks_warn_and_say_what_they_found(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUS_POSTGRES_DSN", raising=False)
    resource = InstallationResource(home=str(home.root), landing=str(home.root / "landing"))
    definitions = dg.Definitions(
        asset_checks=build_freshness_checks(),
        jobs=[dg.define_asset_job("look", selection=dg.AssetSelection.checks(*CHECK_KEYS))],
        resources={INSTALLATION: resource},
    )
    result = definitions.resolve_job_def("look").execute_in_process()
    assert result.success
    found = {each.asset_key.path[-1]: each for each in result.get_asset_check_evaluations()}
    late = {name for name, each in found.items() if not each.passed}
    assert late == {"dim_snapshot", "bi_snapshot", "monthly_statistics"}
    assert {each.severity for each in found.values()} == {dg.AssetCheckSeverity.WARN}
    assert found["bi_snapshot"].metadata["found"].value == "nothing"
    assert found["postgres_marts"].metadata["found"].value == "not published there"
