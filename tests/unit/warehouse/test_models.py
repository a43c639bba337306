"""How each model is brought up to date: everyone is decided on, and nobody by mistake."""

from typing import Any

import pytest

from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.normalise import RESTRICTED_TYPES
from lus_assets.warehouse.dbt_runner import load_manifest, prepare_manifest
from lus_assets.warehouse.models import (
    OF_MONTHS,
    OF_PEOPLE,
    Model,
    models_in_order,
    with_ancestors,
)

WHOLE = {
    *("stg_file", "int_calendar", "int_weekday", "int_rate_day", "int_district_in_force"),
    *("int_ruleset_in_force", "int_gap", "int_invoicing", "int_month_plan", "int_awaited_base"),
    *("int_municipality_mean", "int_charge_line", "int_gate_amount", "int_month_line"),
    *("int_closed_month_line", "int_disputed_episode", "int_reviewed_episode"),
    *("int_reviewed_dispute", "int_reviewed_mean", "int_reviewed_line", "int_reviewed_correction"),
    *("int_restated_episode", "int_restated_stay", "int_restatement_cause"),
    *("int_statistic", "int_statistic_cell", "int_statistic_count", "int_statistic_finding"),
    *("int_statistic_protected", "int_statistic_readmission", "int_statistic_reference"),
    *("int_statistic_wide", "int_statistic_year"),
    *("dim_daily_rate", "dim_district", "dim_evidence_use", "dim_finding", "dim_hospital_unit"),
    *("dim_municipality", "dim_ruleset", "dim_snapshot"),
    *("fct_charge_line", "fct_correction_line", "fct_dispute", "fct_due_line", "fct_finding_month"),
    *("fct_held_line", "fct_invoice_line", "fct_month_status", "fct_municipality_month"),
    *("fct_restatement", "fct_restatement_month", "fct_reviewed_month", "fct_statistic"),
    *("fct_waiting_today", "ingest_anomaly", "ingest_file", "ingest_quarantine"),
    *("rpt_monthly_statistics", "rpt_monthly_statistics_by_age_group", "rpt_yearly_follow_up"),
}
"""Made anew as a whole. A new model belongs here, or in OF_PEOPLE when its rows follow from rows of
one person: tests/pipeline/test_increment.py then has to stay green."""


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    prepare_manifest()
    return load_manifest()


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> list[Model]:
    return models_in_order(manifest)


def test_every_table_is_decided_on(models: list[Model]) -> None:
    tables = {each.name for each in models if not each.is_view}
    assert tables == {*OF_PEOPLE, *OF_MONTHS, *WHOLE}
    assert len(tables) == len(OF_PEOPLE) + len(OF_MONTHS) + len(WHOLE)


def test_what_is_of_people_reads_nothing_that_was_issued(
    models: list[Model], manifest: dict[str, Any]
) -> None:
    """An issue touches nobody: their tables would not hear of it."""
    read = {
        source.split(".")[-1]
        for each in with_ancestors(models, OF_PEOPLE)
        for source in manifest["nodes"][each.unique_id]["depends_on"]["nodes"]
        if source.startswith("source.")
    }
    feeds = {"stays", "messages", "persons", "placements", "disputes"}
    named = {each for each in read if not each.startswith("region_")}
    assert named == feeds | {"person_age", "file_version", "run_parameter"}


def test_what_is_of_months_reads_one_table(models: list[Model]) -> None:
    for name, read in OF_MONTHS.items():
        (model,) = (each for each in models if each.name == name)
        assert {each.split(".")[-1] for each in model.parents} == {read, "stg_run"}


def test_a_model_comes_after_those_that_it_reads(models: list[Model]) -> None:
    placed = {each.unique_id: number for number, each in enumerate(models)}
    assert len(placed) > 100
    for each in models:
        assert all(placed[parent] < placed[each.unique_id] for parent in each.parents)


def test_ancestors_are_all_that_a_model_is_made_of_and_nothing_else(models: list[Model]) -> None:
    found = [each.name for each in with_ancestors(models, ["stg_stay"])]
    assert found == ["stg_run", "stg_file", "base_stay", "stg_stay"]


def test_base_tables_keep_the_hash_that_cannot_be_worked_out_again() -> None:
    """Whoever adds a restricted column to a feed has to let its base table keep the hash."""
    prepare_manifest()
    models = {each.name: each for each in models_in_order(load_manifest())}
    for name, feed in FEEDS.items():
        base = models[f"base_{name.removesuffix('s')}"]
        left_out = "exclude (reason_code, row_hash)" in " ".join(base.sql.split())
        assert left_out is not bool(feed.columns_of(*RESTRICTED_TYPES)), name
