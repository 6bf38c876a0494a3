"""Every kind of bad file, with each of its messages.

`tests/catalog/interchange/bad/EXPECTED.txt` lists the files; below each stand its errors, as the
command prints them after the file's name.
"""

from pathlib import Path

import pytest

from catalog.interchange import formats
from catalog.interchange.document import Refused
from tests.catalog.interchange.formats.pages import GOOD, HEAD, TIDES, page, spoiled

BAD = Path(__file__).parents[1] / "bad"


def expected() -> dict[str, list[str]]:
    """Map each line that names a file to its messages."""
    table: dict[str, list[str]] = {}
    messages: list[str] = []
    for line in (BAD / "EXPECTED.txt").read_text().split("\n"):
        if line.startswith("    "):
            messages.append(line.strip())
        elif line:
            messages = table[line] = []
    return table


EXPECTED = expected()


def errors(data: bytes, format_name: str | None = None) -> list[str]:
    with pytest.raises(Refused) as refusal:
        formats.read(data, format_name)
    return [
        f"{each.where or 'file'}: {each}"
        for each in refusal.value.problems
        if each.level == "error"
    ]


@pytest.mark.parametrize("entry", EXPECTED)
def test_a_bad_file_is_refused_with_each_of_its_faults_named(entry):
    name, _, format_name = entry.partition(" as ")

    assert errors((BAD / name).read_bytes(), format_name or None) == EXPECTED[entry]


def test_there_is_an_entry_for_every_file_and_there_are_sixty():
    names = {entry.partition(" as ")[0] for entry in EXPECTED}

    assert names == {path.name for path in BAD.iterdir()} - {"EXPECTED.txt"}
    assert len(names) >= 60


def test_a_line_of_ten_megabytes_is_not_echoed():
    told = errors(spoiled(TIDES[2], "a" * 10_000_000))

    assert told == [
        "21: error: “Why tides come twice”: summary: 10,000,000 characters found, "
        "expected at most 20,000"
    ]


def test_json_a_hundred_thousand_deep_is_refused():
    assert errors(b"[" * 100_000) == [
        "file: error: JSON nested too deep, expected a catalog document"
    ]


def test_the_good_page_is_loaded_without_a_word():
    document, warnings = formats.read(page(*GOOD).encode())

    assert not warnings
    assert [cluster.title for cluster in document.publications[0].clusters] == [
        "The sea",
        "The sky",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (HEAD[4], "2 issues · 3 keepers · 1 tier-5 · 2 tier-4", ["2", "3"]),
        (HEAD[4], "9 issues · 7 keepers · 1 tier-5 · 2 tier-4", ["7", "3"]),
        ("1 tier-5 · 1 tier-4", "4 tier-5 · 1 tier-4", ["4", "1"]),
    ],
)  # fmt: skip
def test_counts_that_contradict_the_cards_are_a_warning_with_both_figures(old, new, told):
    _, warnings = formats.read(spoiled(old, new))

    assert warnings
    assert all(figure in warnings[0].message for figure in told)


def test_one_card_twice_is_loaded_once_with_a_warning():
    document, warnings = formats.read(spoiled(TIDES[3], TIDES[3], *TIDES))

    assert any("occurs twice" in each.message and each.title == TIDES[0] for each in warnings)
    assert len(document.publications[0].clusters[0].issues) == 2


def test_one_title_twice_in_a_cluster_is_two_issues_with_a_warning():
    again = [TIDES[0], TIDES[1], "Another letter under one title. Of the same day.", TIDES[3]]

    document, warnings = formats.read(spoiled(TIDES[3], TIDES[3], *again))

    assert any("this title occurs twice" in each.message for each in warnings)
    assert len(document.publications[0].clusters[0].issues) == 3


@pytest.mark.parametrize(
    "data",
    [
        page(*GOOD).replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + page(*GOOD).encode(),
        page(*GOOD).rstrip("\n").encode(),
        spoiled(TIDES[0], "TIER 4 Jan 1, 2024"),
        spoiled(TIDES[0], "8 tier-5 · 11 tier-4 and other counts"),
        spoiled(TIDES[2], "TIER 4 stands at the head of this sentence · and 5 dots. So be it 🌊."),
        spoiled(TIDES[2], "潮汐每天两次。月亮是原因。"),
        spoiled(TIDES[2], "Joiners are legal: می‌خواهم, 👩‍🚀. And no-break\u00a0spaces."),
        page(*GOOD).encode("utf-16"),
    ],
)
def test_unusual_legal_text_is_loaded(data):
    document, _ = formats.read(data)

    assert sum(1 for _ in document.publications[0].placed_issues()) == 3


def test_a_rule_after_a_clusters_last_summary_is_no_part_of_it():
    document, _ = formats.read(page(*GOOD).replace("with a towel.", "with a towel. ---").encode())

    assert document.publications[0].clusters[0].issues[-1].summary.endswith("with a towel.")


def test_a_format_that_is_named_is_read_without_looking_for_another(monkeypatch):
    def detect(text):
        raise Refused([])

    monkeypatch.setattr(formats, "detect", detect)
    text = "publication,category,author,title,date\nShoreline,Science,Ed,Tides,2024-05-01\n"

    document, _ = formats.read(text.encode(), "csv")

    assert document.publications[0].name == "Shoreline"
