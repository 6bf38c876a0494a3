import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.models import Change, ChangeBatch, Citation, Issue, Tag
from catalog.pages.timeline import timelines
from catalog.stats import publication_stats
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def set_tags(issue, *names):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), {"tags": list(names)})


def fill(publication, cards):
    """Add a cluster of so many cards, each with two tags, to a publication."""
    cluster = make_cluster(publication=publication)
    for number in range(cards):
        set_tags(make_issue(cluster=cluster), f"tag {number % 7}", f"theme {number % 5}")
    return cluster


def words(client, publication):
    """Return the HTML of a publication's page, without its head and menus."""
    page = client.get(publication.get_absolute_url()).content.decode()
    return page.partition("<main")[2].partition("</main>")[0]


def addresses(issue):
    publication = issue.publication
    return {
        "library": reverse("library"),
        "publication": publication.get_absolute_url(),
        "issues": reverse("catalog:publication_issues", args=[publication.slug]),
        "cluster": issue.cluster.get_absolute_url(),
        "issue": issue.get_absolute_url(),
        "tag": Tag.objects.first().get_absolute_url(),
        "category": publication.category.get_absolute_url(),
    }


@pytest.fixture
def issue():
    issue = make_issue(cluster=make_cluster(), title="Tides & <waves>")
    set_tags(issue, "moon", "Open Sea")
    return issue


PAGES = ["library", "publication", "issues", "cluster", "issue", "tag", "category"]


@pytest.mark.parametrize("page", PAGES)
def test_a_reader_sees_the_page(client, reader, issue, page):
    response = client.get(addresses(issue)[page])

    assert response.status_code == 200
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "form-action 'self'" in policy


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_is_sent_to_sign_in_and_back(client, issue, page):
    address = addresses(issue)[page]

    response = client.get(address)

    assert response.status_code == 302
    assert response.url == f"/sign-in/?next={address}"


@pytest.mark.parametrize("page", PAGES)
def test_a_public_catalog_is_open_to_strangers(client, settings, issue, page):
    settings.IS_PUBLIC = True

    response = client.get(addresses(issue)[page])

    assert response.status_code == 200
    assert "Sign in" in response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_only_read(client, reader, issue, page):
    assert client.post(addresses(issue)[page]).status_code == 405


@pytest.mark.parametrize(
    "address",
    [
        "/nothing/", "/nothing/nothing/", "/nothing/clusters/nothing/", "/nothing/issues/",
        "/tags/nothing/", "/categories/nothing/", "/%00/", "/" + "x" * 500 + "/",
    ],
)  # fmt: skip
def test_what_is_not_there_is_a_404_page_of_ours(client, reader, address):
    response = client.get(address)

    assert response.status_code == 404
    assert "To the library" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "month=2024-13", "month=", "month=nonsense", "month=0000-01", "after=2024-02-30.1",
        "after=2024-02-03.99999999999999999999", "after=x", "quarter=2024-Q5", "year=9999999",
    ],
)  # fmt: skip
def test_a_place_in_the_list_that_is_none_is_a_404(client, reader, issue, query):
    assert client.get(f"{addresses(issue)['issues']}?{query}").status_code == 404


def test_the_publication_page_has_the_sources_numbers_in_its_words(client, reader):
    publication = make_publication(issue_count=40)
    cluster = make_cluster(publication=publication, title="The sea", blurb="On the sea.")
    make_issue(cluster=cluster, tier=5)
    make_issue(cluster=cluster, tier=4)
    make_issue(cluster=cluster, tier=2, title="Of the rest")

    page = client.get(publication.get_absolute_url()).content.decode()

    assert "40 issues · 2 keepers · 1 tier-5 · 1 tier-4" in page
    assert "1 tier-5 · 1 tier-4</span>" in page
    assert "On the sea." in page
    assert page.index("The rest of this cluster") < page.index("Of the rest")


def test_the_publication_page_explains_a_total_that_differs_from_what_is_listed(client, reader):
    cluster = make_cluster(publication=make_publication(issue_count=40))
    make_issue(cluster=cluster)

    assert "40 published, 1 listed here" in words(client, cluster.publication)
    assert "40 published, 1 listed here" in client.get("/").content.decode()
    assert "1 of its" not in words(client, make_issue().publication)


def test_a_publication_without_clusters_shows_its_issues(client, reader):
    publication = make_publication()
    for number in range(102):
        make_issue(publication=publication, tier=None, title=f"Letter {number}")

    page = client.get(publication.get_absolute_url()).content.decode()

    assert "<details" not in page.partition('class="clusters"')[2].partition("</main>")[0]
    assert "The newest 100 of 102 issues" in page
    assert page.count('<article class="card') == 100
    assert f'href="{publication.get_absolute_url()}issues/"' in page.partition("Letter 2<")[2]


def test_issues_in_no_cluster_fold_below_the_clusters(client, reader):
    cluster = make_cluster()
    make_issue(cluster=cluster)
    make_issue(publication=cluster.publication, title="Apart")

    page = client.get(cluster.publication.get_absolute_url()).content.decode()

    assert "Apart" in page.partition("<summary>")[2].partition("In no cluster")[2]


def test_a_publication_that_is_not_rated_says_so_and_counts_no_keepers(client, reader):
    publication = make_issue(tier=None).publication

    page = words(client, publication)

    assert "1 issue · not rated yet" in page
    assert "keeper" not in page
    rated = make_issue(tier=2).publication
    make_issue(publication=rated, tier=None)
    assert "2 issues · 0 keepers · 0 tier-5 · 0 tier-4" in words(client, rated)


def test_a_publication_of_one_says_so_in_the_singular(client, reader):
    issue = make_issue(tier=5, cluster=make_cluster())

    page = client.get(issue.publication.get_absolute_url()).content.decode()

    assert "1 issue · 1 keeper · 1 tier-5 · 0 tier-4" in page


def test_titles_are_shown_as_stored_and_escaped(client, reader, issue):
    for address in addresses(issue).values():
        page = client.get(address).content.decode()
        assert "<waves>" not in page
    assert "Tides &amp; &lt;waves&gt;" in client.get(issue.get_absolute_url()).content.decode()


def test_an_edit_shows_at_once_although_the_page_is_kept(client, reader, issue):
    client.get(issue.publication.get_absolute_url())
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), {"title": "Ebb"})

    page = client.get(issue.publication.get_absolute_url()).content.decode()

    assert "Ebb" in page
    assert "Tides" not in page


def test_an_archived_issue_is_on_no_page(client, reader, issue):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        row = Issue.objects.get(pk=issue.pk)
        curation.change(row, {"archived_at": row.created_at})

    for name, address in addresses(issue).items():
        response = client.get(address)
        assert "Tides" not in response.content.decode(), name
    assert client.get(issue.get_absolute_url()).status_code == 404


def test_a_publication_page_needs_eight_queries_however_many_cards(
    client, reader, django_assert_max_num_queries, django_assert_num_queries
):
    publication = make_publication()
    fill(publication, 93)
    with django_assert_max_num_queries(8) as first:
        client.get(publication.get_absolute_url())
    fill(publication, 93)
    Change.objects.all().delete()

    with django_assert_num_queries(len(first)):
        page = client.get(publication.get_absolute_url()).content.decode()

    assert page.count('class="card"') == 186
    with django_assert_num_queries(4):
        client.get(publication.get_absolute_url())


@pytest.mark.parametrize("page", [page for page in PAGES if page != "publication"])
def test_twice_the_rows_need_no_more_queries(client, reader, django_assert_num_queries, page):
    publication = make_publication()
    cluster = fill(publication, 10)
    shown = Issue.objects.filter(cluster=cluster).in_cluster_order()[4]
    for other in Issue.objects.exclude(pk=shown.pk):
        Citation.objects.create(issue=other, position=0, url=shown.url, url_key=shown.url_key)
        Citation.objects.create(issue=shown, position=0, url=other.url, url_key=other.url_key)
    address = addresses(shown)[page]
    client.get(address)
    with CaptureQueriesContext(connection) as first:
        client.get(address)
    expected = len(first)
    fill(publication, 20)
    client.get(address)  # what is kept for each version of the catalog is counted anew

    with django_assert_num_queries(expected):
        client.get(address)


def test_all_issues_by_date_go_on_page_by_page_and_none_twice(client, reader):
    publication = make_publication()
    day = make_issue(publication=publication).date
    for _ in range(119):
        make_issue(publication=publication, date=day)
    address = reverse("catalog:publication_issues", args=[publication.slug])

    seen = []
    while address:
        response = client.get(address)
        seen += response.context["page"].issues
        following = response.context["page"].next
        address = f"/{publication.slug}/issues/?after={following}" if following else ""

    assert [issue.pk for issue in seen] == sorted((issue.pk for issue in seen), reverse=True)
    assert len(seen) == 120


def test_a_month_shows_its_issues_only(client, reader):
    publication = make_publication()
    make_issue(publication=publication, date="2024-02-29", title="Leap")
    make_issue(publication=publication, date="2024-03-01", title="March")

    page = client.get(f"/{publication.slug}/issues/?month=2024-02").content.decode()

    assert "Leap" in page
    assert ">March<" not in page


def test_an_issue_page_shows_words_minutes_citations_and_neighbours(client, reader):
    cluster = make_cluster()
    before = make_issue(cluster=cluster, position=1, title="Before")
    issue = make_issue(cluster=cluster, position=2, words=2300, title="Middle")
    after = make_issue(cluster=cluster, position=3, title="After")
    elsewhere = make_issue(title="Elsewhere")
    Citation.objects.create(issue=issue, position=0, url=elsewhere.url, url_key=elsewhere.url_key)
    Citation.objects.create(
        issue=issue, position=1, url="https://a.org/x", url_key="https://a.org/x"
    )
    Citation.objects.create(issue=after, position=0, url=issue.url, url_key=issue.url_key)

    response = client.get(issue.get_absolute_url())

    page = response.content.decode()
    assert "2300 words, 10 minutes" in page
    assert "Issue 2 of 3" in page
    assert (response.context["place"].previous, response.context["place"].next) == (before, after)
    assert [reference.issue for reference in response.context["cites"]] == [elsewhere, None]
    assert response.context["cited_by"] == [after]
    assert 'rel="noopener noreferrer"' in page


def test_related_issues_share_rare_tags_before_common_ones(client, reader):
    issue, common, rare = make_issue(), make_issue(), make_issue()
    for other in [make_issue() for _ in range(8)]:
        set_tags(other, "sea")
    set_tags(issue, "sea", "barnacles")
    set_tags(common, "sea")
    set_tags(rare, "barnacles")

    related = client.get(issue.get_absolute_url()).context["related"]

    assert related[0] == rare
    assert len(related) == 4
    assert issue not in related


def test_an_issue_without_anything_optional_has_a_page(client, reader):
    issue = make_issue(url="", summary="", tier=None, words=None)

    page = client.get(issue.get_absolute_url()).content.decode()

    assert "Read the original" not in page
    assert "badge" not in page


def test_slugs_of_any_script_resolve(client, reader):
    issue = make_issue(publication=make_publication(slug="журнал"), slug="潮汐")

    assert client.get("/журнал/潮汐/").status_code == 200
    assert issue.get_absolute_url()


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (None, ""),
        (2, ""),
        (40, "40 published, 2 listed here"),
        (1, "1 issue declared, 2 listed here"),
        (0, "0 issues declared, 2 listed here"),
    ],
)
def test_a_declared_total_that_is_not_what_is_listed_is_explained(client, reader, declared, words):
    publication = make_publication(name="The Tide", issue_count=declared)
    for _ in range(2):
        make_issue(publication=publication, tier=4)
    make_issue(publication=publication, archived_at=timezone.now())
    make_issue()

    home = client.get("/").content.decode()
    pages = [
        home,
        client.get(publication.category.get_absolute_url()).content.decode(),
        client.get(publication.get_absolute_url()).content.decode(),
    ]

    for page in pages:
        assert ("listed here" in page) == bool(words)
        assert words in page
    # All together are what the catalog lists.
    assert "3 issues · 2 publications" in home
    assert "<b>3</b> issues" in client.get("/catalog/").content.decode()


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (["2024-03-01"], "1 issue from March 2024, 1 landmark among them."),
        (
            ["2024-03-01", "2024-04-01"],
            "2 issues from March 2024 to April 2024, 2 landmarks among them.",
        ),
        (
            ["2024-03-01", "2024-04-01", "2024-04-02"],
            "3 issues from March 2024 to April 2024, 3 landmarks among them; most in April 2024, "
            "2 issues.",
        ),
    ],
)
def test_the_timeline_names_the_period_with_the_most_issues_where_there_is_one(dates, words):
    publication = make_publication()
    for date in dates:
        make_issue(publication=publication, tier=5, date=date)

    ((_, wide), _) = timelines(publication_stats(publication))

    assert wide.sentence == words
