"""The models' SQL as dbt compiled it at install, and how each is brought up to date.

What is run from here is what dbt runs: there is no second copy of a rule.
"""

import importlib
from collections.abc import Collection, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import duckdb
import yaml

from lus_assets.warehouse.project import DBT_PROJECT

_EPISODE = ("episode_id", "stay")
_MESSAGE = ("message_id", "message")

OF_PEOPLE: Mapping[str, tuple[str, str]] = {
    "base_stay": ("stay_id", "stay"),
    "base_message": _MESSAGE,
    "base_person": ("person_key", "person"),
    "base_placement": ("placement_id", "placement"),
    "base_dispute": ("dispute_id", "dispute"),
    "int_set_aside_row": ("", ""),
    "int_stay_episode": ("stay_id", "stay"),
    "int_cancellation": ("canceller_id", "message"),
    "int_cancelled_message": _MESSAGE,
    "int_episode": _EPISODE,
    "int_episode_message": _MESSAGE,
    "int_message_use": _MESSAGE,
    "int_ready_period": _EPISODE,
    "int_region_service": _EPISODE,
    "int_episode_fact": _EPISODE,
    "int_person_day": ("person_key", "person"),
    "int_episode_liability": _EPISODE,
    "int_episode_day": _EPISODE,
    "int_dispute": ("dispute_id", "dispute"),
    "int_episode_finding": _EPISODE,
    "int_episode_billable": _EPISODE,
    "int_billed_episode": _EPISODE,
    "int_readmission": ("index_episode_id", "stay"),
    "int_statistic_member": _EPISODE,
    "fct_discharge_episode": _EPISODE,
    "fct_episode_finding": _EPISODE,
    "fct_episode_evidence": _EPISODE,
    "fct_readmission": ("index_episode_id", "stay"),
}
"""Tables of which a row follows from rows of one person and of who shares an id with that person,
beside own rows, seeds and `as_of`: column, and what it is the id of (an episode's is a stay's). A
delivered row is known by its file. What is not named here is made anew as a whole."""

OF_MONTHS: Mapping[str, str] = {"int_statistic_suppressed": "int_statistic_count"}
"""Tables of which a month follows from that month of one other table, and is dear to compute."""


@dataclass(frozen=True)
class Model:
    """A model. sql: what it selects; parents: the models that it reads, by dbt's unique ids."""

    unique_id: str
    schema: str
    name: str
    sql: str
    is_view: bool
    parents: frozenset[str]

    @property
    def relation(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    @property
    def create(self) -> str:
        """The statement that makes it."""
        return f"create {'view' if self.is_view else 'table'} {self.relation} as {self.sql}"

    @contextmanager
    def named(self) -> Generator[None]:
        """An error of the engine inside gets this model's name as a note."""
        try:
            yield
        except duckdb.Error as error:
            error.add_note(self.relation)
            raise


def models_in_order(manifest: Mapping[str, Any]) -> list[Model]:
    """Every model, each after those that it reads."""
    models = {
        unique_id: Model(
            unique_id,
            node["schema"],
            node["name"],
            node["compiled_code"],
            node["config"]["materialized"] == "view",
            frozenset(each for each in node["depends_on"]["nodes"] if each.startswith("model.")),
        )
        for unique_id, node in sorted(manifest["nodes"].items())
        if node["resource_type"] == "model"
    }
    order = TopologicalSorter({name: sorted(each.parents) for name, each in models.items()})
    return [models[name] for name in order.static_order()]


def with_ancestors(models: Sequence[Model], names: Collection[str]) -> list[Model]:
    """The models of these names and all that they are made of, in order."""
    wanted = {each.unique_id for each in models if each.name in names}
    for each in reversed(models):
        if each.unique_id in wanted:
            wanted |= each.parents
    return [each for each in models if each.unique_id in wanted]


def add_functions(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a connection the functions that dbt gives its own (the plugins of profiles.yml)."""
    profiles = yaml.safe_load((DBT_PROJECT / "profiles.yml").read_text(encoding="utf-8"))
    for plugin in profiles["lus"]["outputs"]["duckdb"]["plugins"]:
        module = importlib.import_module(plugin["module"])
        module.Plugin("lus", {}).configure_connection(connection)
