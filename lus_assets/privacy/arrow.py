"""Arrow's names for annotations: pyarrow ships no types, and makes its functions at import."""

from typing import Any

import pyarrow.compute

Table = Any
"""A pyarrow table."""
Array = Any
"""A pyarrow array, chunked or not."""
Schema = Any
"""A pyarrow schema."""
DataType = Any
"""A pyarrow data type."""
pc: Any = pyarrow.compute
