"""The curator's desk without its pages: walks, what the others say, and what is done."""

import datetime
import threading

import pytest
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.curation.issues import save_issue
from catalog.curation.tags import delete_tag, merge_tags, rename_tag
from catalog.desk import walks
from catalog.desk.advice import advise
from catalog.desk.fits import Fits, _Fit, fits
from catalog.desk.proposals import Proposer
from catalog.desk.walks import WALKS, DoubtRoute, route_of
from catalog.models import Change, ChangeBatch, Issue, Publication, Tag
from catalog.tags.completion import Completion, complete_tag
from catalog.text import tag_key
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db

DAY = datetime.date(2024, 1, 1)
SEA, STARS, BREAD = (
    "Tides, currents, salt, waves",
    "Galaxies, dust, orbits, moons",
    "Flour, yeast, crust",
)
# Clusters by title: what their issues are about, their tag and their tier.
SUBJECTS = {
    "Sea": (SEA, "Ocean", 4),
    "Stars": (STARS, "Sky", 3),
    "Bread": (BREAD, "Baking", 4),
    "Music": ("Violins, cellos, bows, scores", "Strings", 3),
    "Ice": ("Glaciers, moraines, crevasses", "Cold", 4),
}


@pytest.fixture(autouse=True)
def _nothing_is_fitted():
    fits.clear()


def change(issue, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)


def walk(key, publication=None):
    """Return the ids along a walk, each behind the one before it."""
    route = route_of(WALKS[key], publication, wait=20)
    found, after = [], None
    while (pk := route.next(after)) is not None:
        found.append(pk)
        after = route.onward(Issue.objects.get(pk=pk), after)
    return found


def at(route, issue):
    return str(route.position(issue))


@pytest.fixture
def shelf():
    """A publication of five clusters with six issues each, by title."""
    publication = make_publication()
    clusters = {}
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for name, (title, tag, tier) in SUBJECTS.items():
            cluster = clusters[name] = make_cluster(publication=publication, title=name)
            for number in range(6):
                summary = f"No. {number}"
                issue = make_issue(cluster=cluster, title=title, summary=summary, tier=tier)
                curation.change(issue, {"tags": [tag]})
    return clusters


def drafted(shelf, title=SEA, **fields):
    """Make an issue of the publication that nobody has judged."""
    fields = {"tier": None, "summary": "Ocean"} | fields
    return make_issue(publication=shelf["Sea"].publication, title=title, **fields)


# Walks


def test_each_walk_goes_through_what_wants_it_the_newest_first():
    publication = make_publication()
    cluster = make_cluster(publication=publication)

    def issue(number, **fields):
        day = DAY + datetime.timedelta(days=number)
        return make_issue(publication=publication, date=day, **({"cluster": cluster} | fields)).pk

    unrated = [issue(number, tier=None) for number in (1, 2, 2)]
    guessed = [issue(3, tags_guessed=True)]
    landmark, notable = issue(4, tier=5, cluster=None), issue(5, tier=4, cluster=None)
    issue(6, tier=3, cluster=None)
    issue(7, tier=None, archived_at=timezone.now())
    issue(8, tags_guessed=True, reviewed_at=timezone.now())
    issue(9, tier=4, cluster=None, archived_at=timezone.now())

    assert walk("unrated") == unrated[::-1]
    assert walk("guessed") == guessed
    assert walk("unfiled") == [notable, landmark]


def test_a_walk_may_be_of_one_publication():
    here, there = make_issue(tier=None), make_issue(tier=None)

    assert walk("unrated", here.publication) == [here.pk]
    assert walk("unrated", there.publication) == [there.pk]
    assert sorted(walk("unrated")) == [here.pk, there.pk]


def test_what_was_passed_does_not_come_back_though_it_was_left_as_it_is():
    issues = [make_issue(tier=None, date=DAY) for _ in range(3)]
    route = route_of(WALKS["unrated"], None)

    first = Issue.objects.get(pk=route.next(None))
    second = Issue.objects.get(pk=route.next(route.onward(first, None)))
    # Back at the first, by undo, one goes on behind the second.
    back = route.onward(first, route.onward(second, None))

    assert (first, second) == (issues[2], issues[1])
    assert route.next(back) == issues[0].pk


def test_a_position_counts_those_before_and_behind():
    issues = [make_issue(tier=None, date=DAY) for _ in range(4)]
    route = route_of(WALKS["unrated"], None)

    assert [at(route, issue) for issue in reversed(issues)] == [
        "1 of 4", "2 of 4", "3 of 4", "4 of 4",
    ]  # fmt: skip
    change(issues[2], tier=5)
    assert at(route, issues[2]) == "2 to go"
    assert at(route, issues[1]) == "2 of 3"


def test_no_more_is_counted_than_is_worth_knowing(monkeypatch):
    monkeypatch.setattr(walks, "MOST_STEPS_COUNTED", 2)
    issues = [make_issue(tier=None, date=DAY) for _ in range(5)]
    route = route_of(WALKS["unrated"], None)

    assert str(route.left()) == "2+"
    assert at(route, issues[4]) == "1 of 2+"
    assert at(route, issues[0]) == "2+ of 2+"


@pytest.mark.parametrize("text", ["", "12", "2024-13-01.5", "2024-01-01", "2024-01-01.x", "1.2.3"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(ValueError, match="is not a place"):
        route_of(WALKS["unrated"], None).parse(text)
    with pytest.raises(ValueError, match="is not a place"):
        DoubtRoute({}).parse(text or "x")


def test_a_place_is_read_as_it_is_written():
    issue = make_issue(tier=None, date=DAY)
    route = route_of(WALKS["unrated"], None)
    doubts = DoubtRoute({issue.pk: (None, None)})

    assert route.parse(str(route.onward(issue, None))) == (DAY, issue.pk)
    assert doubts.parse(str(doubts.onward(issue, None))) == (1, issue.pk)


# Disagreements


@pytest.fixture
def misfiled(shelf):
    """Two issues that stand among the stars, and are about something else each."""
    return [
        make_issue(cluster=shelf["Stars"], title=title, summary="Misfiled", tier=4).pk
        for title in (SEA, BREAD)
    ]


def test_disagreements_are_walked_the_surest_first(shelf, misfiled):
    publication = shelf["Sea"].publication

    found = walk("disagreements", publication)

    assert found == Proposer.fit(publication).disagreements()
    assert set(misfiled) <= set(found)


def test_what_was_reviewed_or_seen_to_is_no_disagreement_any_more(shelf, misfiled):
    publication = shelf["Sea"].publication
    one, other = misfiled
    begun = walk("disagreements", publication)
    change(Issue(pk=other), reviewed_at=timezone.now())
    save_issue(one, {"cluster": shelf["Sea"]}, None)

    def left():
        route = route_of(WALKS["disagreements"], publication, is_begun=False)
        return [pk for pk in misfiled if route.position(Issue.objects.get(pk=pk)).is_in]

    assert {one, other} <= set(begun)
    assert left() == []
    save_issue(one, {"cluster": shelf["Stars"]}, None)
    assert left() == [one]


def test_a_walk_through_disagreements_keeps_its_list_until_one_begins_anew(
    shelf, misfiled, monkeypatch
):
    publication = shelf["Sea"].publication
    monkeypatch.setattr(Fits, "SHARE", 0)
    begun = route_of(WALKS["disagreements"], publication, wait=20)
    passed = begun.next(None)
    place = begun.onward(Issue.objects.get(pk=passed), None)
    ahead = begun.next(place)
    right = {misfiled[0]: "Sea", misfiled[1]: "Bread"}
    save_issue(passed, {"cluster": shelf[right[passed]]}, None)
    publication.refresh_from_db()

    going_on = route_of(WALKS["disagreements"], publication, is_begun=False)
    anew = route_of(WALKS["disagreements"], publication, wait=20)

    assert {passed, ahead} == {*misfiled}
    assert going_on.next(place) == ahead
    # In the new list there is no such issue: its number tells the place.
    assert anew.next(None) == ahead
    assert anew.next(place) != ahead


def test_only_issues_of_one_publication_are_compared():
    with pytest.raises(ValueError, match="one publication"):
        route_of(WALKS["disagreements"], None)


def test_while_disagreements_are_looked_for_the_walk_can_wait(shelf, monkeypatch):
    publication = shelf["Sea"].publication
    may_end = threading.Event()
    look = Proposer.disagreements

    def slowly(proposer):
        may_end.wait(20)
        return look(proposer)

    monkeypatch.setattr(Proposer, "disagreements", slowly)

    assert route_of(WALKS["disagreements"], publication) is None
    assert fits.known_doubts(publication) is None
    may_end.set()
    assert route_of(WALKS["disagreements"], publication, wait=20) is not None
    assert fits.known_doubts(publication) is not None


def test_what_went_wrong_aside_is_told(shelf, monkeypatch):
    publication = shelf["Sea"].publication
    monkeypatch.setattr(Proposer, "disagreements", lambda proposer: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        route_of(WALKS["disagreements"], publication, wait=20)


# Proposals


@pytest.fixture
def fitted(monkeypatch):
    """The publications that were fitted, in order."""
    found = []
    fit = Proposer.fit.__func__

    def counted(cls, publication):
        found.append(publication)
        return fit(cls, publication)

    monkeypatch.setattr(Proposer, "fit", classmethod(counted))
    return found


def advice_for(issue, **options):
    issue = Issue.objects.for_list().get(pk=issue.pk)
    clusters = issue.publication.clusters.listed()
    return advise(issue, {cluster.pk: cluster.title for cluster in clusters}, **options)


def test_tier_cluster_and_tags_are_proposed_with_their_reasons(shelf):
    advice = advice_for(drafted(shelf))

    assert (advice.tier.value, advice.tier.is_own) == (4, False)
    assert (advice.clusters[0].value, advice.clusters[0].name) == (shelf["Sea"].pk, "Sea")
    assert [offer.name for offer in advice.tags] == ["Ocean"]
    assert "6 of the 6 nearest are in it" in advice.clusters[0].reasons
    assert "its summary names it" in advice.tags[0].reasons
    assert {near.issue.cluster for near in advice.nearest} == {shelf["Sea"]}
    assert "tides" in [word.lower() for word in advice.nearest[0].shared]


def test_only_what_is_likely_and_missing_is_accepted_together(shelf):
    assert advice_for(drafted(shelf)).taken == ["tier 4", "“Sea”", "Ocean"]

    other = make_issue(cluster=shelf["Stars"], title=SEA, tier=1, summary="Ocean")
    change(other, tags=["ocean"])
    assert advice_for(other).taken == []
    assert [offer.is_own for offer in advice_for(other).tags] == [True]
    # Where issues disagree, what stands is what is in doubt.
    assert advice_for(other, disputes=True).taken == ["tier 4", "“Sea”"]


def test_what_is_not_likely_is_shown_and_not_accepted(shelf):
    advice = advice_for(drafted(shelf, "Currents, orbits", summary="Both"))

    assert len(advice.clusters) == 2
    assert advice.taken_cluster is None


def test_nothing_is_proposed_where_there_is_nothing_to_go_by():
    advice = advice_for(make_issue(tier=None))

    assert (advice.tier, advice.clusters, advice.tags, advice.nearest) == (None, [], [], [])
    assert advice.taken == []


def test_the_issue_at_hand_is_read_anew_though_the_others_are_not(shelf, fitted, monkeypatch):
    monkeypatch.setattr(Fits, "SHARE", 1_000_000)
    issue = drafted(shelf, "Untitled", summary="", url="")

    assert advice_for(issue).clusters == []
    change(issue, title=SEA)
    assert advice_for(issue).clusters[0].value == shelf["Sea"].pk
    change(issue, title=STARS)
    assert advice_for(issue).clusters[0].value == shelf["Stars"].pk
    assert len(fitted) == 1


def test_a_small_publication_is_fitted_after_every_act_and_never_without_one(
    shelf, fitted, monkeypatch
):
    monkeypatch.setattr(Fits, "SHARE", 0)
    issue = drafted(shelf)

    for _ in range(2):
        advice_for(issue)
    assert len(fitted) == 1
    change(issue, tier=3)
    for _ in range(2):
        advice_for(issue)
    assert len(fitted) == 2


def test_what_the_others_have_become_since_is_shown(shelf, monkeypatch):
    monkeypatch.setattr(Fits, "SHARE", 1_000_000)
    issue = drafted(shelf, f"{SEA}, orbits")
    before = advice_for(issue)
    gone, stays, *_ = (near.issue for near in before.nearest)
    change(gone, archived_at=timezone.now())
    change(stays, title="Renamed", tier=1)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(shelf["Sea"], {"archived_at": timezone.now()})
        rename_tag(Tag.objects.get(key="ocean"), "Oceans", curation)

    after = advice_for(issue)

    assert gone not in [near.issue for near in after.nearest]
    assert (after.nearest[0].issue.title, after.nearest[0].issue.tier) == ("Renamed", 1)
    assert [offer.name for offer in before.clusters] == ["Sea", "Stars"]
    assert [offer.name for offer in after.clusters] == ["Stars"]
    assert [offer.name for offer in after.tags] == ["Oceans"]
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        delete_tag(Tag.objects.get(name="Oceans"), curation)
    assert advice_for(issue).tags == []


def test_two_who_ask_at_once_wait_for_one_fit(shelf, fitted):
    publication = shelf["Sea"].publication
    kept = fits._of(publication)
    kept.lock.acquire()
    found = []
    waiting = threading.Thread(target=lambda: found.append(fits.proposer(publication)))
    waiting.start()
    kept.fit = _Fit(publication)
    kept.lock.release()
    waiting.join(20)

    assert found == [kept.fit.proposer]
    assert len(fitted) == 1


def test_while_one_fits_anew_the_others_use_what_there_is(shelf, fitted, monkeypatch):
    publication = shelf["Sea"].publication
    monkeypatch.setattr(Fits, "SHARE", 0)
    old = fits.proposer(publication)
    publication.version += 1

    with fits._of(publication).lock:
        assert fits.proposer(publication) is old
    assert fits.proposer(publication) is not old


def test_no_more_fits_are_kept_than_there_is_room_for(fitted, monkeypatch):
    monkeypatch.setattr(Fits, "MOST_ISSUES", 2)
    first, second, third = (make_issue().publication for _ in range(3))

    for publication in (first, second, first, third, first, third, second):
        fits.proposer(publication)

    assert fitted == [first, second, third, second]


def test_a_publication_greater_than_the_room_is_kept_while_it_is_the_last(fitted, monkeypatch):
    monkeypatch.setattr(Fits, "MOST_ISSUES", 0)
    publication = make_issue().publication

    assert fits.proposer(publication) is fits.proposer(publication)


def test_a_publication_of_another_database_is_another():
    publication = make_issue().publication
    proposer = fits.proposer(publication)
    Publication.objects.update(created_at=timezone.now())

    assert fits.proposer(Publication.objects.get()) is not proposer


# Acts


def test_an_act_is_one_batch_from_the_desk():
    user = make_user()
    cluster = make_cluster()
    there = make_issue(cluster=cluster, position=7)
    issue = make_issue(publication=cluster.publication, tier=None)

    done = save_issue(issue.pk, {"tier": 5, "cluster": cluster, "tags": ["Moon"]}, user)

    stored = Issue.objects.get(pk=issue.pk)
    assert (stored.tier, stored.cluster, stored.position) == (5, cluster, there.position + 1)
    assert stored.tag_list == [["Moon", "moon"]]
    batch = ChangeBatch.objects.get()
    assert (done.batch, batch.source, batch.user) == (batch.pk, "desk", user)
    assert {*batch.changes.values_list("field", flat=True)} == {
        "tier", "cluster", "tags", "position",
    }  # fmt: skip
    assert (done.before["tier"], done.after["tier"]) == (None, 5)


def test_what_is_so_already_leaves_no_trace_and_no_place_is_lost():
    cluster = make_cluster()
    first, _ = make_issue(cluster=cluster, tier=4), make_issue(cluster=cluster)

    done = save_issue(first.pk, {"tier": 4, "cluster": cluster}, None)

    assert done.batch is None
    assert not Change.objects.exists()
    assert Issue.objects.get(pk=first.pk).position == first.position


def test_a_cluster_that_it_cannot_be_in_is_refused_and_nothing_is_changed():
    issue = make_issue(tier=None)

    with pytest.raises(ValueError, match="another publication"):
        save_issue(issue.pk, {"tier": 5, "cluster": make_cluster()}, None)

    assert Issue.objects.get(pk=issue.pk).tier is None
    assert not ChangeBatch.objects.exists()


# Completion


def use(**numbers):
    """Make tags, each with so many issues."""
    for name, number in numbers.items():
        for _ in range(number):
            change(make_issue(), tags=[name.replace("_", " ")])


def names(text):
    return [found.name for found in complete_tag(text)]


def test_tags_are_completed_from_their_beginning_then_from_within_the_most_used_first():
    use(reward=1, reward_models=3, process_reward=2, rewind=2)

    assert names("rew") == ["reward models", "rewind", "reward", "process reward"]
    assert names("Reward-Mod") == ["reward models"]
    assert [found.uses for found in complete_tag("reward mod")] == [3]


@pytest.mark.parametrize("text", ["", "  ", "-_", "zzz", "%", "\0"])
def test_nothing_is_completed_from_nothing(text):
    use(reward=1)

    assert complete_tag(text) == []


def test_ten_are_offered_at_most_and_none_that_no_issue_has():
    use(**{f"reward_{number}": 1 for number in range(12)})
    Tag.objects.create(name="rewired", slug="rewired", key=tag_key("rewired"))

    assert len(complete_tag("rew")) == 10
    assert names("rewi") == []


def test_a_retired_name_is_offered_as_what_it_stands_for():
    use(rlhf=2, human_feedback=1, gone=1, human_touch=1)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        old, new = Tag.objects.get(name="human feedback"), Tag.objects.get(name="rlhf")
        merge_tags([old], new, curation)
        delete_tag(Tag.objects.get(name="gone"), curation)

    assert complete_tag("human") == [
        Completion("rlhf", 3, "human feedback"), Completion("human touch", 1),
    ]  # fmt: skip
    assert names("gone") == []
    assert complete_tag("rlh") == [Completion("rlhf", 3)]
