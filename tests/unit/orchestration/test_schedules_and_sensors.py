"""When what is run: the right day and month at each edge of the calendar, once per delivery, and
one alert per failure with nothing in it about anyone."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.operations.alerts import Alert
from lus_assets.operations.notify import raise_alerts
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.publishing.snapshot import publish_snapshot
from orchestration import sensors
from orchestration.checks import month_of_run
from orchestration.partitions import delivery_days, discharge_months
from orchestration.schedules import build_schedules
from orchestration.sensors import build_sensors
from tests.golden.contract import Row, write_landing
from tests.unit.publishing.tiny_marts import build_warehouse

STOCKHOLM = ZoneInfo("Europe/Stockholm")
PERSON_ID = "19121212-1212"
RANGE = (sensors.RANGE_START, sensors.RANGE_END)
_ENDS = (dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.RUN_FAILURE)


def asked_for(schedule: str, moment: str, home: Home) -> list[dg.RunRequest | dg.SkipReason]:
    """What a schedule asks for at a moment of Stockholm's clock."""
    (wanted,) = (each for each in build_schedules(home) if each.name == schedule)
    at = datetime.fromisoformat(moment).replace(tzinfo=STOCKHOLM)
    context = dg.build_schedule_context(scheduled_execution_time=at)
    found = wanted(context)
    return [found] if isinstance(found, dg.RunRequest) else list(found)


def requested(schedule: str, moment: str, home: Home) -> dg.RunRequest:
    """The one run that a schedule asks for."""
    (request,) = asked_for(schedule, moment, home)
    assert isinstance(request, dg.RunRequest)
    return request


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2024-01-01T05:00", "2023-12-31"),
        ("2024-03-01T05:00", "2024-02-29"),
        ("2024-03-31T05:00", "2024-03-30"),
        ("2024-04-01T05:00", "2024-03-31"),
        ("2024-10-27T05:00", "2024-10-26"),
        ("2024-10-28T05:00", "2024-10-27"),
    ],
)
def test_the_morning_runs_yesterdays_deliveries_also_after_both_nights_of_the_clocks(
    moment: str, day: str, tmp_path: Path
) -> None:
    request = requested("every_morning", moment, Home(tmp_path))
    assert request.partition_key == day
    assert delivery_days().has_partition_key(day)


@pytest.mark.parametrize(
    ("moment", "month"),
    [
        ("2024-01-05T05:30", "2023-12-01"),
        ("2024-03-05T05:30", "2024-02-01"),
        ("2024-04-05T05:30", "2024-03-01"),
    ],
)
def test_statistics_are_of_the_month_before_and_its_checks_report_on_it(
    moment: str, month: str, tmp_path: Path
) -> None:
    request = requested("statistics_on_the_5th", moment, Home(tmp_path))
    assert request.partition_key == month
    assert discharge_months().has_partition_key(month)
    morning = date.fromisoformat(moment[:10])
    assert month_of_run(request.tags, set(), morning) == date.fromisoformat(month)


def months_stand(home: Home, as_of: date) -> None:
    """A snapshot as the morning leaves it: December invoiced, January out, February to review."""
    due = {
        date(2023, 12, 1): ("invoiced", date(2024, 1, 5), date(2024, 1, 26)),
        date(2024, 1, 1): ("open_to_objections", date(2024, 2, 5), date(2024, 2, 26)),
        date(2024, 2, 1): ("to_review", date(2024, 3, 5), date(2024, 3, 26)),
        date(2024, 3, 1): ("running", date(2024, 4, 5), date(2024, 4, 26)),
    }
    if as_of >= date(2024, 2, 26):
        due[date(2024, 1, 1)] = ("to_invoice", *due[date(2024, 1, 1)][1:])
    rows = [
        {
            **{"billing_month": month, "status": status, "review_due_on": review},
            **{"objections_until": invoice, "invoice_due_on": invoice, "issued_sek": 0},
            **dict.fromkeys(("review_bases", "invoice_bases", "municipalities_awaited"), 0),
            **dict.fromkeys(("days_left", "open_disputes", "held_lines"), 0),
        }
        for month, (status, review, invoice) in due.items()
    ]
    build_warehouse(home, as_of, {"fct_month_status": rows}, ("dim_snapshot", "fct_month_status"))
    publish_snapshot(home, as_of)


@pytest.mark.parametrize(
    ("schedule", "as_of", "month"),
    [
        ("review_bases_when_due", date(2024, 3, 4), None),
        ("review_bases_when_due", date(2024, 3, 5), "2024-02-01"),
        ("review_bases_when_due", date(2024, 3, 9), "2024-02-01"),
        ("review_bases_when_due", date(2024, 4, 4), "2024-02-01"),
        ("review_bases_when_due", date(2024, 4, 5), None),
        ("invoice_bases_when_due", date(2024, 2, 25), None),
        ("invoice_bases_when_due", date(2024, 2, 26), "2024-01-01"),
        ("invoice_bases_when_due", date(2024, 3, 9), "2024-01-01"),
    ],
)
def test_bases_are_asked_for_every_morning_from_the_day_they_are_due(
    schedule: str, as_of: date, month: str | None, tmp_path: Path
) -> None:
    """On the morning after: the day itself must be known."""
    home = Home(tmp_path)
    months_stand(home, as_of)
    morning = f"{as_of + timedelta(days=1)}T06:30"
    found = asked_for(schedule, morning, home)
    if month is None:
        assert [type(each) for each in found] == [dg.SkipReason]
        return
    request = requested(schedule, morning, home)
    assert request.partition_key == month
    assert month_of_run(request.tags, set(), as_of) == date.fromisoformat(month)
    next_morning = requested(schedule, f"{as_of + timedelta(days=2)}T06:30", home)
    assert request.run_key != next_morning.run_key, "a refused month is asked for again"
    assert request.run_key == requested(schedule, morning, home).run_key, "once a morning"


@pytest.mark.parametrize(
    ("as_of", "months"),
    [
        (date(2024, 3, 25), []),
        (date(2024, 3, 26), ["2024-02-01"]),
        (date(2024, 4, 25), ["2024-02-01"]),
        (date(2024, 4, 26), []),
    ],
)
def test_a_month_that_is_not_invoiced_gets_its_final_statistics_when_invoices_would_be_due(
    as_of: date, months: list[str], tmp_path: Path
) -> None:
    """February is to be reviewed in these months; those that are invoiced are published then."""
    months_stand(Home(tmp_path), as_of)
    found = asked_for("statistics_of_months_not_invoiced", "2024-03-27T06:45", Home(tmp_path))
    assert [each.partition_key for each in found if isinstance(each, dg.RunRequest)] == months
    again = asked_for("statistics_of_months_not_invoiced", "2024-03-28T06:45", Home(tmp_path))
    keys = [[e.run_key for e in each if isinstance(e, dg.RunRequest)] for each in (found, again)]
    assert keys[0] == keys[1], "once"


def test_without_a_snapshot_nothing_is_due(tmp_path: Path) -> None:
    for schedule in ("review_bases_when_due", "invoice_bases_when_due"):
        (found,) = asked_for(schedule, "2024-03-06T06:00", Home(tmp_path))
        assert isinstance(found, dg.SkipReason)
        assert "no snapshot" in str(found.skip_message)


def test_schedules_follow_stockholms_clock_and_wait_for_an_operator(tmp_path: Path) -> None:
    schedules = build_schedules(Home(tmp_path))
    told = {each.name: (each.cron_schedule, each.execution_timezone) for each in schedules}
    assert told == {
        "every_morning": ("0 5 * * *", "Europe/Stockholm"),
        "statistics_on_the_5th": ("30 5 5 * *", "Europe/Stockholm"),
        "review_bases_when_due": ("0 6 * * *", "Europe/Stockholm"),
        "invoice_bases_when_due": ("30 6 * * *", "Europe/Stockholm"),
        "statistics_of_months_not_invoiced": ("45 6 * * *", "Europe/Stockholm"),
        "proof_on_saturdays": ("30 3 * * 6", "Europe/Stockholm"),
        "disposal_on_sundays": ("30 3 * * 0", "Europe/Stockholm"),
        "freshness_every_morning": ("0 7 * * *", "Europe/Stockholm"),
    }
    assert {each.default_status for each in schedules} == {dg.DefaultScheduleStatus.STOPPED}


@pytest.mark.parametrize(
    ("as_of", "month"),
    [
        ("2024-03-30", "2024-02-01"),
        ("2024-03-31", "2024-03-01"),
        ("2024-04-01", "2024-03-01"),
        ("2024-01-01", "2023-12-01"),
        ("2024-12-31", "2024-12-01"),
    ],
)
def test_a_run_without_a_month_reports_on_the_last_that_was_over(as_of: str, month: str) -> None:
    assert month_of_run({}, set(), date.fromisoformat(as_of)) == date.fromisoformat(month)


@dg.op(config_schema={"well": dg.Field(bool, default_value=False)})
def works(context: dg.OpExecutionContext) -> None:
    assert context.op_config["well"]


@dg.job(name="morning")
def morning() -> None:
    """Stands for the graph's job of that name."""
    works()


class Deliveries:
    """A landing area, and what the sensor asks for over it."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        self.home, self.landing, self.instance = Home(folder / "home"), folder / "landing", instance
        (self.sensor, *_) = build_sensors(self.home, self.landing)

    def deliver(self, *days: date) -> None:
        for day in days:
            write_landing(self.landing, [], day, day)

    def ingest(self) -> None:
        key = Pseudonymizer.from_environment()
        ingest_days(self.home.prepare(), LocalFolder(self.landing), key)

    def look(self) -> dg.RunRequest | dg.SkipReason:
        with dg.build_sensor_context(instance=self.instance) as context:
            result = self.sensor(context)
        assert isinstance(result, dg.RunRequest | dg.SkipReason)
        return result

    def request(self) -> dg.RunRequest:
        result = self.look()
        assert isinstance(result, dg.RunRequest)
        return result

    def deliver_late(self, day: date) -> None:
        """One more file of a day."""
        late = Row("stays", day, "late.csv", {"stay_id": "S1"})
        write_landing(self.landing / "late", [late], day, day)
        path = Path("stays") / day.isoformat() / "late.csv"
        (self.landing / "late" / path).rename(self.landing / path)

    def fail(self, request: dg.RunRequest) -> None:
        """What was asked for runs, and fails."""
        failed = morning.execute_in_process(
            instance=self.instance, tags=dict(request.tags), raise_on_error=False
        )
        assert not failed.success


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as there:
        yield there


@pytest.fixture
def deliveries(tmp_path: Path, instance: dg.DagsterInstance) -> Deliveries:
    return Deliveries(tmp_path, instance)


def test_without_a_landing_area_nothing_is_asked_for_and_the_reason_is_told(
    deliveries: Deliveries,
) -> None:
    skipped = deliveries.look()
    assert isinstance(skipped, dg.SkipReason)
    assert "LUS_LANDING" in str(skipped.skip_message)


def test_new_deliveries_ask_for_one_run_over_all_their_days(deliveries: Deliveries) -> None:
    deliveries.deliver(date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 5))
    request = deliveries.request()
    assert request.tags["dagster/asset_partition_range_start"] == "2024-03-01"
    assert request.tags["dagster/asset_partition_range_end"] == "2024-03-05"


def test_the_same_deliveries_ask_for_the_same_run_until_they_are_ingested(
    deliveries: Deliveries,
) -> None:
    deliveries.deliver(date(2024, 3, 1))
    assert deliveries.request().run_key == deliveries.request().run_key
    deliveries.ingest()
    assert isinstance(deliveries.look(), dg.SkipReason)


def test_a_second_file_of_a_day_that_was_run_asks_for_another_run(deliveries: Deliveries) -> None:
    """Dagster drops a request whose run key it has seen."""
    deliveries.deliver(date(2024, 3, 1))
    first = deliveries.request()
    deliveries.ingest()
    deliveries.deliver_late(date(2024, 3, 1))
    second = deliveries.request()
    assert {second.tags[each] for each in RANGE} == {first.tags[each] for each in RANGE}
    assert second.run_key != first.run_key


@pytest.mark.parametrize("files_were_read", [False, True])
def test_a_run_that_failed_is_asked_for_again_after_a_pause(
    files_were_read: bool, deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries.deliver(date(2024, 3, 1))
    first = deliveries.request()
    if files_were_read:
        deliveries.ingest()
    deliveries.fail(first)
    waits = deliveries.look()
    assert isinstance(waits, dg.SkipReason)
    assert "failed 1 times; again at" in str(waits.skip_message)
    monkeypatch.setattr(sensors, "FIRST_PAUSE", timedelta(0))
    again = deliveries.request()
    assert again.tags == first.tags
    assert again.run_key != first.run_key
    deliveries.fail(again)
    assert len({first.run_key, again.run_key, deliveries.request().run_key}) == 3


def test_a_new_file_does_not_wait_for_the_pause_of_a_run_without_it(deliveries: Deliveries) -> None:
    deliveries.deliver(date(2024, 3, 1))
    deliveries.fail(deliveries.request())
    deliveries.deliver(date(2024, 3, 2))
    assert deliveries.request().tags["dagster/asset_partition_range_end"] == "2024-03-02"


def test_what_failed_and_then_went_well_is_not_asked_for_again(deliveries: Deliveries) -> None:
    deliveries.deliver(date(2024, 3, 1))
    request = deliveries.request()
    deliveries.fail(request)
    deliveries.ingest()
    goes_well = {"ops": {"works": {"config": {"well": True}}}}
    tags = dict(request.tags)
    assert morning.execute_in_process(
        instance=deliveries.instance, tags=tags, run_config=goes_well
    ).success
    assert isinstance(deliveries.look(), dg.SkipReason)


def test_pauses_double_up_to_a_day() -> None:
    hours = [sensors.pause_after(failures) / timedelta(hours=1) for failures in range(1, 8)]
    assert hours == [1, 2, 4, 8, 16, 24, 24]


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
