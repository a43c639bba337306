"""The marts in a second, for tests that live through many days.

dbt's own SQL, as compiled in the manifest, is run plainly in dbt's order on the warehouse that
`prepare` lays out, by one thread: with little data a second one only costs. test_explain.py holds
its marts against dbt's by hash.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from lus_assets.core.home import Home
from lus_assets.core.settings import Settings, load_settings
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.received import delivery_source
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.warehouse import dbt_runner
from lus_assets.warehouse.connection import connect, quoted
from lus_assets.warehouse.data_tests import run_data_tests
from lus_assets.warehouse.prepare import prepare
from lus_assets.warehouse.project import DBT_PROJECT
from lus_assets.warehouse.results import NodeResult
from tests.pipeline.marts import broken


@dataclass(frozen=True)
class Node:
    """A seed or model (dbt's unique id), or a schema: SQL statements that make it."""

    name: str
    statements: tuple[str, ...]


ISSUED = (
    *("dim_municipality", "dim_ruleset", "dim_snapshot", "fct_correction_line", "fct_due_line"),
    *("fct_discharge_episode", "fct_dispute", "fct_episode_finding", "fct_municipality_month"),
    *("fct_invoice_line", "fct_reviewed_month", "fct_month_status", "fct_restatement"),
    "ingest_anomaly",
)
"""The marts that review bases and invoice bases are made of, and what tells of them."""


def know(home: Home, landing: Path, as_of: date) -> None:
    """Ingest what is there, and make every mart as known at a day; every data test passes."""
    home.prepare()
    ingest_days(home, delivery_source(home, landing), Pseudonymizer.from_environment())
    quick_build(home, as_of, tested=True)


def quick_build(
    home: Home, as_of: date, marts: Sequence[str] = (), *, tested: bool = False
) -> None:
    """Lay out the warehouse as known at a day, and make every seed and model in it.

    marts: only these, with what they are made of. tested: run dbt's data tests of what is made.
    """
    settings = load_settings(home)
    prepare(home, as_of, settings)
    made = quick_models(home, settings, marts)
    if tested:
        results = run_data_tests(home, settings.memory_limit, _manifest(), made)
        assert len(results) > 100
        assert broken(results) == []


def quick_models(home: Home, settings: Settings, marts: Sequence[str] = ()) -> list[NodeResult]:
    """Make every seed and model in a warehouse that is laid out; a result for each."""
    nodes = _nodes(tuple(marts))
    with connect(home.warehouse, settings.memory_limit) as connection:
        connection.execute("set threads = 1")
        if not marts:
            _add_functions(connection)
        connection.execute("begin transaction")
        for node in nodes:
            _make(connection, node)
        connection.execute("commit")
    return [NodeResult(node.name, "success", 0.0, None, None) for node in nodes]


def _add_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """What dbt's plugin adds: the function that suppresses small numbers."""
    from lus_assets.statistics.dbt_plugin import Plugin

    Plugin("lus", {}).configure_connection(connection)


def _make(connection: duckdb.DuckDBPyConnection, node: Node) -> None:
    for statement in node.statements:
        try:
            connection.execute(statement)
        except duckdb.Error as error:
            raise AssertionError(f"{node.name}: {error}") from error


@cache
def _nodes(marts: tuple[str, ...]) -> tuple[Node, ...]:
    """Schemas, seeds and models, each after those that it reads."""
    nodes = {
        name: node
        for name, node in _manifest()["nodes"].items()
        if node["resource_type"] in ("seed", "model")
    }
    depends_on = {name: node["depends_on"].get("nodes", []) for name, node in nodes.items()}
    wanted = [name for name, node in nodes.items() if not marts or node["name"] in marts]
    made = [
        Node(name, (f"create schema {name}",))
        for name in sorted({node["schema"] for node in nodes.values()})
    ]
    for name in _in_order(wanted, depends_on):
        node = nodes[name]
        statement = _model(node) if node["resource_type"] == "model" else _seed(node)
        made.append(Node(name, (statement, *_comments(node))))
    return tuple(made)


@cache
def _manifest() -> dict[str, Any]:
    dbt_runner.prepare_manifest()
    return dbt_runner.load_manifest()


def _in_order(wanted: Sequence[str], depends_on: dict[str, list[str]]) -> list[str]:
    ordered: dict[str, None] = {}

    def add(name: str) -> None:
        for other in depends_on[name]:
            if other in depends_on and other not in ordered:
                add(other)
        ordered[name] = None

    for name in sorted(wanted):
        if name not in ordered:
            add(name)
    return list(ordered)


def _model(node: dict[str, Any]) -> str:
    kind = node["config"]["materialized"]
    return f"create {kind} {node['schema']}.{node['name']} as {_in_contract_order(node)}"


def _in_contract_order(node: dict[str, Any]) -> str:
    """dbt makes a table with an enforced contract in the contract's order of columns."""
    code = node["compiled_code"]
    if not (node["config"].get("contract") or {}).get("enforced"):
        return code
    columns = ", ".join(f"model.{name}" for name in node["columns"])
    return f"select {columns} from ({code}) as model"


def _seed(node: dict[str, Any]) -> str:
    path = DBT_PROJECT / node["original_file_path"]
    types = _seed_types()[node["name"]]
    with path.open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))
    typed = ", ".join(f"{quoted(name)}: {quoted(types[name])}" for name in columns)
    return (
        f"create table {node['schema']}.{node['name']} as select * from read_csv({quoted(path)},"
        f" header = true, delim = ',', quote = '\"', nullstr = '', columns = {{{typed}}})"
    )


@cache
def _seed_types() -> dict[str, dict[str, str]]:
    text = (DBT_PROJECT / "seeds" / "seeds.yml").read_text(encoding="utf-8")
    return {seed["name"]: seed["config"]["column_types"] for seed in yaml.safe_load(text)["seeds"]}


def _comments(node: dict[str, Any]) -> list[str]:
    """What the snapshot and the published Parquet files describe tables and columns with."""
    if not (node["config"].get("persist_docs") or {}).get("columns"):
        return []
    table = f"{node['schema']}.{node['name']}"
    return [
        f"comment on table {table} is {quoted(node['description'])}",
        *(
            f"comment on column {table}.{column['name']} is {quoted(column['description'])}"
            for column in node["columns"].values()
        ),
    ]
