"""Inserts the new issues of a file in bulk, with their tags and citations."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.curation.changeset import CITATION_COLUMNS, Curation, citation_rows
from catalog.db import bulk
from catalog.loading.incoming import Incoming
from catalog.models import Change, Citation, Cluster, Issue, IssueTag, Publication
from catalog.search import indexing
from catalog.slugs import SlugMaker
from catalog.tags import assignment

ISSUE_COLUMNS = (
    "id", "publication_id", "cluster_id", "position", "title", "sort_title", "slug", "date",
    "tier", "summary", "tag_list", "tags_guessed", "url", "url_key", "words",
    "version", "loaded", "created_at", "rated_at", "clustered_at",
)  # fmt: skip


def insert_issues(
    publication: Publication,
    arrived: Sequence[Incoming],
    clusters: Mapping[str, Cluster],
    tags: Mapping[str, assignment.AssignedTag],
    slugs: SlugMaker,
    curation: Curation,
    *,
    keeps_loaded: bool,
) -> None:
    """Insert issues of a publication and log them as created.

    `clusters` are by slug and `tags` by key. `keeps_loaded` stores the file's values in `loaded`.
    """
    issue_rows: list[tuple[Any, ...]] = []
    tag_rows: list[tuple[Any, ...]] = []
    cite_rows: list[tuple[Any, ...]] = []
    now = bulk.as_instant(curation.at)
    for pk, each in zip(bulk.reserve_ids(Issue, len(arrived)), arrived, strict=True):
        given, _, position, key = each.placed
        news = each.news
        cluster = clusters[news["cluster"]] if news.get("cluster") else None
        spellings = news.get("tags", ())
        issue_rows.append((
            pk, publication.pk, cluster.pk if cluster else None, position, given.title,
            indexing.sort_title(given.title),
            given.slug if given.slug else slugs.make(given.title, "issue"),
            given.date.isoformat(), news.get("tier"), news.get("summary", ""),
            bulk.as_json(assignment.shown_tags(spellings, tags)),
            news.get("tags_guessed", False), news.get("url", ""), key, news.get("words"),
            1, bulk.as_json(each.given if keeps_loaded else {}),
            now, now, now,
        ))  # fmt: skip
        tag_rows += assignment.tag_rows(pk, given.date, spellings, tags, curation.at)
        cite_rows += citation_rows(pk, news.get("cites", ()))
        curation.made(Change.Kind.ISSUE, publication.pk, pk)
    bulk.insert(Issue, ISSUE_COLUMNS, issue_rows)
    bulk.insert(IssueTag, assignment.ISSUE_TAG_COLUMNS, tag_rows)
    bulk.insert(Citation, CITATION_COLUMNS, cite_rows)
    curation.use_tags(row[1] for row in tag_rows)
