"""Two months of a small county through `lus` and Dagster: a gap refuses, an operator acknowledges
it, bases are issued once, and nothing that the home holds outside the vault tells of a person."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pyarrow.parquet as pq
import pytest

from lus_assets.core.home import Home
from lus_assets.invoicing.assets import KEY as INVOICE_BASE
from lus_assets.publishing.release import verify_release
from lus_assets.simulation import simulate
from orchestration.build import build_defs
from orchestration.finding_counts import finding_codes
from orchestration.runner import Runner, dagster_home
from tests.conftest import KEY
from tests.golden.contract import FEED_COLUMNS
from tests.pipeline.command import Said, lus, lus_here
from tests.pipeline.deliveries import write_rows
from tests.pipeline.marts import Query, query, write_region

MONTH, AS_OF = date(2024, 2, 1), date(2024, 3, 26)
GAP = ("placements", date(2024, 3, 10))
SETTINGS = """
region = "01"
finding_share_warn_default = 1.0
[finding_share_warn]
SIP_CALL_MISSING = 0.0
"""
ACTIVE = {
    "settings.toml": SETTINGS,
    "ruleset_invoicing.csv": "ruleset_id,valid_from,invoicing\n"
    "stockholm-2020-somatic,2024-01-01,active\n"
    "stockholm-2020-psychiatric,2024-01-01,active\n",
}
IN_TEXT, IN_NAME = "189001019802", "189001029819"
SECRETS = (b"canary", IN_TEXT.encode(), IN_NAME.encode(), f"{IN_TEXT[:8]}-{IN_TEXT[8:]}".encode())
"""What no file outside the vault may hold, in lower case."""


@dataclass(frozen=True)
class County:
    """A county after three runs: refused for a gap, issued, and the same again."""

    home: Home
    landing: Path
    refused: Said
    invoices_when_refused: list[Path]
    acknowledged: Said
    issued: Said
    published: dict[str, bytes]
    again: Said
    published_again: dict[str, bytes]


def plant_secrets(landing: Path) -> None:
    """Rows and files, good and bad, that name persons or hold values to be recognised by."""

    def deliver(feed: str, name: str, *rows: dict[str, str]) -> None:
        columns = list(FEED_COLUMNS[feed])
        full = [dict.fromkeys(columns, "") | row for row in rows]
        write_rows(landing / feed / "2024-02-10" / name, columns, full)

    stay = {
        "stay_id": "SECRET-1",
        "person_id": "CANARY-RESERVE",
        "hospital_unit": "Geriatriken",
        "care_type": "somatic",
        "admission_type": "unplanned",
        "admitted_at": "2024-02-03T08:00:00",
        "discharged_at": "2024-02-10T12:00:00",
        "discharge_type": "home",
        "updated_at": "2024-02-10T12:00:00",
    }
    person = {"person_id": "CANARY-RESERVE", "birth_date": "1931-07-13"}
    message = {"message_id": "SECRET-M", "stay_id": "SECRET-1", "sent_at": "2024-02-04T08:00:00"}
    message |= {"message_type": "ready_notice", "sender_unit": "G", "sender_role": "inpatient"}
    deliver(
        *("stays", "secret.csv", stay),
        stay | {"stay_id": "SECRET-2", "admitted_at": "canary-stamp"},
        stay | {"stay_id": "SECRET-3", "hospital_unit": f"Avd 3, {IN_TEXT}"},
    )
    deliver("stays", f"{IN_NAME}.csv", stay | {"stay_id": "SECRET-4", "care_type": "canary-care"})
    deliver(
        *("persons", "secret.jsonl"),
        person | {"municipality_code": "0126", "valid_from": "2010-01-01"},
        person | {"municipality_code": "0126", "valid_from": "canary-date"},
    )
    deliver("messages", "secret.parquet", message, message | {"message_type": "canary_type"})
    dispute = {"dispute_id": "SECRET-D", "episode_id": "SECRET-1", "municipality_code": "0126"}
    dispute |= {"billing_month": "2024-02", "status": "rejected", "ground": "Canary säger nej"}
    stamp = "2024-02-10T13:00:00"
    deliver("disputes", "secret.csv", dispute | {"raised_at": stamp, "updated_at": stamp})
    day = landing / "messages" / "2024-02-10"
    (day / "broken.parquet").write_bytes(b"canary, not Parquet")
    (day / "broken.jsonl").write_bytes(b'{"message_id": "canary')
    (day / "broken.csv").write_bytes(b'message_id,"canary\n')


def bytes_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def releases(home: Home) -> dict[str, bytes]:
    """What never changes once it is written."""
    return {
        f"{kind}/{name}": content
        for kind in ("statistics", "invoice")
        for name, content in bytes_below(home.published / kind).items()
    }


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        root = tmp_path_factory.mktemp("county")
        landing, home = root / "landing", Home(root / "home")
        simulate(landing, date(2024, 1, 1), AS_OF, population=20_000)
        plant_secrets(landing)
        shutil.rmtree(landing / GAP[0] / GAP[1].isoformat())
        write_region(home, "01", ACTIVE)
        run = ("run", "--landing", landing, "--home", home.root)
        run += ("--month", f"{MONTH:%Y-%m}", "--as-of", AS_OF, "--through", "invoice")
        refused = lus(*run)
        when_refused = list(home.published.glob("invoice/*/*"))
        acknowledged = lus_here(
            *("acknowledge-gap", *GAP, "--home", home.root, "--reason", "none that day")
        )
        issued = lus_here(*run)
        published = releases(home)
        again = lus_here(*run)
        yield County(
            *(home, landing, refused, when_refused, acknowledged),
            *(issued, published, again, releases(home)),
        )


@pytest.fixture
def ask(county: County) -> Iterator[Query]:
    with query(county.home.published / "bi" / "lus.duckdb") as asking:
        yield asking


@pytest.fixture
def instance(county: County, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "replaced by dagster_home")
    dagster_home(county.home)
    with dg.DagsterInstance.get() as there:
        yield there


def test_a_gap_refuses_every_invoice_base_and_is_named(county: County) -> None:
    assert county.refused.status == 3, county.refused.err
    assert "days without a delivered file (placements: 1 day, the first 2024-03-10)" in (
        county.refused.err
    )
    assert county.invoices_when_refused == []
    assert "Traceback" not in county.refused.err


def test_an_acknowledged_gap_refuses_nothing_and_the_same_run_issues(county: County) -> None:
    assert county.acknowledged.status == 0, county.acknowledged.err
    assert county.issued.status == 0, county.issued.err
    assert " 0 refused" in county.issued.out


def test_every_release_is_whole_and_says_what_it_was_made_from(county: County) -> None:
    folders = [path.parent for path in county.home.published.rglob("manifest.json")]
    assert len(folders) >= 5
    for folder in folders:
        assert verify_release(folder).is_intact, folder
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["as_of"] == AS_OF.isoformat()
        assert {each["ruleset_id"] for each in manifest["rulesets"]} <= {
            *("stockholm-2020-somatic", "stockholm-2020-psychiatric"),
            *("se-statute-2018",),
        }


def test_the_published_lines_are_the_marts_charge_lines(county: County, ask: Query) -> None:
    published = {
        (path.parent.name, row["ruleset_id"], row["episode_id"], row["unit_price_sek"]): row
        for path in county.home.published.glob("invoice/2024-02/*/lines.parquet")
        for row in pq.read_table(path).to_pylist()
    }
    lines = ask(
        "select municipality_code, ruleset_id, episode_id, unit_price_sek, quantity_days,"
        " amount_sek from marts.fct_charge_line where billing_month = date '2024-02-01'"
        " and not exists (select 1 from marts.fct_held_line as held where held.billing_month ="
        " fct_charge_line.billing_month and held.municipality_code ="
        " fct_charge_line.municipality_code)"
    )
    charged = [line for line in lines if line[-1]]
    assert charged
    for code, ruleset, episode, price, days, amount in charged:
        row = published[code, ruleset, episode, price]
        assert (row["quantity_days"], row["amount_sek"]) == (days, amount)
    total = sum((row["amount_sek"] for row in published.values()), Decimal(0))
    assert f" {total} SEK" in county.issued.out


def test_the_published_statistics_are_the_marts_figures(county: County, ask: Query) -> None:
    (path,) = county.home.published.glob("statistics/2024-02/v1/monthly_statistics.parquet")
    key = "month, geography_level, geography_code, care_type, measure, value, value_status"
    with duckdb.connect() as connection:
        published = connection.execute(
            f"select {key} from read_parquet(?) order by all", [str(path)]
        ).fetchall()
    marts = ask(
        f"select {key} from marts.rpt_monthly_statistics where month = date '2024-02-01'"
        " order by all"
    )
    assert len(marts) > 1000
    assert published == marts


def test_the_same_run_again_changes_no_published_byte(county: County) -> None:
    assert county.again.status == 0, county.again.err
    assert "0 issued" in county.again.out
    assert "(unchanged)" in county.again.out
    assert county.published
    assert county.published_again == county.published


def test_a_delivery_day_that_is_run_again_replaces_itself(county: County) -> None:
    before = bytes_below(county.home.lake)
    before.pop("catalog.sqlite")
    with query(county.home) as asking:
        files = asking("select count(*) from lake.file_version")
    outcome = Runner(county.home, county.landing, AS_OF).ingest(date(2024, 2, 9), date(2024, 2, 11))
    figures = outcome.metadata["lake/stays"]
    assert figures["files"] == figures["files_read_before"] == 5
    after = bytes_below(county.home.lake)
    after.pop("catalog.sqlite")
    assert after == before
    assert files[0][0] == len(list(county.landing.glob("*/*/*.*")))


def test_the_checks_count_what_the_findings_are(instance: dg.DagsterInstance, ask: Query) -> None:
    found = dict(
        ask(
            "select finding_code, count(*) from marts.fct_episode_finding inner join"
            " marts.fct_discharge_episode using (episode_id)"
            " where billing_month = date '2024-02-01' group by finding_code"
        )
    )
    in_model = dict(
        ask(
            "select finding_code, cast(sum(episodes_with_finding) as bigint)"
            " from marts.fct_finding_month where billing_month = date '2024-02-01'"
            " group by finding_code"
        )
    )
    ((discharged,),) = ask(
        "select count(*) from marts.fct_discharge_episode where billing_month = date '2024-02-01'"
    )
    expected = {code: found.get(code, 0) for code in finding_codes()}
    assert sum(count > 0 for count in expected.values()) >= 6
    assert in_model == expected
    checks = finding_checks_of_last_run(instance)
    told = {code: check.metadata["episodes_with_finding"].value for code, check in checks.items()}
    assert told == expected
    for check in checks.values():
        assert check.metadata["episodes_discharged"].value == discharged
        for table in ("per_hospital_unit", "per_municipality"):
            records = [record.data for record in check.metadata[table].records]
            total = sum(record["with_finding"] for record in records)
            assert total == check.metadata["episodes_with_finding"].value
            assert sum(record["discharged"] for record in records) == discharged


def test_a_finding_warns_above_its_threshold_and_only_there(
    instance: dg.DagsterInstance,
) -> None:
    checks = finding_checks_of_last_run(instance)
    warned = {code for code, check in checks.items() if not check.passed}
    assert warned == {"SIP_CALL_MISSING"}
    assert checks["SIP_CALL_MISSING"].metadata["warns_above_share"].value == 0.0
    assert {check.severity for check in checks.values()} == {dg.AssetCheckSeverity.WARN}


def finding_checks_of_last_run(instance: dg.DagsterInstance) -> dict[str, Any]:
    """Finding code -> what its check said in the last monthly run."""
    (run,) = instance.get_runs(dg.RunsFilter(job_name="monthly_invoice_base"), limit=1)
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    evaluations = [entry.dagster_event.asset_check_evaluation_data for entry in entries]
    return {
        each.check_name.removeprefix("month_").upper(): each
        for each in evaluations
        if each.asset_key.path[-1] == "fct_finding_month" and each.check_name.startswith("month_")
    }


def test_the_graph_tells_the_rows_of_every_mart(instance: dg.DagsterInstance, ask: Query) -> None:
    tables = [name for (name,) in ask("select table_name from duckdb_tables() order by 1")]
    told = {
        table: instance.get_latest_materialization_event(dg.AssetKey(["marts", table]))
        for table in tables
    }
    for table, event in told.items():
        assert event is not None, table
        rows = event.asset_materialization.metadata["dagster/row_count"].value
        assert ask(f"select count(*) from marts.{table}") == [(rows,)], table


@pytest.mark.parametrize("failed", [True, False])
def test_a_blocking_check_that_failed_in_an_earlier_run_refuses_until_it_passes(
    failed: bool, county: County, instance: dg.DagsterInstance
) -> None:
    """Dagster's own blocking ends with its run; the gate asks for the last result of each check.

    January was not issued before, so that there is something to refuse.
    """
    definitions = build_defs(county.home.root, county.landing, AS_OF.isoformat())
    graph = definitions.resolve_asset_graph()
    blocking = sorted(
        key
        for key in graph.asset_check_keys
        if key.asset_key == dg.AssetKey(["marts", "fct_municipality_month"])
        and graph.get_check_spec(key).blocking
    )
    assert blocking, "dbt's tests of a mart must block"
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=blocking[0].asset_key, check_name=blocking[0].name, passed=not failed
        )
    )
    result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
        instance=instance,
        asset_selection=[INVOICE_BASE],
        partition_key="2024-01-01",
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert result.success
    (event,) = result.get_asset_materialization_events()
    figures = {name: value.value for name, value in event.materialization.metadata.items()}
    assert (figures["issued"] > 0, figures["refused"] > 0) == (not failed, failed)
    codes = {refusal["reason_code"] for refusal in figures["refusals"]}
    assert codes == ({"FAILED_CHECK"} if failed else set())
    assert all(blocking[0].name in refusal["reason"] for refusal in figures["refusals"])


def test_nothing_outside_the_vault_tells_of_a_person(county: County) -> None:
    everything = bytes_below(county.home.root)
    vault = {name for name in everything if name.startswith("vault/")}
    assert any(b"canary" in everything[name].lower() for name in vault), "the vault must know"
    leaks = {
        (name, secret.decode())
        for name in everything.keys() - vault
        for secret in SECRETS
        if secret in everything[name].lower() or secret in name.lower().encode()
    }
    assert leaks == set()
    assert {name.split("/")[0] for name in everything} >= {
        *("dagster", "lake", "logs", "published", "warehouse")
    }


def test_no_packed_value_outside_the_vault_tells_of_a_person(county: County) -> None:
    """Parquet and DuckDB pack their values, so bytes alone do not show them."""
    leaks: list[tuple[str, str]] = []
    with duckdb.connect() as connection:
        for path in county.home.root.rglob("*.parquet"):
            leaks += [
                (path.name, secret) for secret in secrets_in(connection, f"read_parquet('{path}')")
            ]
    for path in (county.home.warehouse, county.home.published / "bi" / "lus.duckdb"):
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "select schema_name || '.' || table_name from duckdb_tables()"
            ).fetchall()
            assert len(tables) > 15
            for (table,) in tables:
                leaks += [(table, secret) for secret in secrets_in(connection, table)]
    assert leaks == []


def secrets_in(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    row = "lower(concat_ws('|', *columns(*)))"
    found = [
        connection.execute(
            f"select count(*) from {relation} where contains({row}, ?)", [secret.decode()]
        ).fetchone()
        for secret in SECRETS
    ]
    return [
        secret.decode() for secret, count in zip(SECRETS, found, strict=True) if count and count[0]
    ]


def test_no_output_of_a_command_tells_of_a_person(county: County) -> None:
    for said in (county.refused, county.acknowledged, county.issued, county.again):
        text = (said.out + said.err).lower().encode()
        assert not [secret for secret in SECRETS if secret in text]
