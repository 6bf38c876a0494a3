import pytest
from django.urls import reverse

from tests.factories import make_cluster, make_issue, make_user

pytestmark = pytest.mark.django_db
SECRET = "a long enough secret"
NEW = "quite another one"


def test_signing_in_leads_where_the_reader_was_going(client):
    user = make_user(password=SECRET)

    response = client.post(
        "/sign-in/", {"username": user.username, "password": SECRET, "next": "/tags/moon/"}
    )

    assert response.url == "/tags/moon/"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_wrong_password_says_what_to_do_and_keeps_the_name(client):
    user = make_user()

    page = client.post("/sign-in/", {"username": user.username, "password": "no"}).content.decode()

    assert "don’t match" in page
    assert user.username in page


def test_signing_in_leads_to_no_other_site(client):
    user = make_user(password=SECRET)

    response = client.post(
        "/sign-in/", {"username": user.username, "password": SECRET, "next": "https://evil.example"}
    )

    assert response.url == "/"


def test_signing_out_is_a_post(client):
    client.force_login(make_user())

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_reader_changes_the_password(client):
    user = make_user(password=SECRET)
    client.force_login(user)

    response = client.post(
        "/account/password/",
        {"old_password": SECRET, "new_password1": NEW, "new_password2": NEW},
    )

    assert response.url == "/"
    user.refresh_from_db()
    assert user.check_password(NEW)


def test_the_password_page_is_for_readers_only(client):
    assert client.get("/account/password/").url.startswith("/sign-in/")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_and_served_with_the_page(client, theme):
    client.force_login(make_user())

    response = client.post("/theme/", {"theme": theme, "next": "/account/password/"})

    assert response.url == "/account/password/"
    assert f'data-theme="{theme}"' in client.get("/account/password/").content.decode()


def test_a_theme_that_is_none_is_refused_and_no_other_site_is_next(client):
    assert client.post("/theme/", {"theme": "sepia"}).status_code == 400
    assert client.get("/theme/").status_code == 405
    assert client.post("/theme/", {"theme": "dark", "next": "//evil.example"}).url == "/"


def test_an_empty_library_says_how_to_fill_it(client):
    client.force_login(make_user())

    assert "load_catalog FILE" in client.get("/").content.decode()


def test_a_public_library_leads_with_the_newest_landmark(client, settings):
    settings.IS_PUBLIC = True
    cluster = make_cluster()
    make_issue(cluster=cluster, tier=5, date="2024-01-01", title="Older")
    make_issue(cluster=cluster, tier=5, date="2025-01-01", title="Newest")
    make_issue(cluster=cluster, tier=4, date="2026-01-01", title="Notable")

    response = client.get(reverse("library"))

    assert response.context["lead"].title == "Newest"
    assert [issue.title for issue in response.context["more"]] == ["Older"]


def test_crawlers_are_kept_out_unless_the_catalog_is_public(client, settings):
    assert b"Disallow: /\n" in client.get("/robots.txt").content
    settings.IS_PUBLIC = True
    assert b"Disallow: /\n" not in client.get("/robots.txt").content


def test_the_admin_link_is_for_staff(client):
    client.force_login(make_user())
    assert 'href="/admin/"' not in client.get("/").content.decode()
    client.force_login(make_user(is_superuser=True))
    assert 'href="/admin/"' in client.get("/").content.decode()
