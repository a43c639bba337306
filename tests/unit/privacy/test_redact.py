import io
import logging

import pytest

from lus_assets.privacy.redact import RedactingFilter, redact, redact_logs
from tests.unit.privacy.numbers import PERSONNUMMER, SAMORDNINGSNUMMER


@pytest.mark.parametrize("number", [*PERSONNUMMER, *SAMORDNINGSNUMMER, "197913992397"])
def test_every_way_to_write_an_id_is_redacted_valid_or_not(number: str):
    forms = [number, number[2:]]
    for sign in ("-", "+", " ", " - ", "\u2013", "_"):
        forms += [f"{number[:8]}{sign}{number[8:]}", f"{number[2:8]}{sign}{number[8:]}"]
    forms.append(f"{number[:4]}-{number[4:6]}-{number[6:8]}-{number[8:]}")
    for form in forms:
        assert redact(f"a{form}b") == "a[person id]b"


def test_ordinary_texts_stay():
    for text in ("2024-01-05 04:00:00,123", "stays/2024-01-05/file.csv", "1825 files, 12345 rows"):
        assert redact(text) == text


def log_to(stream: io.StringIO) -> tuple[logging.Logger, logging.Handler]:
    handler = logging.StreamHandler(stream)
    handler.addFilter(RedactingFilter())
    logger = logging.getLogger("tests.redact")
    logger.addHandler(handler)
    logger.propagate = False
    return logger, handler


def test_the_filter_redacts_message_arguments_and_traceback():
    stream = io.StringIO()
    logger, handler = log_to(stream)
    try:
        logger.error("person %s in %s", PERSONNUMMER[0], {"id": PERSONNUMMER[1]})
        try:
            raise ValueError(f"bad id {PERSONNUMMER[2]}")
        except ValueError:
            logger.exception("failed for %s", PERSONNUMMER[3])
    finally:
        logger.removeHandler(handler)
    text = stream.getvalue()
    assert "ValueError: bad id [person id]" in text
    assert "Traceback" in text
    assert not any(number in text for number in PERSONNUMMER)


@pytest.fixture
def plain_factory(monkeypatch: pytest.MonkeyPatch):
    """What a test sets is taken back after it."""
    monkeypatch.setattr(logging, "_logRecordFactory", logging.LogRecord)


@pytest.mark.usefixtures("plain_factory")
def test_a_record_that_holds_nothing_keeps_its_arguments_for_formatters_that_read_them():
    redact_logs()
    logger = logging.getLogger("tests.redact")
    record = logger.makeRecord("x", logging.INFO, "f", 1, "%s files", (3,), None)
    assert (record.msg, record.args) == ("%s files", (3,))


@pytest.mark.usefixtures("plain_factory")
def test_handlers_that_are_not_ours_get_redacted_records():
    redact_logs()
    stream = io.StringIO()
    logger, handler = log_to(stream)
    handler.filters.clear()
    try:
        logger.error("person %s", PERSONNUMMER[0])
        try:
            raise ValueError(f"bad id {PERSONNUMMER[2]}")
        except ValueError:
            logger.exception("failed")
    finally:
        logger.removeHandler(handler)
    assert "person [person id]" in stream.getvalue()
    assert "ValueError: bad id [person id]" in stream.getvalue()
    assert not any(number in stream.getvalue() for number in PERSONNUMMER)
