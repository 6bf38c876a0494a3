"""The sentences of the progress page."""

import datetime
import re

import pytest
from django.core.cache import cache
from django.utils.html import strip_tags

from accounts.progress.figures import Progress
from accounts.progress.wording import canon_note, canon_sentence, dial_label, join_words, pace_label
from tests.factories import make_issue, make_reading, make_user

pytestmark = pytest.mark.django_db

BEGUN = "You have read "
UNREAD = " the canon. Your reading of it begins with the first one that you mark."


def progress_of(tiers, read=(), *, on=None, words=1200):
    """Return the progress of a reader who has read these of the issues, by index."""
    cache.clear()
    user = make_user()
    issues = [make_issue(tier=tier, words=words) for tier in tiers]
    for number, index in enumerate(read):
        day = on and (on + datetime.timedelta(days=number)).isoformat()
        make_reading(user=user, issue=issues[index], **({"on": day} if day else {}))
    return Progress.of(user)


@pytest.mark.parametrize(
    ("parts", "words"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_parts_are_joined_with_commas_and_a_word(parts, words):
    assert join_words(parts) == words


@pytest.mark.parametrize(
    ("tiers", "read", "words"),
    [
        ([3], [0], "There is no canon yet: no issue is a landmark or a notable issue."),
        ([5], [], f"1 landmark makes{UNREAD}"),
        ([5, 4, 4], [], f"1 landmark and 2 notable issues make{UNREAD}"),
        ([5, 4], [1], f"{BEGUN}0 of 1 landmark and 1 of 2 keepers."),
        ([5, 4], [0], f"{BEGUN}1 of 1 landmark and 1 of 2 keepers. No landmark is left."),
        ([4, 4], [0], f"{BEGUN}1 of 2 keepers."),
        ([5], [0], f"{BEGUN}the one keeper, a landmark. The canon is closed."),
        ([4], [0], f"{BEGUN}the one keeper. The canon is closed."),
        ([4, 4], [0, 1], f"{BEGUN}all 2 keepers. The canon is closed."),
        ([5, 5], [0, 1], f"{BEGUN}all 2 keepers, all of them landmarks. The canon is closed."),
        ([5, 4], [0, 1], f"{BEGUN}all 2 keepers, 1 landmark among them. The canon is closed."),
    ],
)
def test_sentence_says_how_much_of_the_canon_is_read(tiers, read, words):
    assert strip_tags(canon_sentence(progress_of(tiers, read))) == words


def test_sentence_marks_figures_of_the_reader_and_of_the_editors():
    assert canon_sentence(progress_of([5, 4], [0])).startswith(
        'You have read <b class="of-reader">1</b> of <b class="of-editor">1 landmark</b> and '
    )


def test_canon_without_keepers_counts_issues(settings):
    settings.CANON_WEIGHTS = {3: 1}

    sentence = strip_tags(canon_sentence(progress_of([3, 3], [0])))

    assert sentence == "You have read 1 of the 2 issues of the canon."


@pytest.mark.parametrize(
    ("tiers", "read", "end"),
    [
        # At a landmark a day, one landmark takes a day, and both of the canon's parts end then.
        ([5] * 7, 6, r"you will have read all 7 landmarks and closed the canon around [\w ]+\.$"),
        (
            [5] * 7 + [4] * 9,
            6,
            r"read all 7 landmarks around [\w ]+ and closed the canon around [\w ]+\.$",
        ),
        ([5] * 6 + [4], 6, r"you will have closed the canon around [\w ]+\.$"),
        ([5] * 7, 2, r"keepers\.$"),
    ],
)
def test_sentence_ends_with_the_projected_dates(tiers, read, end):
    start = datetime.date.today() - datetime.timedelta(days=read + 1)

    sentence = strip_tags(canon_sentence(progress_of(tiers, range(read), on=start)))

    assert re.search(end, sentence)


def test_note_explains_ticks_weights_and_time():
    assert canon_note(progress_of([5, 4, None], [0])) == (
        "Each tick is a landmark. "
        "The canon counts a landmark as 5 and a notable issue as 2, 7 in all; "
        "the rest are read for pleasure. "
        "5 minutes of reading are left in the 1 unread keeper whose length is known."
    )


@pytest.mark.parametrize(
    ("tiers", "words", "end"),
    [
        ([4], None, "The one unread keeper has no known length."),
        ([4, 4], None, "None of the 2 unread keepers has a known length."),
        ([4], 10, "1 minute of reading is left in the 1 unread keeper whose length is known."),
        ([], None, "; nothing else counts."),
    ],
)
def test_note_ends_with_the_time_left(tiers, words, end):
    assert canon_note(progress_of(tiers, words=words)).endswith(end)


def test_note_says_how_many_keepers_have_no_known_length():
    make_issue(tier=4, words=None)

    assert "; 1 more has no known length." in canon_note(progress_of([4]))


def test_note_gives_the_pace_where_an_end_is_projected():
    start = datetime.date.today() - datetime.timedelta(days=8)

    note = canon_note(progress_of([5] * 7, range(6), on=start))

    assert "you read 6 landmarks, and 30 of the canon’s 35; 1 landmark and 5 of the 35" in note


def test_labels_give_the_figures_of_the_charts():
    progress = progress_of([5, 5], [0])

    assert dial_label(progress) == "50 per cent of the canon is read: 1 of 2 landmarks."
    assert pace_label(progress) == "1 of 2 landmarks read by today."
    assert dial_label(progress_of([])) != ""


def test_label_of_the_dial_without_a_canon():
    assert dial_label(progress_of([3])) == "There is no canon yet."
