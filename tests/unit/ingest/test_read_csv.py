"""Records: quotes, widths and line ends, and that a broken one costs nothing but itself."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lus_assets.ingest.lines import RESYNC_PASSES, escape_invalid_utf8, find_records
from lus_assets.ingest.read import BLOCK_BYTES
from tests.unit.ingest.support import County, row, to_csv


def judged(data: bytes, width: int = 3) -> list[tuple[bytes, bool]]:
    """The records of a whole text and whether each is good."""
    data = escape_invalid_utf8(data)
    records = find_records(data, width, is_last=True)
    assert records.consumed == len(data)
    return [
        (data[start:end].rstrip(b"\r\n"), bool(good))
        for start, end, good in zip(records.starts, records.ends, records.is_good, strict=True)
    ]


@pytest.mark.parametrize(
    "record",
    [
        *(b"a,b,c", b",,", b'"a","b","c"', b'"a,b",c,d', b'"a""b",c,"""d"""', b'"a\nb",c,d'),
        *(b'"","",""', b'"a\r\nb",c,"\n\n"', b'"a\rb",c,d', "å,ä,ö".encode()),
    ],
)
def test_a_record_by_rfc_4180_is_good_among_others(record: bytes):
    assert judged(b"1,2,3\n" + record + b"\r\n4,5,6\n") == [
        (b"1,2,3", True),
        (record, True),
        (b"4,5,6", True),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(b"a,b", b"a,b,c,d", b'a"b",c,d', b'"a"b,c,d', b'a,"b,c', b'"a,b,c', b'a""b,c,d'),
        *(b'a,b,c"', b'5" pipe,b,c', b"a\rb,c,d", b'"a" ,b,c', b"\xff,b,c", b'" a,b,c'),
    ],
)
def test_a_broken_line_costs_only_itself(line: bytes):
    multi = b'"x\ny",b,c'
    text = b"\n".join([b"1,2,3", line, b"4,5,6", multi, b"7,8,9", multi, b"10,11,12"]) + b"\n"
    found = judged(text)
    good = [record for record, is_good in found if is_good]
    assert good == [b"1,2,3", b"4,5,6", multi, b"7,8,9", multi, b"10,11,12"]
    assert [is_good for _, is_good in found].count(False) == 1


def test_several_stray_quotes_cost_only_their_lines():
    lines = [b'"x\ny",b,c', b"1,2,3", b'a,"b,c', b"4,5,6", b'"z\n\n",b,c', b'q,w",e', b"7,8,9"]
    found = judged(b"\n".join(lines))
    assert [record for record, is_good in found if not is_good] == [b'a,"b,c', b'q,w",e']
    assert len(found) == 7


def test_more_stray_quotes_than_passes_still_cost_only_their_lines():
    lines: list[bytes] = []
    for number in range(RESYNC_PASSES * 5):
        lines += [b'5" pipe,b,c', f"{number},b,c".encode()]
    found = judged(b"\n".join(lines))
    assert len(found) == len(lines)
    assert [is_good for _, is_good in found] == [False, True] * (RESYNC_PASSES * 5)


def test_a_quote_that_never_closes_costs_one_line_however_long_the_file(county: County):
    rows = [row("stays", stay_id=f"S{n}") for n in range(40_000)]
    lines = to_csv(rows).split(b"\r\n")
    lines[7] = lines[7].replace(b"Ward 1", b'"Ward 1')
    (file,) = county.deliver("stays", b"\n".join(lines)).files
    assert (file.rows_delivered, file.reasons) == (40_000, {"NOT_CSV": 1})
    assert county.reasons("stays")[6] == "NOT_CSV"


def test_records_may_cross_the_blocks_in_which_a_file_is_read(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lus_assets.ingest.read.BLOCK_BYTES", 97)
    units = ["Ward\n1", "Å" * 40, 'a ""quoted"" \r\n one', "x"]
    rows = [row("stays", stay_id=f"S{n}", hospital_unit=units[n % 4]) for n in range(60)]
    content = to_csv(rows)
    lines = content.split(b"\r\nS30,")
    broken = lines[0] + b'\r\n"stray,1,2\r\nS30,' + lines[1]
    (file,) = county.deliver("stays", broken).files
    assert (file.rows_delivered, file.reasons) == (61, {"NOT_CSV": 1})
    kept = [each for each in county.lake("stays") if each["reason_code"] is None]
    assert [each["stay_id"] for each in kept] == [f"S{n}" for n in range(60)]
    assert [each["hospital_unit"] for each in kept] == [units[n % 4] for n in range(60)]


def test_a_line_without_end_is_not_gathered_for_ever(
    county: County, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("lus_assets.ingest.read_csv.LINE_MAX_BYTES", 1000)
    monkeypatch.setattr("lus_assets.ingest.read.BLOCK_BYTES", 500)
    (file,) = county.deliver("stays", to_csv([row("stays")]) + b"x" * 5000).files
    assert (file.status, file.reason_code) == ("quarantined", "FILE_UNREADABLE")
    assert (file.rows_delivered, file.rows_quarantined) == (1, 1)
    assert BLOCK_BYTES > 500


@pytest.mark.parametrize(
    "value", ["NA", "null", "007", "a b", ' "q" ', "O'Brien", "-", "=1+1", "é"]
)
def test_ids_stay_text_as_written(county: County, value: str):
    county.deliver("stays", to_csv([row("stays", stay_id=value)]))
    assert county.lake("stays")[0]["stay_id"] == value


@pytest.mark.parametrize("empty", [b"", b'""'])
def test_empty_is_null_quoted_or_not(county: County, empty: bytes):
    content = to_csv([row("stays", legal_basis="@")]).replace(b"@", empty)
    county.deliver("stays", content)
    assert county.lake("stays")[0]["legal_basis"] == "hsl"


values = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
signs = st.text(st.sampled_from('ab,"\n\r; '), max_size=5)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(*[values | signs] * 3), max_size=12))
def test_what_the_csv_module_writes_is_read_back_whole(rows: list[tuple[str, ...]]):
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)
    data = stream.getvalue().encode()
    records = find_records(data, 3, is_last=True)
    assert len(records.starts) == len(rows)
    assert bool(records.is_good.all())


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('ab,"\n\r'), max_size=60))
def test_any_text_is_read_or_set_aside_whole(text: str):
    data = text.encode()
    records = find_records(data, 2, is_last=True)
    lengths = records.ends - records.starts
    covered = np.zeros(len(data), bool)
    for start, end in zip(records.starts, records.ends, strict=True):
        assert not covered[start:end].any()
        covered[start:end] = True
    # what no record covers is blank
    rest = bytes(np.frombuffer(data, np.uint8)[~covered])
    assert not rest.strip(b"\r\n")
    assert (lengths > 0).all()
    good = records.good_bytes(data).decode()
    read = [each for each in csv.reader(io.StringIO(good, newline=""), strict=True) if each]
    assert len(read) == int(records.is_good.sum())
    assert all(len(each) == 2 for each in read)
