"""New deliveries are asked for once, over all their days, and after a failure with pauses."""

from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.operations.alerts import read_alerts
from lus_assets.privacy.keys import Pseudonymizer
from orchestration import sensors
from orchestration.sensors import build_sensors
from tests.golden.contract import Row, write_landing

RANGE = (sensors.RANGE_START, sensors.RANGE_END)


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


def test_a_day_that_cannot_be_is_told_and_not_asked_for(deliveries: Deliveries) -> None:
    """Yet to come, or from before the act: the other days go on, and nobody is told twice."""
    impossible = (date(2017, 12, 31), date.today() + timedelta(days=400))  # noqa: DTZ011 - any far day
    deliveries.deliver(*impossible)
    assert isinstance(deliveries.look(), dg.SkipReason)
    deliveries.deliver(date(2024, 3, 1))
    request = deliveries.request()
    assert [request.tags[each] for each in RANGE] == ["2024-03-01", "2024-03-01"]
    told = read_alerts(deliveries.home.alerts)
    assert [(each.kind, each.names) for each in told] == [
        ("misdated", (day.isoformat(),)) for day in impossible
    ]


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
