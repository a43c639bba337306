"""People are forgotten when nothing was heard of them for long; issued months lose nothing."""

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.core import swap
from lus_assets.core.errors import LusError
from lus_assets.core.home import SCRATCH, Home
from lus_assets.core.lock import writer_lock
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.disposed import disposed_months
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.invoicing.issuing.issue import complete
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.invoicing.verify import verify
from lus_assets.operations.dispose import Disposed, dispose
from lus_assets.operations.forget import forget
from lus_assets.operations.forget_plan import plan_forgetting
from lus_assets.privacy import vault
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.vault import VaultRows
from lus_assets.statistics.release import publish_statistics
from tests.golden.contract import Row, write_landing
from tests.pipeline.living import CUTOUT, GATE, INVOICING, MEAN, RATES, Life
from tests.pipeline.quick_marts import quick_build
from tests.pipeline.random_life import random_rows
from tests.unit.ingest.support import VALID

FIRST, OLD, ISSUED, LAST = (
    *(date(2023, 8, 25), date(2023, 9, 1)),
    *(date(2023, 10, 1), date(2024, 2, 15)),
)
REVIEWED, INVOICED, TODAY = date(2023, 11, 5), date(2023, 11, 27), date(2026, 6, 1)
OWN_ROWS = {
    "ruleset_invoicing.csv": INVOICING
    + "".join(f"{name},2020-01-01,,active\n" for name in (MEAN, CUTOUT, GATE)),
    "daily_rate.csv": RATES + "south,2023-01-01,,10000,Test,assumption\n",
}
PERIODS = "\n[retention]\nlake = 730\nvault = 730\n"
OF_MONTH = {
    "fct_discharge_episode": "billing_month",
    "fct_municipality_month": "billing_month",
    "fct_reviewed_month": "billing_month",
    "fct_restatement": "billing_month",
    "fct_due_line": "original_month",
    "fct_correction_line": "original_month",
    "fct_invoice_line": "original_month",
    "fct_statistic": "month",
    "rpt_monthly_statistics": "month",
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """What is delivered of two months of Blekinge; September is never issued."""
    return random_rows(7, FIRST, [OLD, ISSUED], LAST)


@pytest.fixture
def life(tmp_path: Path, rows: list[Row]) -> Life:
    """October reviewed and invoiced; all that was ever delivered has come."""
    life = Life(tmp_path, FIRST, OWN_ROWS)
    for day, issue in ((REVIEWED, life.review), (INVOICED, life.invoice)):
        life.live_until(day, [row for row in rows if life.today < row.delivered <= day])
        issue(ISSUED)
    life.live_until(LAST, [row for row in rows if row.delivered > life.today])
    return life


def run(home: Home, *, is_dry_run: bool = False) -> dict[str, Disposed]:
    with writer_lock(home):
        found = dispose(home, None, TODAY, lambda _: iter(()), is_dry_run=is_dry_run)
    return {each.data_class: each for each in found}


def marts_of(life: Life, as_of: date) -> dict[str, str]:
    """Every row of every mart about the issued month, as known at a day."""
    quick_build(life.home, as_of, tested=True)
    return {
        mart: str(life.ask(f"from marts.{mart} where {month} = date '{ISSUED}' order by all"))
        for mart, month in OF_MONTH.items()
    }


def needed(rows: Sequence[Row]) -> set[str]:
    """Stays that a version says was over in the issued month."""
    month = ISSUED.isoformat()[:7]
    return {
        row.values["stay_id"] for row in rows if row.values.get("discharged_at", "")[:7] == month
    }


def care(rows: Sequence[Row], *, is_needed: bool) -> int:
    """Rows about stays that are needed, or not."""
    stays = needed(rows)
    ids = [row.values.get("stay_id") or row.values.get("episode_id") for row in rows]
    return sum(1 for each in ids if each and (each in stays) is is_needed)


@pytest.mark.promise(
    "After disposal of people every issued month is computed as before, to the byte",
    area="Privacy",
    how="a month reviewed and invoiced beside one that never was, with late and corrected rows,"
    " cancellations and disputes; 27 months later people are disposed of: the issued month's marts"
    " as known on three days, its folders made anew and its invoice run again are as they were",
)
@pytest.mark.slow
def test_after_disposal_every_issued_month_is_computed_as_before_to_the_byte(
    life: Life, rows: list[Row], figures: dict[str, Any]
) -> None:
    home, days = life.home, (REVIEWED, INVOICED, LAST)
    invoiced = life.invoice(ISSUED, INVOICED).outcomes
    assert "unchanged" in {each.status for each in invoiced}
    before, folders = [marts_of(life, day) for day in days], life.folders()
    with (home.region / "settings.toml").open("a") as settings:
        settings.write(PERIODS)
    with Catalog.opened(home) as catalog:
        set_aside = sum(each.rows_quarantined for each in catalog.file_versions())
    planned = run(home, is_dry_run=True)
    assert disposed_months(home) == []
    assert run(home) == planned
    assert planned["lake"].kept == care(rows, is_needed=True)
    assert planned["lake"].count + set_aside == care(rows, is_needed=False)
    assert [marts_of(life, day) for day in days] == before
    assert life.invoice(ISSUED, INVOICED).outcomes == invoiced
    for kind in ("review", "invoice"):
        shutil.rmtree(home.published / kind)
    complete(home)
    made = life.folders()
    assert {name: made[name] for name in made if "recorded" not in name} == {
        name: folders[name] for name in folders if "recorded" not in name
    }
    assert verify(home) == []
    figures["rows disposed of"] = planned["lake"].count
    figures["rows kept for issued months"] = planned["lake"].kept
    figures["people forgotten"] = planned["vault"].count
    assert all(each.count == 0 for each in run(home).values()), "again is a no-op"


@pytest.mark.slow
def test_what_was_disposed_of_is_nowhere_and_its_month_is_never_computed_as_if_whole(
    life: Life, rows: list[Row]
) -> None:
    home = life.home
    quick_build(home, LAST)
    of_stay = [row.values for row in rows if row.feed == "stays"]
    gone = {each["person_id"] for each in of_stay} - {
        each["person_id"] for each in of_stay if each["stay_id"] in needed(rows)
    }
    keys = dict(
        zip(sorted(gone), Pseudonymizer.from_environment().person_keys(sorted(gone)), strict=True)
    )
    assert len(vault.person_ids(home, list(keys.values()))) == len(gone) > 5
    with (home.region / "settings.toml").open("a") as settings:
        settings.write(PERIODS)
    copies = [home.root / each / "x" / "y" for each in ("packed", "spark", *SCRATCH)]
    for copy in copies:
        copy.parent.mkdir(parents=True)
        copy.write_bytes(b"rows of those who go")
    assert run(home)["vault"].count == len(gone)
    assert [copy for copy in copies if copy.exists()] == []
    assert vault.person_ids(home, list(keys.values())) == {}
    lake = [pq.ParquetFile(path).read().to_pylist() for path in home.lake.rglob("*.parquet")]
    left = {row.get("person_key") for file in lake for row in file}
    assert not left & set(keys.values())
    with vault.reading(home, "birth", "dispute_ground") as stored:
        rest = stored.execute(
            "select count(*) from birth where person_key in (select unnest(?))",
            [list(keys.values())],
        ).fetchone()
    assert rest == (0,)
    quick_build(home, LAST, tested=True)
    assert life.ask(f"select count(*) from marts.fct_statistic where month = date '{OLD}'") == [
        (0,)
    ]
    reasons = Counter(row["reason_code"] for file in lake for row in file if row["reason_code"])
    assert reasons["DISPOSED"] > 100
    asked_reasons = "select reason_code, count(*) from marts.ingest_quarantine group by all"
    assert dict(life.ask(asked_reasons)) == reasons
    assert life.ask("select sum(rows_delivered) from marts.ingest_file")[0][0] == sum(
        len(file) for file in lake
    ), "no delivered row is lost"
    for act in (publish_statistics, issue_review_bases):
        with pytest.raises(LusError, match="rows of 2023-09 were disposed of"):
            act(home, OLD, LAST)
    assert publish_statistics(home, ISSUED, LAST).is_new, "an issued month is as whole as ever"
    again = ingest_days(home, LocalFolder(life.landing), Pseudonymizer.from_environment())
    assert {file.status for day in again.days for file in day.files} == {"seen"}


def ingested(root: Path, *given: tuple[str, date, dict[str, str]]) -> Home:
    """A home with these rows: feed, delivery date, and what differs from a valid one."""
    rows = [
        Row(feed, day, change.get("file", "delivery.csv"), VALID[feed] | change)
        for feed, day, change in given
    ]
    for row in rows:
        row.values.pop("file", None)
    days = [row.delivered for row in rows]
    write_landing(root / "landing", rows, min(days), max(days))
    home = Home(root / "home").prepare()
    ingest_days(home, LocalFolder(root / "landing"), Pseudonymizer.from_environment())
    return home


D1, D2 = date(2024, 2, 4), date(2024, 2, 20)
OTHER = {"stay_id": "S2", "person_id": "R-2"}
OPEN = {"discharged_at": "", "discharge_type": ""}
LEFT: tuple[str, date, dict[str, str]] = ("stays", D1, {})
SECOND = {"message_id": "M2", "stay_id": "S2"}


CASES: dict[str, tuple[int, list[tuple[str, date, dict[str, str]]]]] = {
    "of old all goes": (3, [("stays", D1, {}), ("messages", D1, {}), ("disputes", D1, {})]),
    "a later message keeps": (0, [("stays", D1, {}), ("messages", D2, {})]),
    "a later stay of another does not keep": (1, [("stays", D1, {}), ("stays", D2, OTHER)]),
    "a later stay keeps": (0, [("stays", D1, {}), ("stays", D2, {"stay_id": "S2"})]),
    "a stay that changed its person keeps both": (
        0,
        [("stays", D1, {}), ("stays", D1, {"person_id": "R-2"}), ("stays", D2, OTHER)],
    ),
    "still in hospital": (0, [("stays", D1, OPEN | {"updated_at": "2024-02-04T10:00"})]),
    "came and left": (2, [("stays", D1, OPEN | {"updated_at": "2024-02-01T10:00"}), LEFT]),
    "a message without a stay": (1, [("messages", D1, {}), ("messages", D2, SECOND)]),
    "a canceller keeps what it cancels": (
        0,
        [
            *(("stays", D1, {}), ("messages", D1, {}), ("stays", D2, OTHER)),
            ("messages", D2, SECOND | {"cancels_message_id": "M1"}),
        ],
    ),
    "a later dispute keeps": (0, [("stays", D1, {}), ("disputes", D2, {})]),
    "where one lives is not care": (
        1,
        [("stays", D1, {}), ("persons", D2, {}), ("placements", D2, {})],
    ),
}


def test_care_goes_when_nothing_was_heard_since_of_all_that_hangs_together(tmp_path: Path) -> None:
    """Each case has ids and files of its own."""
    ids = ("stay_id", "person_id", "message_id", "cancels_message_id", "dispute_id", "episode_id")
    given = [
        (
            feed,
            day,
            {"file": f"{number}.csv"}
            | {
                name: f"{number}-{value}" if name in ids and value else value
                for name, value in (VALID[feed] | change).items()
            },
        )
        for number, (_, rows) in enumerate(CASES.values())
        for feed, day, change in rows
    ]
    home = ingested(tmp_path, *given)
    with Catalog.opened(home) as catalog:
        file = {each.file_version_id: Path(each.path).stem for each in catalog.file_versions()}
    plan = plan_forgetting(home, D2 - timedelta(days=1), None)
    gone = Counter(file[version] for version in plan.rows["file_version_id"].to_pylist())
    found = {name: gone[str(number)] for number, name in enumerate(CASES)}
    assert found == {name: count for name, (count, _) in CASES.items()}
    assert plan.people == []


def test_people_go_when_no_care_is_left_and_nothing_at_all_was_delivered_since(
    tmp_path: Path,
) -> None:
    home = ingested(
        tmp_path,
        *(("stays", D1, {}), ("persons", D1, {}), ("placements", D1, {})),
        *(("stays", D1, OTHER), ("persons", D2, {"person_id": "R-2"})),
        ("persons", D1, {"person_id": "R-3"}),
    )
    before = D2 - timedelta(days=1)
    assert len(plan_forgetting(home, None, before).people) == 1, "without care, and old"
    plan = plan_forgetting(home, before, before)
    assert len(plan.people) == 2
    feeds = plan.rows["feed"].to_pylist()
    assert {feed: feeds.count(feed) for feed in feeds} == {
        "stays": 2,
        "persons": 2,
        "placements": 1,
    }
    assert plan_forgetting(home, before, D1).people == []


def test_whom_no_row_names_that_counts_goes_with_the_first(tmp_path: Path) -> None:
    """The vault knows people of a long file that turned out to be cut off, and was set aside."""
    home = ingested(tmp_path, ("persons", D1, {}))
    read = {"person_key": ["c" * 64], "person_id": ["R-9"], "person_id_kind": ["reserve"]}
    vault.write(home, VaultRows(identities=[pa.table(read, schema=vault.IDENTITY_SCHEMA)]))
    assert plan_forgetting(home, None, D1).people == ["c" * 64]
    assert plan_forgetting(home, None, None).people == []


class KilledError(BaseException):
    """Stands for a kill: nothing of ours catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("renames", range(1, 8))
def test_killed_at_any_rename_the_home_is_as_before_or_as_afterwards(
    renames: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = ingested(tmp_path, ("stays", D1, {}), ("stays", D2, OTHER))
    plan = plan_forgetting(home, D2, None)
    left = [renames]

    def dies(do: Any) -> Any:
        def or_die(*given: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                raise KilledError
            return do(*given)

        return or_die

    with monkeypatch.context() as patch:
        for name in ("rename", "replace"):
            patch.setattr(Path, name, dies(getattr(Path, name)))
        try:
            forget(home, plan)
        except KilledError:
            assert left == [0]
    with writer_lock(home):
        assert not swap.is_pending(home)
    assert verify(home) == []
    is_done = disposed_months(home) == [date(2024, 2, 1)]
    assert plan_forgetting(home, D2, None).rows.num_rows == (0 if is_done else 1)
