"""A small file that unpacks to any size is set aside with a reason, before it fills memory."""

import gzip
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lus_assets.ingest import read, read_parquet
from lus_assets.ingest.codes import ReasonCode
from lus_assets.ingest.contract import PERSONS, STAYS
from lus_assets.ingest.read import FileFaultError, Tally, text_chunks

PROMISE = pytest.mark.promise(
    "A file that unpacks to any size is set aside, before it fills the memory",
    area="Doors",
    how="gzip of one repeated byte; Parquet of one long value repeated; with lowered bounds",
)


@PROMISE
def test_gzip_that_unpacks_beyond_bounds_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "BLOCK_BYTES", 1024)
    monkeypatch.setattr(read, "UNPACKED_BYTES", 64 * 1024)
    bomb = gzip.compress(b"a" * 4_000_000)
    taken = 0
    with pytest.raises(FileFaultError, match="unpacks to more than") as caught:
        for chunk, _ in text_chunks(io.BytesIO(bomb), is_gzip=True):
            taken += len(chunk)
    assert caught.value.reason_code is ReasonCode.FILE_UNREADABLE
    assert taken <= read.UNPACKED_TIMES * len(bomb)


def test_gzip_that_packs_as_text_does_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "UNPACKED_BYTES", 1024)
    text = "".join(f"S{n},19{n:010},Avd {n % 7}\n" for n in range(20_000)).encode()
    packed = io.BytesIO(gzip.compress(text))
    assert b"".join(chunk for chunk, _ in text_chunks(packed, is_gzip=True)) == text


@PROMISE
def test_a_value_repeated_beyond_bounds_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_parquet, "BLOCK_TEXT_BYTES", 1_000_000)
    sink = io.BytesIO()
    columns = {name: pa.array([None] * 5000, pa.string()) for name in STAYS.column_names}
    columns["hospital_unit"] = pa.array(["x" * 1000] * 5000)
    pq.write_table(pa.table(columns), sink)
    assert len(sink.getvalue()) < 20_000
    sink.seek(0)
    with pytest.raises(FileFaultError, match="beyond all bounds"):
        list(read_parquet.parquet_blocks(STAYS, sink, Tally()))


def test_texts_kept_as_dictionaries_are_read_as_before() -> None:
    sink = io.BytesIO()
    columns = {name: pa.array(["", None, "å"] * 3) for name in PERSONS.column_names}
    pq.write_table(pa.table(columns), sink)
    sink.seek(0)
    (block,) = read_parquet.parquet_blocks(PERSONS, sink, Tally())
    assert block["person_id"].to_pylist() == [None, None, "å"] * 3
