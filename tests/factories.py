"""Rows for tests: each function makes one, with what a test does not care about filled in."""

import datetime
from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Note, Reading, State, User
from accounts.notes import writing
from accounts.partial_dates import PartialDate
from catalog.models import Category, Cluster, Issue, Publication
from catalog.search import indexing
from catalog.text import url_key

_numbers = count(1)


def make_user(**overrides: Any) -> User:
    number = next(_numbers)
    fields = {"username": f"reader-{number}", "password": "a long enough secret"} | overrides
    if fields.pop("is_superuser", False):
        return User.objects.create_superuser(**fields)
    return User.objects.create_user(**fields)


def make_publication(**overrides: Any) -> Publication:
    number = next(_numbers)
    category = (
        overrides.pop("category", None)
        or Category.objects.get_or_create(name="Science", slug="science")[0]
    )
    fields = {
        "name": f"Publication {number}",
        "slug": f"publication-{number}",
        "author": "The Editors",
        "category": category,
    }
    return Publication.objects.create(**(fields | overrides))


def make_cluster(**overrides: Any) -> Cluster:
    number = next(_numbers)
    publication = overrides.pop("publication", None) or make_publication()
    fields = {"title": f"Cluster {number}", "slug": f"cluster-{number}", "position": number}
    return Cluster.objects.create(publication=publication, **(fields | overrides))


def make_issue(**overrides: Any) -> Issue:
    number = next(_numbers)
    cluster = overrides.get("cluster")
    publication = overrides.pop("publication", None) or (
        cluster.publication if cluster else make_publication()
    )
    fields = {
        "title": f"Issue {number}",
        "slug": f"issue-{number}",
        "date": datetime.date(2024, 1, 1) + datetime.timedelta(days=number % 700),
        "position": number,
        "tier": 4,
        "summary": f"What issue {number} is about. And why to read it.",
        "url": f"https://example.org/p/{number}",
    } | overrides
    fields["url_key"] = url_key(fields["url"]) if fields["url"] else None
    fields["sort_title"] = indexing.sort_title(fields["title"])
    issue = Issue.objects.create(publication=publication, **fields)
    indexing.keep((), [issue.pk])
    return issue


def make_reading(**overrides: Any) -> Reading:
    """Make a reading, read today unless told; `on` is the date of its state: `2024-03`, say."""
    fields = {"state": State.READ, "marked_at": timezone.now()} | overrides
    user = fields.pop("user", None) or make_user()
    issue = fields.pop("issue", None) or make_issue()
    on = PartialDate.parse(str(fields.pop("on", None) or user.local_date()))
    if fields["state"] == State.QUEUED:
        fields.setdefault("place", next(_numbers))
    fields.setdefault("issue_date", issue.date)
    earlier = Reading.objects.of(user).filter(issue=issue)
    if fields["state"] == State.READ and earlier.exclude(state=State.READ).exists():
        fields.setdefault("is_current", False)
    else:
        earlier.update(is_current=False)
    reading = Reading(user=user, issue=issue, **fields)
    reading.set_date(fields["state"], on)
    reading.save()
    return reading


def make_note(**overrides: Any) -> Note:
    user = overrides.pop("user", None) or make_user()
    issue = overrides.pop("issue", None) or make_issue()
    at = overrides.pop("at", None) or timezone.now()
    fields = {
        "body": f"Note {next(_numbers)}",
        "created_at": at,
        "created_on": user.local_date(at),
        "updated_at": at,
    } | overrides
    fields["folded"] = writing.folded(fields.get("quote", ""), fields["body"])
    return Note.objects.create(user=user, issue=issue, **fields)
