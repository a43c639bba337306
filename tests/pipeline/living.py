"""A home that is lived in day by day: deliveries arrive, months are reviewed and invoiced.

The region is one of its own making, Blekinge (10), whose five municipalities pay by five models:
1060 and 1080 the days above a mean of 2.00 (psychiatric care: each patient's days), 1081 the same
above 3.00 with patients above 7 days cut out, 1082 each patient's days once the mean is above 2.00,
and 1083, party to no agreement, by the statute.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lus_assets.core.home import Home
from lus_assets.ingest.ingest import ingest_days
from lus_assets.ingest.source import LocalFolder
from lus_assets.invoicing.issuing.invoice_bases import issue_invoice_bases
from lus_assets.invoicing.issuing.issue import folder_of
from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.invoicing.issuing.review_bases import issue_review_bases
from lus_assets.ledger.ledger import Entry, Kind, Ledger
from lus_assets.privacy.keys import Pseudonymizer
from tests.golden.contract import FEED_COLUMNS, Row
from tests.pipeline.deliveries import write_rows
from tests.pipeline.marts import query, write_region
from tests.pipeline.quick_marts import ISSUED, quick_build

REGION = "10"
MEAN, PSYCHIATRIC, CUTOUT = "blekinge-mean", "blekinge-psychiatric", "blekinge-cutout"
GATE, STATUTE = "blekinge-gate", "se-statute-2018"
AGREEMENT_OF = {"1060": "mean", "1080": "mean", "1081": "cutout", "1082": "gate"}
_RULESET = "{},{},2020-01-01,,{},{},calendar,se-2018,12:00,{},{},,{},{},24,3,Test,assumption"
RULESETS = (
    "ruleset_id,agreement_id,care_type,valid_from,valid_to,billing_model,free_days,free_day_unit,"
    "holiday_calendar,cutoff_time,cutoff_comparator,mean_level,mean_decimals,"
    "individual_after_days,rate_source,admission_notice_hours,sip_call_days,source,status\n"
    + "".join(
        _RULESET.format(*values) + "\n"
        for values in (
            (MEAN, "mean,somatic", "mean_excess", 3, "at_or_after", "2.00", "", "national"),
            (PSYCHIATRIC, "mean,psychiatric", "individual", 5, "at_or_after", "", "", "national"),
            (CUTOUT, "cutout,any", "mean_excess_cutout", 3, "after", "3.00", "7", "south"),
            (GATE, "gate,any", "mean_gate", 3, "at_or_after", "2.00", "", "national"),
        )
    )
)
PARTIES = "agreement_id,region_code,municipality_code,valid_from,valid_to\n" + "".join(
    f"{agreement},{REGION},{code},2020-01-01,\n" for code, agreement in AGREEMENT_OF.items()
)
INVOICING = "ruleset_id,valid_from,valid_to,invoicing\n"
RATES = "rate_source,valid_from,valid_to,rate_sek,source,status\n"

Line = dict[str, Any]


class Life:
    """One home and its landing area, from a first day on. `today`: the last day that came."""

    def __init__(self, root: Path, first: date, own_rows: dict[str, str]) -> None:
        self.home = Home(root / "home")
        self.landing = root / "landing"
        self.today = first - timedelta(days=1)
        self._files = 0
        rows = {"ruleset.csv": RULESETS, "agreement_party.csv": PARTIES}
        write_region(self.home, REGION, rows | own_rows)

    @classmethod
    def of(cls, home: Home, landing: Path, today: date) -> "Life":
        """A home that has lived until today."""
        life = cls.__new__(cls)
        life.home, life.landing, life.today, life._files = home, landing, today, 0
        return life

    def decide(self, name: str, text: str) -> None:
        """The region changes one of its own tables."""
        (self.home.region / name).write_text(text, encoding="utf-8")

    def live_until(self, last: date, rows: Iterable[Row] = ()) -> None:
        """Every day from tomorrow to `last` comes, with its deliveries, and is ingested.

        rows: of these days; earlier ones than tomorrow come tomorrow.
        """
        by_day: dict[date, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
        tomorrow = self.today + timedelta(days=1)
        for row in rows:
            assert row.delivered <= last, f"{row} is delivered later"
            by_day[max(row.delivered, tomorrow)][row.feed].append(row.values)
        for number in range((last - self.today).days):
            day = tomorrow + timedelta(days=number)
            for feed, columns in FEED_COLUMNS.items():
                full = [dict.fromkeys(columns, "") | row for row in by_day[day][feed]]
                self._files += 1
                name = f"{self._files:05}.csv"
                write_rows(self.landing / feed / day.isoformat() / name, list(columns), full)
        source, pseudonymizer = LocalFolder(self.landing), Pseudonymizer.from_environment()
        ingest_days(self.home, source, pseudonymizer, first=tomorrow, last=last)
        self.today = last

    def know(self, as_of: date, *, tested: bool = False) -> None:
        """The marts as known at a day; tested: all of them, by every data test."""
        quick_build(self.home, as_of, () if tested else ISSUED, tested=tested)

    def review(
        self, month: date, as_of: date | None = None, reason: str | None = None
    ) -> IssueReport:
        """Build, and issue the month's review bases; with a reason, those that differ again."""
        as_of = as_of or self.today
        self.know(as_of)
        return issue_review_bases(self.home, month, as_of, reason)

    def invoice(self, month: date, as_of: date | None = None) -> IssueReport:
        """Build, and issue the month's invoice bases."""
        as_of = as_of or self.today
        self.know(as_of)
        return issue_invoice_bases(self.home, month, as_of)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the marts as they were built last."""
        with query(self.home) as answer:
            return answer(sql)

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        """The ledger, in order."""
        with Ledger.opened(self.home) as ledger:
            return ledger.entries(kind)

    def part(self, entry: Entry, name: str) -> list[Line]:
        """A table of an issue, with its municipality in every row."""
        with Ledger.opened(self.home) as ledger:
            rows = pq.read_table(pa.BufferReader(ledger.part(entry, name))).to_pylist()
        return [{"municipality_code": entry.municipality_code, **row} for row in rows]

    def announced(self, month: date) -> dict[str, list[Line]]:
        """Municipality -> corrections that its review base of the month announced."""
        found = {
            each.municipality_code: self.part(each, "corrections")
            for each in self.entries("review")
            if each.month == month
        }
        return {code: lines for code, lines in found.items() if lines}

    def lines(self) -> list[Line]:
        """Every line of the ledger's invoice bases."""
        return [line for each in self.entries("invoice") for line in self.part(each, "lines")]

    def sums(self) -> dict[str, Decimal]:
        """Municipality -> sum of its lines, SEK."""
        total: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines():
            total[line["municipality_code"]] += line["amount_sek"]
        return dict(total)

    def folders(self) -> dict[str, bytes]:
        """Every file of every issue's folder."""
        return {
            str(path.relative_to(self.home.published)): path.read_bytes()
            for entry in self.entries()
            for path in sorted(folder_of(self.home, entry).iterdir())
        }
