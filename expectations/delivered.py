"""The border where data comes in: what the typed rows of every feed promise the models.

Rows that ingestion set aside are looked at only for how many they are; of all others:

- the columns are exactly those of the lake: no person id, birth date or ground among them;
- required values are there, codes are of the contract's closed sets, municipality codes are four
  digits, persons are pseudonyms of 64 hexadecimal digits;
- what belongs together is there together (discharge and its type, a cancellation and what it
  cancels), and no stay ends before it begins.

Warnings, that fail nothing: a file set aside whole or refused, the share of rows set aside, a key
delivered twice with the same version, times outside plausible years.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from expectations.adapter import (
    BorderResult,
    Checked,
    Expectation,
    Frame,
    column,
    run_suite,
    together,
    vocabulary,
)
from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.core.progress import Progress
from lus_assets.ingest.catalog import Catalog, FileVersion
from lus_assets.ingest.contract import FEEDS, ColumnType, Feed
from lus_assets.ingest.lake import lake_schema

QUARANTINED_SHARE_WARN = 0.02
"""Share of a delivery's rows set aside (0 to 1) above which the border warns."""

_ROWS_AT_ONCE = 500_000
_PLAUSIBLE_FROM = {
    # people have been in forensic psychiatric care for decades; the messages began with the act
    "admitted_at": datetime(1960, 1, 1),  # noqa: DTZ001 - local clock time, as all business time
    "sent_at": datetime(2018, 1, 1),  # noqa: DTZ001
    "updated_at": datetime(2000, 1, 1),  # noqa: DTZ001
}
_PLAUSIBLE_TO = datetime(2100, 1, 1)  # noqa: DTZ001
_TIMES = (ColumnType.TIMESTAMP, ColumnType.TIMESTAMP_OR_DATE)

# message types -> column that such a message must have, and the sentence for it
_OF_MESSAGE_TYPES = {
    ("cancellation",): ("cancels_message_id", "a cancellation names what it cancels"),
    ("receipt",): ("refers_to_message_id", "a receipt names what it confirms"),
    ("consent", "outpatient_services"): ("status", "consent and outpatient services say which"),
}


def check_delivered(home: Home, feed: str, first: date, last: date) -> BorderResult:
    """Check a feed's rows of the delivery days `first` to `last`, both included, as in the lake.

    Days without a file promise nothing. Large ranges are read in parts of some 500 000 rows; a
    promise must hold in every part.

    Raises:
        LusError: there is no such feed.
    """
    if feed not in FEEDS:
        raise LusError(
            f"there is no feed {feed}", where="feeds", todo=f"use one of: {', '.join(FEEDS)}"
        )
    with Catalog.opened(home) as catalog:
        versions = [
            version
            for version in catalog.file_versions()
            if version.feed == feed and first <= version.delivery_date <= last
        ]
    paths = [home.lake / version.lake_file for version in versions if version.lake_file]
    # a part after the other: each is let go before the next is read
    checked = chain.from_iterable(
        _check(FEEDS[feed], frame) for frame in _frames(paths, Progress(f"files checked, {feed}"))
    )
    return together(f"delivered.{feed}", _files_count(versions), checked)


def _files_count(versions: Sequence[FileVersion]) -> Iterator[Checked]:
    if versions:
        lost = any(each.reason_code or each.status == "refused" for each in versions)
        yield Checked("no file was set aside whole or refused", not lost, is_warning=True)


def check_frame(feed: Feed, frame: Frame) -> BorderResult:
    """Check typed rows of a feed, with the columns of its lake files."""
    return together(f"delivered.{feed.name}", _check(feed, frame))


def whole_delivery(feed: Feed) -> list[Expectation]:
    """What all delivered rows promise, those set aside among them."""
    gxe = vocabulary()

    return [
        gxe.ExpectTableColumnsToMatchSet(
            column_set=lake_schema(feed).names,
            exact_match=True,
            description="the columns are those of the lake, and no other",
        ),
        gxe.ExpectColumnValuesToBeNull(
            column="reason_code",
            mostly=1 - QUARANTINED_SHARE_WARN,
            severity="warning",
            description=f"at most {QUARANTINED_SHARE_WARN:.0%} of the rows are set aside",
        ),
    ]


def accepted_rows(feed: Feed) -> list[Expectation]:
    """What the rows that were not set aside promise: the feed's suite."""
    return [*_values_there(feed), *_values_known(feed), *_belongs_together(feed), *_warnings(feed)]


def _check(feed: Feed, frame: Frame) -> Iterator[Checked]:
    yield from run_suite(f"{feed.name} delivered", frame, whole_delivery(feed))
    accepted = frame[frame["reason_code"].isna()]
    yield from run_suite(f"{feed.name} accepted", accepted, accepted_rows(feed))


def _values_there(feed: Feed) -> Iterator[Expectation]:
    gxe = vocabulary()

    names = set(lake_schema(feed).names)
    required = ["file_version_id", "row_number", "row_hash", *feed.required_names]
    required += [each.name for each in feed.columns if each.default is not None]
    if "person_id" in required:
        required += ["person_key", "person_id_kind"]
    for name in required:
        if name in names:
            yield gxe.ExpectColumnValuesToNotBeNull(
                column=name, description=f"{name} is always there"
            )


def _values_known(feed: Feed) -> Iterator[Expectation]:
    gxe = vocabulary()

    for each in feed.columns:
        match each.type:
            case ColumnType.CODE:
                yield gxe.ExpectColumnValuesToBeInSet(
                    column=each.name,
                    value_set=list(each.codes),
                    description=f"{each.name} is a code of the contract",
                )
            case ColumnType.MUNICIPALITY:
                yield gxe.ExpectColumnValuesToMatchRegex(
                    column=each.name,
                    regex=r"^[0-9]{4}$",
                    description=f"{each.name} is four digits",
                )
            case ColumnType.PERSON_ID:
                yield gxe.ExpectColumnValuesToMatchRegex(
                    column="person_key",
                    regex=r"^[0-9a-f]{64}$",
                    description="a person is a pseudonym",
                )
            case _:
                pass


def _belongs_together(feed: Feed) -> Iterator[Expectation]:
    gxe = vocabulary()

    if feed.name == "stays":
        yield gxe.ExpectColumnValuesToNotBeNull(
            column="discharge_type",
            row_condition=column("discharged_at").is_not_null(),
            description="a discharge says where to",
        )
    if feed.name == "messages":
        for types, (needed, description) in _OF_MESSAGE_TYPES.items():
            yield gxe.ExpectColumnValuesToNotBeNull(
                column=needed,
                row_condition=column("message_type").is_in(list(types)),
                description=description,
            )
    if feed.name == "stays":
        yield gxe.ExpectColumnPairValuesAToBeGreaterThanB(
            column_A="discharged_at",
            column_B="admitted_at",
            or_equal=True,
            ignore_row_if="either_value_is_missing",
            description="discharged_at is not before admitted_at",
        )


def _warnings(feed: Feed) -> Iterator[Expectation]:
    gxe = vocabulary()

    key = ["person_key" if name == "person_id" else name for name in feed.key]
    yield gxe.ExpectCompoundColumnsToBeUnique(
        # the file too, since the columns must be two at least
        column_list=["file_version_id", *key, *feed.newest_by],
        severity="warning",
        description="a file holds a key's version once",
    )
    for each in feed.columns_of(*_TIMES):
        if each.name in _PLAUSIBLE_FROM:
            yield gxe.ExpectColumnValuesToBeBetween(
                column=each.name,
                min_value=_PLAUSIBLE_FROM[each.name],
                max_value=_PLAUSIBLE_TO,
                severity="warning",
                description=f"{each.name} lies in plausible years",
            )


def _frames(paths: Sequence[Path], progress: Progress) -> Iterator[Frame]:
    """The files' rows, in parts that fit in memory."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[Any] = []
    for number, path in enumerate(paths, start=1):
        progress.at(number, len(paths))
        waiting.append(pq.read_table(path))
        if sum(table.num_rows for table in waiting) >= _ROWS_AT_ONCE:
            yield pa.concat_tables(waiting).to_pandas(date_as_object=False)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).to_pandas(date_as_object=False)
