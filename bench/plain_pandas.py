"""The same figures as a region would make them today: one pandas script, from the lake's Parquet.

`python -m bench.plain_pandas --home HOME --as-of DATE --out FILE` writes fct_discharge_episode,
fct_episode_finding and fct_municipality_month. It knows what Stockholm needs for a year of today:
the models `individual` and `mean_excess`, calendar days, one rate table. No tests, no checks.
"""

from datetime import date
from pathlib import Path

import pandas as pd

from bench.plain_pandas_rules import DAY, days, effective, find, municipality_months
from bench.script import (
    EPISODE_COLUMNS,
    FINDING_COLUMNS,
    KEYS,
    SEEDS,
    UPDATED,
    counting_files,
    options,
    write,
)


def read(home: Path, as_of: date, feed: str) -> pd.DataFrame:
    """A feed's valid rows, the newest of every key (for messages, the first)."""
    files = pd.DataFrame(each for each in counting_files(home, as_of) if each.feed == feed)
    rows = pd.concat([pd.read_parquet(home / "lake" / each) for each in files["lake_file"]])
    rows = rows[rows["reason_code"].isna()].merge(files, on="file_version_id")
    rows = rows.sort_values([*UPDATED.get(feed, ()), "delivery_date", "path", "row_number"])
    return rows.drop_duplicates(KEYS[feed], keep="first" if feed == "messages" else "last")


def link_stays(stays: pd.DataFrame, as_of: date) -> tuple[pd.DataFrame, pd.Series]:
    """Episodes (by episode_id), and every stay's episode."""
    stays = stays.sort_values(["person_key", "admitted_at", "stay_id"])
    before = stays.groupby("person_key")[["discharge_type", "discharged_at"]].shift()
    gap = stays["admitted_at"] - before["discharged_at"]
    linked = (before["discharge_type"] == "transferred") & gap.between(pd.Timedelta(0), DAY)
    stays["episode_id"] = stays["stay_id"].where(~linked).ffill()
    by_episode = stays.groupby("episode_id", sort=False)
    episodes = stays.drop_duplicates("episode_id", keep="last").set_index("episode_id")
    first = stays.drop_duplicates("episode_id", keep="first").set_index("episode_id")
    episodes["admitted_at"] = first["admitted_at"]
    episodes["admission_type"] = first["admission_type"]
    episodes["stays_in_episode"] = by_episode.size()
    episodes["discharge_date"] = episodes["discharged_at"].dt.normalize()
    episodes["is_discharged"] = episodes["discharged_at"].notna()
    episodes["billing_month"] = episodes["discharge_date"].dt.to_period("M").dt.to_timestamp()
    end = pd.Timestamp(as_of)
    episodes["ended_at"] = episodes["discharged_at"].fillna(
        end + DAY - pd.Timedelta(microseconds=1)
    )
    episodes["end_date"] = episodes["discharge_date"].fillna(end)
    return episodes, stays.set_index("stay_id")["episode_id"]


def standing_messages(
    messages: pd.DataFrame, episode_of: pd.Series, episodes: pd.DataFrame
) -> pd.DataFrame:
    """Messages that were not cancelled, of episodes in the discharge process, in order."""
    sent = messages.set_index("message_id")["sent_at"]
    cancels = messages[messages["cancels_message_id"].isin(sent.index)]
    target = cancels["cancels_message_id"]
    target_sent = target.map(sent)
    cancels = cancels[
        (target_sent < cancels["sent_at"])
        | ((target_sent == cancels["sent_at"]) & (target < cancels["message_id"]))
    ]
    cancelled: set[str] = set()
    # a canceller is sent after what it cancels: from the last back, each is settled once
    order = cancels.sort_values(["sent_at", "message_id"], ascending=False)
    for canceller, cancels_id in zip(order["message_id"], order["cancels_message_id"], strict=True):
        if canceller not in cancelled:
            cancelled.add(cancels_id)
    messages = messages[~messages["message_id"].isin(cancelled)].copy()
    messages["episode_id"] = messages["stay_id"].map(episode_of)
    messages = messages[messages["episode_id"].notna()]
    starts = messages["message_type"].isin(["admission_notice", "ready_notice"])
    in_process = messages["episode_id"].isin(messages.loc[starts, "episode_id"])
    messages = messages[in_process].sort_values(["episode_id", "sent_at", "message_id"])
    messages["in_time"] = messages["sent_at"] <= messages["episode_id"].map(episodes["ended_at"])
    return messages


def ready_periods(messages: pd.DataFrame) -> pd.DataFrame:
    """Earliest ready notice between withdrawals, and the withdrawal that ended it, if any."""
    rows = messages[
        messages["in_time"] & messages["message_type"].isin(["ready_notice", "ready_withdrawn"])
    ].copy()
    ends = (rows["message_type"] == "ready_withdrawn").astype(int)
    rows["period"] = ends.groupby(rows["episode_id"]).cumsum() - ends
    key = ["episode_id", "period"]
    notices = rows[ends == 0].drop_duplicates(key).set_index(key)
    withdrawals = rows[ends == 1].set_index(key)["sent_at"].rename("withdrawn_at")
    periods = notices[["message_id", "sent_at", "needs"]].join(withdrawals).reset_index()
    return periods.rename(columns={"message_id": "ready_notice_id", "sent_at": "ready_notice_at"})


def facts(messages: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """What the messages say, one row per episode in the discharge process."""
    in_time = messages[messages["in_time"]]

    def of(kind: str, keep: str = "first") -> pd.DataFrame:
        rows = in_time[in_time["message_type"] == kind]
        return rows.drop_duplicates("episode_id", keep=keep).set_index("episode_id")

    fact = pd.DataFrame(index=pd.Index(messages["episode_id"].unique(), name="episode_id"))
    notice = of("admission_notice")
    fact["admission_notice_at"] = notice["sent_at"]
    fact["need_assessed_at"] = notice["need_assessed_at"]
    fact["permanent_contact_at"] = of("permanent_contact_named")["sent_at"]
    fact["care_plan_at"] = of("care_plan_drawn_up")["sent_at"]
    fact["consent_status"] = of("consent", keep="last")["status"]
    calls = messages[messages["message_type"] == "sip_call"]
    fact["sip_call_at"] = calls.groupby("episode_id")["sent_at"].min()
    standing = periods[periods["withdrawn_at"].isna()].set_index("episode_id")
    fact = fact.join(standing[["ready_notice_id", "ready_notice_at", "needs"]])
    said = in_time[(in_time["message_type"] == "admission_notice") & in_time["needs"].notna()]
    said = said.drop_duplicates("episode_id", keep="last").set_index("episode_id")["needs"]
    fact["needs"] = fact["needs"].fillna(said)
    receipts = in_time.loc[in_time["message_type"] == "receipt", "refers_to_message_id"].dropna()
    fact["has_receipt"] = fact["ready_notice_id"].isin(receipts)
    has_effect = ["cancellation", "receipt", "discharge_information", "sip_call"]
    late = messages[~messages["in_time"] & ~messages["message_type"].isin(has_effect)]
    late = late.drop_duplicates("episode_id").set_index("episode_id")
    fact["late_sender_role"] = late["sender_role"]
    services = in_time[in_time["message_type"] == "outpatient_services"]
    services = services.join(fact[["ready_notice_at", "ready_notice_id"]], on="episode_id")
    services = services[services["ready_notice_at"].notna()]
    is_after = (services["sent_at"] > services["ready_notice_at"]) | (
        (services["sent_at"] == services["ready_notice_at"])
        & (services["message_id"] > services["ready_notice_id"])
    )
    at_notice = services[~is_after].drop_duplicates("episode_id", keep="last")
    relevant = pd.concat([at_notice, services[is_after]])
    unavailable = relevant[relevant["status"].isin(["unavailable", "unclear"])]["episode_id"]
    fact["is_unavailable"] = fact.index.isin(unavailable)
    return fact


def liability(
    episodes: pd.DataFrame, persons: pd.DataFrame, placements: pd.DataFrame
) -> pd.DataFrame:
    """Liable municipality, its basis and the district, beside the episodes."""
    known = pd.read_csv(SEEDS / "municipality.csv", dtype=str)["municipality_code"]
    day = episodes["ready_notice_at"].fillna(episodes["admitted_at"]).dt.normalize()
    episodes = episodes.assign(liability_date=day)
    persons = persons.assign(valid_from=pd.to_datetime(persons["valid_from"]).astype(day.dtype))
    persons["municipality_code"] = persons["municipality_code"].where(
        persons["municipality_code"].isin(known)
    )
    persons = persons.sort_values("valid_from")
    found = pd.merge_asof(
        episodes.reset_index().sort_values("liability_date"),
        persons[
            ["person_key", "valid_from", "municipality_code", "district_code", "protected_identity"]
        ],
        left_on="liability_date",
        right_on="valid_from",
        by="person_key",
    ).set_index("episode_id")
    newest = persons.drop_duplicates("person_key", keep="last").set_index("person_key")
    now = found["person_key"].map(newest["protected_identity"]).astype("boolean")
    protected = found["protected_identity"].astype("boolean").fillna(False) | now.fillna(False)
    placed = found.reset_index().merge(placements, on="person_key", suffixes=("", "_placement"))
    starts, ends = (
        pd.to_datetime(placed["valid_from_placement"]),
        pd.to_datetime(placed["valid_to"]),
    )
    placed = placed[
        (placed["housing"] == "special_service")
        & (placed["placing_municipality_code"] != placed["staying_municipality_code"])
        & (starts <= placed["liability_date"])
        & (ends.isna() | (placed["liability_date"] <= ends))
    ].sort_values(["valid_from_placement", "placement_id"])
    placed = placed.drop_duplicates("episode_id", keep="last").set_index("episode_id")
    placing = placed["placing_municipality_code"]
    residence = found["municipality_code"]
    is_placed = found.index.isin(placed.index)
    liable = residence.where(~is_placed, placing.where(placing.isin(known)))
    basis = (
        pd.Series("residence", found.index).where(residence.notna()).mask(is_placed, "placement")
    )
    found["liable_municipality_code"] = liable.where(~protected)
    found["liability_basis"] = basis.where(~protected)
    is_stockholm = (residence == "0180") & (found["liable_municipality_code"] == "0180")
    found["district_code"] = _in_force(found["district_code"], found["end_date"]).where(
        is_stockholm
    )
    return found.drop(columns=["valid_from", "municipality_code", "protected_identity"])


def _in_force(name: pd.Series, day: pd.Series) -> pd.Series:
    """A district's name as it is called on a day, along mergers."""
    seed = pd.read_csv(SEEDS / "district.csv", parse_dates=["valid_from", "valid_to"])
    seed = seed.set_index("district_name")
    for _ in range(5):
        is_over = name.map(seed["valid_to"]) < day
        name = name.mask(is_over, name.map(seed["merged_into"]))
    return name.where(name.map(seed["valid_from"]) <= day)


def main() -> None:
    """Read the options, compute, write one DuckDB file."""
    home, as_of, out = options(__doc__)
    stays, messages, persons, placements, disputes = (read(home, as_of, feed) for feed in KEYS)

    episodes, episode_of = link_stays(stays, as_of)
    messages = standing_messages(messages, episode_of, episodes)
    periods = ready_periods(messages)
    episodes = episodes.join(facts(messages, periods), how="inner")
    episodes = liability(episodes, persons, placements)
    episodes = days(episodes, periods)
    upheld, held = effective(disputes, episode_of, episodes)
    findings = find(episodes, upheld, as_of)
    blocked = findings.loc[findings["is_blocking"], "episode_id"]
    episodes["is_billable"] = (
        episodes["is_discharged"]
        & episodes["ready_notice_at"].notna()
        & episodes["ruleset_id"].notna()
        & ~episodes.index.isin(blocked)
    )
    episodes["has_open_dispute"] = episodes.index.isin(held)
    months = municipality_months(episodes)

    write(
        out,
        {
            "fct_discharge_episode": episodes.reset_index()[EPISODE_COLUMNS],
            "fct_episode_finding": findings[FINDING_COLUMNS],
            "fct_municipality_month": months,
        },
    )


if __name__ == "__main__":
    main()
