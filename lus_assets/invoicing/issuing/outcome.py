"""What became of a month's bases, municipality by municipality."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from lus_assets.invoicing.issuing.refusal import Refusal

Status = Literal["issued", "unchanged", "refused"]


@dataclass(frozen=True)
class Outcome:
    """What became of one municipality's base.

    issued: by this call. unchanged: issued before. refused: nothing was issued, `refusals` says why
    (all reasons, the most lasting first). folder and, of an invoice base, total_sek (SEK) are of
    the base that is there, None when refused. notes: what a person should know, in words.
    """

    municipality_code: str
    status: Status
    refusals: tuple[Refusal, ...] = ()
    folder: Path | None = None
    total_sek: Decimal | None = None
    lines: int = 0
    held_lines: int = 0
    notes: tuple[str, ...] = ()

    @property
    def reason_code(self) -> str | None:
        """Code of the first refusal, None when not refused."""
        return self.refusals[0].reason_code if self.refusals else None

    @property
    def reason(self) -> str | None:
        """Every refusal's sentence, None when not refused."""
        return "; ".join(each.sentence for each in self.refusals) or None


@dataclass(frozen=True)
class IssueReport:
    """Outcomes of a month, by municipality code. month: its first day; folder: of all its bases."""

    month: date
    as_of: date
    folder: Path
    outcomes: tuple[Outcome, ...]

    def count(self, status: Status) -> int:
        """How many municipalities have this outcome."""
        return sum(each.status == status for each in self.outcomes)

    @property
    def total_sek(self) -> Decimal:
        """Sum of the bases that are there after the call, SEK."""
        return sum((each.total_sek or Decimal(0) for each in self.outcomes), Decimal("0.00"))
