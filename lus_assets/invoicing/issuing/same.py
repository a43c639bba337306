"""Is what would be issued what was issued already?"""

from collections.abc import Mapping

from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.issue import people_in
from lus_assets.privacy.arrow import Table
from lus_assets.privacy.vault import keys_of_today


def says_the_same(home: Home, issued: Mapping[str, Table], tables: Mapping[str, Table]) -> bool:
    """Do a base's tables have the rows that were issued?

    Values count, of the columns that both have: neither how columns are described, nor the library
    that wrote them, nor the key of the pseudonyms, makes other content.
    """
    people = people_in(issued)
    today = dict(zip(people, keys_of_today(home, people), strict=True))
    for name, table in tables.items():
        there = issued.get(name, table.schema.empty_table())
        both = [each for each in table.schema.names if each in there.schema.names]
        if _rows(there.select(both), today) != _rows(table.select(both), today):
            return False
    return True


def _rows(table: Table, today: Mapping[str, str]) -> list[str]:
    """Rows as text, in an order of their own, with pseudonyms of today."""
    rows = table.to_pylist()
    for row in rows:
        if "person_key" in row:
            row["person_key"] = today.get(row["person_key"], row["person_key"])
    return sorted(map(repr, rows))
