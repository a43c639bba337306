"""The yearly follow-up as a workbook in Swedish."""

from collections.abc import Sequence

from lus_assets.core.swedish import capitalised, day_name, month_name
from lus_assets.publishing.workbook import About, Book, Column
from lus_assets.statistics.definitions import CARE_TYPE
from lus_assets.statistics.page_model import COUNTY, DISTRICT, MUNICIPALITY, Figure, Place
from lus_assets.statistics.sheets import NOT_APPLICABLE, SUPPRESSED, kind
from lus_assets.statistics.yearly.source import YearInput
from lus_assets.statistics.yearly.words import DEVIATIONS, SUMMARY, measure_words

WORKBOOK = "uppfoljning.xlsx"


def year_workbook(given: YearInput) -> bytes:
    """The workbook's bytes; equal input gives equal bytes."""
    title = f"Årlig uppföljning {given.year}: utskrivningsklara patienter"
    book = Book(
        About(
            title=title,
            subject="Uppföljning enligt överenskommelsens bilaga 1",
            author="Regionen",
            as_of=given.as_of,
            comments="",
            footer=f"{title}. Uppgifter till och med {day_name(given.as_of)}.",
        )
    )
    _read_me(book, given, title)
    _county(book, given)
    _development(book, given)
    _places(book, given, "Avsteg per kommun", (COUNTY, MUNICIPALITY), DEVIATIONS)
    _places(book, given, "Kommuner", (COUNTY, MUNICIPALITY), SUMMARY)
    if given.years.figures.places(given.years.month, DISTRICT):
        _places(book, given, "Stadsdelar", (DISTRICT,), SUMMARY)
    return book.content()


def _read_me(book: Book, given: YearInput, title: str) -> None:
    sheet = book.sheet("Om siffrorna")
    sheet.raw.set_column(0, 1, 52)
    row = sheet.title(title, f"Uppgifter till och med {day_name(given.as_of)}.")
    months = len(given.months_of_year)
    for note in (
        *(["Året eller uppföljningen av det är inte slut: preliminärt."] * given.is_preliminary),
        f"Summor av {months} månader, så som de är kända nu och skyddade var för sig. Genomsnitt "
        "och andelar är räknade på summorna, inte genomsnitt av genomsnitt.",
        f"{SUPPRESSED}  betyder att uppgiften inte visas: den är skyddad i minst en av årets "
        "månader, och årets summa skulle avslöja den.",
        "Avsteg: utskrivningar där ett villkor inte var uppfyllt, efter vem som kunde ha gjort "
        "annorlunda. En utskrivning kan höra till flera.",
    ):
        sheet.paragraph(row, note, columns=2, lines=2)
        row += 1
    sheet.print_setup(is_landscape=False)


def _county(book: Book, given: YearInput) -> None:
    sheet = book.sheet("Länet")
    words, page = measure_words(given), given.years
    heads = [
        Column("Mått", 58),
        *(
            Column(f"{each:%Y}, {care}", 18)
            for each in given.compared
            for care in CARE_TYPE.values()
        ),
    ]
    sheet.headings(heads, 0)
    for row, (measure, title) in enumerate(words.items(), start=1):
        sheet.write(row, 0, title)
        place = page.figures.county(page.month)
        column = 0
        for year in given.compared:
            for care_type in CARE_TYPE:
                column += 1
                figure = page.figures.of(year, place, measure, care_type)
                sheet.write(row, column, shown(figure), kind(measure))
    sheet.print_setup()


def _development(book: Book, given: YearInput) -> None:
    sheet = book.sheet("Utvecklingen")
    words, page = measure_words(given), given.months
    measures = [each for each in (*SUMMARY, *DEVIATIONS) if each in words]
    heads = [Column("Månad", 16), *(Column(words[each], 19, kind(each)) for each in measures)]
    rows: list[list[object]] = []
    for month in page.months:
        place = page.figures.county(month)
        figures = [page.figures.of(month, place, measure) for measure in measures]
        rows.append([capitalised(month_name(month)), *(shown(each) for each in figures)])
    sheet.table(heads, rows, frozen_columns=1)
    sheet.print_setup(pages_wide=2)


def _places(
    book: Book, given: YearInput, name: str, levels: Sequence[str], measures: Sequence[str]
) -> None:
    sheet = book.sheet(name)
    words, page = measure_words(given), given.years
    heads = [Column("Område", 30), *(Column(words[each], 19, kind(each)) for each in measures)]
    rows: list[list[object]] = [
        [place.name, *(shown(page.figures.of(page.month, place, each)) for each in measures)]
        for level in levels
        for place in _by_name(page.figures.places(page.month, level))
    ]
    sheet.table(heads, rows, frozen_columns=1)
    sheet.print_setup()


def _by_name(places: Sequence[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (not place.is_place, place.name))


def shown(figure: Figure) -> object:
    """A figure as a cell has it: exact, `..` where suppressed, `–` where there is none."""
    if figure.status == "suppressed":
        return SUPPRESSED
    return NOT_APPLICABLE if figure.value is None else figure.value.normalize()
