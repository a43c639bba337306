"""JSON Lines to blocks of text. Blank lines are not rows; null and empty text are null.

Numbers and true or false become the text that JSON writes. A name that no line has is not a
missing column but a missing value in every row: lines have no header.
"""

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa

from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import Feed
from lus_assets.ingest.lines import escape_invalid_utf8, find_lines, not_utf8
from lus_assets.ingest.read import (
    LINE_MAX_BYTES,
    FileFaultError,
    Tally,
    block_schema,
)
from lus_assets.privacy.arrow import Array, Table, pc


def jsonl_blocks(
    feed: Feed,
    chunks: Iterator[tuple[bytes, bool]],
    tally: Tally,
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[Table]:
    """Blocks of a JSON Lines text; what it yields and raises: see `read.read_blocks`."""
    carried = b""
    for chunk, is_last in chunks:
        data = carried + chunk
        whole = len(data) if is_last else data.rfind(b"\n") + 1
        body, carried = escape_invalid_utf8(data[:whole]), data[whole:]
        lines = _to_lines(body)
        tally.rows += lines.num_rows
        if lines.num_rows:
            yield _to_block(feed, lines, tally, connection)
        if len(carried) > LINE_MAX_BYTES:
            raise FileFaultError(ReasonCode.FILE_UNREADABLE, "a line has no end")


def _to_lines(body: bytes) -> Table:
    """The lines that are not blank (`line`, null where it is not UTF-8) and their `position`."""
    starts, ends = find_lines(body)
    is_bad = not_utf8(body, starts)
    # what lies between kept lines is blank, so a line may reach to the next one's start
    offsets = np.append(starts, ends[-1:]).astype(np.int32)
    lines = pa.Array.from_buffers(
        pa.binary(), len(starts), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(body)]
    )
    readable = pc.if_else(pa.array(~is_bad), lines, pa.scalar(None, pa.binary()))
    return pa.table(
        {"position": pa.array(np.arange(len(starts))), "line": readable.cast(pa.string())}
    )


def _to_block(
    feed: Feed, lines: Table, tally: Tally, connection: duckdb.DuckDBPyConnection
) -> Table:
    """Two steps, for DuckDB's JSON functions raise on what is not JSON: first see, then take."""
    is_json = _query(connection, "select json_valid(line) from given order by position", lines)
    objects = lines.filter(is_json[0].fill_null(False))
    names = _query(connection, "select distinct unnest(json_keys(line)) from given", objects)[
        0
    ].to_pylist()
    tally.unknown_columns |= set(names) - set(feed.column_names)
    paths = ", ".join(f"'$.\"{name}\"'" for name in feed.column_names)
    values = ", ".join(f"extracted[{place + 1}]" for place in range(len(feed.columns)))
    taken = _query(
        connection,
        f"""
        with read as (
            select
                position,
                json_type(line) = 'OBJECT'
                and length(json_keys(line)) = length(list_distinct(json_keys(line)))
                and not list_has_any(json_type(line, [{paths}]), ['OBJECT', 'ARRAY']) as is_plain,
                json_extract_string(line, [{paths}]) as extracted
            from given
        )
        select position, {values} from read where is_plain order by position
        """,
        objects,
    )
    place = np.full(lines.num_rows, -1)
    place[taken[0].to_numpy()] = np.arange(len(taken[0]))
    is_plain = place >= 0
    columns = [_empty_to_null(column.take(pa.array(place, mask=~is_plain))) for column in taken[1:]]
    reason = np.where(
        lines["line"].is_null().to_numpy(), ReasonCode.NOT_UTF8.value, ReasonCode.NOT_JSON.value
    )
    columns.append(pa.array(reason, pa.string(), mask=is_plain))
    return pa.table(columns, schema=block_schema(feed))


def _empty_to_null(column: Array) -> Array:
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _query(connection: duckdb.DuckDBPyConnection, sql: str, given: Table) -> list[Array]:
    connection.register("given", given)
    try:
        return connection.execute(sql).to_arrow_table().columns
    except duckdb.Error:
        # its messages can carry the line
        raise FileFaultError(ReasonCode.FILE_UNREADABLE, "its lines cannot be read") from None
    finally:
        connection.unregister("given")
