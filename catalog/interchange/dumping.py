"""From the database to the catalog document that would load as the same catalog."""

from collections import defaultdict
from collections.abc import Iterable

from catalog.interchange import document
from catalog.models import Citation, Issue, IssueQuerySet, Publication


def dump(slug: str | None = None) -> document.Document:
    """Return the whole catalog sorted by name, or the publication with this slug.

    Archived issues are left out. Raise `Publication.DoesNotExist` for an unknown slug.
    """
    publications = Publication.objects.select_related("category").order_by("name", "id")
    if slug is not None:
        publications = publications.filter(pk=Publication.objects.get(slug=slug).pk)
    return document.Document(publications=[_dump_publication(each) for each in publications])


def citations(publication: Publication) -> dict[int, list[str]]:
    """Return the addresses that each issue cites, in order, by the issue's id."""
    cites = defaultdict(list)
    for issue_id, url in (
        Citation.objects.filter(issue__publication=publication)
        .order_by("issue_id", "position", "id")
        .values_list("issue_id", "url")
    ):
        cites[issue_id].append(url)
    return cites


def dump_issues(ids: Iterable[int]) -> document.Document:
    """Return only these issues, within their clusters and publications, in the order of `dump`.

    Archived issues are left out, as are clusters and publications without any of these issues.
    """
    chosen: dict[int, list[int]] = defaultdict(list)
    listed = Issue.objects.listed().filter(pk__in=list(ids)).order_by()
    for publication, pk in listed.values_list("publication", "pk"):
        chosen[publication].append(pk)
    publications = Publication.objects.select_related("category").order_by("name", "id")
    dumped = []
    for each in publications.filter(pk__in=list(chosen)):
        part = _dump_publication(each, each.issues.filter(pk__in=chosen[each.pk]))
        part.clusters = [cluster for cluster in part.clusters or [] if cluster.issues]
        dumped.append(part)
    return document.Document(publications=dumped)


def _dump_publication(
    publication: Publication, issues: IssueQuerySet | None = None
) -> document.PublicationEntry:
    """Return a publication with all its issues, or with these of them."""
    if issues is None:
        issues = Issue.objects.filter(publication=publication)
    cites = citations(publication)
    clusters = {
        cluster.pk: document.ClusterEntry(
            slug=cluster.slug, title=cluster.title, blurb=cluster.blurb
        )
        for cluster in publication.clusters.listed().order_by("position", "id")
    }
    loose: list[document.IssueEntry] = []
    for issue in issues.listed().in_cluster_order():
        home = clusters[issue.cluster_id].issues if issue.cluster_id else loose
        home.append(_dump_issue(issue, cites[issue.pk]))
    loose.sort(key=lambda issue: issue.date)
    return document.PublicationEntry(
        slug=publication.slug,
        name=publication.name,
        category=publication.category.name,
        author=publication.author,
        site=publication.site,
        section=publication.section,
        homepage=publication.homepage,
        feed=publication.feed,
        description=publication.description,
        issue_count=publication.issue_count,
        clusters=list(clusters.values()),
        issues=loose,
    )


def _dump_issue(issue: Issue, cites: list[str]) -> document.IssueEntry:
    return document.IssueEntry(
        slug=issue.slug,
        title=issue.title,
        date=issue.date,
        tier=issue.tier,
        summary=issue.summary,
        tags=[spelling for spelling, _ in issue.tag_list],
        tags_guessed=issue.tags_guessed,
        url=issue.url,
        words=issue.words,
        cites=cites,
    )
