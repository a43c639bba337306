"""The dbt models as assets, with their data tests as checks; one run builds them all."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from lus_assets.core.assets import INSTALLATION, POOL, installation_of, writing
from lus_assets.core.errors import LusError, with_todo
from lus_assets.core.installation import Installation
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.received import is_received
from lus_assets.warehouse.build import Built, bring_up_to_date
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.data_tests import severity_of
from lus_assets.warehouse.dbt_runner import load_manifest
from lus_assets.warehouse.results import NodeResult

_SOURCE_KEYS = {
    **{feed: ["lake", feed] for feed in ("stays", "messages", "persons", "placements", "disputes")},
    "person_age": ["lake", "persons"],
    "file_version": ["lake", "catalog"],
    "decision": ["lake", "catalog"],
    "disposed_month": ["lake", "catalog"],
    "run_parameter": ["region", "own_rows"],
    **{
        name: ["ledger", "issues"]
        for name in (
            *("issue", "issued_invoice_line"),
            *("reviewed_episode", "reviewed_stay", "reviewed_correction"),
        )
    },
}
_SEED_OWNERS = ["rules@example.org"]


class Translator(DagsterDbtTranslator):
    """Names of dbt nodes in the graph: layer first, and sources where the lake's assets are."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`<layer>/<model>`; every source is the asset or table of ours that it stands for."""
        if dbt_resource_props["resource_type"] == "source":
            name = dbt_resource_props["name"]
            return dg.AssetKey(_SOURCE_KEYS.get(name, ["region", "own_rows"]))
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """As dagster-dbt makes it, with the test's own description (it reads `meta` only)."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return dg.AssetCheckSpec(
            name=spec.name,
            asset=spec.asset_key,
            description=manifest["nodes"][unique_id].get("description") or spec.description,
            additional_deps=[dep.asset_key for dep in spec.additional_deps],
            blocking=spec.blocking,
            metadata=spec.metadata,
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """Seeds are the rules as data; models are grouped by layer."""
        return dbt_resource_props["schema"]

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """Models have the owner of their dbt group; seeds have none, and are the rules' owner's."""
        if dbt_resource_props["resource_type"] == "seed":
            return _SEED_OWNERS
        return super().get_owners(dbt_resource_props)


def as_of_date(installation: Installation) -> date:
    """The run's `as_of`: as asked for, otherwise the last delivery date in the lake.

    Raises:
        LusError: nothing was delivered yet.
    """
    if installation.as_of is not None:
        return installation.as_of
    with Catalog.opened(installation.home) as catalog:
        versions = catalog.file_versions()
    # an objection that came in today tells nothing of today's deliveries
    days = [each.delivery_date for each in versions if not is_received(each.path)]
    as_of = max(days, default=None)
    if as_of is None:
        raise LusError(
            "there are no deliveries in the lake",
            where=str(installation.home.lake),
            todo="ingest some first: `lus run --landing ...`, or materialize the lake's assets",
        )
    return as_of


def build_source_specs() -> list[dg.AssetSpec]:
    """What models read besides the feeds: no run of the graph materializes it."""
    return [
        dg.AssetSpec(
            ["lake", "catalog"],
            description="Which files were delivered and read, which of them count, what was "
            "decided of them, and which months were disposed of.",
            group_name="lake",
            owners=["data@example.org"],
            kinds={"sqlite"},
        ),
        dg.AssetSpec(
            ["ledger", "issues"],
            description="What was issued, line by line, for ever: review bases, invoice bases, "
            "credits. Issuing writes it; the next build reads it.",
            group_name="ledger",
            owners=["marts@example.org"],
            kinds={"sqlite"},
        ),
        dg.AssetSpec(
            ["region", "own_rows"],
            description="The region's own settings and rows: rulesets and whether they are "
            "invoiced, parties to agreements, rates, holidays, districts, reference figures.",
            group_name="region",
            owners=_SEED_OWNERS,
            kinds={"csv"},
        ),
    ]


def build_dbt_assets() -> dg.AssetsDefinition:
    """One asset per seed and model, one check per data test."""
    manifest = load_manifest()
    translator = Translator()

    @dbt_assets(
        manifest=manifest,
        name="dbt",
        dagster_dbt_translator=translator,
        exclude="resource_type:unit_test",
        required_resource_keys={INSTALLATION},
        pool=POOL,
    )
    def dbt(context: dg.AssetExecutionContext) -> Iterator[Any]:
        installation = installation_of(context)
        with writing(installation):
            as_of = as_of_date(installation)
            built = bring_up_to_date(installation.home, as_of, installation.settings)
            context.log.info(f"the marts as known at {as_of} were built {built.how}")
            rows = _row_counts(installation)
        yield from _events(built, rows, as_of, manifest, translator)

    return dbt


def _row_counts(installation: Installation) -> dict[str, int]:
    with connect(installation.home.warehouse, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        # counted: DuckDB's own estimate still has rows that were replaced
        return {
            name: connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for (name,) in tables
        }


def _events(
    built: Built,
    rows: dict[str, int],
    as_of: date,
    manifest: Mapping[str, Any],
    translator: Translator,
) -> Iterator[Any]:
    """Dagster's events of a build; a failed model fails the run after all that did succeed."""
    broken = [each for each in built.results if each.status in ("error", "runtime error")]
    for each in built.results:
        node = manifest["nodes"][each.unique_id]
        if node["resource_type"] == "test":
            yield from _check_result(each, node, manifest, translator)
        elif each.is_ok:
            known = {"as_of": str(as_of), "built": built.how}
            metadata: dict[str, Any] = {"seconds": round(each.seconds, 3), **known}
            # a view has no rows of its own
            if (table := f"{node['schema']}.{node['name']}") in rows:
                metadata["dagster/row_count"] = rows[table]
            yield dg.MaterializeResult(asset_key=translator.get_asset_key(node), metadata=metadata)
    if broken:
        names = ", ".join(each.unique_id.split(".")[-1] for each in broken)
        kinds = dict.fromkeys(with_todo(each.message or "failed") for each in broken)
        raise dg.Failure(
            description=f"models failed: {names} ({'; '.join(kinds)})",
            metadata={each.unique_id: each.message or "failed" for each in broken},
            allow_retries=False,
        )


def _check_result(
    result: NodeResult,
    node: Mapping[str, Any],
    manifest: Mapping[str, Any],
    translator: Translator,
) -> Iterator[dg.AssetCheckResult]:
    key = get_asset_check_key_for_test(manifest, translator, result.unique_id, None)
    if key is None or result.status == "skipped":
        return
    is_warning = severity_of(node) == "warn"
    yield dg.AssetCheckResult(
        passed=result.status == "pass",
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        description=node.get("description") or None,
        metadata={"rows_that_break_the_rule": result.failures or 0},
    )
