"""One line of the ledger in words: its base, its arithmetic, its episodes, and one's chain.

What a base rested on when it was issued is read from the ledger, where it stands still; what is
known since comes from the marts.
"""

from typing import Any

import duckdb

from lus_assets.core.errors import LusError
from lus_assets.explain.episode import explain_episode
from lus_assets.explain.line_base import LineBase, line_base
from lus_assets.explain.line_episodes import (
    BILLABLE,
    IN_MEAN,
    hidden_episodes,
    line_episodes,
    listed,
)
from lus_assets.explain.month import excess, mean, priced, rate_row, rules
from lus_assets.explain.restatement import changes_of
from lus_assets.explain.words import Row, count, indented, money, plain, read
from lus_assets.ledger.ledger import Ledger

_LINE = """
    select
        line.*, ruleset.rate_source,
        (
            select min(municipality_name) from marts.dim_municipality as municipality
            where municipality.municipality_code = line.municipality_code
        ) as municipality_name
    from marts.fct_invoice_line as line
    left join marts.dim_ruleset as ruleset on line.ruleset_id = ruleset.ruleset_id
    where line.invoice_line_id = ?
"""
_CORRECTIONS = """
    select * from marts.fct_invoice_line where corrects_line_id = ?
    order by as_of, line_type, invoice_line_id
"""
_RATES = """
    select * from marts.dim_daily_rate
    where rate_source = ? and rate_sek = ? and valid_from <= last_day(cast(? as date))
    order by valid_from desc limit 1
"""


def explain_line(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, invoice_line_id: str
) -> list[str]:
    """The whole chain of one invoice line: base, arithmetic, month, episodes, one episode's chain.

    Raises:
        LusError: no line that the marts know has this id, or the ledger has not the line's base.
    """
    found = read(connection, _LINE, [invoice_line_id])
    if not found:
        raise LusError(
            "no invoice line has this id",
            where="marts.fct_invoice_line",
            todo="give the id of a line as an invoice base's files have it: 32 hexadecimal digits",
        )
    line = found[0]
    base = line_base(ledger, line)
    if line["episode_id"] in hidden_episodes(connection):
        return _protected(connection, line)
    episodes = line_episodes(connection, base, line)
    return [
        f"Line {invoice_line_id}: {line['line_type']} of {line['original_month']:%Y-%m},"
        f" {line['municipality_name']} ({line['municipality_code']})",
        "",
        "1. The invoice base that it was issued in",
        *indented(_issued(base, line)),
        "",
        "2. What it charges",
        *indented(_charges(connection, line)),
        "",
        "3. How that comes about",
        *indented(_origin(connection, ledger, base, line)),
        "",
        *listed(connection, base, line, episodes),
        "",
        *_chain(connection, line, episodes),
    ]


def _protected(connection: duckdb.DuckDBPyConnection, line: Row) -> list[str]:
    """A line about an episode whose identity is protected now: nothing that tells where or who."""
    return [
        f"Line {line['invoice_line_id']}: {line['line_type']} of {line['original_month']:%Y-%m}",
        "",
        "1. What it charges",
        *indented(_price(connection, line)),
        "",
        "2. The rest is not shown",
        *indented(
            [
                "It is about one episode, whose person's identity is protected now: its"
                " municipality would tell where the person lived.",
                "The base stands in the ledger as it was issued; whoever may handle such a case"
                " finds the line there by its id.",
            ]
        ),
    ]


def _issued(base: LineBase, line: Row) -> list[str]:
    invoice, review = base.invoice, base.review
    return [
        f"{invoice.number}, base {line['invoice_base_id']}, issued as known at {invoice.as_of}",
        f"Content {invoice.content_hash}",
        f"Ledger entry {invoice.sequence}, {invoice.entry_hash}, by code {invoice.code_version}",
        f"It follows review base {review.month:%Y-%m} v{review.version}, as known at"
        f" {review.as_of} (ledger entry {review.sequence})",
    ]


def _charges(connection: duckdb.DuckDBPyConnection, line: Row) -> list[str]:
    later = read(connection, _CORRECTIONS, [line["invoice_line_id"]])
    return _price(connection, line) + [
        f"Corrected since by {each['line_type']} {each['invoice_line_id']} of base"
        f" {each['invoice_base_id']}: {money(each['amount_sek'])} SEK"
        for each in later
    ]


def _price(connection: duckdb.DuckDBPyConnection, line: Row) -> list[str]:
    asked = (line["rate_source"], line["unit_price_sek"], line["original_month"])
    return [
        f"{plain(line['quantity_days'])} × {money(line['unit_price_sek'])}"
        f" = {money(line['amount_sek'])} SEK, {line['ruleset_id']}",
        *(rate_row(rate) for rate in read(connection, _RATES, asked)),
    ]


def _origin(
    connection: duckdb.DuckDBPyConnection, ledger: Ledger, base: LineBase, line: Row
) -> list[str]:
    if line["line_type"] == "charge":
        return _arithmetic(base.invoice_tables, line)
    changes = changes_of(connection, line["original_month"], line["municipality_code"])
    why = [
        "The month is known otherwise since its own review base:"
        if changes
        else "No episode differs any more: it was changed back, or rules or rates changed.",
        *indented(changes),
    ]
    corrected = read(connection, _LINE, [line["corrects_line_id"]])
    if line["line_type"] == "debit":
        of = f", instead of line {line['corrects_line_id']}" if corrected else ""
        told = [f"It charges {line['original_month']:%Y-%m} anew, as known at"]
        told[0] += f" {base.review.as_of}{of}."
        return [*told, *_arithmetic(base.review_tables, line), *why]
    (old,) = corrected
    told = [
        f"It takes back line {old['invoice_line_id']} of base {old['invoice_base_id']} in full"
        f" ({money(old['amount_sek'])} SEK). That line came about so:"
    ]
    of_old = line_base(ledger, old)
    tables = of_old.invoice_tables if old["line_type"] == "charge" else of_old.review_tables
    return [*told, *indented(_arithmetic(tables, old)), *why]


def _arithmetic(tables: dict[str, Any], line: Row) -> list[str]:
    """The month's figures as a base froze them: mean against level, days above it or liable."""
    months = [
        each
        for each in tables["months"].to_pylist()
        if (each["billing_month"], each["ruleset_id"])
        == (line["original_month"], line["ruleset_id"])
    ]
    if not months:
        return [f"Figures of {line['original_month']:%Y-%m} are too old to be in that base."]
    ruleset = next(
        each for each in tables["rulesets"].to_pylist() if each["ruleset_id"] == line["ruleset_id"]
    )
    month = ruleset | months[0]
    told = [
        *rules(month),
        f"Episodes: {month['episodes_discharged']} discharged in the process,"
        f" {month['episodes_billable']} billable, with {count(month['ready_days'], 'ready day')}"
        f" and {count(month['liable_days'], 'liable day')}.",
        *mean(month),
    ]
    if line["episode_id"] is None:
        return [
            *told,
            f"Above the level: {excess(month, abs(line['quantity_days']))}; {priced(line)}",
        ]
    days = count(abs(line["quantity_days"]), "liable day")
    return [*told, f"The episode's own days at this price: {days}; {priced(line)}"]


def _chain(connection: duckdb.DuckDBPyConnection, line: Row, episodes: list[Row]) -> list[str]:
    """One episode's whole chain: the line's own, or the one with the most days that count."""
    counted = [
        row
        for row in episodes
        if not row["is_hidden"] and (line["episode_id"] or row["place"] in (IN_MEAN, BILLABLE))
    ]
    if not counted:
        return ["5. There is no episode to follow further."]
    most = max(counted, key=lambda row: (row["ready_days"] or 0, row["episode_id"]))
    which = (
        "" if line["episode_id"] else ", the one with the most days; `lus explain ID` for others"
    )
    try:
        chain = explain_episode(connection, most["episode_id"])
    except LusError:
        chain = ["It is no longer in the discharge process: `lus restatement` says what changed."]
    return [f"5. One episode{which}", *indented(chain)]
