"""A small catalog, and the programs that ask about it: a curator's, a reader's, a stranger's."""

import datetime

import pytest
from django.contrib.auth.models import Group

from catalog.curation.changeset import Curation
from catalog.curation.log_values import MODELS, current
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Cluster, Issue, Publication, Tag
from catalog.search import indexing
from catalog.text import tag_key
from tests.api import Api, is_problem
from tests.factories import make_user

CURATE = ("read", "curate")


@pytest.fixture(autouse=True)
def _kept_in_step(db):
    """Whatever a test does, what search and facets read is in step with it afterwards."""
    yield
    assert indexing.check() == []


@pytest.fixture
def curator(db):
    return make_curator()


@pytest.fixture
def desk(curator):
    """The program of a curator."""
    return Api(curator, CURATE)


@pytest.fixture
def reader(db):
    """The program of a reader, with every scope that a token has."""
    return Api(make_user(), ("read", "write", "notes", "curate"))


@pytest.fixture
def room(db):
    """The catalog that most tests are about."""
    load(shoreline(), source="shoreline.json")
    return Publication.objects.get()


def make_curator():
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


def shoreline(**changed):
    """A file of one publication, two clusters and six issues; `changed` by title."""
    day = iter(range(1, 29))

    def issue(title, **fields):
        given = {
            "title": title, "date": datetime.date(2024, 5, next(day)), "tier": 4,
            "summary": f"What {title.lower()} are.", "words": 2300,
            "url": f"https://example.org/{title.lower().replace(' ', '-')}",
        }  # fmt: skip
        return document.IssueEntry(**(given | fields | changed.get(title, {})))

    tides = document.ClusterEntry(
        title="Tides", blurb="What the moon does.",
        issues=[
            issue("Ebb", tags=["moon", "sea"], tier=5),
            issue("Flood", tags=["moon"], cites=["https://example.org/ebb"]),
            issue("Neap", tags=["Moon", "brine"]),
        ],
    )  # fmt: skip
    winds = document.ClusterEntry(title="Winds", issues=[issue("Gale", tags=["wind"])])
    return document.Document(
        publications=[
            document.PublicationEntry(
                name="Shoreline", category="Science", author="The Editors",
                clusters=[tides, winds],
                issues=[issue("Sand", tags=["sea"], tier=None), issue("Foam", tags=[], url="")],
            )
        ]
    )  # fmt: skip


def issue(title):
    return Issue.objects.select_related("publication", "cluster").get(title=title)


def cluster(title):
    return Cluster.objects.get(title=title)


def tag(name):
    return Tag.objects.get(key=tag_key(name))


def titles_in(name):
    """Return the titles of a cluster's issues, in order."""
    issues = cluster(name).issues.in_cluster_order()
    return list(issues.values_list("title", flat=True))


def tags_of(title):
    return [spelling for spelling, _ in issue(title).tag_list]


def edit(row, **values):
    """Change a row as somebody else does meanwhile."""
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=make_user()) as curation:
        curation.change(type(row)._default_manager.get(pk=row.pk), values)
    return curation.batch


def log_of(batch):
    """Return what the log has of an act: {(kind, id, field): (before, after)}."""
    rows = Change.objects.filter(batch=batch).order_by("id")
    return {(row.kind, row.object_id, row.field): (row.before, row.after) for row in rows}


def holds(batch):
    """Tell whether all that an act wrote last is what stands."""
    assert batch
    wrong = [
        (key, after, current(MODELS[Change.Kind(key[0])]._default_manager.get(pk=key[1]), key[2]))
        for key, (_, after) in log_of(batch).items()
        if key[2]
        and current(MODELS[Change.Kind(key[0])]._default_manager.get(pk=key[1]), key[2]) != after
    ]
    assert not wrong
    return True


def refused(response, *fields, status=422):
    """Tell whether a request was refused for just these fields or parameters."""
    assert is_problem(response, status)
    errors = response.json()["errors"]
    assert {each.get("field") or each.get("parameter") for each in errors} == set(fields), errors
    return True
