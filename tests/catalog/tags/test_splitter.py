"""The splitter of glued tag lines: measured on whole pages, then rule by rule."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from catalog.tags.splitter import Split, TagSplitter

PAGES = Path(__file__).parent / "pages"
SHARED = Path(__file__).parents[4] / "shared"
TIER_LINE = re.compile(r"TIER \d+ [A-Z][a-z]{2} \d{1,2}, \d{4}")
COUNTS_LINE = re.compile(r"\d+ tier-\d")
HEADER_PARAGRAPHS = 5

# Lines whose tags the text itself names, so that nothing but the splitter is on trial.
PLAIN_TEXT = (
    "How granite became the stone of kerbs, and sandstone that of churches. "
    "Quarry railways carried both; the UNESCO list now protects three quarries and one canal."
)


def read_page(page: Path) -> tuple[list[str], list[str]]:
    """A page's titles, blurbs and summaries in one list, its tag lines in another."""
    paragraphs = [part for part in page.read_text(encoding="utf-8").split("\n\n") if part.strip()]
    paragraphs = [part.strip() for part in paragraphs]
    cards = [place for place, text in enumerate(paragraphs) if TIER_LINE.fullmatch(text)]
    others = {*range(HEADER_PARAGRAPHS), *cards, *(card + 2 for card in cards)}
    texts = [
        text
        for place, text in enumerate(paragraphs)
        if place not in others and not COUNTS_LINE.match(text)
    ]
    return texts, [paragraphs[card + 2] for card in cards]


def exact_lines(page: Path, truth: list[list[str]]) -> tuple[int, int]:
    """How many of a page's lines come out exactly right, and of how many."""
    texts, lines = read_page(page)
    assert lines == ["".join(tags) for tags in truth], "the tags are not those of this page"
    splitter = TagSplitter(texts)
    right = sum(
        list(splitter.split(line).tags) == tags for line, tags in zip(lines, truth, strict=True)
    )
    return right, len(lines)


@pytest.mark.parametrize("name", ["hansa-trade", "rail-signals", "wetland-birds"])
def test_four_lines_in_five_are_exact_on_a_page_of_another_subject(name: str) -> None:
    answers = (PAGES / f"{name}.tags").read_text(encoding="utf-8").splitlines()
    right, total = exact_lines(PAGES / f"{name}.txt", [line.split("|") for line in answers])
    assert total >= 15
    assert right >= 0.8 * total


def test_181_of_the_source_pages_186_lines_are_exact() -> None:
    page = SHARED / "seeds/interconnects.txt"
    facts = SHARED / "data/interconnects-facts.json"
    if not (page.exists() and facts.exists()):
        pytest.skip("the source page is not beside this checkout")
    clusters = json.loads(facts.read_text(encoding="utf-8"))["clusters"]
    truth = [issue["tags"] for cluster in clusters for issue in cluster["issues"]]
    right, total = exact_lines(page, truth)
    assert total == 186
    assert right >= 181


def test_words_that_touch_are_cut_and_words_that_stand_apart_are_not() -> None:
    split = TagSplitter([PLAIN_TEXT]).split("granitequarry railwaysUNESCO listcanalsandstone")
    assert split.tags == ("granite", "quarry railways", "UNESCO list", "canal", "sandstone")


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("quarry-railwaysgranite", ("quarry-railways", "granite")),
        ("quarries/canalsgranite", ("quarries/canals", "granite")),
        ("kerbs&canalsgranite", ("kerbs&canals", "granite")),
        ("granite£5 kerbs", ("granite", "£5 kerbs")),
        ("100%granite", ("100%", "granite")),
        ("canal 2.5granite", ("canal 2.5", "granite")),
        ("-kerbsgranite", ("-kerbs", "granite")),
        ("quarry's kerbsgranite", ("quarry's kerbs", "granite")),
        ("кварцGraniteкерамика", ("кварц", "Granite", "керамика")),
    ],
)
def test_joiners_signs_points_and_scripts_are_minded(line: str, tags: tuple[str, ...]) -> None:
    assert TagSplitter([PLAIN_TEXT]).split(line).tags == tags


def test_the_plural_of_a_word_of_the_page_is_known() -> None:
    text = "A zorble is no plink, nor a plink a zorble."
    assert TagSplitter([text]).split("zorblesplinks").tags == ("zorbles", "plinks")


def test_the_pages_own_words_win_over_the_lists() -> None:
    assert TagSplitter(["Notes on carpet."]).split("carpetart").tags == ("carpet", "art")
    assert TagSplitter(["Car notes on petart."]).split("carpetart").tags == ("car", "petart")


def test_a_tag_of_the_database_is_a_word_of_the_page() -> None:
    line, tags = "granitedubplatekerbs", ("granite", "dubplate", "kerbs")
    assert TagSplitter([PLAIN_TEXT]).split(line).tags != tags
    assert TagSplitter([PLAIN_TEXT], ["dubplate"]).split(line).tags == tags


def test_a_tag_of_the_database_is_kept_whole() -> None:
    texts = ["Granites and kerbs and moss, and more and more."]
    line = "granitesand stonekerbs"
    assert TagSplitter(texts).split(line).tags == ("granites", "and stone", "kerbs")
    assert TagSplitter(texts, ["sand stone"]).split(line).tags == ("granite", "sand stone", "kerbs")


def test_a_plain_line_is_not_guessed() -> None:
    split = TagSplitter([PLAIN_TEXT]).split("granitequarry railwaysUNESCO listcanalsandstone")
    assert not split.guessed


def test_a_line_that_reads_well_in_two_ways_is_guessed() -> None:
    text = "Scales and kin; scale and skin. Fish, bone, river, net."
    assert TagSplitter([text]).split("fishbonescaleskinriver").guessed


def test_the_number_of_tags_draws_a_doubtful_line_towards_five() -> None:
    splitter = TagSplitter(["Kerbs, canals, moss, granite and slate; some flower, some pots."])
    four_others = splitter.split("kerbscanalsmossgraniteflowerpots")
    three_others = splitter.split("kerbsmossgraniteflowerpots")
    assert len(four_others.tags) == len(three_others.tags) == 5


def test_an_empty_line_has_no_tags_and_a_word_is_one() -> None:
    splitter = TagSplitter([])
    assert splitter.split(" \n") == Split((), guessed=False)
    assert splitter.split(" granite ").tags == ("granite",)
    assert splitter.split(" - ").tags == ("-",)


def test_the_same_line_always_comes_out_the_same() -> None:
    line = "granitequarry railwaysUNESCO listcanalsandstone"
    splitter = TagSplitter([PLAIN_TEXT])
    first = splitter.split(line)
    splitter.split("granitegranite")
    assert splitter.split(line) == first == TagSplitter([PLAIN_TEXT]).split(line)


@pytest.mark.full
def test_a_line_of_twenty_thousand_characters_is_split_into_its_words() -> None:
    line = "granitecanal" * 1700
    assert TagSplitter([PLAIN_TEXT]).split(line).tags == ("granite", "canal") * 1700


@given(line=st.text(max_size=80), texts=st.lists(st.text(max_size=40), max_size=3))
@example(line="强化学习RLHF🇩🇪👩‍💻ok", texts=["RLHF"])
@example(line="שלוםعالمfoo", texts=[])
@example(line="e\u0301le\u0300veİSTANBULß", texts=["élève"])
@example(line="a - / -b\u00a0c\x1fd", texts=["b"])
def test_the_tags_of_any_line_make_up_that_line(line: str, texts: list[str]) -> None:
    split = TagSplitter(texts, tags=texts).split(line)
    assert "".join(split.tags) == line.strip()
    assert all(split.tags)
