"""Builds that start from the last one, through everything that can come: equal to a full build,
table by table, or the reason why the build was a full one."""

import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import NEXT, PROOF, Home
from lus_assets.core.settings import Settings, load_settings
from lus_assets.ingest.decisions import accept_correction
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse import build, increment, touched
from lus_assets.warehouse.build import bring_up_to_date
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.proof import Proof, prove, table_hashes
from lus_assets.warehouse.results import NodeResult
from tests.golden.contract import Row
from tests.needs import needs_program
from tests.oracle.landing_strategy import NastyLanding, nasty_landing
from tests.pipeline.deliveries import read_rows, write_rows
from tests.pipeline.living import INVOICING, MEAN, Life
from tests.pipeline.marts import broken, query, write_region
from tests.pipeline.quick_marts import quick_models
from tests.pipeline.random_life import random_rows

pytestmark = pytest.mark.slow
MIB = 2**20
ACTIVE = INVOICING + f"{MEAN},2020-01-01,,active\n"


@pytest.fixture(autouse=True)
def _without_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Full builds by the quick way; increments are what they are."""
    monkeypatch.setattr(build, "build_marts", quick_models)


def settings_of(home: Home) -> Settings:
    return replace(load_settings(home), build="incremental")


def brought(home: Home, as_of: date) -> str:
    """Bring the marts to a day; every data test passes; how it was done."""
    built = bring_up_to_date(home, as_of, settings_of(home))
    assert broken(built.results) == []
    return built.how


def proven(home: Home) -> Proof:
    return prove(home, settings_of(home), quick_models)


def assert_equal(home: Home) -> None:
    proof = proven(home)
    assert proof.differing == []
    assert proof.tables > 90, proof.not_compared


def ingest(home: Home, landing: Path, last: date) -> None:
    key = Pseudonymizer.from_environment()
    ingest_days(home, delivery_source(home, landing), key, first=date(2010, 1, 1), last=last)


def tangled(nasty: NastyLanding, number: int) -> NastyLanding:
    """More rows, of ids that tie people together who have nothing to do with each other."""
    rng = random.Random(nasty.seed)  # noqa: S311 - reproducible, not secret
    of = {feed: [row for row in nasty.rows if row.feed == feed] for feed in
          ("stays", "messages", "placements", "disputes")}  # fmt: skip
    taken = {"stays": "person_id", "placements": "person_id", "disputes": "episode_id",
             "messages": "stay_id"}  # fmt: skip
    more: list[Row] = []
    for turn in range(number):
        feed = rng.choice([each for each in taken if len(of[each]) > 1])
        row, other = rng.sample(of[feed], 2)
        day = nasty.first_day + timedelta(days=rng.randint(3, 25))
        values = row.values | {taken[feed]: other.values[taken[feed]]}
        if feed in ("stays", "disputes"):
            values["updated_at"] = f"{day} 06:00:{turn:02}"
        if feed == "messages" and rng.random() < 0.7:
            values |= {
                "message_id": f"T-{turn}",
                "cancels_message_id": other.values["message_id"],
            }
        more.append(Row(feed, day, f"tangled-{turn}.csv", values))
    return replace(nasty, rows=(*nasty.rows, *more))


def corrected(home: Home, landing: Path, day: date) -> None:
    """A file that was read long ago comes with a row less, and is accepted from a day on."""
    path = next(
        each for each in sorted(landing.glob("stays/*/*.csv")) if len(read_rows(each)[1]) > 1
    )
    columns, rows = read_rows(path)
    write_rows(path, columns, rows[1:])
    source, key = delivery_source(home, landing), Pseudonymizer.from_environment()
    name = path.relative_to(landing).as_posix()
    accept_correction(home, source, name, "a row too much", day, key)


@pytest.mark.parametrize("seed", [5, 6])
def test_day_by_day_every_table_is_as_a_full_build_makes_it(seed: int, tmp_path: Path) -> None:
    nasty = tangled(nasty_landing(seed), 12)
    home, landing = Home(tmp_path / "home"), tmp_path / "landing"
    nasty.write_landing(landing)
    write_region(home, nasty.region, nasty.region_rows)
    first = nasty.first_day + timedelta(days=6)
    ingest(home, landing, first)
    assert brought(home, first) == "in full: there was no warehouse"
    for number, days in enumerate((1, 1, 2, 1, 4, 1, 7)):
        first += timedelta(days=days)
        if number == 2:
            corrected(home, landing, first)
        # every third day what is known already of the days after lies in the lake as well
        ingest(home, landing, first + timedelta(days=3 if number % 3 == 0 else 0))
        assert brought(home, first).startswith("incrementally")
        if number % 2:
            assert_equal(home)
    # days without any delivery: only what the calendar changes
    for days in (4, 9, 40):
        assert brought(home, first + timedelta(days=days)).startswith("incrementally")
    assert_equal(home)


def test_months_that_are_reviewed_invoiced_and_corrected(tmp_path: Path) -> None:
    first, months = date(2023, 12, 1), [date(2023, 12, 1), date(2024, 1, 1)]
    last = date(2024, 3, 10)
    life = Life(tmp_path, first, {"ruleset_invoicing.csv": ACTIVE})
    rows = random_rows(11, first, months, last)
    issues: dict[date, Sequence[tuple[Callable[..., Any], date]]] = {
        date(2024, 1, 5): [(issue_review_bases, months[0])],
        date(2024, 1, 27): [(issue_invoice_bases, months[0])],
        date(2024, 2, 5): [(issue_review_bases, months[1])],
        date(2024, 2, 27): [(issue_invoice_bases, months[1])],
        last: [],
    }
    for day, issued in issues.items():
        came = [row for row in rows if life.today < row.delivered <= day]
        life.live_until(day, came)
        how = brought(life.home, day)
        assert how.startswith("incrementally") or day == date(2024, 1, 5)
        for issue, month in issued:
            assert issue(life.home, month, day).count("issued")
        # the same day again, after what was issued
        assert brought(life.home, day).startswith("incrementally")
        assert_equal(life.home)
    assert life.ask("select count(*) from marts.fct_invoice_line")[0][0] > 0


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, date]]:
    """A home with a warehouse of a day, and a day more in the lake."""
    root = tmp_path_factory.mktemp("built")
    nasty = nasty_landing(3, "01")
    home = Home(root / "home")
    nasty.write_landing(root / "landing")
    write_region(home, nasty.region, nasty.region_rows)
    ingest(home, root / "landing", nasty.as_of)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "build_marts", quick_models)
        brought(home, nasty.as_of - timedelta(days=1))
    yield home, nasty.as_of


@pytest.fixture
def home(built: tuple[Home, date], tmp_path: Path) -> Home:
    """A copy of it to spoil."""
    return Home(shutil.copytree(built[0].root, tmp_path / "home"))


def test_the_proof_names_the_table_that_differs_and_the_next_build_is_a_full_one(
    home: Home, built: tuple[Home, date]
) -> None:
    brought(home, built[1])
    with connect(home.warehouse) as connection:
        connection.execute("delete from marts.ingest_file where feed = 'stays'")
        connection.execute("update intermediate.int_episode set admitted_at = discharged_at")
    assert proven(home).differing == ["intermediate.int_episode", "marts.ingest_file"]
    assert not (home.root / PROOF).exists()
    assert proven(home).not_compared == "the last build did not end well"
    assert brought(home, built[1]) == "in full: the last build did not end well"


def test_a_full_build_that_fails_aside_is_no_difference_and_the_warehouse_stands(
    home: Home, built: tuple[Home, date]
) -> None:
    how = brought(home, built[1])

    def failing(aside: Home, settings: Settings) -> list[NodeResult]:
        *made, last = quick_models(aside, settings)
        return [*made, replace(last, unique_id="model.lus.fct_long", status="error")]

    with pytest.raises(LusError, match="fct_long and 0 more"):
        prove(home, settings_of(home), failing)
    assert not (home.root / PROOF).exists()
    assert how.startswith("incrementally")
    assert_equal(home)


def test_what_a_killed_proof_left_is_gone_after_the_next_build(
    home: Home, built: tuple[Home, date]
) -> None:
    left = home.root / PROOF / "warehouse.duckdb"
    left.parent.mkdir()
    left.write_bytes(b"half of it")
    assert brought(home, built[1]).startswith("incrementally")
    assert not left.parent.exists()


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("module", "step"),
    [(touched, "_restrict"), (increment, "_lay_out_again"), (increment, "remember")],
)
def test_a_build_that_is_killed_leaves_the_warehouse_as_it_was(
    module: Any, step: str, home: Home, built: tuple[Home, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = table_hashes(home, "1GB")
    with monkeypatch.context() as patch:
        patch.setattr(module, step, die)
        child = multiprocessing.get_context("fork").Process(target=brought, args=(home, built[1]))
        child.start()
        child.join()
    assert child.exitcode == -signal.SIGKILL
    assert table_hashes(home, "1GB") == before
    assert brought(home, built[1]).startswith("incrementally")
    assert table_hashes(home, "1GB") != before


def test_a_build_that_fails_is_followed_by_a_full_one_at_once(
    home: Home, built: tuple[Home, date]
) -> None:
    with connect(home.warehouse) as connection:
        connection.execute("drop table marts.fct_readmission")
    how = brought(home, built[1])
    assert how == "in full: the incremental one failed (CatalogException at marts.fct_readmission)"
    with query(home) as ask:
        assert ask("select count(*) from marts.fct_readmission")


def test_a_reader_of_the_warehouse_is_in_nobodys_way(home: Home, built: tuple[Home, date]) -> None:
    reading = (
        "import duckdb, sys; open_ = duckdb.connect(sys.argv[1], read_only=True);"
        " print(open_.execute('select count(*) from marts.dim_snapshot'), flush=True); input()"
    )
    command = [sys.executable, "-c", reading, str(home.warehouse)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout
        assert reader.stdin
        assert reader.stdout.readline()
        assert brought(home, built[1]).startswith("incrementally")
        reader.stdin.write("\n")
    assert reader.returncode == 0


def test_a_build_without_room_for_a_second_warehouse_is_a_full_one(
    home: Home, built: tuple[Home, date], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is on a file's size: what the copy would be does not fit, what is computed does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    plain = os.copy_file_range

    def crowded(source: int, target: int, count: int) -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        try:
            return plain(source, target, count)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    monkeypatch.setattr(os, "copy_file_range", crowded)
    assert brought(home, built[1]) == "in full: the incremental one failed (OSError)"
    assert not (home.root / NEXT).exists()
    monkeypatch.undo()
    assert proven(home).differing == []


@needs_program("mkfs.btrfs")
@pytest.mark.skipif(os.geteuid() != 0, reason="not run: only root mounts")
def test_a_file_system_that_shares_blocks_needs_no_room_for_a_second_warehouse(
    home: Home, built: tuple[Home, date], tmp_path: Path
) -> None:
    """The warehouse is let grow until two of it could not lie there."""
    image, mount = tmp_path / "image", tmp_path / "mount"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(512 * MIB)
    subprocess.run(["mkfs.btrfs", "--quiet", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mount], check=True)
    try:
        there = Home(shutil.copytree(home.root, mount / "home"))
        with connect(there.warehouse) as connection:
            connection.execute(
                "create table build.weight as select gen_random_uuid() as it"
                f" from range({250 * MIB // 16})"
            )
        assert there.warehouse.stat().st_size > shutil.disk_usage(mount).free
        assert brought(there, built[1]).startswith("incrementally")
        assert_equal(there)
    finally:
        subprocess.run(["umount", mount], check=True)
