"""How a failure is shown: in our own words, or by its type and place; never by a row's value."""

import dagster as dg
import pytest

from lus_assets.core.assets import shown_safely
from lus_assets.core.errors import LusError, UnreachableError

VALUE = "19121212-1212"


def test_our_own_failures_keep_their_words() -> None:
    with pytest.raises(dg.Failure) as shown, shown_safely():
        raise LusError("the file is empty", where="stays/2024-01-01/a.csv", todo="send it again")
    assert "the file is empty" in str(shown.value.description)
    assert "send it again" in str(shown.value.description)
    assert shown.value.allow_retries is False


def test_any_other_failure_is_its_type_and_place_without_its_text() -> None:
    with pytest.raises(dg.Failure) as shown, shown_safely():
        int(VALUE)
    assert VALUE not in str(shown.value.description)
    assert VALUE not in str(shown.value.__cause__)
    assert shown.value.__suppress_context__
    assert "ValueError, at" in str(shown.value.description)
    assert "test_shown_safely.py:" in str(shown.value.description)


@pytest.mark.parametrize("error", [ConnectionError, TimeoutError, BrokenPipeError])
def test_only_what_a_retry_can_mend_is_tried_again(error: type[Exception]) -> None:
    with pytest.raises(dg.RetryRequested) as shown, shown_safely():
        raise error(VALUE)
    assert VALUE not in repr(shown.value.__cause__)


@pytest.mark.parametrize("error", [OSError, MemoryError, KeyError])
def test_other_failures_are_not_tried_again(error: type[Exception]) -> None:
    with pytest.raises(dg.Failure) as shown, shown_safely():
        raise error(VALUE)
    assert shown.value.allow_retries is False


def test_a_source_that_does_not_answer_is_tried_again_and_keeps_its_words() -> None:
    with pytest.raises(dg.RetryRequested) as shown, shown_safely():
        raise UnreachableError("the source is silent", where="stays", todo="wait")
    cause = shown.value.__cause__
    assert isinstance(cause, dg.Failure)
    assert "the source is silent" in str(cause.description)
