"""Person ids in every writing, wherever a sender may put them, go through everything; then all
that was written outside the vault and their own municipality's review base is searched."""

import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lus_assets.core.home import Home
from lus_assets.invoicing.review_base.objection_sheet import SHEET
from lus_assets.privacy.person_id import masked
from tests.conftest import KEY
from tests.golden.contract import FEED_COLUMNS
from tests.pipeline import canary
from tests.pipeline.canary import BOTKYRKA, HUDDINGE, OWN, PEOPLE, writings
from tests.pipeline.command import Said, lus_here
from tests.pipeline.deliveries import write_rows
from tests.pipeline.leaks import cores, files_below, search

pytestmark = pytest.mark.slow
RECEIVED = date(2024, 4, 15)
RUN = ("--month", "2024-03", "--through", "invoice", "--as-of")
STEPS = {
    "lus_assets.ingest.assets.ingest_days": "ingest",
    "lus_assets.ingest.batch.vault.write": "vault",
    "lus_assets.warehouse.build.prepare": "prepare",
    "lus_assets.warehouse.build.build": "dbt",
    "lus_assets.publishing.assets.publish_snapshot": "snapshot",
    "lus_assets.invoicing.assets.month_statuses": "calendar",
    "lus_assets.statistics.assets.publish_statistics": "statistics",
    "lus_assets.invoicing.assets.issue_invoice_bases": "invoice",
    "orchestration.checks.count_findings": "check",
    "expectations.delivered.check_delivered": "border",
    "orchestration.commands.complete": "command",
}
"""Where a step is made to fail with a person's id in the error's text."""


@dataclass
class Gone:
    """A home through which everything went. said: what each command said; failed: of the faults."""

    root: Path
    said: list[Said] = field(default_factory=list)
    failed: dict[str, Said] = field(default_factory=dict)

    @property
    def home(self) -> Home:
        return Home(self.root / "home")

    def lus(self, *arguments: object) -> Said:
        self.said.append(lus_here(*arguments, "--home", self.home.root))
        return self.said[-1]

    def run(self, as_of: str = "2024-04-26") -> Said:
        return self.lus("run", "--landing", self.root / "landing", *RUN, as_of)


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gone]:
    gone = Gone(tmp_path_factory.mktemp("canary"))
    (gone.root / "tmp").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LUS_PSEUDONYM_KEY", KEY)
        patch.setattr(tempfile, "tempdir", str(gone.root / "tmp"))
        canary.deliver(gone.root / "landing")
        canary.region(gone.home)
        assert gone.run("2024-04-10").status == 3, "it is not yet time: review bases only"
        send_back(gone)
        assert gone.run().status == 0, gone.said[-1].err
        look_at(gone)
        for number, (target, step) in enumerate(STEPS.items()):
            gone.failed[step] = failing(gone, target, writings(PEOPLE[number % len(PEOPLE)]))
        assert gone.run().status == 0, gone.said[-1].err
    yield gone


def send_back(gone: Gone) -> None:
    """The municipality's workbook and CSV, with person ids in comments, dates, contacts."""
    (path,) = gone.home.published.glob(f"review/2024-03/v1/{HUDDINGE}/*.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book[SHEET]
    forms = [form for each in PEOPLE for form in writings(each)]
    for row, form in enumerate(forms[:40], start=5):
        sheet[f"F{row}"] = "Datum eller antal dagar stämmer inte" if row % 5 else form
        sheet[f"G{row}"] = f"Se {form}, hemma sedan den 4"
        sheet[f"H{row}"] = form if row % 7 == 0 else None
        sheet[f"I{row}"] = f"Anna {form}"
    saved = io.BytesIO()
    book.save(saved)
    name = PEOPLE[0]
    (gone.root / f"{name}.xlsx").write_bytes(saved.getvalue())
    (gone.root / "xml.xlsx").write_bytes(saved.getvalue()[:-30] + name.encode())
    stamp = "2024-04-12T08:00:00"
    row = {"municipality_code": HUDDINGE, "billing_month": "2024-03", "status": "open"}
    row |= {"raised_at": stamp, "updated_at": stamp}
    rows = [
        row | {"dispute_id": f"d{number}", "episode_id": f"S{number}", "ground": form}
        for number, form in enumerate(forms)
    ]
    rows += [row | {"dispute_id": form, "episode_id": form, "ground": "g"} for form in forms]
    write_rows(gone.root / "back.csv", list(FEED_COLUMNS["disputes"]), rows)
    received = ("--received", RECEIVED)
    for back in (f"{name}.xlsx", "xml.xlsx", "back.csv"):
        gone.lus("disputes", "import", gone.root / back, *received)
    gone.lus("disputes", "decide", forms[0], "--status", "upheld", "--on", RECEIVED)


def look_at(gone: Gone) -> None:
    """Every command that shows something, asked for persons too."""
    form = writings(PEOPLE[1])[3]
    landing = ("--landing", gone.root / "landing")
    gone.lus("disputes", "list")
    for record in ("S1", form):
        gone.lus("explain", record)
    gone.lus("restatement", "--month", "2024-03", "--out", gone.root / "restated.csv")
    gone.lus("months")
    gone.lus("ledger", "verify")
    gone.lus("ledger", "show")
    gone.lus("acknowledge-gap", "stays", "2024-03-09", "--reason", f"{form} was away")
    path = f"stays/2024-03-08/{PEOPLE[1]}.csv"
    (gone.root / "landing" / path).write_text(",".join(FEED_COLUMNS["stays"]) + "\n\n")
    for command in ("accept-correction", "replay"):
        for reason in ("sender mended it", f"because of {form}"):
            gone.lus(command, path, *landing, "--reason", reason, "--counts-from", "2024-04-01")
    again = ("--month", "2024-03", "--as-of", "2024-04-20", "--reason", form)
    gone.lus("review-again", *landing, *again)
    settings = gone.home.region / "settings.toml"
    whole = settings.read_text()
    settings.write_text(f'{whole}[seller]\ncontact_name = "Anna {form}"\n')
    assert gone.run().status == 1
    settings.write_text(whole)
    rates = gone.home.region / "daily_rate.csv"
    rates.write_text(f"rate_source,valid_from,rate_sek,source\nnational,2025-01-01,1,{form}\n")
    assert gone.run().status == 1
    rates.unlink()
    gone.lus("backup", gone.root / "backup.tar")


def failing(gone: Gone, target: str, forms: list[str]) -> Said:
    """A run in which a step fails; its error quotes what it read."""

    def fail(*_: Any, **__: Any) -> Any:
        raise ValueError(f"could not convert {forms} to date")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, fail)
        again = gone.root / "landing" / "persons" / "2024-03-09"
        row = {"person_id": f"R{len(gone.said)}", "valid_from": "2024-03-01"}
        rows = [dict.fromkeys(FEED_COLUMNS["persons"], "") | row]
        write_rows(again / f"{len(gone.said)}.csv", list(FEED_COLUMNS["persons"]), rows)
        return gone.run()


PROMISE = pytest.mark.promise(
    "No person id leaves the vault, but to the person's own municipality",
    area="Privacy",
    how="ids of test persons in 19 writings, as ids and in wrong columns, unit names, file, folder,"
    " column and JSON names, Parquet metadata, returned workbooks and reasons, go through every"
    " command, then with every step failing; all files are searched unpacked, in any writing",
)


@PROMISE
def test_nothing_that_was_written_tells_of_a_person(gone: Gone, figures: dict[str, Any]) -> None:
    places = {
        name: content
        for name, content in files_below(gone.root).items()
        if name.startswith(("home/", "tmp/", "restated.csv"))
        and not name.startswith(("home/vault/", "home/region/"))
        and f"/{HUDDINGE}/" not in name
    }
    places |= {f"said {n}": (each.out + each.err).encode() for n, each in enumerate(gone.said)}
    found = search(places, cores(PEOPLE))
    assert found.leaks == []
    others = {name: each for name, each in places.items() if f"/{BOTKYRKA}/" not in name}
    assert search(others, cores([OWN])).leaks == []
    figures["files searched"] = found.files
    figures["MB"] = found.size_bytes // 1_000_000
    figures["steps failing"] = len(gone.failed)


@PROMISE
def test_a_municipality_s_package_holds_its_own_people(gone: Gone) -> None:
    """The search finds what is there: otherwise its silence would mean nothing."""
    everything = files_below(gone.home.published / "review")
    theirs = {name: each for name, each in everything.items() if f"/{HUDDINGE}/" in name}
    found = {core for _, core in search(theirs, cores([*PEOPLE, OWN])).leaks}
    assert found == {core.decode() for core in cores(PEOPLE)}
    other = {name: each for name, each in everything.items() if f"/{BOTKYRKA}/" in name}
    assert {core for _, core in search(other, cores([*PEOPLE, OWN])).leaks} == {OWN[-10:-1]}


def test_every_step_that_was_made_to_fail_did(gone: Gone) -> None:
    for step, said in gone.failed.items():
        is_told = said.status != 0 or "checks that did not pass" in said.out
        assert is_told, step
        assert "ValueError" in said.err or step in ("check", "border"), (step, said.err)


@pytest.mark.parametrize("form", [form for each in PEOPLE for form in writings(each)])
def test_every_writing_is_seen(form: str) -> None:
    assert masked(f"Avd {form.strip()} B") != f"Avd {form.strip()} B"
