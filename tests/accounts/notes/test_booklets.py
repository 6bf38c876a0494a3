import pytest

from accounts.models import State
from accounts.notes import booklets
from tests.factories import make_cluster, make_issue, make_note, make_reading, make_user

pytestmark = pytest.mark.django_db


def test_a_cluster_is_finished_with_its_last_keeper_and_for_its_reader_only(
    django_assert_num_queries,
):
    user, cluster = make_user(), make_cluster()
    first, last = (make_issue(cluster=cluster, tier=5) for _ in range(2))
    make_issue(cluster=cluster, tier=1)
    make_reading(user=user, issue=first)
    make_reading(user=user, issue=last, state=State.QUEUED)
    assert booklets.finished_clusters(user, [first.pk]) == []

    make_reading(user=user, issue=last)
    make_reading(user=user, issue=first)
    with django_assert_num_queries(1):
        assert booklets.finished_clusters(user, [last.pk]) == [cluster]
    assert booklets.finished_clusters(make_user(), [last.pk]) == []


def test_a_booklet_has_the_readers_notes_in_the_curators_order():
    user, cluster = make_user(), make_cluster(title="Light", slug="light")
    second = make_issue(cluster=cluster, position=2, title="Second")
    first = make_issue(cluster=cluster, position=1, title="First")
    make_issue(cluster=cluster, position=3, title="Without")
    make_note(user=user, issue=second, body="On the second")
    make_note(user=user, issue=first, kind="quote", quote="a\nb", body="On the first")
    make_note(issue=first, body="Of someone else")

    text = booklets.booklet_markdown(booklets.booklet(user, cluster))

    assert text.index("## First") < text.index("On the first") < text.index("## Second")
    assert "> a\n> b" in text
    assert "Of someone else" not in text
    assert "Without" not in text
