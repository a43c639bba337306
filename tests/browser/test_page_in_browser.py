"""The page in a real browser: accessible, on a phone and on paper, quiet, and without a network."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from lus_assets.statistics.page import PublishedMonth, index_html, page_html
from lus_assets.statistics.today_page import Group, Line, TodayList, today_html
from lus_assets.statistics.yearly.page import year_html
from tests.unit.statistics.page_rows import MONTH, page_input, year_input

pytestmark = pytest.mark.slow

WIDTHS = (390, 768, 1440)
VISIBLE = "article:not([hidden])"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages of two years, of one month, of one that is not over, of a year, of today; the index."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "page.html").write_bytes(page_html(page_input(24)))
    (folder / "first.html").write_bytes(page_html(page_input(1)))
    (folder / "running.html").write_bytes(page_html(page_input(2, as_of=date(2024, 3, 9))))
    (folder / "year.html").write_bytes(year_html(year_input()))
    (folder / "today.html").write_bytes(today_html(waiting()))
    first = PublishedMonth(MONTH, 1, date(2024, 4, 5), "#", is_preliminary=True)
    second = replace(first, version=2, reason="Ett sjukhus levererade sent", is_preliminary=False)
    (folder / "index.html").write_bytes(index_html([first, second], [first]))
    return folder


def waiting() -> TodayList:
    """Two units with the same two municipalities, one name as long as they come."""
    places = ("Nynäshamn", "Upplands Väsby, psykiatri")
    units = ("Karolinska Huddinge geriatrik", "Sankt Görans akutvårdsavdelning 2")
    several = {"Slutenvården": 2, "Öppenvården": 7, "Regionen": 1}
    groups = [
        [Group(Line(name, 9, 80, 21, 1, 8, several), [Line(each, 4, None, None, 0, 4, several)])]
        for name, each in (units, places)
    ]
    return TodayList(date(2024, 3, 5), Line("Hela länet", 9, 80, 21, 1, 8, several), *groups)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("not run: no Chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


def opened(browser: Browser, path: Path, width: int, **options: Any) -> tuple[Page, list[str]]:
    """The page at a width, and what the browser complained of or asked the network for."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    noise: list[str] = []
    page.on("console", lambda message: noise.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: noise.append(f"error: {error}"))
    page.on("request", lambda request: noise.append(f"request: {request.url}"))
    page.goto(path.as_uri())
    own = f"request: {path.as_uri()}"
    return page, [each for each in noise if each not in (own, "request: data:,")]


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {json.dumps([node['target'] for node in each['nodes']])}" for each in found
    ]


@pytest.mark.parametrize(
    "name",
    ["page.html", "first.html", "running.html", "year.html", "today.html", "index.html"],
)
@pytest.mark.parametrize("width", WIDTHS)
def test_no_violation_no_sideways_scroll_no_noise(
    browser: Browser, site: Path, name: str, width: int
) -> None:
    page, noise = opened(browser, site / name, width)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert violations(page) == []
    assert noise == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_without_javascript_every_municipality_can_be_read(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, site / "page.html", 390, java_script_enabled=False)
    assert not page.locator("#kommunval").is_visible()
    page.get_by_text("Visa alla kommuner").click()
    assert page.locator("#kommun-0180").is_visible()
    assert page.locator("article").count() == 28
    page.close()


def test_a_municipality_is_picked_by_keyboard_and_by_address(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, site / "page.html", 390)
    assert page.locator(VISIBLE).count() == 0
    picker = page.get_by_label("Välj kommun")
    picker.focus()
    page.keyboard.type("Solna")
    assert page.locator(VISIBLE).get_attribute("id") == "kommun-0184"
    assert page.url.endswith("#kommun-0184")
    assert violations(page) == []
    page.goto((site / "page.html").as_uri() + "#kommun-0182")
    page.reload()
    assert page.locator(VISIBLE).get_attribute("id") == "kommun-0182"
    page.goto((site / "page.html").as_uri() + "#kommun-%3Cimg%3E")
    page.close()


def test_the_first_stop_of_the_keyboard_leads_past_the_header(browser: Browser, site: Path) -> None:
    page, _ = opened(browser, site / "page.html", 768)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Hoppa till innehållet"
    assert page.locator(":focus").is_visible()
    page.close()


def test_on_paper_it_is_a_few_pages_with_what_matters(browser: Browser, site: Path) -> None:
    page, noise = opened(browser, site / "page.html", 1000)
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page\n") in range(3, 8)
    page.emulate_media(media="print")
    assert violations(page) == []
    year, _ = opened(browser, site / "year.html", 1000)
    assert year.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") in range(2, 8)
    year.close()
    assert page.locator("#genomsnitt .panels").is_visible()
    assert not page.locator("nav").is_visible()
    assert not page.locator("#kommun").is_visible()
    assert noise == []
    page.close()
