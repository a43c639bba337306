"""Alerts: one line per failed run or failed check, in `<home>/logs/alerts.jsonl` and in the log.

An alert names job, run, steps and checks. It never holds patient data: checks carry counts only.
"""

import json
import logging
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """One thing that a person must look at. kind: `run` or `check`; at: UTC, ISO 8601."""

    kind: str
    job: str
    run_id: str
    names: tuple[str, ...]
    at: str


def now() -> str:
    """This moment as alerts write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def failed_checks(
    instance: dg.DagsterInstance, run_id: str, *, errors_only: bool = False
) -> tuple[str, ...]:
    """Names of the checks that did not pass in a run, `<asset>: <check>`.

    errors_only: leave out those that only warn.
    """
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [
        entry.dagster_event.asset_check_evaluation_data
        for entry in entries
        if entry.dagster_event is not None
    ]
    return tuple(
        sorted(
            f"{each.asset_key.path[-1]}: {each.check_name}"
            for each in evaluations
            if not each.passed and (not errors_only or each.severity is dg.AssetCheckSeverity.ERROR)
        )
    )


def send(alerts: Iterable[Alert], file: Path) -> int:
    """Append alerts that the file does not hold yet; returns how many were new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    known: set[tuple[str, str]] = set()
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
        known = {(line["kind"], line["run_id"]) for line in map(json.loads, lines)}
    new = [alert for alert in alerts if (alert.kind, alert.run_id) not in known]
    with file.open("a", encoding="utf-8") as out:
        for alert in new:
            out.write(json.dumps(asdict(alert), ensure_ascii=False) + "\n")
            logger.warning("%s %s: %s", alert.kind, alert.job, ", ".join(alert.names))
        out.flush()
        os.fsync(out.fileno())
    return len(new)
