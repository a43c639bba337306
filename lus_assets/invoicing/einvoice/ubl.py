"""UBL documents as trees that cannot hold an empty element (PEPPOL-EN16931-R008), and their bytes.

What has no text and nothing below it is None, and a branch of nothing but None is None itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from typing import Any

import lxml.etree

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd:"
CAC, CBC = f"{NAMESPACE}CommonAggregateComponents-2", f"{NAMESPACE}CommonBasicComponents-2"
_PREFIXES = {"cac": CAC, "cbc": CBC}

etree: Any = lxml.etree  # lxml ships no types
_EXACT = Context(prec=38, traps=[Inexact])

# XML 1.0 has no place for these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Node:
    """An element: `cbc:ID` with a text, or `cac:Party` with elements below it."""

    name: str
    text: str | None
    children: tuple["Node", ...]
    attributes: Mapping[str, str]


def leaf(name: str, text: str, **attributes: str) -> Node | None:
    """An element with a text; None without one. Characters that XML cannot hold become U+FFFD."""
    written = _NOT_XML.sub("\ufffd", text).strip()
    return Node(name, written, (), attributes) if written else None


def branch(name: str, *children: Node | None) -> Node | None:
    """An element with those children that are something; None when none is."""
    kept = tuple(child for child in children if child is not None)
    return Node(name, None, kept, {}) if kept else None


def amount(name: str, sek: Decimal) -> Node | None:
    """An amount in SEK with two decimals (BR-DEC); one with more is never rounded here."""
    ore = sek.quantize(Decimal("0.01"), context=_EXACT)
    # nothing is never written as a negative nothing
    return leaf(name, f"{ore if ore else abs(ore):f}", currencyID="SEK")


def document(kind: str, *children: Node | None) -> bytes:
    """A whole document of a kind, `Invoice` or `CreditNote`, as UTF-8."""
    root = etree.Element(f"{{{NAMESPACE}{kind}-2}}{kind}", nsmap=_namespaces(kind))
    for child in children:
        if child is not None:
            _append(root, child)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _namespaces(kind: str) -> dict[str | None, str]:
    return {None: f"{NAMESPACE}{kind}-2", **_PREFIXES}


def _append(parent: Any, node: Node) -> None:
    prefix, name = node.name.split(":")
    made = etree.SubElement(parent, f"{{{_PREFIXES[prefix]}}}{name}", dict(node.attributes))
    made.text = node.text
    for child in node.children:
        _append(made, child)
