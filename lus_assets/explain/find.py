"""What an id stands for: an invoice line, an episode, or a record that one rests on."""

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.explain.episode import explain_episode
from lus_assets.explain.line import explain_line
from lus_assets.ledger.ledger import Ledger

_LINE = "select 1 from marts.fct_invoice_line where invoice_line_id = ?"
_NAMED = """
    select '' as feed, episode_id from marts.fct_discharge_episode where episode_id = ?
    union
    select feed, episode_id from marts.fct_episode_evidence where record_id = ?
    order by feed, episode_id
"""


def explain(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger | None, record_id: str
) -> list[str]:
    """The chain behind the id of an invoice line, an episode, or a record that one rests on.

    ledger: the home's; None when nothing was issued yet.

    Raises:
        LusError: no line and no episode in the discharge process is it or rests on it. The id
            itself is not repeated: whatever was typed may be a person's.
    """
    if ledger and connection.execute(_LINE, [record_id]).fetchone():
        return explain_line(connection, ledger, record_id)
    try:
        found = connection.execute(_NAMED, [record_id, record_id]).fetchall()
    except duckdb.CatalogException:
        raise LusError(
            "the snapshot was made by an earlier version and does not hold the way back",
            where="marts.fct_episode_evidence",
            todo="make it again: lus run --through marts",
        ) from None
    if not found:
        raise LusError(
            "no invoice line and no episode in the discharge process has this id or rests on it",
            where="marts.fct_invoice_line, marts.fct_discharge_episode, marts.fct_episode_evidence",
            todo="give an invoice line's id (32 hexadecimal digits), an episode's, which is that of"
            " its first stay, or that of a stay, message, placement or dispute as delivered. An"
            " episode without an admission or ready notice that stands is not in the process",
        )
    (feed, episode_id), *others = found
    told = explain_episode(connection, episode_id)
    if not feed:
        return told
    named = [f"The id is of feed {feed}; its episode is {episode_id}."]
    if others:
        named.append(f"Other episodes rest on it too: {', '.join(other for _, other in others)}.")
    return [*named, "", *told]
