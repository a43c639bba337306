"""dbt's manifest is made once, of these very files; nothing runs on a missing or stale one."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import Settings
from lus_assets.warehouse import dbt_runner, project
from lus_assets.warehouse.dbt_runner import (
    build,
    is_manifest_fresh,
    load_manifest,
    prepare_manifest,
)
from orchestration.build import build_defs


@pytest.fixture(autouse=True)
def _manifest() -> None:
    prepare_manifest()


def test_a_manifest_that_was_made_is_fresh_and_is_not_made_again() -> None:
    assert is_manifest_fresh()
    assert prepare_manifest() is False
    assert "model.lus.fct_discharge_episode" in load_manifest()["nodes"]


@pytest.mark.parametrize("missing", ["MANIFEST", "_STAMP", "_PARSED"])
def test_a_missing_manifest_names_the_command_that_makes_it(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_runner, missing, tmp_path / "none")
    with pytest.raises(LusError, match="lus prepare"):
        load_manifest()


@pytest.mark.parametrize("what", ["dbt_fingerprint", "libraries"])
def test_a_manifest_of_other_files_or_libraries_stops_builds_and_definitions_alike(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dbt_runner, what, lambda: "others")
    with pytest.raises(LusError, match=r"missing, or of other files or l(.|\n)*lus prepare"):
        build(Home(tmp_path), Settings())
    with pytest.raises(LusError, match="lus prepare"):
        build_defs(tmp_path, tmp_path, date(2024, 1, 1).isoformat())


@pytest.mark.parametrize(
    ("path", "is_stale"),
    [
        ("models/marts/fct_discharge_episode.sql", True),
        ("models/marts/fct_discharge_episode.yml", True),
        ("seeds/daily_rate.csv", True),
        ("tests/a_new_test.sql", True),
        ("target/compiled/anything.sql", False),
        ("README.md", False),
    ],
)
def test_only_a_change_of_the_projects_own_files_makes_it_stale(
    path: str, is_stale: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(
        project.DBT_PROJECT, tmp_path / "dbt_project", ignore=shutil.ignore_patterns("target")
    )
    monkeypatch.setattr(project, "ROOT", tmp_path)
    before = project.dbt_fingerprint.__wrapped__()
    changed = tmp_path / "dbt_project" / path
    changed.parent.mkdir(parents=True, exist_ok=True)
    with changed.open("a", encoding="utf-8") as file:
        file.write("\n")
    assert (project.dbt_fingerprint.__wrapped__() != before) is is_stale


@pytest.mark.parametrize(
    "path",
    ["lus_assets/a.py", "lus_assets/statistics/templates/a.html.j2", "dbt_project/models/a.sql"],
)
def test_the_code_version_is_of_everything_that_changes_what_is_published(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project, "ROOT", tmp_path)
    before = project.code_version.__wrapped__()
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text("x")
    assert project.code_version.__wrapped__() != before
