"""The border where invoice bases go out: what they promise, read back from disk.

Files are as the manifest says, and CSV and Parquet say the same. Every line stands once, prices are
positive and days too except in credits, an amount is days times price rounded half-up to öre, the
manifest's total is the lines' sum, and municipality and base are the folder's. No text holds a
person id, and nothing but hashes looks like a pseudonym.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from expectations.adapter import (
    BorderResult,
    Expectation,
    Frame,
    run_suite,
    together,
    vocabulary,
)
from expectations.published import files_hold, read_table
from lus_assets.core.home import Home
from lus_assets.invoicing.issuing.lines import LINE_SCHEMA
from lus_assets.privacy.person_id import holds_person_id

LINE_TYPES = ["charge", "credit", "debit"]

_HASHES = {"invoice_line_id", "content_hash"}
_ADDED = ["amount_ore", "expected_ore", "is_sign_right", "holds_person_id"]


def check_published_invoices(home: Home, month: date) -> BorderResult:
    """Check every invoice base of a month (`month`: any day of it); with none, nothing is promised.

    Raises:
        LusError: a base's manifest cannot be read.
    """
    return check_invoice_bases(
        sorted((home.published / "invoice" / f"{month:%Y-%m}").glob("[0-9]*"))
    )


def check_invoice_bases(folders: Sequence[Path]) -> BorderResult:
    """Check invoice bases: their folders `…/<YYYY-MM>/<municipality code>`.

    Raises:
        LusError: a folder is no release, or its manifest cannot be read.
    """
    import pandas as pd
    import pyarrow as pa

    intact = [each for folder in folders for each in files_hold(folder, ["lines"])]
    if not folders or not all(each.holds for each in intact):
        return together("published.invoice", intact)
    tables = [read_table(folder / "lines.parquet") for folder in folders]
    totals = [
        _totals(folder, table.to_pylist()) for folder, table in zip(folders, tables, strict=True)
    ]
    lines = _with_arithmetic(pa.concat_tables(tables).to_pylist())
    return together(
        "published.invoice",
        intact,
        run_suite("invoice lines", lines, line_promises()),
        run_suite("invoice totals", pd.DataFrame(totals), total_promises()),
    )


def line_promises() -> list[Expectation]:
    """What lines of invoice bases promise, with the columns that `check_invoice_bases` adds."""
    gxe = vocabulary()
    return [
        gxe.ExpectTableColumnsToMatchSet(
            column_set=[*LINE_SCHEMA.names, *_ADDED],
            exact_match=True,
            description="lines have the columns of fct_invoice_line, and no other",
        ),
        gxe.ExpectColumnValuesToBeUnique(
            column="invoice_line_id", description="a line stands once, in one base"
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="line_type", value_set=LINE_TYPES, description="line_type is of its closed list"
        ),
        gxe.ExpectColumnPairValuesToBeEqual(
            column_A="amount_ore",
            column_B="expected_ore",
            description="an amount is days times price, rounded half-up to öre once",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_sign_right",
            value_set=[True],
            description="prices are positive, days too except in credits",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="holds_person_id", value_set=[False], description="no text holds a person id"
        ),
        *(
            gxe.ExpectColumnValuesToNotMatchRegex(
                column=name,
                regex="^[0-9a-f]{64}$",
                description=f"{name} is no person's pseudonym",
            )
            for name in ("episode_id", "corrects_line_id", "invoice_base_id")
        ),
    ]


def total_promises() -> list[Expectation]:
    """What every invoice base promises as a whole."""
    gxe = vocabulary()
    pairs = {
        "lines_ore": ("manifest_ore", "the manifest's total is the sum of the lines"),
        "lines": ("manifest_lines", "the manifest counts the lines"),
        "strangers": ("nobody", "every line is of the folder's municipality and base"),
    }
    return [
        gxe.ExpectColumnPairValuesToBeEqual(column_A=one, column_B=other, description=text)
        for one, (other, text) in pairs.items()
    ]


def _with_arithmetic(lines: Sequence[dict[str, Any]]) -> Frame:
    import pandas as pd

    texts = [name for name in LINE_SCHEMA.names if name not in _HASHES]
    rows = [
        {
            **line,
            "amount_ore": _ore(line["amount_sek"]),
            "expected_ore": _ore(line["quantity_days"] * line["unit_price_sek"]),
            "is_sign_right": line["unit_price_sek"] > 0
            and (line["quantity_days"] < 0) == (line["line_type"] == "credit"),
            "holds_person_id": any(
                holds_person_id([line[name] for name in texts if isinstance(line[name], str)])
            ),
        }
        for line in lines
    ]
    return pd.DataFrame(rows, columns=[*LINE_SCHEMA.names, *_ADDED])


def _totals(folder: Path, lines: Sequence[dict[str, Any]]) -> dict[str, int]:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    own = (folder.name, f"{folder.parent.name}-{folder.name}")
    strangers = [
        line for line in lines if (line["municipality_code"], line["invoice_base_id"]) != own
    ]
    return {
        "lines_ore": sum(_ore(line["amount_sek"]) for line in lines),
        "manifest_ore": _ore(Decimal(manifest["total_sek"])),
        "lines": len(lines),
        "manifest_lines": manifest["lines"],
        "strangers": len(strangers),
        "nobody": 0,
    }


def _ore(amount: Decimal) -> int:
    """Whole öre of an amount in SEK, rounded half-up (away from zero, as SQL rounds)."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))
