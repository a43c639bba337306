"""The last line of defence: no text leaves with anything in it that looks like a person id."""

import logging
import re

MARKER = "[person id]"

# Wider than a person id on purpose: any date-like six or eight digits, then four. What is
# redacted needlessly can be looked up; what slips through cannot be called back.
_SHAPE = re.compile(
    r"(?<!\d)(?:\d{2})?\d{2}[-./ ]?\d{2}[-./ ]?\d{2}\s?[-+\u2010-\u2015\u2212 _]?\s?\d{4}(?!\d)"
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
        record.msg = redact(record.getMessage())
        record.args = ()
        if record.exc_info:
            record.exc_text = _FORMATTER.formatException(record.exc_info)
            # handlers that format the exception themselves would bring the raw text back
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True
