"""Writes the daily files of a feed, and notes on which line each row fault lies."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.simulation.clock import as_date
from lus_assets.simulation.columns import Array, Columns, Table, Text, pc, rank_within, take
from lus_assets.simulation.feeds import Feed, Rendered
from lus_assets.simulation.row_faults import ROW_FAULTS, break_lines, spoil

_DAYS_AT_ONCE = 31

_KEYS = {
    "stays": "stay_id",
    "messages": "message_id",
    "placements": "placement_id",
    "disputes": "dispute_id",
}


def deliver(
    out: Path, feed: Feed, period: range, fmt: str, progress: Callable[[str], None] | None
) -> Table:
    """Write every day's file, sorted rows given; returns the row faults planted."""
    noted: list[Table] = []
    # Arrow works outside the interpreter's lock: threads are enough to use every core
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        steps = range(0, len(period), _DAYS_AT_ONCE)
        at_once = [period[step : step + _DAYS_AT_ONCE] for step in steps]
        parts = [(days, pool.submit(_deliver_days, out, feed, days, fmt)) for days in at_once]
        for days, part in parts:
            noted.append(part.result())
            if progress:
                progress(f"{feed.name} {as_date(days[-1])}")
    return pa.concat_tables(noted)


def _deliver_days(out: Path, feed: Feed, days: range, fmt: str) -> Table:
    """Write the files of these days; their row faults."""
    bounds = np.searchsorted(feed.rows["day"], [*days, days.stop])
    rows = take(feed.rows, np.arange(bounds[0], bounds[-1]))
    text = spoil(feed.name, rows, feed.render(rows))
    names = [f"{feed.name}/{as_date(day)}/delivery.{fmt}" for day in days]
    noted = _note(feed.name, rows, text, fmt)
    for name in names:
        (out / name).parent.mkdir(parents=True)
    write = _write_csv if fmt == "csv" else _write_parquet
    write([out / name for name in names], rows, text, bounds - bounds[0])
    return noted


def _write_csv(paths: list[Path], rows: Columns, text: Rendered, bounds: Array) -> None:
    fields = [_quoted(values) for values in text.values()]
    lines = pc.binary_join_element_wise(*fields, ",", null_handling="replace", null_replacement="")
    lines = break_lines(rows, lines)
    days = pa.ListArray.from_arrays(pa.array(bounds.astype(np.int32)), lines)
    header = ",".join(text)
    for path, body in zip(paths, pc.binary_join(days, "\n").to_pylist(), strict=True):
        path.write_bytes((f"{header}\n{body}\n" if body else f"{header}\n").encode())


def _quoted(values: Text) -> Text:
    """RFC 4180: quoted only where a comma or a quote makes it needed."""
    needs = pc.match_substring_regex(values, '[",\n]')
    if not pc.any(needs).as_py():
        return values
    doubled = pc.replace_substring(values, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), values)


def _write_parquet(paths: list[Path], rows: Columns, text: Rendered, bounds: Array) -> None:
    """All columns as text, as a system that exports without types does."""
    table = pa.table(text)
    for path, start, end in zip(paths, bounds[:-1], bounds[1:], strict=True):
        pq.write_table(table.slice(int(start), int(end - start)), path)


def _note(feed: str, rows: Columns, text: Rendered, fmt: str) -> Table:
    """One row per row fault; the row number counts from 1 after the header."""
    at = np.flatnonzero(rows["fault"] >= 0)
    number = rank_within(rows["day"])[at] + 1
    day = rows["day"][at]
    folder = [f"{feed}/{as_date(one)}/delivery.{fmt}" for one in day]
    key = text[_KEYS[feed]].take(pa.array(at)) if feed in _KEYS else pa.nulls(len(at), pa.string())
    return pa.table(
        {
            "fault": pa.array([ROW_FAULTS[one] for one in rows["fault"][at]], pa.string()),
            "feed": pa.array([feed] * len(at), pa.string()),
            "delivery_date": pa.array(day.astype("datetime64[D]"), pa.date32()),
            "path": pa.array(folder, pa.string()),
            "row_number": pa.array(number, pa.int64()),
            "key": key,
        }
    )
