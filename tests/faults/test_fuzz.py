"""Every reader against broken files: a fault with a name or rows that add up, and nothing else.

What runs found lies in `corpus/` and is read again by `make test`. A file's name there is
`<what it is about>.<feed>.<format>`, or ends in `.xlsx`; `found.…` once made a reader fail, each
other is set aside whole.
"""

import io
import os
import random
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from lus_assets.core.errors import LusError
from lus_assets.ingest.contract import FEEDS
from lus_assets.ingest.read import FileFaultError, Tally, block_schema, read_blocks
from lus_assets.ingest.typing_engine import TypingEngine
from lus_assets.invoicing.disputes.returned_workbook import open_workbook, read_objections
from lus_assets.privacy.arrow import pc
from lus_assets.privacy.keys import Pseudonymizer
from tests.conftest import KEY
from tests.faults.fuzz import delivery, mutated, mutated_archive
from tests.promises import Figure
from tests.unit.invoicing.disputes.returned_example import DAYS, RECEIVED, WORKBOOK, filled

CORPUS = Path(__file__).with_name("corpus")
FOUND = sorted(path for path in CORPUS.iterdir() if path.name != "README.md")
FORMATS = ("csv", "csv.gz", "jsonl", "jsonl.gz", "parquet")
SECONDS = float(os.environ.get("LUS_FUZZ_SECONDS", "60"))
"""That each reader is tried for in `make test-all`."""
SEED = int(os.environ.get("LUS_FUZZ_SEED", "0"))
ISSUED_ON = date(2024, 4, 5)

promised = pytest.mark.promise(
    "No file makes a reader do anything but set it aside or count its rows",
    area="Faults",
    how="Structure-aware fuzzing: deliveries with values and types nobody thought of, then bytes"
    " flipped, cut, doubled, put in; rows read must be rows counted, each typed or with a reason",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[TypingEngine]:
    with TypingEngine(Pseudonymizer(KEY)) as made:
        yield made


def test_the_corpus_has_files() -> None:
    assert FOUND


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_was_found_once_is_read_as_it_should(path: Path, engine: TypingEngine) -> None:
    if path.suffix == ".xlsx":
        read_workbook(path.read_bytes())
        return
    about, feed, file_format = path.name.split(".", 2)
    is_read = read(feed, file_format, path.read_bytes(), engine)
    assert about == "found" or not is_read


@promised
@pytest.mark.parametrize("file_format", [*FORMATS, "xlsx"])
def test_a_few_broken_files(file_format: str, engine: TypingEngine) -> None:
    try_files(file_format, engine, files=8 if file_format == "xlsx" else 40, seconds=None)


@promised
@pytest.mark.slow
@pytest.mark.parametrize("file_format", [*FORMATS, "xlsx"])
def test_many_broken_files(
    file_format: str, engine: TypingEngine, figures: dict[str, Figure]
) -> None:
    figures["files"] = try_files(file_format, engine, files=10**9, seconds=SECONDS)


def try_files(file_format: str, engine: TypingEngine, files: int, seconds: float | None) -> int:
    """Try so many files, or for so long; how many it were. What fails is kept in the corpus."""
    rng = random.Random(f"{SEED} {file_format}")  # noqa: S311 - reproducible, not secret
    until = None if seconds is None else time.monotonic() + seconds
    before = b""
    for number in range(files):
        if until and time.monotonic() > until:
            return number
        feed = rng.choice(list(FEEDS))
        if file_format == "xlsx":
            content = broken_workbook(rng)
        else:
            whole = delivery(feed, file_format, rng)
            content = mutated(whole, rng, before) if rng.random() < 0.8 else whole
            before = whole
        try:
            if file_format == "xlsx":
                read_workbook(content)
            else:
                read(feed, file_format, content, engine)
        except Exception:
            name = (
                f"found.{file_format}" if file_format == "xlsx" else f"found.{feed}.{file_format}"
            )
            (CORPUS / name).write_bytes(content)
            raise
    return files


def read(feed_name: str, file_format: str, content: bytes, engine: TypingEngine) -> bool:
    """As ingestion reads it: whether it is, or is set aside whole.

    AssertionError when something is lost, doubled or without a reason.
    """
    feed, tally, taken = FEEDS[feed_name], Tally(), 0
    try:
        for block in read_blocks(feed, file_format, io.BytesIO(content), tally, engine.connection):
            assert block.schema.equals(block_schema(feed))
            taken += block.num_rows
            days = pa.repeat(pa.scalar(date(2024, 3, 1), pa.date32()), block.num_rows)
            typed = engine.type_block(feed, block.append_column("on_date", days)).rows
            assert typed.num_rows == block.num_rows
            for name in feed.required_names:
                column = "person_key" if name == "person_id" else name
                if column in typed.column_names:
                    missing = typed.filter(pc.is_null(typed[column]))
                    assert missing["reason_code"].null_count == 0, column
    except FileFaultError as fault:
        assert fault.hint
        return False
    assert taken == tally.rows
    return True


def broken_workbook(rng: random.Random) -> bytes:
    content = filled(WORKBOOK, {6: {"ground": DAYS, "words": rng.choice(("", "=1+1", "ö" * 99))}})
    return mutated_archive(content, rng) if rng.random() < 0.7 else mutated(content, rng)


def read_workbook(content: bytes) -> None:
    """As `lus disputes import` reads it: objections, remarks, or a refusal that says what to do."""
    try:
        returned = read_objections(open_workbook(content, "x.xlsx"), ISSUED_ON, RECEIVED)
    except LusError as error:
        assert error.todo
        return
    assert all(
        ISSUED_ON <= each.raised_at.date() <= RECEIVED for each in returned.objections.values()
    )
