"""NHS England's discharge-ready counts as a landing area: a trust is a municipality, and every
patient meets every condition of the act, so the billing mean must be the published mean."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

MUNICIPALITIES = {
    "RCF": "0114",
    "RLT": "0115",
    "RTE": "0117",
    "REM": "0120",
    "RJC": "0123",
    "RGR": "0125",
    "RBK": "0126",
}
DAYS = (date(2025, 10, 24), date(2025, 10, 25), date(2025, 10, 26))
"""Delivery days; all that happened before comes with the first ones, half and half."""


def published(folder: Path, trusts: list[str], months: set[str]) -> dict[tuple[date, str], float]:
    """Published mean per month and municipality; no months named: all of them."""
    means = _chosen(pd.read_csv(folder / "published_means.csv"), trusts, months)
    return {
        (date.fromisoformat(month), MUNICIPALITIES[trust]): mean
        for month, trust, mean in zip(
            means["month"],
            means["org_code"],
            means["mean_delay_days_including_day_zero"],
            strict=True,
        )
    }


def write_landing(folder: Path, landing: Path, trusts: list[str], months: set[str]) -> int:
    """Write the landing area of these trusts and months; returns how many patients there are."""
    patients = _patients(_chosen(pd.read_csv(folder / "delay_counts.csv"), trusts, months))
    stays, messages = _stays(patients), _messages(patients)
    persons = pd.DataFrame(
        {
            "person_id": patients["person_id"],
            "birth_date": "1940-01-01",
            "municipality_code": patients["municipality_code"],
            "valid_from": "2020-01-01",
        }
    )
    for number, day in enumerate(DAYS):
        for feed, rows in (("stays", stays), ("messages", messages), ("persons", persons)):
            part = rows.iloc[number::2] if number < 2 else rows.iloc[:0]
            _write(landing, feed, day, part)
        for feed, columns in _EMPTY.items():
            _write(landing, feed, day, pd.DataFrame({name: [] for name in columns}, dtype=str))
    return len(patients)


def _chosen(rows: pd.DataFrame, trusts: list[str], months: set[str]) -> pd.DataFrame:
    chosen = rows[rows["org_code"].isin(trusts)]
    return chosen[chosen["month"].str[:7].isin(months)] if months else chosen


def _patients(counts: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: discharged on some day of the month, ready `delay_days` before."""
    one = counts.loc[counts.index.repeat(counts["patients"])].reset_index(drop=True)
    number = np.arange(len(one))
    month = pd.to_datetime(one["month"])
    discharged = month + pd.to_timedelta(number % month.dt.days_in_month, unit="D")
    ready = discharged - pd.to_timedelta(one["delay_days"], unit="D")
    return pd.DataFrame(
        {
            "person_id": "NHS" + pd.Series(number).astype(str).str.zfill(7),
            "stay_id": "S" + pd.Series(number).astype(str).str.zfill(7),
            "municipality_code": one["org_code"].map(MUNICIPALITIES),
            "admitted": ready - pd.Timedelta(days=2),
            "ready": ready,
            "discharged": discharged,
        }
    )


def _stays(patients: pd.DataFrame) -> pd.DataFrame:
    discharged_at = _clock(patients["discharged"], "14:00:00")
    return pd.DataFrame(
        {
            "stay_id": patients["stay_id"],
            "person_id": patients["person_id"],
            "hospital_unit": "Trust " + patients["municipality_code"],
            "care_type": "somatic",
            "admission_type": "unplanned",
            "admitted_at": _clock(patients["admitted"], "08:00:00"),
            "discharged_at": discharged_at,
            "discharge_type": "home",
            "updated_at": discharged_at,
        }
    )


def _messages(patients: pd.DataFrame) -> pd.DataFrame:
    def message(
        kind: str, role: str, day: str, clock: str, needs: str = "", refers: str = ""
    ) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "message_id": patients["stay_id"] + "-" + kind,
                "stay_id": patients["stay_id"],
                "message_type": kind,
                "sent_at": _clock(patients[day], clock),
                "sender_unit": "Trust " + patients["municipality_code"],
                "sender_role": role,
                "needs": needs or None,
                "refers_to_message_id": patients["stay_id"] + "-" + refers if refers else None,
            }
        )

    return pd.concat(
        [
            message("admission_notice", "inpatient", "admitted", "11:00:00", needs="both"),
            message("permanent_contact_named", "outpatient", "ready", "09:00:00"),
            message("ready_notice", "inpatient", "ready", "10:00:00", needs="both"),
            message("sip_call", "outpatient", "ready", "10:30:00"),
            message("receipt", "municipality", "ready", "11:00:00", refers="ready_notice"),
        ],
        ignore_index=True,
    )


def _clock(day: pd.Series, clock: str) -> pd.Series:
    return day.dt.strftime(f"%Y-%m-%dT{clock}")


def _write(landing: Path, feed: str, day: date, rows: pd.DataFrame) -> None:
    path = landing / feed / day.isoformat() / "delivery.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.astype(object).where(rows.notna(), None).to_parquet(path, index=False)


_EMPTY = {
    "placements": (
        *("placement_id", "person_id", "placing_municipality_code", "staying_municipality_code"),
        *("legal_basis", "housing", "valid_from", "valid_to"),
    ),
    "disputes": (
        *("dispute_id", "episode_id", "municipality_code", "billing_month", "ground", "status"),
        *("raised_at", "updated_at"),
    ),
}
