"""Figures for Prometheus, and deliveries that are late: against known answers."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from lus_assets.core.home import Home
from lus_assets.ingest.decisions import acknowledge_gap
from lus_assets.ingest.overdue import overdue
from lus_assets.operations.alerts import Alert, now, read_alerts
from lus_assets.operations.metrics import collect
from lus_assets.operations.notify import raise_alerts, raise_missing
from orchestration.runs import last_runs
from tests.pipeline.command import lus_here
from tests.unit.ingest.support import County, row, to_csv

DAY, NEXT = date(2024, 3, 1), date(2024, 3, 2)
AT_EIGHT = datetime(2024, 3, 3, 7, 0, tzinfo=UTC)
"""08:00 in Stockholm's winter, on the day after NEXT."""


@pytest.fixture
def county(tmp_path: Path) -> County:
    """stays on both days, one row of three set aside, a changed file; persons on the first only."""
    made = County(tmp_path)
    made.deliver("stays", to_csv([row("stays"), row("stays", care_type="x")]), day=DAY)
    made.deliver("stays", to_csv([row("stays", stay_id="S2")]), day=NEXT)
    made.deliver("persons", to_csv([row("persons")]), day=DAY)
    made.deliver("stays", to_csv([row("stays", stay_id="S3")]), day=NEXT)
    return made


def figures(home: Home, instance: dg.DagsterInstance | None = None) -> dict[str, float]:
    text = generate_latest(
        collect(home, last_runs(instance) if instance else (), AT_EIGHT)
    ).decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_deliveries_rows_and_refusals_are_counted_per_feed(county: County) -> None:
    found = figures(county.home)
    midnight = datetime(2024, 3, 1, 23, 0, tzinfo=UTC).timestamp()
    assert found["lus_last_delivery_timestamp_seconds stays"] == midnight
    assert found["lus_rows_delivered stays"] == 3
    assert found["lus_rows_quarantined stays"] == 1
    assert found["lus_rows_quarantined persons"] == 0
    assert found["lus_files_refused stays"] == 1
    assert found["lus_delivery_missing stays"] == 0
    assert found["lus_delivery_missing persons"] == 1


def test_runs_and_their_checks_are_told_per_job(county: County) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="thing") for name in ("good", "bad")])
    def thing() -> dg.MaterializeResult:
        return dg.MaterializeResult(
            check_results=[
                dg.AssetCheckResult(check_name="good", passed=True),
                dg.AssetCheckResult(check_name="bad", passed=False),
            ]
        )

    @dg.op
    def fails() -> None:
        raise RuntimeError

    @dg.job
    def broken() -> None:
        fails()

    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize([thing], instance=instance)
        broken.execute_in_process(instance=instance, raise_on_error=False)
        found = figures(county.home, instance)
    job = "__ephemeral_asset_job__"
    assert found[f"lus_checks_failing {job}"] == 1
    assert found[f"lus_run_failed {job}"] == 0
    assert found["lus_run_failed broken"] == 1
    assert found["lus_run_duration_seconds broken"] >= 0
    assert found["lus_run_ended_timestamp_seconds broken"] > AT_EIGHT.timestamp()


def test_what_is_published_has_its_time_and_alerts_their_number(county: County) -> None:
    release = county.home.published / "statistics" / "2024-02" / "v1" / "manifest.json"
    release.parent.mkdir(parents=True)
    release.touch()
    for kind in ("run", "check"):
        raise_alerts([Alert(kind, "morning", "R1", (), now())], county.home)
    found = figures(county.home)
    published = found["lus_published_timestamp_seconds statistics"]
    assert published == pytest.approx(release.stat().st_mtime)
    assert (found["lus_alerts_raised run"], found["lus_alerts_raised check"]) == (1, 1)


def test_an_empty_home_has_metrics_and_nothing_late(tmp_path: Path) -> None:
    home = Home(tmp_path).prepare()
    assert set(figures(home)) == {"lus_metrics_made_timestamp_seconds"}
    assert overdue(home, AT_EIGHT, AT_EIGHT.time()) == (NEXT, [])


@pytest.mark.promise(
    "A feed that is not there at 08:00 Stockholm's time is an alert",
    area="Production",
    how="moments around 08:00 in winter and summer, with files, gaps and broken files",
)
@pytest.mark.parametrize(
    ("moment", "feeds", "late"),
    [
        ("2024-03-03T07:59:59+01:00", [], []),
        ("2024-03-03T08:00:00+01:00", [], ["persons"]),
        ("2024-03-03T08:00:00+01:00", ["stays"], []),
        ("2024-03-03T08:00:00+01:00", ["stays", "disputes"], ["disputes"]),
        ("2024-07-03T06:00:00+00:00", [], ["stays", "persons"]),
        ("2024-07-03T05:59:00+00:00", [], []),
    ],
)
def test_a_delivery_of_the_day_before_is_late_at_eight_in_stockholm(
    county: County, moment: str, feeds: list[str], late: list[str]
) -> None:
    due = datetime(2024, 1, 1, 8).time()  # noqa: DTZ001 - a time of day
    assert overdue(county.home, datetime.fromisoformat(moment), due, feeds)[1] == late


def test_an_acknowledged_gap_is_not_late_and_a_file_that_cannot_be_read_is(county: County) -> None:
    county.deliver("persons", b"nonsense", day=NEXT)
    assert raise_missing(county.home, AT_EIGHT) == (NEXT, ["persons"])
    acknowledge_gap(county.home, "persons", NEXT, "the sender confirmed that there were none")
    assert raise_missing(county.home, AT_EIGHT) == (NEXT, [])


def test_a_late_delivery_is_one_alert_a_day(county: County) -> None:
    for _ in range(2):
        raise_missing(county.home, AT_EIGHT)
    (alert,) = read_alerts(county.home.alerts)
    assert (alert.kind, alert.run_id, alert.names) == (
        *("delivery", "deliveries of 2024-03-02"),
        ("persons",),
    )


def test_the_command_says_what_is_late_with_its_exit_status(county: County) -> None:
    asked = ("missing", "--home", county.home.root, "--at")
    early = lus_here(*asked, "2024-03-03T07:00:00+01:00")
    assert (early.status, early.out) == (0, "nothing of 2024-03-02 is late\n")
    late = lus_here(*asked, "2024-03-03T08:00:00+01:00")
    assert late.status == 1
    assert "deliveries of 2024-03-02 are missing: persons" in late.err


def test_metrics_are_written_whole_for_the_collector(county: County, tmp_path: Path) -> None:
    file = tmp_path / "lus.prom"
    assert lus_here("metrics", "--home", county.home.root, "--out", file).status == 0
    written = file.read_text()
    assert 'lus_rows_quarantined{feed="stays"} 1.0' in written
    assert [each.name for each in tmp_path.glob("lus.prom*")] == ["lus.prom"]
    shown = lus_here("metrics", "--home", county.home.root).out
    assert 'lus_rows_quarantined{feed="stays"} 1.0' in shown
