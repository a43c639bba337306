"""An invoice base's files: which there are, equal to the öre, and none names a person."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from lxml import etree

from lus_assets.invoicing.invoice_base.files import E_INVOICE, WORKBOOK, invoice_files
from lus_assets.invoicing.shared.document import InvoiceDocument
from tests.unit.invoicing.documents import (
    PSYCHIATRIC,
    SELLER,
    correction,
    good_documents,
    held,
    invoice,
    line,
    month_row,
)
from tests.unit.invoicing.einvoice.peppol.reading import TOTAL, number

PRECEDING = {"a" * 32: "LUS-000101"}


def files_of(document: InvoiceDocument) -> dict[str, bytes]:
    return {each.name: each.content for each in invoice_files(document)}


def whole() -> InvoiceDocument:
    """146 790 for March's mean, 42 000 for an episode, December corrected by -9 300: 179 490."""
    return invoice(
        line("13.98"),
        line("4", ruleset_id=PSYCHIATRIC, episode_id="E2"),
        *correction("5", "4"),
        preceding=PRECEDING,
        held_lines=[held("2"), held("-3", line_type="credit", held_by="later_issue")],
    )


def sheet(document: InvoiceDocument, name: str) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(files_of(document)[WORKBOOK]))
    return [list(row) for row in book[name].iter_rows(values_only=True)]


def labelled(document: InvoiceDocument) -> dict[str, list[Any]]:
    """The summary's rows by their label."""
    return {row[0]: row[1:] for row in sheet(document, "Sammanfattning") if row[0]}


def test_a_base_with_everything_known_has_all_its_files() -> None:
    assert sorted(files_of(whole())) == [
        *("e-invoice.xml", "fakturaunderlag.xlsx", "held.csv", "invoice.json"),
        *("lines.csv", "lines.parquet", "summary.csv"),
    ]


def test_files_count_their_rows() -> None:
    rows = {each.name: each.rows for each in invoice_files(whole())}
    assert rows["lines.csv"] == rows["lines.parquet"] == 4
    assert (rows["held.csv"], rows["summary.csv"], rows[E_INVOICE]) == (2, 1, None)


def test_without_a_recipient_the_base_is_there_and_says_what_the_draft_needs() -> None:
    document = replace(whole(), recipient=None)
    files = files_of(document)
    assert E_INVOICE not in files
    told = json.loads(files["invoice.json"])["e_invoice"]
    assert told["is_drafted"] is False
    assert told["missing"] == [
        "region/invoice_recipient.csv has no row for municipality 2080 on 2023-04-26"
    ]
    summary = labelled(document)
    assert summary["Till"][0] == "Ingen mottagare är angiven för Provstad"
    assert summary["E-faktura"][0].startswith("Inget utkast: uppgifter om mottagare")


def test_what_the_e_invoice_lacks_stands_in_the_workbook_in_swedish() -> None:
    def said(document: InvoiceDocument) -> list[str]:
        cells = [row[0] for row in sheet(document, "Sammanfattning")]
        title = "Vad e-fakturan saknar"
        return cells[cells.index(title) + 1 :] if title in cells else []

    document = whole()
    assert document.recipient is not None
    assert document.seller is not None
    without = replace(
        document,
        recipient=replace(document.recipient, city="", buyer_reference=""),
        seller=replace(document.seller, bankgiro="", organisation_number=""),
    )
    assert said(without) == [
        "Mottagarens ort",
        "Mottagarens referens eller beställningsnummer",
        "Avsändarens organisationsnummer",
        "Avsändarens bankgiro, plusgiro eller IBAN",
    ]
    assert said(document) == []
    assert said(replace(without, lines=without.lines.slice(0, 0))) == []


def test_without_lines_there_is_no_e_invoice_and_the_sheets_say_so() -> None:
    document = invoice()
    files = files_of(document)
    assert E_INVOICE not in files
    assert json.loads(files["invoice.json"])["e_invoice"] == {"is_drafted": False, "missing": []}
    assert labelled(document)["E-faktura"][0] == "Ingen: det finns inga rader att fakturera"
    assert sheet(document, "Rader")[1][0] == "Inga rader: inget att fakturera för månaden."
    assert sheet(document, "Rättelser")[1][0] == "Inga rättelser av tidigare månader."
    assert sheet(document, "Väntar")[1][0] == "Inga rader väntar."


def test_the_summary_leads_from_the_lines_to_what_is_paid() -> None:
    summary = labelled(whole())
    assert summary["Debiteras för mars 2023"][:2] == [2, 188790]
    assert summary["Tidigare månader: krediteras"][:2] == [1, -46500]
    assert summary["Tidigare månader: debiteras på nytt"][:2] == [1, 37200]
    assert summary["Moms 0 % (undantaget från moms, antagande)"][1] == 0
    assert summary["Att betala"][1] == 179490
    assert summary["Väntar, ingår inte ovan"][:2] == [2, -10500]
    assert summary["Betalning"][0] == "Senast 26\u00a0maj 2023 till bankgiro 991-2346"
    assert summary["Fakturanummer"][0] == "LUS-000123"
    assert summary["Till"][0] == (
        "Kommunalförbundet Omsorg i Provstad (222099-9995), referens LUS-2080"
    )
    month = summary["All slutenvård (dalarna-mean)"]
    assert month[:8] == [8, 6, 32, 5.3333, 3, 13.98, 10500, 146790]
    assert month[8:10] == ["Aktiv", "Antagande"]
    assert "Antagande: regelverk dalarna-mean." in summary
    assert "Antagande: momskategori E." in summary


@pytest.mark.parametrize(
    ("account", "said"),
    [
        ({"plusgiro": "9020033"}, "plusgiro 902003-3"),
        ({"iban": "SE3550000000054910000003"}, "IBAN SE3550000000054910000003"),
    ],
)
def test_another_account_is_named_as_it_is_written(account: dict[str, str], said: str) -> None:
    seller = replace(SELLER, bankgiro="", **account)
    summary = labelled(invoice(line("13.98"), seller=seller))
    assert summary["Betalning"][0].endswith(f" till {said}")


def test_a_credit_note_says_what_is_paid_back() -> None:
    summary = labelled(invoice(*correction("5", "4"), preceding=PRECEDING))
    assert summary["Att betala tillbaka"][1] == 9300
    assert summary["Betalning"][0] == "Inget att betala"
    assert "kreditfaktura" in summary["E-faktura"][0]


def test_with_vat_the_summary_adds_it() -> None:
    seller = replace(SELLER, vat_category="S", vat_percent=25)
    summary = labelled(invoice(line("13.98"), seller=seller))
    assert summary["Summa före moms"][1] == 146790
    assert summary["Moms 25 % (momspliktigt)"][1] == 36697.5
    assert summary["Att betala"][1] == 183487.5


def test_what_rests_on_no_assumption_says_that() -> None:
    settled = replace(SELLER, vat_category="E")
    sourced = line("1", ruleset_id=PSYCHIATRIC, episode_id="E1")
    summary = labelled(invoice(sourced, seller=settled))
    assert any(label.startswith("Beloppen vilar inte på några antaganden") for label in summary)


def test_lines_are_numbered_as_on_the_e_invoice_and_summed() -> None:
    rows = sheet(whole(), "Rader")
    assert [row[0] for row in rows[1:5]] == [1, 2, 3, 4]
    assert rows[1][1:9] == [
        *("Debitering", "mars 2023", "All slutenvård", "Hela månaden", "dalarna-mean"),
        *(13.98, 10500, 146790),
    ]
    assert rows[2][4] == "E2"
    assert rows[3][1:3] == ["Kreditering", "december 2022"]
    assert rows[3][6:10] == [-5, 9300, -46500, "LUS-000101"]
    assert (rows[5][1], rows[5][8]) == ("Summa", 179490)


def test_a_correction_shows_then_now_and_the_difference() -> None:
    rows = sheet(whole(), "Rättelser")
    assert rows[1] == [
        *("december 2022", "E1", "se-statute-2018", "LUS-000101"),
        *(5, -46500, 4, 37200, -9300),
    ]
    assert rows[2][0] == "Summa"
    assert rows[2][8] == -9300


def test_a_line_newly_charged_for_an_earlier_month_has_nothing_to_credit() -> None:
    _, debit = correction("5", "4")
    rows = sheet(invoice(debit | {"corrects_line_id": None}), "Rättelser")
    assert rows[1][3:] == [None, 0, 0, 4, 37200, 37200]


def test_a_line_that_waits_says_why() -> None:
    rows = sheet(whole(), "Väntar")
    assert rows[1][6:] == [
        21000,
        "1\u00a0öppen invändning. Raden kommer med när det är avgjort.",
        "D1",
    ]
    why = "Ett annat fakturaunderlag har redan tagit upp eller rättat raden."
    assert rows[2][6:8] == [-31500, why]
    three = sheet(invoice(held_lines=[held("2", open_disputes=3)]), "Väntar")
    assert three[1][7].startswith("3\u00a0öppna invändningar.")


def test_rules_are_shown_with_what_is_assumed() -> None:
    rows = {row[0]: row[1:3] for row in sheet(whole(), "Regler")}
    assert rows["Källa eller antagande"] == ["Antagande", "Enligt källa"]


def test_a_month_without_episodes_has_no_figures() -> None:
    assert "Inga utskrivna vårdtillfällen den här månaden." in labelled(invoice(months=[]))


def test_a_month_whose_price_is_not_known_has_no_amount() -> None:
    month = month_row(daily_rate_sek=None, amount_sek=None)
    assert labelled(invoice(months=[month]))["All slutenvård (dalarna-mean)"][6:8] == [None, None]


def test_json_has_amounts_as_text_and_everything_that_the_document_has() -> None:
    told = json.loads(files_of(whole())["invoice.json"], parse_float=pytest.fail)
    assert (told["number"], told["document_type"]) == ("LUS-000123", "invoice")
    assert (told["total_sek"], told["vat_sek"], told["payable_sek"]) == (
        *("179490.00", "0.00", "179490.00"),
    )
    assert (told["month"], told["as_of"], told["currency"]) == ("2023-03", "2023-04-26", "SEK")
    first = told["lines"][0]
    assert (first["quantity_days"], first["amount_sek"]) == ("13.9800", "146790.00")
    assert told["held"][0]["held_by"] == "dispute"
    assert told["vat"]["is_assumption"] is True
    assert told["assumptions"] == ["regelverk dalarna-mean", "momskategori E"]
    assert told["recipient"]["organisation_number"] == "2220999995"
    assert told["seller"]["name"] == "Region Provlandet"
    assert told["preceding"] == PRECEDING
    assert [each["status"] for each in told["rulesets"]] == ["assumption", "sourced"]
    assert told["months"][0]["mean_ready_days"] == "5.3333"
    assert told["code_version"] == "1"


@pytest.mark.parametrize("name", good_documents())
def test_every_file_has_the_same_sum(name: str) -> None:
    document = good_documents()[name]
    files = files_of(document)
    table = csv.DictReader(io.StringIO(files["lines.csv"].decode("utf-8")))
    total = sum(Decimal(row["amount_sek"]) for row in table)
    parquet = pq.read_table(io.BytesIO(files["lines.parquet"])).column("amount_sek").to_pylist()
    told = json.loads(files["invoice.json"])
    assert sum(parquet) == Decimal(told["total_sek"]) == total
    root = etree.fromstring(files[E_INVOICE])
    assert number(root, f"{TOTAL}/cbc:LineExtensionAmount") == abs(total)
    assert number(root, f"{TOTAL}/cbc:PayableAmount") == abs(Decimal(told["payable_sek"]))
    last = sheet(document, "Rader")[-1]
    assert Decimal(str(last[8])) == total


def test_equal_documents_are_equal_bytes() -> None:
    assert files_of(whole()) == files_of(whole())


def test_no_file_names_a_person_nor_has_a_column_for_one() -> None:
    files = files_of(whole())
    with zipfile.ZipFile(io.BytesIO(files.pop(WORKBOOK))) as archive:
        files |= {name: archive.read(name) for name in archive.namelist()}
    assert not [name for name, content in files.items() if b"person" in content.lower()]
