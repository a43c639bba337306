"""The oracle must reproduce every hand-worked case, together with the others and alone."""

from pathlib import Path

import pytest

from tests.golden import CaseGroup, case_groups, check
from tests.oracle import compute, differences
from tests.oracle.compute import Marts
from tests.oracle.database import as_query

KEY = b"a key for the oracle's tests, 32 characters or more"


def run_oracle(group: CaseGroup, folder: Path) -> Marts:
    landing, region_dir = folder / "landing", folder / "region"
    region_dir.mkdir()
    for name, text in group.region_rows.items():
        (region_dir / name).write_text(text, encoding="utf-8")
    group.write_landing(landing)
    return compute(landing, group.as_of, group.region, region_dir, key=KEY)


@pytest.mark.parametrize("group", case_groups(), ids=lambda group: group.name)
def test_the_oracle_agrees_with_the_hand_worked_cases(group: CaseGroup, tmp_path: Path) -> None:
    marts = run_oracle(group, tmp_path)
    assert check(group, as_query(marts)) == []


@pytest.mark.parametrize("group", case_groups(), ids=lambda group: group.name)
def test_the_oracle_does_not_differ_from_itself(group: CaseGroup, tmp_path: Path) -> None:
    marts = run_oracle(group, tmp_path)
    assert differences(marts, as_query(marts)) == []


@pytest.mark.parametrize("group", case_groups(), ids=lambda group: group.name)
def test_a_months_figures_come_from_one_case_only(group: CaseGroup, tmp_path: Path) -> None:
    marts = run_oracle(group, tmp_path)
    for case in group.cases:
        for month in case.expect.get("months", []):
            of_month = {
                episode_id
                for episode_id, row in marts.episodes.items()
                if str(row["billing_month"]) == f"{month['month']}-01"
                and row["liable_municipality_code"] == month["municipality"]
                and row["ruleset_id"] == month["ruleset"]
            }
            strangers = {e for e in of_month if e != case.id and not e.startswith(f"{case.id}-")}
            assert not strangers, f"{case.id} shares its municipality-month with {strangers}"


def test_there_are_enough_cases_with_sentences_and_few_runs() -> None:
    cases = [case for group in case_groups() for case in group.cases]
    assert len(cases) >= 60
    assert len(case_groups()) <= 12
    assert all(len(case.title.split()) >= 5 for case in cases)
    found = {
        code for case in cases for e in _episodes(case.expect) for code in e.get("findings", [])
    }
    assert len(found) == 18


def _episodes(expect: dict) -> list[dict]:
    named = [*expect.get("episodes", {}).values(), expect.get("episode", "absent")]
    return [episode for episode in named if episode != "absent"]


def test_a_wrong_figure_is_told_by_both_comparisons(tmp_path: Path) -> None:
    group = next(group for group in case_groups() if group.name == "dalarna-2023")
    marts = run_oracle(group, tmp_path)
    honest = as_query(marts)

    def one_day_more(sql: str) -> list[tuple]:
        return [tuple(v + 1 if type(v) is int else v for v in row) for row in honest(sql)]

    def nothing(sql: str) -> list[tuple]:
        return []

    for wrong in (one_day_more, nothing):
        assert len(check(group, wrong)) >= len(group.cases)
        assert len(differences(marts, wrong)) >= len(marts.months)
