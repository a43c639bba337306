"""A Spark cluster of one master and two workers on loopback, for all tests of a process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lus_assets.warehouse.dbt_runner import prepare_manifest
from lus_assets.warehouse.spark import PYTHON, PYTHON_VARIABLE
from spark.cluster import cluster
from tests.needs import needs_program

SPARK_PYTHON = Path(os.environ.get(PYTHON_VARIABLE, PYTHON))
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder needs Java and Spark's environment, and takes long."""
    no_environment = pytest.mark.skipif(
        not SPARK_PYTHON.exists(), reason=f"not run: {SPARK_PYTHON} is not here (make spark-env)"
    )
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(needs_program("java"))
            item.add_marker(no_environment)


@pytest.fixture(scope="session")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The cluster's address."""
    prepare_manifest()
    with cluster(SPARK_PYTHON, tmp_path_factory.mktemp("cluster"), memory="1g") as address:
        yield address
