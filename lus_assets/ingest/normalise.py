"""Text to typed columns: one SELECT per feed, generated from the contract.

Every conversion is a try: what cannot be understood becomes a reason code, and no error can
echo a value. Person ids and restricted texts come in as keys and tokens from joined tables.
"""

from functools import cache

import pyarrow as pa

from lus_assets.core.local_time import TIME_ZONE
from lus_assets.ingest.codes import AnomalyCode, ReasonCode
from lus_assets.ingest.contract import Column, ColumnType, Feed
from lus_assets.privacy.arrow import Schema

# What every typed block begins with, before the feed's columns; what lake files add is in lake.py.
JUDGED_COLUMNS = (("reason_code", pa.string()), ("anomaly_code", pa.string()))
ROW_HASH = ("row_hash", pa.string())

_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,9})?)?"
_OFFSET = r"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)"
# from year 1000 on: what lies before is a program's idea of "no date"
_DAY = r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
_TIMESTAMP = f"{_DAY}[T ]{_TIME}{_OFFSET}?"

_TIMESTAMP_TYPES = (ColumnType.TIMESTAMP, ColumnType.TIMESTAMP_OR_DATE)
_DATE_TYPES = (ColumnType.DATE, ColumnType.MONTH, ColumnType.BIRTH_DATE)
_CODE_TYPES = (ColumnType.CODE, ColumnType.MUNICIPALITY, ColumnType.FLAG)
SEARCHED_TYPES = (ColumnType.TEXT, ColumnType.RESTRICTED_TEXT)
RESTRICTED_TYPES = (ColumnType.BIRTH_DATE, ColumnType.RESTRICTED_TEXT)

_ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TIMESTAMP: pa.timestamp("us"),
    ColumnType.TIMESTAMP_OR_DATE: pa.timestamp("us"),
    ColumnType.DATE: pa.date32(),
    ColumnType.MONTH: pa.date32(),
    ColumnType.FLAG: pa.bool_(),
}


def feed_schema(feed: Feed) -> Schema:
    """The feed's typed columns as they leave ingestion, restricted values replaced."""
    fields: list[tuple[str, pa.DataType]] = []
    for column in feed.columns:
        if column.type is ColumnType.PERSON_ID:
            fields += [("person_key", pa.string()), ("person_id_kind", pa.string())]
        elif column.type is ColumnType.BIRTH_DATE:
            fields.append(("has_birth_date", pa.bool_()))
        elif column.type is not ColumnType.RESTRICTED_TEXT:
            fields.append((column.name, _ARROW_TYPES.get(column.type, pa.string())))
    return pa.schema(fields)


def typed_schema(feed: Feed) -> Schema:
    """What the SELECT yields: codes, hash, the feed's columns, then its restricted columns."""
    restricted = [
        (column.name, pa.date32() if column.type is ColumnType.BIRTH_DATE else pa.string())
        for column in feed.columns_of(*RESTRICTED_TYPES)
    ]
    return pa.schema([*JUDGED_COLUMNS, ROW_HASH, *feed_schema(feed), *pa.schema(restricted)])


@cache
def typing_sql(feed: Feed) -> str:
    """The SELECT that types a block, rows in order of `position`.

    It reads `text_block` (the block's columns as text, `read_reason`, `position`, `on_date`),
    `known_person` (person_id, on_date, person_key, person_id_kind, is_check_digit_wrong),
    `token` (column_name, text, token), `held_person_id` (text) and `masked_text` (text, masked).
    """
    parsed = [
        "block.position",
        "block.read_reason",
        *(f'block."{column.name}" as "raw_{column.name}"' for column in feed.columns),
        *(sql for column in feed.columns for sql in _parsed(column)),
        *(
            f"token_{column.name}.token as token_of_{column.name}"
            for column in feed.columns_of(*RESTRICTED_TYPES)
        ),
    ]
    return f"""
with parsed as (
    select {", ".join(parsed)}
    from text_block as block
    {" ".join(_joins(feed))}
),

judged as (
    select *, {_reason_case(feed)} as reason_code
    from parsed
)

select {", ".join(_final_columns(feed))}
from judged
order by position
"""


def _parsed(column: Column) -> list[str]:
    """The column's typed expressions, named; null where the text cannot be understood."""
    raw = f'block."{column.name}"'
    if column.type is ColumnType.PERSON_ID:
        names = ("person_key", "person_id_kind", "is_check_digit_wrong")
        return [f"known_person.{name}" for name in names]
    filled = f"coalesce({raw}, '{column.default}')" if column.default else raw
    match column.type:
        case ColumnType.TIMESTAMP:
            sql = _timestamp(raw)
        case ColumnType.TIMESTAMP_OR_DATE:
            sql = f"coalesce({_timestamp(raw)}, cast({_date(raw)} as timestamp))"
        case ColumnType.DATE | ColumnType.BIRTH_DATE:
            sql = _date(raw)
        case ColumnType.MONTH:
            sql = _date(f"({raw} || '-01')")
        case ColumnType.FLAG:
            sql = f"case {filled} when 'true' then true when 'false' then false end"
        case ColumnType.CODE:
            sql = f"case when {filled} in ({_quoted(column.codes)}) then {filled} end"
        case ColumnType.MUNICIPALITY:
            sql = f"case when regexp_full_match({raw}, '[0-9]{{4}}') then {raw} end"
        case ColumnType.TEXT:
            return [
                f'coalesce(masked_{column.name}.masked, {raw}) as "{column.name}"',
                f"masked_{column.name}.masked is not null as is_masked_{column.name}",
            ]
        case _:
            sql = raw
    return [f'{sql} as "{column.name}"']


def _timestamp(raw: str) -> str:
    """Local clock time. Without an offset as written; with one, turned to the business zone.

    Seconds are filled in first, for DuckDB reads an offset only behind seconds. Every expression
    stands once: DuckDB computes one that stands twice in a case twice.
    """
    dotted = f"replace({raw}, ',', '.')"
    full = (
        f"case when substr({raw}, 17, 1) = ':' then {dotted}"
        f" else left({raw}, 16) || ':00' || substr({raw}, 17) end"
    )
    has_offset = f"regexp_matches(substr({raw}, 17), '[Z+-]')"
    local = f"timezone('{TIME_ZONE}', try_cast({full} as timestamptz))"
    # turned to local time, the calendar's last day may end after it
    within = f"case when {raw} < '9999-12-31' then {local} end"
    return (
        f"case when regexp_full_match({raw}, '{_TIMESTAMP}')"
        f" then case when {has_offset} then {within} else try_cast({full} as timestamp) end end"
    )


def _date(raw: str) -> str:
    return f"case when regexp_full_match({raw}, '{_DAY}') then try_cast({raw} as date) end"


def _joins(feed: Feed) -> list[str]:
    joins: list[str] = []
    if feed.columns_of(ColumnType.PERSON_ID):
        joins.append(
            "left join known_person on block.person_id = known_person.person_id"
            " and block.on_date = known_person.on_date"
        )
    joins += [
        f"left join token as token_{column.name} on token_{column.name}.text"
        f" = block.\"{column.name}\" and token_{column.name}.column_name = '{column.name}'"
        for column in feed.columns_of(*RESTRICTED_TYPES)
    ]
    joins += [
        f"left join masked_text as masked_{column.name}"
        f' on masked_{column.name}.text = block."{column.name}"'
        for column in feed.columns_of(ColumnType.TEXT)
    ]
    return joins


def _reason_case(feed: Feed) -> str:
    """The first fault of a row in the order in which ReasonCode declares them."""
    faults: list[tuple[ReasonCode, str]] = [
        (ReasonCode.MISSING_VALUE, _is_missing(column))
        for column in feed.columns
        if column.required
    ]
    for code, types in (
        (ReasonCode.INVALID_TIMESTAMP, _TIMESTAMP_TYPES),
        (ReasonCode.INVALID_DATE, _DATE_TYPES),
        (ReasonCode.INVALID_CODE, _CODE_TYPES),
    ):
        faults += [
            (code, f'"raw_{column.name}" is not null and "{column.name}" is null')
            for column in feed.columns_of(*types)
        ]
    faults += [(rule.reason_code, rule.violated_when) for rule in feed.rules]
    faults += [
        (
            ReasonCode.PERSON_ID_ELSEWHERE,
            f'"raw_{column.name}" in (select text from held_person_id)',
        )
        for column in feed.columns_of(*SEARCHED_TYPES)
    ]
    order = list(ReasonCode)
    branches = [
        f"when {condition} then '{code.value}'"
        for code, condition in sorted(faults, key=lambda fault: order.index(fault[0]))
    ]
    return f"case when read_reason is not null then read_reason {' '.join(branches)} end"


def _is_missing(column: Column) -> str:
    if column.type is ColumnType.PERSON_ID:
        return "person_key is null"
    if column.type in (ColumnType.KEY, *SEARCHED_TYPES):
        return f"coalesce(trim(\"raw_{column.name}\"), '') = ''"
    return f'"raw_{column.name}" is null'


def _final_columns(feed: Feed) -> list[str]:
    """The columns of `typed_schema`; of a quarantined row nothing but the reason is left."""
    values: dict[str, str] = {
        "anomaly_code": _anomaly(feed),
        "row_hash": row_hash_sql(feed),
        **{name: f'"{name}"' for name in feed_schema(feed).names},
        **{column.name: f'"{column.name}"' for column in feed.columns_of(*RESTRICTED_TYPES)},
    }
    if "has_birth_date" in values:
        values["has_birth_date"] = "birth_date is not null"
    return [
        "reason_code",
        *(
            f'case when reason_code is null then {sql} end as "{name}"'
            for name, sql in values.items()
        ),
    ]


def _anomaly(feed: Feed) -> str:
    """What is reported of a row that is kept; the first of several."""
    branches = [
        f"when is_masked_{column.name} then '{AnomalyCode.PERSON_ID_MASKED}'"
        for column in feed.columns_of(ColumnType.TEXT)
    ]
    if feed.columns_of(ColumnType.PERSON_ID):
        branches.insert(0, f"when is_check_digit_wrong then '{AnomalyCode.PERSON_ID_CHECK_DIGIT}'")
    return f"case {' '.join(branches)} end" if branches else "null"


def row_hash_sql(feed: Feed) -> str:
    """md5 over every parsed value with its length before it, so that no two rows write alike."""
    texts: list[str] = []
    for column in feed.columns:
        if column.type in RESTRICTED_TYPES:
            texts.append(f"token_of_{column.name}")
        elif column.type is ColumnType.PERSON_ID:
            texts.append("person_key")
        else:
            texts.append(f'cast("{column.name}" as varchar)')
    parts = [f"coalesce(strlen({text}) || ':' || {text}, '-')" for text in texts]
    return f"md5({' || '.join(parts)})"


def _quoted(codes: tuple[str, ...]) -> str:
    return ", ".join(f"'{code}'" for code in codes)
