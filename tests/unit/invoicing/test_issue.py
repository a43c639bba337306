"""Invoice bases: what is issued, what is refused and why, and that neither ever changes."""

import csv
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import InvoiceRefusedError, LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issue import IssueReport, Outcome, issue_invoice_bases
from lus_assets.publishing.release import verify_release
from tests.unit.publishing.tiny_marts import (
    MONTH,
    PSYCHIATRIC,
    SOMATIC,
    build_warehouse,
    charge_line,
    held_line,
    municipality_month,
    ruleset,
)

FIRST_DAY, LATER = date(2025, 2, 26), date(2025, 3, 26)
MARTS = (
    *("dim_ruleset", "dim_snapshot", "fct_charge_line", "fct_held_line"),
    *("fct_municipality_month", "ingest_anomaly"),
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def build(
    home: Home,
    months: Sequence[dict[str, Any]],
    lines: Sequence[dict[str, Any]] = (),
    *,
    as_of: date = FIRST_DAY,
    held: Sequence[dict[str, Any]] = (),
    anomalies: Sequence[dict[str, Any]] = (),
    **parameters: int,
) -> None:
    rows = {
        "fct_municipality_month": months,
        "fct_charge_line": lines,
        "fct_held_line": held,
        "ingest_anomaly": anomalies,
        "dim_ruleset": [ruleset(SOMATIC), ruleset(PSYCHIATRIC)],
    }
    build_warehouse(home, as_of, rows, MARTS, **parameters)


def issue(home: Home, as_of: date = FIRST_DAY, failed_checks: Sequence[str] = ()) -> IssueReport:
    return issue_invoice_bases(home, MONTH, as_of, failed_checks)


def only(report: IssueReport) -> Outcome:
    (outcome,) = report.outcomes
    return outcome


def lines_of(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.folder is not None
    with (outcome.folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.folder is not None
    return json.loads((outcome.folder / "manifest.json").read_text())


def contents(home: Home) -> dict[str, bytes]:
    return {
        str(path.relative_to(home.published)): path.read_bytes()
        for path in home.published.rglob("*")
        if path.is_file()
    }


def test_a_municipality_above_its_level_gets_its_line(home: Home) -> None:
    build(home, [municipality_month("0180")], [charge_line("0180", "13.98", "10500.00")])
    outcome = only(issue(home))
    assert (outcome.status, outcome.total_sek) == ("issued", Decimal("146790.00"))
    assert outcome.folder == home.published / "invoice/2025-01/0180"
    (line,) = lines_of(outcome)
    assert line["invoice_base_id"] == "2025-01-0180"
    assert line["municipality_code"] == "0180"
    assert (line["issue_month"], line["original_month"]) == ("2025-01-01", "2025-01-01")
    assert (line["line_type"], line["corrects_line_id"], line["episode_id"]) == ("charge", "", "")
    assert line["ruleset_id"] == SOMATIC
    assert line["quantity_days"] == "13.9800"
    assert (line["unit_price_sek"], line["amount_sek"]) == ("10500.00", "146790.00")
    assert (line["issued_at"], line["as_of"]) == ("2025-02-26T00:00:00", "2025-02-26")
    manifest = manifest_of(outcome)
    assert manifest["total_sek"] == "146790.00"
    assert manifest["content_hash"] == line["content_hash"]
    assert manifest["rulesets"][0]["status"] == "assumption"
    assert verify_release(outcome.folder).is_intact


def test_the_next_build_reads_the_same_lines_back(home: Home) -> None:
    lines = [charge_line("0180", "3", ruleset_id=PSYCHIATRIC, episode_id=name) for name in "BA"]
    build(home, [municipality_month("0180", PSYCHIATRIC)], lines)
    outcome = only(issue(home))
    assert outcome.folder is not None
    read = pq.read_table(outcome.folder / "lines.parquet").to_pylist()
    assert [each["episode_id"] for each in read] == ["A", "B"]
    assert sum(each["amount_sek"] for each in read) == outcome.total_sek == Decimal("69600.00")
    assert [each["invoice_line_id"] for each in read] == [
        each["invoice_line_id"] for each in lines_of(outcome)
    ]


def test_nothing_to_charge_is_a_base_with_no_lines_and_zero(home: Home) -> None:
    build(home, [municipality_month("0180")])
    outcome = only(issue(home))
    assert (outcome.status, outcome.lines, str(outcome.total_sek)) == ("issued", 0, "0.00")
    assert manifest_of(outcome)["total_sek"] == "0.00"
    assert lines_of(outcome) == []


def test_the_summary_shows_every_ruleset_as_the_mart_does(home: Home) -> None:
    figures = {"mean_ready_days": Decimal("5.3333"), "mean_level": Decimal("3.0000")}
    suspended = municipality_month("0180", PSYCHIATRIC, "suspended")
    build(home, [municipality_month("0180", **figures), suspended])
    outcome = only(issue(home))
    assert outcome.folder is not None
    with (outcome.folder / "summary.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["ruleset_id"]: row for row in csv.DictReader(file)}
    assert rows[SOMATIC]["mean_ready_days"] == "5.3333"
    assert rows[SOMATIC]["status"] == "assumption"
    assert rows[PSYCHIATRIC]["invoicing"] == "suspended"


def test_only_the_owner_reads_invoice_bases(home: Home) -> None:
    build(home, [municipality_month("0180")], [charge_line("0180", "1")])
    issue(home)
    for path in (home.published / "invoice").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_no_file_names_a_person(home: Home) -> None:
    build(home, [municipality_month("0180")], [charge_line("0180", "1")])
    issue(home)
    assert not any(b"person" in content for content in contents(home).values())


def test_issuing_again_at_a_later_as_of_changes_nothing(home: Home) -> None:
    charged = [municipality_month("0180")], [charge_line("0180", "3")]
    build(home, *charged)
    issue(home)
    before = contents(home)
    build(home, *charged, as_of=LATER)
    outcome = only(issue(home, LATER))
    assert (outcome.status, outcome.total_sek) == ("unchanged", Decimal("34800.00"))
    assert contents(home) == before


def test_other_content_is_refused_and_what_is_issued_stays(home: Home) -> None:
    build(home, [municipality_month("0180")], [charge_line("0180", "3")])
    issue(home)
    before = contents(home)
    build(home, [municipality_month("0180")], [charge_line("0180", "4")], as_of=LATER)
    outcome = only(issue(home, LATER))
    assert (outcome.status, outcome.reason_code) == ("refused", "CHANGED")
    assert "2025-02-26" in str(outcome.reason)
    assert contents(home) == before


def test_the_day_before_objections_end_is_too_early(home: Home) -> None:
    early = date(2025, 2, 25)
    build(home, [municipality_month("0180")], as_of=early)
    outcome = only(issue(home, early))
    assert outcome.reason_code == "TOO_EARLY"
    assert "2025-02-26 or later" in str(outcome.reason)
    assert not (home.published / "invoice").exists()


def test_the_settings_move_the_first_day(home: Home) -> None:
    build(
        home, [municipality_month("0180")], as_of=date(2025, 2, 11), review_day=1, objection_days=10
    )
    assert only(issue(home, date(2025, 2, 11))).status == "issued"


def test_a_gap_stops_every_municipality_and_names_feeds_and_days(home: Home) -> None:
    gaps = [
        {"feed": "messages", "delivery_date": date(2025, 1, day), "reason_code": "GAP"}
        for day in (14, 12)
    ]
    gaps += [
        {"feed": "stays", "delivery_date": date(2025, 1, 3), "reason_code": "GAP_ACKNOWLEDGED"},
        {"feed": "persons", "delivery_date": date(2025, 1, 4), "reason_code": "DISTRICT_UNKNOWN"},
    ]
    build(home, [municipality_month("0180"), municipality_month("0114")], anomalies=gaps)
    report = issue(home)
    assert [each.reason_code for each in report.outcomes] == ["GAP", "GAP"]
    assert "messages: 2 days, the first 2025-01-12" in str(report.outcomes[0].reason)
    assert "stays" not in str(report.outcomes[0].reason)
    assert report.count("refused") == 2


def test_an_acknowledged_gap_stops_nothing(home: Home) -> None:
    gap = {"feed": "stays", "delivery_date": date(2025, 1, 3), "reason_code": "GAP_ACKNOWLEDGED"}
    build(home, [municipality_month("0180")], anomalies=[gap])
    assert only(issue(home)).status == "issued"


def test_a_failed_check_stops_the_month_and_is_named(home: Home) -> None:
    build(home, [municipality_month("0180")])
    outcome = only(issue(home, failed_checks=["fct_charge_line: a_line_stands_once"]))
    assert outcome.reason_code == "FAILED_CHECK"
    assert "a_line_stands_once" in str(outcome.reason)


def test_every_reason_is_told_at_once(home: Home) -> None:
    gap = {"feed": "stays", "delivery_date": date(2025, 1, 3), "reason_code": "GAP"}
    early = date(2025, 2, 25)
    build(home, [municipality_month("0180")], as_of=early, anomalies=[gap])
    refusals = only(issue(home, early, ["a check"])).refusals
    assert [each.reason_code for each in refusals] == ["TOO_EARLY", "FAILED_CHECK", "GAP"]


def test_suspended_invoicing_is_refused_and_stops_no_other(home: Home) -> None:
    build(
        home,
        [municipality_month("0114", invoicing="suspended"), municipality_month("0180")],
        [charge_line("0114", "3"), charge_line("0180", "3")],
    )
    report = issue(home)
    assert [each.reason_code for each in report.outcomes] == ["SUSPENDED", None]
    assert SOMATIC in str(report.outcomes[0].reason)
    assert [path.name for path in (home.published / "invoice/2025-01").iterdir()] == ["0180"]
    assert report.total_sek == Decimal("34800.00")


def test_of_one_active_and_one_suspended_ruleset_only_the_active_is_charged(home: Home) -> None:
    build(
        home,
        [
            municipality_month("0180", SOMATIC, "suspended"),
            municipality_month("0180", PSYCHIATRIC, "active"),
        ],
        [
            charge_line("0180", "3"),
            charge_line("0180", "2", ruleset_id=PSYCHIATRIC, episode_id="E1"),
        ],
    )
    outcome = only(issue(home))
    assert outcome.total_sek == Decimal("23200.00")
    assert [line["ruleset_id"] for line in lines_of(outcome)] == [PSYCHIATRIC]
    assert manifest_of(outcome)["suspended_rulesets"] == [SOMATIC]


def test_an_unknown_rate_stops_only_that_municipality_and_names_date_and_table(home: Home) -> None:
    build(
        home,
        [municipality_month("0114"), municipality_month("0180")],
        [charge_line("0114", "3", price=None), charge_line("0180", "3")],
    )
    report = issue(home)
    assert [each.status for each in report.outcomes] == ["refused", "issued"]
    assert report.outcomes[0].reason_code == "RATE_UNKNOWN"
    assert "2025-01-17 in table national" in str(report.outcomes[0].reason)


def test_an_unknown_rate_of_a_suspended_ruleset_stops_nothing(home: Home) -> None:
    build(
        home,
        [
            municipality_month("0180", SOMATIC, "suspended"),
            municipality_month("0180", PSYCHIATRIC, "active"),
        ],
        [charge_line("0180", "3", price=None)],
    )
    assert only(issue(home)).status == "issued"


def test_a_held_line_is_left_out_and_listed(home: Home) -> None:
    held = charge_line("0180", "3", ruleset_id=PSYCHIATRIC, episode_id="E1")
    kept = charge_line("0180", "2", ruleset_id=PSYCHIATRIC, episode_id="E2")
    build(
        home, [municipality_month("0180", PSYCHIATRIC)], [held, kept], held=[held_line(held, "D1")]
    )
    outcome = only(issue(home))
    assert [line["episode_id"] for line in lines_of(outcome)] == ["E2"]
    assert outcome.held_lines == 1
    (listed,) = manifest_of(outcome)["held"]
    assert (listed["episode_id"], listed["amount_sek"]) == ("E1", "34800.00")
    assert listed["first_dispute_id"] == "D1"


def test_a_held_mean_line_leaves_a_base_of_zero(home: Home) -> None:
    held = charge_line("0180", "3")
    build(home, [municipality_month("0180")], [held], held=[held_line(held, "D1")])
    outcome = only(issue(home))
    assert (outcome.total_sek, outcome.held_lines) == (Decimal("0.00"), 1)


def test_a_month_without_episodes_names_the_months_that_there_are(home: Home) -> None:
    build(home, [municipality_month("0180")], as_of=date(2025, 6, 1))
    with pytest.raises(LusError, match="2025-01 to 2025-01"):
        issue_invoice_bases(home, date(2025, 3, 1), date(2025, 6, 1))


def test_a_month_that_is_not_over_is_refused_as_too_early(home: Home) -> None:
    build(home, [municipality_month("0180")])
    with pytest.raises(InvoiceRefusedError, match="2025-04-26 or later"):
        issue_invoice_bases(home, date(2025, 3, 1), FIRST_DAY)


def test_any_day_names_its_month(home: Home) -> None:
    build(home, [municipality_month("0180")])
    report = issue_invoice_bases(home, date(2025, 1, 31), FIRST_DAY)
    assert (report.month, report.count("issued")) == (MONTH, 1)


KILLED = """
import os, signal, sys
from datetime import date
from pathlib import Path
from lus_assets.core.home import Home
from lus_assets.invoicing.issue import issue_invoice_bases
real = os.rename
def rename(source, target):
    if Path(target).name == "0114":
        os.kill(os.getpid(), signal.SIGKILL)
    real(source, target)
os.rename = rename
issue_invoice_bases(Home(Path(sys.argv[1])), date(2025, 1, 1), date(2025, 2, 26))
"""


def test_killed_between_two_municipalities_neither_is_lost_nor_doubled(home: Home) -> None:
    months = [municipality_month(code) for code in ("0110", "0114", "0180")]
    build(home, months, [charge_line(code, "3") for code in ("0110", "0114", "0180")])
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home.root)], check=False)
    assert killed.returncode == -signal.SIGKILL
    issued = sorted(home.published.glob("invoice/*/*/lines.parquet"))
    assert [path.parent.name for path in issued] == ["0110"]
    before = contents(home)
    report = issue(home)
    assert [each.status for each in report.outcomes] == ["unchanged", "issued", "issued"]
    assert report.total_sek == Decimal("104400.00")
    after = contents(home)
    assert all(after[name] == before[name] for name in before if name.startswith("invoice"))
    listed = [str(path) for path in home.published.glob("invoice/*/*/lines.parquet")]
    with duckdb.connect() as connection:
        counted = connection.execute(
            "select count(*), count(distinct invoice_line_id) from read_parquet(?)", [listed]
        ).fetchone()
    assert counted == (3, 3)


def test_cut_off_before_the_rename_nothing_is_issued(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(home, [municipality_month("0180")])

    def cut(*_: Any) -> None:
        raise OSError(28, "disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", cut)
        with pytest.raises(OSError, match="disk full"):
            issue(home)
    assert not list(home.published.glob("invoice/*/*"))
    assert only(issue(home)).status == "issued"
