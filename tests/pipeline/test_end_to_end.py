"""Two months of a small county through `lus` and Dagster: review bases on the planned day, a gap
refuses invoice bases, an operator acknowledges it, bases are issued once, and nothing that the home
holds outside the vault and a municipality's own review base tells of a person."""

import csv
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
from lus_assets.invoicing.assets import INVOICE_KEY
from lus_assets.invoicing.verify import verify
from lus_assets.ledger.ledger import Ledger
from lus_assets.operations.finding_counts import finding_codes
from lus_assets.publishing.release import verify_release
from lus_assets.simulation import simulate
from orchestration.build import build_defs
from orchestration.runner import Runner, dagster_home
from tests.conftest import KEY
from tests.pipeline.command import Said, lus_here
from tests.pipeline.leaks import files_below
from tests.pipeline.marts import Query, query, write_region
from tests.pipeline.planted import SECRETS, THEIR_OWN, plant_secrets, secrets_in, unzipped

MONTH, REVIEWED, AS_OF = date(2024, 2, 1), date(2024, 3, 5), date(2024, 3, 26)
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


@dataclass(frozen=True)
class County:
    """A county after three runs: reviewed and refused for a gap, issued, and the same again.

    gated: what the invoice asset said between the first two, with a failed check and without;
    made_again: whether it made a review base's folder that was lost before.
    """

    home: Home
    landing: Path
    refused: Said
    invoices_when_refused: list[Path]
    acknowledged: Said
    gated: dict[bool, dict[str, Any]]
    made_again: bool
    issued: Said
    published: dict[str, bytes]
    again: Said
    published_again: dict[str, bytes]


def releases(home: Home) -> dict[str, bytes]:
    """What never changes once it is written."""
    return {
        f"{kind}/{name}": content
        for kind in ("statistics", "review", "invoice")
        for name, content in files_below(home.published / kind).items()
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
        refused = lus_here(*run)
        when_refused = list(home.published.glob("invoice/*/*"))
        acknowledged = lus_here(
            *("acknowledge-gap", *GAP, "--home", home.root, "--reason", "none that day")
        )
        lost = home.published / "review" / "2024-02" / "v1" / "0126"
        shutil.rmtree(lost)
        gated = {failed: behind_the_gate(home, landing, failed) for failed in (True, False)}
        issued = lus_here(*run)
        published = releases(home)
        again = lus_here(*run)
        yield County(
            *(
                home,
                landing,
                refused,
                when_refused,
                acknowledged,
                gated,
                (lost / "manifest.json").exists(),
            ),
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


def test_review_bases_are_issued_first_as_known_on_the_planned_day(
    county: County, ask: Query
) -> None:
    assert f"review: as known at {REVIEWED}" in county.refused.out
    assert "review bases stand, as known at 2024-03-05" in county.issued.out
    with Ledger.opened(county.home) as ledger:
        reviews, invoices = ledger.entries("review"), ledger.entries("invoice")
    assert {each.as_of for each in reviews} == {REVIEWED}
    assert {each.as_of for each in invoices} == {AS_OF}
    assert [each.number for each in invoices] == [
        f"LUS-{number:06d}" for number in range(1, len(invoices) + 1)
    ]
    assert f" {len(reviews)} review bases in " in county.refused.out
    region = ask("select distinct municipality_code from marts.dim_municipality where is_in_region")
    codes = [each.municipality_code for each in reviews]
    assert {code for (code,) in region} <= set(codes)
    assert len(set(codes)) == len(codes)


def test_an_acknowledged_gap_refuses_nothing_and_the_same_run_issues(county: County) -> None:
    assert county.acknowledged.status == 0, county.acknowledged.err
    assert county.issued.status == 0, county.issued.err
    assert " 0 refused" in county.issued.out
    assert "  built in full: as the settings say" in county.issued.out


def test_every_release_is_whole_and_says_what_it_was_made_from(county: County) -> None:
    folders = [
        path.parent
        for kind in ("statistics", "review", "invoice")
        for path in (county.home.published / kind).rglob("manifest.json")
    ]
    assert len(folders) >= 31
    for folder in folders:
        assert verify_release(folder).is_intact, folder
        manifest = json.loads((folder / "manifest.json").read_text())
        known_at = REVIEWED if "/review/" in folder.as_posix() else AS_OF
        assert manifest["as_of"] == known_at.isoformat()
        assert {each["ruleset_id"] for each in manifest["rulesets"]} <= {
            *("stockholm-2020-somatic", "stockholm-2020-psychiatric"),
            *("se-statute-2018",),
        }


def test_the_published_lines_are_the_marts_due_lines(county: County, ask: Query) -> None:
    published = [
        (
            *(path.parent.name, row["ruleset_id"], row["episode_id"], row["unit_price_sek"]),
            *(row["quantity_days"], row["amount_sek"]),
        )
        for path in county.home.published.glob("invoice/2024-02/*/lines.parquet")
        for row in pq.read_table(path).to_pylist()
    ]
    columns = "municipality_code, ruleset_id, episode_id, unit_price_sek, quantity_days, amount_sek"
    due = ask(
        f"select {columns} from marts.fct_due_line where issue_month = date '2024-02-01'"
        " and is_reviewed and held_by is null"
    )
    assert due
    assert sorted(published, key=str) == sorted(due, key=str)
    issued = ask(f"select {columns} from marts.fct_invoice_line")
    assert sorted(issued, key=str) == sorted(due, key=str)
    total = sum((line[-1] for line in published), Decimal(0))
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
    before = files_below(county.home.lake)
    before.pop("catalog.sqlite")
    with query(county.home) as asking:
        files = asking("select count(*) from lake.file_version")
    outcome = Runner(county.home, county.landing, AS_OF).ingest(date(2024, 2, 9), date(2024, 2, 11))
    figures = outcome.metadata["lake/stays"]
    assert figures["files"] == figures["files_read_before"] == 5
    after = files_below(county.home.lake)
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


def behind_the_gate(home: Home, landing: Path, failed: bool) -> dict[str, Any]:
    """What the invoice asset says, run alone, after a blocking check failed, or passed."""
    dagster_home(home)
    definitions = build_defs(home.root, landing, AS_OF.isoformat())
    with dg.DagsterInstance.get() as instance:
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=a_blocking_check(definitions).asset_key,
                check_name=a_blocking_check(definitions).name,
                passed=not failed,
            )
        )
        result = definitions.resolve_implicit_global_asset_job_def().execute_in_process(
            instance=instance,
            asset_selection=[INVOICE_KEY],
            partition_key=MONTH.isoformat(),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    assert result.success
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def a_blocking_check(definitions: dg.Definitions) -> dg.AssetCheckKey:
    """A test of a mart by dbt, which must block."""
    graph = definitions.resolve_asset_graph()
    return min(
        key
        for key in graph.asset_check_keys
        if key.asset_key == dg.AssetKey(["marts", "fct_municipality_month"])
        and graph.get_check_spec(key).blocking
    )


def test_a_blocking_check_that_failed_in_an_earlier_run_refuses_until_it_passes(
    county: County,
) -> None:
    """Dagster's own blocking ends with its run; the gate asks for the last result of each check.

    What is left then is the gap: it was acknowledged since these marts were built.
    """
    check = a_blocking_check(build_defs(county.home.root, county.landing, AS_OF.isoformat()))
    for failed, first in ((True, "FAILED_CHECK"), (False, "GAP")):
        figures = county.gated[failed]
        assert figures["refused"] > 0
        assert figures["issued"] == figures["unchanged"] == 0
        for refusal in figures["refusals"]:
            assert refusal["reason_code"] == first
            assert (check.name in refusal["reason"]) is failed
    assert county.issued.status == 0, "no check failed in that run"


def test_the_graph_too_makes_the_folders_that_a_killed_run_did_not(county: County) -> None:
    assert county.made_again


def test_no_file_tells_of_a_person_but_her_own_municipality_s(county: County) -> None:
    everything = files_below(county.home.root)
    theirs = {name for name in everything if name.startswith(THEIR_OWN)}
    assert any(b"canary-reserve" in everything[name].lower() for name in theirs), "it is theirs"
    leaks = {
        (name, secret.decode())
        for name in everything.keys() - theirs
        for secret in SECRETS
        if secret in everything[name].lower() or secret in name.lower().encode()
    }
    assert leaks == set()
    assert {name.split("/")[0] for name in everything} >= {
        *("dagster", "lake", "ledger", "logs", "published", "vault", "warehouse")
    }


def test_no_packed_value_outside_the_vault_tells_of_a_person(
    county: County, tmp_path: Path
) -> None:
    """Parquet, DuckDB and workbooks pack their values, so bytes alone do not show them."""
    leaks: list[tuple[str, str]] = [
        (f"{path.parent.name}/{path.name}", secret.decode())
        for path in county.home.root.rglob("*.xlsx")
        if THEIR_OWN not in path.as_posix()
        for secret in SECRETS
        if secret in unzipped(path)
    ]
    parts = tmp_path / "parts"
    parts.mkdir()
    with Ledger.opened(county.home) as ledger:
        for entry in ledger.entries():
            for name in entry.parts:
                file = parts / f"{entry.sequence}-{name}.parquet"
                file.write_bytes(ledger.part(entry, name))
    with duckdb.connect() as connection:
        for path in (*county.home.root.rglob("*.parquet"), *parts.iterdir()):
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


def test_no_output_of_a_command_tells_of_a_person(county: County) -> None:
    for said in (county.refused, county.acknowledged, county.issued, county.again):
        text = (said.out + said.err).lower().encode()
        assert not [secret for secret in SECRETS if secret in text]


def test_nothing_was_changed_behind_the_ledger_s_back(county: County) -> None:
    assert verify(county.home) == []


def test_a_review_base_is_for_its_municipality_s_people_only(county: County, ask: Query) -> None:
    """Every episode is in the base of its liable municipality, as known on the review day."""
    folder = county.home.published / "review" / "2024-02" / "v1"
    listed = {
        (path.parent.name, row["episode_id"])
        for path in folder.glob("*/episodes.csv")
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    }
    known = set(
        ask(
            "select liable_municipality_code, episode_id from marts.fct_discharge_episode"
            " where billing_month = date '2024-02-01' and liable_municipality_code is not null"
        )
    )
    assert len(listed) > 50
    assert len(listed ^ known) < len(listed) / 10, "only what came after the review day differs"
