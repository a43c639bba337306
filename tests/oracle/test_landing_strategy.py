"""The nasty landing areas are reproducible, and dense enough that every branch occurs."""

from collections import Counter
from pathlib import Path

from tests.oracle import Marts, compute, differences
from tests.oracle.database import as_query
from tests.oracle.landing_strategy import NastyLanding, nasty_landing

KEY = b"a key for the oracle's tests, 32 characters or more"
SEEDS = range(24)


def run_oracle(nasty: NastyLanding, folder: Path) -> Marts:
    region_dir = folder / "region"
    region_dir.mkdir(parents=True)
    for name, text in nasty.region_rows.items():
        (region_dir / name).write_text(text, encoding="utf-8")
    nasty.write_landing(folder / "landing")
    return compute(folder / "landing", nasty.as_of, nasty.region, region_dir, key=KEY)


def test_the_same_seed_gives_the_same_landing_area() -> None:
    assert nasty_landing(7) == nasty_landing(7)
    assert nasty_landing(7) != nasty_landing(8)


def test_every_finding_and_branch_occurs(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        marts = run_oracle(nasty_landing(seed), tmp_path / str(seed))
        assert differences(marts, as_query(marts)) == []
        seen.update(code for _, code in marts.findings)
        seen.update(_branches(marts))
    wanted = {*_FINDINGS, *_BRANCHES}
    assert {name: seen[name] for name in wanted if seen[name] < 3} == {}


_FINDINGS = (
    "ADMISSION_NOTICE_MISSING", "ADMISSION_NOTICE_LATE", "READY_NOTICE_MISSING",
    "PERMANENT_CONTACT_MISSING", "SIP_CALL_MISSING", "SIP_CALL_LATE", "CARE_PLAN_MISSING",
    "REGION_SERVICES_UNAVAILABLE", "PATIENT_DECLINED", "NO_MUNICIPAL_NEED", "NEEDS_UNKNOWN",
    "DECEASED", "MUNICIPALITY_UNKNOWN", "RULESET_MISSING", "DISPUTE_UPHELD",
    "MESSAGE_AFTER_DISCHARGE", "TRANSFER_WITHOUT_SUCCESSOR", "RECEIPT_MISSING",
)  # fmt: skip
_BRANCHES = (
    "billable", "waiting", "placement", "district", "withdrawn days", "open dispute",
    "liable days", "exceeds", "does not exceed", "individual", "amount unknown", "charged",
    "several rates", "readmitted", "not followed up", "duplicate", "superseded", "quarantined",
    "outside the mean",
)  # fmt: skip


def _branches(marts: Marts) -> Counter[str]:
    seen: Counter[str] = Counter()
    for row in marts.episodes.values():
        seen["billable"] += row["is_billable"]
        seen["waiting"] += not row["is_discharged"]
        seen["placement"] += row["liability_basis"] == "placement"
        seen["district"] += row["district_code"] is not None
        seen["withdrawn days"] += bool(row["withdrawn_ready_days"])
        seen["open dispute"] += row["has_open_dispute"]
        seen["liable days"] += bool(row["is_billable"] and row["liable_days"])
    for month in marts.months.values():
        seen["exceeds"] += month["exceeds_level"] is True
        seen["does not exceed"] += month["exceeds_level"] is False
        seen["individual"] += month["exceeds_level"] is None
        seen["amount unknown"] += month["amount_sek"] is None
        seen["charged"] += bool(month["amount_sek"])
        seen["several rates"] += bool(month["amount_sek"] and month["daily_rate_sek"] is None)
        seen["outside the mean"] += month["episodes_in_mean"] < month["episodes_billable"]
    for row in marts.readmissions.values():
        seen["readmitted"] += row["is_readmitted_within_7_days"]
        seen["not followed up"] += not row["is_follow_up_complete"]
    for file in marts.ingest.values():
        for fate in ("duplicate", "superseded", "quarantined"):
            seen[fate] += file[f"rows_{fate}"]
    return seen
