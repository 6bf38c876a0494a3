"""Every address of the catalog and its curators, with a body that is taken."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.core.cache import cache

from tests.api import ask_route, undone


class Route(NamedTuple):
    """The expected responses of one endpoint to a curator."""

    method: str
    address: str
    body: Any = None
    status: int = 200
    has_batch: bool = True

    @property
    def writes(self):
        return self.method != "GET"


ROUTES = {
    "categories_list": Route("GET", "categories"),
    "category_create": Route("POST", "categories", {"name": "Letters", "reason": "why"}, 201),
    "category": Route("GET", "categories/{category}"),
    "category_change": Route("PATCH", "categories/{category}", {"name": "Sea", "reason": "why"}),
    "publications_list": Route("GET", "publications"),
    "publication_create": Route("POST", "publications", {
        "name": "Skyline", "category": "{category}", "author": "A. Cloud", "site": "s",
        "section": "s", "homepage": "https://example.org", "feed": "https://example.org/f",
        "description": "Clouds.", "issue_count": 3, "reason": "why"}, 201),
    "publication": Route("GET", "publications/{publication}"),
    "publication_change": Route("PATCH", "publications/{publication}", {
        "name": "Coast", "category": "{category}", "author": "B. Wave", "site": "s",
        "section": "s", "homepage": "https://example.org", "feed": "https://example.org/f",
        "description": "Waves.", "issue_count": 9, "reason": "why"}),
    "publication_changes": Route("GET", "publications/{publication}/changes"),
    "publication_issue": Route("GET", "publications/{publication}/issues/ebb"),
    "clusters_list": Route("GET", "publications/{publication}/clusters"),
    "cluster_create": Route("POST", "publications/{publication}/clusters", {
        "title": "Storms", "blurb": "What blows.", "reason": "why"}, 201),
    "cluster_order": Route("PUT", "publications/{publication}/clusters/order", {
        "clusters": ["winds", "{cluster}"], "reason": "why"}),
    "cluster": Route("GET", "clusters/{cluster}"),
    "cluster_change": Route("PATCH", "clusters/{cluster}", {
        "title": "Currents", "blurb": "Below.", "reason": "why"}),
    "cluster_merge": Route("POST", "clusters/{cluster}/merge", {"into": "winds", "reason": "why"}),
    "cluster_split": Route("POST", "clusters/{cluster}/split", {
        "title": "Moons", "blurb": "Above.", "issues": ["{issue}"], "reason": "why"}, 201),
    "issues_list": Route("GET", "issues"),
    "issue_create": Route("POST", "issues", {
        "publication": "{publication}", "title": "Swell", "date": "2024-06-01", "tier": 3,
        "summary": "Long waves.", "url": "https://example.org/swell", "words": 100,
        "tags": ["sea", "swell"], "tags_guessed": True, "cluster": "tides", "at": 1,
        "reason": "why"}, 201),
    "issue": Route("GET", "issues/{issue}"),
    "issue_change": Route("PATCH", "issues/{issue}", {
        "title": "Swell", "date": "2024-06-01", "tier": 3, "summary": "Long waves.",
        "url": "https://example.org/swell", "words": 100, "tags": ["sea", "swell"],
        "tags_guessed": True, "cluster": "winds", "at": 1, "reviewed": True, "archived": True,
        "reason": "why"}),
    "issues_bulk": Route("POST", "issues/bulk", {
        "issues": ["{issue}"], "tier": 1, "cluster": "winds", "at": 1, "add_tags": ["surf"],
        "remove_tags": ["moon"], "reviewed": True, "archived": True, "reason": "why"}),
    "issue_history": Route("GET", "issues/{issue}/history"),
    "tags_list": Route("GET", "tags"),
    "tag": Route("GET", "tags/{tag}"),
    "tag_delete": Route("DELETE", "tags/{tag}?reason=why"),
    "tag_merge": Route("POST", "tags/{tag}/merge", {"into": "sea", "reason": "why"}),
    "tag_rename": Route("POST", "tags/{tag}/rename", {"name": "Luna", "reason": "why"}),
    "tag_split": Route("POST", "tags/{tag}/split", {
        "names": ["new moon", "full moon"], "reason": "why"}),
    "tag_restore": Route("POST", "tags/{retired}/restore", {"reason": "why"}),
    "facets_list": Route("GET", "facets"),
    "search": Route("GET", "search?q=mo"),
    "batches_list": Route("GET", "batches"),
    "batch": Route("GET", "batches/{batch}"),
    "batch_changes": Route("GET", "batches/{batch}/changes"),
    "batch_revert": Route("POST", "batches/{batch}/revert", {
        "kind": "issue", "object": "{edited}", "reason": "why"}),
    "conflicts_list": Route("GET", "conflicts"),
    "conflict_settle": Route("POST", "conflicts/settle", {
        "conflicts": ["{conflict}"], "take": "theirs", "reason": "why"}),
    "conflict_reopen": Route("POST", "conflicts/reopen", {"reopen": "{settled}"},
                             has_batch=False),
    "walk": Route("GET", "walks/unrated"),
    "issue_proposals": Route("GET", "issues/{issue}/proposals"),
    "duplicates_list": Route("GET", "duplicates"),
    "duplicate_dismiss": Route("POST", "duplicates/dismiss", {
        "one": "{tag}", "other": "sea"}, has_batch=False),
    "duplicate_restore": Route("POST", "duplicates/restore", {
        "one": "{tag}", "other": "sea"}, has_batch=False),
    "load": Route("POST", "loads", {
        "text": "{text}", "format": "json", "source": "a.json", "dry_run": False, "take": None,
        "prune": True, "reason": "why"}),
    "dump": Route("GET", "dump"),
    "dump_csv": Route("GET", "dump/csv"),
    "dump_page": Route("GET", "dump/page"),
}  # fmt: skip
READS = [name for name, route in ROUTES.items() if not route.writes]
WRITES = [name for name, route in ROUTES.items() if route.writes]
TAKING = [name for name, route in ROUTES.items() if route.body is not None]
# A load says for itself what it is called.
OWN_SOURCE = {"load": "a.json"}
TEXT = (
    '{"format": "readingroom.catalog/1", "publications": [{"name": "Skyline", '
    '"category": "Science", "author": "A. Cloud", "issues": '
    '[{"title": "Cirrus", "date": "2024-01-01"}]}]}'
)


def each[T](values: Iterable[T]) -> Iterator[T]:
    """Go through values, each for itself: what is written for one is gone for the next."""
    for value in values:
        with taken_back():
            yield value


@contextmanager
def taken_back():
    """Let nothing stay of what is written inside; nor count how often was asked."""
    cache.clear()
    with undone():
        yield
    cache.clear()


def ask(api, name, world, body=None, **headers):
    return ask_route(api, ROUTES[name], world, body, **headers)
