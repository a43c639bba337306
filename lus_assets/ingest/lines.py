"""Physical lines and delimited records in a block of bytes, found whole-column with numpy.

A stray quote must cost its own line only. So candidate records (lines joined while a quote is
open) are checked, and where a joined one fails its first line is set aside alone and the
joining starts again behind it. Positions are byte offsets in the block.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
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
    """The data, with invalid bytes marked so that `not_utf8` finds their records."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "surrogateescape").encode("utf-8", "surrogatepass")
    return data


def not_utf8(data: bytes, starts: Positions) -> Mask:
    """Which records hold invalid UTF-8, in data that went through `escape_invalid_utf8`."""
    marked = np.zeros(len(starts), np.bool_)
    if len(starts) and b"\xed" in data:
        buffer = np.frombuffer(data, np.uint8)
        lead = np.flatnonzero(buffer[:-1] == _ESCAPE_LEAD)
        marked[_owner(starts, lead[np.isin(buffer[lead + 1], _ESCAPE_SECONDS)])] = True
    return marked


def find_lines(data: bytes) -> tuple[Positions, Positions]:
    """Starts and ends (with the line end) of the lines that are not blank."""
    buffer = np.frombuffer(data, np.uint8)
    starts, ends = _all_lines(buffer)
    kept = ~_is_blank(buffer, starts, ends)
    return starts[kept], ends[kept]


def find_records(data: bytes, width: int, *, is_last: bool) -> Records:
    """Delimited records of whole lines; an open one at the end is left for the next block.

    data: ends with a line end unless `is_last`. width: values that a record must have.
    """
    buffer = np.frombuffer(data, np.uint8)
    text = _DelimitedText(
        buffer,
        np.flatnonzero(buffer == _QUOTE),
        np.flatnonzero(buffer == _COMMA),
        _bare_returns(buffer),
        width,
    )
    starts, ends = _all_lines(buffer)
    consumed = len(buffer)
    if len(text.quotes):
        starts, ends, is_broken, consumed = _join_lines(text, starts, ends, is_last=is_last)
    else:
        is_broken = text.is_broken(starts, ends)
    kept = ~_is_blank(buffer, starts, ends)
    starts, ends, is_broken = starts[kept], ends[kept], is_broken[kept]
    return Records(starts, ends, is_broken, not_utf8(data[:consumed], starts), consumed)


@dataclass(frozen=True)
class _DelimitedText:
    """A block and where its signs stand."""

    buffer: Bytes
    quotes: Positions
    commas: Positions
    bare_returns: Positions
    width: int

    def is_broken(self, starts: Positions, ends: Positions) -> Mask:
        """Which records have another width, or quotes or bare returns where none may be."""
        separators = self._outside(starts, self.commas)
        count = np.searchsorted(separators, ends) - np.searchsorted(separators, starts)
        broken = count != self.width - 1
        broken[_owner(starts, self._outside(starts, self.bare_returns))] = True
        if len(self.quotes):
            broken[_owner(starts, self._misplaced_quotes(starts, ends))] = True
            first = np.searchsorted(self.quotes, starts)
            broken |= (np.searchsorted(self.quotes, ends) - first) % 2 == 1
        return broken

    def _outside(self, starts: Positions, places: Positions) -> Positions:
        """Those places that are outside quotes, counted from the start of their record."""
        if not len(self.quotes) or not len(places):
            return places
        first = np.searchsorted(self.quotes, starts)
        before = np.searchsorted(self.quotes, places) - first[_owner(starts, places)]
        return places[before % 2 == 0]

    def _misplaced_quotes(self, starts: Positions, ends: Positions) -> Positions:
        """Quotes that RFC 4180 does not allow where they stand.

        One opens at the start of a value or doubled after a closing one, and closes at its end.
        """
        quotes, buffer = self.quotes, self.buffer
        record = _owner(starts, quotes)
        first = np.searchsorted(quotes, starts)[record]
        opens = (np.arange(len(quotes)) - first) % 2 == 0
        before = buffer[np.maximum(quotes - 1, 0)]
        opens_well = (quotes == starts[record]) | np.isin(before, (_COMMA, _QUOTE))
        after = buffer[np.minimum(quotes + 1, len(buffer) - 1)]
        next_but_one = buffer[np.minimum(quotes + 2, len(buffer) - 1)]
        closes_well = (
            (quotes + 1 >= ends[record])
            | np.isin(after, (_COMMA, _QUOTE, _NEWLINE))
            | ((after == _RETURN) & ((next_but_one == _NEWLINE) | (quotes + 2 >= len(buffer))))
        )
        return quotes[np.where(opens, ~opens_well, ~closes_well)]


def _join_lines(
    text: _DelimitedText, line_starts: Positions, line_ends: Positions, *, is_last: bool
) -> tuple[Positions, Positions, Mask, int]:
    """Lines joined to records: starts, ends, which are broken, and bytes consumed."""
    quotes = np.searchsorted(text.quotes, line_ends) - np.searchsorted(text.quotes, line_starts)
    is_odd = quotes % 2 == 1
    is_alone = np.zeros(len(line_starts), np.bool_)
    passes = 0
    while True:
        turns = is_odd & ~is_alone
        parity = np.cumsum(turns) % 2
        firsts = np.flatnonzero((parity ^ turns) == 0)
        lasts = np.append(firsts[1:], len(line_starts)) - 1
        starts, ends = line_starts[firsts], line_ends[lasts]
        is_joined, is_long = lasts > firsts, ends - starts > JOINED_RECORD_MAX_BYTES
        is_broken = text.is_broken(starts, ends) | (is_joined & is_long)
        # the last record may go on in the next block; it is judged there
        is_left = bool(parity[-1]) and not is_last and not bool(is_long[-1])
        if is_left:
            is_broken[-1] = False
        failing = is_broken & is_joined
        if not bool(failing.any()):
            break
        passes += 1
        if passes <= RESYNC_PASSES:
            is_alone[firsts[np.argmax(failing)]] = True
        else:
            is_alone |= is_odd & np.repeat(failing, lasts - firsts + 1)
    if is_left:
        return starts[:-1], ends[:-1], is_broken[:-1], int(starts[-1])
    return starts, ends, is_broken, len(text.buffer)


def _owner(starts: Positions, places: Positions) -> Positions:
    """Number of the record in which each place lies."""
    return np.searchsorted(starts, places, side="right") - 1


def _all_lines(buffer: Bytes) -> tuple[Positions, Positions]:
    ends = np.flatnonzero(buffer == _NEWLINE) + 1
    if len(buffer) and (not len(ends) or ends[-1] != len(buffer)):
        ends = np.append(ends, len(buffer))
    return np.append(np.zeros(min(1, len(ends)), np.int64), ends[:-1]), ends


def _bare_returns(buffer: Bytes) -> Positions:
    """Carriage returns that end no line; readers disagree about them."""
    returns = np.flatnonzero(buffer[:-1] == _RETURN)
    return returns[buffer[returns + 1] != _NEWLINE]


def _is_blank(buffer: Bytes, starts: Positions, ends: Positions) -> Mask:
    """Lines of nothing but their end."""
    length = ends - starts
    is_end = np.isin(buffer[starts], (_NEWLINE, _RETURN))
    return is_end & ((length == 1) | ((length == 2) & (buffer[ends - 1] == _NEWLINE)))
