"""Apache Superset draws from the snapshot while the pipeline replaces it."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from lus_assets.core.home import Home
from lus_assets.publishing.snapshot import publish_snapshot
from tests.bi.environment import environment
from tests.bi.superset import BEFORE, PACKAGES, PERSON, WORD, Superset, running_superset
from tests.unit.publishing.tiny_marts import build_warehouse, municipality_month

pytestmark = pytest.mark.slow

MARTS = ("dim_snapshot", "dim_ruleset", "fct_municipality_month")
FEW, MANY = (date(2025, 2, 1), 20), (date(2025, 3, 1), 26)
METRICS = ("count(*)", "sum(ready_days)")


def publish(home: Home, as_of: date, municipalities: int) -> None:
    """A snapshot with so many municipalities, and in each as many ready days."""
    rows = [
        municipality_month(f"{number:04}", ready_days=municipalities)
        for number in range(municipalities)
    ]
    build_warehouse(home, as_of, {"fct_municipality_month": rows}, MARTS)
    publish_snapshot(home, as_of)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    place = Home(tmp_path_factory.mktemp("home"))
    publish(place, *FEW)
    return place


@pytest.fixture(scope="module")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    folder = tmp_path_factory.mktemp("superset")
    with environment(*PACKAGES, before=BEFORE) as it, running_superset(it, folder) as running:
        yield running


@pytest.fixture(scope="module")
def dataset(superset: Superset, home: Home) -> int:
    """The mart as Superset's dataset, over the DuckDB file as docs/bi/superset.md says."""
    database = superset.post(
        "database/",
        {
            "database_name": "lus",
            "sqlalchemy_uri": f"duckdb:///{home.published / 'bi/lus.duckdb'}",
            "extra": json.dumps({"engine_params": {"connect_args": {"read_only": True}}}),
        },
    )
    table = {"schema": "marts", "table_name": "fct_municipality_month"}
    return superset.post("dataset/", {"database": database["id"], **table})["id"]


def metric(expression: str) -> dict[str, str]:
    return {"expressionType": "SQL", "sqlExpression": expression, "label": expression}


def drawn(superset: Superset, dataset: int) -> tuple[int, int]:
    """What a chart of the municipalities and their ready days gets, never from a cache."""
    query = {"columns": [], "metrics": [metric(each) for each in METRICS], "row_limit": 100}
    body = {"datasource": {"id": dataset, "type": "table"}, "queries": [query], "force": True}
    (answer,) = superset.post("chart/data", body)["result"]
    assert answer["error"] is None
    (row,) = answer["data"]
    return row["count(*)"], row["sum(ready_days)"]


def test_a_charts_data_are_always_one_whole_snapshot_while_it_is_replaced(
    superset: Superset, dataset: int, home: Home
) -> None:
    failures: list[Exception] = []
    is_over = threading.Event()

    def republish() -> None:
        try:
            while not is_over.is_set():
                publish(home, *MANY)
                publish(home, *MANY[:1], FEW[1])
        except Exception as error:  # noqa: BLE001 - told by the test
            failures.append(error)

    pipeline = threading.Thread(target=republish)
    pipeline.start()
    try:
        seen = {drawn(superset, dataset) for _ in range(40)}
    finally:
        is_over.set()
        pipeline.join()
    assert failures == []
    assert seen == {(count, count * count) for _, count in (FEW, MANY)}


def test_a_chart_is_drawn_in_the_browser(superset: Superset, dataset: int, tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("not run: no Chromium")
    form: dict[str, Any] = {
        **{"datasource": f"{dataset}__table", "viz_type": "pie", "row_limit": 100},
        **{"groupby": ["municipality_code"], "metric": metric("sum(ready_days)")},
    }
    chart = superset.post(
        "chart/",
        {
            **{"slice_name": "Ready days", "viz_type": "pie", "params": json.dumps(form)},
            **{"datasource_id": dataset, "datasource_type": "table"},
        },
    )["id"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(f"{superset.url}/login/")
        page.fill("#username", PERSON)
        page.fill("#password", WORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/welcome/")
        page.goto(f"{superset.url}/explore/?slice_id={chart}&standalone=1")
        page.wait_for_selector("canvas", timeout=120_000)
        picture = page.locator("canvas").first.screenshot(path=tmp_path / "chart.png")
        browser.close()
    assert len(picture) > 5000
