"""A review base as files: the workbook that a municipality works in, and the same rows as CSV.

CSV has the marts' English names; the workbook speaks Swedish. Neither holds a pseudonym.
"""

from lus_assets.invoicing.review_base.document import ReviewDocument
from lus_assets.invoicing.review_base.objection_sheet import add_objections
from lus_assets.invoicing.review_base.sheets import add_corrections, add_episodes, add_findings
from lus_assets.invoicing.review_base.summary import add_summary
from lus_assets.invoicing.shared.rules_sheet import add_rules
from lus_assets.privacy.arrow import Table
from lus_assets.publishing.formats import csv_bytes
from lus_assets.publishing.release import DataFile
from lus_assets.publishing.workbook import About, Book

WORKBOOK = "granskningsunderlag.xlsx"

__all__ = ["WORKBOOK", "ReviewDocument", "review_files"]


def review_files(document: ReviewDocument) -> list[DataFile]:
    """The files of one municipality's review base; equal documents give equal bytes."""
    tables = {
        "summary.csv": (document.months, ["care_type", "billing_month", "ruleset_id"]),
        "episodes.csv": (_with_persons(document.episodes), ["discharged_at", "episode_id"]),
        "findings.csv": (document.findings, ["episode_id", "finding_code"]),
        "rules.csv": (document.rulesets, ["ruleset_id"]),
        "corrections.csv": (
            document.corrections,
            ["original_month", "ruleset_id", "episode_id", "line_type"],
        ),
        "changes.csv": (_with_persons(document.changed), ["original_month", "episode_id"]),
    }
    files = [
        DataFile(name, csv_bytes(_ordered(table, keys)), table.num_rows)
        for name, (table, keys) in tables.items()
    ]
    return [DataFile(WORKBOOK, review_workbook(document)), *files]


def review_workbook(document: ReviewDocument) -> bytes:
    """The workbook alone: summary, episodes, findings, corrections, rules, objections."""
    book = Book(
        About(
            title=document.title,
            subject="Utskrivningsklara patienter, lag (2017:612)",
            author="Regionen",
            as_of=document.as_of,
            comments=f"Version {document.version}. Programversion {document.code_version}.",
            footer=f"{document.title}, version {document.version}. Innehåller personuppgifter.",
        )
    )
    for add in (add_summary, add_episodes, add_findings, add_corrections):
        add(book, document)
    add_rules(book, document.ruleset_rows)
    add_objections(book, document)
    return book.content()


def _with_persons(episodes: Table) -> Table:
    """The pseudonym gives way to the person id, in its place."""
    names = [name for name in episodes.column_names if name != "person_id"]
    return episodes.select(["person_id" if name == "person_key" else name for name in names])


def _ordered(table: Table, keys: list[str]) -> Table:
    return table.sort_by([(key, "ascending") for key in keys])
