"""Loads a catalog document into the database, in one transaction, and returns a report.

Publications, clusters and issues store the values of the last file in `loaded`. A load merges three
ways (`catalog.loading.merging`): curators' changes are preserved, and loading a file twice changes
nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from msgspec import UNSET

from catalog.curation.baseline import OWN_FIELDS, PRUNED, differs_from_file, stored_values
from catalog.curation.changeset import Curation
from catalog.curation.rules import category_named
from catalog.db import bulk
from catalog.interchange import document
from catalog.interchange.dumping import citations
from catalog.loading.conflicts import settle
from catalog.loading.dump_history import DumpedValues, values_at_dump
from catalog.loading.incoming import (
    Incoming,
    fields_given,
    incoming,
    other_slug,
    refuse_shared_urls,
)
from catalog.loading.matching import Placed, match_clusters, match_issues, match_publications
from catalog.loading.merging import Side, merge_fields
from catalog.loading.new_issues import insert_issues
from catalog.loading.report import FieldUpdate, Report, Tally
from catalog.loading.tag_lines import split_tag_lines
from catalog.models import Change, ChangeBatch, Cluster, Conflict, Issue, Publication
from catalog.models.installation import room_id
from catalog.search import indexing
from catalog.slugs import RESERVED_ISSUE_SLUGS, RESERVED_SLUGS, SlugMaker, taken_slugs
from catalog.tags import assignment
from catalog.tags.assignment import ChosenNames
from catalog.text import url_key

# Called with the number of issues done and the total.
type ProgressCallback = Callable[[int, int], None]

PUBLICATION_FIELDS = (
    "name", "category", "author", "site", "section", "homepage", "feed", "description",
    "issue_count",
)  # fmt: skip
CLUSTER_FIELDS = ("title", "blurb")
FIELDS_OF = {
    "publication": PUBLICATION_FIELDS,
    "cluster": (*CLUSTER_FIELDS, "position"),
    "issue": OWN_FIELDS,
}
type Cites = dict[int, list[str]]


def load(
    doc: document.Document,
    *,
    source: str,
    user: Any = None,
    dry_run: bool = False,
    take: Side | None = None,
    prune: bool = False,
    reason: str = "",
    progress: ProgressCallback | None = None,
) -> Report:
    """Write a validated document to the database: all of it, or nothing.

    `source` names the file in the log. A dry run does the same work and rolls it back. If both a
    curator and the file have changed a field, the curator's value stays and the conflict is listed;
    `take` settles such conflicts, including those of earlier loads in the same publications.
    `prune` archives issues that the file lacks. Raise `Refused` if the document contradicts stored
    data.
    """
    with transaction.atomic():
        bulk.lock_out_other_loads()
        with Curation(ChangeBatch.Kind.LOAD, source=source, user=user, reason=reason) as curation:
            report = _Load(curation, take, prune, progress).run(doc)
        report.batch = curation.batch.pk
        if dry_run:
            transaction.set_rollback(True)
        elif report.issues.created >= indexing.BULK:
            bulk.analyze()
    return report


@dataclass(slots=True)
class _Plan:
    """A publication of the file: its row, its issues, and the file's clusters that are others now.

    `homes` is the slug of the cluster that each merged one has become, `clusters` all by slug.
    """

    publication: Publication
    arrived: list[Incoming]
    stored: list[Issue]
    clusters: dict[str, Cluster]
    homes: dict[str, str]


class _Load:
    """One load, in three steps: match, settle the tags, merge and write."""

    def __init__(
        self, curation: Curation, take: Side | None, prune: bool, progress: ProgressCallback | None
    ) -> None:
        self.curation = curation
        self.take = take
        self.prune = prune
        self.progress = progress
        self.report = Report()
        # For a dump of this installation, the state that it was edited from; None for other files.
        self.rewound: DumpedValues | None = None
        self.is_own = False
        # Those of publications.
        self.slugs = SlugMaker()

    def run(self, doc: document.Document) -> Report:
        plans = self.match(doc)
        arrived = [each for plan in plans for each in plan.arrived]
        self.report.guessed += split_tag_lines(doc, arrived)
        self.merge(plans, arrived)
        self.write_issues(plans, arrived)
        if self.take:
            of_these = [plan.publication.pk for plan in plans]
            settle(Conflict.objects.filter(publication__in=of_these), self.take, self.curation)
        return self.report

    def match(self, doc: document.Document) -> list[_Plan]:
        """Match the document with the stored rows, and write its publications and clusters."""
        self.is_own = doc.room == room_id()
        stored = list(Publication.objects.all())
        partners = match_publications(doc.publications, stored, is_own=self.is_own)
        self.slugs.taken.update(
            RESERVED_SLUGS,
            taken_slugs(Publication.objects.all()),
            (given.slug for given in doc.publications if given.slug),
        )
        return [
            self.plan(given, partners.get(index)) for index, given in enumerate(doc.publications)
        ]

    def merge(self, plans: list[_Plan], arrived: list[Incoming]) -> None:
        """Decide the new values of all issues."""
        names = ChosenNames.of(
            name
            for each in arrived
            for name in (*each.given.get("tags", ()), *each.base.get("tags", ()))
        )
        for plan in plans:
            self.merge_issues(plan, names)

    def write_issues(self, plans: list[_Plan], arrived: list[Incoming]) -> None:
        tags = assignment.ensure_tags(
            name for each in arrived for name in each.news.get("tags", ())
        )
        done = 0
        for plan in plans:
            self.insert_issues(plan, tags)
            self.update_issues([each for each in plan.arrived if each.issue])
            self.miss(plan)
            done += len(plan.arrived)
            if self.progress:
                self.progress(done, len(arrived))

    def plan(self, given: document.PublicationEntry, found: Publication | None) -> _Plan:
        self.rewound = values_at_dump(found, given) if found and self.is_own else None
        publication = self.write_publication(found, given)
        written = self.write_clusters(publication, given)
        stored = list(Issue.objects.filter(publication=publication).select_related("cluster"))
        arrived = self.match_issues(publication, given, stored, written)
        clusters = {each.pk: each for each in publication.clusters.all()}
        return _Plan(
            publication,
            arrived,
            stored,
            {each.slug: each for each in clusters.values()},
            {
                each.slug: clusters[each.merged_into_id].slug
                for each in clusters.values()
                if each.merged_into_id
            },
        )

    def match_issues(
        self,
        publication: Publication,
        given: document.PublicationEntry,
        stored: list[Issue],
        clusters: dict[int, Cluster],
    ) -> list[Incoming]:
        """Match the issues of a publication; `clusters` are those of `write_clusters`."""
        placed = [
            Placed(
                issue,
                clusters[id(cluster)] if cluster else None,
                position,
                url_key(issue.url) if issue.url else None,
            )
            for cluster, position, issue in given.placed_issues()
        ]
        partners = match_issues(placed, stored, is_own=self.is_own)
        cites = citations(publication) if self.rewound is not None else None
        arrived = []
        for index, place in enumerate(placed):
            home: str | Any | None = UNSET
            if given.clusters is not UNSET:
                home = place.cluster.slug if place.cluster else None
            issue = partners.get(index)
            base = self.base(issue, cites) if issue else {}
            arrived.append(incoming(place, issue, base, home))
        return arrived

    def base(self, row: Publication | Cluster | Issue, cites: Cites | None = None) -> Any:
        """Return the baseline of a row: the previous file's values, or the state at the dump."""
        if self.rewound is None:
            return row.loaded
        kind = row._meta.model_name or ""
        base = stored_values(row, FIELDS_OF[kind]) | self.rewound.get((kind, row.pk), {})
        return base | ({"cites": cites.get(row.pk, [])} if cites is not None else {})

    def note_given(self, row: Publication | Cluster | Issue, given: dict[str, Any]) -> None:
        """Store the file's values; an edited dump of this installation is not a new source."""
        if self.rewound is None:
            row.loaded = row.loaded | given

    def write_publication(
        self, publication: Publication | None, given: document.PublicationEntry
    ) -> Publication:
        values = fields_given(given, PUBLICATION_FIELDS)
        if publication is None:
            publication = Publication.objects.create(
                slug=given.slug if given.slug else self.slugs.make(given.name, "publication"),
                loaded=values,
                **(values | {"category": category_named(given.category, self.curation)}),
            )
            self.curation.made(Change.Kind.PUBLICATION, publication.pk, publication.pk)
            self.report.publications.created += 1
            return publication
        news = self.merge_row(publication, given, values)
        if "category" in news:
            news["category"] = category_named(news["category"], self.curation)
        self.write(self.report.publications, publication, news)
        return publication

    def merge_row(
        self,
        row: Publication | Cluster,
        given: document.PublicationEntry | document.ClusterEntry,
        values: dict[str, Any],
    ) -> dict[str, Any]:
        """Return the fields to write for a stored publication or cluster."""
        own = stored_values(row, tuple(values))
        merged = merge_fields(values, self.base(row), own, names=ChosenNames({}), homes={})
        news = {}
        for name, (value, is_conflict) in merged.items():
            if is_conflict and self.take == Side.THEIRS:
                value = values[name]
            if value != own[name]:
                news[name] = value
            self.tell(row, name, own[name], values[name], news, is_conflict)
        self.note_given(row, values | other_slug(given, row))
        return news

    def tell(
        self,
        row: Publication | Cluster | Issue,
        name: str,
        own: Any,
        theirs: Any,
        news: dict[str, Any],
        is_conflict: bool,
    ) -> None:
        """Report a field of a stored row, and record or clear its conflict."""
        is_taken = name in news
        if is_taken or is_conflict:
            after = news.get(name, theirs)
            self.report.news.append(
                FieldUpdate(
                    row._meta.model_name or "", str(row), name, own, after, is_conflict, is_taken
                )
            )
        if is_conflict and not self.take:
            self.curation.conflict(row, name, theirs)
        elif own == theirs:
            self.curation.settle(row, name)

    def create_cluster(
        self, publication: Publication, slug: str, values: dict[str, Any]
    ) -> Cluster:
        cluster = Cluster.objects.create(
            publication=publication, slug=slug, loaded=values, **values
        )
        self.curation.made(Change.Kind.CLUSTER, publication.pk, cluster.pk)
        self.report.clusters.created += 1
        return cluster

    def merge_cluster(
        self, cluster: Cluster, struct: document.ClusterEntry, values: dict[str, Any]
    ) -> None:
        """Write what the file changes; a cluster that was merged into another one stays."""
        if cluster.merged_into_id:
            self.report.clusters.unchanged += 1
            return
        news = self.merge_row(cluster, struct, values)
        if cluster.archived_at:
            news["archived_at"] = None
        self.write(self.report.clusters, cluster, news)

    def write_clusters(
        self, publication: Publication, given: document.PublicationEntry
    ) -> dict[int, Cluster]:
        """Return the row of each of the file's clusters, by the identity of its struct."""
        if given.clusters is UNSET:
            return {}
        stored = list(publication.clusters.all())
        partners = match_clusters(given.clusters, stored, is_own=self.is_own)
        slugs = SlugMaker(taken_slugs(publication.clusters.all()))
        slugs.taken.update(cluster.slug for cluster in given.clusters if cluster.slug)
        rows = {}
        for position, struct in enumerate(given.clusters):
            values = fields_given(struct, CLUSTER_FIELDS) | {"position": position}
            cluster = partners.get(position)
            if cluster is None:
                slug = struct.slug or slugs.make(struct.title, "cluster")
                cluster = self.create_cluster(publication, slug, values)
            else:
                self.merge_cluster(cluster, struct, values)
            rows[id(struct)] = cluster
        matched = {cluster.pk for cluster in partners.values()}
        self.report.clusters.missing += sum(
            cluster.pk not in matched and not cluster.archived_at for cluster in stored
        )
        return rows

    def write(self, tally: Tally, row: Publication | Cluster | Issue, news: dict[str, Any]) -> None:
        """Write the news of a stored row, and count it as changed or unchanged."""
        also = ["loaded", "is_curated"] if isinstance(row, Issue) else ["loaded"]
        if self.curation.change(row, news, also_save=also):
            tally.changed += 1
        else:
            tally.unchanged += 1

    def merge_issues(self, plan: _Plan, names: ChosenNames) -> None:
        """Determine the fields to write for each issue of a publication."""
        for each in plan.arrived:
            if each.issue is None:
                each.news = {name: each.theirs(name, names, plan.homes) for name in each.given}
            elif each.is_new_to_it:
                self.merge_issue(each, each.issue, plan, names)
        refuse_shared_urls(plan.arrived, plan.stored)

    def merge_issue(self, each: Incoming, issue: Issue, plan: _Plan, names: ChosenNames) -> None:
        own = stored_values(issue, OWN_FIELDS)
        for name, (_, is_conflict) in each.merge(names, plan.homes, self.take).items():
            theirs = each.theirs(name, names, plan.homes)
            self.tell(issue, name, own[name], theirs, each.news, is_conflict)
        if "date" in each.news:
            each.news["date"] = each.placed.issue.date
        if each.news.get("cluster"):
            each.news["cluster"] = plan.clusters[each.news["cluster"]]

    def insert_issues(self, plan: _Plan, tags: dict[str, assignment.AssignedTag]) -> None:
        arrived = [each for each in plan.arrived if each.issue is None]
        if not arrived:
            return
        slugs = SlugMaker(
            RESERVED_ISSUE_SLUGS.union(
                taken_slugs(Issue.objects.filter(publication=plan.publication)),
                (each.placed.issue.slug for each in plan.arrived if each.placed.issue.slug),
            )
        )
        insert_issues(
            plan.publication, arrived, plan.clusters, tags, slugs, self.curation,
            keeps_loaded=self.rewound is None,
        )  # fmt: skip
        self.report.issues.created += len(arrived)
        self.report.made += [each.placed.issue.title for each in arrived]

    def update_issues(self, arrived: list[Incoming]) -> None:
        """Write what the file changes in issues that are stored."""
        # Two issues may swap their URLs, so each must release its own first.
        moved = [each.issue.pk for each in arrived if each.issue and "url" in each.news]
        Issue.objects.filter(pk__in=moved).update(url="", url_key=None)
        for each in arrived:
            assert each.issue
            if each.issue.loaded.pop(PRUNED, None):
                each.news["archived_at"] = None
            if not each.news and not each.is_new_to_it:
                self.report.issues.unchanged += 1
                continue
            self.note_given(each.issue, each.given)
            each.issue.is_curated = differs_from_file(each.issue)
            self.write(self.report.issues, each.issue, each.news)

    def miss(self, plan: _Plan) -> None:
        """Report the issues that the file lacks, and archive them if requested."""
        there = {each.issue.pk for each in plan.arrived if each.issue}
        missing = [each for each in plan.stored if each.pk not in there and not each.archived_at]
        self.report.issues.missing += len(missing)
        self.report.missing += [issue.title for issue in missing]
        if self.prune:
            for issue in missing:
                issue.loaded = issue.loaded | {PRUNED: True}
                self.curation.change(issue, {"archived_at": timezone.now()}, also_save=["loaded"])
            self.report.pruned += len(missing)
