"""The export of all of a reader's data."""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Act, Event, Note, Reading, SavedView, User
from catalog.models import Issue

# Rows that are read at once; of acts fewer, for each may have changed hundreds of issues.
ROWS_AT_ONCE = 500
ACTS_AT_ONCE = 50


def everything(user: User) -> Iterator[str]:
    """Yield one JSON document with all data of a reader, in pieces of bounded size.

    Its members, in this order:

    - `format`: `reading-room/reader`, and `format_version`: 1; additions keep the version.
    - `made_at`, an instant, and `version`, which counts the reader's writes. The last member is
      `version_at_end`; if the two differ, the reader has written something during the export.
    - `reader`: `username`, `first_name`, `last_name`, `email`, `joined_at`.
    - `settings`: `time_zone`, and `caught_up_batch`, the last change set marked as seen.
    - `issues`: the issues that the ids below refer to, each with `id`, `publication` and `slug`
      (which identify it in another installation with the same catalog), `title`, `date` and the
      original's `url`.
    - `queue`: ids of issues, in the reader's order.
    - `views`: `id`, `name`, `query`, `is_pinned`, `created_at`.
    - `readings`: `id`, `issue`, `state` (queued, reading, read); the dates `queued`, `started` and
      `read` as exactly as they are known (`2024-03-05`, `2024-03`, `2024`; null if unknown or not
      reached); `place` in the queue, lowest first; `marked_at`; `is_current`, which marks the
      reading that determines the state of the issue. Issues without readings are unread.
    - `notes`: `id`, `issue`, `kind` (note, quote), `quote`, `body` (Markdown), `version`,
      `created_at`, `created_on` (the reader's local date), `updated_at`, `deleted_at` (only for
      notes deleted in the last 30 days, else null), and `versions`: the texts before each save, the
      latest first, each with `version`, `kind`, `quote`, `body`, `saved_at`.
    - `history`: all reading actions, the oldest first: `id`, `kind` (mark, date, drop, move, undo),
      `at`, `on` (the reader's local date), `undoes` (an action, or null), and `events`, with for
      each changed issue its `issue` and its readings `before` and `after`, like `readings` without
      `issue` and `is_current`.

    Instants and dates are ISO 8601, instants in UTC. Secrets (password, tokens) are not included.
    """
    reader = User.objects.get(pk=user.pk)
    yield "{" + ",\n".join(f"{_json(name)}: {_json(value)}" for name, value in _head(reader))
    for name, rows in _lists(reader):
        yield f",\n{_json(name)}: ["
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}\n{_json(row)}"
        yield "]"
    version = User.objects.values_list("version", flat=True).get(pk=reader.pk)
    yield f",\n{_json('version_at_end')}: {version}}}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _head(reader: User) -> list[tuple[str, Any]]:
    return [
        ("format", "reading-room/reader"),
        ("format_version", 1),
        ("made_at", timezone.now().isoformat()),
        ("version", reader.version),
        ("reader", {
            "username": reader.username, "first_name": reader.first_name,
            "last_name": reader.last_name, "email": reader.email,
            "joined_at": reader.date_joined.isoformat(),
        }),
        ("settings", {"time_zone": reader.time_zone, "caught_up_batch": reader.caught_up_batch}),
    ]  # fmt: skip


def _lists(reader: User) -> Iterator[tuple[str, Iterable[Any]]]:
    mine = Reading.objects.of(reader)
    yield "issues", _export_issues(reader)
    yield "queue", mine.queued().values_list("issue", flat=True)
    yield "views", map(_export_view, SavedView.objects.filter(user=reader).order_by("pk"))
    yield "readings", map(_export_reading, _in_turn(mine, ROWS_AT_ONCE))
    notes = Note.objects.kept_of(reader).prefetch_related("versions")
    yield "notes", map(_export_note, _in_turn(notes, ROWS_AT_ONCE))
    acts = Act.objects.of(reader).prefetch_related("events")
    yield "history", map(_export_action, _in_turn(acts, ACTS_AT_ONCE))


def _in_turn[T: Any](rows: QuerySet[T], number: int) -> Iterator[T]:
    """Yield rows by id, some at a time: no query stays open while a slow client reads."""
    last = 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:number]):
        yield from chunk
        last = chunk[-1].pk


def _export_issues(reader: User) -> Iterator[dict[str, Any]]:
    """Yield the issues that anything of a reader's is about, archived ones too."""
    about: tuple[QuerySet[Any], ...] = (
        Reading.objects.of(reader),
        Note.objects.kept_of(reader),
        Event.objects.filter(act__user=reader),
    )
    ids = {pk for rows in about for pk in rows.order_by().values_list("issue", flat=True)}
    columns = ("id", "publication__slug", "slug", "title", "date", "url")
    for some in batched(sorted(ids), ROWS_AT_ONCE):
        rows = Issue.objects.filter(pk__in=some).order_by("pk").values_list(*columns)
        for pk, publication, slug, title, date, url in rows:
            yield {
                "id": pk, "publication": publication, "slug": slug, "title": title,
                "date": date.isoformat(), "url": url,
            }  # fmt: skip


def _export_view(view: SavedView) -> dict[str, Any]:
    return {
        "id": view.pk, "name": view.name, "query": view.query, "is_pinned": view.is_pinned,
        "created_at": view.created_at.isoformat(),
    }  # fmt: skip


def _export_reading(reading: Reading) -> dict[str, Any]:
    return {"issue": reading.issue_id, **reading.as_json(), "is_current": reading.is_current}


def _export_note(note: Any) -> dict[str, Any]:
    return {
        "id": note.pk, "issue": note.issue_id, "kind": note.kind, "quote": note.quote,
        "body": note.body, "version": note.version, "created_at": note.created_at.isoformat(),
        "created_on": note.created_on.isoformat(), "updated_at": note.updated_at.isoformat(),
        "deleted_at": note.deleted_at and note.deleted_at.isoformat(),
        "versions": [
            {
                "version": kept.version, "kind": kept.kind, "quote": kept.quote, "body": kept.body,
                "saved_at": kept.saved_at.isoformat(),
            }
            for kept in note.versions.all()
        ],
    }  # fmt: skip


def _export_action(act: Any) -> dict[str, Any]:
    return {
        "id": act.pk, "kind": act.kind, "at": act.at.isoformat(), "on": act.on.isoformat(),
        "undoes": act.undoes_id,
        "events": [
            {"issue": event.issue_id, "before": event.before, "after": event.after}
            for event in sorted(act.events.all(), key=lambda event: event.pk)
        ],
    }  # fmt: skip
