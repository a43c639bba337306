"""PostgreSQL where there is none: told clearly, nothing else is touched. tests/bi/ has a server."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from lus_assets.core.assets import INSTALLATION
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.installation import Installation
from lus_assets.core.settings import Settings
from lus_assets.publishing.assets import build_postgres_asset
from lus_assets.publishing.postgres import publish_postgres
from lus_assets.publishing.snapshot import SnapshotReport, publish_snapshot
from tests.pipeline.command import lus_here
from tests.unit.publishing.tiny_marts import build_warehouse

AS_OF = date(2025, 2, 1)
WORD = "pass-and-word"
UNREACHABLE = f"host=127.0.0.1 port=1 dbname=bi user=someone password={WORD}"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def snapshot(home: Home) -> SnapshotReport:
    build_warehouse(home, AS_OF, {}, ("dim_snapshot", "dim_ruleset"))
    return publish_snapshot(home, AS_OF)


def materialized(home: Home) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [build_postgres_asset()],
        resources={INSTALLATION: Installation(home, home.root)},
        raise_on_error=False,
    )


@pytest.mark.parametrize("dsn", [UNREACHABLE, f"no connection string {WORD}"])
def test_a_server_that_cannot_be_reached_is_told_without_the_connection_string(
    dsn: str, home: Home, snapshot: SnapshotReport
) -> None:
    before = snapshot.database.read_bytes()
    with pytest.raises(LusError, match="PostgreSQL cannot be reached") as failed:
        publish_postgres(home, dsn, Settings())
    assert not {WORD, "someone", "127.0.0.1"} & set(str(failed.value).replace("=", " ").split())
    assert WORD not in str(failed.value)
    assert snapshot.database.read_bytes() == before


def test_without_a_snapshot_the_command_to_make_one_is_named(home: Home) -> None:
    with pytest.raises(LusError, match="lus run"):
        publish_postgres(home, UNREACHABLE, Settings())


def test_the_command_names_the_variable_that_is_missing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUS_POSTGRES_DSN", raising=False)
    said = lus_here("publish-postgres", "--home", home.root)
    assert (said.status, "LUS_POSTGRES_DSN" in said.err) == (1, True)


def test_in_the_graph_nothing_is_done_where_no_server_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUS_POSTGRES_DSN", raising=False)
    result = materialized(home)
    assert result.success
    assert result.get_asset_materialization_events() == []


@pytest.mark.usefixtures("snapshot")
def test_in_the_graph_an_unreachable_server_fails_the_step_in_words(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LUS_POSTGRES_DSN", UNREACHABLE)
    result = materialized(home)
    (failure,) = result.get_step_failure_events()
    told = failure.step_failure_data
    assert told.user_failure_data is not None
    assert "PostgreSQL cannot be reached" in str(told.user_failure_data.description)
    assert WORD not in str(told)
