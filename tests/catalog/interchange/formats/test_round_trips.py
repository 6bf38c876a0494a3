"""Any document, written and read again, is the same document; no bytes make a reader fall over."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, structs

from catalog.interchange import formats
from catalog.interchange.document import (
    ClusterEntry,
    Document,
    IssueEntry,
    PublicationEntry,
    Refused,
)
from catalog.text import url_key
from readingroom.quickstart import BUNDLED_CATALOG
from tests.catalog.interchange.formats.pages import GOOD, page

SOURCE = Path(__file__).parents[5] / "shared/seeds/interconnects.txt"
QUIET = settings(suppress_health_check=list(HealthCheck), derandomize=True)

letters = st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="ÂÃâ\u2028\u2029")
texts = st.text(letters, min_size=1, max_size=40).map(
    lambda text: text.strip().lstrip("'=+-@") or "x"
)
names = st.text(
    st.characters(categories=["L", "N"], exclude_characters="ÂÃâ"), min_size=1, max_size=12
)
tags = st.lists(names, max_size=5, unique_by=lambda name: name.casefold())
urls = st.integers(0, 10**9).map("https://example.org/{}".format)


any_tier = st.one_of(st.none(), st.integers(1, 5))
keeper_tier = st.sampled_from([4, 5])


@st.composite
def issues(draw, tier=any_tier, least_tags=0):
    return IssueEntry(
        title=draw(texts),
        date=draw(st.dates()),
        tier=draw(tier),
        summary=draw(texts),
        tags=draw(tags.filter(lambda found: len(found) >= least_tags)),
        url=draw(urls),
        words=draw(st.one_of(st.none(), st.integers(0, 10_000_000))),
        cites=draw(st.lists(urls, max_size=3)),
        tags_guessed=draw(st.booleans()),
    )


@st.composite
def documents(draw, publications=3, issue=None, loose=True):
    issue = issues() if issue is None else issue
    made = []
    for name in draw(st.lists(names, min_size=1, max_size=publications, unique=True)):
        titles = draw(st.lists(names, max_size=3, min_size=0 if loose else 1, unique=True))
        made.append(
            PublicationEntry(
                name=name,
                category=draw(texts),
                author=draw(texts),
                site=draw(names),
                section=draw(names),
                homepage=draw(urls),
                feed=draw(urls),
                description=draw(texts),
                issue_count=draw(st.integers(50, 90)),
                clusters=[
                    ClusterEntry(
                        title=title,
                        blurb=draw(texts),
                        issues=draw(st.lists(issue, min_size=1, max_size=3)),
                    )
                    for title in titles
                ],
                issues=draw(st.lists(issue, max_size=3)) if loose else [],
            )
        )
        forget_twins(made[-1])
    return Document(publications=made)


def forget_twins(publication):
    """Leave one issue an address: a card that occurs twice is loaded once."""
    seen = set()
    for home in [*publication.clusters, publication]:
        kept = []
        for issue in home.issues:
            key = url_key(issue.url)
            if key not in seen and issue.title not in {other.title for other in kept}:
                kept.append(issue)
            seen.add(key)
        home.issues = kept
    publication.clusters = [cluster for cluster in publication.clusters if cluster.issues]


def plain(document, drop=()):
    """Return what a document says as a value to compare, without the fields named.

    Null and an empty list say the same as nothing.
    """

    def bare(struct):
        return {
            name: [bare(each) for each in value] if name in {"clusters", "issues"} else value
            for name, value in structs.asdict(struct).items()
            if name not in {"where", "places", *drop}
            and value is not UNSET
            and value not in (None, [])
        }

    return [bare(publication) for publication in document.publications]


@QUIET
@given(documents())
def test_json_gives_any_document_back(document):
    text, notes = formats.write(document, "json")
    again, _ = formats.read(text.encode())

    assert not notes
    assert plain(again) == plain(document, drop={"slug"}) or plain(again, {"slug"}) == plain(
        document, {"slug"}
    )
    assert formats.write(again, "json")[0] == text


@pytest.mark.full
@QUIET
@given(documents())
def test_csv_gives_all_back_that_it_holds(document):
    dropped = {
        "slug", "site", "section", "homepage", "feed", "description", "issue_count", "blurb",
        "cites", "tags_guessed",
    }  # fmt: skip
    document.publications = [each for each in document.publications if list(each.placed_issues())]
    text, _ = formats.write(document, "csv")
    again, _ = formats.read(text.encode(), "csv")

    assert plain(again, dropped) == plain(document, dropped)


@QUIET
@given(documents(publications=1, issue=issues(keeper_tier, least_tags=1), loose=False))
def test_a_page_gives_all_back_that_it_holds(document):
    dropped = {
        "slug", "homepage", "feed", "description", "url", "words", "cites", "tags_guessed",
        "tags", "tag_line",
    }  # fmt: skip
    text, _ = formats.write(document, "page")
    again, _ = formats.read(text.encode(), "page")

    assert plain(again, dropped) == plain(document, dropped)
    lines = [issue.tag_line for _, _, issue in again.publications[0].placed_issues()]
    assert lines == ["".join(i.tags) for _, _, i in document.publications[0].placed_issues()]


def test_the_source_page_is_given_back_line_for_line():
    if not SOURCE.exists():
        pytest.skip("the source page is not beside the repository")
    source = SOURCE.read_text()
    document, warnings = formats.read(source.encode())
    for _, _, issue in document.publications[0].placed_issues():
        issue.tags = [issue.tag_line]

    text, notes = formats.write(document, "page")

    assert not warnings
    assert not notes
    assert text.rstrip("\n") == source.replace(" ---\n", "\n").rstrip("\n")


def holds_up(data: bytes, format_name: str | None = None) -> None:
    """Assert that a file is read, or refused with a reason."""
    try:
        formats.read(data, format_name)
    except Refused as refusal:
        reasons = [each for each in refusal.problems if each.level == "error"]
        assert reasons
        assert all(each.message for each in reasons)


def spoil(rng: random.Random, data: bytes) -> bytes:
    """Return the data cut at random, or with some of its bytes turned over."""
    if rng.random() < 0.4:
        return data[: rng.randrange(len(data))]
    spoiled = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        spoiled[rng.randrange(len(spoiled))] ^= 1 << rng.randrange(8)
    return bytes(spoiled)


@pytest.mark.full
@pytest.mark.parametrize("part", range(4))
def test_five_hundred_cuts_and_flips_of_a_page_are_read_or_refused(part):
    source = SOURCE.read_bytes() if SOURCE.exists() else page(*GOOD).encode()
    rng = random.Random(part)
    for _ in range(500):
        # Mostly a part of the page, which is as easily spoiled and sooner read.
        data = source if rng.random() < 0.05 else source[: rng.randrange(2_000, 12_000)]
        holds_up(spoil(rng, data))


@pytest.mark.parametrize("name", ["json", "csv"])
def test_cuts_and_flips_of_other_formats_are_read_or_refused(name):
    bundled, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    bundled.publications[0].clusters = bundled.publications[0].clusters[:2]
    bundled.publications[0].issues = []
    data = formats.write(bundled, name)[0].encode()
    rng = random.Random(name)
    for _ in range(200):
        holds_up(spoil(rng, data))


@QUIET
@given(st.binary(max_size=300), st.sampled_from([None, "json", "page", "csv"]))
def test_no_bytes_at_all_make_a_reader_fall_over(data, name):
    holds_up(data, name)
