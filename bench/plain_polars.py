"""The same tables as plain_pandas.py makes, in lazy polars, from the lake's Parquet.

`python -m bench.plain_polars --home HOME --as-of DATE --out FILE` writes fct_discharge_episode,
fct_episode_finding and fct_municipality_month. It knows what the pandas script knows. No tests, no
checks.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from bench.plain_polars_rules import (
    billable,
    days,
    disputed,
    find,
    in_force,
    marked,
    municipality_months,
    seed,
)
from bench.script import (
    EPISODE_COLUMNS,
    FINDING_COLUMNS,
    KEYS,
    UPDATED,
    File,
    check_rulesets,
    counting_files,
    options,
    write,
)

_OF_THE_LAKE = ("file_version_id", "row_number", "reason_code", "anomaly_code", "row_hash")


def read(home: Path, files: Sequence[File], feed: str) -> pl.LazyFrame:
    """A feed's valid rows, the newest of every key (for messages, the first)."""
    of_feed = [each for each in files if each.feed == feed]
    order = pl.LazyFrame({"file_version_id": [each.file_version_id for each in of_feed]})
    return (
        pl.scan_parquet(
            [home / "lake" / each.lake_file for each in of_feed], hive_partitioning=False
        )
        .filter(pl.col("reason_code").is_null())
        .join(order.with_row_index("file_number"), on="file_version_id")
        .sort(*UPDATED.get(feed, ()), "file_number", "row_number")
        .unique(KEYS[feed], keep="first" if feed == "messages" else "last")
        .drop(*_OF_THE_LAKE, "file_number")
    )


def link_stays(stays: pl.LazyFrame) -> pl.LazyFrame:
    """Stays in order, each with its episode."""
    is_after_transfer = (
        (pl.col("person_key") == pl.col("person_key").shift())
        & (pl.col("discharge_type").shift() == "transferred")
        & (pl.col("admitted_at") - pl.col("discharged_at").shift()).is_between(
            timedelta(0), timedelta(days=1)
        )
    )
    first = pl.when(is_after_transfer.fill_null(False)).then(None).otherwise("stay_id")
    stays = stays.sort("person_key", "admitted_at", "stay_id")
    return stays.with_columns(episode_id=first.forward_fill())


def episodes_of(stays: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Linked stays as episodes."""
    last = ("person_key", "hospital_unit", "care_type", "to_open_compulsory_care")
    episodes = stays.group_by("episode_id").agg(
        pl.col(*last, "discharge_type", "discharged_at").last(),
        pl.col("admitted_at", "admission_type").first(),
        stays_in_episode=pl.len(),
    )
    discharged, day = pl.col("discharged_at"), pl.col("discharged_at").dt.date()
    return episodes.with_columns(
        is_discharged=discharged.is_not_null(),
        discharge_date=day,
        billing_month=day.dt.month_start(),
        ended_at=discharged.fill_null(datetime.combine(as_of, time.max)),
        end_date=day.fill_null(as_of),
    )


def standing_messages(
    messages: pl.LazyFrame, stays: pl.LazyFrame, episodes: pl.LazyFrame
) -> pl.LazyFrame:
    """Messages that were not cancelled, of episodes in the discharge process, in order."""
    is_earlier = (pl.col("sent_at") < pl.col("cancelled_at")) | (
        (pl.col("sent_at") == pl.col("cancelled_at")) & (pl.col("message_id") < pl.col("canceller"))
    )
    cancels = (
        messages.select(
            canceller="message_id", message_id="cancels_message_id", cancelled_at="sent_at"
        )
        .join(messages.select("message_id", "sent_at"), on="message_id")
        .filter(is_earlier)
        .select("canceller", "message_id")
    )
    gone = cancels
    # after four steps every chain of four cancellations is settled
    for _ in range(4):
        gone = cancels.join(gone, left_on="canceller", right_on="message_id", how="anti")
    standing = messages.join(gone, on="message_id", how="anti").join(
        stays.select("stay_id", "episode_id"), on="stay_id"
    )
    starts = pl.col("message_type").is_in(["admission_notice", "ready_notice"])
    return (
        standing.join(standing.filter(starts), on="episode_id", how="semi")
        .join(episodes.select("episode_id", "ended_at"), on="episode_id")
        .with_columns(in_time=pl.col("sent_at") <= pl.col("ended_at"))
        .sort("episode_id", "sent_at", "message_id")
    )


def ready_periods(messages: pl.LazyFrame) -> pl.LazyFrame:
    """Earliest ready notice between withdrawals, and the withdrawal that ended it, if any."""
    ends = pl.col("message_type") == "ready_withdrawn"
    return (
        messages.filter(
            "in_time", pl.col("message_type").is_in(["ready_notice", "ready_withdrawn"])
        )
        .with_columns(period=(ends.cum_sum() - ends).over("episode_id"))
        .group_by("episode_id", "period")
        .agg(
            ready_notice_at=pl.col("sent_at").filter(~ends).first(),
            ready_notice_id=pl.col("message_id").filter(~ends).first(),
            needs=pl.col("needs").filter(~ends).first(),
            withdrawn_at=pl.col("sent_at").filter(ends).first(),
        )
        .filter(pl.col("ready_notice_at").is_not_null())
    )


def facts(messages: pl.LazyFrame, periods: pl.LazyFrame) -> pl.LazyFrame:
    """What the messages say, one row per episode in the discharge process."""
    kind, in_time = pl.col("message_type"), pl.col("in_time")

    def of(column: str, said: str) -> pl.Expr:
        return pl.col(column).filter(in_time & (kind == said))

    services = in_time & (kind == "outpatient_services")
    is_after = (pl.col("sent_at") > pl.col("ready_notice_at")) | (
        (pl.col("sent_at") == pl.col("ready_notice_at"))
        & (pl.col("message_id") > pl.col("ready_notice_id"))
    )
    at_notice = services & pl.col("ready_notice_at").is_not_null() & ~is_after
    after_notice = services & is_after
    is_unavailable = pl.col("status").is_in(["unavailable", "unclear"]).fill_null(False)
    has_effect = ["cancellation", "receipt", "discharge_information", "sip_call"]
    standing = periods.filter(pl.col("withdrawn_at").is_null()).select(
        "episode_id", "ready_notice_at", "ready_notice_id", ready_needs="needs"
    )
    said = (
        messages.join(
            standing.select("episode_id", "ready_notice_at", "ready_notice_id"),
            on="episode_id",
            how="left",
            maintain_order="left",
        )
        .group_by("episode_id")
        .agg(
            admission_notice_at=of("sent_at", "admission_notice").first(),
            need_assessed_at=of("need_assessed_at", "admission_notice").first(),
            admission_needs=of("needs", "admission_notice").drop_nulls().last(),
            permanent_contact_at=of("sent_at", "permanent_contact_named").first(),
            care_plan_at=of("sent_at", "care_plan_drawn_up").first(),
            consent_status=of("status", "consent").last(),
            sip_call_at=pl.col("sent_at").filter(kind == "sip_call").first(),
            late_sender_role=pl.col("sender_role")
            .filter(~in_time & ~kind.is_in(has_effect))
            .first(),
            is_unavailable=is_unavailable.filter(at_notice).last().fill_null(False)
            | (is_unavailable & after_notice).any(),
        )
    )
    receipts = messages.filter("in_time", kind == "receipt")
    receipts = receipts.select(ready_notice_id="refers_to_message_id")
    return marked(
        said.join(standing, on="episode_id", how="left"), receipts, "ready_notice_id", "has_receipt"
    ).with_columns(needs=pl.coalesce("ready_needs", "admission_needs"))


def residence(episodes: pl.LazyFrame, persons: pl.LazyFrame) -> pl.LazyFrame:
    """The register's municipality and district on the day of liability, and who is protected."""
    known = seed("municipality").select("municipality_code", residence="municipality_code")
    persons = (
        persons.join(known, on="municipality_code", how="left")
        .select("person_key", "valid_from", "residence", "district_code", "protected_identity")
        .sort("valid_from")
    )
    newest = persons.group_by("person_key").agg(is_guarded=pl.col("protected_identity").last())
    day = pl.coalesce("ready_notice_at", "admitted_at").dt.date()
    lived = episodes.with_columns(liability_date=day).sort("liability_date")
    return (
        lived.join_asof(
            persons,
            left_on="liability_date",
            right_on="valid_from",
            by="person_key",
            check_sortedness=False,
        )
        .join(newest, on="person_key", how="left")
        .with_columns(
            is_protected=pl.col("protected_identity").fill_null(False)
            | pl.col("is_guarded").fill_null(False)
        )
        .drop("valid_from", "protected_identity", "is_guarded")
    )


def liability(
    episodes: pl.LazyFrame, persons: pl.LazyFrame, placements: pl.LazyFrame
) -> pl.LazyFrame:
    """Liable municipality, its basis and the district, beside the episodes."""
    episodes = residence(episodes, persons)
    known = seed("municipality").select("municipality_code", placing="municipality_code")
    staying, placing = pl.col("staying_municipality_code"), pl.col("placing_municipality_code")
    placed = (
        episodes.select("episode_id", "person_key", "liability_date")
        .join(placements, on="person_key")
        .filter(
            pl.col("housing") == "special_service",
            placing != staying,
            pl.col("valid_from") <= pl.col("liability_date"),
            (pl.col("liability_date") <= pl.col("valid_to")).fill_null(True),
        )
        .sort("valid_from", "placement_id")
        .unique("episode_id", keep="last")
        .join(known, left_on="placing_municipality_code", right_on="municipality_code", how="left")
        .select("episode_id", "placing", is_placed=pl.lit(True))
    )
    liable = pl.when("is_placed").then("placing").otherwise("residence")
    basis = pl.when("is_placed").then(pl.lit("placement"))
    basis = basis.when(pl.col("residence").is_not_null()).then(pl.lit("residence"))
    is_stockholm = (pl.col("residence") == "0180") & (pl.col("liable_municipality_code") == "0180")
    found = episodes.join(placed, on="episode_id", how="left").with_columns(
        liable_municipality_code=pl.when(~pl.col("is_protected")).then(liable),
        liability_basis=pl.when(~pl.col("is_protected")).then(basis),
    )
    named = in_force(found, districts(), "end_date", "district_code")
    return named.with_columns(district_code=pl.when(is_stockholm).then("name_in_force"))


def districts() -> pl.LazyFrame:
    """Every district under the names that it has had, along mergers."""
    seeded = seed("district")
    named = [seeded.with_columns(name_in_force="district_name")]
    later = seeded.rename({"district_name": "name_in_force"})
    # no district was merged more than a few times
    for _ in range(4):
        merged = named[-1].select("district_name", name_in_force="merged_into")
        named.append(merged.join(later, on="name_in_force"))
    return pl.concat(named, how="diagonal").select(
        "valid_from", "valid_to", "name_in_force", district_code="district_name"
    )


def main() -> None:
    """Read the options, compute, write one DuckDB file."""
    home, as_of, out = options(__doc__)
    files = counting_files(home, as_of)
    # what is used more than once is collected: polars 2.1 makes it again at every use, and the
    # whole script as one plan opened the lake's files until the system had no more to give
    feeds = pl.collect_all(read(home, files, feed) for feed in KEYS)
    stays, messages, persons, placements, disputes = (each.lazy() for each in feeds)

    stays = link_stays(stays).collect().lazy()
    episodes = episodes_of(stays, as_of).collect().lazy()
    messages = standing_messages(messages, stays, episodes).collect().lazy()
    periods = ready_periods(messages).collect().lazy()
    episodes = episodes.join(facts(messages, periods), on="episode_id")
    episodes = liability(episodes, persons, placements).collect().lazy()
    episodes = disputed(days(episodes, periods), disputes, stays).collect().lazy()
    findings = find(episodes, as_of)
    episodes = billable(episodes, findings)
    months = municipality_months(episodes)

    rulesets, *made = pl.collect_all(
        [
            episodes.select("free_day_unit", "billing_model", "mean_decimals").unique(),
            episodes.select(EPISODE_COLUMNS),
            findings.select(FINDING_COLUMNS),
            months,
        ]
    )
    check_rulesets(
        (unit, model, decimals is not None)
        for unit, model, decimals in rulesets.drop_nulls("free_day_unit").iter_rows()
    )
    names = ("fct_discharge_episode", "fct_episode_finding", "fct_municipality_month")
    write(out, dict(zip(names, made, strict=True)))


if __name__ == "__main__":
    main()
