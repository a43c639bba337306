"""Columns of equal length and named random streams: what the generator computes with."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.compute
from numpy.typing import NDArray

Array = NDArray[Any]
Columns = dict[str, Array]

# pyarrow ships no types, and makes its compute functions at import
Text = Any
"""A pyarrow array of strings."""
Table = Any
"""A pyarrow table."""
pc: Any = pyarrow.compute

NONE = np.iinfo(np.int64).min
"""A time or day that is not there."""


def stream(seed: int, purpose: str) -> np.random.Generator:
    """A generator for one purpose, so that a change to one leaves the others' draws alone."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(purpose.encode())]))


def length(columns: Columns) -> int:
    """Rows; 0 without columns."""
    return len(next(iter(columns.values()))) if columns else 0


def take(columns: Columns, rows: Array) -> Columns:
    """The rows named by a mask or by positions."""
    return {name: values[rows] for name, values in columns.items()}


def concat(parts: Sequence[Columns]) -> Columns:
    """One below the other; all parts have the first one's columns."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def rank_within(groups: Array) -> Array:
    """0, 1, 2 ... within each run of equal, neighbouring groups."""
    if len(groups) == 0:
        return np.zeros(0, np.int64)
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return np.arange(len(groups)) - np.repeat(starts, np.diff(np.r_[starts, len(groups)]))
