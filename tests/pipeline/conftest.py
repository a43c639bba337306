"""Pipeline tests start from a manifest of the project's files as they are now."""

import pytest

from lus_assets.warehouse.dbt_runner import prepare_manifest


@pytest.fixture(scope="session", autouse=True)
def _manifest() -> None:
    prepare_manifest()
