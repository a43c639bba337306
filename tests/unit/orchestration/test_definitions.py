"""The graph as a newcomer meets it: it loads, everything is described and owned, jobs resolve."""

from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.contract import FEEDS
from lus_assets.operations.finding_counts import finding_codes
from lus_assets.warehouse.dbt_runner import load_manifest, prepare_manifest
from lus_assets.warehouse.project import DBT_PROJECT
from orchestration.build import build_defs
from orchestration.checks import FINDING_MONTH, month_of_run
from orchestration.freshness import CHECK_KEYS
from orchestration.jobs import FRESHNESS, PROOF
from orchestration.proof import CHECK_KEY as PROOF_KEY
from orchestration.resources import InstallationResource
from orchestration.runner import dagster_home

TABLES = {
    *("fct_discharge_episode", "fct_episode_finding", "fct_municipality_month"),
    *("fct_invoice_line", "fct_readmission", "rpt_monthly_statistics", "dim_municipality"),
    *("dim_district", "dim_ruleset", "dim_daily_rate", "dim_finding", "dim_hospital_unit"),
    *("fct_dispute", "fct_held_line", "ingest_file", "ingest_quarantine", "ingest_anomaly"),
    "dim_snapshot",
}
"""What output.md promises in schema marts."""
ONLY_READS = {"published__month_calendar"}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    prepare_manifest()
    folder = tmp_path_factory.mktemp("installation")
    return build_defs(folder / "home", folder / "landing")


@pytest.fixture(scope="module")
def graph(definitions: dg.Definitions) -> AssetGraph:
    return definitions.resolve_asset_graph()


def test_the_definitions_load_without_key_home_or_landing_area(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUS_PSEUDONYM_KEY")
    dg.Definitions.validate_loadable(definitions)


def test_every_asset_says_what_it_is_and_whose(graph: AssetGraph) -> None:
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert len(nodes) > 60
    lacking = {
        node.key.to_user_string()
        for node in nodes
        if not ((node.description or "").strip() and node.owners and node.kinds)
        or node.group_name == "default"
    }
    assert lacking == set()


def test_every_job_schedule_sensor_and_check_says_what_it_is(
    definitions: dg.Definitions, graph: AssetGraph
) -> None:
    repository = definitions.get_repository_def()
    jobs = [each for each in repository.get_all_jobs() if not each.name.startswith("__")]
    described = [*jobs, *repository.schedule_defs, *repository.sensor_defs]
    assert len(described) > 20
    assert [each.name for each in described if not each.description] == []
    checks = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    assert len(checks) > 100
    assert [each.key for each in checks if not each.description] == []


def test_every_promised_table_is_an_asset_of_the_marts(graph: AssetGraph) -> None:
    marts = {key.path[-1] for key in graph.materializable_asset_keys if key.path[0] == "marts"}
    assert marts >= TABLES
    assert {graph.get(dg.AssetKey(["marts", mart])).group_name for mart in marts} == {"marts"}


def test_the_feeds_are_partitioned_by_delivery_day_in_stockholm_and_filled_in_one_run(
    graph: AssetGraph,
) -> None:
    for feed in FEEDS:
        node = graph.get(dg.AssetKey(["lake", feed]))
        partitions = node.partitions_def
        assert isinstance(partitions, dg.DailyPartitionsDefinition)
        assert partitions.timezone == "Europe/Stockholm"
        assert partitions.has_partition_key("2018-01-01")
        assert node.backfill_policy == dg.BackfillPolicy.single_run()


@pytest.mark.parametrize(
    ("beside", "month"),
    [
        (["lake", "stays"], date(2024, 2, 1)),
        (["published", "monthly_statistics"], date(2024, 3, 1)),
    ],
)
def test_of_what_somebody_materialises_by_hand_the_first_of_a_month_is_a_day_or_that_month(
    definitions: dg.Definitions, beside: list[str], month: date
) -> None:
    """In the UI, a partition `2024-03-01` of a feed is a day, of a release March."""
    chosen = {FINDING_MONTH, dg.AssetKey(beside)}
    whole = definitions.resolve_implicit_global_asset_job_def()
    assets = whole.get_subset(asset_selection=chosen).asset_layer.selected_asset_keys
    assert assets == chosen
    tags = {"dagster/partition": "2024-03-01"}
    assert month_of_run(tags, assets, date(2024, 3, 1)) == month


def test_releases_are_partitioned_by_discharge_month_in_stockholm(graph: AssetGraph) -> None:
    for name in ("monthly_statistics", "review_base", "invoice_base"):
        partitions = graph.get(dg.AssetKey(["published", name])).partitions_def
        assert isinstance(partitions, dg.MonthlyPartitionsDefinition)
        assert partitions.timezone == "Europe/Stockholm"
        assert partitions.has_partition_key("2024-02-01")


def test_what_dbt_says_is_read_is_what_each_published_asset_is_made_of(graph: AssetGraph) -> None:
    told: dict[str, set[str]] = {}
    for each in load_manifest()["exposures"].values():
        marts = {name.split(".")[-1] for name in each["depends_on"]["nodes"]}
        told[each["config"]["meta"]["asset"]] = marts
    assert set(told) == {
        *("monthly_statistics", "review_base", "invoice_base", "bi_snapshot", "postgres_marts"),
        "waiting_today",
    }
    # made of the snapshot, and with it of the same marts
    assert told.pop("postgres_marts") == told["bi_snapshot"]
    for name, marts in told.items():
        parents = graph.get(dg.AssetKey(["published", name])).parent_keys
        assert {key.path[-1] for key in parents if key.path[0] == "marts"} == marts, name


def test_freshness_is_looked_at_by_a_job_of_its_own_and_by_no_other(
    definitions: dg.Definitions,
) -> None:
    looks = {
        job.name: {node.name for node in definitions.resolve_job_def(job.name).nodes}
        for job in definitions.jobs or ()
    }
    named = {
        name: [node for node in nodes if "is_fresh" in node or "is_proven" in node]
        for name, nodes in looks.items()
    }
    assert len(named.pop(FRESHNESS)) == len(CHECK_KEYS) + 1 == len(looks[FRESHNESS])
    assert not any(named.values())


def test_the_proof_is_of_a_job_of_its_own_and_of_no_other(definitions: dg.Definitions) -> None:
    nodes = {
        job.name: [
            node
            for node in definitions.resolve_job_def(job.name).nodes
            if PROOF_KEY.name in node.name
        ]
        for job in definitions.jobs or ()
    }
    (node,) = nodes.pop(PROOF)
    assert isinstance(node.definition, dg.OpDefinition)
    assert node.definition.pool == "warehouse"
    assert not any(nodes.values())


def test_every_mart_feeds_the_snapshot(graph: AssetGraph) -> None:
    parents = graph.get(dg.AssetKey(["published", "bi_snapshot"])).parent_keys
    assert {key for key in graph.materializable_asset_keys if key.path[0] == "marts"} == parents


def test_the_lake_leads_to_the_marts(graph: AssetGraph) -> None:
    """Sources of dbt are the lake's own assets, so that the graph is one."""
    upstream = graph.get_ancestor_asset_keys(dg.AssetKey(["marts", "fct_discharge_episode"]))
    assert upstream >= {
        dg.AssetKey(["lake", feed]) for feed in ("stays", "messages", "persons", "placements")
    }


def test_every_writer_waits_its_turn_in_the_one_pool(definitions: dg.Definitions) -> None:
    writers = [each for each in definitions.assets or () if not isinstance(each, dg.AssetSpec)]
    assert len(writers) > 10
    for asset in writers:
        assert isinstance(asset, dg.AssetsDefinition)
        pool = None if asset.op.name in ONLY_READS else "warehouse"
        assert asset.op.pool == pool, asset.op.name


def test_there_is_one_check_per_finding_and_one_per_border(graph: AssetGraph) -> None:
    found = {(key.asset_key.path[-1], key.name) for key in graph.asset_check_keys}
    assert {
        name for asset, name in found if asset == "fct_finding_month" and name.startswith("month_")
    } == {f"month_{code.lower()}" for code in finding_codes()}
    assert found >= {(feed, "as_delivered") for feed in FEEDS}
    of_releases = ("monthly_statistics", "yearly_follow_up", "invoice_base")
    assert found >= {(asset, "as_published") for asset in of_releases}


def test_dbts_tests_of_the_marts_block_and_the_findings_warn(graph: AssetGraph) -> None:
    blocking = {key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    guarded = {key.asset_key.path[-1] for key in blocking if key.asset_key.path[0] == "marts"}
    assert guarded >= TABLES
    assert not {key.name for key in blocking if key.name.startswith("month_")}


def test_every_singular_test_shows_as_a_check(graph: AssetGraph) -> None:
    """A test over several models shows only with meta.dagster.ref."""
    shown = {key.name for key in graph.asset_check_keys}
    written = {path.stem for path in (DBT_PROJECT / "tests").glob("*.sql")}
    assert written
    assert written <= shown


@pytest.mark.parametrize(
    ("job", "holds", "leaves_out"),
    [
        ("ingest", {"stays", "messages", "persons", "placements", "disputes"}, {"dim_snapshot"}),
        (
            "marts",
            {*TABLES, "bi_snapshot", "postgres_marts", "month_calendar"},
            {"stays", "monthly_statistics", "review_base", "invoice_base"},
        ),
        (
            "morning",
            {*TABLES, "bi_snapshot", "waiting_today", *FEEDS},
            {"monthly_statistics", "invoice_base"},
        ),
        ("monthly_statistics", {*TABLES, "bi_snapshot", "monthly_statistics"}, {"invoice_base"}),
        (
            "monthly_review_base",
            {*TABLES, "bi_snapshot", "review_base"},
            {"stays", "monthly_statistics", "invoice_base"},
        ),
        (
            "monthly_invoice_base",
            {*TABLES, "bi_snapshot", "monthly_statistics", "invoice_base"},
            {"stays", "review_base"},
        ),
        ("disposal", {"disposal"}, {*TABLES, *FEEDS, "bi_snapshot"}),
    ],
)
def test_a_job_runs_what_its_name_says(
    job: str, holds: set[str], leaves_out: set[str], definitions: dg.Definitions
) -> None:
    resolved = definitions.resolve_job_def(job)
    run = {key.path[-1] for key in resolved.asset_layer.selected_asset_keys}
    assert run >= holds
    assert not run & leaves_out
    assert ("dbt" in {node.name for node in resolved.nodes}) is (job not in ("ingest", "disposal"))


def test_without_a_key_nothing_starts_and_the_variable_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = InstallationResource(home=str(tmp_path / "home"), landing=str(tmp_path))
    for key in (None, "", "too short"):
        monkeypatch.delenv("LUS_PSEUDONYM_KEY", raising=False)
        if key is not None:
            monkeypatch.setenv("LUS_PSEUDONYM_KEY", key)
        with pytest.raises(LusError, match="LUS_PSEUDONYM_KEY"):
            resource.create_resource(dg.build_init_resource_context())
    assert not (tmp_path / "home").exists()


def test_an_instance_of_ours_tells_no_one_and_frees_the_slots_of_ended_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DAGSTER_HOME", "LUS_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "replaced by dagster_home")
    dagster_home(Home(tmp_path))
    with dg.DagsterInstance.get() as instance:
        assert not instance.telemetry_enabled
        assert instance.run_monitoring_enabled
        assert instance.get_settings("run_monitoring")["free_slots_after_run_end_seconds"] > 0
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
        assert Path(instance.storage_directory()).is_relative_to(tmp_path)
