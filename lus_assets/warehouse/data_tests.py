"""dbt's data tests on a warehouse that is built, from the SQL that dbt compiled at install.

A node of dbt costs 45 ms of CPU whatever its SQL is (dbt-core 1.11): with more than a hundred tests
that was half of what a build costs beside its engine. Nothing is read before the build's end, so
that the tests can follow it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from lus_assets.core.home import Home
from lus_assets.core.progress import Progress
from lus_assets.warehouse.connection import connect
from lus_assets.warehouse.results import NodeResult

Node = Mapping[str, Any]
_FAILED = "Test failed ({})"
_NO_MEMORY = _FAILED.format(duckdb.OutOfMemoryException.__name__)


def run_data_tests(
    home: Home, memory_limit: str, manifest: Mapping[str, Any], built: Sequence[NodeResult]
) -> list[NodeResult]:
    """Run every data test of what was built; one result per test.

    A test of something that was not built, because it failed or a node before it did, is `skipped`.
    One that ends for want of memory is run once more, alone: of a nation's rows, what the engine
    keeps of the tests before it may leave too little, and by itself it fits.
    """
    is_built = {each.unique_id: each.is_ok for each in built}
    results: list[NodeResult] = []
    nodes = manifest["nodes"].items()
    tests = {unique_id: node for unique_id, node in nodes if node["resource_type"] == "test"}
    progress = Progress("data tests")
    with connect(home.warehouse, memory_limit, read_only=True) as connection:
        for number, (unique_id, node) in enumerate(tests.items(), start=1):
            parents = [is_built[each] for each in node["depends_on"]["nodes"] if each in is_built]
            if parents and all(parents):
                results.append(_run(connection, unique_id, node))
            elif parents:
                results.append(NodeResult(unique_id, "skipped", 0.0, None, None))
            progress.at(number, len(tests))
    for place, each in enumerate(results):
        if each.message == _NO_MEMORY:
            with connect(home.warehouse, memory_limit, read_only=True) as alone:
                results[place] = _run(alone, each.unique_id, manifest["nodes"][each.unique_id])
    return results


def severity_of(node: Node) -> str:
    """A data test's severity: `error`, or `warn` for what stops nothing."""
    return str(node["config"].get("severity") or "error").lower()


def _run(connection: duckdb.DuckDBPyConnection, unique_id: str, node: Node) -> NodeResult:
    """As dbt's own: rows of the test's query are counted, and none may be there."""
    sql = f"select {node['config']['fail_calc']} from ({node['compiled_code']}) as broken"
    started = time.perf_counter()
    try:
        counted = connection.execute(sql).fetchone()
    except duckdb.Error as error:
        seconds = time.perf_counter() - started
        return NodeResult(unique_id, "error", seconds, None, _FAILED.format(type(error).__name__))
    seconds = time.perf_counter() - started
    failures = int(counted[0] or 0) if counted else 0
    if failures:
        status = "warn" if severity_of(node) == "warn" else "fail"
        return NodeResult(unique_id, status, seconds, failures, f"{failures} rows break the rule")
    return NodeResult(unique_id, "pass", seconds, 0, None)
