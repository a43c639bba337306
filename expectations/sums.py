"""Sums that published statistics must keep: parts beside the whole, in exact whole numbers."""

from expectations.adapter import Frame

ADDITIVE = (
    *("episodes_discharged", "episodes_billable", "ready_days", "ready_days_all", "liable_days"),
    *("withdrawn_ready_days", "readmissions_index_65", "readmissions_7_days_65"),
)
"""Measures that add up, beside episodes_with_… and episodes_blocked_by_…"""

NOT_ADDITIVE = (
    *("share_billable", "mean_ready_days", "mean_ready_days_excluding_zero"),
    *("median_ready_days", "p90_ready_days", "share_discharged_on_day_zero"),
    *("municipalities_above_level", "share_readmitted_7_days_65"),
    "municipality_months_above_level",
    *("reference_ready_days_all", "reference_liable_days", "reference_mean_ready_days"),
)


def all_sums(main: Frame, by_age: Frame) -> dict[str, Frame]:
    """What adds up -> a frame with columns `whole` and `parts` (ten-thousandths, exact).

    A sum with a suppressed part is left out: it cannot be shown to hold.
    """
    figures, ages = _additive(main), _additive(by_age)
    county = figures[figures["geography_level"] == "county"]
    municipalities = figures[figures["geography_level"] == "municipality"]
    care_types = figures[figures["care_type"] != "all"]
    whole = figures[figures["care_type"] == "all"]
    place = ["geography_level", "geography_code", "measure"]
    return {
        "municipalities": _beside(county, municipalities, ["care_type", "measure"]),
        "age groups": _beside(county, ages, ["care_type", "measure"]),
        "care types": _beside(whole, care_types, place),
    }


def _additive(frame: Frame) -> Frame:
    is_count = frame["measure"].str.match("episodes_(with|blocked)_")
    kept = frame[is_count | frame["measure"].isin(ADDITIVE)]
    # whole numbers of a float are exact to 2**53, some 900 billion ten-thousandths
    return kept.assign(units=(kept["value"].astype("float64") * 10_000).round())


def _beside(whole: Frame, parts: Frame, key: list[str]) -> Frame:
    grouped = parts.assign(is_missing=parts["units"].isna()).groupby(key)
    added = grouped.agg(parts=("units", "sum"), is_missing=("is_missing", "any"))
    wholes = whole.set_index(key)["units"].rename("whole").dropna()
    beside = wholes.to_frame().join(added[~added["is_missing"]], how="left")
    is_hidden = beside.index.isin(added.index[added["is_missing"]])
    # a whole without any part must be zero
    return beside[~is_hidden][["whole", "parts"]].fillna(0).astype("int64").reset_index(drop=True)
