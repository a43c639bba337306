"""Mistakes that people make at the command line: named before anything is made or issued."""

import errno
import socket
import sqlite3
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.assets import _left_out
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.pending import pending_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Ledger
from lus_assets.operations.alerts import read_alerts
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.publishing.marts import Gap
from orchestration.cli import _of_the_disk
from orchestration.demo import _clear
from orchestration.runner import JobOutcome
from orchestration.told import tell, tell_gaps
from tests.golden.contract import write_landing
from tests.golden.short_form import Patient
from tests.pipeline.command import lus_here
from tests.unit.core.test_lock import BECOME, held_by_another_process
from tests.unit.invoicing.issuing.test_review_bases import build

DAY = date(2024, 3, 1)
RUN = ("run", "--month", "2024-03", "--through", "marts")
AGAIN = ("--landing", "landing", "--reason", "x", "--counts-from", "2024-03-02")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    people = [
        each for each in Patient("a", {}, DAY, "delivery.csv").rows() if each.feed == "persons"
    ]
    write_landing(tmp_path / "landing", people, DAY, DAY)
    return tmp_path / "landing"


@pytest.fixture
def home(tmp_path: Path, landing: Path) -> Home:
    """With the landing area in its lake."""
    home = Home(tmp_path / "home").prepare()
    ingest_days(home, LocalFolder(landing), Pseudonymizer.from_environment())
    return home


@pytest.mark.parametrize(
    "command",
    [
        *(("ledger", "verify"), ("ledger", "show"), ("backup", "b.tar"), ("missing",)),
        *(("metrics",), ("dispose",), ("docs",), ("upgrade",), ("disputes", "import", "b.xlsx")),
        ("acknowledge-gap", "stays", "2024-03-02", "--reason", "x"),
        ("accept-correction", "stays/2024-03-01/delivery.csv", *AGAIN),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_what_works_on_a_home_makes_none_where_there_is_none(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("b.xlsx", "landing"):
        (tmp_path / file).touch()
    ended = lus_here(*command, "--home", tmp_path / "hmoe")
    assert ended.status == 1
    assert "there is no home" in ended.err
    assert "hmoe" in ended.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.xlsx", "landing"]


@pytest.mark.parametrize(
    "command",
    [
        RUN,
        ("review-again", "--month", "2024-03", "--reason", "x"),
        ("statistics-again", "--month", "2024-03", "--reason", "x"),
        ("follow-up", "--year", "2024"),
    ],
    ids=lambda command: command[0],
)
def test_a_day_that_is_yet_to_come_is_refused_before_anything_is_made(
    command: tuple[str, ...], landing: Path, tmp_path: Path
) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=2)
    place = ("--landing", landing, "--home", tmp_path / "home")
    ended = lus_here(*command, *place, "--as-of", tomorrow)
    assert ended.status == 1
    assert f"{tomorrow} is yet to come" in ended.err
    assert not (tmp_path / "home").exists()


def test_a_day_before_all_deliveries_is_refused_and_the_first_one_named(
    landing: Path, home: Home
) -> None:
    ended = lus_here(*RUN, "--landing", landing, "--home", home.root, "--as-of", "2024-02-29")
    assert ended.status == 1
    assert "nothing was delivered by 2024-02-29" in ended.err
    assert "2024-03-01 or later" in ended.err
    assert not (home.published / "bi").exists()


def test_another_key_is_told_as_such(
    landing: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", "another key, which is long enough to be one")
    ended = lus_here(*RUN, "--landing", landing, "--home", home.root)
    assert ended.status == 1
    assert "not the one that this home was filled under" in ended.err


def test_a_run_that_fails_before_its_first_step_says_why_and_is_an_alert(
    landing: Path, home: Home
) -> None:
    text = '[seller]\nname = "Region 19121212-1212"\n'
    (home.region / "settings.toml").write_text(text, encoding="utf-8")
    ended = lus_here(*RUN, "--landing", landing, "--home", home.root)
    assert ended.status == 1
    assert "before any step" in ended.err
    assert "settings.toml" in ended.err
    assert "19121212" not in ended.err
    (alert,) = read_alerts(home.alerts)
    assert alert.kind == "run"


def test_a_demo_is_not_made_inside_a_home(tmp_path: Path) -> None:
    Home(tmp_path).prepare()
    with pytest.raises(LusError, match="that is not a demo's"):
        _clear(tmp_path, (tmp_path / "home", tmp_path / "landing"))


def test_days_without_a_file_are_told_at_every_run() -> None:
    said: list[str] = []
    tell_gaps([], said.append)
    assert said == []
    days = [date(2024, 3, day) for day in range(21, 32)]
    tell_gaps([Gap("messages", days[:1]), Gap("stays", days)], said.append)
    assert said[0] == (
        "days without a delivered file: messages: 1 day, the first 2024-03-21,"
        " stays: 11 days, the first 2024-03-21"
    )


def test_a_run_of_an_earlier_day_says_that_the_newest_snapshot_stays() -> None:
    snapshot = {"tables": 32, "rows": 1, "path": "as-of/lus.duckdb"}
    for is_current in (True, False):
        said: list[str] = []
        metadata = {
            "marts/dim_snapshot": {"built": "in full"},
            "published/bi_snapshot": snapshot | {"is_current": is_current},
        }
        tell(JobOutcome("run", (), metadata), (), said.append)
        assert any("which is of a later day and stays" in each for each in said) != is_current


def test_a_month_that_was_over_before_all_deliveries_is_not_frozen(home: Home) -> None:
    build(home)
    month = date(2023, 12, 1)
    with pytest.raises(LusError, match="nothing is known of 2023-12") as refused:
        issue_review_bases(home, month, date(2024, 4, 5))
    assert "deliveries begin 2024-03-01" in str(refused.value)
    with Ledger.opened(home) as ledger:
        assert ledger.entries() == []


def test_a_port_that_is_taken_starts_no_second_daemon(home: Home) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = lus_here("ui", "--home", home.root, "--port", port)
    assert ended.status == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert "--port" in ended.err


def test_a_second_ui_on_another_port_starts_no_second_daemon(home: Home) -> None:
    with held_by_another_process(home.root, BECOME) as other, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        ended = lus_here("ui", "--home", home.root, "--port", port)
    assert ended.status == 1
    assert f"process {other.pid}" in ended.err
    assert "--read-only" in ended.err


def test_a_file_that_is_put_back_is_refused_no_longer(landing: Path, home: Home) -> None:
    key, source = Pseudonymizer.from_environment(), LocalFolder(landing)
    file = landing / "stays" / "2024-03-01" / "delivery.csv"
    read = file.read_bytes()

    def refused() -> int:
        ingest_days(home, source, key)
        with Catalog.opened(home) as catalog:
            versions = catalog.file_versions()
        return sum(each.status == "refused" and not each.counts_until for each in versions)

    file.write_bytes(read + b"\n")
    assert pending_days(home, source, key) == [DAY]
    assert refused() == 1
    file.write_bytes(read)
    assert pending_days(home, source, key) == [DAY]
    assert refused() == 0
    assert pending_days(home, source, key) == []


def test_what_does_not_count_is_named(landing: Path, tmp_path: Path) -> None:
    (landing / "stay").mkdir()
    (landing / "stays" / "2024-03-01" / "delivery.txt").touch()
    (landing / "messages" / "2024-03-01" / "broken.csv").write_bytes(b"no\nheader\n")
    key = Pseudonymizer.from_environment()
    home = Home(tmp_path / "home").prepare()
    assert _left_out(ingest_days(home, LocalFolder(landing), key)) == {
        "messages/2024-03-01/broken.csv": "quarantined, FILE_MISSING_COLUMN: missing:"
        " message_id, stay_id, message_type, sent_at, sender_unit, sender_role",
        "stay": "not read, UNKNOWN_FOLDER",
        "stays/2024-03-01/delivery.txt": "not read, UNKNOWN_FILE_TYPE",
    }
    # told once
    assert set(_left_out(ingest_days(home, LocalFolder(landing), key))) == {
        *("stay", "stays/2024-03-01/delivery.txt"),
    }


def test_what_the_system_says_of_a_folder_is_told_without_a_person_id() -> None:
    path = "/data/191212121212/ledger"
    told = _of_the_disk(OSError(errno.EROFS, "Read-only file system", path))
    assert told is not None
    assert told.what == "Read-only file system"
    assert told.where.endswith("/ledger")
    assert "191212121212" not in str(told)


def test_a_full_disk_is_told_also_where_sqlalchemy_met_it(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "full.sqlite") as connection:
        connection.execute("create table kept (text)")
        connection.execute("pragma max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("insert into kept values (zeroblob(1000000))")
    for error in (full.value, OperationalError("insert", {}, full.value)):
        told = _of_the_disk(error)
        assert told is not None
        assert "SQLITE_FULL" in told.what


def test_other_errors_are_not_the_disks() -> None:
    assert _of_the_disk(ValueError("full")) is None
    assert _of_the_disk(ConnectionResetError()) is None
