"""One thing has one name in everything that municipalities and managers read."""

import re
from pathlib import Path

import pytest

from lus_assets.warehouse.project import ROOT

# the word that definitions.py and the glossary have, and others that mean the same
OTHERS = {
    "faktureringsbar": r"debiter(ings)?bar|betalningsgrund|fakturerbar|ligga till grund för betal",
    "skrivs ut": r"går? hem|gick hem",
    "stadsdelsområde": r"stadsdelsnämndsområde",
    "folkbokföringskommun": r"bostadskommun|hemkommun",
    "utfärdas": r"fakturaunderlaget ställs ut",
    "inte": r"\bej\b",
}


def published_texts() -> list[Path]:
    """Where the words of pages and workbooks, and the seeds' Swedish columns, come from."""
    work, seeds = ROOT / "lus_assets", ROOT / "dbt_project" / "seeds"
    return [*work.rglob("*.py"), *work.rglob("*.j2"), *work.rglob("*.js"), *seeds.glob("*.csv")]


@pytest.mark.parametrize("word", OTHERS)
def test_no_published_text_has_another_word_for_it(word: str) -> None:
    files = published_texts()
    assert any(word in each.read_text(encoding="utf-8") for each in files)
    other = re.compile(OTHERS[word], re.IGNORECASE)
    assert not [each.name for each in files if other.search(each.read_text(encoding="utf-8"))]


def test_the_word_for_billable_stands_in_the_glossary() -> None:
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert "| billable | faktureringsbar |" in glossary
