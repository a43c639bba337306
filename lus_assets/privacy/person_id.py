"""What a person id is: personnummer, samordningsnummer or regional reserve number.

Twelve digits is the form that everything else knows. The century of a ten-digit id follows from
the delivery date (rules: Skatteverket, SKV 704 and 707; `+` from the year one turns a hundred).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

import duckdb
import pyarrow as pa

from lus_assets.core.errors import LusError
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.redact import MARKER

PERSONNUMMER = "personnummer"
SAMORDNINGSNUMMER = "samordningsnummer"
RESERVE = "reserve"

# A samordningsnummer carries the day of birth plus sixty.
COORDINATION_DAYS = 60

# What may be a person id inside a text: a cheap filter in RE2, which has no look-around.
CANDIDATE_PATTERN = r"\d{6}[-+ ]?\d{4}"
# Overlapping matches, so that other digits before an id never hide it.
_INSIDE_TEXT = re.compile(r"(?<![0-9])(?=((?:18|19|20)?[0-9]{6}[-+ ]?[0-9]{4})(?![0-9]))")

# The same in any writing: up to three signs or blanks wherever people put them.
_SIGNS = "[\\s\\-+._/\u00a0\u2009-\u2015\u202f\u2212]{0,3}"
_LAST_SIGNS = _SIGNS.replace("/", "")
LOOSE_CANDIDATE_PATTERN = f"[0-9]{{2}}{_SIGNS}[0-9]{{2}}{_SIGNS}[0-9]{{2}}{_LAST_SIGNS}[0-9]{{4}}"
"""What may be a person id in any writing: a cheap filter before `masked`, in RE2 too."""
_LOOSE = re.compile(rf"(?<![0-9])(?=((?:(?:18|19|20){_SIGNS})?{LOOSE_CANDIDATE_PATTERN})(?![0-9]))")

NORMALISED_SCHEMA = pa.schema(
    [
        ("person_id", pa.string()),
        ("on_date", pa.date32()),
        ("normalised_id", pa.string()),
        ("person_id_kind", pa.string()),
        ("is_check_digit_wrong", pa.bool_()),
    ]
)

# Luhn over ten digits: those at odd places are doubled and their own digits summed.
_LUHN_SUM = " + ".join(
    f"cast(substr(translate(ten, '0123456789', '0246813579'), {place}, 1) as integer)"
    if place % 2
    else f"cast(substr(ten, {place}, 1) as integer)"
    for place in range(1, 11)
)


def _birth_date_sql(century: str) -> str:
    return (
        f"try_cast(({century}) || substr(ten, 1, 2) || '-' || substr(ten, 3, 2) || '-'"
        " || lpad(cast(birth_day as varchar), 2, '0') as date)"
    )


def _century_sql(steps_back: int) -> str:
    return f"cast(year(on_date) // 100 - {steps_back} as varchar)"


def _ten_digit_century_sql() -> str:
    branches = "\n".join(
        f"when {_birth_date_sql(_century_sql(back))} <= on_date and (not has_plus or"
        f" year({_birth_date_sql(_century_sql(back))}) <= year(on_date) - 100)"
        f" then {_century_sql(back)}"
        for back in range(3)
    )
    return f"case {branches} end"


_NORMALISE_SQL = f"""
with stripped as (
    select
        person_id,
        on_date,
        regexp_replace(person_id, '^[\\s\\p{{Z}}]+|[\\s\\p{{Z}}]+$', '', 'g') as written
    from person_id_given
),

shaped as (
    select
        *,
        contains(written, '+') as has_plus,
        case
            when regexp_full_match(written, '(18|19|20)[0-9]{{6}}[-+ ]?[0-9]{{4}}')
                or regexp_full_match(written, '[0-9]{{6}}[-+ ]?[0-9]{{4}}')
                then regexp_replace(written, '[-+ ]', '')
        end as digits
    from stripped
),

split as (
    select
        *,
        right(digits, 10) as ten,
        length(digits) = 12 as has_century,
        cast(substr(right(digits, 10), 5, 2) as integer) as written_day
    from shaped
),

dated as (
    select
        *,
        written_day > {COORDINATION_DAYS} as is_coordination,
        case
            when written_day > {COORDINATION_DAYS} then written_day - {COORDINATION_DAYS}
            else written_day
        end as birth_day
    from split
),

placed as (
    select
        *,
        case
            when not has_century then {_ten_digit_century_sql()}
            when {_birth_date_sql("left(digits, 2)")} is not null then left(digits, 2)
        end as century
    from dated
)

select
    person_id,
    on_date,
    coalesce(century || ten, written) as normalised_id,
    case
        when century is null then '{RESERVE}'
        when is_coordination then '{SAMORDNINGSNUMMER}'
        else '{PERSONNUMMER}'
    end as person_id_kind,
    century is not null and ({_LUHN_SUM}) % 10 <> 0 as is_check_digit_wrong
from placed
"""


def normalise(
    ids: Table | Sequence[str],
    on_date: date | None = None,
    connection: duckdb.DuckDBPyConnection | None = None,
) -> Table:
    """What each person id is and how it is written in full; NORMALISED_SCHEMA, in any order.

    ids: distinct ids as delivered, with `on_date` the delivery date; or a table of distinct
    `person_id` and `on_date` (a date each). A twelve-digit id of a century from 18 to 20, or a
    ten-digit one, with `-`, `+`, a space or nothing before its last four digits and a possible
    date is a personnummer or samordningsnummer, whether its check digit is right or not. Anything
    else is a reserve number, kept as written but for outer whitespace.
    """
    if not isinstance(ids, pa.Table):
        ids = pa.table(
            {
                "person_id": pa.array(list(ids), pa.string()),
                "on_date": pa.array([on_date] * len(ids), pa.date32()),
            }
        )
    cursor = connection or duckdb.connect(":memory:")
    try:
        cursor.register("person_id_given", ids)
        return cursor.execute(_NORMALISE_SQL).to_arrow_table().cast(NORMALISED_SCHEMA)
    finally:
        cursor.unregister("person_id_given")
        if connection is None:
            cursor.close()


def holds_person_id(texts: Sequence[str]) -> list[bool]:
    """Which texts hold a valid personnummer or samordningsnummer, in the order given.

    Valid: ten or twelve digits with `-`, `+`, a space or nothing before the last four, not part
    of a longer run of digits, with a possible date and the right check digit. A loop in Python:
    call it with the few texts that match CANDIDATE_PATTERN.
    """
    return [
        any(_is_valid(match.group(1)) for match in _INSIDE_TEXT.finditer(text)) for text in texts
    ]


def may_hold_person_id(text: str) -> bool:
    """Does a text hold what is a person id but for its check digit, in any writing?"""
    return masked(text) != text


def refuse_person_ids(texts: Mapping[str, str], where: str) -> None:
    """For what a region writes itself and what goes out with every document.

    Raises:
        LusError: one of the texts, by name, may hold a person id.
    """
    for name, text in texts.items():
        if may_hold_person_id(text):
            raise LusError(
                f"{name} holds what may be a person id",
                where=where,
                todo="take it out: it would stand in documents and in the ledger for ever",
            )


def masked(text: str) -> str:
    """The text with a marker in place of what may be a person id, its check digit right or wrong.

    Ten or twelve digits with a possible date, in whatever way signs and blanks stand between them.
    """
    parts: list[str] = []
    end = 0
    for match in _LOOSE.finditer(text):
        if _has_possible_date(_digits(match.group(1))):
            parts += [text[end : match.start(1)], MARKER] if match.start(1) >= end else []
            end = max(end, match.end(1))
    return "".join([*parts, text[end:]])


def _digits(written: str) -> list[int]:
    return [int(character) for character in written if character.isdigit()]


def _is_valid(written: str) -> bool:
    digits = _digits(written)
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(digits[-10:])]
    is_check_digit_right = sum(each // 10 + each % 10 for each in doubled) % 10 == 0
    return is_check_digit_right and _has_possible_date(digits)


def _has_possible_date(digits: list[int]) -> bool:
    ten = digits[-10:]
    centuries = [digits[0] * 10 + digits[1]] if len(digits) == 12 else [18, 19, 20]
    year, month, day = (ten[place] * 10 + ten[place + 1] for place in (0, 2, 4))
    return any(
        _is_date(century * 100 + year, month, day % COORDINATION_DAYS if day > 60 else day)
        for century in centuries
    )


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
