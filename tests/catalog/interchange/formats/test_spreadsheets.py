"""CSV as spreadsheets write it, and our own dumps through them.

Each spreadsheet is a small writer that does to a table what the program does between opening a CSV
file and saving it again: it converts what looks like a number, a day or a truth value, and writes
that in the way of its locale, with its own separator, quotes, line ends and encoding.
"""

import csv
import datetime
import io
import re
from dataclasses import dataclass

import pytest
from msgspec import UNSET

from catalog.interchange import document, formats
from catalog.interchange.document import Refused
from catalog.interchange.dumping import dump
from catalog.interchange.formats.csv import CSV_COLUMNS
from catalog.loading.loader import load
from catalog.loading.report import Tally
from catalog.models import Issue
from readingroom.quickstart import BUNDLED_CATALOG


@dataclass(frozen=True)
class Spreadsheet:
    separator: str = ","
    day: str = "{0.year:04}-{0.month:02}-{0.day:02}"
    line_end: str = "\r\n"
    encoding: str = "utf-8"
    decimal: str = "."
    quotes_all: bool = False
    keeps_quote: bool = True
    drops_empty_ends: bool = False

    def __call__(self, text: str) -> bytes:
        """Return what the program saves of a CSV text that it has opened."""
        rows = [
            [self.shown(cell) for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), strict=True)
        ]
        stream = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.quotes_all else csv.QUOTE_MINIMAL
        writer = csv.writer(
            stream, delimiter=self.separator, lineterminator=self.line_end, quoting=quoting
        )
        for number, row in enumerate(rows):
            # Excel looks at sixteen rows at a time, and leaves out what is empty in all of them.
            while self.drops_empty_ends and number > 0 and row[-1] == "":
                row.pop()
            writer.writerow(row)
        return stream.getvalue().encode(self.encoding)

    def shown(self, cell: str) -> str:
        """Return what the program makes of a cell."""
        if cell.startswith("'"):
            return cell if self.keeps_quote else cell[1:]
        if re.fullmatch(r"[=+\-@].*", cell):
            return "#NAME?"
        if cell.casefold() in {"true", "false"}:
            return cell.upper()
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
            return self.day.format(datetime.date.fromisoformat(cell))
        if re.fullmatch(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", cell, re.IGNORECASE):
            return self.number(float(cell))
        if re.fullmatch(r"[0-9,]+%?|[0-9]{1,2}[/:][0-9]{1,2}|[A-Z][a-z]{2} [0-9]{4}", cell):
            return "36161"
        return cell

    def number(self, value: float) -> str:
        if value >= 1e11:
            return f"{value:.5E}"
        return f"{value:.10g}".replace(".", self.decimal)


SPREADSHEETS = {
    "Excel, United States": Spreadsheet(
        day="{0.month}/{0.day}/{0.year}", encoding="utf-8-sig", drops_empty_ends=True
    ),
    "Excel, Britain": Spreadsheet(day="{0.day:02}/{0.month:02}/{0.year}", encoding="utf-8-sig"),
    "Excel, Germany": Spreadsheet(
        separator=";", day="{0.day:02}.{0.month:02}.{0.year}", encoding="utf-8-sig", decimal=","
    ),
    "Excel, Netherlands": Spreadsheet(
        separator=";", day="{0.day}-{0.month}-{0.year}", encoding="utf-8-sig", decimal=","
    ),
    "Excel, Japan": Spreadsheet(day="{0.year}/{0.month}/{0.day}", encoding="utf-8-sig"),
    "Excel, Unicode text": Spreadsheet(
        separator="\t", day="{0.month}/{0.day}/{0.year}", encoding="utf-16"
    ),
    "LibreOffice": Spreadsheet(line_end="\n", quotes_all=True),
    "LibreOffice, Germany": Spreadsheet(
        line_end="\n", separator=";", day="{0.day}. {0:%b} {0.year}", decimal=","
    ),
    "Numbers": Spreadsheet(day="{0:%b} {0.day}, {0.year}", line_end="\n"),
    "Google Sheets": Spreadsheet(keeps_quote=False),
}
# Of these a spreadsheet makes something else, or a separator, a quote or an apostrophe is in them.
TITLES = [
    "=SUM(A1)", "-5 degrees", "+1", "@home", "'=quoted", "'68", "''twice", "1984", "007", "3.10",
    "1e5", "true", "TRUE", "False", "May 2024", "Nov 24, 2023", "2023-11-24", "1/2", "10:30", "12%",
    "1,234", "123456789012", "(5)", "$5", "5 €", "With, comma; and \"quotes\"", "Tabs | bars \\",
    "Décembre", "Decoupling", "Mayor", "GPT-4", "“Q*”", "潮汐", "🌊",
]  # fmt: skip
TAGS = [["2024"], ["3.10"], ["true"], ["=x", "a|b"], ["'90s", "c\\d"], []]


def a_catalog(titles):
    """A catalog of whatever spreadsheets spoil."""
    issues = [
        document.IssueEntry(
            title=title,
            date=datetime.date(2023, 1, 1) + datetime.timedelta(days=11 * number),
            tier=[4, None, 5][number % 3],
            url=f"https://example.org/{number}" if number % 4 else None,
            words=[None, 900, 12_345][number % 3],
            tags=TAGS[number % len(TAGS)],
            summary=["", "On tides; and moons, too.", "-", "1.50"][number % 4],
        )
        for number, title in enumerate(titles)
    ]
    return document.Document(publications=[document.PublicationEntry(
        name="1.10", category="=Science", author="True",
        clusters=[document.ClusterEntry(title="2/3", issues=issues[:20])], issues=issues[20:],
    )])  # fmt: skip


def row(**cells):
    given = {
        "publication": "Shoreline", "category": "Science", "author": "The Editors",
        "title": "Tides", "date": "2024-05-01",
    } | cells  # fmt: skip
    return [str(given.get(name, "")) for name in (*CSV_COLUMNS, *(given.keys() - set(CSV_COLUMNS)))]


def a_table(*rows, separator=",", before=""):
    header = [*CSV_COLUMNS, *sorted({name for each in rows for name in each} - set(CSV_COLUMNS))]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=separator)
    writer.writerow(header)
    writer.writerows(row(**each) for each in rows)
    return (before + stream.getvalue()).encode()


def issues_of(data):
    found, warnings = formats.read(data)
    return [issue for _, _, issue in found.publications[0].placed_issues()], [
        f"{each.where}: {each.message}" for each in warnings
    ]


def faults(data):
    with pytest.raises(Refused) as refusal:
        formats.read(data)
    return [f"{each.where}: {each.message}" for each in refusal.value.problems]


@pytest.mark.parametrize("name", SPREADSHEETS)
@pytest.mark.django_db
def test_a_dump_through_a_spreadsheet_comes_back_whole(name):
    # A spreadsheet that takes the quote for its own mark takes one of two that are the text's.
    titles = [
        each for each in TITLES if name != "Google Sheets" or each not in {"'=quoted", "''twice"}
    ]
    load(a_catalog(titles), source="a")
    before = list(Issue.objects.order_by("id").values())
    text, _ = formats.write(dump(), "csv")

    saved, _ = formats.read(SPREADSHEETS[name](text))
    report = load(saved, source="saved.csv")

    assert not report.news
    assert report.issues == Tally(unchanged=len(titles))
    assert report.clusters == report.publications == Tally(unchanged=1)
    after = Issue.objects.order_by("id").values()
    assert [each | {"loaded": None} for each in after] == [
        each | {"loaded": None} for each in before
    ]


@pytest.mark.parametrize("name", ["Excel, United States", "Excel, Germany"])
@pytest.mark.django_db
def test_the_bundled_catalog_through_a_spreadsheet_comes_back_whole(name):
    bundled, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    load(bundled, source="bundled")
    text, _ = formats.write(dump(), "csv")

    saved, _ = formats.read(SPREADSHEETS[name](text))
    report = load(saved, source="saved.csv")

    assert not report.news
    assert report.issues == Tally(unchanged=286)


def test_the_simulated_spreadsheets_do_spoil_what_is_not_guarded():
    spoiled = {cell for cell in TITLES if SPREADSHEETS["Excel, Germany"].shown(cell) != cell}

    assert len(spoiled) >= 15


@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("has_line", [True, False])
def test_separators_and_encodings_are_found(separator, encoding, has_line):
    before = f"sep={separator}\r\n" if has_line else ""
    text = a_table({"title": "One, two"}, separator=separator, before=before).decode()

    issues, warnings = issues_of(text.encode(encoding))

    assert [issue.title for issue in issues] == ["One, two"]
    assert not warnings


@pytest.mark.parametrize(
    "date",
    [
        "2024-01-05", "2024/01/05", "2024-1-5", "2024/1/5", "2024.01.05", "05.01.2024", "5.1.2024",
        "5 Jan 2024", "05-Jan-2024", "5 January 2024", "5. Jan 2024", "5th Jan, 2024",
        "Jan 5, 2024", "January 5 2024", "Jan. 5th, 2024", "Fri, 05 Jan 2024 00:00:00 GMT",
        "2024-01-05T00:00:00Z", "2024-01-05 00:00", "2024-01-05T00:00:00.000+00:00",
        "1/5/2024 12:00:00 AM",
    ],
)  # fmt: skip
def test_a_date_that_is_read_in_one_way_is_read(date):
    others = [{"date": "1/24/2024"}] if date.startswith("1/5") else []

    issues, _ = issues_of(a_table({"date": date, "summary": "This."}, *others))

    assert issues[0].date == datetime.date(2024, 1, 5)


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (["1/5/2024", "11/24/2023"], ["2024-01-05", "2023-11-24"]),
        (["24/11/2023", "1/5/2024"], ["2023-11-24", "2024-05-01"]),
        (["1-5-2024", "24-11-2023"], ["2024-05-01", "2023-11-24"]),
        (["3/3/2024", "4/4/2024"], ["2024-03-03", "2024-04-04"]),
    ],
)
def test_the_order_of_day_and_month_is_told_by_the_whole_column(dates, days):
    rows = [{"date": date, "title": f"Issue {at}"} for at, date in enumerate(dates)]

    issues, _ = issues_of(a_table(*rows))

    assert [issue.date.isoformat() for issue in issues] == days


def test_of_a_timestamp_the_day_is_taken_and_that_is_told_once():
    rows = [{"date": f"2024-01-05T23:{at}:07.123Z", "title": f"Issue {at}"} for at in range(10, 50)]

    issues, warnings = issues_of(a_table(*rows))

    assert {issue.date for issue in issues} == {datetime.date(2024, 1, 5)}
    assert warnings == [
        "row 2: date: a time of day found, as “2024-01-05T23:10:07.123Z”, here and in 39 other "
        "issues; the day is taken as it is written"
    ]


def test_a_fault_that_many_rows_share_is_told_once():
    rows = [{"date": "1990", "title": f"Issue {at}"} for at in range(200)]

    assert faults(a_table(*rows)) == [
        "row 2: date: only a year found, as “1990”, here and in 199 other issues; a full day is "
        "needed, as “2023-11-24”"
    ]


@pytest.mark.parametrize("date", [" " * 100_000 + "1", "1:00 " * 20_000, "x" * 100_000])
def test_a_very_long_date_is_refused_without_being_repeated(date):
    (told,) = faults(a_table({"date": f"x{date}"}))

    assert "found, expected a day as “2023-11-24”" in told
    assert len(told) < 200


@pytest.mark.parametrize(
    ("tier", "read"), [("4", 4), ("4.0", 4), ("4,0", 4), ("", None), ("0", None), ("0.0", None)]
)
def test_tiers_as_programs_write_them(tier, read):
    issues, warnings = issues_of(a_table({"tier": tier}))

    assert issues[0].tier == read
    assert bool(warnings) == tier.startswith("0")


def test_a_tier_with_three_decimals_is_refused():
    assert faults(a_table({"tier": "5.000"})) == [
        "row 2: tier: “5.000” found, expected a whole number from 1 to 5"
    ]


@pytest.mark.parametrize(
    ("title", "read"),
    [("'68 May", "'68 May"), ("'05", "'05"), ("'=1+1", "=1+1"), ("''05", "'05"), ("'-1", "-1")],
)
def test_another_programs_file_keeps_the_apostrophe_of_a_title(title, read):
    assert issues_of(a_table({"title": title, "rating": "good"}))[0][0].title == read


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("1234", 1234), ("1,234", 1234), ("1.234", 1234), ("1 234", 1234), ("1\u202f234", 1234),
        ("1'234", 1234), ("1,234,567", 1234567), ("900.0", 900), ("0", 0), ("", None),
        ("1,000", 1000), ("12.000", 12000), ("2 000", 2000), ("1,000,000", 1000000),
        ("900,00", 900),
    ],
)  # fmt: skip
def test_word_counts_as_programs_write_them(words, read):
    assert issues_of(a_table({"words": words}))[0][0].words == read


@pytest.mark.parametrize("words", ["1,23", "1.5", "12,34", "1,234.567", "1200.000", "-5", "1e3"])
def test_a_number_that_is_no_count_is_refused(words):
    told = faults(a_table({"words": words}))

    assert told == [f"row 2: words: “{words}” found, expected a whole number"]


def test_columns_that_are_not_ours_are_passed_over_by_name():
    issues, warnings = issues_of(a_table({"notes": "Mine.", "summery": "On tides."}))

    assert len(issues) == 1
    assert warnings == [
        "row 1: column “notes” is not known and was passed over",
        "row 1: column “summery” is not known and was passed over",
    ]


def test_a_misspelt_column_is_named_with_the_one_that_it_is_like():
    text = (
        "publication,category,author,title,date,summery,\nShoreline,Science,A,Tides,2024-05-01,B,\n"
    )

    issues, warnings = issues_of(text.encode())

    assert issues[0].summary is UNSET
    assert warnings == [
        "row 1: column “summery” is not known and was passed over; if it is “summary”, rename it"
    ]


def test_a_column_without_a_name_is_told_where_it_holds_something():
    text = "publication,category,author,title,date,\nShoreline,Science,A,Tides,2024-05-01,B\n"

    assert issues_of(text.encode())[1] == ["row 2: column 6 has no name and was passed over"]


def test_cells_missing_at_the_end_of_a_row_are_empty_and_told_once():
    data = a_table({"summary": "On tides."}, {"title": "Waves"}, {"title": "Ebb"})
    data = data.replace(b",,,,,\r\n", b"\r\n")

    with pytest.raises(Refused):
        formats.read(data.rstrip(b"\r\n"))
    _, warnings = issues_of(data)

    assert len(warnings) == 1
    assert "fewer than 11 cells found in 2 rows" in warnings[0]


@pytest.mark.parametrize("name", ["json", "csv", "page"])
def test_html_in_texts_is_kept_and_told_once(name):
    card = {"tier": 4, "tags": ["moon"], "summary": "Tides &amp; moons.", "date": datetime.date.max}
    issues = [document.IssueEntry(title=f"Moon&#821{at};s", **card) for at in range(7, 10)]
    clusters = [document.ClusterEntry(title="The sea", blurb="On <em>tides</em>.", issues=issues)]
    made = document.PublicationEntry(
        name="Shoreline", category="Science", author="A", section="Room", clusters=clusters
    )
    text, _ = formats.write(document.Document(publications=[made]), name)

    issues, warnings = issues_of(text.encode())

    assert issues[0].title == "Moon&#8217;s"
    texts = 5 if name == "csv" else 6
    assert len(warnings) == 1
    assert f"here and in {texts} other texts; it is shown as it is written" in warnings[0]


def test_fields_of_json_that_are_not_ours_are_passed_over_by_name():
    text = (
        '{"format": "readingroom.catalog/1", "publications": [{"name": "S", "category": "C", '
        '"author": "A", "issues": [{"title": "Tides", "date": "2024-05-01", "rating": 5, '
        '"sumary": ""}, {"title": "Ebb", "date": "2024-05-01T10:00:00Z", "rating": 5}]}]}'
    )

    issues, warnings = issues_of(text.encode())

    assert [issue.date for issue in issues] == [datetime.date(2024, 5, 1)] * 2
    assert warnings == [
        "publications[0].issues[0]: field “rating” is not known and was passed over, here and 1 "
        "times more",
        "publications[0].issues[0]: field “sumary” is not known and was passed over; if it is "
        "“summary”, rename it",
        "publications[0].issues[1].date: a time of day found, as “2024-05-01T10:00:00Z”; the day "
        "is taken as it is written",
    ]
