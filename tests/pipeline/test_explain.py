"""The way back, on hand-worked cases: the arithmetic in words, and every row that it names."""

import csv
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.explain.episode import explain_episode
from lus_assets.explain.find import explain
from lus_assets.publishing.marts import marts_hash, open_marts
from tests.golden.cases import CaseGroup, case_groups
from tests.pipeline.marts import broken, build_marts, query, write_region
from tests.pipeline.quick_marts import quick_build

CASES = {
    *("MEAN-2", "MEAN-5", "WITHDRAW-1", "REPLACE-1", "CANCEL-4", "CHAIN-1", "PLACE-1"),
    *("SECRET-5", "DISPUTE-1", "DISPUTE-3", "NEEDS-1", "HOME-9"),
}
EXPLAINED = Path(__file__).with_name("explained")
"""Texts written by hand from the cases: MEAN-2 under a mean, MEAN-5 day by day."""
IDS = {
    "stays": "stay_id",
    "messages": "message_id",
    "placements": "placement_id",
    "disputes": "dispute_id",
}


@dataclass(frozen=True)
class County:
    home: Home
    landing: Path
    as_of: date


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    folder = tmp_path_factory.mktemp("explain")
    world = next(group for group in case_groups() if group.name == "spring-2024")
    cases = [case for case in world.cases if case.id in CASES]
    assert len(cases) == len(CASES)
    group = CaseGroup(world.name, world.region, world.first_day, world.as_of, {}, cases)
    home, landing = Home(folder / "home"), folder / "landing"
    group.write_landing(landing)
    write_region(home)
    assert broken(build_marts(home, landing, group.as_of)) == []
    return County(home, landing, group.as_of)


@pytest.fixture
def marts(county: County) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_marts(county.home, county.as_of) as connection:
        yield connection


@pytest.mark.parametrize("episode_id", ["MEAN-2-c", "MEAN-5-b"])
def test_an_episode_is_explained_from_the_month_s_amount_to_its_notice(
    marts: duckdb.DuckDBPyConnection, episode_id: str
) -> None:
    told = "\n".join(explain_episode(marts, episode_id)).partition("\n4. ")[0]
    assert told == (EXPLAINED / f"{episode_id}.txt").read_text(encoding="utf-8")


def test_every_row_that_is_named_is_the_row_that_was_delivered(county: County) -> None:
    with query(county.home) as ask:
        rows = ask(
            "select feed, path, row_number, record_id, said, used_for"
            " from marts.fct_episode_evidence"
        )
    assert len(rows) > 150
    for feed, path, row_number, record_id, said, used_for in rows:
        with (county.landing / path).open(encoding="utf-8", newline="") as file:
            delivered = list(csv.DictReader(file))[row_number - 1]
        if feed in IDS:
            assert delivered[IDS[feed]] == record_id
        if said is not None:
            assert said in delivered.values(), (path, row_number, used_for)


def test_every_message_and_stay_of_the_process_is_evidence(county: County) -> None:
    delivered: dict[str, set[str]] = {}
    for feed in ("stays", "messages"):
        for path in (county.landing / feed).rglob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                delivered.setdefault(feed, set()).update(
                    row[IDS[feed]] for row in csv.DictReader(file)
                )
    with query(county.home) as ask:
        for feed, ids in delivered.items():
            found = ask(
                f"select distinct record_id from marts.fct_episode_evidence where feed = '{feed}'"
            )
            assert {record_id for (record_id,) in found} == ids


USES = {
    "WITHDRAW-1": {
        "WITHDRAW-1-ready": "withdrawn_ready_notice",
        "WITHDRAW-1-withdrawn": "withdrawal",
        "WITHDRAW-1-renewed": "ready_notice",
        "WITHDRAW-1-receipt": "receipt",
    },
    "CANCEL-4": {"CANCEL-4-cancel": "no_effect", "CANCEL-4-ready": "ready_notice"},
    "CHAIN-1": {"CHAIN-1-b": "transfer", "CHAIN-1-ready": "ready_notice"},
    "NEEDS-1": {"NEEDS-1-admission": "admission_notice", "NEEDS-1-admission-2": "needs"},
    "PLACE-1": {"PLACE-1-p": "liability_placement"},
    "DISPUTE-1": {"DISPUTE-1-d": "dispute"},
    "DISPUTE-3": {"DISPUTE-3-d": "no_effect", "DISPUTE-3-e": "no_effect"},
}


@pytest.mark.parametrize("episode_id", USES)
def test_each_row_says_what_it_decides(county: County, episode_id: str) -> None:
    with query(county.home) as ask:
        found = dict(
            ask(
                "select record_id, used_for from marts.fct_episode_evidence"
                f" where episode_id = '{episode_id}' and record_id is not null"
            )
        )
    assert USES[episode_id].items() <= found.items()


def test_a_replacing_notice_is_a_notice_and_a_cancellation(county: County) -> None:
    with query(county.home) as ask:
        found = ask(
            "select record_id, used_for from marts.fct_episode_evidence"
            " where record_id in ('REPLACE-1-ready', 'REPLACE-1-second') order by all"
        )
    assert found == [
        ("REPLACE-1-ready", "cancelled"),
        ("REPLACE-1-second", "cancellation"),
        ("REPLACE-1-second", "ready_notice"),
    ]


def test_a_protected_identity_is_explained_without_a_place(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    told = "\n".join(explain_episode(marts, "SECRET-5"))
    assert "None: the person's identity is protected" in told
    assert "protected_identity" in told
    assert "0127" not in told
    assert "0160" not in told
    assert "SECRET-5-p" not in told


def test_no_explanation_names_a_person(marts: duckdb.DuckDBPyConnection) -> None:
    people = marts.execute("select episode_id, person_key from marts.fct_discharge_episode")
    found = people.fetchall()
    assert len(found) > 5
    for episode_id, person_key in found:
        told = "\n".join(explain_episode(marts, episode_id))
        assert person_key not in told
        assert f"R-{episode_id}" not in told


def test_the_id_of_a_message_leads_to_its_episode(marts: duckdb.DuckDBPyConnection) -> None:
    told = explain(marts, None, "MEAN-2-c-ready")
    assert told[0] == "The id is of feed messages; its episode is MEAN-2-c."
    assert told[2:] == explain_episode(marts, "MEAN-2-c")


def test_an_unknown_id_is_not_repeated_and_the_error_says_what_ids_there_are(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(LusError) as raised:
        explain(marts, None, "191212121212")
    assert "191212121212" not in str(raised.value)
    assert "first stay" in str(raised.value)


def test_what_the_tests_build_quickly_is_what_dbt_builds(county: County, tmp_path: Path) -> None:
    """Held here, where a small county's marts are dbt's: every one of them, by hash."""
    home = Home(tmp_path / "home")
    shutil.copytree(county.home.root, home.root)
    by_dbt = marts_hash(home.warehouse)
    quick_build(home, county.as_of, tested=True)
    assert marts_hash(home.warehouse) == by_dbt
