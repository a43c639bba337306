"""An onlooker of a life (living.py), who works out beside it what each issue must hold.

He reads the deliveries himself (tests/oracle) and asks no mart; of the ledger he reads what was
issued.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from lus_assets.invoicing.issuing.outcome import IssueReport
from lus_assets.ledger.ledger import Entry
from lus_assets.publishing.marts import marts_hash
from tests.conftest import KEY
from tests.oracle.feeds import Values
from tests.oracle.findings import Judged
from tests.oracle.rules import Rules
from tests.oracle.units import Unit, disputes_of, known_at, rests_on, units
from tests.pipeline.living import REGION, Life, Line

OBJECTIONS = timedelta(days=21)


@dataclass
class Lived:
    """A life, and what an onlooker wrote down.

    reviewed: (month, municipality) -> the review day, and the episodes as known then; dues: (what,
    month, day) of every issue; files: what every folder held when it was issued; own_rows: day ->
    the region's own tables then; hashes: day -> of the marts after that day's issues (watched).
    """

    life: Life
    is_watched: bool
    reviewed: dict[tuple[date, str], tuple[date, list[Judged]]] = field(default_factory=dict)
    dues: list[tuple[str, date, date]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    own_rows: dict[date, dict[str, str]] = field(default_factory=dict)
    hashes: dict[date, str] = field(default_factory=dict)

    @property
    def rules(self) -> Rules:
        """The rules with the region's own rows as they are now."""
        return Rules(REGION, self.life.home.region)

    def known(self, as_of: date) -> tuple[list[Judged], list[Values]]:
        return known_at(self.life.landing, as_of, self.rules, KEY.encode())

    def review(self, month: date) -> None:
        today = self.life.today
        self.life.review(month)
        episodes, _ = self.known(today)
        for entry in self.life.entries("review"):
            if entry.month == month:
                own = [
                    one
                    for one in episodes
                    if one.row["billing_month"] == month
                    and one.place.municipality == entry.municipality_code
                ]
                self.reviewed[month, entry.municipality_code] = (today, own)
        self._write_down("review", month)

    def invoice(self, month: date) -> None:
        before = {each.sequence for each in self.life.entries()}
        report = self.life.invoice(month)
        _only_expected_refusals(report)
        for entry in self.life.entries("invoice"):
            if entry.sequence not in before:
                self._check_base(entry)
        self._write_down("invoice", month)

    def _write_down(self, what: str, month: date) -> None:
        self.dues.append((what, month, self.life.today))
        after = self.life.folders()
        assert {name: after[name] for name in self.files} == self.files, "what is issued changed"
        self.files = after
        region = self.life.home.region
        self.own_rows[self.life.today] = {path.name: path.read_text() for path in region.iterdir()}
        if self.is_watched:
            self.life.know(self.life.today)
            self.hashes[self.life.today] = marts_hash(self.life.home.warehouse)

    def _check_base(self, entry: Entry) -> None:
        """The month's own lines are those of the frozen episodes; corrections were announced."""
        lines, held = self.life.part(entry, "lines"), self.life.part(entry, "held")
        reviewed_on, frozen = self.reviewed[entry.month, entry.municipality_code]
        disputes = self._as_reviewed(entry.municipality_code)
        due = {
            unit: days
            for unit, days in units(frozen, disputes, self.rules).items()
            if self.rules.invoicing(unit[2], unit[0]) == "active"
        }
        waits = {
            unit
            for unit in due
            if any(
                rests_on(unit, one) and _holds(disputes_of(one, disputes), reviewed_on)
                for one in frozen
            )
        }
        assert _charged(lines) == {unit: due[unit] for unit in due.keys() - waits}
        assert _charged(held).keys() >= waits
        announced = self.life.announced(entry.month).get(entry.municipality_code, [])
        came = [_about(line) for line in (*lines, *held) if line["line_type"] != "charge"]
        assert sorted(came, key=str) == sorted(map(_about, announced), key=str)

    def _as_reviewed(self, municipality: str) -> list[Values]:
        """Disputes as known now. One of a stay that joined an episode since the municipality's
        review bases is of the stays that they have of that episode."""
        episodes, disputes = self.known(self.life.today)
        had = {
            stay["stay_id"]
            for (_, code), (_, frozen) in self.reviewed.items()
            if code == municipality
            for one in frozen
            for stay in one.episode.stays
        }
        now = [{stay["stay_id"] for stay in one.episode.stays} for one in episodes]
        return [
            dispute | {"episode_id": named}
            for dispute in disputes
            for named in (
                [dispute["episode_id"]]
                if dispute["episode_id"] in had
                else [each for stays in now if dispute["episode_id"] in stays for each in stays]
            )
        ]


def _holds(disputes: list[Values], reviewed_on: date) -> bool:
    return any(
        dispute["status"] == "open" and dispute["raised_at"].date() <= reviewed_on + OBJECTIONS
        for dispute in disputes
    )


def _about(line: Line) -> tuple[object, ...]:
    names = ("line_type", "original_month", "corrects_line_id", "ruleset_id", "episode_id")
    return tuple(line[name] for name in (*names, "quantity_days", "unit_price_sek", "amount_sek"))


def unit_of(line: Line) -> Unit:
    """What an issued line is about."""
    return (
        *(line["original_month"], line["municipality_code"], line["ruleset_id"]),
        line["episode_id"],
    )


def _charged(lines: list[Line]) -> dict[Unit, dict[Decimal | None, Decimal]]:
    """The month's own lines by unit and price."""
    found: dict[Unit, dict[Decimal | None, Decimal]] = defaultdict(dict)
    for line in lines:
        if line["line_type"] == "charge":
            found[unit_of(line)][line["unit_price_sek"]] = line["quantity_days"]
    return dict(found)


def _only_expected_refusals(report: IssueReport) -> None:
    for each in report.outcomes:
        assert each.reason_code in (None, "SUSPENDED", "RATE_UNKNOWN", "CHANGED"), each.reason
