"""The official rules of Peppol, run on a draft where a path to them is given.

They are Schematron compiled to XSLT 2 (`PEPPOL-EN16931-UBL` and `CEN-EN16931-UBL`), which is not
shipped here, as little as the processor that runs them: Python package `saxonche`.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.etree

from lus_assets.core.errors import LusError

VARIABLE = "LUS_PEPPOL_SCHEMATRON"
"""Environment variable: a compiled Schematron, or a folder of them."""
_SUFFIXES = (".xsl", ".xslt")
_FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"
_TEXT = "{http://purl.oclc.org/dsdl/svrl}text"
etree: Any = lxml.etree  # lxml ships no types


@dataclass(frozen=True)
class Finding:
    """A rule that a document breaks. is_fatal: the network refuses the document."""

    rule: str
    is_fatal: bool
    text: str


def schematron_path() -> Path | None:
    """What `LUS_PEPPOL_SCHEMATRON` names; None when it is not set."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named) if named else None


class Schematron:
    """The rules at a path, a compiled Schematron or a folder of them, made ready once."""

    def __init__(self, path: Path) -> None:
        """Make the rules ready.

        Raises:
            LusError: there is no such Schematron, or the processor is not installed.
        """
        self._path = path
        sheets = _sheets(path)
        self._processor = _processor()
        try:
            self._rules = [_compiled(self._processor, sheet) for sheet in sheets]
        except Exception as error:
            raise self._refused("the Schematron cannot be read") from error

    def findings(self, document: bytes) -> list[Finding]:
        """The rules that a document breaks.

        Raises:
            LusError: the rules cannot be run on it.
        """
        try:
            source = self._processor.parse_xml(xml_text=document.decode("utf-8"))
            reports = [rules.transform_to_string(xdm_node=source) for rules in self._rules]
            trees = [etree.fromstring(report.encode("utf-8")) for report in reports]
        except Exception as error:
            raise self._refused("the Schematron cannot be run") from error
        return [_finding(failed) for tree in trees for failed in tree.iter(_FAILED)]

    def _refused(self, what: str) -> LusError:
        return LusError(what, where=str(self._path), todo="compile it to XSLT 2 anew")


def _sheets(path: Path) -> list[Path]:
    found = sorted(path.iterdir()) if path.is_dir() else [path] * path.is_file()
    sheets = [each for each in found if each.suffix.lower() in _SUFFIXES]
    if not sheets:
        raise LusError(
            "there is no Schematron compiled to XSLT (.xsl, .xslt)",
            where=str(path),
            todo=f"let {VARIABLE} name such a file, or a folder of them",
        )
    return sheets


def _processor() -> Any:
    try:
        from saxonche import PySaxonProcessor  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise LusError(
            "the official Schematron needs a processor for XSLT 2 that is not installed",
            where=VARIABLE,
            todo="install the Python package saxonche beside lus, or unset the variable",
        ) from None
    return PySaxonProcessor(license=False)


def _compiled(processor: Any, sheet: Path) -> Any:
    return processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(sheet))


def _finding(failed: Any) -> Finding:
    text = " ".join(failed.findtext(_TEXT, "").split())
    return Finding(failed.get("id", ""), failed.get("flag", "fatal") == "fatal", text)
