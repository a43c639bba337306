"""The BI snapshot: whole for every reader, whatever happens to the run that writes it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.publishing import snapshot
from lus_assets.publishing.marts import marts_hash
from lus_assets.publishing.snapshot import publish_snapshot
from tests.unit.publishing.tiny_marts import build_warehouse, contracts, municipality_month

EARLY, LATE = date(2025, 2, 1), date(2025, 3, 1)
MARTS = ("dim_snapshot", "fct_dispute", "fct_municipality_month", "ingest_file", "dim_ruleset")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def build(home: Home, as_of: date, *codes: str) -> None:
    rows = [municipality_month(code) for code in codes]
    build_warehouse(home, as_of, {"fct_municipality_month": rows}, MARTS)


def codes_in(database: Path) -> list[str]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return codes(connection)


def codes(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select municipality_code from marts.fct_municipality_month")
    return [code for (code,) in found.fetchall()]


def test_every_mart_is_there_as_it_is_in_the_warehouse(home: Home) -> None:
    build(home, EARLY, "0180", "0114")
    report = publish_snapshot(home, EARLY)
    assert set(report.row_counts) == set(MARTS)
    assert report.row_counts["fct_municipality_month"] == 2
    assert report.is_current
    assert marts_hash(report.database) == marts_hash(home.warehouse)
    assert not list(report.folder.rglob("*.wal"))
    assert not (home.published / ".building").exists()


def test_the_manifest_names_every_file_as_it_lies_there(home: Home) -> None:
    build(home, EARLY, "0180", "0114")
    folder = publish_snapshot(home, EARLY).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["as_of"], manifest["code_version"]) == ("2025-02-01", "1")
    files = {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert {each["name"]: (each["bytes"], each["sha256"]) for each in manifest["files"]} == {
        name: (size, hashlib.sha256(content).hexdigest()) for name, (size, content) in files.items()
    }
    rows = {each["name"]: each["rows"] for each in manifest["files"]}
    assert rows["parquet/fct_municipality_month/fct_municipality_month.parquet"] == 2
    build(home, LATE, "0180")
    publish_snapshot(home, LATE)
    assert '"as_of": "2025-03-01"' in (folder / "manifest.json").read_text(encoding="utf-8")


def test_the_snapshot_is_in_a_format_that_older_readers_open(home: Home) -> None:
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    with duckdb.connect() as connection:
        connection.execute(f"attach '{report.database}' as bi (read_only)")
        (tags,) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'bi'"
        ).fetchone() or ({},)
    assert tags["storage_version"].startswith("v1.0.0")


def test_descriptions_go_with_the_tables(home: Home) -> None:
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    contract = contracts()["fct_municipality_month"]
    with duckdb.connect(str(report.database), read_only=True) as connection:
        (comment,) = connection.execute(
            "select comment from duckdb_tables() where table_name = 'fct_municipality_month'"
        ).fetchone() or ("",)
    assert comment == contract["description"]
    path = report.parquet / "fct_municipality_month" / "fct_municipality_month.parquet"
    field = pq.read_schema(path).field("municipality_code")
    assert field.metadata[b"description"].decode() == contract["columns"][1]["description"]


def test_parquet_has_the_same_rows(home: Home) -> None:
    build(home, EARLY, "0180", "0114")
    report = publish_snapshot(home, EARLY)
    with duckdb.connect(str(report.database), read_only=True) as connection:
        for mart in MARTS:
            path = report.parquet / mart / f"{mart}.parquet"
            (different,) = connection.execute(
                f"""
                select count(*) from (
                    (from marts.{mart} except all from read_parquet('{path}'))
                    union all
                    (from read_parquet('{path}') except all from marts.{mart})
                )
                """
            ).fetchone() or (None,)
            assert different == 0, mart


def test_the_same_marts_give_the_same_parquet_whatever_the_order_of_their_rows(home: Home) -> None:
    build(home, EARLY, "0180", "0114", "0139")
    path = publish_snapshot(home, EARLY).parquet / MARTS[2] / f"{MARTS[2]}.parquet"
    before = path.read_bytes()
    build(home, EARLY, "0139", "0180", "0114")
    publish_snapshot(home, EARLY)
    assert path.read_bytes() == before


@pytest.mark.parametrize("columns", ["month, said, counted", "said, counted, month"])
@pytest.mark.parametrize("at_once", [1, 2, 5, 1000])
def test_a_table_sorted_in_parts_is_what_it_is_sorted_at_once(
    home: Home, at_once: int, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its first column is, without a value too, and however often it has the same."""
    build(home, EARLY, "0180")
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"""
            create table marts.fct_months as
            with rows as (select
                case when number % 5 > 0 then date '2024-01-01' + cast(number % 3 as integer) end
                    as month,
                case when number % 7 > 0 then 'it''s ' || number % 2 end as said,
                number % 4 as counted
            from range(40) as numbers (number))
            select {columns} from rows
        """)
        whole = connection.execute("from marts.fct_months order by all nulls first").fetchall()
    monkeypatch.setattr(snapshot, "_SORTED_AT_ONCE", at_once)
    monkeypatch.setattr(snapshot, "ROWS_PER_GROUP", 4)
    monkeypatch.setattr(snapshot, "_READ_AT_ONCE", 8)
    report = publish_snapshot(home, EARLY)
    with duckdb.connect(str(report.database), read_only=True) as connection:
        assert connection.execute("from marts.fct_months").fetchall() == whole
    path = report.parquet / "fct_months" / "fct_months.parquet"
    file = pq.ParquetFile(path)
    assert [tuple(row.values()) for row in file.read().to_pylist()] == whole
    groups = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
    assert groups == [4] * 10


def test_a_table_that_cannot_be_sorted_ends_the_snapshot_and_keeps_the_old_one(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who writes its Parquet waits for rows that will not come."""
    build(home, EARLY, "0180")
    before = publish_snapshot(home, EARLY)
    read = before.database.read_bytes()
    broken = {"fct_municipality_month": ["true", "no such column"]}
    ranges = snapshot._ranges
    monkeypatch.setattr(snapshot, "_ranges", lambda c, table: broken.get(table) or ranges(c, table))
    with pytest.raises(duckdb.ParserException):
        publish_snapshot(home, EARLY)
    assert before.database.read_bytes() == read


def test_only_owner_and_group_read_pseudonyms(home: Home) -> None:
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    for path in (report.folder, *report.folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o750 if path.is_dir() else 0o640), path


def test_a_reader_with_the_old_file_open_keeps_it(home: Home) -> None:
    build(home, EARLY, "0114")
    report = publish_snapshot(home, EARLY)
    # a reader of its own process, as BI is: it must neither block nor see the swap
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True);"
        "print('open', flush=True); sys.stdin.readline();"
        "print(c.sql('select municipality_code from marts.fct_municipality_month').fetchall())"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", code, str(report.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stdout.readline() == "open\n"
    build(home, LATE, "0180")
    publish_snapshot(home, LATE)
    assert codes_in(report.database) == ["0180"]
    assert reader.communicate("\n")[0] == "[('0114',)]\n"


def test_an_earlier_as_of_goes_beside_and_the_newest_stays(home: Home) -> None:
    build(home, LATE, "0180")
    newest = publish_snapshot(home, LATE)
    build(home, EARLY, "0114")
    beside = publish_snapshot(home, EARLY)
    assert not beside.is_current
    assert beside.database == home.published / "bi/as-of/2025-02-01/lus.duckdb"
    assert codes_in(beside.database) == ["0114"]
    assert codes_in(newest.database) == ["0180"]


def test_the_same_as_of_again_replaces(home: Home) -> None:
    build(home, EARLY, "0114")
    publish_snapshot(home, EARLY)
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    assert report.is_current
    assert codes_in(report.database) == ["0180"]


def test_marts_of_another_as_of_are_not_published(home: Home) -> None:
    build(home, EARLY, "0180")
    with pytest.raises(LusError, match="as known at 2025-02-01, not at 2025-03-01"):
        publish_snapshot(home, LATE)
    assert not (home.published / "bi").exists()


def test_without_a_warehouse_the_error_says_what_to_do(home: Home) -> None:
    with pytest.raises(LusError, match="build the marts first"):
        publish_snapshot(home, EARLY)


def test_a_snapshot_that_is_no_database_is_replaced(home: Home) -> None:
    build(home, EARLY, "0180")
    (home.published / "bi").mkdir(parents=True)
    (home.published / "bi/lus.duckdb").write_text("no database")
    assert codes_in(publish_snapshot(home, EARLY).database) == ["0180"]


def test_a_snapshot_that_someone_writes_in_is_an_error_that_says_so(home: Home) -> None:
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(report.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(LusError, match="open for writing"):
            publish_snapshot(home, EARLY)
        writer.communicate("\n")


def test_a_stale_log_beside_the_file_is_not_replayed_into_the_new_one(home: Home) -> None:
    build(home, EARLY, "0114")
    report = publish_snapshot(home, EARLY)
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('delete from marts.fct_municipality_month'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(report.database)], check=True)
    wal = report.database.with_name("lus.duckdb.wal")
    assert wal.exists()
    build(home, LATE, "0180")
    publish_snapshot(home, LATE)
    assert not wal.exists()
    assert codes_in(report.database) == ["0180"]


def test_a_mart_that_is_no_more_leaves_the_snapshot(home: Home) -> None:
    build(home, EARLY, "0180")
    report = publish_snapshot(home, EARLY)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("drop table marts.fct_dispute")
    publish_snapshot(home, EARLY)
    assert not (report.parquet / "fct_dispute").exists()


class PowerCutError(Exception):
    """Stands for whatever ends a run."""


def test_what_somebody_else_put_beside_the_tables_stays(home: Home) -> None:
    build(home, EARLY, "0180")
    note = publish_snapshot(home, EARLY).parquet / "README.txt"
    note.write_text("read the tables by their names", encoding="utf-8")
    report = publish_snapshot(home, EARLY)
    assert note.exists()
    assert marts_hash(report.database) == marts_hash(home.warehouse)


@pytest.mark.parametrize("number", range(len(MARTS) + 1))
def test_cut_off_at_any_swap_readers_see_whole_tables_and_the_next_run_mends(
    home: Home, number: int
) -> None:
    build(home, EARLY, "0114")
    report = publish_snapshot(home, EARLY)
    build(home, LATE, "0180", "0181")
    calls = iter(range(100))
    real = os.replace

    def replace(source: Any, target: Any) -> None:
        if next(calls) == number:
            raise PowerCutError
        real(source, target)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(os, "replace", replace)
        with pytest.raises(PowerCutError):
            publish_snapshot(home, LATE)
    assert codes_in(report.database) == ["0114"]
    for mart in MARTS:
        pq.read_table(report.parquet / mart / f"{mart}.parquet")
    assert codes_in(publish_snapshot(home, LATE).database) == ["0180", "0181"]


def test_cut_off_while_it_is_built_nothing_has_changed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(home, EARLY, "0114")
    report = publish_snapshot(home, EARLY)
    build(home, LATE, "0180")

    def cut(*_: Any) -> None:
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(snapshot, "_write_table", cut)
        with pytest.raises(PowerCutError):
            publish_snapshot(home, LATE)
    assert codes_in(report.database) == ["0114"]
    assert codes_in(publish_snapshot(home, LATE).database) == ["0180"]


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import publish_snapshot
real, calls = os.replace, iter(range(100))
def replace(source, target):
    if next(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.replace = replace
publish_snapshot(Home(Path(sys.argv[1])), date(2025, 3, 1))
"""


def test_killed_in_the_middle_the_next_run_mends(home: Home) -> None:
    build(home, EARLY, "0114")
    report = publish_snapshot(home, EARLY)
    build(home, LATE, "0180")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert codes_in(report.database) == ["0114"]
    assert codes_in(publish_snapshot(home, LATE).database) == ["0180"]
    assert not (home.published / ".building").exists()
