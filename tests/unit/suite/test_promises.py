"""The page of promises is what the tests saw: no more, and nothing of it forgotten."""

import json
from pathlib import Path

import pytest

from tests import promises
from tests.promises import AREAS, Result, known, table

TESTS = """
import pytest
@pytest.mark.promise("Nothing is lost", area="Faults", how="by counting")
@pytest.mark.parametrize("files", [2, 3])
def test_counts(files, figures): figures["files"] = files
@pytest.mark.promise("Doors are shut", area="Doors", how="by knocking")
def test_fails(figures):
    figures["doors"] = 1
    assert False
@pytest.mark.promise("It is fast", area="Load", how="by waiting")
def test_is_skipped(): pytest.skip("not run: no server")
def test_promises_nothing(): pass
"""

pytest_plugins = ["pytester"]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of the tests above whose results are kept in a folder of its own; that folder."""
    page = pytester.path / "docs" / "trust.md"
    page.parent.mkdir()
    page.write_text(f"before\n{promises.BEGIN}\nold\n{promises.END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(promises, "ROOT", pytester.path)
    monkeypatch.setattr(promises, "PAGE", page)
    monkeypatch.setattr(promises, "RESULTS", page.with_name("trust.json"))
    pytester.makeini("[pytest]\nmarkers = promise")
    pytester.makepyfile(test_it=TESTS)
    pytester.inline_run("-p", "no:cacheprovider", "--write-trust", plugins=[promises])
    return page


def test_a_promise_is_kept_when_all_its_tests_are_and_their_numbers_add_up(run: Path) -> None:
    page = run.read_text(encoding="utf-8")
    assert page.startswith("before\n")
    assert page.endswith(f"{promises.END}\nafter\n")
    assert "old" not in page
    assert "| Nothing is lost | by counting | 5 files, 0.0 minutes | kept, seen " in page
    assert "| Doors are shut | by knocking | 1 doors, 0.0 minutes | **broken**: 1 of 1 " in page
    assert "| It is fast | by waiting | 0.0 minutes | not run |" in page
    assert "test_promises_nothing" not in run.with_name("trust.json").read_text(encoding="utf-8")


def test_what_is_not_run_keeps_what_was_seen_and_a_test_that_is_gone_is_forgotten(
    run: Path,
) -> None:
    words = {"area": "Load", "promise": "It is fast", "how": "by waiting"}
    seen = Result(**words, outcome="passed", seen_on="2024-01-01", commit="abc")
    skipped = Result(**words, outcome="skipped")
    rows = json.loads(run.with_name("trust.json").read_text(encoding="utf-8"))
    name = "test_it.py::test_is_skipped"
    rows[name] = vars(seen)
    rows["test_it.py::test_was_removed"] = vars(seen)
    run.with_name("trust.json").write_text(json.dumps(rows), encoding="utf-8")
    promises.write({name: skipped})
    assert "kept, seen 2024-01-01 at abc" in run.read_text(encoding="utf-8")
    assert known().keys() == rows.keys() - {"test_it.py::test_was_removed"}


def test_the_committed_page_is_what_the_runs_recorded() -> None:
    page = promises.PAGE.read_text(encoding="utf-8")
    shown = page.partition(promises.BEGIN)[2].partition(promises.END)[0].strip()
    assert shown == table(known()).strip()
    assert {each.area for each in known().values()} <= set(AREAS)
