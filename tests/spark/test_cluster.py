"""A cluster that gives nothing."""

from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.privacy.vault import VaultRows, write
from lus_assets.warehouse import spark
from lus_assets.warehouse.build import build_marts
from lus_assets.warehouse.prepare import prepare
from spark.cluster import cluster
from tests.spark.conftest import SPARK_PYTHON
from tests.spark.test_equal_marts import SMALL


def test_a_cluster_without_workers_is_waited_for_so_long_and_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark, "_PATIENCE", 2.0)
    home = Home(tmp_path / "home").prepare()
    write(home, VaultRows())
    with cluster(SPARK_PYTHON, tmp_path / "cluster", workers=0, memory="1g") as master:
        settings = Settings(engine="spark", spark_master=master, spark=SMALL)
        prepare(home, date(2024, 3, 1), settings)
        with pytest.raises(LusError, match="no executor for"):
            build_marts(home, settings)
    assert not (home.spark / "lake").exists()
