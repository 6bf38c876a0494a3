"""Results of queries in a small catalog, equal on both databases."""

import random
import sys
from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict

from accounts.browsing.filters import ReaderIssueFilter
from accounts.models import State, User
from accounts.notes.writing import create_note, delete_note
from accounts.reading.marking import mark
from catalog.browsing.filters import IssueFilter, search
from catalog.browsing.listing import list_issues
from catalog.curation.changeset import Curation
from catalog.models import Category, ChangeBatch, Issue, IssueText
from catalog.search.suggest import suggestion
from catalog.search.words import words
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

# Title: cluster, date, tier, words, tags, summary, and whether it has a link.
CATALOG = {
    "Reward models": (
        "Reward Modeling", date(2024, 3, 5), 5, 230, ["alignment", "RLHF"],
        "Why a model of rewards is never done.", True,
    ),
    "RewardBench": (
        "Reward Modeling", date(2024, 3, 20), 4, 1150, ["open-models", "evals"],
        "A bench for reward models, and what it doesn’t tell.", True,
    ),
    "Café notes on DPO": (
        None, date(2023, 12, 31), 3, None, ["preferences"],
        "Direct preference optimization, over coffee.", False,
    ),
    "ＧＲＰＯ, explained": (
        None, date(2025, 1, 20), None, 460, ["o1-mini", "Open Models"],
        "Reinforcement, reinforced: the fine\u2011tuning recipe.", True,
    ),
    "深度学习的十年": (
        None, date(2025, 1, 21), 4, 700, ["深度 学习"], "Ten years of deep learning.", True,
    ),
    "Tides": (
        "The Sea", date(2024, 2, 29), 5, 2300, ["sea level"],
        "The models of the moon reward patience. Bench by bench.", True,
    ),
    "Don’t look up": (
        None, date(2024, 6, 30), 2, 115, ["sky"], "Straße, naïve, İzmir, ½ way.", True,
    ),
    "Codes": (
        None, date(2022, 5, 1), 1, 100, [],
        "3e0y 1e10r ᎣᏏᏲ ፩፪ x\U00031350 1.5e3 R2D2 C++ a=b", False,
    ),
}  # fmt: skip
OCEAN = ("Tides", "Don’t look up")
REWARD, BENCH, CAFE, GRPO, DEEP, TIDES, SKY, CODES = CATALOG
ALL = set(CATALOG)

FOUND = [
    # A description, the query, and the titles of the results.
    ("a word", "patience", {TIDES}),
    ("a word of the title", "tides", {TIDES}),
    ("a word of the tags", "alignment", {REWARD}),
    ("a word of the summary", "coffee", {CAFE}),
    ("a word of the publication's name", "ocean", set(OCEAN)),
    ("a word of the author's name", "étienne", set(OCEAN)),
    ("a word of the cluster's title", "modeling", {REWARD, BENCH}),
    ("nothing but a whole word", "reinforce", set()),
    ("no word at all", "", ALL),
    ("only what is no word", "🙂 ... --", set()),
    ("what is no word beside one", "patience & 🙂", {TIDES}),
    ("words in several fields", "tides moon ocean", {TIDES}),
    ("words that are not together", "tides coffee", set()),
    ("the other case", "REWARDBENCH", {BENCH}),
    ("without the accent", "cafe", {CAFE}),
    ("with an accent too many", "còffee", {CAFE}),
    ("an accent by itself", "cafe\u0301", {CAFE}),
    ("a sharp s", "STRASSE", {SKY}),
    ("a dotted capital I", "izmir", {SKY}),
    ("a fraction", '"1 2"', {SKY}),
    ("full width", "grpo", {GRPO}),
    ("full width, typed", "ｒｅｗａｒｄｂｅｎｃｈ", {BENCH}),
    ("an apostrophe", "don't", {SKY}),
    ("a curly apostrophe", "doesn’t", {BENCH}),
    ("no apostrophe", "dont", {SKY}),
    ("a hyphen", "o1-mini", {GRPO}),
    ("a hyphen that does not break", "fine-tuning", {GRPO}),
    ("a space for a hyphen", '"fine tuning"', {GRPO}),
    ("half of what a hyphen joins", "mini", {GRPO}),
    ("Chinese", "深度", {DEEP}),
    ("Chinese within a word", "习的", {DEEP}),
    ("Chinese in another order", "度深", set()),
    ("a letter that comes twice in Chinese", "学习的十年", {DEEP}),
    ("a number and letters", "r2d2", {CODES}),
    ("what looks like a number at first", "3e0y", {CODES}),
    ("what has a number in the middle", "1e10r", {CODES}),
    ("a number with a point", "1.5e3", {CODES}),
    ("Cherokee, whose small letters are the newer", "ᎣᏏᏲ", {CODES}),
    ("numbers of Ethiopia", "፩፪", {CODES}),
    ("a rare Chinese character", "\U00031350", {CODES}),
    ("signs between words", "a=b", {CODES}),
    ("a phrase", '"reward models"', {REWARD, BENCH}),
    ("a phrase in another order", '"models reward"', set()),
    ("a phrase, not with a word between", '"bench reward"', set()),
    ("a phrase over the end of a sentence", '"patience bench"', {TIDES}),
    ("a phrase not from title to tags", '"models alignment"', set()),
    ("a phrase not from tags to summary", '"rlhf why"', set()),
    ("a phrase not from title to summary", '"tides the"', set()),
    ("a phrase not from summary to publication", '"bench ocean"', set()),
    ("a phrase that is not closed", '"never done', {REWARD}),
    ("a phrase in curly quotes", "“never done”", {REWARD}),
    ("a beginning", "reinforc*", {GRPO}),
    ("a beginning that is a word", "reward*", {REWARD, BENCH, TIDES}),
    ("a beginning of none", "xyz*", set()),
    ("a beginning in Chinese", "十*", {DEEP}),
    ("a star within a word", "re*ward", set()),
    ("without a word", "reward -moon", {REWARD, BENCH}),
    ("without a phrase", 'reward -"reward models"', {TIDES}),
    ("without a beginning", "reward -rewardb*", {REWARD, TIDES}),
    ("only without", "-reward", ALL - {REWARD, BENCH, TIDES}),
    ("only without, twice", "-reward -coffee", ALL - {REWARD, BENCH, TIDES, CAFE}),
    ("without a group", "-(reward OR coffee)", ALL - {REWARD, BENCH, TIDES, CAFE}),
    ("without both together", "-(reward moon)", ALL - {TIDES}),
    ("a minus by itself", "reward - moon", {TIDES}),
    ("either", "coffee OR moon", {CAFE, TIDES}),
    ("either, in short", "coffee|moon", {CAFE, TIDES}),
    ("either, or without", "coffee OR -reward", ALL - {REWARD, BENCH, TIDES}),
    ("either binds first", "reward bench OR alignment", {REWARD, BENCH, TIDES}),
    ("groups", "(reward moon) OR (preferences coffee)", {TIDES, CAFE}),
    ("groups in groups", "((coffee OR (moon (tides))))", {CAFE, TIDES}),
    ("a small or is a word", "coffee or moon", set()),
    ("a tag", "tag:evals", {BENCH}),
    ("a tag in another spelling", "tag:openmodels", {BENCH, GRPO}),
    ("a tag in yet another", 'tag:"open models"', {BENCH, GRPO}),
    ("a tag with an underscore", "tag:OPEN_MODELS", {BENCH, GRPO}),
    ("a tag in full width", "tag:ｒｌｈｆ", {REWARD}),
    ("a tag in Chinese", "tag:深度学习", {DEEP}),
    ("without a tag", "reward -tag:rlhf", {BENCH, TIDES}),
    ("a tag that is not", "tag:nothing", set()),
    ("not part of a tag", "tag:open", set()),
    ("a tier", "tier:5", {REWARD, TIDES}),
    ("a tier and more", "tier:>=4", {REWARD, BENCH, DEEP, TIDES}),
    ("less than a tier", "tier:<3", {SKY, CODES}),
    ("without a tier", "tier:none", {GRPO}),
    ("not that tier", "-tier:5 reward", {BENCH}),
    ("a publication", "in:ocean-letters", set(OCEAN)),
    ("a publication by its name", 'in:"ocean letters"', set(OCEAN)),
    ("a publication by part of its name", "in:OCEAN", set(OCEAN)),
    ("not in a publication", "-in:ocean reward", {REWARD, BENCH}),
    ("a publication with an accent", "in:élan", ALL - set(OCEAN)),
    ("a cluster", 'cluster:"the sea"', {TIDES}),
    ("a cluster by part of its name", "cluster:reward", {REWARD, BENCH}),
    ("in no cluster", "cluster:none", {CAFE, GRPO, DEEP, SKY, CODES}),
    ("in a cluster", "-cluster:none", {REWARD, BENCH, TIDES}),
    ("a year", "year:2025", {GRPO, DEEP}),
    ("another year", "-year:2024", {CAFE, GRPO, DEEP, CODES}),
    ("after a day", "after:2025-01-20", {DEEP}),
    ("after a month", "after:2024-03", {SKY, GRPO, DEEP}),
    ("after a year", "after:2024", {GRPO, DEEP}),
    ("before a day", "before:2023-12-31", {CODES}),
    ("before a month", "before:2024-03", {TIDES, CAFE, CODES}),
    ("between", "after:2023 before:2024-03-20", {REWARD, TIDES}),
    ("after the end and before the beginning", "after:9999 before:0001", set()),
    ("minutes", "minutes:2", {GRPO}),
    ("few minutes", "minutes:<2", {REWARD, SKY, CODES}),
    ("many minutes", "minutes:>=5", {BENCH, TIDES}),
    ("no minutes", "minutes:<1", set()),
    ("any minutes that are known", "minutes:>0", ALL - {CAFE}),
    ("a link", "has:link -tier:5", {BENCH, GRPO, DEEP, SKY}),
    ("no link", "-has:link", {CAFE, CODES}),
    ("a state", "state:read", {TIDES}),
    ("another state", "-state:unread", {TIDES, BENCH}),
    ("states that contradict", "state:read state:queued", set()),
    ("noted", "has:note", {TIDES, DEEP}),
    ("not noted", "reward -has:note", {REWARD, BENCH}),
    ("words, tag, tier and time", "reward tag:rlhf tier:5 year:2024 minutes:<3", {REWARD}),
    ("a field of either", "tag:rlhf OR tier:1", {REWARD, CODES}),
    ("fields in groups", "(tag:rlhf tier:5) OR (tier:1 year:2022)", {REWARD, CODES}),
    ("a field of which nothing is known", "colour:red", set()),
    ("a word of one's note", "regatta", {TIDES}),
    ("a word of one's quote", "neap", {TIDES}),
    ("a phrase of one's note", '"windy regatta"', {TIDES}),
    ("a phrase not from quote to note", '"tide a"', set()),
    ("a phrase not from summary to note", '"bench neap"', set()),
    ("a word and one's note", "patience regatta", {TIDES}),
    ("one's note and a field", "regatta tier:5", {TIDES}),
    ("one's note and a field that it lacks", "regatta tier:1", set()),
    ("words of two notes", "regatta lighthouse", {TIDES}),
    ("a beginning in one's note", "regat*", {TIDES}),
    ("a beginning in texts and in one's note", "mo*", {REWARD, BENCH, GRPO, TIDES, DEEP}),
    ("without a word of one's note", "reward -regatta", {REWARD, BENCH}),
    ("only without a word of one's note", "-regatta", ALL - {TIDES}),
    ("without a word of one's other note", "regatta -lighthouse", set()),
    ("a word of a note that is deleted", "deleted", set()),
    ("a word of another's note", "secret", set()),
    ("a word of an archived issue", "archived", set()),
]  # fmt: skip

RANKED = [
    ("title before tags before summary", "alpha", ["Alpha", "Tagged", "Summed"]),
    ("more of the words before fewer", "alpha OR beta", ["Both", "Alpha", "Tagged", "Summed"]),
    ("a short text before a long one", "gamma", ["Short", "Long"]),
    ("the newer first where all is equal", "delta", ["Delta two", "Delta one"]),
]


@pytest.fixture
def reader():
    """Make the catalog, with what a reader and another have read and noted."""
    categories = [Category.objects.create(name=name, slug=name.lower()) for name in ("AI", "Sea")]
    elan = make_publication(name="Élan Vital", slug="elan", category=categories[0])
    ocean = make_publication(
        name="Ocean Letters", slug="ocean-letters", author="Étienne", category=categories[1]
    )
    made, clusters = {}, {}
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for title, (cluster, day, tier, length, tags, summary, is_linked) in CATALOG.items():
            publication = ocean if title in OCEAN else elan
            if cluster and cluster not in clusters:
                clusters[cluster] = make_cluster(publication=publication, title=cluster)
            values = {"title": title, "date": day, "tier": tier, "words": length}
            made[title] = make_issue(
                publication=publication, cluster=clusters.get(cluster), summary=summary, **values,
                **({} if is_linked else {"url": ""}),
            )  # fmt: skip
            curation.change(made[title], {"tags": tags})
        gone = make_issue(publication=elan, title="Archived reward")
        curation.change(gone, {"archived_at": gone.created_at})
    user, other = make_user(), make_user()
    mark(user, [made[TIDES].pk], State.READ)
    mark(user, [made[BENCH].pk], State.QUEUED)
    create_note(user, made[TIDES].pk, kind="quote", quote="Neap tide", body="A windy regatta.")
    create_note(user, made[TIDES].pk, kind="note", body="The lighthouse.")
    create_note(user, made[DEEP].pk, kind="note", body="Momentous.")
    delete_note(user, create_note(user, made[SKY].pk, kind="note", body="Deleted.").pk)
    create_note(other, made[SKY].pk, kind="note", body="Secret regatta.")
    mark(other, [made[SKY].pk], State.READ)
    return User.objects.get(pk=user.pk)


def filter_of(query, user=None):
    issues = ReaderIssueFilter({"q": query}, user=user) if user else IssueFilter({"q": query})
    assert issues.form.is_valid()
    return issues


def titles(issues):
    return [issue.title for issue in list_issues(issues.compiled).page.issues]


def test_a_query_finds(reader):
    wrong = {}
    for name, query, expected in FOUND:
        found = titles(filter_of(query, reader))
        if sorted(found) != sorted(expected):
            wrong[name] = {"query": query, "found": found, "expected": expected}
    assert wrong == {}


def test_somebody_unknown_finds_the_same_where_no_reader_is_asked_for(reader):
    wrong = {}
    of_a_reader = ("note", "state", "one's", "beginning in texts")
    for name, query, expected in FOUND:
        if not any(word in name for word in of_a_reader):
            found = search(Issue.objects.listed(), query).values_list("title", flat=True)
            if sorted(found) != sorted(expected):
                wrong[name] = {"query": query, "found": list(found), "expected": expected}
    assert wrong == {}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("openai", ["OpenAI’s Łódź"]),
        ("openai's", ["OpenAI’s Łódź"]),
        ("OPENAI´S", ["OpenAI’s Łódź"]),
        ("java", ["Java's `Ærø`s"]),
        ("aero", ["Java's `Ærø`s"]),
        ("Ærø", ["Java's `Ærø`s"]),
        ("lodz", ["OpenAI’s Łódź"]),
        ("ŁÓDŹ", ["OpenAI’s Łódź"]),
        ("c", ["C", "C#", "C++"]),
        ("C++", ["C++"]),
        ("ｃ＋＋", ["C++"]),
        ("c#", ["C#"]),
        ("c -C# -c++", ["C"]),
        (".net", [".NET"]),
        ("net", [".NET", "net"]),
        ("미래", ["GPT를 미래를"]),
        ('"미래"', []),
        ("gpt", ["GPT를 미래를"]),
        ("GPT를", ["GPT를 미래를"]),
    ],
)
def test_names_are_found_as_they_are_typed(query, found):
    for title in (
        "OpenAI’s Łódź",
        "Java's `Ærø`s",
        "C",
        "C++",
        "C#",
        ".NET",
        "net",
        "GPT를 미래를",
    ):
        make_issue(title=title)

    assert sorted(titles(filter_of(query))) == found


@pytest.mark.parametrize(
    "before", ["https://www.", "http://www.", "HTTPS://", "http://", "WWW.", ""]
)
@pytest.mark.parametrize(
    "behind", ["", "/", "#end", "?utm_source=feed&utm_medium=rss", "/?utm_x=1#y", ".", "!’"]
)
@pytest.mark.parametrize("kept", ["https://tides.org/p/Neap", "http://www.tides.org/p/Neap/"])
def test_an_address_finds_its_issue_in_a_plain_disguise(before, behind, kept):
    make_issue(title="Another", url="https://tides.org/p/Neap-2", publication=make_publication())
    make_issue(title="Neap", url=kept, publication=make_publication())

    issues = filter_of(f"{before}Tides.org/p/Neap{behind}")

    assert titles(issues) == ["Neap"]
    assert issues.complaints == []


def test_an_address_is_found_in_each_publication_beside_filters_and_not_when_archived():
    for _ in range(2):
        make_issue(title="Neap", url="https://tides.org/neap", publication=make_publication())
    gone = make_issue(title="Gone", url="https://tides.org/neap", publication=make_publication())
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(gone, {"archived_at": gone.created_at})

    assert titles(filter_of("https://tides.org/neap")) == ["Neap", "Neap"]
    assert titles(filter_of("https://tides.org/neap tier:5 OR neap")) == ["Neap", "Neap"]
    assert titles(filter_of("-https://tides.org/neap")) == []


def test_an_address_that_only_a_note_has_finds_what_is_noted(reader):
    issue = Issue.objects.get(title=TIDES)
    create_note(reader, issue.pk, kind="note", body="See https://elsewhere.org/a.")

    assert titles(filter_of("https://elsewhere.org/a", reader)) == [TIDES]


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        ("https://x.org/a", "There is no issue at the address “https://x.org/a” here."),
        ("http://[", "There is no issue at the address “http://[” here."),
        ("🎉", "There is no word to look for in this search, so it finds nothing."),
        ("tag:unheard", "There is no tag “unheard” here."),
        ("in:nowhere", "There is no publication “nowhere” here."),
        ("cluster:nowhere", "There is no cluster “nowhere” here."),
        ("reward -tag:unheard", "There is no tag “unheard” here."),
        ("tier:9", "“tier:9” is not a tier from 1 to 5, so it is searched as words."),
        ("tag:", "“tag:” has nothing after the colon, so it is searched as words."),
        ('"reward', "A quotation mark is not closed; the rest is taken as a phrase."),
        ("tag:rlhf in:ocean cluster:sea", None),
    ],
)
def test_what_is_not_understood_is_told(reader, query, complaint):
    assert filter_of(query, reader).complaints == ([complaint] if complaint else [])


def test_a_name_that_is_not_known_finds_nothing_and_its_absence_everything(reader):
    assert titles(filter_of("reward in:nowhere", reader)) == []
    assert set(titles(filter_of("reward -in:nowhere", reader))) == {REWARD, BENCH, TIDES}


def test_a_beginning_of_many_words_means_the_commonest():
    make_issue(title="Many", summary=" ".join(f"zz{number}" for number in range(150)))
    make_issue(title="Common", summary="zz149 zz149")

    issues = filter_of("zz*")

    assert set(titles(issues)) == {"Many", "Common"}
    assert issues.complaints == [
        "“zz*” begins more than 100 words; the 100 commonest are searched for."
    ]


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("tdies", "tides"),
        ("rewrad models", "reward models"),
        ('"rewrad modles"', '"reward models"'),
        ("Optimisation", "optimization"),
        ("rewrad tag:rlhf tier:>=4", "reward tag:rlhf tier:>=4"),
        ("coffe OR tdies", "coffee OR tides"),
        ("Cófee", "coffee"),
        ("reward", None),
        ("qqqqqqqq", None),
        ("xq", None),
        ("tag:rewrad", None),
        ("rewrad*", None),
        ("", None),
    ],
)
def test_did_you_mean(reader, query, meant):
    asked = QueryDict(mutable=True)
    asked.update({"q": query, "tier": "5", "after": "2024-01-01.1"})

    found = suggestion(filter_of(query, reader).query, asked)

    assert (found and found.text) == meant
    if found:
        asked.pop("after")
        asked["q"] = meant
        assert found.url == f"?{asked.urlencode()}"


@pytest.mark.parametrize(
    ("query", "expected"), [row[1:] for row in RANKED], ids=[row[0] for row in RANKED]
)
def test_the_best_come_first(query, expected):
    home = make_publication()
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for title, tag, summary, day in [
            ("Alpha", "sundry", "One", date(2020, 1, 1)),
            ("Tagged", "alpha", "Two", date(2021, 1, 1)),
            ("Summed", "sundry", "Alpha", date(2022, 1, 1)),
            ("Both", "beta", "Beta beta", date(2019, 1, 1)),
            ("Short", "sundry", "Gamma", date(2020, 1, 1)),
            ("Long", "sundry", "Gamma" + " and so on" * 40, date(2023, 1, 1)),
            ("Delta one", "sundry", "", date(2020, 1, 1)),
            ("Delta two", "sundry", "", date(2020, 1, 1)),
        ]:
            issue = make_issue(publication=home, title=title, summary=summary, date=day)
            curation.change(issue, {"tags": [tag]})

    assert titles(filter_of(query)) == expected


def indexed(issue):
    """Return the words that the index has of an issue's texts."""
    row = IssueText.objects.get(issue=issue).pk
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT unnest(tsvector_to_array(document)) FROM catalog_issuetext WHERE id = %s",
                [row],
            )
        else:
            cursor.execute(
                "CREATE VIRTUAL TABLE temp.room_vocabulary "
                "USING fts5vocab(main, catalog_textmatch, instance)"
            )
            cursor.execute("SELECT DISTINCT term FROM temp.room_vocabulary WHERE doc = %s", [row])
        found = {term for (term,) in cursor.fetchall() if "=" not in term}
        if connection.vendor == "sqlite":
            cursor.execute("DROP TABLE temp.room_vocabulary")
    return found


def check_index(texts):
    """Both engines take a text as it was folded: what they make of it are its very words."""
    summary = " ".join(texts)
    issue = make_issue(title="One", publication=make_publication(name="One", author="One"))
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"summary": summary})
    assert {*words(summary), "one"} ^ indexed(issue) == set()


def characters(codes):
    """Return what a database can hold of these."""
    return [chr(code) for code in codes if code and not 0xD800 <= code < 0xE000]


@pytest.mark.parametrize("around", ["{}", "x{}", "{}1", "1{}x"])
def test_the_index_has_letters_and_digits_as_they_are_folded(around):
    codes = random.Random(around).sample(range(sys.maxunicode + 1), 20_000)
    check_index(map(around.format, characters(codes)))


def test_the_index_has_letters_and_digits_together_as_they_are():
    chance = random.Random(1)
    check_index("".join(chance.choices("0123456789abcex", k=chance.randint(1, 9)))
                for _ in range(4_000))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("around", ["{}", "x{}", "{}1"])
@pytest.mark.parametrize("plane", [*range(4), 14])
def test_the_index_has_all_of_unicode(around, plane):
    first = plane << 16
    for start in range(first, first + 0x10000, 0x1000):
        check_index(map(around.format, characters(range(start, start + 0x1000))))


@pytest.mark.parametrize("before", ["reward " * 300, "深" * 19_000], ids=["repeated", "long"])
def test_a_phrase_is_found_at_the_end_of_a_long_text(before):
    if connection.vendor == "postgresql":
        pytest.xfail("a tsvector has 255 places of a word at most, and 16,383 places")
    issue = make_issue(summary=f"{before} never done reward models")

    assert titles(filter_of('"never done reward models"')) == [issue.title]
