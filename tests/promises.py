"""What the system promises, written down by the tests that hold it: docs/trust.md.

A test marked `promise` is a row, or a part of one; what it puts into the fixture `figures` stands
in it. With `--write-trust` a run keeps results in docs/trust.json and makes the page's table anew.
A test that was not run keeps the result that it had, with the day on which it was seen.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "docs" / "trust.json"
PAGE = ROOT / "docs" / "trust.md"
BEGIN, END = "<!-- table: made by the test run -->", "<!-- end of table -->"
AREAS = ("Faults", "Load", "Privacy", "Doors", "Production", "Figures")
"""Parts of the page's table, in its order."""
_PROPERTY = "promise"
_RESULTS: pytest.StashKey[dict[str, "Result"]] = pytest.StashKey()

Figure = int | float | str


@dataclass
class Result:
    """What became of one test of a promise. figures: numbers add up over a promise's tests."""

    area: str
    promise: str
    how: str
    outcome: str = "passed"
    seconds: float = 0.0
    seen_on: str = ""
    commit: str = ""
    figures: dict[str, Figure] = field(default_factory=dict)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-trust", action="store_true", help="Keep what promises' tests saw: docs/trust.md."
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RESULTS] = {}


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[dict[str, Figure]]:
    """What a promise's test counted: name -> number (or a few words), for docs/trust.md."""
    counted: dict[str, Figure] = {}
    yield counted
    request.node.user_properties.append(("figures", counted))


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("promise"):
        item.user_properties.append((_PROPERTY, _marked(*mark.args, **mark.kwargs)))


def _marked(promise: str, *, area: str, how: str) -> dict[str, str]:
    """The mark's own words; TypeError or ValueError tells the test's writer what is wrong."""
    if area not in AREAS:
        raise ValueError(f"area is one of {', '.join(AREAS)}")
    return {"area": area, "promise": promise, "how": how}


class _Collector:
    """Gathers reports, also those that come from other processes."""

    def __init__(self, results: dict[str, Result]) -> None:
        self._results = results

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        properties = dict(report.user_properties)
        if _PROPERTY not in properties:
            return
        result = self._results.setdefault(report.nodeid, Result(**properties[_PROPERTY]))
        result.seconds += report.duration
        if report.outcome != "passed":
            result.outcome = report.outcome
        result.figures.update(properties.get("figures", {}))


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    is_worker = hasattr(config, "workerinput")
    if config.getoption("--write-trust") and not is_worker:
        config.pluginmanager.register(_Collector(config.stash[_RESULTS]))


def pytest_sessionfinish(session: pytest.Session) -> None:
    found = session.config.stash[_RESULTS]
    if found:
        write(found)


def write(found: dict[str, Result]) -> None:
    """Keep what was seen, and make the page's table anew."""
    kept = {nodeid: each for nodeid, each in known().items() if _is_there(nodeid)}
    today, commit = date.today().isoformat(), _commit()  # noqa: DTZ011 - the day it was seen
    for nodeid, each in found.items():
        if each.outcome == "skipped" and nodeid in kept:
            continue
        each.seen_on, each.commit, each.seconds = today, commit, round(each.seconds, 1)
        kept[nodeid] = each
    rows = {nodeid: asdict(each) for nodeid, each in sorted(kept.items())}
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{table(kept)}\n{END}{after}", encoding="utf-8")


def known() -> dict[str, Result]:
    """What earlier runs saw, by test."""
    if not RESULTS.exists():
        return {}
    rows: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return {nodeid: Result(**each) for nodeid, each in rows.items()}


def table(results: dict[str, Result]) -> str:
    """The promises as Markdown, a table per area."""
    promises: dict[tuple[str, str], list[Result]] = {}
    for each in results.values():
        promises.setdefault((each.area, each.promise), []).append(each)
    parts: list[str] = []
    for area in AREAS:
        rows = [_row(of) for (its, _), of in sorted(promises.items()) if its == area]
        if rows:
            heading = "| Promise | How it is tested | Figures | Result |\n|---|---|---|---|"
            parts.append("\n".join([f"### {area}", "", heading, *rows, ""]))
    return "\n".join(parts)


def _row(tests: list[Result]) -> str:
    how = "; ".join(dict.fromkeys(each.how for each in tests))
    counted: dict[str, Figure] = {}
    for each in tests:
        for name, value in each.figures.items():
            there = counted.get(name, 0)
            is_sum = isinstance(value, int | float) and isinstance(there, int | float)
            counted[name] = there + value if is_sum else value
    minutes = sum(each.seconds for each in tests) / 60
    shown = [f"{_number(value)} {name}" for name, value in counted.items()]
    words = ", ".join([*shown, f"{minutes:.1f} minutes"])
    cells = (tests[0].promise, how, words, _verdict(tests))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _verdict(tests: list[Result]) -> str:
    broken = sum(each.outcome == "failed" for each in tests)
    not_run = sum(each.outcome == "skipped" for each in tests)
    if broken:
        return f"**broken**: {broken} of {len(tests)} tests failed"
    if not_run == len(tests):
        return "not run"
    oldest = min((each.seen_on, each.commit) for each in tests if each.outcome == "passed")
    words = f"kept, seen {oldest[0]} at {oldest[1]}"
    return f"{words}; {not_run} of {len(tests)} tests not run" if not_run else words


def _number(value: Figure) -> str:
    if isinstance(value, float):
        value = round(value, 2)
    return f"{value:,}".replace(",", " ") if isinstance(value, int | float) else value


def _is_there(nodeid: str) -> bool:
    """Is the test of an earlier result still one of ours?"""
    path, _, name = nodeid.partition("::")
    file = ROOT / path
    function = name.rpartition("::")[2].partition("[")[0]
    return file.exists() and f"def {function}(" in file.read_text(encoding="utf-8")


def _commit() -> str:
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return asked.stdout.strip() or "no commit"
