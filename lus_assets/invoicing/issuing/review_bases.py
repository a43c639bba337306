"""Review bases (granskningsunderlag): what a month would cost, for each municipality to look at.

`published/review/<YYYY-MM>/v<N>/<municipality code>/`, files 0600, folders 0700. Once issued, its
episodes stand still: the invoice base is made of them (rules.md section 10).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.settings import load_settings
from lus_assets.ingest.catalog import Catalog
from lus_assets.ingest.disposed import refuse_disposed
from lus_assets.invoicing.issuing.documents import tables_of
from lus_assets.invoicing.issuing.issue import (
    Unissued,
    folder_of,
    issue,
    month_folder,
    people_in,
)
from lus_assets.invoicing.issuing.month import json_rows, municipality_names
from lus_assets.invoicing.issuing.outcome import IssueReport, Outcome
from lus_assets.invoicing.issuing.same import says_the_same
from lus_assets.ledger.ledger import Draft, Entry, Ledger
from lus_assets.ledger.tables import (
    BILLED_SCHEMA,
    CHANGED_SCHEMA,
    CORRECTION_SCHEMA,
    STAY_SCHEMA,
)
from lus_assets.privacy.arrow import Table, pc
from lus_assets.privacy.vault import person_ids
from lus_assets.publishing.formats import parquet_bytes
from lus_assets.publishing.marts import code_version_of_marts, mart_rows, open_marts

_EPISODES = "billing_month = ? and is_discharged and liable_municipality_code is not null"
_OF_EPISODES = f"""
    episode_id in (select episode_id from marts.fct_discharge_episode where {_EPISODES})
"""
_BILLED = f"""
    select municipality_code, {", ".join(BILLED_SCHEMA.names)}
    from intermediate.int_billed_episode where billing_month = ? order by episode_id
"""
_STAYS = """
    select billed.municipality_code, stay.episode_id, stay.stay_id
    from intermediate.int_stay_episode as stay
    inner join intermediate.int_billed_episode as billed on stay.episode_id = billed.episode_id
    where billed.billing_month = ? order by all
"""
_CORRECTIONS = """
    select *, cast(row_number() over (
        partition by municipality_code
        order by original_month, line_type, ruleset_id, episode_id, unit_price_sek, quantity_days
    ) as integer) as line_number
    from marts.fct_correction_line where original_month < ?
    order by municipality_code, line_number
"""
_IS_THERE = "restated.change_type != 'disappeared'"
_CHANGED = f"""
    select
        restated.municipality_code, restated.billing_month as original_month,
        restated.episode_id, restated.change_type,
        case when {_IS_THERE} then episode.person_key end as person_key,
        restated.discharge_date_reviewed,
        case when {_IS_THERE} then restated.discharge_date_now end as discharge_date_now,
        restated.ready_days_reviewed,
        case when {_IS_THERE} then restated.ready_days_now end as ready_days_now,
        restated.liable_days_reviewed,
        case when {_IS_THERE} then restated.liable_days_now end as liable_days_now,
        restated.is_billable_reviewed,
        case when {_IS_THERE} then restated.is_billable_now end as is_billable_now
    from marts.fct_restatement as restated
    left join marts.fct_discharge_episode as episode on restated.episode_id = episode.episode_id
    where restated.billing_month < ?
    order by restated.municipality_code, restated.billing_month, restated.episode_id
"""
_RECIPIENTS = """
    select municipality_code from marts.dim_municipality where is_in_region
    union select municipality_code from marts.fct_municipality_month where billing_month = ?
    union select municipality_code from marts.fct_correction_line where original_month < ?
    -- whoever got one, and has nothing left
    union select municipality_code from staging.stg_review where billing_month = ?
    order by municipality_code
"""


@dataclass(frozen=True)
class _Month:
    """A month as the marts have it: tables with every municipality's rows."""

    first: date
    as_of: date
    code_version: str
    objection_days: int
    names: Mapping[str, str]
    tables: Mapping[str, Table]


def issue_review_bases(
    home: Home, month: date, as_of: date, reason: str | None = None
) -> IssueReport:
    """Issue the review bases of `month` (any day of it) from the marts, as known at `as_of`.

    Every municipality of the region gets one, also without episodes, and every other that has
    episodes or corrections. What is issued stands. With a reason, municipalities whose content is
    another now, and whose invoice base is not issued, get a new version.

    Raises:
        LusError: no marts of that as_of, the month is not over yet, was over before anything was
            delivered and nobody is known to have left in it, or rows of it were disposed of.
    """
    first = month.replace(day=1)
    refuse_disposed(home, first)
    _refuse_running(first, as_of)
    with open_marts(home, as_of) as connection, Ledger.opened(home) as ledger:
        _refuse_unknown(home, connection, first)
        codes = _column(connection.execute(_RECIPIENTS, [first, first, first]))
        read = _read(home, connection, first, as_of)
        people = person_ids(home, people_in(read.tables))
        standing = {code: ledger.newest("review", first, code) for code in codes}
        bases = [
            base
            for code, there in standing.items()
            if (there is None or (reason and not ledger.newest("invoice", first, code)))
            and (base := _base(read, code, there, reason))
            and not (there and says_the_same(home, tables_of(ledger, there), base.tables))
        ]
        issued = {each.municipality_code: each for each in issue(home, ledger, bases, people)}
        outcomes = tuple(
            Outcome(
                municipality_code=code,
                status="issued" if code in issued else "unchanged",
                folder=folder_of(home, entry),
            )
            for code, there in standing.items()
            if (entry := issued.get(code) or there)
        )
    return IssueReport(first, as_of, month_folder(home, "review", f"{first:%Y-%m}"), outcomes)


def _refuse_unknown(home: Home, connection: duckdb.DuckDBPyConnection, first: date) -> None:
    """A mistyped month would be frozen, empty, for everybody."""
    with Catalog.opened(home) as catalog:
        begin = min((each.delivery_date for each in catalog.file_versions()), default=first)
    if begin < _month_after(first):
        return
    if not connection.execute(
        "select 1 from marts.fct_discharge_episode where is_discharged and billing_month = ?"
        " limit 1",
        [first],
    ).fetchall():
        raise LusError(
            f"nothing is known of {first:%Y-%m}: nobody left in it, and deliveries begin {begin}",
            where="review base",
            todo="ask for another month",
        )


def _refuse_running(month: date, as_of: date) -> None:
    if as_of < _month_after(month):
        raise LusError(
            f"{month:%Y-%m} is not over at {as_of}",
            where="review base",
            todo="ask for it as of a day of the month after, by agreement the 5th",
        )


def _month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _read(home: Home, connection: duckdb.DuckDBPyConnection, first: date, as_of: date) -> _Month:
    year_before = first.replace(year=first.year - 1)
    tables = {
        "episodes": mart_rows(connection, "fct_discharge_episode", _EPISODES, [first]),
        "findings": mart_rows(connection, "fct_episode_finding", _OF_EPISODES, [first]),
        "months": mart_rows(
            connection,
            "fct_municipality_month",
            "billing_month between ? and ?",
            [year_before, first],
        ),
        "rulesets": mart_rows(connection, "dim_ruleset", "true", []),
        "corrections": connection.execute(_CORRECTIONS, [first]).to_arrow_table(),
        "changed": connection.execute(_CHANGED, [first]).to_arrow_table(),
        "billed": connection.execute(_BILLED, [first]).to_arrow_table(),
        "stays": connection.execute(_STAYS, [first]).to_arrow_table(),
    }
    return _Month(
        first=first,
        as_of=as_of,
        code_version=code_version_of_marts(connection),
        objection_days=load_settings(home).objection_days,
        names=municipality_names(connection),
        tables=tables,
    )


def _base(month: _Month, code: str, there: Entry | None, reason: str | None) -> Unissued:
    tables = _tables(month, code)
    version = there.version + 1 if there else 1
    until = month.as_of + timedelta(days=month.objection_days)
    facts: dict[str, Any] = {
        "kind": "review_base",
        "municipality_code": code,
        "municipality_name": month.names.get(code, code),
        "month": f"{month.first:%Y-%m}",
        "version": version,
        "as_of": month.as_of.isoformat(),
        "issued_at": datetime.combine(month.as_of, time()).isoformat(),
        "objections_until": until.isoformat(),
        "rulesets": json_rows(tables["rulesets"]),
        "code_version": month.code_version,
        "reason": reason if there else None,
    }
    draft = Draft(
        kind="review",
        month=month.first,
        municipality_code=code,
        version=version,
        as_of=month.as_of,
        number=None,
        content_hash=_content_hash(tables),
        code_version=month.code_version,
        facts=facts,
        files=(),
        parts={},
    )
    return Unissued(draft, tables)


def _tables(month: _Month, code: str) -> dict[str, Table]:
    """One municipality's rows of every table; of people, its own only."""
    read = month.tables
    episodes = _where(read["episodes"], "liable_municipality_code", code)
    months = _where(read["months"], "municipality_code", code)
    corrections = _where(read["corrections"], "municipality_code", code)
    used = pa.chunked_array(
        [*months["ruleset_id"].chunks, *corrections["ruleset_id"].chunks], pa.string()
    )
    return {
        "episodes": episodes,
        "findings": _among(read["findings"], "episode_id", episodes["episode_id"]),
        "months": months,
        "rulesets": _among(read["rulesets"], "ruleset_id", used),
        "corrections": corrections.select(CORRECTION_SCHEMA.names).cast(CORRECTION_SCHEMA),
        "changed": _among(
            _where(read["changed"], "municipality_code", code),
            "original_month",
            corrections["original_month"],
        )
        .select(CHANGED_SCHEMA.names)
        .cast(CHANGED_SCHEMA),
        "billed": _where(read["billed"], "municipality_code", code)
        .select(BILLED_SCHEMA.names)
        .cast(BILLED_SCHEMA),
        "stays": _where(read["stays"], "municipality_code", code)
        .select(STAY_SCHEMA.names)
        .cast(STAY_SCHEMA),
    }


def _where(table: Table, column: str, value: str) -> Table:
    return table.filter(pc.equal(table[column], value))


def _among(table: Table, column: str, values: Any) -> Table:
    return table.filter(pc.is_in(table[column], pa.array(values.unique().to_pylist(), values.type)))


def _content_hash(tables: Mapping[str, Table]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tables):
        digest.update(f"{name}\0".encode() + parquet_bytes(tables[name]))
    return digest.hexdigest()


def _column(cursor: duckdb.DuckDBPyConnection) -> list[str]:
    return [value for (value,) in cursor.fetchall()]
