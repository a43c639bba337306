"""The page that senders read says what the code holds them to."""

from pathlib import Path

from lus_assets.ingest.codes import ANOMALY_TEXTS, REASON_TEXTS
from lus_assets.ingest.contract import FEEDS

PAGE = (Path(__file__).parents[3] / "docs" / "data-contract.md").read_text(encoding="utf-8")


def test_every_feed_has_a_table_of_its_columns_as_the_contract_has_them() -> None:
    for feed in FEEDS.values():
        section = PAGE.split(f"## `{feed.name}`")[1].split("\n## ")[0]
        rows = [line.split("|")[1].strip() for line in section.splitlines() if "| `" in line]
        assert rows == [f"`{name}`" for name in feed.column_names]
        for column in feed.columns:
            [row] = [line for line in section.splitlines() if line.startswith(f"| `{column.name}`")]
            assert column.description in row
            assert (row.split("|")[2].strip() == "yes") is column.required
            assert all(f"`{code}`" in row for code in column.codes)


def test_every_reason_and_report_is_there_with_what_to_do() -> None:
    for code, text in (REASON_TEXTS | ANOMALY_TEXTS).items():
        [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{code.value}`")]
        assert text.meaning in row
        assert text.todo in row
