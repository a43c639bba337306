"""Objections that came back, as one delivery file of feed `disputes`.

Nothing is ingested here: the next run does that, by the day on which they were received. The
caller holds the home's writer lock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lus_assets.core.errors import LusError
from lus_assets.core.home import Home
from lus_assets.ingest.contract import DISPUTES
from lus_assets.ingest.received import receive
from lus_assets.invoicing.disputes.objections import (
    Objection,
    Outcome,
    Remark,
    Returned,
    feed_csv,
    judged,
    read_feed_csv,
    shown_id,
)
from lus_assets.invoicing.disputes.register import ReviewRegister, known_disputes
from lus_assets.invoicing.disputes.returned_workbook import open_workbook, read_objections
from lus_assets.ledger.ledger import Ledger
from lus_assets.privacy.keys import Pseudonymizer
from lus_assets.privacy.redact import redact

_MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file, row by row; refusal: why it was not read at all."""

    name: str
    origin: str
    remarks: Sequence[Remark]
    idle_rows: int = 0
    refusal: LusError | None = None

    def count(self, outcome: Outcome) -> int:
        """Rows with this outcome."""
        return sum(each.outcome == outcome for each in self.remarks)

    @property
    def is_whole(self) -> bool:
        """Was the file read, and every row of it understood?"""
        return self.refusal is None and not self.count("not taken")


@dataclass(frozen=True)
class Intake:
    """What became of all files. path: the delivery file that was written; None: nothing new."""

    files: Sequence[FileOutcome]
    path: Path | None

    def count(self, outcome: Outcome) -> int:
        """Rows of all files with this outcome."""
        return sum(each.count(outcome) for each in self.files)

    @property
    def is_whole(self) -> bool:
        """Was every file read and every row understood?"""
        return all(each.is_whole for each in self.files)


def import_disputes(
    home: Home,
    files: Sequence[Path],
    received: date,
    pseudonymizer: Pseudonymizer,
    municipality_code: str | None = None,
) -> Intake:
    """Take in returned workbooks (xlsx) and CSV files of feed `disputes`, received on a day.

    municipality_code: who sent them; what speaks for another municipality is then not taken. The
    same objection again changes nothing.

    Raises:
        LusError: the disk or a store fails; then nothing was received.
    """
    known = {key: each.newest for key, each in known_disputes(home, pseudonymizer).items()}
    outcomes: list[FileOutcome] = []
    with Ledger.opened(home) as ledger:
        judge = _Judge(ReviewRegister(ledger), known, municipality_code)
        for path in files:
            try:
                returned = _read(path, judge, received, pseudonymizer)
            except LusError as refusal:
                outcomes.append(FileOutcome(redact(path.name), "", (), refusal=refusal))
            else:
                outcomes.append(judge.outcome(returned))
    content = feed_csv(judge.taken)
    path = receive(home, DISPUTES.name, received, content) if judge.taken else None
    return Intake(outcomes, path)


def _no_objections() -> list[Objection]:
    return []


@dataclass
class _Judge:
    """Decides row by row what is taken. known: newest version by dispute id; it grows."""

    register: ReviewRegister
    known: dict[str, Objection]
    sender: str | None
    taken: list[Objection] = field(default_factory=_no_objections)

    def outcome(self, returned: Returned) -> FileOutcome:
        """What becomes of a file's rows; those taken are in `taken` then."""
        rows_of: dict[str, int] = {}
        remarks = list(returned.remarks)
        for row, objection in returned.objections.items():
            before = rows_of.get(objection.dispute_id)
            outcome, why = self._judged(objection, before, returned.has_versions)
            if outcome == "taken":
                self.taken.append(objection)
                self.known[objection.dispute_id] = objection
                rows_of[objection.dispute_id] = row
            remarks.append(Remark(row, outcome, why))
        remarks.sort(key=lambda each: each.row)
        return FileOutcome(returned.name, returned.origin, remarks, returned.idle_rows)

    def _judged(
        self, objection: Objection, before: int | None, has_versions: bool
    ) -> tuple[Outcome, str]:
        """before: a row of the same file that was taken for the same dispute."""
        if self.sender not in (None, objection.municipality_code):
            return "not taken", f"it speaks for another municipality than {self.sender}"
        unknown = self.register.why_unknown(objection)
        if unknown:
            return "not taken", unknown
        there = self.known.get(objection.dispute_id)
        if there is None or (has_versions and objection.updated_at > there.updated_at):
            return "taken", f"as {shown_id(objection.dispute_id)}"
        if before is not None and not has_versions:
            return "not taken", f"row {before} is about the same episode and the same thing"
        if has_versions and objection.updated_at == there.updated_at and objection != there:
            return "not taken", "the dispute is known with other content of the same time"
        return "known", f"as {shown_id(there.dispute_id)}, {there.status}"


def _read(path: Path, judge: _Judge, received: date, pseudonymizer: Pseudonymizer) -> Returned:
    name = redact(path.name)
    content = _content(path, name)
    match path.suffix.lower():
        case ".xlsx":
            workbook = open_workbook(content, name)
            origin = workbook.origin
            if judge.sender not in (None, origin.municipality_code):
                raise LusError(
                    f"this is the review base of {origin.municipality_code}, not {judge.sender}",
                    where=name,
                    todo="see who sent it, and tell both: it names people",
                )
            issued_on = judge.register.issued_on(
                origin.municipality_code, origin.month, origin.version
            )
            if issued_on is None:
                raise LusError(
                    f"it claims to be {origin.words}, which was never issued here",
                    where=name,
                    todo="use the home that issued it",
                )
            return judged(read_objections(workbook, issued_on, received), received, pseudonymizer)
        case ".csv":
            return read_feed_csv(content, name, received, pseudonymizer)
        case _:
            raise LusError(
                "this is neither a workbook (.xlsx) nor a CSV file (.csv)",
                where=name,
                todo="have the municipality send the workbook that it got, filled in",
            )


def _content(path: Path, name: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise LusError(
            f"the file cannot be read ({error.strerror or type(error).__name__})",
            where=name,
            todo="correct its name, or the rights to read it",
        ) from None
    if len(content) > _MAX_BYTES:
        raise LusError(
            f"the file is larger than {_MAX_BYTES // 1024 // 1024} MB",
            where=name,
            todo="have the municipality send the workbook that it got, filled in",
        )
    return content
