"""The last line of defence: no text leaves with anything in it that looks like a person id."""

import logging
import re
from typing import Any

MARKER = "[person id]"

# Wider than a person id on purpose: any date-like six or eight digits, then four. What is
# redacted needlessly can be looked up; what slips through cannot be called back.
_SIGNS = r"[\s\-+._/\u2009-\u2015\u202f\u2212]{0,3}"
# not a slash: a path may go on behind its date with four digits
_LAST_SIGNS = _SIGNS.replace("/", "")
_SHAPE = re.compile(
    rf"(?<!\d)(?:\d{{2}}{_SIGNS})?\d{{2}}{_SIGNS}\d{{2}}{_SIGNS}\d{{2}}{_LAST_SIGNS}\d{{4}}(?!\d)"
)
_FORMATTER = logging.Formatter()


def redact(text: str) -> str:
    """The text with everything shaped like a person id, valid or not, replaced by a marker."""
    return _SHAPE.sub(MARKER, text)


class RedactingFilter(logging.Filter):
    """Redacts a log record whole: message with its arguments, exception text and stack.

    Put it on handlers (a logger's filter does not see records of the loggers below it).
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record in place and lets it pass."""
        _redact_record(record)
        return True


def redact_logs() -> None:
    """From now on every log record of this process is redacted when it is made.

    For processes whose handlers are not ours, such as Dagster's: what a step logs goes to its
    event log, to files and to the terminal.
    """
    logging.setLogRecordFactory(_redacted_record)


def _redacted_record(*arguments: Any, **options: Any) -> logging.LogRecord:
    record = logging.LogRecord(*arguments, **options)
    _redact_record(record)
    return record


def _redact_record(record: logging.LogRecord) -> None:
    """In place; what holds nothing stays as it is, for formatters that read the arguments."""
    message = record.getMessage()
    if (redacted := redact(message)) != message:
        record.msg, record.args = redacted, ()
    if record.exc_info and record.exc_info[0]:
        text = record.exc_text or _FORMATTER.formatException(record.exc_info)
        if (redacted := redact(text)) != text:
            # handlers that format the exception themselves would bring the raw text back
            record.exc_text, record.exc_info = redacted, None
    if record.exc_text:
        record.exc_text = redact(record.exc_text)
    if record.stack_info:
        record.stack_info = redact(record.stack_info)
