"""When what is run: the right day and month at each edge of the calendar."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import publish_snapshot
from orchestration.checks import month_of_run
from orchestration.partitions import delivery_days, discharge_months
from orchestration.schedules import build_schedules
from tests.unit.publishing.tiny_marts import build_warehouse

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def asked_for(
    schedule: str, moment: str, home: Home, instance: dg.DagsterInstance | None = None
) -> list[dg.RunRequest | dg.SkipReason]:
    """What a schedule asks for at a moment of Stockholm's clock; instance: where it finds runs."""
    (wanted,) = (each for each in build_schedules(home) if each.name == schedule)
    at = datetime.fromisoformat(moment).replace(tzinfo=STOCKHOLM)
    found = wanted(dg.build_schedule_context(instance, at))
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
    build_warehouse(
        home, as_of, {"fct_month_status": rows}, ("dim_snapshot", "dim_ruleset", "fct_month_status")
    )
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
    with dg.instance_for_test() as instance:
        schedule = "statistics_of_months_not_invoiced"
        found = asked_for(schedule, "2024-03-27T06:45", Home(tmp_path), instance)
    assert [each.partition_key for each in found if isinstance(each, dg.RunRequest)] == months


@pytest.mark.parametrize(("succeeds", "asked_again"), [(True, []), (False, ["2024-02-01"])])
def test_final_statistics_are_asked_for_until_a_run_of_them_has_not_failed(
    succeeds: bool, asked_again: list[str], tmp_path: Path
) -> None:
    """The keys by which Dagster knows a request hold for one morning; what follows it is ours."""

    @dg.op
    def publishes() -> None:
        if not succeeds:
            raise ValueError

    @dg.job
    def published() -> None:
        publishes()

    months_stand(Home(tmp_path), date(2024, 3, 26))
    schedule = "statistics_of_months_not_invoiced"
    with dg.instance_for_test() as instance:
        (asked,) = asked_for(schedule, "2024-03-27T06:45", Home(tmp_path), instance)
        assert isinstance(asked, dg.RunRequest)
        # as Dagster's scheduler tags the run that it makes of a request
        tags = {"dagster/run_key": str(asked.run_key)}
        published.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
        again = asked_for(schedule, "2024-03-28T06:45", Home(tmp_path), instance)
    assert [each.partition_key for each in again if isinstance(each, dg.RunRequest)] == asked_again


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
