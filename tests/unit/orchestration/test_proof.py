"""The check that compares an incremental build with a full one says what it found."""

import dagster as dg

from lus_assets.warehouse.proof import Proof
from orchestration.proof import proof_result


def test_equal_tables_pass_and_are_counted() -> None:
    found = proof_result(Proof(104, []), is_due=True)
    assert found.passed
    assert found.metadata["tables_compared"].value == 104


def test_a_table_that_differs_fails_and_is_named() -> None:
    found = proof_result(Proof(104, ["marts.fct_dispute"]), is_due=True)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.ERROR
    assert found.metadata["differing"].value == ["marts.fct_dispute"]


def test_where_nothing_can_be_compared_the_reason_stands_and_is_a_warning_where_it_should() -> None:
    found = proof_result(Proof(0, [], "there was no warehouse"), is_due=True)
    assert not found.passed
    assert found.severity == dg.AssetCheckSeverity.WARN
    assert found.metadata["not_compared"].value == "there was no warehouse"
    assert proof_result(Proof(0, [], "every build is a full one"), is_due=False).passed
