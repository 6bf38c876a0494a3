"""Hostile requests get a problem, and never a 5xx."""

import json
from io import BytesIO
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Note, User
from catalog.rest.views import Endpoint
from tests.readingroom import api_world

pytestmark = pytest.mark.django_db
JSON = "application/json"
TOO_LARGE = 2_621_441
HUGE = "9" * 30
DEEP = 20_000


class Case(NamedTuple):
    """One request: `path` is an endpoint's name, or an address; `status` is what it answers."""

    what: str
    method: str
    path: str
    body: Any = b""
    status: int | tuple[int, ...] = 400
    kind: str = JSON
    headers: dict[str, str] = {}

    @property
    def statuses(self) -> tuple[int, ...]:
        return self.status if isinstance(self.status, tuple) else (self.status,)


def mark(text: str, status: int = 400, what: str = "", **more: Any) -> Case:
    """Return the case of a body, as it is written, of an issue's state."""
    return Case(what or text[:40], "put", "issue_reading", text, status, **more)


def list_of(query: str, status: int = 422, name: str = "issue_list") -> Case:
    return Case(f"{name}?{query[:60]}", "get", f"{name}?{query}", status=status)


def header(
    name: str, value: str, status: int | tuple[int, ...], path: str = "me", method: str = "get"
) -> Case:
    body = '{"body": "Another"}' if path == "note" else ""
    return Case(f"{name}: {value[:40]!r}", method, path, body, status, headers={name: value})


BODIES = [
    mark('{"state": ' + "[" * DEEP + "]" * DEEP + "}", what="arrays nested deep"),
    mark('{"state":' * DEEP + "1" + "}" * DEEP, what="objects nested deep"),
    mark('{"state": ' + "[" * DEEP, what="arrays that are opened alone"),
    mark('{"state": ' + "[" * 400 + "]" * 400 + "}", 422, what="arrays nested a little"),
    mark('{"state": ' + "9" * 5_000 + "}", what="a number of 5,000 digits"),
    mark('{"state": -' + "9" * 5_000 + "}", what="a negative number of 5,000 digits"),
    mark('{"state": 0.' + "9" * 5_000 + "}", 422, what="a fraction of 5,000 digits"),
    mark('{"state": 1e400}', 422),
    mark('{"state": 1e' + "9" * 5_000 + "}", 422, what="an exponent of 5,000 digits"),
    mark('{"state": NaN}'),
    mark('{"state": -Infinity}'),
    mark('{"state": "read\\u0000"}', 422),
    mark('{"state": "read\0"}', what="a NUL within a string"),
    mark('{"state": "read"}\0', what="a NUL behind it all"),
    mark('{"state": "\\ud800"}'),
    mark('{"\\udfff": "read"}'),
    mark('{"state": "\\ud83d\\ude00"}', 422),
    mark('{"state": "read", "state": "read"}'),
    mark('{"state": "read", "on": {"a": 1, "a": 2}}'),
    mark('\ufeff{"state": "read"}', what="a byte order mark"),
    mark('[{"state": "read"}]'),
    mark('"read"'),
    mark("1"),
    mark("null"),
    mark("true"),
    mark(" ", what="blank"),
    mark("", 400, what="empty"),
    mark("{", what="cut off"),
    mark('{"state": "read",}'),
    mark("{'state': 'read'}"),
    mark('{"state": "read"} {}'),
    mark('{"state": "read"} // so', what="a comment"),
    mark('{"state": "re\nad"}', what="a line end within a string"),
    mark('{"state": ["read"]}', 422),
    mark('{"state": {"read": 1}}', 422),
    mark('{"state": true}', 422),
    mark('{"state": null}', 422),
    mark('{"state": "READ"}', 422),
    mark('{"state": "read", "on": 20240305}', 422),
    mark('{"state": "read", "on": "2024-02-30"}', 422),
    mark('{"state": "read", "on": "99999"}', 422),
    mark('{"state": "read", "on": "٢٠٢٤"}', 422),
    mark('{"state": "read", "on": "0000"}', 422),
    mark('{"state": "read", "on": ""}', 422),
    mark('{"state": "read", "issue": 1}', 422),
    mark('{"state": "read", "__proto__": {}, "constructor": 1}', 422),
    mark('{"state": "' + "x" * 1_000_000 + '"}', 422, what="a string of a million characters"),
    mark("{" + ", ".join(f'"{n}": 0' for n in range(50_000)) + "}", 422, what="50,000 fields"),
    Case("not UTF-8", "put", "issue_reading", b'{"state": "\xff\xfe"}'),
    Case("UTF-16", "put", "issue_reading", '{"state": "read"}'.encode("utf-16")),
    Case("a surrogate in UTF-8", "put", "issue_reading", b'{"state": "\xed\xa0\x80"}'),
    Case("an overlong NUL", "put", "issue_reading", b'{"state": "\xc0\x80"}'),
    Case("a body that is zipped", "put", "issue_reading", b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xab\x56"),
    Case("too large", "put", "issue_reading", b" " * TOO_LARGE, 413),
    Case("too large, in another form", "put", "issue_reading", b"a=" + b"x" * TOO_LARGE,
         (413, 415), "application/x-www-form-urlencoded"),
    Case("too large, to nowhere", "post", "/api/v1/nothing", b" " * TOO_LARGE, 404),
    Case("a list that is too long", "put", "queue",
         json.dumps({"issues": list(range(1, 200_000))}), 422),
    Case("a list of one thing", "put", "queue", json.dumps({"issues": [1] * 100_000}), 422),
    Case("marks that are too many", "post", "reading_bulk",
         json.dumps({"marks": [{"issue": n, "state": "read"} for n in range(501)]}), 422),
    Case("marks that are none", "post", "reading_bulk", '{"marks": [1, null, [], "x", {}]}', 422),
    Case("a list that is an object", "post", "reading_bulk", '{"marks": {"0": {}}}', 422),
    *(Case(f"an issue {value[:30]}", "post", "note_list", f'{{"issue": {value}, "body": "x"}}',
           status)
      for value, status in (
          (HUGE, 400), ("9223372036854775808", 422), ("9223372036854775807", 422), ("-1", 422),
          ("0", 422), ("1.0", 422), ("1e3", 422), ('"1"', 422), ("true", 422), ("null", 422),
          ("[1]", 422), ('{"id": 1}', 422),
      )),
    *(Case(f"a note {text}", "post", "note_list", f'{{"issue": 1, "body": "{text}"}}', status)
      for text, status in (
          ("a\\u0000b", 422), ("a\\u001bb", 422), ("\\ud800", 400), ("\\udc00\\ud800", 400),
          ("   ", 422), ("", 422),
      )),
    Case("a note that is too long", "post", "note_list",
         json.dumps({"issue": 1, "body": "x" * 1_000_000}), 422),
    Case("a view's filter", "post", "view_list",
         json.dumps({"name": "x", "query": "&".join(f"a{n}=1" for n in range(5_000))}),
         (413, 422)),
    Case("a view's filter with a NUL", "post", "view_list",
         '{"name": "x", "query": "q=a%00b&tag=%00&after=%00"}', (201, 422)),
    Case("a view's filter that is not UTF-8", "post", "view_list",
         '{"name": "x", "query": "q=%ff%fe"}', (201, 422)),
    Case("a time zone that is a path", "patch", "me", '{"time_zone": "../../etc/passwd"}', 422),
    Case("a time zone with a NUL", "patch", "me", '{"time_zone": "Europe/Paris\\u0000"}', 422),
    Case("a batch beyond all", "put", "changes_seen", '{"batch": 9223372036854775808}', 422),
]  # fmt: skip

FORMS = [
    *(mark('{"state": "read"}', 415, kind, kind=kind)
      for kind in (
          "text/plain", "text/json", "application/x-www-form-urlencoded", "application/xml",
          "multipart/form-data", "multipart/form-data; boundary=x", "application/jsonp", "///",
          "json", "application/json\0",
      )),
    Case("a form that is broken", "put", "issue_reading", b"--x\r\nbroken", (400, 415),
         "multipart/form-data; boundary=x"),
    mark('{"state": "read"}', 200, "a charset that is right", kind=f"{JSON}; charset=utf-8"),
    mark('{"state": "read"}', 415, "a charset that is none", kind=f"{JSON}; charset=nonsense"),
    Case("another charset", "put", "issue_reading", '{"on": "é"}'.encode("latin-1"), 415,
         f"{JSON}; charset=latin-1"),
]  # fmt: skip

ADDRESSES = [
    Case("an encoded slash", "get", "/api/v1/notes/1%2F..%2F2", status=404),
    Case("dots", "get", "/api/v1/../v1/me/..", status=404),
    Case("an issue beyond all", "put", f"/api/v1/issues/{HUGE}/reading", '{"state": "read"}', 404),
    Case("year 0", "get", "/api/v1/progress/0", status=404),
    Case("a year far ahead", "get", "/api/v1/progress/99999999999999999999", status=404),
    Case("the last year", "get", "/api/v1/progress/9999", status=200),
    Case("the first year", "get", "/api/v1/progress/1", status=200),
]  # fmt: skip

QUERIES = [
    *(list_of(query)
      for query in (
          "after=" + HUGE, "after=", "after=%00", "after=-1", "after=2024-13-45.1", "after=1.1.1",
          "after=%F0%9F%8C%8A", "after=2024-01-01.99999999999999999999", "sort=title&after=%00.1",
          "limit=1000", "page=2", "format=json", "_method=DELETE", "count=all", "count=",
          "tier=9", "tier=%00", "tag=%00", "tag=nothing", "cluster=/", "cluster=a/b/c",
          "year=%D9%A2", "q=%00", "q=tag:%00",
          "date_from=2024-02-30", "date_from=99999-01-01", "date_to=%00", "words_max=" + HUGE,
          "words_max=-1", "words_max=1e3", "words_max=%D9%A2.5", "sort=random", "link=maybe",
          "q=" + "x" * 20_000, "date_from=2024-02-01&date_to=2024-01-01",
          "&".join(f"tag=t{n}" for n in range(30)), "%00=1", "%ff=1", "=1",
      )),
    *(list_of(query, 200)
      for query in (
          "q=%ff%fe", "q=" + "(" * 900, "q=" + "%22" * 99, "q=-", "q=*", "q=AND+OR+NOT",
          "q=" + "a+" * 2_000, "q=after:0000-99-99", "q=%F0%9F%8C%8A", "count=exact",
      )),
    Case("a thousand parameters too many", "get",
         "issue_list?" + "&".join(f"tag=t{n}" for n in range(2_000)), status=(400, 413, 422)),
    *(list_of(query, name="note_list")
      for query in ("issue=" + HUGE, "issue=0", "issue=x", "kind=x", "tag=%00", "after=%00",
                    "publication=" + "x" * 5_000, "cluster=" + HUGE, "kind=note&kind=quote")),
    *(list_of(query, name="reading_list")
      for query in ("state=unread", "state=%00", "issue=" + HUGE, "read_from=2024", "after=x",
                    "publication=%00", "read_from=%D9%A2%D9%A0%D9%A2%D9%A4-01-01")),
    *(list_of(query, name="changes") for query in ("since=" + HUGE, "since=-1", "since=%00")),
    *(list_of(query, name="progress_coverage")
      for query in ("publication=%00", "publication=" + HUGE, "")),
]  # fmt: skip

HEADERS = [
    *(header("Accept", value, status)
      for value, status in (
          ("text/html", 406), ("application/xml", 406), ("text/html, image/*", 406),
          ("", (200, 406)), ("application/json", 200), ("*/*", 200),
          ("application/*", 200), (";;;", 406),
          ("application/json; indent=999999999999", 200), ("application/json; indent=x", 200),
          ("application/json; q=nonsense", 200), ("/", 406), ("a" * 50_000, 406), ("é\0", 406),
      )),
    *(header("Authorization", value, 401)
      for value in (
          "", "Bearer", "Bearer ", "Bearer \0", "Bearer é", "Bearer rr_\udcff".encode(
              "utf-8", "surrogateescape").decode("latin-1"),
          "Bearer a b c", "Bearer rr_" + "x" * 100_000, "Basic cmVhZGVyOng=", "Token x",
          "x" * 9_999, "Bearer,Bearer", 'Digest username="x"', "bearer: x",
      )),
    *(header("If-None-Match", value, status)
      for value, status in (
          ('"', 200), ("W/", 200), ("", 200), ("\0", 200), ('"' * 9_999, 200), ("x" * 100_000, 200),
          (", ".join(f'"{n}"' for n in range(9_999)), 200),
      )),
    *(header("If-Match", value, 412, "note", "patch")
      for value in ('""', f'"{HUGE}"', '"-1"', 'W/"x"',
                    ", ".join(f'"{n}"' for n in range(100, 9_999)))),
    *(header("If-Match", value, 428, "note", "patch")
      for value in ('"', "abc", "", "\0", "1", '"1', "٢")),
    header("Cookie", "sessionid=\0; csrftoken=\0", 200),
    header("Cookie", "sessionid=" + "x" * 9_999, 200),
    header("Cookie", ";=;=;", 200),
    header("Range", "bytes=0-1", 200),
    header("Origin", "null", 200),
    header("X-Forwarded-Proto", "javascript", 200),
    header("X-Requested-With", "XMLHttpRequest", 200),
    header("HX-Request", "true\0", 200),
    header("Host", "evil.example", 400),
    header("Host", "local host\0", 400),
    header("X-Forwarded-Host", "evil.example", 200),
    header("Content-Encoding", "gzip", 200),
]  # fmt: skip

OTHERS = [
    *(Case(f"method {method}", method, "me", status=405)
      for method in ("trace", "connect", "propfind", "foo", "put", "post", "delete")),
    Case("another method, said in a header", "post", "note_list",
         '{"issue": "{issue}", "body": "x"}', 201,
         headers={"X-HTTP-Method-Override": "DELETE", "X-HTTP-Method": "DELETE",
                  "X-Method-Override": "DELETE"}),
    Case("another method, said in a form", "post", "note", b"_method=DELETE", 405,
         "application/x-www-form-urlencoded"),
    Case("a body where none is read", "get", "me", b"\xff" * 1_000, 200),
    Case("a body to delete with", "delete", "view", b"\xff", (204, 400)),
    Case("a write with a parameter", "patch", "me?time_zone=UTC", "{}", 422),
    Case("undoing with a list", "post", "act_undo", "[]", 400),
    Case("undoing with a field", "post", "act_undo", '{"force": true}', 422),
]  # fmt: skip


def curating(method: str, path: str, status: Any = 422, **body: Any) -> Case:
    """Return the case of a body of what curators do; `*` stands for the version that is meant."""
    text = json.dumps(body)
    return Case(
        f"{method} {path} {text[:60]}", method, path, text, status, headers={"If-Match": "*"}
    )


BAD_TEXTS = ("a\0b", "\x1b[31m", "x" * 200_000, "", " ", 1, None, ["x"], {"a": 1}, True)
BAD_IDS = (2**63, -1, 1.5, True, None, [1], {"id": 1}, "\0", "x" * 5_000, "", 10**18)
CURATING = [
    *(curating("patch", "issue_detail", title=text) for text in BAD_TEXTS),
    *(curating("patch", "issue_detail", tier=tier) for tier in (0, 6, -1, 2**63, "5", 4.0, True)),
    *(curating("patch", "issue_detail", words=words) for words in (-1, 2**31, 2**63, "9", 1.5)),
    *(curating("patch", "issue_detail", date=date)
      for date in ("2024-02-30", "0000-01-01", "10000-01-01", "٢٠٢٤-٠١-٠١", 20240101, None, "")),
    *(curating("patch", "issue_detail", url=url)
      for url in ("javascript:alert(1)", "data:text/html,x", "//x", "http://", "http://[::1",
                  "https://x.org/a\nb", "x" * 3_000, 1)),
    *(curating("patch", "issue_detail", tags=tags)
      for tags in ("moon", ["x" * 5_000], ["a\0"], [[]], [None], [str(n) for n in range(20_000)],
                   {"0": "a"})),
    *(curating("patch", "issue_detail", cluster=each) for each in BAD_IDS if each is not None),
    curating("patch", "issue_detail", at=2**63), curating("patch", "issue_detail", at=-1),
    curating("patch", "issue_detail", summary="\0"), curating("patch", "issue_detail", id=2),
    curating("patch", "issue_detail", version=9), curating("patch", "issue_detail", reason="\0"),
    curating("patch", "issue_detail", 400, title="\ud800"),
    *(curating("post", "issue_bulk", issues=issues, tier=1)
      for issues in ([2**63], [-1], ["x"], [True], [], [1] * 100_000, "1", None, {"0": 1}, [[1]],
                     list(range(1, 100_000)))),
    curating("post", "issue_bulk", issues=[1], tags=["a"], add_tags=["b"]),
    curating("post", "issue_bulk", issues=[1]),
    *(curating("post", "issue_list", publication=each, title="x", date="2024-01-01")
      for each in BAD_IDS),
    *(curating("post", "publication_list", name=text, category="science", author="x")
      for text in BAD_TEXTS),
    *(curating("patch", "publication_detail", **{name: value})
      for name, value in (
          ("homepage", "javascript:alert(1)"), ("feed", "\0"), ("issue_count", -1),
          ("issue_count", 2**63), ("category", 2**63), ("category", "\0"), ("slug", "admin"),
          ("description", "\0"), ("site", "x" * 5_000),
      )),
    *(curating("post", "category_list", name=text) for text in BAD_TEXTS),
    *(curating("post", "cluster_list", title=text) for text in BAD_TEXTS),
    *(curating("put", "cluster_order", clusters=each)
      for each in ([2**63], ["\0"], [], "1", [None], list(range(1, 50_000)))),
    *(curating("post", "cluster_split", title="x", issues=each)
      for each in ([], [2**63], ["1"], list(range(50_000)))),
    *(curating("post", "cluster_merge", into=each) for each in BAD_IDS),
    *(curating("post", "tag_rename", name=text) for text in BAD_TEXTS),
    *(curating("post", "tag_split", names=each)
      for each in ([], ["a"], ["a", "A"], ["\0", "b"], ["x" * 5_000, "b"], "ab",
                   [str(n) for n in range(20_000)], [None, 1])),
    *(curating("post", "tag_merge", into=each) for each in BAD_IDS),
    *(curating("post", "duplicate_dismiss", one=each, other="moon-rock") for each in BAD_IDS),
    curating("post", "duplicate_dismiss", one="moon-rock", other="moon-rock"),
    *(curating("post", "conflict_settle", conflicts=each, take="theirs")
      for each in ([], [2**63], ["x"], 1, list(range(1, 50_000)))),
    curating("post", "conflict_settle", take="theirs"),
    curating("post", "conflict_settle", conflicts=[1], take="both"),
    curating("post", "batch_revert", kind="issue"), curating("post", "batch_revert", object=1),
    curating("post", "batch_revert", kind="user", object=1),
    curating("post", "batch_revert", kind="issue", object=2**63),
    curating("post", "batch_revert", kind="issue", object="1"),
    *(curating("post", "load_list", text=text)
      for text in ("", "\0", "{", "[]", "null", "[" * 20_000, '{"a":' * 20_000, "9" * 5_000,
                   "<html>", "\ufeff{}", "a,b\n1,2", "x" * 1_000_000, 1, None,
                   '{"publications": 1}', "\x1b")),
    curating("post", "load_list", text="{}", format="exe"),
    curating("post", "load_list", text="{}", take="both"),
    curating("post", "load_list", text="{}", source="x" * 5_000),
    curating("post", "load_list", text="{}", dry_run="no"),
    curating("post", "load_list", 400, text="\ud800"),
    *(list_of(query, status, name)
      for name, query, status in (
          ("dump", "format=exe", 422), ("dump", "publication=%00", 404), ("dump", "format=", 422),
          ("dump", f"publication={HUGE}", 404), ("search", "q=%00", (200, 422)),
          ("search", "q=" + "x" * 20_000, (200, 422)), ("search", "q=%ff", 200),
          ("search", "q=a&q=b", (200, 422)), ("search", "", 200), ("facet_list", "tier=9", 422),
          ("facet_list", "after=1", 422), ("tag_list", "q=%00", (200, 422)),
          ("tag_list", "after=" + HUGE, 200), ("tag_list", "after=%00", 422),
          ("batch_list", "after=%00", 422), ("conflict_list", "publication=%00", (404, 422)),
          ("publication_list", "category=%00", (404, 422)), ("publication_list", "after=%00", 422),
          ("publication_changes", "after=%00", 422), ("publication_changes", "after=" + HUGE, 422),
          ("cluster_detail", "after=%00", 422), ("cluster_list", "after=-1", 422),
          ("duplicate_list", "after=1", 422), ("issue_detail", "full=1", 422),
      )),
    Case("a reason with a NUL", "delete", "tag_detail?reason=%00", status=422),
    Case("a reason that is long", "delete", f"tag_detail?reason={'x' * 5_000}", status=422),
    Case("restoring what is a tag", "post", "tag_restore", "{}", (200, 409, 422)),
]  # fmt: skip
CASES = BODIES + FORMS + ADDRESSES + QUERIES + HEADERS + OTHERS + CURATING


@pytest.fixture(autouse=True)
def _no_throttle(monkeypatch):
    monkeypatch.setattr(Endpoint, "throttle_classes", ())


def send(world, case, who="reader"):
    path, _, query = case.path.partition("?")
    if not path.startswith("/"):
        path = api_world.address(path, world.things)
    body = case.body.replace('"{issue}"', str(world.things["issue"])) if case.body and isinstance(
        case.body, str) else case.body  # fmt: skip
    headers = world.headers[who] | case.headers
    return Client().generic(
        case.method.upper(), f"{path}?{query}" if query else path, body, case.kind, headers=headers
    )


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return api_world.make_world()


@pytest.mark.full
@pytest.mark.parametrize("cases", [
    pytest.param(BODIES, id="bodies"), pytest.param(FORMS, id="forms"),
    pytest.param(ADDRESSES, id="addresses"), pytest.param(QUERIES, id="queries"),
    pytest.param(HEADERS, id="headers"), pytest.param(OTHERS, id="others"),
    pytest.param(CURATING, id="curating"),
])  # fmt: skip
def test_hostile_request_gets_its_status_and_a_problem(world, cases):
    wrong = []
    for case in cases:
        with transaction.atomic():
            response = send(world, case, "curator" if cases is CURATING else "reader")
            transaction.set_rollback(True)
        if response.status_code not in case.statuses:
            said = response.content[:300].decode(errors="replace")
            wrong.append(f"{case.what}: {response.status_code}, not {case.status}: {said}")
        elif response.status_code >= 400:
            wrong += [f"{case.what}: {each}" for each in faults(response)]
    assert not wrong, "\n".join(wrong)


def faults(response):
    """Yield what is wrong with a problem."""
    if response["Content-Type"] != "application/problem+json":
        yield f"is {response['Content-Type']}"
        return
    found = json.loads(response.content)
    for name, kind in (("type", str), ("title", str), ("status", int), ("detail", str)):
        if not isinstance(found.get(name), kind):
            yield f"has no {name}"
    if found["status"] != response.status_code:
        yield f"says {found['status']}"
    if len(response.content) > 200_000:
        yield f"is {len(response.content):,} bytes"
    if "Traceback" in response.content.decode() or "/site-packages/" in response.content.decode():
        yield "tells what is inside"


def test_there_are_enough_cases():
    assert len(CASES) >= 40
    names = [case.what for case in CASES]
    assert len(set(names)) == len(names)


def test_refused_notes_are_not_stored(world):
    notes = Note.objects.count()
    for case in BODIES:
        if case.path == "note_list":
            send(world, case)
    assert Note.objects.count() == notes


def test_unreadable_form_of_a_session_is_refused(world):
    for is_checked in (False, True):
        client = Client(enforce_csrf_checks=is_checked, headers={})
        client.force_login(User.objects.get(username="reader"))
        address = reverse("api:me")
        for kind in ("multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "///"):
            for token in ("", "\0", "x" * 9_999, "é"):
                response = client.generic(
                    "PATCH", address, b"\xff--x\0", kind, headers={"X-CSRFToken": token}
                )
                assert response.status_code in (400, 403, 415)
                assert not list(faults(response))


def test_wrong_content_length_is_no_server_error(world, rf):
    for length in ("-1", "x", "99999999999999999999", "1", "", "٢", "\0"):
        request = rf.generic(
            "PATCH", reverse("api:me"), b"{}", JSON, headers=world.headers["reader"]
        )
        sent = request.environ | {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"{}")}
        status, headers = [], {}

        def start(line, given, status=status, headers=headers):
            status.append(int(line.split()[0]))
            headers.update(given)

        with api_world.served() as application:
            b"".join(application(sent, start))

        assert status[0] in (200, 400, 413, 415, 422), length
        if status[0] >= 400:
            assert headers["Content-Type"] == "application/problem+json"
