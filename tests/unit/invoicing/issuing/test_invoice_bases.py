"""Invoice bases: what is issued, what is refused and why, and that neither ever changes."""

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.outcome import Outcome
from lus_assets.publishing.release import verify_release
from tests.unit.invoicing.issuing.bases import (
    FIRST_DAY,
    LATER,
    REVIEWED,
    build,
    contents,
    entries,
    entry_of,
    issue,
    only,
    part_of,
)
from tests.unit.ledger.drafts import append
from tests.unit.ledger.drafts import review as reviewed_later
from tests.unit.publishing.tiny_marts import (
    MONTH,
    PSYCHIATRIC,
    SOMATIC,
    correction,
    due_line,
    held,
    municipality_month,
    review,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def lines_of(outcome: Outcome) -> list[dict[str, str]]:
    assert outcome.folder is not None
    with (outcome.folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest_of(outcome: Outcome) -> dict[str, Any]:
    assert outcome.folder is not None
    return json.loads((outcome.folder / "manifest.json").read_text())


def test_a_municipality_above_its_level_gets_its_line(home: Home) -> None:
    build(home, [municipality_month("0180")], [due_line("0180", "13.98", "10500.00")])
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
    lines = [due_line("0180", "3", ruleset_id=PSYCHIATRIC, episode_id=name) for name in "BA"]
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


def test_the_base_keeps_every_ruleset_of_the_month_as_the_mart_shows_it(home: Home) -> None:
    figures = {"mean_ready_days": Decimal("5.3333"), "mean_level": Decimal("3.0000")}
    suspended = municipality_month("0180", PSYCHIATRIC, "suspended")
    build(home, [municipality_month("0180", **figures), suspended])
    assert only(issue(home)).status == "issued"
    rows = {row["ruleset_id"]: row for row in part_of(home, "0180", "months")}
    assert rows[SOMATIC]["mean_ready_days"] == Decimal("5.3333")
    assert rows[SOMATIC]["status"] == "assumption"
    assert rows[PSYCHIATRIC]["invoicing"] == "suspended"


def test_only_the_owner_reads_invoice_bases(home: Home) -> None:
    build(home, [municipality_month("0180")], [due_line("0180", "1")])
    assert only(issue(home)).status == "issued"
    for path in (home.published / "invoice").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


def test_no_file_names_a_person(home: Home) -> None:
    build(home, [municipality_month("0180")], [due_line("0180", "1")])
    assert only(issue(home)).status == "issued"
    assert not any(b"person_" in content for content in contents(home.published).values())


def test_issuing_again_at_a_later_as_of_changes_nothing(home: Home) -> None:
    charged = [municipality_month("0180")], [due_line("0180", "3")]
    build(home, *charged)
    issue(home)
    before = contents(home.published)
    build(home, *charged, as_of=LATER)
    outcome = only(issue(home, LATER))
    assert (outcome.status, outcome.total_sek) == ("unchanged", Decimal("34800.00"))
    assert contents(home.published) == before


def test_other_content_is_refused_and_what_is_issued_stays(home: Home) -> None:
    build(home, [municipality_month("0180")], [due_line("0180", "3")])
    issue(home)
    before = contents(home.published)
    build(home, [municipality_month("0180")], [due_line("0180", "4")], as_of=LATER)
    outcome = only(issue(home, LATER))
    assert (outcome.status, outcome.reason_code) == ("refused", "CHANGED")
    assert "2025-02-26" in str(outcome.reason)
    assert contents(home.published) == before


def test_the_day_before_objections_end_is_too_early(home: Home) -> None:
    early = date(2025, 2, 25)
    build(home, [municipality_month("0180")], as_of=early)
    outcome = only(issue(home, early))
    assert outcome.reason_code == "TOO_EARLY"
    assert f"review base of {REVIEWED}" in str(outcome.reason)
    assert "2025-02-26 or later" in str(outcome.reason)
    assert not (home.published / "invoice").exists()


def test_the_days_run_from_each_review_base_s_own_date(home: Home) -> None:
    """0114 was sent its base a week late, 0180 in time."""
    reviews = [review("0114", date(2025, 2, 12)), review("0180")]
    build(home, [municipality_month("0114"), municipality_month("0180")], reviews=reviews)
    report = issue(home)
    assert [each.reason_code for each in report.outcomes] == ["TOO_EARLY", None]
    assert "2025-03-05 or later" in str(report.outcomes[0].reason)


def test_the_region_s_own_days_for_objections_count(home: Home) -> None:
    reviews = [review("0180", date(2025, 2, 1), days=10)]
    for as_of, status in ((date(2025, 2, 10), "refused"), (date(2025, 2, 11), "issued")):
        build(home, [municipality_month("0180")], as_of=as_of, reviews=reviews)
        assert only(issue(home, as_of)).status == status


def test_without_review_base_every_municipality_is_refused(home: Home) -> None:
    months = [municipality_month("0114"), municipality_month("0180")]
    build(home, months, reviews=[], fct_reviewed_month=[])
    report = issue(home, failed_checks=["a check"])
    codes = [[why.reason_code for why in each.refusals] for each in report.outcomes]
    assert codes == [["NOT_REVIEWED", "FAILED_CHECK"]] * 2
    assert "lus run --through review" in str(report.outcomes[0].reason)
    assert entries(home) == []


def test_a_review_base_of_a_later_day_is_named_where_the_day_asked_for_is_earlier(
    home: Home,
) -> None:
    append(home, reviewed_later("0180", as_of=LATER))
    build(home, [municipality_month("0180")], reviews=[], fct_reviewed_month=[])
    (why,) = only(issue(home, FIRST_DAY)).refusals
    assert why.reason_code == "NOT_REVIEWED"
    assert f"are as known at {LATER}, after {FIRST_DAY}" in why.what


def test_a_municipality_that_was_not_sent_a_review_base_gets_no_invoice_base(home: Home) -> None:
    """Its episodes became known after the others' review bases: they come as corrections."""
    months = [municipality_month("0114"), municipality_month("0180")]
    build(home, months, reviews=[review("0180")], fct_reviewed_month=months[1:])
    assert [each.municipality_code for each in issue(home).outcomes] == ["0180"]


def test_a_municipality_with_nothing_in_the_month_gets_no_invoice_base(home: Home) -> None:
    build(home, [municipality_month("0180")], reviews=[review("0180"), review("0114")])
    assert [each.municipality_code for each in issue(home).outcomes] == ["0180"]


def test_a_reviewed_month_in_which_nobody_has_anything_is_issued_to_nobody(home: Home) -> None:
    build(home, [], reviews=[review("0180"), review("0114")])
    assert issue(home).outcomes == ()


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
        [due_line("0114", "3"), due_line("0180", "3")],
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
        [due_line("0180", "2", ruleset_id=PSYCHIATRIC, episode_id="E1")],
    )
    outcome = only(issue(home))
    assert outcome.total_sek == Decimal("23200.00")
    assert [line["ruleset_id"] for line in lines_of(outcome)] == [PSYCHIATRIC]
    assert manifest_of(outcome)["suspended_rulesets"] == [SOMATIC]


def test_a_suspended_municipality_with_corrections_gets_them(home: Home) -> None:
    months = [municipality_month("0180", invoicing="suspended")]
    build(home, months, [correction("0180", "2", None)])
    outcome = only(issue(home))
    assert (outcome.status, outcome.total_sek) == ("issued", Decimal("23200.00"))


def test_an_unknown_rate_stops_only_that_municipality_and_names_date_and_table(home: Home) -> None:
    build(
        home,
        [municipality_month("0114"), municipality_month("0180")],
        [due_line("0114", "3", price=None), due_line("0180", "3")],
    )
    report = issue(home)
    assert [each.status for each in report.outcomes] == ["refused", "issued"]
    assert report.outcomes[0].reason_code == "RATE_UNKNOWN"
    assert "2025-01-17 in table national" in str(report.outcomes[0].reason)


def test_a_held_line_is_left_out_and_listed(home: Home) -> None:
    disputed = due_line("0180", "3", ruleset_id=PSYCHIATRIC, episode_id="E1")
    kept = due_line("0180", "2", ruleset_id=PSYCHIATRIC, episode_id="E2")
    build(home, [municipality_month("0180", PSYCHIATRIC)], [held(disputed, "D1"), kept])
    outcome = only(issue(home))
    assert [line["episode_id"] for line in lines_of(outcome)] == ["E2"]
    assert outcome.held_lines == manifest_of(outcome)["held_lines"] == 1
    (listed,) = part_of(home, "0180", "held")
    assert (listed["episode_id"], listed["amount_sek"]) == ("E1", Decimal("34800.00"))
    assert (listed["held_by"], listed["first_dispute_id"]) == ("dispute", "D1")


def test_a_held_mean_line_leaves_a_base_of_zero(home: Home) -> None:
    build(home, [municipality_month("0180")], [held(due_line("0180", "3"), "D1")])
    outcome = only(issue(home))
    assert (outcome.total_sek, outcome.held_lines) == (Decimal("0.00"), 1)


def test_a_line_that_waits_alone_is_no_suspended_invoicing(home: Home) -> None:
    """A municipality without episodes in the month, whose only correction a dispute holds."""
    waiting = held(correction("0114", "2", None), "D1")
    build(home, [municipality_month("0180")], [waiting], reviews=[review("0114"), review("0180")])
    outcome = issue(home).outcomes[0]
    assert (outcome.municipality_code, outcome.status) == ("0114", "issued")
    assert (outcome.total_sek, outcome.held_lines) == (Decimal("0.00"), 1)


def test_a_correction_names_the_line_and_the_invoice_that_it_corrects(home: Home) -> None:
    """December's line of 2 days stood for 3: -23 200 and 34 800 beside January's own 11 600."""
    build(
        home,
        [municipality_month("0180")],
        [due_line("0180", "1"), correction("0180", "-2", "L1"), correction("0180", "3", "L1")],
        staging__stg_issued_line=[
            {"sequence": 7, "invoice_line_id": "L1", "municipality_code": "0180"}
        ],
        staging__stg_invoice=[
            {"invoice_sequence": 7, "municipality_code": "0180", "invoice_number": "LUS-000004"}
        ],
    )
    outcome = only(issue(home))
    assert outcome.total_sek == Decimal("23200.00")
    lines = {line["line_type"]: line for line in lines_of(outcome)}
    assert list(lines) == ["charge", "credit", "debit"], "charges first"
    assert (lines["credit"]["quantity_days"], lines["credit"]["amount_sek"]) == (
        *("-2.0000", "-23200.00"),
    )
    assert lines["credit"]["unit_price_sek"] == "11600.00"
    assert (lines["debit"]["amount_sek"], lines["debit"]["corrects_line_id"]) == ("34800.00", "L1")
    assert {line["original_month"] for line in lines.values()} == {"2025-01-01", "2024-12-01"}
    assert entry_of(home).facts["preceding"] == {"L1": "LUS-000004"}


FEBRUARY = date(2025, 2, 1)


def issue_february(home: Home) -> Outcome:
    """February's base, as known in March, with a debit of December."""
    build(
        home,
        [municipality_month("0180", billing_month=FEBRUARY)],
        [correction("0180", "2", None, issue_month=FEBRUARY)],
        as_of=LATER,
        reviews=[review("0180", date(2025, 3, 5)) | {"billing_month": FEBRUARY}],
    )
    return only(issue_invoice_bases(home, FEBRUARY, LATER))


def build_january(home: Home) -> None:
    """January's base, as known in February, which was told of the same debit of December."""
    build(
        home, [municipality_month("0180")], [due_line("0180", "1"), correction("0180", "2", None)]
    )


def test_a_correction_that_a_later_month_s_base_made_already_waits(home: Home) -> None:
    """February was issued first; January's marts are of a day that knows nothing of it."""
    assert issue_february(home).total_sek == Decimal("23200.00")
    build_january(home)
    outcome = only(issue(home))
    assert (outcome.status, outcome.total_sek) == ("issued", Decimal("11600.00"))
    assert [row["held_by"] for row in part_of(home, "0180", "held")] == ["later_issue"]
    assert only(issue(home)).status == "unchanged"


def test_what_a_later_month_corrects_afterwards_changes_nothing_of_the_earlier(home: Home) -> None:
    build_january(home)
    assert only(issue(home)).total_sek == Decimal("34800.00")
    issue_february(home)
    build_january(home)
    assert only(issue(home)).status == "unchanged"


def test_a_base_with_less_than_nothing_to_pay_is_issued(home: Home) -> None:
    issued = {"sequence": 7, "invoice_line_id": "L1", "municipality_code": "0180"}
    numbered = {"invoice_sequence": 7, "municipality_code": "0180", "invoice_number": "LUS-000001"}
    build(
        home,
        [municipality_month("0180")],
        [correction("0180", "-2", "L1")],
        staging__stg_issued_line=[issued],
        staging__stg_invoice=[numbered],
    )
    assert only(issue(home)).total_sek == Decimal("-23200.00")


def test_numbers_are_given_at_issue_without_gaps_and_to_no_refused_base(home: Home) -> None:
    lines = [due_line("0114", "3", price=None), due_line("0180", "3"), due_line("0192", "1")]
    months = [municipality_month(code) for code in ("0114", "0180", "0192")]
    build(home, months, lines)
    issue(home)
    assert [each.number for each in entries(home)] == ["LUS-000001", "LUS-000002"]
    build(home, months, [due_line("0114", "3"), *lines[1:]], as_of=LATER)
    report = issue(home, LATER)
    assert [each.status for each in report.outcomes] == ["issued", "unchanged", "unchanged"]
    assert entry_of(home, "0114").number == "LUS-000003"


def test_a_month_without_episodes_names_the_months_that_there_are(home: Home) -> None:
    build(home, [municipality_month("0180")], as_of=date(2025, 6, 1))
    with pytest.raises(LusError, match="2025-01 to 2025-01"):
        issue_invoice_bases(home, date(2025, 3, 1), date(2025, 6, 1))


def test_any_day_names_its_month(home: Home) -> None:
    build(home, [municipality_month("0180")])
    report = issue_invoice_bases(home, date(2025, 1, 31), FIRST_DAY)
    assert (report.month, report.count("issued")) == (MONTH, 1)
