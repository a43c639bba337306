"""`lus docs`: every model's description and what is made of it, without a network."""

import os
import shutil
import urllib.request
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from lus_assets.core.home import Home
from lus_assets.warehouse.dbt_runner import load_manifest, prepare_manifest
from tests.pipeline.command import lus_here, start_lus
from tests.unit.publishing.tiny_marts import build_warehouse, contracts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    prepare_manifest()
    home = Home(tmp_path_factory.mktemp("home")).prepare()
    build_warehouse(home, date(2025, 2, 1), {})
    # as people name it: dbt works in a folder of its own
    said = lus_here("docs", "--home", os.path.relpath(home.root))
    assert (said.status, said.err) == (0, "")
    assert str(home.docs / "index.html") in said.out
    return home.docs / "index.html"


def test_the_page_has_every_mart_and_everything_that_is_made_of_them(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert {name for name in contracts() if f'"model.lus.{name}"' not in text} == set()
    exposures = load_manifest()["exposures"]
    assert {name for name in exposures if f'"{name}"' not in text} == set()
    assert sorted(each.name for each in page.parent.iterdir()) == ["index.html"]


def test_a_browser_shows_types_and_descriptions_and_asks_no_network(page: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("not run: no Chromium")
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page()
        shown.on("request", lambda request: asked.append(request.url))
        shown.goto(f"{page.as_uri()}#!/model/model.lus.fct_municipality_month")
        shown.get_by_text("mean_ready_days", exact=True).first.wait_for()
        text = shown.inner_text("body")
        browser.close()
    assert "DECIMAL(18,4)" in text
    assert "Liable municipality" in text
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_it_is_served_on_this_machine_until_it_is_ended(page: Path) -> None:
    process = start_lus("docs", "--home", page.parents[1], "--port", 0, PYTHONUNBUFFERED="1")
    assert process.stdout is not None
    try:
        process.stdout.readline()
        url = process.stdout.readline().partition(",")[0]
        assert url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 - our own server
            assert b"fct_municipality_month" in answer.read()
    finally:
        process.terminate()
        process.wait(30)


def test_without_a_warehouse_the_command_to_make_one_is_named(tmp_path: Path) -> None:
    prepare_manifest()
    said = lus_here("docs", "--home", tmp_path)
    assert (said.status, "lus run" in said.err) == (1, True)
