"""What is told of a model that failed: the kind of error and what to do, and nothing of a row."""

from types import SimpleNamespace

import pytest

from lus_assets.core.errors import with_todo
from lus_assets.warehouse.dbt_runner import _without_values


@pytest.mark.parametrize(
    ("status", "message", "told"),
    [
        (
            "error",
            "Runtime Error in model base_stay (models/staging/base_stay.sql)\n"
            "  Out of Memory Error: failed to allocate data of size 16.0 MiB (20.0 MiB/20.0 MiB)",
            "Out of Memory Error",
        ),
        (
            "error",
            "Runtime Error in model base_stay (models/staging/base_stay.sql)\n"
            "  Conversion Error: Could not convert string '19121212-1212' to INT32\n"
            "  Hint: a word Error: of the engine's",
            "Conversion Error",
        ),
        ("error", "Compilation Error in model x: the text", "Compilation Error in model x"),
        ("success", "OK", None),
    ],
)
def test_a_failed_model_tells_the_kind_of_error(status: str, message: str, told: str) -> None:
    result = SimpleNamespace(status=SimpleNamespace(value=status), message=message)
    assert _without_values(result) == told


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("Out of Memory Error", "memory_limit"),
        ("OutOfMemoryException", "memory_limit"),
        ("IO Error", "disk has room"),
        ("IOException", "disk has room"),
        ("OSError", "disk has room"),
    ],
)
def test_want_of_memory_or_room_says_what_to_do(kind: str, word: str) -> None:
    assert with_todo(kind).startswith(f"{kind}: ")
    assert word in with_todo(kind)


@pytest.mark.parametrize("kind", ["Conversion Error", "KeyError", "failed", ""])
def test_other_errors_promise_nothing(kind: str) -> None:
    assert with_todo(kind) == kind
