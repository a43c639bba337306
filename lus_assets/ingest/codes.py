"""Why something was set aside or reported: closed sets, with what each means and what to do."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class CodeText:
    """What a code means, and the next step of the person who reads it."""

    meaning: str
    todo: str


class ReasonCode(StrEnum):
    """Why a row or a whole file was set aside. Declared in order of precedence: a row that has
    several faults shows the first."""

    FILE_CHANGED = "FILE_CHANGED"
    FILE_EMPTY = "FILE_EMPTY"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_DUPLICATE_COLUMN = "FILE_DUPLICATE_COLUMN"
    FILE_MISSING_COLUMN = "FILE_MISSING_COLUMN"
    NOT_UTF8 = "NOT_UTF8"
    NOT_CSV = "NOT_CSV"
    NOT_JSON = "NOT_JSON"
    MISSING_VALUE = "MISSING_VALUE"
    INVALID_TIMESTAMP = "INVALID_TIMESTAMP"
    INVALID_DATE = "INVALID_DATE"
    INVALID_CODE = "INVALID_CODE"
    DISCHARGE_BEFORE_ADMISSION = "DISCHARGE_BEFORE_ADMISSION"
    PERSON_ID_ELSEWHERE = "PERSON_ID_ELSEWHERE"
    # shows only across files: the models find it
    MESSAGE_ID_CONFLICT = "MESSAGE_ID_CONFLICT"
    # no fault: the row was accepted once (operations/forget.py)
    DISPOSED = "DISPOSED"


class AnomalyCode(StrEnum):
    """What is reported and sets nothing aside."""

    PERSON_ID_CHECK_DIGIT = "PERSON_ID_CHECK_DIGIT"
    PERSON_ID_MASKED = "PERSON_ID_MASKED"
    UNKNOWN_COLUMN = "UNKNOWN_COLUMN"
    # these show only across files: the models find them
    STAY_UNKNOWN = "STAY_UNKNOWN"
    PERSON_UNKNOWN = "PERSON_UNKNOWN"
    BIRTH_DATE_UNKNOWN = "BIRTH_DATE_UNKNOWN"
    CANCELLATION_OF_UNKNOWN_MESSAGE = "CANCELLATION_OF_UNKNOWN_MESSAGE"
    CANCELLATION_BEFORE_MESSAGE = "CANCELLATION_BEFORE_MESSAGE"
    TIMESTAMP_IN_FUTURE = "TIMESTAMP_IN_FUTURE"
    MUNICIPALITY_CODE_UNKNOWN = "MUNICIPALITY_CODE_UNKNOWN"
    DISTRICT_UNKNOWN = "DISTRICT_UNKNOWN"
    DISTRICT_NOT_IN_FORCE = "DISTRICT_NOT_IN_FORCE"
    PLACEMENT_ANNULLED = "PLACEMENT_ANNULLED"
    DISPUTE_WITHOUT_EFFECT = "DISPUTE_WITHOUT_EFFECT"
    GAP = "GAP"
    GAP_ACKNOWLEDGED = "GAP_ACKNOWLEDGED"
    # entries of the landing area that are not read: in reports of runs, in no table
    UNKNOWN_FOLDER = "UNKNOWN_FOLDER"
    UNKNOWN_FILE_TYPE = "UNKNOWN_FILE_TYPE"
    MISPLACED_FILE = "MISPLACED_FILE"
    LINK_REFUSED = "LINK_REFUSED"
    FILE_NAME_NOT_UTF8 = "FILE_NAME_NOT_UTF8"
    FILE_NAME_UNSAFE = "FILE_NAME_UNSAFE"


UNREAD_ENTRIES = frozenset(
    {
        AnomalyCode.UNKNOWN_FOLDER,
        AnomalyCode.UNKNOWN_FILE_TYPE,
        AnomalyCode.MISPLACED_FILE,
        AnomalyCode.LINK_REFUSED,
        AnomalyCode.FILE_NAME_NOT_UTF8,
        AnomalyCode.FILE_NAME_UNSAFE,
    }
)
"""Codes of what lies in the landing area unread."""

_CORRECT_ROW = "have the sender correct the row and deliver it again in a new file"
_CORRECT_FILE = "have the sender deliver the file again under a new name or date"

REASON_TEXTS: dict[ReasonCode, CodeText] = {
    ReasonCode.FILE_CHANGED: CodeText(
        "a file of this path was read before with other content",
        "accept the content as a correction, with a reason and a date, or put the old one back",
    ),
    ReasonCode.FILE_EMPTY: CodeText(
        "the file has no header; a day without events has a header and no rows"
        " (JSON Lines: nothing at all)",
        _CORRECT_FILE,
    ),
    ReasonCode.FILE_UNREADABLE: CodeText(
        "the file is damaged or cut off, is not what its name says, or is not UTF-8 text",
        _CORRECT_FILE,
    ),
    ReasonCode.FILE_DUPLICATE_COLUMN: CodeText("two columns have the same name", _CORRECT_FILE),
    ReasonCode.FILE_MISSING_COLUMN: CodeText(
        "a required column is missing, or the columns are not separated by commas",
        _CORRECT_FILE,
    ),
    ReasonCode.NOT_UTF8: CodeText("the row is not UTF-8 text", _CORRECT_ROW),
    ReasonCode.NOT_CSV: CodeText(
        "the row's quotes are broken, or it has more or fewer values than the header",
        _CORRECT_ROW,
    ),
    ReasonCode.NOT_JSON: CodeText(
        "the line is not one JSON object of distinct names and plain values", _CORRECT_ROW
    ),
    ReasonCode.MISSING_VALUE: CodeText("a required value is empty", _CORRECT_ROW),
    ReasonCode.INVALID_TIMESTAMP: CodeText(
        "a timestamp is not ISO 8601 (2024-03-01T10:00) or cannot exist", _CORRECT_ROW
    ),
    ReasonCode.INVALID_DATE: CodeText(
        "a date or month is not ISO 8601 (2024-03-01, 2024-03), or cannot exist", _CORRECT_ROW
    ),
    ReasonCode.INVALID_CODE: CodeText(
        "a code is none of those listed (lower case; municipalities as four digits)", _CORRECT_ROW
    ),
    ReasonCode.DISCHARGE_BEFORE_ADMISSION: CodeText("the stay ends before it begins", _CORRECT_ROW),
    ReasonCode.PERSON_ID_ELSEWHERE: CodeText(
        "a text that is not a person id holds a valid personnummer",
        "have the sender remove it, correct the row and deliver it again in a new file",
    ),
    ReasonCode.MESSAGE_ID_CONFLICT: CodeText(
        "another content was delivered under this message id before",
        "have the sender give the message an id of its own",
    ),
    ReasonCode.DISPOSED: CodeText(
        "the row was disposed of by the region's decision on retention; nothing of it is left",
        "nothing",
    ),
}

ANOMALY_TEXTS: dict[AnomalyCode, CodeText] = {
    AnomalyCode.PERSON_ID_CHECK_DIGIT: CodeText(
        "a personnummer's check digit is wrong; the row counts all the same",
        "have the sender look at the id: the person's other rows may carry the right one",
    ),
    AnomalyCode.PERSON_ID_MASKED: CodeText(
        "a unit's or district's name holds what may be a person id; it is masked, the row counts",
        "have the sender take it out of the name",
    ),
    AnomalyCode.UNKNOWN_COLUMN: CodeText(
        "the file has columns that the contract does not know; they are ignored",
        "nothing, unless a column of the contract is misspelt",
    ),
    AnomalyCode.STAY_UNKNOWN: CodeText(
        "a message's stay was never delivered; the message waits for it",
        "ask for the stay when it does not come",
    ),
    AnomalyCode.PERSON_UNKNOWN: CodeText(
        "a stay's person was never delivered; no municipality is known",
        "ask for the person when it does not come",
    ),
    AnomalyCode.BIRTH_DATE_UNKNOWN: CodeText(
        "a discharged patient's birth date is not known; the stay is left out of readmissions",
        "ask for the birth date",
    ),
    AnomalyCode.CANCELLATION_OF_UNKNOWN_MESSAGE: CodeText(
        "a message cancels one that was never delivered",
        "ask for the cancelled message when it does not come",
    ),
    AnomalyCode.CANCELLATION_BEFORE_MESSAGE: CodeText(
        "a message cancels one that was sent later; it has no effect",
        "have the sender look at both",
    ),
    AnomalyCode.TIMESTAMP_IN_FUTURE: CodeText(
        "a timestamp is after its delivery date", "have the sender look at the clock"
    ),
    AnomalyCode.MUNICIPALITY_CODE_UNKNOWN: CodeText(
        "no municipality has the code; it is read as unknown", _CORRECT_ROW
    ),
    AnomalyCode.DISTRICT_UNKNOWN: CodeText(
        "no district has the name; it is read as unknown", _CORRECT_ROW
    ),
    AnomalyCode.DISTRICT_NOT_IN_FORCE: CodeText(
        "the district did not exist yet, or no longer, on the delivery date",
        "have the sender use the district's name of that day",
    ),
    AnomalyCode.PLACEMENT_ANNULLED: CodeText(
        "a placement ends before it begins; it holds on no day",
        "nothing when it was taken back so; otherwise have the sender correct the row",
    ),
    AnomalyCode.DISPUTE_WITHOUT_EFFECT: CodeText(
        "a dispute of another municipality than the liable one; it holds nothing back",
        "tell the municipality",
    ),
    AnomalyCode.GAP: CodeText(
        "a day without a readable file of the feed; no invoice base is issued until it comes",
        "have the day delivered, or acknowledge the gap with a reason",
    ),
    AnomalyCode.GAP_ACKNOWLEDGED: CodeText(
        "a day without a readable file that an operator has accepted", "nothing"
    ),
    AnomalyCode.UNKNOWN_FOLDER: CodeText(
        "a folder is neither a feed nor, below a feed, a date; nothing in it is read",
        "move its files to <feed>/<YYYY-MM-DD>/",
    ),
    AnomalyCode.UNKNOWN_FILE_TYPE: CodeText(
        "the file is not csv, csv.gz, jsonl, jsonl.gz or parquet; it is not read",
        "rename it when it is one of these, or take it away",
    ),
    AnomalyCode.MISPLACED_FILE: CodeText(
        "the file does not lie in <feed>/<YYYY-MM-DD>/; it is not read",
        "move it there, or take it away",
    ),
    AnomalyCode.LINK_REFUSED: CodeText(
        "a symbolic link leads out of the landing area or nowhere; it is not followed",
        "put the file itself in its place",
    ),
    AnomalyCode.FILE_NAME_NOT_UTF8: CodeText(
        "the file's name is not UTF-8; it is not read", "rename it"
    ),
    AnomalyCode.FILE_NAME_UNSAFE: CodeText(
        "the name is empty, `.` or `..`, or holds a backslash or control character; it is not read",
        "rename it",
    ),
}
