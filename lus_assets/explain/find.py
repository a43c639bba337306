"""What an id stands for: an episode, or a record that an episode rests on."""

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.explain.episode import explain_episode

_NAMED = """
    select '' as feed, episode_id from marts.fct_discharge_episode where episode_id = ?
    union
    select feed, episode_id from marts.fct_episode_evidence where record_id = ?
    order by feed, episode_id
"""


def explain(connection: duckdb.DuckDBPyConnection, record_id: str) -> list[str]:
    """The chain behind the id of an episode, or of a stay, message, placement or dispute of one.

    Raises:
        LusError: no episode in the discharge process is or rests on it. The id itself is not
            repeated: whatever was typed may be a person's.
    """
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
            "no episode in the discharge process has this id or rests on it",
            where="marts.fct_discharge_episode and marts.fct_episode_evidence",
            todo="give an episode's id, which is that of its first stay, or the id of a stay, a"
            " message, a placement or a dispute as delivered. An episode without an admission or"
            " ready notice that stands is not in the discharge process",
        )
    (feed, episode_id), *others = found
    told = explain_episode(connection, episode_id)
    if not feed:
        return told
    named = [f"The id is of feed {feed}; its episode is {episode_id}."]
    if others:
        named.append(f"Other episodes rest on it too: {', '.join(other for _, other in others)}.")
    return [*named, "", *told]
