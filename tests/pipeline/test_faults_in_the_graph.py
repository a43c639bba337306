"""What a fault does to a run: nothing is published, the failure shows as one and holds no value."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.warehouse import own_rows
from orchestration.jobs import MONTHLY_INVOICE_BASE
from orchestration.runner import Runner, dagster_home
from tests.conftest import KEY
from tests.oracle.landing_strategy import nasty_landing
from tests.pipeline.command import lus_here
from tests.pipeline.marts import write_region

RATE = "rate_source,valid_from,valid_to,rate_sek,source,status\n"


@dataclass(frozen=True)
class Installed:
    """A home whose lake holds a small landing area; no marts were built."""

    home: Home
    landing: Path
    as_of: date

    @property
    def month(self) -> str:
        return f"{self.as_of:%Y-%m}"

    def run(self, through: str) -> str:
        """Run what must fail; what it said."""
        ended = lus_here(
            *("run", "--landing", self.landing, "--home", self.home.root),
            *("--month", self.month, "--as-of", self.as_of, "--through", through),
        )
        assert ended.status == 1, ended.out
        return ended.err

    def published(self) -> list[Path]:
        return [path for path in self.home.published.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
            patch.setenv(name, "replaced by dagster_home")
        root = tmp_path_factory.mktemp("faults")
        nasty = nasty_landing(11, "01")
        home, landing = Home(root / "home"), root / "landing"
        nasty.write_landing(landing)
        write_region(home)
        days = sorted(date.fromisoformat(path.name) for path in landing.glob("stays/*"))
        Runner(home, landing, nasty.as_of).ingest(days[0], days[-1])
        yield Installed(home, landing, nasty.as_of)


@pytest.fixture
def installed(prepared: Installed) -> Iterator[Installed]:
    """The same for each test: own rows and publications of another are taken away."""
    yield prepared
    for name in ("daily_rate.csv", "ruleset_invoicing.csv"):
        (prepared.home.region / name).unlink(missing_ok=True)


def events(home: Home, kind: dg.DagsterEventType) -> tuple[dg.DagsterRun, list[dg.DagsterEvent]]:
    """The last run of a monthly or marts job, and its events of a kind."""
    dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        run = instance.get_runs(limit=1)[0]
        entries = instance.all_logs(run.run_id, of_type=kind)
        return run, [entry.dagster_event for entry in entries if entry.dagster_event]


def test_a_broken_own_row_is_refused_with_file_row_and_column(installed: Installed) -> None:
    rows = RATE + "national,2021-01-01,2021-12-31,8500,B,sourced\nnational,2025-01-01,,tolv,B,\n"
    (installed.home.region / "daily_rate.csv").write_text(rows)
    said = installed.run("marts")
    assert "daily_rate.csv, row 2" in said
    assert "rate_sek cannot be read as decimal(18,2)" in said
    assert "tolv" not in said
    assert installed.published() == []


def test_a_data_test_that_fails_stops_snapshot_statistics_and_invoice_and_shows_as_a_check(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate below zero is refused before that, with its row: here that look is left out."""
    monkeypatch.setattr(own_rows, "check_own_rows", lambda *_: None)
    (installed.home.region / "daily_rate.csv").write_text(
        RATE + "national,2025-01-01,,-4711,B,sourced\n"
    )
    with pytest.raises(LusError) as stopped:
        Runner(installed.home, installed.landing, installed.as_of).run(
            MONTHLY_INVOICE_BASE, month=installed.as_of.replace(day=1)
        )
    said = str(stopped.value)
    assert "4711" not in said
    assert installed.published() == []
    run, evaluated = events(installed.home, dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    assert (run.job_name, run.status) == (MONTHLY_INVOICE_BASE, dg.DagsterRunStatus.FAILURE)
    failed = {
        event.asset_check_evaluation_data.check_name
        for event in evaluated
        if not event.asset_check_evaluation_data.passed
    }
    assert failed == {"a_daily_rate_is_positive"}
    assert "a_daily_rate_is_positive" in said, "the command must name the check that stopped it"
    _, made = events(installed.home, dg.DagsterEventType.ASSET_MATERIALIZATION)
    names = {event.asset_key.path[-1] for event in made if event.asset_key}
    assert names, "what came before the failure was made"
    assert not names & {"bi_snapshot", "monthly_statistics", "invoice_base"}


def test_a_model_that_fails_is_a_failure_and_never_a_success(installed: Installed) -> None:
    """With row counts fetched, a failing model once showed as success (dagster 23109)."""
    lake = sorted((installed.home.lake / "messages").rglob("*.parquet"))
    broken = lake[len(lake) // 2]
    whole = broken.read_bytes()
    put(installed.home, broken, whole[: len(whole) // 2])
    try:
        said = installed.run("marts")
    finally:
        put(installed.home, broken, whole)
    assert "base_message" in said
    run, made = events(installed.home, dg.DagsterEventType.ASSET_MATERIALIZATION)
    assert (run.job_name, run.status) == ("marts", dg.DagsterRunStatus.FAILURE)
    names = {event.asset_key.path[-1] for event in made if event.asset_key}
    assert names
    assert not names & {"base_message", "stg_message", "fct_discharge_episode", "bi_snapshot"}
    assert installed.published() == []


def put(home: Home, path: Path, content: bytes) -> None:
    """A lake file of that content, by the catalog too: torn before anybody looked at it."""
    path.write_bytes(content)
    with sqlite3.connect(home.catalog) as catalog:
        name = path.relative_to(home.lake).as_posix()
        changed = catalog.execute(
            "update lake_file set sha256 = ? where path = ?",
            (hashlib.sha256(content).hexdigest(), name),
        )
        assert changed.rowcount == 1
