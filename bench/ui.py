"""Whether Dagster's UI stays quick: its pages in a browser, after a month and after five years.

Both homes hold what the same real runs left (bench/history.py), for other numbers of days. A page
is there when it shows what it is for, and every answer that it asked for has come; each visit is by
a browser that was never there. The first visit after the webserver's start stands by itself.
"""

import json
import shutil
import socket
import sqlite3
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.history import lengthen, repeats
from bench.measure import ROOT, CommandFailedError, environment, lus, python, run
from bench.parts import Say
from bench.table import table

HOMES = {"a month": (30, 1), "five years": (1826, 60)}
"""Name -> mornings and months that the home holds."""
PATIENCE = 300
"""Seconds for anything to come about."""
_POLLED = {"CodeLocationStatusQuery"}
"""What pages ask again and again."""


@dataclass(frozen=True)
class Place:
    """A page. shows: JavaScript that is true when it does; `partitions` stands for their number."""

    path: str
    shows: str


PLACES = {
    "global asset graph": Place(
        "/asset-groups", "document.querySelectorAll('svg foreignObject').length > 6"
    ),
    "graph of group `intermediate`": Place(
        "/locations/lus/asset-groups/intermediate/lineage",
        "document.querySelectorAll('svg foreignObject').length > 9 && !told('Loading')",
    ),
    "asset catalogue": Place("/assets", "told('int_billed_episode') && !told('Loading')"),
    "`lake/stays`, its partitions": Place(
        "/assets/lake/stays?view=partitions", "told(`Materialized (${partitions})`)"
    ),
    "`dim_snapshot`, its checks": Place(
        "/assets/marts/dim_snapshot?view=checks", "told('equals_full_build')"
    ),
    "jobs": Place("/jobs", "told('yearly_follow_up')"),
    "runs": Place("/runs", "told('morning') && told('Success')"),
}


@dataclass
class Visit:
    """Seconds until a page was there; the slowest answer per GraphQL query."""

    seconds: float = 0.0
    answers: dict[str, float] = field(default_factory=dict[str, float])


@dataclass
class Seen:
    """What a home was like: its event log, the webserver, the visits of each page."""

    events: int
    mib: float
    start: float
    pages: dict[str, list[Visit]]


def chromium() -> str:
    """The browser to look with.

    Raises:
        CommandFailedError: there is none.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise CommandFailedError(
            "part ui wants Chromium (make system-packages); --only takes parts without it"
        )
    return found


def ui(work: Path, runs: int, say: Say) -> dict[str, Seen]:
    """Make the homes, then visit every page of each: once, and then as often as asked for.

    Raises:
        CommandFailedError: there is no Chromium, or the webserver did not answer.
    """
    browser = chromium()
    folder = work / "ui"
    shutil.rmtree(folder, ignore_errors=True)
    say("one morning, and a month's review bases and invoice bases, of a small county")
    run(python("-m", "bench.history", "--work", folder))
    template = folder / "home" / "dagster" / "storage"
    seen = {}
    for name, (mornings, months) in HOMES.items():
        say(f"{name}: {mornings} mornings and {months} months of it")
        home = folder / name.replace(" ", "-")
        days = _days(mornings)
        lengthen(template, home / "dagster" / "storage", repeats(days, _months(months)))
        with _webserver(home, days[0]) as (address, start):
            pages = _visited(browser, address, mornings, runs + 1, say)
        seen[name] = Seen(*_event_log(home), start, pages)
    return seen


def _today() -> date:
    return datetime.now(ZoneInfo("Europe/Stockholm")).date()


def _days(number: int) -> list[date]:
    """The last days before today, in order."""
    return [_today() - timedelta(days=back) for back in range(number, 0, -1)]


def _months(number: int) -> list[date]:
    """The last months that have had their invoice bases."""
    months, month = [], (_today() - timedelta(days=70)).replace(day=1)
    for _ in range(number):
        months.append(month)
        month = (month - timedelta(days=1)).replace(day=1)
    return months


def _event_log(home: Path) -> tuple[int, float]:
    index = home / "dagster" / "storage" / "index.db"
    with sqlite3.connect(index) as connection:
        (events,) = connection.execute("select count(*) from event_logs").fetchone()
    return events, index.stat().st_size / 2**20


@contextmanager
def _webserver(home: Path, first_day: date) -> Generator[tuple[str, float]]:
    """Its address, and how many seconds its start took; ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = (home / "webserver.log").open("wb")
    started = time.perf_counter()
    server = subprocess.Popen(
        lus("ui", "--home", home, "--read-only", "--port", port),
        env=environment() | {"LUS_FIRST_DAY": str(first_day)},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(server, f"{address}/server_info", home / "webserver.log")
        yield address, time.perf_counter() - started
    finally:
        server.terminate()
        server.wait(PATIENCE)
        log.close()


def _wait_for(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError), urllib.request.urlopen(address, timeout=5):  # noqa: S310 - http
            return
        time.sleep(0.2)
    raise CommandFailedError(f"the webserver did not answer:\n{log.read_text()[-2000:]}")


def _visited(
    chromium: str, address: str, partitions: int, times: int, say: Say
) -> dict[str, list[Visit]]:
    from playwright.sync_api import sync_playwright

    visits: dict[str, list[Visit]] = {name: [] for name in PLACES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for _ in range(times):
            for name, place in PLACES.items():
                context = browser.new_context(viewport={"width": 1440, "height": 900})
                visits[name].append(_visit(context.new_page(), address, place, partitions))
                context.close()
                say(f"  {name}: {visits[name][-1].seconds:.2f} s")
        browser.close()
    return visits


def _visit(page: Any, address: str, place: Place, partitions: int) -> Visit:
    """Open a page and wait until it shows what it is for and has all that it asked for."""
    visit, waiting, last = Visit(), {}, 0.0

    def asked(request: Any) -> None:
        query = _query(request)
        if query and query not in _POLLED:
            waiting[request] = time.perf_counter(), query

    def answered(request: Any) -> None:
        nonlocal last
        if request in waiting:
            since, query = waiting.pop(request)
            last = time.perf_counter()
            visit.answers[query] = max(visit.answers.get(query, 0.0), last - since)

    page.on("request", asked)
    page.on("requestfinished", answered)
    page.on("requestfailed", answered)
    started = time.perf_counter()
    page.goto(address + place.path)
    told = "const told = text => document.body.innerText.includes(text)"
    page.wait_for_function(
        f"partitions => {{ {told}; return {place.shows} }}",
        arg=partitions,
        timeout=PATIENCE * 1000,
    )
    shown = time.perf_counter()
    while waiting or time.perf_counter() - max(last, shown) < 0.5:
        page.wait_for_timeout(50)
    visit.seconds = max(last, shown) - started
    return visit


def _query(request: Any) -> str:
    """The name of the GraphQL query that a request asks; empty for other requests."""
    if request.method != "POST" or "/graphql" not in request.url:
        return ""
    return str(json.loads(request.post_data or "{}").get("operationName") or "")


def section(seen: dict[str, Seen]) -> str:
    """The text of the page's section."""
    short, long = seen.values()
    homes = [
        [
            name,
            *(f"{number}" for number in HOMES[name]),
            *(f"{each.events}", f"{each.mib:.0f}", f"{each.start:.1f}"),
        ]
        for name, each in seen.items()
    ]
    pages = [_row(name, short.pages[name], long.pages[name]) for name in long.pages]
    columns = ["page", "first visit, s", "s", "five years: first visit, s", "s", "×"]
    columns += ["slowest answer behind it", "s", "five years: s"]
    return f"""Dagster's webserver (`lus ui --read-only`) on SQLite storage, and Chromium. Both
homes hold what one real morning and one real month of a small county left in the run storage and
in the index of the event log, for the days and months to yesterday; nothing was disposed of.
Seconds until a page shows what it is for and has all answers, in a browser that was never there;
the first visit after the start, then the median of {len(next(iter(long.pages.values()))) - 1}.

{table(["home", "mornings", "months", "events", "index, MiB", "webserver's start, s"], homes)}
{table(columns, pages)}"""


def _row(name: str, short: Sequence[Visit], long: Sequence[Visit]) -> list[str]:
    before, after = (_median([each.seconds for each in visits[1:]]) for visits in (short, long))
    answers = {query: _answer(long, query) for each in long[1:] for query in each.answers}
    slowest = max(sorted(answers), key=lambda query: answers[query])
    return [
        *(name, f"{short[0].seconds:.1f}", f"{before:.1f}"),
        *(f"{long[0].seconds:.1f}", f"{after:.1f}", f"{after / before:.1f}"),
        *(f"`{slowest}`", f"{_answer(short, slowest):.2f}", f"{answers[slowest]:.2f}"),
    ]


def _answer(visits: Sequence[Visit], query: str) -> float:
    return _median([each.answers.get(query, 0.0) for each in visits[1:]])


def _median(figures: Sequence[float]) -> float:
    return statistics.median(figures)
