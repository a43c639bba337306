"""More than a day has ever brought: nothing is lost, and memory stays within what is set."""

import csv
import sqlite3
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from bench.measure import KEY, Cost, lus, run
from lus_assets.core.home import Home
from lus_assets.ingest.contract import FEEDS
from lus_assets.publishing.snapshot import open_snapshot, publish_snapshot
from lus_assets.simulation.run import SimulationReport, simulate
from tests.golden.contract import FEED_COLUMNS
from tests.load.readers import ROWS, TABLES, hammering
from tests.promises import Figure
from tests.unit.ingest.support import VALID
from tests.unit.publishing.tiny_marts import build_warehouse

pytestmark = pytest.mark.slow
COUNTY = 240_000
FIRST, LAST = date(2021, 1, 1), date(2023, 12, 31)
DAY = date(2024, 3, 3)
_MEMORY = "peak memory, MiB"

Answer = list[tuple[object, ...]]


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUS_PSEUDONYM_KEY", KEY)


def marts(landing: Path, home: Home, as_of: date) -> Cost:
    """`lus run` over the whole landing area, in a process of its own."""
    return run(
        lus(
            *("run", "--landing", landing, "--home", home.root, "--through", "marts"),
            *("--month", f"{as_of:%Y-%m}", "--as-of", as_of),
        ),
        stderr_to=home.root.parent / "said.txt",
    )


def ask(home: Home, sql: str) -> Answer:
    with open_snapshot(home) as connection:
        return connection.execute(sql).fetchall()


def accounted(home: Home) -> tuple[int, int]:
    """Files and rows delivered, as the marts have them; the four of every file add up."""
    ((files, rows, wrong),) = ask(
        home,
        "select count(*), sum(rows_delivered), count(*) filter (rows_delivered <> rows_accepted"
        " + rows_duplicate + rows_superseded + rows_quarantined) from marts.ingest_file",
    )
    assert wrong == 0
    return int(str(files)), int(str(rows))


def simulated(out: Path, first: date, last: date, population: int) -> SimulationReport:
    return simulate(out, first, last, population=population, seed=11)


@pytest.mark.promise(
    f"Three years of a county's deliveries ({COUNTY} people) are taken in one go",
    area="Load",
    how="`lus run` over 1 095 days of five feeds that it never saw, generated with their faults:"
    " every file and row is accounted for, and every month of the three years has its statistics",
)
def test_three_years_in_one_go(tmp_path: Path, figures: dict[str, Figure]) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    report = simulated(landing, FIRST, LAST, COUNTY)
    files = len(
        [each for feed in FEEDS for each in (landing / feed).rglob("*.*") if each.is_file()]
    )
    cost = marts(landing, home, LAST)
    assert accounted(home) == (files, sum(report.rows.values()))
    months = ask(home, "select distinct strftime(month, '%Y-%m') from marts.fct_statistic")
    wanted = {f"{FIRST.year + n // 12}-{n % 12 + 1:02}" for n in range(36)}
    assert {str(month) for (month,) in months} >= wanted
    figures["files"], figures["rows"] = files, sum(report.rows.values())
    figures["people"] = COUNTY
    figures[_MEMORY] = round(cost.peak_mib)


@pytest.mark.promise(
    "A day with a hundred times the rows is taken as any other",
    area="Load",
    how="three simulated days of 2 400 000 people, then a fourth with every row of the third a"
    " hundred times, as other stays, messages and people: all are in the marts, and no other day"
    " has changed",
)
def test_a_day_with_a_hundred_times_the_rows(tmp_path: Path, figures: dict[str, Figure]) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    report = simulated(landing, DAY - timedelta(days=3), DAY - timedelta(days=1), 2_400_000)
    marts(landing, home, DAY - timedelta(days=1))
    before = _per_day(home)
    copied = {feed: _hundredfold(landing, feed) for feed in FEEDS}
    assert copied["stays"] > 100 and copied["messages"] > 100
    cost = marts(landing, home, DAY)
    after = _per_day(home)
    assert {day: each for day, each in after.items() if day != DAY} == before
    assert after[DAY][0] == sum(copied.values())
    assert accounted(home)[1] == sum(report.rows.values()) + sum(copied.values())
    figures["rows of the day"] = sum(copied.values())
    figures[_MEMORY] = round(cost.peak_mib)


def _per_day(home: Home) -> dict[object, tuple[object, ...]]:
    found = ask(
        home,
        "select delivery_date, sum(rows_delivered), sum(rows_accepted), sum(rows_quarantined)"
        " from marts.ingest_file group by all",
    )
    return {day: figures for day, *figures in found}  # type: ignore[misc]


def _hundredfold(landing: Path, feed: str) -> int:
    """The last day's rows a hundred times under other ids, delivered on the day after."""
    source = landing / feed / (DAY - timedelta(days=1)).isoformat()
    target = landing / feed / DAY.isoformat() / "hundredfold.csv"
    target.parent.mkdir(parents=True)
    ids = [
        *("stay_id", "message_id", "cancels_message_id", "refers_to_message_id"),
        *("placement_id", "dispute_id", "episode_id", "person_id"),
    ]
    columns = FEED_COLUMNS[feed]
    chosen = ", ".join(
        f"'R' || copy.n || '-' || md5({name}) as {name}" if name in ids else name
        for name in columns
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"copy (select {chosen} from read_csv('{source}/*.csv', all_varchar = true,"
            " union_by_name = true, ignore_errors = true) cross join range(100) as copy(n))"
            f" to '{target}' (header, delimiter ',')"
        )
        rows = connection.execute(
            f"select count(*) from read_csv('{target}', all_varchar = true)"
        ).fetchone()
    return int(rows[0]) if rows else 0


_BROKEN = {
    "MISSING_VALUE": {"stay_id": ""},
    "INVALID_TIMESTAMP": {"sent_at": "yesterday"},
    "INVALID_CODE": {"message_type": "greeting"},
    "PERSON_ID_ELSEWHERE": {"sender_unit": "Avd 19121212-1212"},
}


@pytest.mark.promise(
    "A million rows that must be set aside are, each with its reason",
    area="Load",
    how="one day's file of a million broken messages, four faults in turn, beside good files: the"
    " marts know reason and place of every one, and the good rows count",
)
def test_a_million_quarantined_rows(tmp_path: Path, figures: dict[str, Figure]) -> None:
    landing, home, count = tmp_path / "landing", Home(tmp_path / "home"), 1_000_000
    simulated(landing, DAY - timedelta(days=3), DAY, 24_000)
    good = VALID["messages"]
    broken = [list((good | fault).values()) for fault in _BROKEN.values()]
    with (landing / "messages" / DAY.isoformat() / "broken.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(good)
        writer.writerows([f"B{n}", *broken[n % len(broken)][1:]] for n in range(count))
    cost = marts(landing, home, DAY)
    found = ask(
        home,
        "select reason_code, count(*), min(row_number), max(row_number) from"
        " marts.ingest_quarantine where path like '%broken.csv' group by all order by 3",
    )
    each = count // len(_BROKEN)
    assert found == [
        (reason, each, n + 1, count - len(_BROKEN) + n + 1) for n, reason in enumerate(_BROKEN)
    ]
    assert ask(home, "select count(*) > 0 from marts.fct_discharge_episode") == [(True,)]
    accounted(home)
    figures["rows set aside"] = count
    figures[_MEMORY] = round(cost.peak_mib)


@pytest.mark.promise(
    "Ten thousand small files in a day are a day",
    area="Load",
    how="10 000 files of one stay each, and the day's other feeds: each file is in the catalog,"
    " each row in the marts; the same run again reads none",
)
def test_ten_thousand_small_files(tmp_path: Path, figures: dict[str, Figure]) -> None:
    landing, home, count = tmp_path / "landing", Home(tmp_path / "home"), 10_000
    simulated(landing, DAY - timedelta(days=1), DAY, 24_000)
    folder = landing / "stays" / DAY.isoformat()
    header = ",".join(VALID["stays"])
    for n in range(count):
        values = VALID["stays"] | {"stay_id": f"SMALL-{n}", "person_id": f"R-{n % 4000}"}
        (folder / f"{n:05}.csv").write_text(f"{header}\n{','.join(values.values())}\n")
    first, again = marts(landing, home, DAY), marts(landing, home, DAY)
    ours = "where path similar to '.*/[0-9]{5}.csv'"
    assert ask(home, f"select count(*), sum(rows_accepted) from marts.ingest_file {ours}") == [
        (count, count)
    ]
    with sqlite3.connect(home.catalog) as catalog:
        read = catalog.execute("select count(*), count(distinct path) from file_version").fetchone()
    assert read[0] == read[1] == accounted(home)[0]
    figures["files"] = count
    figures["seconds"], figures["seconds when nothing is new"] = (
        round(first.wall),
        round(again.wall),
    )
    figures[_MEMORY] = round(max(first.peak_mib, again.peak_mib))


@pytest.mark.promise(
    "Readers never see an error or half a table while the snapshot is replaced",
    area="Load",
    how="three processes read without a pause while it is replaced a thousand times: two DuckDB"
    " (all tables of one generation, in full, never an older one than before), one Parquet",
)
def test_readers_hammer_while_the_snapshot_is_replaced_a_thousand_times(
    tmp_path: Path, figures: dict[str, Figure]
) -> None:
    home, replaced = Home(tmp_path), 1_000
    _make_generation(home, 1)
    publish_snapshot(home, DAY)
    with hammering(home.published / "bi", ["database"] * 2 + ["parquet"]) as seen:
        for generation in range(2, replaced + 2):
            _make_generation(home, generation)
            publish_snapshot(home, DAY)
    assert [each.wrong for _, each in seen] == [""] * 3
    assert min(each.generations for _, each in seen) > 10, "they read while it was replaced"
    figures["replacements"] = replaced
    figures["reads"] = sum(each.reads for _, each in seen)


def _make_generation(home: Home, generation: int) -> None:
    """A warehouse whose tables have ROWS rows each, all of this generation."""
    if generation == 1:
        build_warehouse(home, DAY, {}, ("dim_snapshot", "dim_ruleset"))
    with duckdb.connect(str(home.warehouse)) as connection:
        for table in TABLES:
            connection.execute(
                f"create or replace table marts.{table} as"
                f" select cast({generation} as bigint) as generation, range as row_number"
                f" from range({ROWS})"
            )
