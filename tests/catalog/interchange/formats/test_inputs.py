"""Files as people bring them: each loads, or its owner is told what to do about it.

The files that were found to fail are beside the repository, where that is there; those of the kind
that stand here, in few words, are always read.
"""

from pathlib import Path

import pytest

from catalog.interchange import formats
from catalog.interchange.document import Refused

FOUND = Path(__file__).parents[5] / "shared/findings/inputs"
HEADER = "publication,category,author,cluster,title,date,tier,url,words,tags,summary\r\n"
ROW = "Shoreline,Science,The Editors,The sea,{title},{date},{tier},{url},{words},moon,{summary}\r\n"

# By file: how many issues it loads, or what its refusal says; then what its warning says, if any.
FILES = {
    "fail-cp1252.csv": ("save the file again as UTF-8, which spreadsheets call “CSV UTF-8”", ""),
    "fail-date_empty.csv": ("no date found; a full day is needed", ""),
    "fail-date_month.csv": ("only a month found, as “2024-01”; a full day is needed", ""),
    "fail-date_us.csv": ("which is 2024-05-01 or 2024-01-05", ""),
    "fail-date_year.csv": ("only a year found, as “2024”; a full day is needed", ""),
    "fail-excel-us-roundtrip.csv": (5, ""),
    "fail-extra_cols.csv": (1, "column “notes” is not known and was passed over"),
    "fail-html_entities.csv": (1, "HTML found, as “&amp;”"),
    "fail-multi_author.csv": ("expected “A. Writer” as in row 2", ""),
    "fail-semicolon.csv": (2, ""),
    "fail-sep_line.csv": (2, ""),
    "fail-tab.csv": (2, ""),
    "fail-tier_float.csv": (1, ""),
    "fail-tier_half.csv": ("“4.5” found, expected a whole number from 1 to 5", ""),
    "fail-title_url.csv": ("required columns missing: “publication”, “category”", ""),
    "fail-url_noscheme.csv": ("“example.org/a” has no “https://” before it", ""),
    "fail-words_comma.csv": (1, ""),
    "long-words.json": (2, ""),
    "real-acx-substack.csv": (306, "here and in 305 other issues; the day is taken as it is"),
    "real-cbl-infinity-gauntlet.csv": ("as “1990”, here and in 57 other issues; a full day is", ""),
    "real-goodreads.csv": ("only a year found, as “2019”, here and in 2 other issues", ""),
    "real-recommended-no-dates.json": ("no date found, here and in 3 other issues", ""),
    "rtl.json": (2, ""),
}  # fmt: skip
MOST_MESSAGES = 3


def outcome(data):
    """Return how many issues a file has, or the errors of its refusal, and the warnings."""
    try:
        document, warnings = formats.read(data)
    except Refused as refusal:
        told = [each.message for each in refusal.problems if each.level == "error"]
        return told, [each.message for each in refusal.problems if each.level == "warning"]
    return (
        sum(1 for publication in document.publications for _ in publication.placed_issues()),
        [each.message for each in warnings],
    )


@pytest.mark.skipif(not FOUND.exists(), reason="the files are not beside the repository")
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_failed_loads_or_says_what_to_do(name):
    expected, warning = FILES[name]

    found, warnings = outcome((FOUND / name).read_bytes())

    if isinstance(expected, int):
        assert found == expected
        assert len(warnings) == bool(warning)
        assert warning in "".join(warnings)
    else:
        assert any(expected in message for message in found)
        assert len(found) <= MOST_MESSAGES


@pytest.mark.skipif(not FOUND.exists(), reason="the files are not beside the repository")
def test_every_file_that_failed_is_listed():
    assert {path.name for path in FOUND.iterdir()} == FILES.keys()


def rows(number, **cells):
    """Return a CSV file of so many issues; cells are texts, `{}` in them is the issue's number."""
    given = {
        "title": "Tides {}", "date": "2024-05-01", "tier": "4", "url": "https://example.org/{}",
        "words": "900", "summary": "On tides.",
    } | cells  # fmt: skip
    return HEADER + "".join(
        ROW.format(**{name: text.replace("{}", str(at)) for name, text in given.items()})
        for at in range(number)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # An archive of a newsletter: instants, and no clusters or tiers.
        (rows(306, date="2022-01-12T16:40:28.{}Z", tier=""), 306),
        # Spreadsheets of three countries.
        (rows(12, date="11/{}/2023").replace("11/0/", "11/24/"), 12),
        (rows(12).replace(",", ";").replace("2024-05-01", "01.05.2024"), 12),
        ("sep=;\r\n" + rows(2).replace(",", ";"), 2),
        (rows(2).replace(",", "\t"), 2),
        (rows(3, tier="5.0", words='"1,200"'), 3),
        # A shelf of books: years, ratings that are none, several authors.
        (rows(124, date="1995"), "only a year found, as “1995”, here and in 123 other issues"),
        (rows(58, date=""), "no date found, here and in 57 other issues"),
        (rows(10, date="199{}", tier="0"), "only a year found, as “1990”, here and in 9 other"),
        # Bookmarks, feeds and lists.
        ("Title,URL\r\nTides,https://example.org/a\r\n", "required columns missing: “publication”"),
        ("url\nhttps://example.org/a\n", "required columns missing: “publication”"),
        ("https://example.org/a\nhttps://example.org/b\n", "no header found in the first row"),
        ("title,url,folder,tags,created\nTides,https://example.org/a,,moon,\n", "“publication”"),
        ("Name\tAuthor Name\tISBN\nTides\tA. Writer\t978\n", "required columns missing"),
        ('<?xml version="1.0"?><opml version="2.0"><body/></opml>', "OPML found"),
        ('<?xml version="1.0"?>\n<ReadingList><Books/></ReadingList>', "(CBL, XML) found"),
        ("<!DOCTYPE html><html><body>Tides</body></html>", "HTML found"),
        ("# Tides\n\n- [Tides](https://example.org/a)\n", "Markdown found"),
        ("PK\x03\x04", "a ZIP archive or office document"),
        ("%PDF-1.7", "a PDF"),
    ],
)  # fmt: skip
def test_a_file_of_its_kind_loads_or_says_what_to_do(text, expected):
    found, _ = outcome(text.encode())

    if isinstance(expected, int):
        assert found == expected
    else:
        assert any(expected in message for message in found)
        assert len(found) <= MOST_MESSAGES
        assert not any("TIER" in message or "paragraph" in message for message in found)
