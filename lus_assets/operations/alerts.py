"""What an alert is, and the file that holds all of them: `<home>/logs/alerts.jsonl`.

An alert names job, run, steps, checks, feeds. It never holds patient data: checks carry counts.
"""

import fcntl
import json
import os
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

WORDS = {
    "run": "a run failed",
    "check": "checks did not pass",
    "delivery": "deliveries are missing",
    "misdated": "deliveries are of a day that cannot be",
    "notifier": "a notifier does not work",
}
"""Every kind of alert, in words; docs/runbooks/alerts.md has a section for each."""


@dataclass(frozen=True)
class Alert:
    """One thing that a person must look at.

    kind: one of WORDS; run_id: the run, or what else makes it one alert; at: UTC, ISO 8601.
    """

    kind: str
    job: str
    run_id: str
    names: tuple[str, ...]
    at: str


def now() -> str:
    """This moment as alerts write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def one_at_a_time(logs: Path) -> Generator[None]:
    """Nobody else reads, tells or writes alerts meanwhile: two would tell twice, or lose a line."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "alerts.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def read_alerts(file: Path) -> list[Alert]:
    """All alerts of the file, in order."""
    return [
        Alert(line["kind"], line["job"], line["run_id"], tuple(line["names"]), line["at"])
        for line in read_lines(file)
    ]


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The file's objects; a line that a killed process left half is none."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [found for line in lines if (found := read_line(line)) is not None]


def read_line(line: str) -> dict[str, Any] | None:
    """A line's object; None of half a line."""
    try:
        return json.loads(line)
    except json.JSONDecodeError:
        return None


def add_lines(file: Path, lines: Iterable[Mapping[str, Any]]) -> None:
    """Append objects, and wait for the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as out:
        out.seek(0, os.SEEK_END)
        if out.tell() and not file.read_bytes().endswith(b"\n"):
            out.write("\n")
        for line in lines:
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())


def add_alerts(alerts: Iterable[Alert], file: Path) -> list[Alert]:
    """Append alerts that the file does not hold yet; those that were new."""
    known = {(each.kind, each.run_id) for each in read_alerts(file)}
    new = {(each.kind, each.run_id): each for each in alerts}
    fresh = [each for key, each in new.items() if key not in known]
    if fresh:
        add_lines(file, map(asdict, fresh))
    return fresh
