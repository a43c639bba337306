"""One alert per failure, with nothing in it about anyone."""

import json
from datetime import datetime
from pathlib import Path

import dagster as dg

from lus_assets.core.home import Home
from lus_assets.operations.alerts import Alert
from lus_assets.operations.notify import raise_alerts
from orchestration.sensors import build_sensors

PERSON_ID = "19121212-1212"
_ENDS = (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE)


@dg.op
def fails() -> None:
    raise RuntimeError(PERSON_ID)


@dg.job
def failing_job() -> None:
    fails()


@dg.asset(
    check_specs=[
        dg.AssetCheckSpec("is_good", asset="thing"),
        dg.AssetCheckSpec("is_whole", asset="thing"),
    ]
)
def thing() -> dg.MaterializeResult:
    return dg.MaterializeResult(
        check_results=[
            dg.AssetCheckResult(
                check_name="is_good",
                passed=False,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"of": PERSON_ID},
            ),
            dg.AssetCheckResult(check_name="is_whole", passed=True),
        ]
    )


def alerts_after(
    home: Home, sensor: str, instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult
) -> list[dict]:
    """What the alert file holds after the sensor looked at the run twice."""
    (wanted,) = (each for each in build_sensors(home, home.root) if each.name == sensor)
    for _ in range(2):
        event = next(each for each in result.all_events if each.event_type in _ENDS)
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor,
            dagster_event=event,
            dagster_instance=instance,
            dagster_run=result.dagster_run,
        )
        wanted(context if result.success else context.for_run_failure())
    file = home.logs / "alerts.jsonl"
    assert not file.exists() or PERSON_ID not in file.read_text()
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_failed_run_raises_one_alert_that_names_its_step_and_no_value(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    result = failing_job.execute_in_process(instance=instance, raise_on_error=False)
    (alert,) = alerts_after(Home(tmp_path), "alert_on_failed_run", instance, result)
    assert (alert["kind"], alert["job"], alert["names"]) == ("run", "failing_job", ["fails"])
    assert alert["run_id"] == result.run_id
    assert datetime.fromisoformat(alert["at"]).utcoffset() is not None


def test_a_failed_check_in_a_green_run_raises_one_alert_that_names_it(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    result = dg.materialize([thing], instance=instance)
    assert result.success
    (alert,) = alerts_after(Home(tmp_path), "alert_on_failed_check", instance, result)
    assert (alert["kind"], alert["names"]) == ("check", ["thing: is_good"])


def test_a_green_run_whose_checks_passed_raises_no_alert(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    @dg.asset
    def quiet() -> None: ...

    result = dg.materialize([quiet], instance=instance)
    assert alerts_after(Home(tmp_path), "alert_on_failed_check", instance, result) == []


def test_each_failure_is_told_once_and_others_are_added(tmp_path: Path) -> None:
    home = Home(tmp_path)
    one = Alert("run", "morning", "R1", ("dbt",), "2024-03-01T04:00:00+00:00")
    check = Alert("check", "morning", "R1", ("x: y",), "2024-03-01T04:00:00+00:00")
    other = Alert("run", "morning", "R2", ("dbt",), "2024-03-02T04:00:00+00:00")
    assert [raise_alerts(each, home) for each in ([one], [one], [check, other])] == [1, 0, 2]
    told = [json.loads(line) for line in home.alerts.read_text().splitlines()]
    assert [(line["kind"], line["run_id"]) for line in told] == [
        *(("run", "R1"), ("check", "R1"), ("run", "R2"))
    ]
