"""From the database to a catalog document: what `catalog.loader` would load to make it again."""

from collections import defaultdict

from catalog import document
from catalog.models import Citation, Issue, Publication


def dump(slug: str | None = None) -> document.Document:
    """Return the whole catalog by name, or the one publication of this slug.

    Archived issues are left out. Raises `Publication.DoesNotExist` for an unknown slug.
    """
    publications = Publication.objects.select_related("category").order_by("name", "id")
    if slug is not None:
        publications = publications.filter(pk=Publication.objects.get(slug=slug).pk)
    return document.Document(publications=[_dump_publication(each) for each in publications])


def _dump_publication(publication: Publication) -> document.Publication:
    cites = defaultdict(list)
    for issue_id, url in (
        Citation.objects.filter(issue__publication=publication)
        .order_by("issue_id", "position", "id")
        .values_list("issue_id", "url")
    ):
        cites[issue_id].append(url)
    clusters = {
        cluster.pk: document.Cluster(slug=cluster.slug, title=cluster.title, blurb=cluster.blurb)
        for cluster in publication.clusters.listed().order_by("position", "id")
    }
    loose: list[document.Issue] = []
    for issue in Issue.objects.filter(publication=publication).listed().in_cluster_order():
        home = clusters[issue.cluster_id].issues if issue.cluster_id else loose
        home.append(_dump_issue(issue, cites[issue.pk]))
    loose.sort(key=lambda issue: issue.date)
    return document.Publication(
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


def _dump_issue(issue: Issue, cites: list[str]) -> document.Issue:
    return document.Issue(
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
