"""The one table of the API's routes: who may use each, with which body, and how it responds."""

from typing import Any, NamedTuple

from catalog.rest.access import CURATE, NOTES, READ, WRITE
from tests.api import filled
from tests.readingroom import api_world

OK = "ok"
STRANGERS = {"anonymous": 401, "expired token": 401, "feed token": 401}
READERS = {
    "reader": OK, "other reader": OK, "read-only token": OK, "curator": OK,
    "curator without scope": OK,
}  # fmt: skip
# The response to each client. A token without the endpoint's scope gets 403 in each.
CATALOG = STRANGERS | READERS
PERSONAL = STRANGERS | READERS
OWN = PERSONAL | {"other reader": 404, "curator": 404, "curator without scope": 404}
ACT = PERSONAL | {"read-only token": 403}
OWN_ACT = OWN | {"read-only token": 403}
CURATED = STRANGERS | dict.fromkeys(READERS, 403) | {"curator": OK}


class Route(NamedTuple):
    """A method of an endpoint: its clients, scope, valid body and success status."""

    answers: dict[str, Any]
    scope: str = READ
    body: Any = None
    status: int = 200
    query: str = ""
    headers: dict[str, str] = {}
    # Names of other objects than the path's own.
    path: dict[str, str] = {}
    # Whether a successful write is a change set of the catalog's log.
    is_logged: bool = False

    @property
    def client(self) -> str:
        """The client that this endpoint is for."""
        return "curator" if self.answers is CURATED else "reader"


def edited(
    body: dict[str, Any] | None = None, status: int = 200, /, *, logged: bool = True, **more: Any
) -> Route:
    """Return the route of a curator's write; a logged one states a reason."""
    if logged and body is not None:
        body = body | {"reason": "why"}
    return Route(CURATED, CURATE, body, status, is_logged=logged, **more)


AT = {"If-Match": "*"}
CURATED_READ = Route(CURATED, CURATE)
PUBLICATION = {
    "site": "s", "section": "s", "homepage": "https://example.org",
    "feed": "https://example.org/f", "description": "Waves.", "issue_count": 9,
}  # fmt: skip
ISSUE = {
    "title": "Swell", "date": "2024-06-01", "tier": 3, "summary": "Long waves.",
    "url": "https://example.org/swell", "words": 100, "tags": ["sea", "swell"],
    "tags_guessed": True, "cluster": "empty", "at": 1,
}  # fmt: skip
PAIR = {"one": "{tag}", "other": "{other_tag}"}
MARK = {"state": "reading", "on": "2024-03"}
ROUTES = {
    "get schema": Route(CATALOG),
    "get issue_list": Route(CATALOG),
    "get issue_reading": Route(PERSONAL),
    "put issue_reading": Route(ACT, WRITE, MARK),
    "delete issue_reading": Route(ACT, WRITE),
    "get issue_readings": Route(PERSONAL),
    "post issue_readings": Route(ACT, WRITE, {"on": "2019"}, 201),
    "get reading_list": Route(PERSONAL),
    "post reading_bulk": Route(ACT, WRITE, {"marks": [{"issue": "{issue}"} | MARK]}),
    "get reading": Route(OWN),
    "patch reading": Route(OWN_ACT, WRITE, {"read_on": "2019"}),
    "delete reading": Route(OWN_ACT, WRITE),
    "get act_list": Route(PERSONAL),
    "get act": Route(OWN),
    "post act_undo": Route(OWN_ACT, WRITE, {}),
    "get queue": Route(PERSONAL),
    "put queue": Route(ACT, WRITE, {"issues": ["{queued_issue}"]}),
    "post queue_move": Route(ACT, WRITE, {"issue": "{queued_issue}", "to": "top"}),
    "post queue_cluster": Route(ACT, WRITE, {"cluster": "{cluster}", "keepers_only": True}),
    "get note_list": Route(ACT, NOTES),
    "post note_list": Route(
        ACT, NOTES, {"issue": "{issue}", "kind": "note", "body": "x", "quote": ""}, 201
    ),
    "get note_deleted_list": Route(ACT, NOTES),
    "get note": Route(OWN_ACT, NOTES),
    "patch note": Route(OWN_ACT, NOTES, {"body": "x"}, headers=AT),
    "delete note": Route(OWN_ACT, NOTES, None, 204, headers=AT),
    "get note_history": Route(OWN_ACT, NOTES),
    "post note_restore": Route(OWN_ACT, NOTES, {"version": 1}, headers=AT),
    "get view_list": Route(PERSONAL),
    "post view_list": Route(
        ACT, WRITE, {"name": "x", "query": "tier=5", "is_pinned": True}, 201
    ),
    "get view": Route(OWN),
    "patch view": Route(OWN_ACT, WRITE, {"name": "x"}),
    "delete view": Route(OWN_ACT, WRITE, None, 204),
    "get view_next": Route(OWN),
    "get progress": Route(PERSONAL),
    "get progress_coverage": Route(PERSONAL, query="?publication={publication}"),
    "get progress_year": Route(PERSONAL),
    "get changes": Route(PERSONAL),
    "put changes_seen": Route(ACT, WRITE, {"batch": "{batch}"}),
    "get me": Route(PERSONAL),
    "patch me": Route(ACT, WRITE, {"time_zone": "Europe/Paris"}),
    # The export includes the notes, so it needs both scopes.
    "get export": Route(ACT),
    "get facet_list": Route(CATALOG),
    "get search": Route(CATALOG, query="?q=moon"),
    "get category_list": Route(CATALOG),
    "get category_detail": Route(CATALOG),
    "get publication_list": Route(CATALOG),
    "get publication_detail": Route(CATALOG),
    "get publication_changes": Route(CATALOG),
    "get publication_issue": Route(CATALOG),
    "get cluster_list": Route(CATALOG),
    "get cluster_detail": Route(CATALOG),
    "get issue_detail": Route(CATALOG),
    "get tag_list": Route(CATALOG),
    "get tag_detail": Route(CATALOG),
    "post category_list": edited({"name": "Letters"}, 201),
    "patch category_detail": edited({"name": "Letters"}, headers=AT),
    "post publication_list": edited(
        {"name": "Coast", "category": "{category}", "author": "x"} | PUBLICATION, 201
    ),
    "patch publication_detail": edited(
        {"name": "Coast", "category": "{category}", "author": "B. Wave"} | PUBLICATION, headers=AT
    ),
    "post cluster_list": edited({"title": "Winds", "blurb": "What blows."}, 201),
    "put cluster_order": edited({"clusters": ["empty", "{cluster}"]}),
    "patch cluster_detail": edited({"title": "Winds", "blurb": "Below."}, headers=AT),
    "post cluster_merge": edited({"into": "{empty_cluster}"}),
    "post cluster_split": edited({"title": "Winds", "blurb": "x", "issues": ["{issue}"]}, 201),
    "post issue_list": edited({"publication": "{publication}"} | ISSUE, 201),
    "patch issue_detail": edited(ISSUE | {"reviewed": True, "archived": True}, headers=AT),
    "post issue_bulk": edited({
        "issues": ["{issue}"], "tier": 1, "cluster": "empty", "at": 1, "add_tags": ["surf"],
        "remove_tags": ["stone"], "reviewed": True, "archived": True}),
    "get issue_history": CURATED_READ,
    "post tag_rename": edited({"name": "Rock"}),
    "post tag_merge": edited({"into": "{other_tag}"}),
    "post tag_split": edited({"names": ["Rock", "Lava"]}),
    "post tag_restore": edited({}, path={"tag": "retired_tag"}),
    "delete tag_detail": edited(query="?reason=why"),
    "get batch_list": CURATED_READ,
    "get batch_detail": CURATED_READ,
    "get batch_changes": CURATED_READ,
    "post batch_revert": edited({"kind": "issue", "object": "{issue}"}),
    "get conflict_list": CURATED_READ,
    "post conflict_settle": edited({"conflicts": ["{conflict}"], "take": "theirs"}),
    "post conflict_reopen": edited({"reopen": "{settled}"}, logged=False),
    "get walk": CURATED_READ,
    "get issue_proposals": CURATED_READ,
    "get duplicate_list": CURATED_READ,
    "post duplicate_dismiss": edited(PAIR, logged=False),
    "post duplicate_restore": edited(PAIR, logged=False),
    "post load_list": edited({
        "text": "{new_file}", "format": "json", "source": "api", "dry_run": False, "take": None,
        "prune": True}),
    "get dump": CURATED_READ,
    "get dump_csv": CURATED_READ,
    "get dump_page": CURATED_READ,
}  # fmt: skip
READ_ROUTES = [where for where in ROUTES if where.startswith("get ")]
WRITE_ROUTES = [where for where in ROUTES if not where.startswith("get ")]
BODY_ROUTES = [where for where, route in ROUTES.items() if route.body is not None]
LOGGED_ROUTES = [where for where, route in ROUTES.items() if route.is_logged]


def address_of_route(world: api_world.World, where: str, **things: Any) -> str:
    """Return the URL of a route, with its query; `things` replace objects of the world."""
    route = ROUTES[where]
    named = world.things | {key: world.things[each] for key, each in route.path.items()} | things
    name = where.split()[1]
    return api_world.address(name, named) + filled(route.query, world.things)


def ask(
    world: api_world.World, who: str, where: str, *, method: str = "", body: Any = None,
    headers: dict[str, str] | None = None,
) -> Any:  # fmt: skip
    """Send the request of a route with the token of a client."""
    route = ROUTES[where]
    body = filled(route.body, world.things) if body is None else body
    sent = world.headers[who] | route.headers | (headers or {})
    return api_world.send(method or where.split()[0], address_of_route(world, where), body, **sent)
