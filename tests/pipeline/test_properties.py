"""What must hold of any landing area: orders, formats and repetitions change nothing, nothing is
lost, and what was known on a day stays what was known on that day."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.publishing.marts import marts_hash
from lus_assets.warehouse.dbt_runner import load_manifest
from lus_assets.warehouse.increment import build_increment
from lus_assets.warehouse.prepare import checked_own_rows
from lus_assets.warehouse.project import ROOT
from tests.pipeline.deliveries import reshape
from tests.pipeline.marts import Query, query
from tests.pipeline.world import World, built, delivered_rows, hash_of_cases, live_through, start

SEED = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return live_through(tmp_path_factory.mktemp("world"), SEED)


@pytest.fixture
def ask(world: World) -> Iterator[Query]:
    with query(world.later_marts) as asking:
        yield asking


def test_a_build_that_starts_from_the_last_one_makes_the_same_marts(
    world: World, tmp_path: Path
) -> None:
    """Nine days of deliveries at once; test_increment.py lives through them day by day."""
    home = Home(shutil.copytree(world.home.root, tmp_path / "home"))
    settings, manifest = load_settings(home), load_manifest()
    assert marts_hash(home.warehouse) == world.hashes[0]
    build_increment(home, world.later, settings, checked_own_rows(home, settings), manifest)
    assert marts_hash(home.warehouse) == world.hashes[1]


def test_a_later_as_of_never_changes_an_earlier_one(world: World) -> None:
    first, second, first_again = world.hashes
    assert first != second
    assert first_again == first


def test_a_snapshot_of_an_earlier_day_lies_beside_the_newest_and_holds_what_was_known_then(
    world: World,
) -> None:
    first, second, again = world.snapshots
    bi = world.home.published / "bi"
    assert first.database == second.database == bi / "lus.duckdb"
    assert again.database == bi / "as-of" / world.earlier.isoformat() / "lus.duckdb"
    assert marts_hash(again.database) == world.hashes[0]
    assert marts_hash(second.database) == world.hashes[1]


def test_the_order_of_ingestion_does_not_matter(world: World, tmp_path: Path) -> None:
    home, landing = start(tmp_path, world.nasty)
    home.prepare()
    days = sorted(date.fromisoformat(path.name) for path in landing.glob("stays/*"))
    weeks = [(feed, days[n : n + 7]) for feed in FEEDS for n in range(0, len(days), 7)]
    random.Random(SEED).shuffle(weeks)  # noqa: S311 - reproducible, not secret
    for feed, week in weeks:
        key = Pseudonymizer.from_environment()
        ingest_days(home, LocalFolder(landing), key, feeds=[feed], first=week[0], last=week[-1])
    assert built(home, landing, world.later) == world.hashes[1]


def test_rows_in_other_files_and_formats_give_the_same_marts(world: World, tmp_path: Path) -> None:
    home, landing = start(tmp_path, world.nasty)
    reshape(landing, tmp_path / "reshaped", SEED)
    files = list((tmp_path / "reshaped").glob("*/*/*"))
    assert {"".join(path.suffixes) for path in files} == {
        *(".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
    }
    built(home, tmp_path / "reshaped", world.later)
    assert hash_of_cases(home.warehouse, tmp_path) == hash_of_cases(world.later_marts, tmp_path)
    with query(home) as here, query(world.later_marts) as there:
        totals = "select feed, sum(rows_delivered), sum(rows_quarantined) from marts.ingest_file"
        totals += " group by feed order by feed"
        assert here(totals) == there(totals)


def test_a_file_delivered_twice_changes_nothing_but_the_count_of_duplicates(
    world: World, tmp_path: Path
) -> None:
    home, landing = start(tmp_path, world.nasty)
    copies: dict[str, int] = {}
    rng = random.Random(SEED)  # noqa: S311 - reproducible, not secret
    counts = delivered_rows(landing)
    for feed in FEEDS:
        filled = sorted(path for path, rows in counts.items() if rows and path.startswith(feed))
        for path in rng.sample(filled, min(4, len(filled))):
            copy = (landing / path).with_name(f"{Path(path).stem}-again.csv")
            shutil.copyfile(landing / path, copy)
            copies[copy.relative_to(landing).as_posix()] = counts[path]
    built(home, landing, world.later)
    assert hash_of_cases(home.warehouse, tmp_path) == hash_of_cases(world.later_marts, tmp_path)
    with query(home) as here, query(world.later_marts) as there:
        added = {
            path: (delivered, accepted, duplicate + superseded + quarantined)
            for path, delivered, accepted, duplicate, superseded, quarantined in here(
                "select path, rows_delivered, rows_accepted, rows_duplicate, rows_superseded,"
                " rows_quarantined from marts.ingest_file where path like '%-again.csv'"
            )
        }
        total = "select sum(rows_accepted) from marts.ingest_file"
        assert here(total) == there(total)
    known = {path for path in copies if path.split("/")[1] <= world.later.isoformat()}
    assert added.keys() == known
    assert {path: figures[0] for path, figures in added.items()} == {
        path: copies[path] for path in known
    }


def test_every_delivered_row_has_exactly_one_fate(world: World, ask: Query) -> None:
    delivered = {
        path: rows
        for path, rows in delivered_rows(world.landing).items()
        if path.split("/")[1] <= world.later.isoformat()
    }
    fates = {
        path: sum(parts)
        for path, *parts in ask(
            "select path, rows_accepted, rows_duplicate, rows_superseded, rows_quarantined"
            " from marts.ingest_file"
        )
    }
    assert fates == delivered
    assert sum(delivered.values()) > 300
    kinds = ask(
        "select sum(rows_duplicate), sum(rows_superseded), sum(rows_quarantined)"
        " from marts.ingest_file"
    )
    assert all(kinds[0]), "the landing area must hold every kind of row"
    assert ask("select count(*) from marts.ingest_quarantine")[0][0] == kinds[0][2]


def test_months_hold_every_discharged_episode_that_has_a_municipality(ask: Query) -> None:
    for measure, counted in (("episodes_discharged", "true"), ("episodes_billable", "is_billable")):
        months = ask(f"select sum({measure}) from marts.fct_municipality_month")
        episodes = ask(
            "select count(*) from marts.fct_discharge_episode where is_discharged and"
            f" liable_municipality_code is not null and ruleset_id is not null and {counted}"
        )
        assert months == episodes
        assert months[0][0] > 0


def test_the_municipalities_and_the_unknown_sum_to_the_county(ask: Query) -> None:
    """Only additive measures that no protection touches: how many and how many days."""
    figures: dict[tuple[Any, ...], dict[str, Decimal]] = {}
    for month, care, measure, level, value in ask(
        "select month, care_type, measure, geography_level, sum(value)"
        " from marts.rpt_monthly_statistics where geography_level in ('county', 'municipality')"
        " and measure in ('episodes_discharged', 'episodes_billable', 'ready_days_all',"
        " 'liable_days', 'withdrawn_ready_days')"
        " and value_status in ('ok', 'zero', 'preliminary') group by all"
    ):
        figures.setdefault((month, care, measure), {})[level] = value
    suppressed = {
        tuple(row)
        for row in ask(
            "select distinct month, care_type, measure from marts.rpt_monthly_statistics"
            " where value_status = 'suppressed'"
        )
    }
    whole = {key: of for key, of in figures.items() if key not in suppressed}
    assert len(whole) >= 5
    assert {
        key: of for key, of in whole.items() if of.get("county") != of.get("municipality")
    } == {}


def test_the_county_counts_every_discharged_episode_once(ask: Query) -> None:
    published = ask(
        "select month, cast(value as bigint) from marts.rpt_monthly_statistics where"
        " geography_level = 'county' and care_type = 'all' and measure = 'episodes_discharged'"
        " and value > 0 order by month"
    )
    assert published == ask(
        "select billing_month, count(*) from marts.fct_discharge_episode where is_discharged"
        " group by billing_month order by billing_month"
    )


def test_a_months_amount_is_the_sum_of_its_rounded_lines(ask: Query) -> None:
    lines: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for *key, days, price, amount in ask(
        "select billing_month, municipality_code, ruleset_id, quantity_days, unit_price_sek,"
        " amount_sek from marts.fct_charge_line"
    ):
        lines.setdefault(tuple(key), []).append((days, price, amount))
    months = ask(
        "select billing_month, municipality_code, ruleset_id, amount_sek"
        " from marts.fct_municipality_month"
    )
    assert lines
    for *key, total in months:
        of_month = lines.get(tuple(key), [])
        if any(price is None for _, price, _ in of_month):
            assert total is None
            continue
        rounded = [
            (days * price).quantize(Decimal("0.01"), "ROUND_HALF_UP") for days, price, _ in of_month
        ]
        assert [amount for *_, amount in of_month] == rounded
        assert total == sum(rounded, Decimal(0))


ELSEWHERE = """
import json, sys
from datetime import date
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.publishing.marts import marts_hash
from tests.pipeline.marts import broken, build_marts
home = Home(Path(sys.argv[1]))
failed = broken(build_marts(home, Path(sys.argv[2]), date.fromisoformat(sys.argv[3])))
print(json.dumps([failed, marts_hash(home.warehouse), hash("x"), __import__("time").tzname[0]]))
"""


def test_time_zone_hash_seed_and_place_do_not_change_a_single_mart(
    world: World, tmp_path: Path
) -> None:
    """By dbt in another process, against this one's."""
    home, landing = start(tmp_path / "d'å & co/längre väg", world.nasty)
    elsewhere = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, home.root, landing, world.later.isoformat()],
        env=os.environ | {"TZ": "Asia/Kolkata", "PYTHONHASHSEED": "2", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    failed, made, hashed, zone = json.loads(elsewhere.stdout.splitlines()[-1])
    assert failed == []
    assert zone == "IST"
    assert hashed != hash("x"), "the hash seeds must differ"
    assert made == world.hashes[1]
