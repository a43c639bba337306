"""The episodes behind a line: as frozen for a charge, otherwise as known now."""

import duckdb

from lus_assets.explain.line_base import LineBase
from lus_assets.explain.words import Row, count, indented, read

_UPHELD = """
    select dispute.episode_id
    from marts.fct_dispute as dispute
    inner join marts.fct_episode_evidence as evidence
        on evidence.feed = 'disputes' and dispute.dispute_id = evidence.record_id
    where dispute.effect = 'removes_episode' and evidence.delivery_date <= ?
"""
"""By a day. Also where somebody else is liable now: the review base decides."""
_PROTECTED = """
    select episode_id from marts.fct_episode_evidence where used_for = 'protected_identity'
    union
    -- of one that left the process no evidence stands
    select episode_id from marts.fct_restatement where municipality_code is null
"""
_KNOWN = """
    select episode_id, discharge_date, ready_days, liable_days, is_billable
    from marts.fct_discharge_episode
    where billing_month = ? and liable_municipality_code = ? and ruleset_id = ?
    order by episode_id
"""
IN_MEAN, BILLABLE = "in the mean", "billable"
_OUT = "not billable"


def line_episodes(connection: duckdb.DuckDBPyConnection, base: LineBase, line: Row) -> list[Row]:
    """Episodes behind a line, each with its `place`: as frozen for a charge, else as known now."""
    if line["line_type"] == "charge":
        upheld = {row["episode_id"] for row in read(connection, _UPHELD, [base.invoice.as_of])}
        hidden = hidden_episodes(connection)
        blocks = _blocking(base)
        rows = [
            {
                **row,
                "place": _place(row, line, upheld, blocks),
                "is_hidden": row["episode_id"] in hidden,
            }
            for row in base.review_tables["billed"].to_pylist()
            if row["ruleset_id"] == line["ruleset_id"]
        ]
    else:
        asked = (line["original_month"], line["municipality_code"], line["ruleset_id"])
        rows = [
            {**row, "place": BILLABLE if row["is_billable"] else _OUT, "is_hidden": False}
            for row in read(connection, _KNOWN, asked)
        ]
    return [row for row in rows if line["episode_id"] in (None, row["episode_id"])]


def hidden_episodes(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Episodes whose identity is protected now, whenever it became so."""
    return {row["episode_id"] for row in read(connection, _PROTECTED)}


def _blocking(base: LineBase) -> dict[str, list[str]]:
    """Episode -> codes of the findings that blocked it when it was frozen."""
    codes: dict[str, list[str]] = {}
    for finding in base.review_tables["findings"].to_pylist():
        if finding["is_blocking"]:
            codes.setdefault(finding["episode_id"], []).append(finding["finding_code"])
    return codes


def _place(row: Row, line: Row, upheld: set[str], blocks: dict[str, list[str]]) -> str:
    if not row["is_billable_before_disputes"]:
        return f"{_OUT}: {', '.join(sorted(blocks.get(row['episode_id'], ())))}"
    if row["episode_id"] in upheld:
        return "out, its dispute was upheld"
    return "charged by itself" if line["episode_id"] or row["is_cut_out"] else IN_MEAN


def listed(
    connection: duckdb.DuckDBPyConnection, base: LineBase, line: Row, episodes: list[Row]
) -> list[str]:
    """Step 4 of a line's explanation: the heading, and each episode with its days."""
    if line["line_type"] == "charge":
        heading = f"as review base v{base.review.version} froze them at {base.review.as_of}"
    else:
        (now,) = read(connection, "select as_of from marts.dim_snapshot")
        heading = f"as known at {now['as_of']}"
    told = [_episode(row) for row in episodes]
    counted = [row["ready_days"] for row in episodes if row["place"] == IN_MEAN]
    if counted:
        days = count(sum(counted), "ready day")
        told.append(f"Together in the mean: {count(len(counted), 'episode')} with {days}.")
    return [f"4. Its episodes, {heading}", *indented(told)]


def _episode(row: Row) -> str:
    if row["is_hidden"]:
        return "An episode that is not shown: its person's identity is protected now."
    days = "no days"
    if row["ready_days"] is not None:
        days = f"{count(row['ready_days'], 'ready day')}, {count(row['liable_days'], 'liable day')}"
    return f"{row['episode_id']}: discharged {row['discharge_date']}, {days}; {row['place']}"
