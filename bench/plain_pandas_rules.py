"""The rules of plain_pandas.py: rulesets, days, findings, months."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pandas as pd

from bench.script import AGREEMENT, SEEDS, check_rulesets

DAY = pd.Timedelta(days=1)


def days(episodes: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Ruleset, day zero and the days that follow, beside the episodes."""
    episodes = _with_ruleset(episodes)
    zero = _day_zero(episodes["ready_notice_at"], episodes)
    entry = zero + pd.to_timedelta(episodes["free_days"].astype(float), unit="D")
    past = _days_from(zero, episodes["end_date"])
    liable = _days_from(entry, episodes["end_date"])
    episodes["day_zero"], episodes["liability_entry_date"] = zero, entry
    episodes["ready_days"] = past.where(episodes["is_discharged"])
    episodes["ready_days_to_date"] = past.where(~episodes["is_discharged"])
    episodes["liable_days"] = liable.where(episodes["is_discharged"])
    gone = periods[periods["withdrawn_at"].notna() & periods["episode_id"].isin(episodes.index)]
    gone = gone.set_index("episode_id").join(episodes[["cutoff_time", "cutoff_comparator"]])
    lost = _days_from(_day_zero(gone["ready_notice_at"], gone), gone["withdrawn_at"].dt.normalize())
    withdrawn = lost.groupby(level=0).sum(min_count=1)
    episodes["withdrawn_ready_days"] = 0.0
    episodes.loc[withdrawn.index, "withdrawn_ready_days"] = withdrawn
    return episodes


def _with_ruleset(episodes: pd.DataFrame) -> pd.DataFrame:
    """The ruleset in force on the last day, of the agreement for its parties, else the statute."""
    rules = pd.read_csv(SEEDS / "ruleset.csv", parse_dates=["valid_from", "valid_to"])
    party = pd.read_csv(SEEDS / "agreement_party.csv", dtype=str)
    party = party[party["agreement_id"] == AGREEMENT]["municipality_code"]
    is_party = episodes["liable_municipality_code"].isin(party)
    agreement = is_party.map({True: AGREEMENT, False: "statute"})
    asked = pd.DataFrame(
        {"agreement_id": agreement, "own": episodes["care_type"], "on": episodes["end_date"]}
    )
    kinds = asked.drop_duplicates().merge(
        rules.drop(columns=["source", "status"]), on="agreement_id"
    )
    in_force = (kinds["valid_from"] <= kinds["on"]) & ~(kinds["valid_to"] < kinds["on"])
    fits = (kinds["care_type"] == kinds["own"]) | (kinds["care_type"] == "any")
    kinds = kinds[in_force & fits].assign(any=kinds["care_type"] == "any")
    kinds = kinds.sort_values(["any", "valid_from"], ascending=[True, False])
    kinds = kinds.drop_duplicates(["agreement_id", "own", "on"])
    is_rounded = kinds["mean_decimals"].notna()
    check_rulesets(zip(kinds["free_day_unit"], kinds["billing_model"], is_rounded, strict=True))
    kinds = kinds.drop(columns=["care_type", "valid_from", "valid_to", "any"])
    found = asked.reset_index().merge(kinds, on=["agreement_id", "own", "on"], how="left")
    return episodes.join(found.set_index("episode_id").drop(columns=["agreement_id", "own", "on"]))


def _day_zero(sent: pd.Series, ruleset: pd.DataFrame) -> pd.Series:
    clock = sent - sent.dt.normalize()
    cutoff = pd.to_timedelta(ruleset["cutoff_time"])
    late = (clock > cutoff) | ((clock == cutoff) & (ruleset["cutoff_comparator"] == "at_or_after"))
    return (sent.dt.normalize() + pd.to_timedelta(late.astype(int), unit="D")).where(cutoff.notna())


def _days_from(start: pd.Series, end: pd.Series) -> pd.Series:
    return (end - start).dt.days.clip(lower=0)


def effective(
    disputes: pd.DataFrame, episode_of: pd.Series, episodes: pd.DataFrame
) -> tuple[set[str], set[str]]:
    """Episodes with an upheld and with an open dispute of their liable municipality."""
    episode = disputes["episode_id"].map(episode_of)
    is_liable = disputes["municipality_code"] == episode.map(episodes["liable_municipality_code"])
    return (
        set(episode[is_liable & (disputes["status"] == "upheld")]),
        set(episode[is_liable & (disputes["status"] == "open")]),
    )


def find(episodes: pd.DataFrame, upheld: set[str], as_of: date) -> pd.DataFrame:
    """One row per episode and finding, with the seed's texts."""
    e = episodes
    rules = pd.read_csv(SEEDS / "ruleset.csv", parse_dates=["valid_from"])
    statute = rules[rules["agreement_id"] == "statute"].sort_values(["valid_from", "ruleset_id"])
    sip_days = e["sip_call_days"].fillna(statute["sip_call_days"].iloc[0])
    hours = e["admission_notice_hours"].fillna(statute["admission_notice_hours"].iloc[0])
    sip_due = e["ready_notice_at"].dt.normalize() + pd.to_timedelta(sip_days, unit="D")
    sip_called = e["sip_call_at"].dt.normalize()
    needs_sip = (e["needs"] == "both") & ~e["to_open_compulsory_care"].astype(bool)
    due_from = e[["admitted_at", "need_assessed_at"]].max(axis=1)
    has_ready = e["ready_notice_at"].notna()
    applies = {
        "ADMISSION_NOTICE_MISSING": e["admission_notice_at"].isna(),
        "ADMISSION_NOTICE_LATE": e["admission_notice_at"]
        > due_from + pd.to_timedelta(hours, unit="h"),
        "READY_NOTICE_MISSING": ~has_ready,
        "PERMANENT_CONTACT_MISSING": (e["needs"] == "both") & e["permanent_contact_at"].isna(),
        "SIP_CALL_MISSING": needs_sip
        & sip_called.isna()
        & (~has_ready | (pd.Timestamp(as_of) > sip_due)),
        "SIP_CALL_LATE": needs_sip & (sip_called > sip_due),
        "CARE_PLAN_MISSING": e["to_open_compulsory_care"].astype(bool) & e["care_plan_at"].isna(),
        "REGION_SERVICES_UNAVAILABLE": e["is_unavailable"],
        "PATIENT_DECLINED": e["consent_status"] == "declined",
        "NO_MUNICIPAL_NEED": e["needs"] == "region",
        "NEEDS_UNKNOWN": e["needs"].isna(),
        "DECEASED": e["discharge_type"] == "deceased",
        "MUNICIPALITY_UNKNOWN": e["liable_municipality_code"].isna(),
        "RULESET_MISSING": e["ruleset_id"].isna(),
        "DISPUTE_UPHELD": e.index.isin(upheld),
        "MESSAGE_AFTER_DISCHARGE": e["late_sender_role"].notna(),
        "TRANSFER_WITHOUT_SUCCESSOR": e["discharge_type"] == "transferred",
        "RECEIPT_MISSING": has_ready & ~e["has_receipt"],
    }
    rows = pd.concat(
        pd.DataFrame({"episode_id": e.index[np.asarray(is_so, dtype=bool)], "finding_code": code})
        for code, is_so in applies.items()
    )
    rows = rows.merge(pd.read_csv(SEEDS / "finding.csv"), on="finding_code")
    sender = rows["episode_id"].map(e["late_sender_role"])
    rows["sender_role"] = sender.where(rows["responsible"] == "sender")
    return rows


def municipality_months(episodes: pd.DataFrame) -> pd.DataFrame:
    """Mean, charged days and amount per month, municipality and ruleset."""
    key = ["billing_month", "liable_municipality_code", "ruleset_id"]
    billed = episodes[episodes["is_discharged"]].dropna(subset=key)
    billable = billed[billed["is_billable"]].groupby(key)
    month = billed.groupby(key).agg(episodes_discharged=("person_key", "size"))
    month["episodes_billable"] = billable.size()
    for name in ("ready_days", "liable_days"):
        month[name] = billable[name].sum()
    month = month.fillna(0).astype(int).reset_index()
    month = month.rename(columns={"liable_municipality_code": "municipality_code"})
    rules = pd.read_csv(SEEDS / "ruleset.csv", dtype={"mean_level": str}).set_index("ruleset_id")
    rates = pd.read_csv(
        SEEDS / "daily_rate.csv", dtype={"rate_sek": str}, parse_dates=["valid_from", "valid_to"]
    )
    invoicing = pd.read_csv(
        SEEDS / "ruleset_invoicing.csv", parse_dates=["valid_from", "valid_to"]
    ).sort_values("valid_from")
    charged_by_day = {name: rows for name, rows in billable if _has_days(rows)}
    lines = []
    for row in month.itertuples():
        rule = rules.loc[row.ruleset_id]
        rate = _rate(rates, rule["rate_source"], row.billing_month)
        if rule["billing_model"] == "individual":
            episodes_of = charged_by_day.get(
                (row.billing_month, row.municipality_code, row.ruleset_id)
            )
            line = _by_day(episodes_of, rates, rule["rate_source"], rate)
            mean = _four_decimals(Decimal(row.ready_days), Decimal(row.episodes_billable))
            line["mean_ready_days"] = mean
        else:
            line = _above_level(row, Decimal(rule["mean_level"]), rate)
        valid = invoicing[invoicing["ruleset_id"] == row.ruleset_id]
        valid = valid[
            (valid["valid_from"] <= row.billing_month) & ~(valid["valid_to"] < row.billing_month)
        ]
        line["invoicing"] = valid["invoicing"].iloc[-1] if len(valid) else "suspended"
        line |= {"care_type": rule["care_type"], "status": rule["status"]}
        in_mean = {"episodes_in_mean": row.episodes_billable, "ready_days_in_mean": row.ready_days}
        lines.append(in_mean | line)
    return pd.concat([month, pd.DataFrame(lines, index=month.index)], axis=1)


def _has_days(rows: pd.DataFrame) -> bool:
    return bool((rows["liable_days"] > 0).any())


def _by_day(
    episodes: pd.DataFrame | None, rates: pd.DataFrame, source: str, first_rate: Decimal | None
) -> dict[str, Any]:
    """Every liable day at the rate in force that day."""
    line: dict[str, Any] = {"daily_rate_sek": first_rate, "amount_sek": Decimal(0)}
    if episodes is None:
        return line | {"charged_days": Decimal(0)}
    all_days = [
        day
        for entry, end in zip(
            episodes["liability_entry_date"], episodes["discharge_date"], strict=True
        )
        for day in pd.date_range(entry, end, inclusive="left")
    ]
    prices = [_rate(rates, source, day) for day in all_days]
    known = [price for price in prices if price is not None]
    is_known = len(known) == len(prices)
    line["charged_days"] = Decimal(len(all_days))
    line["daily_rate_sek"] = known[0] if is_known and len(set(known)) == 1 else None
    line["amount_sek"] = sum(known, Decimal(0)) if is_known else None
    return line


def _above_level(row: Any, level: Decimal, rate: Decimal | None) -> dict[str, Any]:
    """The days above the level, at the rate of the month's first day."""
    n, ready = Decimal(row.episodes_billable), Decimal(row.ready_days)
    above = ready - n * level
    exceeds = n > 0 and above > 0
    line: dict[str, Any] = {
        "mean_level": level,
        "mean_ready_days": _four_decimals(ready, n),
        "exceeds_level": exceeds,
        "charged_days": above if exceeds else Decimal(0),
        "daily_rate_sek": rate,
        "amount_sek": Decimal(0),
    }
    if exceeds:
        exact = None if rate is None else above * rate
        line["amount_sek"] = exact and exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return line


def _four_decimals(sum_: Decimal, n: Decimal) -> Decimal | None:
    return (sum_ / n).quantize(Decimal("0.0001"), ROUND_HALF_UP) if n else None


def _rate(rates: pd.DataFrame, source: str, day: pd.Timestamp) -> Decimal | None:
    rows = rates[
        (rates["rate_source"] == source) & (rates["valid_from"] <= day) & ~(rates["valid_to"] < day)
    ]
    return Decimal(rows["rate_sek"].iloc[0]) if len(rows) else None
