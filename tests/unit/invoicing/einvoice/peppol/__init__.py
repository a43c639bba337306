"""An independent checker of e-invoice drafts, by rule."""

from lxml import etree

from tests.unit.invoicing.einvoice.peppol import form, sums
from tests.unit.invoicing.einvoice.peppol.order import out_of_order
from tests.unit.invoicing.einvoice.peppol.reading import RULES

__all__ = ["RULES", "broken_rules", "form", "sums"]


def broken_rules(content: bytes) -> list[str]:
    """Names of the rules that a document breaks, and of elements that are out of order."""
    root = etree.fromstring(content)
    return [name for name, holds in RULES.items() if not holds(root)] + out_of_order(root)
