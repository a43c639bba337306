"""The rules of plain_polars.py: rulesets, days, findings, months."""

from datetime import date
from decimal import Decimal

import polars as pl

from bench.script import AGREEMENT, SEEDS

_TYPES = {
    "valid_from": pl.Date(),
    "valid_to": pl.Date(),
    "free_days": pl.Int64(),
    "cutoff_time": pl.Time(),
    "mean_level": pl.Decimal(18, 4),
    "rate_sek": pl.Decimal(18, 2),
    "admission_notice_hours": pl.Int64(),
    "sip_call_days": pl.Int64(),
    "is_blocking": pl.Boolean(),
}
"""Types of seeds' columns that are not text."""
_MONTH = ["billing_month", "municipality_code", "ruleset_id"]


def seed(name: str) -> pl.LazyFrame:
    """A seed, typed."""
    return pl.scan_csv(SEEDS / f"{name}.csv", infer_schema=False, schema_overrides=_TYPES)


def marked(frame: pl.LazyFrame, rows: pl.LazyFrame, key: str, name: str) -> pl.LazyFrame:
    """The frame with a column that says whether `rows` have its key."""
    there = rows.select(key, pl.lit(True).alias(name)).unique()
    return frame.join(there, on=key, how="left").with_columns(pl.col(name).fill_null(False))


def in_force(frame: pl.LazyFrame, dated: pl.LazyFrame, day: str, by: str) -> pl.LazyFrame:
    """The frame beside the row of `dated` (valid_from, valid_to) in force on its day; null if none.

    dated: rows of the same `by` do not overlap.
    """
    rows = dated.sort("valid_from")
    values = [each for each in rows.collect_schema() if each not in {"valid_from", "valid_to", by}]
    is_over = (pl.col("valid_to") < pl.col(day)).fill_null(False)
    return (
        frame.sort(day)
        .join_asof(
            rows, left_on=day, right_on="valid_from", by=by, coalesce=False, check_sortedness=False
        )
        .with_columns(pl.when(~is_over).then(pl.col(values)))
        .drop("valid_from", "valid_to")
    )


def days(episodes: pl.LazyFrame, periods: pl.LazyFrame) -> pl.LazyFrame:
    """Ruleset, day zero and the days that follow, beside the episodes."""
    zero, end = pl.col("day_zero"), pl.col("end_date")
    episodes = (
        _with_ruleset(episodes)
        .with_columns(day_zero=_day_zero())
        .with_columns(liability_entry_date=zero + pl.duration(days="free_days"))
    )
    withdrawn = (
        periods.filter(pl.col("withdrawn_at").is_not_null())
        .join(episodes.select("episode_id", "cutoff_time", "cutoff_comparator"), on="episode_id")
        .group_by("episode_id")
        .agg(lost=_days_from(_day_zero(), pl.col("withdrawn_at").dt.date()).sum())
    )
    past, liable = _days_from(zero, end), _days_from(pl.col("liability_entry_date"), end)
    lost = pl.when(pl.col("lost").is_null()).then(0)
    return episodes.join(withdrawn, on="episode_id", how="left").with_columns(
        ready_days=pl.when("is_discharged").then(past),
        ready_days_to_date=pl.when(~pl.col("is_discharged")).then(past),
        liable_days=pl.when("is_discharged").then(liable),
        withdrawn_ready_days=lost.when(pl.col("ruleset_id").is_not_null()).then("lost"),
    )


def _with_ruleset(episodes: pl.LazyFrame) -> pl.LazyFrame:
    """The ruleset in force on the last day, of the agreement for its parties, else the statute."""
    party = seed("agreement_party").filter(pl.col("agreement_id") == AGREEMENT)
    party = party.select(liable_municipality_code="municipality_code")
    asked = ["agreement_id", "care_type", "end_date"]
    agreement = pl.when("is_party").then(pl.lit(AGREEMENT)).otherwise(pl.lit("statute"))
    episodes = marked(episodes, party, "liable_municipality_code", "is_party").with_columns(
        agreement_id=agreement
    )
    is_any = pl.col("of_care_type") == "any"
    rules = seed("ruleset").rename({"care_type": "of_care_type"}).drop("source", "status")
    found = (
        episodes.select(asked)
        .unique()
        .join(rules, on="agreement_id")
        .filter(
            is_any | (pl.col("of_care_type") == pl.col("care_type")),
            pl.col("valid_from") <= pl.col("end_date"),
            (pl.col("end_date") <= pl.col("valid_to")).fill_null(True),
        )
        .sort(is_any, "valid_from", descending=[False, True])
        .unique(asked, keep="first")
        .drop("valid_from", "valid_to", "of_care_type")
    )
    return episodes.join(found, on=asked, how="left")


def _day_zero() -> pl.Expr:
    clock, cutoff = pl.col("ready_notice_at").dt.time(), pl.col("cutoff_time")
    is_late = (clock > cutoff) | (
        (clock == cutoff) & (pl.col("cutoff_comparator") == "at_or_after")
    )
    return pl.col("ready_notice_at").dt.date() + pl.duration(days=is_late.cast(pl.Int64))


def _days_from(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    return (end - start).dt.total_days().clip(lower_bound=0)


def disputed(episodes: pl.LazyFrame, disputes: pl.LazyFrame, stays: pl.LazyFrame) -> pl.LazyFrame:
    """The episodes with whether their liable municipality has an upheld or an open dispute."""
    effective = (
        disputes.select("municipality_code", "status", stay_id="episode_id")
        .join(stays.select("stay_id", "episode_id"), on="stay_id")
        .join(episodes.select("episode_id", "liable_municipality_code"), on="episode_id")
        .filter(pl.col("municipality_code") == pl.col("liable_municipality_code"))
        .group_by("episode_id")
        .agg(
            is_upheld=(pl.col("status") == "upheld").any(),
            has_open_dispute=(pl.col("status") == "open").any(),
        )
    )
    return episodes.join(effective, on="episode_id", how="left").with_columns(
        pl.col("is_upheld", "has_open_dispute").fill_null(False)
    )


def find(episodes: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """One row per episode and finding, with the seed's texts."""
    statute = seed("ruleset").filter(pl.col("agreement_id") == "statute")
    statute = statute.sort("valid_from", "ruleset_id").first()
    judged = episodes.join(
        statute.select("sip_call_days", "admission_notice_hours"), how="cross", suffix="_statute"
    ).select("episode_id", **_applies(as_of))
    rows = judged.unpivot(index="episode_id", variable_name="finding_code", value_name="applies")
    sender = episodes.select("episode_id", sender_role="late_sender_role")
    return (
        rows.filter("applies")
        .join(seed("finding"), on="finding_code")
        .join(sender, on="episode_id")
        .with_columns(sender_role=pl.when(pl.col("responsible") == "sender").then("sender_role"))
    )


def _applies(as_of: date) -> dict[str, pl.Expr]:
    """Finding -> whether an episode has it."""
    sip_days = pl.coalesce("sip_call_days", "sip_call_days_statute")
    hours = pl.coalesce("admission_notice_hours", "admission_notice_hours_statute")
    due_from = pl.max_horizontal("admitted_at", "need_assessed_at")
    sip_due = pl.col("ready_notice_at").dt.date() + pl.duration(days=sip_days)
    sip_called, in_open_care = pl.col("sip_call_at").dt.date(), pl.col("to_open_compulsory_care")
    has_ready, needs_both = pl.col("ready_notice_at").is_not_null(), pl.col("needs") == "both"
    needs_sip = needs_both & ~in_open_care
    return {
        "ADMISSION_NOTICE_MISSING": pl.col("admission_notice_at").is_null(),
        "ADMISSION_NOTICE_LATE": pl.col("admission_notice_at")
        > due_from + pl.duration(hours=hours),
        "READY_NOTICE_MISSING": ~has_ready,
        "PERMANENT_CONTACT_MISSING": needs_both & pl.col("permanent_contact_at").is_null(),
        "SIP_CALL_MISSING": needs_sip & sip_called.is_null() & (~has_ready | (sip_due < as_of)),
        "SIP_CALL_LATE": needs_sip & (sip_called > sip_due),
        "CARE_PLAN_MISSING": in_open_care & pl.col("care_plan_at").is_null(),
        "REGION_SERVICES_UNAVAILABLE": pl.col("is_unavailable"),
        "PATIENT_DECLINED": pl.col("consent_status") == "declined",
        "NO_MUNICIPAL_NEED": pl.col("needs") == "region",
        "NEEDS_UNKNOWN": pl.col("needs").is_null(),
        "DECEASED": pl.col("discharge_type") == "deceased",
        "MUNICIPALITY_UNKNOWN": pl.col("liable_municipality_code").is_null(),
        "RULESET_MISSING": pl.col("ruleset_id").is_null(),
        "DISPUTE_UPHELD": pl.col("is_upheld"),
        "MESSAGE_AFTER_DISCHARGE": pl.col("late_sender_role").is_not_null(),
        "TRANSFER_WITHOUT_SUCCESSOR": pl.col("discharge_type") == "transferred",
        "RECEIPT_MISSING": has_ready & ~pl.col("has_receipt"),
    }


def billable(episodes: pl.LazyFrame, findings: pl.LazyFrame) -> pl.LazyFrame:
    """The episodes with whether they may be billed."""
    blocking = findings.filter("is_blocking")
    has_all = pl.col("ready_notice_at", "ruleset_id").is_not_null()
    return marked(episodes, blocking, "episode_id", "is_blocked").with_columns(
        is_billable=pl.all_horizontal("is_discharged", has_all, ~pl.col("is_blocked"))
    )


def municipality_months(episodes: pl.LazyFrame) -> pl.LazyFrame:
    """Mean, charged days and amount per month, municipality and ruleset."""
    of_ruleset = ["billing_model", "mean_level", "rate_source"]
    billed = (
        episodes.filter("is_discharged")
        .rename({"liable_municipality_code": "municipality_code"})
        .drop_nulls(_MONTH)
    )
    counted = billed.group_by(_MONTH).agg(
        pl.col(of_ruleset).first(),
        pl.col("ready_days", "liable_days").filter("is_billable").sum(),
        episodes_discharged=pl.len(),
        episodes_billable=pl.col("is_billable").sum().cast(pl.Int64),
    )
    invoicing = seed("ruleset_invoicing").drop("source", "status")
    n, ready = pl.col("episodes_billable"), pl.col("ready_days")
    # half up, in whole ten thousandths
    mean = (2 * 10_000 * ready + n) // (2 * pl.when(n > 0).then(n))
    above = ready - n * pl.col("mean_level")
    rated = in_force(counted, seed("daily_rate"), "billing_month", "rate_source")
    return (
        in_force(rated.select(pl.exclude("source", "status")), invoicing, _MONTH[0], _MONTH[2])
        .join(_by_day(billed), on=_MONTH, how="left")
        .join(seed("ruleset").select("ruleset_id", "care_type", "status"), on="ruleset_id")
        .with_columns(
            pl.col("invoicing").fill_null("suspended"),
            episodes_in_mean=n,
            ready_days_in_mean=ready,
            mean_ready_days=mean * Decimal("0.0001"),
            exceeds_level=above > 0,
            **_charged(above),
        )
        .drop("billing_model", "rate_source", "rate_sek", "days", "amount", "price", "is_priced")
    )


def _by_day(billed: pl.LazyFrame) -> pl.LazyFrame:
    """Every liable day under the individual model, at the rate in force that day."""
    each_day = pl.date_ranges("liability_entry_date", "discharge_date", closed="left")
    liable = (
        billed.filter(
            "is_billable", pl.col("billing_model") == "individual", pl.col("liable_days") > 0
        )
        .select(*_MONTH, "rate_source", day=each_day)
        .explode("day")
    )
    rate = pl.col("rate_sek")
    return (
        in_force(liable, seed("daily_rate"), "day", "rate_source")
        .group_by(_MONTH)
        .agg(
            days=pl.len(),
            amount=rate.sum(),
            price=pl.when(rate.n_unique() == 1).then(rate.first()),
            is_priced=rate.is_not_null().all(),
        )
    )


def _charged(above: pl.Expr) -> dict[str, pl.Expr]:
    """The days by day, else those above the level at the rate of the month's first day."""
    by_day = pl.col("days").is_not_null()
    # six decimals hold the product of four and two as it is
    excess = above * pl.col("rate_sek").cast(pl.Decimal(38, 6))
    priced = pl.when("is_priced").then("amount")
    is_above = (above > 0).fill_null(False)
    return {
        "charged_days": pl.when(by_day).then("days").when(is_above).then(above).otherwise(0),
        "daily_rate_sek": pl.when(by_day).then("price").otherwise("rate_sek"),
        "amount_sek": pl.when(by_day)
        .then(priced)
        .when(is_above)
        .then(excess.round(2, mode="half_away_from_zero"))
        .otherwise(0),
    }
