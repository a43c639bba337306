"""Figures for Prometheus: what came, what was set aside, what fails, how old what is shown is.

Counts and times only. Moments are seconds since 1970, as Prometheus wants them: how long ago is
asked there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from prometheus_client import CollectorRegistry, Gauge

from lus_assets.core.home import Home
from lus_assets.core.local_time import STOCKHOLM
from lus_assets.core.settings import load_settings
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.overdue import overdue
from lus_assets.ingest.received import is_received
from lus_assets.operations.alerts import read_alerts, read_lines


@dataclass(frozen=True)
class LastRun:
    """A job's last run that has ended. ended_at: seconds since 1970; seconds: how long it took."""

    job: str
    ended_at: float
    seconds: float
    is_failed: bool
    checks_failing: int


def collect(home: Home, runs: Iterable[LastRun], moment: datetime) -> CollectorRegistry:
    """All metrics of a home at a moment. runs: each job's last one."""
    registry = CollectorRegistry()
    _deliveries(home, registry, moment)
    _publications(home, registry)
    _alerts(home, registry)
    _runs(runs, registry)
    made = Gauge("lus_metrics_made_timestamp_seconds", "When this was made.", registry=registry)
    made.set(moment.timestamp())
    return registry


def _deliveries(home: Home, registry: CollectorRegistry, moment: datetime) -> None:
    versions: list[FileVersion] = []
    if home.catalog.exists():
        with Catalog.opened(home) as catalog:
            versions = catalog.file_versions()
    last = _gauge(registry, "lus_last_delivery_timestamp_seconds", "Day last delivered.", "feed")
    quarantined = _gauge(registry, "lus_rows_quarantined", "Rows set aside, all days.", "feed")
    rows = _gauge(registry, "lus_rows_delivered", "Rows delivered, all days.", "feed")
    refused = _gauge(registry, "lus_files_refused", "Changed files that wait.", "feed")
    missing = _gauge(registry, "lus_delivery_missing", "1: late for the day before.", "feed")
    settings = load_settings(home).alerts
    _, late = overdue(home, moment, settings.due, settings.delivery_feeds)
    for feed in sorted({each.feed for each in versions} | set(late)):
        own = [each for each in versions if each.feed == feed]
        days = [
            each.delivery_date
            for each in own
            if each.status == "accepted" and not is_received(each.path)
        ]
        if days:
            midnight = datetime.combine(max(days), time(), STOCKHOLM)
            last.labels(feed).set(midnight.timestamp())
        counts = [each for each in own if each.counts_until is None and each.status != "refused"]
        rows.labels(feed).set(sum(each.rows_delivered for each in counts))
        quarantined.labels(feed).set(sum(each.rows_quarantined for each in counts))
        waiting = (each for each in own if each.status == "refused" and each.counts_until is None)
        refused.labels(feed).set(sum(1 for _ in waiting))
        missing.labels(feed).set(feed in late)


def _publications(home: Home, registry: CollectorRegistry) -> None:
    """When statistics and BI snapshot were last made, by their files' times."""
    found = _gauge(
        registry, "lus_published_timestamp_seconds", "When last published.", "publication"
    )
    for name, pattern in (
        ("statistics", "statistics/*/v*/manifest.json"),
        ("bi_snapshot", "bi/lus.duckdb"),
        ("review", "review/*/v*/*/manifest.json"),
        ("invoice", "invoice/*/*/manifest.json"),
    ):
        times = [path.stat().st_mtime for path in home.published.glob(pattern)]
        if times:
            found.labels(name).set(max(times))


def _alerts(home: Home, registry: CollectorRegistry) -> None:
    raised = _gauge(registry, "lus_alerts_raised", "Alerts in alerts.jsonl.", "kind")
    for alert in read_alerts(home.alerts):
        raised.labels(alert.kind).inc()
    works = _gauge(registry, "lus_notifier_works", "1: its last alert was told.", "channel")
    for line in read_lines(home.alerts_sent):
        works.labels(line["channel"]).set(line["state"] == "sent")


def _runs(runs: Iterable[LastRun], registry: CollectorRegistry) -> None:
    """Of each job's last run that has ended: when, how long, how; checks that did not pass."""
    ended = _gauge(registry, "lus_run_ended_timestamp_seconds", "End of its last run.", "job")
    lasted = _gauge(registry, "lus_run_duration_seconds", "How long its last run took.", "job")
    failed = _gauge(registry, "lus_run_failed", "1: its last run failed.", "job")
    checks = _gauge(registry, "lus_checks_failing", "Checks of its last run not passed.", "job")
    for run in runs:
        ended.labels(run.job).set(run.ended_at)
        lasted.labels(run.job).set(run.seconds)
        failed.labels(run.job).set(run.is_failed)
        checks.labels(run.job).set(run.checks_failing)


def _gauge(registry: CollectorRegistry, name: str, text: str, label: str) -> Gauge:
    return Gauge(name, text, [label], registry=registry)
