"""The catalog document as JSON: the open interchange format `readingroom.catalog/1`."""

import datetime
import difflib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Set
from typing import Any, NamedTuple

from msgspec import UNSET, Struct, inspect, structs

from catalog.interchange.document import (
    FORMAT,
    INTERNAL_FIELDS,
    ClusterEntry,
    Document,
    FileProblem,
    IssueEntry,
    PublicationEntry,
)
from catalog.interchange.formats.dates import Dates
from catalog.interchange.formats.values import stripped
from catalog.text import quoted

# Longer numbers cannot be counts; Python refuses to read more than 4,300 digits.
_LONGEST_NUMBER = 20
_SHORT_LIST = 10_000


class _Unreadable:
    """A value that JSON allows and the document does not: NaN, or a number that is too long."""

    def __init__(self, found: str) -> None:
        self.found = found


class _Object(dict[str, Any]):
    """A JSON object, with the keys that it has twice."""

    repeated: tuple[str, ...] = ()


def _json_object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        counted = Counter(key for key, _ in pairs)
        made.repeated = tuple(key for key, count in counted.items() if count > 1)
    return made


def _json_number(digits: str) -> int | _Unreadable:
    if len(digits) > _LONGEST_NUMBER:
        return _Unreadable(f"a number of {len(digits):,} digits")
    return int(digits)


def is_json(text: str) -> bool:
    """Tell whether a text begins as JSON does, with an object or a list, or is a list of values."""
    if re.fullmatch(r"\s*\[[\s0-9.,eE+-]*\]\s*", text[:_SHORT_LIST]):
        return True
    return re.match(r'\s*(\{\s*($|["}])|\[\s*($|[\[{"\]]))', text) is not None


def parse_json(text: str) -> tuple[Document, list[FileProblem]]:
    """Read a document; every fault is reported at the path of its field."""
    reader = _JsonReader()
    try:
        root = json.loads(
            text, object_pairs_hook=_json_object, parse_int=_json_number, parse_constant=_Unreadable
        )
    except json.JSONDecodeError as error:
        return Document(), [_syntax_problem(text, error)]
    except RecursionError:
        return Document(), [
            FileProblem("error", "JSON nested too deep, expected a catalog document")
        ]
    document = reader.document(root)
    return document, reader.problems + reader.dates.settle() + reader.unknown_keys()


def _syntax_problem(text: str, error: json.JSONDecodeError) -> FileProblem:
    """Return a problem that says where JSON breaks off, and within which element the file ends."""
    place = f"at line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
        message = f"the file ends in mid-document {place}, expected the rest of the JSON"
        return FileProblem("error", message, str(error.lineno), _last_title(text))
    found = text[error.pos : error.pos + 80].partition("\n")[0]
    expected = "nothing after the document" if error.msg == "Extra data" else "JSON"
    message = f"{quoted(found)} found {place}, expected {expected}"
    if expected == "JSON":
        message += f": {error.msg[0].lower()}{error.msg[1:]}"
    return FileProblem("error", message, str(error.lineno))


def _last_title(text: str) -> str:
    """Return the last whole title or name in a document that is cut off, or ""."""
    found = re.findall(r'"(?:title|name)"\s*:\s*("(?:[^"\\]|\\.)*")', text)
    try:
        return str(json.loads(found[-1])) if found else ""
    except json.JSONDecodeError:
        return ""


class _Field(NamedTuple):
    """The accepted values of a struct's field: its kind, the kind of its items, and null."""

    kind: type
    is_nullable: bool


def _fields(struct: type[Struct]) -> dict[str, _Field]:
    """Map the fields of a struct to their accepted values, in the order of dumps."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    fields = {}
    for field in info.fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        if field.name not in INTERNAL_FIELDS:
            is_nullable = any(isinstance(kind, inspect.NoneType) for kind in kinds)
            fields[field.name] = _Field(type(kinds[0]), is_nullable)
    return fields


_FIELDS: dict[type[Struct], dict[str, _Field]] = {
    struct: _fields(struct) for struct in (PublicationEntry, ClusterEntry, IssueEntry)
}
_EXPECTED: dict[type, str] = {
    inspect.StrType: "a text",
    inspect.IntType: "a whole number",
    inspect.BoolType: "true or false",
    inspect.DateType: "a day as “2023-11-24”",
    inspect.ListType: "a list",
}


class _JsonReader:
    """Walks a document that JSON took, and builds the structs."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []
        self.dates = Dates(is_strict=True)
        # For each unknown key: its first position, its number of uses, and the known keys there.
        self.unknown: dict[str, tuple[str, int, Collection[str]]] = {}
        # The title of the issue or cluster that is being read.
        self.title = ""

    def error(self, where: str, message: str) -> None:
        self.problems.append(FileProblem("error", message, where, self.title))

    def wrong(self, where: str, found: object, expected: str) -> None:
        self.error(where, f"{_described(found)} found, expected {expected}")

    def document(self, root: object) -> Document:
        if not isinstance(root, _Object):
            self.wrong("", root, "an object with “format” and “publications”")
            return Document()
        self.check_keys("", root, {"format", "room", "publications"})
        if "format" not in root:
            self.error("format", f"nothing found, expected {quoted(FORMAT)}")
        elif root["format"] != FORMAT:
            self.wrong("format", root["format"], quoted(FORMAT))
        if "publications" not in root:
            self.error("publications", "nothing found, expected a list")
        room = root.get("room", "")
        if not isinstance(room, str):
            self.wrong("room", room, "a text")
            room = ""
        return Document(
            room=room,
            publications=[
                self.publication(where, given)
                for where, given in self.objects("publications", root.get("publications", []))
            ],
        )

    def publication(self, where: str, given: _Object) -> PublicationEntry:
        self.title = ""
        values = self.values(PublicationEntry, where, given, {"clusters", "issues"})
        made = PublicationEntry(**values, where=where)
        if "clusters" in given:
            made.clusters = [
                self.cluster(path, item)
                for path, item in self.objects(f"{where}.clusters", given["clusters"])
            ]
        made.issues = self.issues(where, given, "")
        return made

    def cluster(self, where: str, given: _Object) -> ClusterEntry:
        self.title = _title_of(given)
        values = self.values(ClusterEntry, where, given, {"issues"})
        return ClusterEntry(**values, issues=self.issues(where, given, self.title), where=where)

    def issues(self, where: str, given: _Object, title: str) -> list[IssueEntry]:
        made = []
        self.title = title
        for path, item in self.objects(f"{where}.issues", given.get("issues", [])):
            self.title = _title_of(item)
            issue = IssueEntry(**self.values(IssueEntry, path, item, {"date"}), where=path)
            self.date(issue, f"{path}.date", item)
            made.append(issue)
            self.title = title
        self.title = ""
        return made

    def date(self, issue: IssueEntry, path: str, given: _Object) -> None:
        """Set the date of an issue; errors are reported together with those of other issues."""
        found = given.get("date", "")
        if isinstance(found, str):
            self.dates.add(issue, path, stripped(found))
        else:
            self.wrong(path, found, _EXPECTED[inspect.DateType])

    def objects(self, where: str, given: object) -> Iterator[tuple[str, _Object]]:
        """Yield path and object for each item of a list; report items that are not objects."""
        if not isinstance(given, list):
            self.wrong(where, given, "a list")
            return
        for number, item in enumerate(given):
            path = f"{where}[{number}]"
            if isinstance(item, _Object):
                yield path, item
            else:
                self.wrong(path, item, "an object")

    def check_keys(self, where: str, given: _Object, known: Set[str]) -> None:
        for key in given.repeated:
            self.error(where, f"field {quoted(key)} found twice, expected it once")
        for key in given:
            if key not in known:
                first, count, names = self.unknown.get(key, (where, 0, known - given.keys()))
                self.unknown[key] = first, count + 1, names

    def unknown_keys(self) -> list[FileProblem]:
        """Return a warning for each key that was passed over, once for all places."""
        problems = []
        for key, (where, count, known) in self.unknown.items():
            more = f", here and {count - 1:,} times more" if count > 1 else ""
            near = difflib.get_close_matches(key, known, 1)
            hint = f"; if it is {quoted(near[0])}, rename it" if near else ""
            message = f"field {quoted(key)} is not known and was passed over{more}{hint}"
            problems.append(FileProblem("warning", message, where))
        return problems

    def values(
        self, struct: type[Struct], where: str, given: _Object, children: set[str]
    ) -> dict[str, Any]:
        """Return the plain fields of an object; report and leave out values of a wrong type.

        A missing required text is returned as "", and validation reports it.
        """
        fields = _FIELDS[struct]
        self.check_keys(where, given, fields.keys())
        # Invalid dates are reported at the end; until then the checks of the issue continue.
        made: dict[str, Any] = {"date": datetime.date.min} if struct is IssueEntry else {}
        for name, field in fields.items():
            if name in children:
                continue
            path = f"{where}.{name}"
            if name in given:
                value = self.value(path, given[name], field)
                if value is not UNSET:
                    made[name] = value
                    continue
            if name in _REQUIRED[struct]:
                made[name] = "?" if name in given else ""
        return made

    def value(self, path: str, found: object, field: _Field) -> Any:
        """Return a field's value, or UNSET where it is of a wrong type, which is reported."""
        if found is None and field.is_nullable:
            return None
        if field.kind is inspect.StrType and isinstance(found, str):
            return stripped(found)
        if field.kind is inspect.BoolType and isinstance(found, bool):
            return found
        if field.kind is inspect.IntType and type(found) is int:
            return found
        if field.kind is inspect.ListType and isinstance(found, list):
            return self.texts(path, found)
        self.wrong(path, found, _EXPECTED[field.kind] + (" or null" if field.is_nullable else ""))
        return UNSET

    def texts(self, path: str, found: list[object]) -> list[str]:
        texts = []
        for number, item in enumerate(found):
            if isinstance(item, str):
                texts.append(stripped(item))
            else:
                self.wrong(f"{path}[{number}]", item, "a text")
        return texts


_REQUIRED: dict[type[Struct], set[str]] = {
    struct: {field.name for field in structs.fields(struct) if field.required} for struct in _FIELDS
}


def _title_of(given: _Object) -> str:
    title = given.get("title")
    return stripped(title) if isinstance(title, str) else ""


def _described(found: object) -> str:
    """Name a JSON value as a message shows it."""
    if isinstance(found, _Unreadable):
        return found.found
    if found is None or isinstance(found, bool):
        return json.dumps(found)
    if isinstance(found, str):
        return quoted(found)
    if isinstance(found, dict):
        return "an object"
    return "a list" if isinstance(found, list) else f"the number {found}"


def serialize_json(document: Document) -> tuple[str, list[str]]:
    """Write a document, complete except for tag lines that have not been split."""
    root = {
        "format": FORMAT,
        **({"room": document.room} if document.room else {}),
        "publications": [_written(publication) for publication in document.publications],
    }
    unsplit = sum(
        1
        for publication in document.publications
        for _, _, issue in publication.placed_issues()
        if issue.tags is UNSET and issue.tag_line
    )
    notes = [f"left out: {unsplit} tag lines that are not split into tags"] if unsplit else []
    return json.dumps(root, indent=2, ensure_ascii=False) + "\n", notes


# The empty value of each kind; null for other kinds.
_EMPTY: dict[type, Any] = {inspect.StrType: "", inspect.ListType: [], inspect.BoolType: False}


def _written(item: PublicationEntry | ClusterEntry | IssueEntry) -> dict[str, Any]:
    """Return a struct as JSON values, with every field in order.

    A missing slug is left out, and so are the clusters of a publication without information about
    clusters, because empty values would have another meaning.
    """
    made = {}
    for name, field in _FIELDS[type(item)].items():
        value = getattr(item, name)
        if value is UNSET and name in {"slug", "clusters"}:
            continue
        if name in {"clusters", "issues"}:
            value = [_written(child) for child in value]
        elif value is UNSET or value is None:
            value = _EMPTY.get(field.kind)
        elif isinstance(value, datetime.date):
            value = value.isoformat()
        made[name] = value
    return made
