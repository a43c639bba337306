"""Physical lines and delimited records in a block of bytes, found whole-column with numpy.

A stray quote must cost its own line only. So candidate records (lines joined while a quote is
open) are checked, and where a joined one fails its first line is set aside alone and the
joining starts again behind it. Positions are byte offsets in the block.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

# RFC 4180 sets no limit; a joined record longer than this is a stray quote.
JOINED_RECORD_MAX_BYTES = 1024 * 1024
# Every stray quote costs one more pass over its block. A block with more of them than this is
# settled at once: all lines with an odd number of quotes in failing records stand alone.
RESYNC_PASSES = 16

_NEWLINE, _RETURN, _QUOTE, _COMMA = b"\n"[0], b"\r"[0], b'"'[0], b","[0]
# Invalid bytes, passed through surrogateescape, become these two-byte beginnings; UTF-8 has none.
_ESCAPE_LEAD, _ESCAPE_SECONDS = 0xED, (0xB2, 0xB3)


@dataclass(frozen=True)
class Records:
    """Records of a block: where they begin and end (with the line end), and what ails them."""

    starts: Positions
    ends: Positions
    is_broken: Mask  # quotes or number of values
    is_not_utf8: Mask
    consumed: int  # bytes of the block that these records and the blank lines take

    @property
    def is_good(self) -> Mask:
        """Records that can be read."""
        return ~(self.is_broken | self.is_not_utf8)

    def good_bytes(self, data: bytes) -> bytes:
        """The bytes of the good records, one after the other."""
        good = self.is_good
        if bool(good.all()):
            return data[: self.consumed]
        buffer = np.frombuffer(data, np.uint8)[: self.consumed]
        change = np.zeros(len(buffer) + 1, np.int8)
        change[self.starts[good]] += 1
        change[self.ends[good]] -= 1
        return buffer[np.cumsum(change[:-1], dtype=np.int8).astype(bool)].tobytes()


def escape_invalid_utf8(data: bytes) -> bytes:
    """The data, with invalid bytes marked so that `has_invalid_utf8` finds their records."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape").encode("utf-8", "surrogatepass")
    return data


def find_lines(data: bytes) -> tuple[Positions, Positions]:
    """Starts and ends (with the line end) of the lines that are not blank."""
    starts, ends = _all_lines(np.frombuffer(data, np.uint8))
    kept = ~_is_blank(data, starts, ends)
    return starts[kept], ends[kept]


def not_utf8(data: bytes, starts: Positions) -> Mask:
    """Which records hold invalid UTF-8, in data that went through `escape_invalid_utf8`."""
    marked = np.zeros(len(starts), np.bool_)
    if len(starts) and b"\xed" in data:
        buffer = np.frombuffer(data, np.uint8)
        lead = np.flatnonzero(buffer[:-1] == _ESCAPE_LEAD)
        escapes = lead[np.isin(buffer[lead + 1], _ESCAPE_SECONDS)]
        marked[_record_of(starts, escapes)] = True
    return marked


def find_records(data: bytes, width: int, *, is_last: bool) -> Records:
    """Delimited records of whole lines; an open one at the end is left for the next block.

    data: ends with a line end unless `is_last`. width: values that a record must have.
    """
    buffer = np.frombuffer(data, np.uint8)
    line_starts, line_ends = _all_lines(buffer)
    quotes = np.flatnonzero(buffer == _QUOTE)
    if not len(quotes):
        starts, ends, consumed = line_starts, line_ends, len(data)
        is_broken = _is_broken(buffer, starts, ends, quotes, width)
    else:
        starts, ends, is_broken, consumed = _join_lines(
            buffer, line_starts, line_ends, quotes, width, is_last=is_last
        )
    kept = ~_is_blank(data, starts, ends)
    starts, ends, is_broken = starts[kept], ends[kept], is_broken[kept]
    return Records(starts, ends, is_broken, not_utf8(data[:consumed], starts), consumed)


def _join_lines(
    buffer: npt.NDArray[np.uint8],
    line_starts: Positions,
    line_ends: Positions,
    quotes: Positions,
    width: int,
    *,
    is_last: bool,
) -> tuple[Positions, Positions, Mask, int]:
    """Lines joined to records: starts, ends, which are broken, and bytes consumed."""
    count = np.searchsorted(quotes, line_ends) - np.searchsorted(quotes, line_starts)
    is_odd = count % 2 == 1
    alone = np.zeros(len(line_starts), np.bool_)
    passes = 0
    while True:
        toggles = np.cumsum(is_odd & ~alone)
        begins = np.flatnonzero((toggles - (is_odd & ~alone)) % 2 == 0)
        lasts = np.append(begins[1:], len(line_starts)) - 1
        starts, ends = line_starts[begins], line_ends[lasts]
        is_open = bool(toggles[-1] % 2)
        is_broken = _is_broken(buffer, starts, ends, quotes, width)
        is_broken |= (lasts > begins) & (ends - starts > JOINED_RECORD_MAX_BYTES)
        if is_open:
            is_tail = not is_last and ends[-1] - starts[-1] <= JOINED_RECORD_MAX_BYTES
            is_broken[-1] = not is_tail
        failing = np.flatnonzero(is_broken & (lasts > begins))
        if is_open and is_broken[-1] and lasts[-1] == begins[-1]:
            # a stray quote on the very last line is alone already
            is_open = False
        if not len(failing):
            break
        passes += 1
        if passes <= RESYNC_PASSES:
            alone[begins[failing[0]]] = True
        else:
            in_failing = np.repeat(np.isin(np.arange(len(begins)), failing), lasts - begins + 1)
            alone |= in_failing & is_odd
    if is_open:
        return starts[:-1], ends[:-1], is_broken[:-1], int(starts[-1])
    return starts, ends, is_broken, len(buffer)


def _is_broken(
    buffer: npt.NDArray[np.uint8],
    starts: Positions,
    ends: Positions,
    quotes: Positions,
    width: int,
) -> Mask:
    """Which records have quotes or bare carriage returns out of place, or another width."""
    broken = np.zeros(len(starts), np.bool_)
    if not len(starts):
        return broken
    first_quote = np.searchsorted(quotes, starts)
    commas = np.flatnonzero(buffer == _COMMA)
    outside = commas[_is_outside(starts, first_quote, quotes, commas)]
    separators = np.searchsorted(outside, ends) - np.searchsorted(outside, starts)
    broken |= separators != width - 1
    returns = np.flatnonzero(buffer[:-1] == _RETURN)
    bare = returns[buffer[returns + 1] != _NEWLINE]
    broken[_record_of(starts, bare[_is_outside(starts, first_quote, quotes, bare)])] = True
    if len(quotes):
        broken[_record_of(starts, _misplaced(buffer, starts, ends, first_quote, quotes))] = True
        broken |= (np.searchsorted(quotes, ends) - first_quote) % 2 == 1
    return broken


def _misplaced(
    buffer: npt.NDArray[np.uint8],
    starts: Positions,
    ends: Positions,
    first_quote: Positions,
    quotes: Positions,
) -> Positions:
    """Quotes that RFC 4180 does not allow where they stand.

    One opens at the start of a value or doubled after a closing one, and closes at its end.
    """
    record = _record_of(starts, quotes)
    opens = (np.arange(len(quotes)) - first_quote[record]) % 2 == 0
    before = buffer[np.maximum(quotes - 1, 0)]
    is_first = quotes == starts[record]
    opens_well = is_first | (before == _COMMA) | (before == _QUOTE)
    padded = np.append(buffer, (_NEWLINE, _NEWLINE)).astype(np.uint8)
    after, next_but_one = padded[quotes + 1], padded[quotes + 2]
    closes_well = (
        (quotes + 1 >= ends[record])
        | np.isin(after, (_COMMA, _QUOTE, _NEWLINE))
        | ((after == _RETURN) & (next_but_one == _NEWLINE))
    )
    return quotes[np.where(opens, ~opens_well, ~closes_well)]


def _is_outside(
    starts: Positions, first_quote: Positions, quotes: Positions, places: Positions
) -> Mask:
    """Which places are outside quotes, counted from the start of their record."""
    if not len(quotes):
        return np.ones(len(places), np.bool_)
    inside = np.searchsorted(quotes, places) - first_quote[_record_of(starts, places)]
    return inside % 2 == 0


def _record_of(starts: Positions, places: Positions) -> Positions:
    return np.searchsorted(starts, places, side="right") - 1


def _all_lines(buffer: npt.NDArray[np.uint8]) -> tuple[Positions, Positions]:
    ends = np.flatnonzero(buffer == _NEWLINE) + 1
    if len(buffer) and (not len(ends) or ends[-1] != len(buffer)):
        ends = np.append(ends, len(buffer))
    return np.concatenate((np.zeros(min(1, len(ends)), np.int64), ends[:-1])), ends


def _is_blank(data: bytes, starts: Positions, ends: Positions) -> Mask:
    """Lines of nothing but their end."""
    buffer = np.frombuffer(data, np.uint8)
    length = ends - starts
    is_end = np.isin(buffer[starts], (_NEWLINE, _RETURN)) if len(starts) else length > 0
    return is_end & ((length == 1) | ((length == 2) & (buffer[ends - 1] == _NEWLINE)))
