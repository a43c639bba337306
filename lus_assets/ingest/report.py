"""What ingestion tells of a day: counts and codes, never a value of a row."""

from dataclasses import dataclass
from datetime import date

from lus_assets.ingest.batch import FileResult
from lus_assets.ingest.catalog import FileVersion
from lus_assets.ingest.codes import AnomalyCode
from lus_assets.ingest.received import is_received
from lus_assets.ingest.source import Stranger

REFUSED, SEEN = "refused", "seen"


@dataclass(frozen=True)
class FileReport:
    """One delivered file.

    status: accepted, quarantined (whole), refused (changed content waits for a decision) or seen
    (read before; rows as recorded then). reasons and anomalies: rows, or columns, per code; empty
    for a seen file. hint: what to know beside the file's reason code.
    """

    path: str
    status: str
    reason_code: str | None
    rows_delivered: int
    rows_quarantined: int
    unknown_columns: int
    reasons: dict[str, int]
    anomalies: dict[str, int]
    hint: str | None = None


@dataclass(frozen=True)
class DayReport:
    """One feed's delivery day: its files, in order of path."""

    feed: str
    delivery_date: date
    files: tuple[FileReport, ...]

    @property
    def is_gap(self) -> bool:
        """Nothing was delivered, not even a file without rows; what was received does not count."""
        return all(is_received(file.path) for file in self.files)

    @property
    def refused(self) -> tuple[FileReport, ...]:
        """Files whose changed content waits for an operator."""
        return tuple(file for file in self.files if file.status == REFUSED)

    @property
    def rows_delivered(self) -> int:
        """Rows of all files."""
        return sum(file.rows_delivered for file in self.files)

    @property
    def rows_quarantined(self) -> int:
        """Rows set aside in all files."""
        return sum(file.rows_quarantined for file in self.files)


@dataclass(frozen=True)
class IngestReport:
    """Several days, ordered by date and feed, and what lies in the landing area unread."""

    days: tuple[DayReport, ...]
    strangers: tuple[Stranger, ...]

    @property
    def gaps(self) -> tuple[DayReport, ...]:
        """Days without any file."""
        return tuple(day for day in self.days if day.is_gap)


def report_read(result: FileResult) -> FileReport:
    """The report of a file that was read now."""
    version = result.to_version()
    anomalies = dict(result.anomalies)
    if version.unknown_columns:
        anomalies[AnomalyCode.UNKNOWN_COLUMN.value] = version.unknown_columns
    return FileReport(
        path=version.path,
        status=version.status,
        reason_code=version.reason_code,
        rows_delivered=version.rows_delivered,
        rows_quarantined=version.rows_quarantined,
        unknown_columns=version.unknown_columns,
        reasons=dict(result.reasons),
        anomalies=anomalies,
        hint=result.fault.hint if result.fault else None,
    )


def report_known(version: FileVersion) -> FileReport:
    """The report of a file that was read before, or is refused."""
    return FileReport(
        path=version.path,
        status=REFUSED if version.status == REFUSED else SEEN,
        reason_code=version.reason_code,
        rows_delivered=version.rows_delivered,
        rows_quarantined=version.rows_quarantined,
        unknown_columns=version.unknown_columns,
        reasons={},
        anomalies={},
    )
