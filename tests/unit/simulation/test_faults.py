"""Faults: none when none are wanted, each at its rate, each where the truth says."""

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from lus_assets.simulation import FaultRates, simulate
from lus_assets.simulation.row_faults import LOSING, ROW_FAULTS

from .conftest import County

ALWAYS = {"DECEASED", "MUNICIPALITY_UNKNOWN", "NO_MUNICIPAL_NEED"}
OF_MESSAGES = {"duplicate", "conflicting_message_id", "late_delivery", "out_of_order",
               "unreadable_timestamp", "unknown_code", "missing_required", "not_csv",
               "person_id_in_text", "message_for_unknown_stay"}  # fmt: skip


def discharged(out: Path, rates: FaultRates, population: int) -> pd.DataFrame:
    """The truth of six weeks."""
    period = date(2024, 1, 1), date(2024, 2, 15)
    report = simulate(out, *period, population=population, faults=rates)
    return County(out, report).episodes().to_pandas().query("is_discharged")


def test_without_rates_there_are_no_faults(faultless: County) -> None:
    assert faultless.report.faults == {}
    assert faultless.faults().num_rows == 0
    episodes = faultless.episodes().to_pandas()
    found = {code for codes in episodes["expected_findings"] for code in codes}
    assert found == ALWAYS
    done = episodes[episodes["is_discharged"]]
    assert (done["is_billable"] == (done["expected_findings"].str.len() == 0)).all()
    assert episodes["stays"].eq(1).all()


def test_every_fault_name_is_planted_in_a_large_enough_county(tmp_path: Path) -> None:
    period = date(2024, 1, 1), date(2024, 3, 31)
    often = FaultRates(**dict.fromkeys(FaultRates.names(), 0.03) | {"missing_care_plan": 1.0})
    report = simulate(tmp_path / "out", *period, population=100_000, faults=often)
    assert set(report.faults) == set(FaultRates.names())


@pytest.mark.parametrize("name", sorted(OF_MESSAGES))
def test_row_faults_come_at_their_rate(tmp_path: Path, name: str) -> None:
    rates = replace(FaultRates.none(), **{name: 0.05})
    period = date(2024, 1, 1), date(2024, 2, 15)
    report = simulate(tmp_path / "out", *period, population=50_000, faults=rates)
    assert set(report.faults) == {name}
    rows = report.rows["messages"]
    if name in {"duplicate", "late_delivery", "out_of_order", "not_csv"} | {
        ROW_FAULTS[i] for i in LOSING
    }:
        rows += report.rows["stays"]
    assert 0.03 < report.faults[name] / rows < 0.08


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing_admission_notice", "ADMISSION_NOTICE_MISSING"),
        ("late_admission_notice", "ADMISSION_NOTICE_LATE"),
        ("missing_ready_notice", "READY_NOTICE_MISSING"),
        ("withdrawn_for_good", "READY_NOTICE_MISSING"),
        ("missing_contact", "PERMANENT_CONTACT_MISSING"),
        ("missing_sip_call", "SIP_CALL_MISSING"),
        ("late_sip_call", "SIP_CALL_LATE"),
        ("missing_care_plan", "CARE_PLAN_MISSING"),
        ("services_unavailable", "REGION_SERVICES_UNAVAILABLE"),
        ("declined", "PATIENT_DECLINED"),
        ("missing_needs", "NEEDS_UNKNOWN"),
        ("missing_receipt", "RECEIPT_MISSING"),
        ("transfer_without_successor", "TRANSFER_WITHOUT_SUCCESSOR"),
    ],
)
def test_a_process_fault_leads_to_its_finding(tmp_path: Path, name: str, code: str) -> None:
    rare = name == "missing_care_plan"
    rates = replace(FaultRates.none(), **{name: 1.0 if rare else 0.3})
    episodes = discharged(tmp_path / "out", rates, population=200_000 if rare else 50_000)
    hit = episodes["faults"].map(lambda faults: name in faults)
    found = episodes["expected_findings"].map(lambda codes: code in codes)
    assert hit.sum() >= 5
    assert (hit == found).all()


def test_faults_that_leave_the_episode_as_it_was(tmp_path: Path) -> None:
    names = ("withdrawn", "cancelled", "cancellation_cancelled", "transferred")
    rates = replace(FaultRates.none(), **dict.fromkeys(names, 0.2))
    episodes = discharged(tmp_path / "out", rates, population=50_000)
    assert {code for codes in episodes["expected_findings"] for code in codes} <= ALWAYS
    assert set(episodes["stays"]) == {1, 2, 3}
    withdrawn = episodes["faults"].map(lambda faults: "withdrawn" in faults)
    assert episodes.loc[~withdrawn, "withdrawn_ready_days"].eq(0).all()
    assert episodes.loc[withdrawn, "withdrawn_ready_days"].gt(0).any()


def test_row_faults_lie_on_the_line_that_the_truth_names(faulty: County) -> None:
    seen: set[str] = set()
    for fault in faulty.faults().to_pylist():
        if fault["path"] is None:
            continue
        lines = (faulty.path / fault["path"]).read_text("utf-8").splitlines()
        header = lines[0].split(",")
        line = lines[fault["row_number"]]
        fields = next(csv.reader([line]))
        if fault["fault"] == "not_csv":
            assert len(fields) != len(header)
        else:
            assert len(fields) == len(header)
            assert fault["key"] is None or fault["key"] == fields[0]
        if fault["fault"] == "duplicate" and fault["feed"] == "messages":
            assert _times(faulty, "messages", line) == 2
        seen.add(fault["fault"])
    assert seen >= {"duplicate", "late_delivery", "out_of_order", "not_csv", "unknown_code"}


def test_a_message_for_an_unknown_stay_needs_and_cancels_no_other(tmp_path: Path) -> None:
    rates = replace(FaultRates.none(), message_for_unknown_stay=0.1)
    out = tmp_path / "out"
    report = simulate(out, date(2024, 1, 1), date(2024, 1, 31), population=50_000, faults=rates)
    county = County(out, report)
    stays = {stay for (stay,) in county.feed("stays", "stay_id").fetchall()}
    columns = "stay_id, message_type, refers_to_message_id, cancels_message_id"
    strange = [row for row in county.feed("messages", columns).fetchall() if row[0] not in stays]
    assert len(strange) == report.faults["message_for_unknown_stay"]
    assert {row[1:] for row in strange} == {("discharge_information", None, None)}


def _times(county: County, feed: str, line: str) -> int:
    files = (county.path / feed).glob("*/delivery.csv")
    return sum(path.read_text("utf-8").splitlines().count(line) for path in files)


def test_hospitals_have_different_habits(tmp_path: Path) -> None:
    rates = replace(FaultRates.none(), missing_sip_call=0.3)
    episodes = discharged(tmp_path / "out", rates, population=400_000)
    missing = episodes["faults"].map(len).groupby(episodes["hospital_unit"]).mean()
    assert missing["Roslagens sjukhus"] < 0.6 * missing["Södra universitetssjukhuset"]
