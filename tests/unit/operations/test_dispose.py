"""What may go goes when its time is over, what issued months rest on never does."""

import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.retention import FLOOR_DAYS
from lus_assets.core.settings import load_settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.lake import file_sha256
from lus_assets.ingest.received import delivery_source, receive
from lus_assets.operations.dispose import Disposed, dispose
from lus_assets.privacy.keys import Pseudonymizer
from tests.golden.contract import FEED_COLUMNS, Row, write_landing

OLD, TODAY = date(2024, 1, 1), date(2024, 6, 1)
PERIODS = "[retention]\nlanding = 100\nquarantine = 120\nreceived = 90\nsnapshots = 30\nlogs = 30\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two deliveries, an old one and a new one, each with a file that cannot be read."""
    home = Home(tmp_path / "home").prepare()
    landing = tmp_path / "landing"
    for day in (OLD, TODAY):
        write_landing(landing, [], day, day)
        (landing / "stays" / day.isoformat() / "bad.csv").write_text("not,a\ndelivery,file\n")
        receive(home, "disputes", day, (",".join(FEED_COLUMNS["disputes"]) + f"\n\n{day}").encode())
        snapshot = home.published / "bi" / "as-of" / day.isoformat()
        snapshot.mkdir(parents=True)
        (snapshot / "lus.duckdb").write_bytes(b"x" * 10)
    with home.alerts.open("w") as log:
        for day in (OLD, TODAY):
            log.write(json.dumps({"kind": "run", "run_id": str(day), "at": f"{day}T05:00"}) + "\n")
    ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    (landing / "stays" / OLD.isoformat() / "unread.csv").write_text("came after the run\n")
    return home


def landed(home: Home) -> set[str]:
    landing = home.root.parent / "landing"
    return {path.relative_to(landing).as_posix() for path in landing.glob("*/*/*")}


def set_periods(home: Home, text: str) -> None:
    (home.region / "settings.toml").write_text(text, encoding="utf-8")


def run(home: Home, *, is_dry_run: bool = False) -> dict[str, Disposed]:
    landing = home.root.parent / "landing"
    found = dispose(home, landing, TODAY, lambda _: iter(()), is_dry_run=is_dry_run)
    return {each.data_class: each for each in found}


def kept(home: Home) -> dict[str, bytes]:
    return {
        path.relative_to(home.root).as_posix(): path.read_bytes()
        for folder in ("lake", "vault", "ledger")
        for path in (home.root / folder).rglob("*.*")
    }


def test_without_a_decision_nothing_goes(home: Home) -> None:
    before = landed(home)
    assert run(home) == {}
    assert landed(home) == before


@pytest.mark.promise(
    "What may go goes when its time is over; what issued months rest on never does",
    area="Privacy",
    how="per class with a period: old files that the lake has go, unread, changed and newer ones"
    " stay; lake, vault and ledger are untouched; a dry run removes nothing; the log has counts",
)
def test_each_class_loses_what_is_older_and_nothing_else(
    home: Home, figures: dict[str, Any]
) -> None:
    set_periods(home, PERIODS)
    before, whole = landed(home), kept(home)
    planned = run(home, is_dry_run=True)
    assert landed(home) == before
    assert not (home.logs / "disposals.jsonl").exists()
    assert run(home) == planned
    assert {name: each.count for name, each in planned.items()} == {
        **{"landing": len(FEED_COLUMNS), "quarantine": 1, "received": 1},
        **{"snapshots": 1, "logs": 1},
    }
    assert {path for path in landed(home) if OLD.isoformat() in path} == {f"stays/{OLD}/unread.csv"}
    assert len([path for path in landed(home) if TODAY.isoformat() in path]) == 6
    assert len(list(home.received.rglob("*.csv"))) == 1
    assert [p.name for p in (home.published / "bi" / "as-of").iterdir()] == [TODAY.isoformat()]
    assert [json.loads(line)["run_id"] for line in home.alerts.open()] == [str(TODAY)]
    assert kept(home).keys() == whole.keys()
    assert {name for name, each in kept(home).items() if each != whole[name]} <= {
        "vault/identity.duckdb"
    }
    rows = [json.loads(line) for line in (home.logs / "disposals.jsonl").open()]
    assert {row["data_class"]: row["count"] for row in rows} == {
        name: each.count for name, each in planned.items()
    }
    figures["things disposed of"] = sum(each.count for each in planned.values())
    assert all(each.count == 0 for each in run(home).values()), "again is a no-op"


def test_a_file_that_changed_since_it_was_read_stays(home: Home) -> None:
    set_periods(home, "[retention]\nlanding = 100\n")
    changed = home.root.parent / "landing" / "stays" / OLD.isoformat() / "delivery.csv"
    changed.write_text(changed.read_text() + "\n")
    run(home)
    assert changed.exists()


def test_after_it_the_same_runs_read_nothing_anew(home: Home) -> None:
    set_periods(home, PERIODS)
    run(home)
    landing = home.root.parent / "landing"
    os.unlink(landing / "stays" / OLD.isoformat() / "unread.csv")  # noqa: PTH108
    again = ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    assert {file.status for day in again.days for file in day.files} == {"seen"}


@pytest.mark.parametrize(
    "text",
    [
        *(f"[retention]\n{name} = {days - 1}\n" for name, days in FLOOR_DAYS.items()),
        "[retention]\nledger = 10000\n",
        '[retention]\nlogs = "100"\n',
        "retention = 3\n",
    ],
)
def test_periods_shorter_than_issued_months_need_are_refused(text: str, home: Home) -> None:
    set_periods(home, text)
    with pytest.raises(LusError, match="retention"):
        load_settings(home)


def test_copies_of_fetched_files_go_when_no_later_delivery_has_the_same_content(home: Home) -> None:
    """The days' empty files have the same bytes, but for one; unreadable ones were not accepted."""
    set_periods(home, "[retention]\nlanding_cache = 100\n")
    landing, cache = home.root.parent / "landing", home.landing_cache / "content"
    own = landing / "stays" / OLD.isoformat() / "own.csv"
    own.write_text(",".join(FEED_COLUMNS["stays"]) + "\n\n")
    ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    cache.mkdir()
    for path in landing.glob("*/*/*"):
        shutil.copyfile(path, cache / file_sha256(path))
    before = {path.name for path in cache.iterdir()}
    assert run(home)["landing_cache"].count == 1
    assert before - {path.name for path in cache.iterdir()} == {file_sha256(own)}


def logged(home: Home) -> dict[str, int]:
    log = home.logs / "disposals.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    return {each["data_class"]: each["count"] for each in map(json.loads, lines)}


def test_a_line_that_a_killed_process_left_half_stays_and_stops_nothing(home: Home) -> None:
    with home.alerts.open("a", encoding="utf-8") as log:
        log.write('{"kind": "ru')
    set_periods(home, "[retention]\nlogs = 30\n")
    assert run(home)["logs"].count == 1
    lines = home.alerts.read_text(encoding="utf-8").splitlines()
    assert [str(OLD) in lines[0], lines[-1]] == [False, '{"kind": "ru']


def test_with_another_key_nothing_goes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    landing, day = home.root.parent / "landing", date(2024, 6, 2)
    person = {"person_id": "R-1", "municipality_code": "0126", "valid_from": "2010-01-01"}
    write_landing(landing, [Row("persons", day, "delivery.csv", person)], day, day)
    ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    set_periods(home, PERIODS)
    before = landed(home)
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", "another key, for tests of disposal")
    with pytest.raises(LusError, match="not the one that this home was filled under"):
        run(home)
    assert (landed(home), logged(home)) == (before, {})


def test_what_went_before_an_error_is_logged(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second file cannot be removed."""
    set_periods(home, "[retention]\nlanding = 100\n")
    expected = run(home, is_dry_run=True)["landing"].count
    plain, removed = Path.unlink, []

    def refused(self: Path, *, missing_ok: bool = False) -> None:
        if "landing" in self.parts:
            if removed:
                raise PermissionError(13, "Permission denied")
            removed.append(self)
        plain(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(PermissionError):
        run(home)
    assert expected > 1
    assert logged(home) == {"landing": 1}
