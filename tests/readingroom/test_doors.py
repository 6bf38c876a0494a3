"""Requests that a setting or a proxy turns away: what the page says, and what the log says once."""

import logging

import pytest
from django.test import Client

from readingroom import doors
from tests.factories import make_issue, make_user

pytestmark = pytest.mark.django_db
SECRET = "a long enough secret"


@pytest.fixture(autouse=True)
def _nothing_logged_yet(monkeypatch):
    monkeypatch.setattr(doors, "_warned", set())


@pytest.fixture
def browser():
    """A client whose forms are checked as a browser's are."""
    return Client(enforce_csrf_checks=True)


def logged(caplog):
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def token_of(client, address="/sign-in/"):
    client.get(address)
    return client.cookies["csrftoken"].value


def sign_in(client, user, token, **data):
    data |= {"username": user.username, "password": SECRET, "csrfmiddlewaretoken": token}
    return client.post("/sign-in/", data)


# The name of the host


def test_a_host_that_is_not_allowed_is_told_with_the_setting(client, caplog):
    for _ in range(3):
        response = client.get("/", headers={"host": "reading.lan:8000"})

    page = response.content.decode()
    assert response.status_code == 400
    assert "“reading.lan”" in page
    assert "Add reading.lan to READINGROOM_HOSTS" in page
    (line,) = logged(caplog)
    assert "'reading.lan'" in line
    assert "READINGROOM_HOSTS" in line


def test_a_host_below_the_api_is_told_the_same(client):
    response = client.get("/api/v1/issues", headers={"host": "reading.lan"})

    assert response.status_code == 400
    assert "READINGROOM_HOSTS" in response.json()["detail"]


@pytest.mark.parametrize("host", ["<script>", "a b", "reading.lan:port", "\\"])
def test_a_host_that_is_none_is_shown_as_text_and_not_logged(client, caplog, host):
    response = client.get("/", headers={"host": host})

    assert response.status_code == 400
    assert "<script>" not in response.content.decode()
    assert logged(caplog) == []


def test_hosts_do_not_flood_the_log(client, caplog):
    for number in range(doors.MOST_WARNINGS + 50):
        client.get("/", headers={"host": f"host-{number}.example"})

    lines = logged(caplog)
    assert len(lines) == doors.MOST_WARNINGS + 1
    assert lines[-1] == "Further requests that are turned away are not logged."


# Where a form comes from


def test_a_proxy_that_ends_tls_untold_is_told_with_the_settings(browser, caplog):
    user, token = make_user(password=SECRET), token_of(browser)
    for _ in range(3):
        response = browser.post(
            "/sign-in/",
            {"username": user.username, "password": SECRET, "csrfmiddlewaretoken": token},
            headers={"origin": "https://testserver"},
        )

    page = response.content.decode()
    assert response.status_code == 403
    assert "READINGROOM_URL=https://testserver" in page
    assert "X-Forwarded-Proto: https" in page
    (line,) = logged(caplog)
    assert "READINGROOM_URL=https://testserver" in line


def test_a_proxy_that_changes_the_host_is_told_with_the_setting(browser, caplog):
    token = token_of(browser)
    response = browser.post(
        "/theme/",
        {"theme": "dark", "csrfmiddlewaretoken": token},
        headers={"origin": "https://reading.example.org"},
    )

    page = response.content.decode()
    assert response.status_code == 403
    assert "set READINGROOM_URL=https://reading.example.org" in page
    assert "another site tried" in page
    assert "theme" not in response.cookies
    assert len(logged(caplog)) == 1


@pytest.mark.parametrize(
    "origin", ["null", "", "javascript:alert(1)", "https://", "<b>", "http://[", "//["]
)
def test_an_origin_that_is_none_is_not_advised(browser, caplog, origin):
    response = browser.post("/theme/", {"theme": "dark"}, headers={"origin": origin})

    assert response.status_code == 403
    assert "READINGROOM_URL" not in response.content.decode()
    assert "<b>" not in response.content.decode()
    assert logged(caplog) == []


def test_a_proxy_that_would_be_redirected_for_ever_is_told(client, settings, caplog):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    for _ in range(2):
        behind_proxy = client.get("/sign-in/", headers={"x-forwarded-for": "192.0.2.1"})

    assert behind_proxy.status_code == 400
    assert "X-Forwarded-Proto: https" in behind_proxy.content.decode()
    assert len(logged(caplog)) == 1
    assert client.get("/sign-in/").url == "https://testserver/sign-in/"
    told = {"x-forwarded-for": "192.0.2.1", "x-forwarded-proto": "http"}
    assert client.get("/sign-in/", headers=told).status_code == 301
    told["x-forwarded-proto"] = "https"
    assert client.get("/sign-in/", headers=told).status_code == 200


# Signing in


def test_a_second_sign_in_tab_leads_where_it_was_going(browser):
    user = make_user(password=SECRET)
    token = token_of(browser)
    assert sign_in(browser, user, token).url == "/"

    assert sign_in(browser, user, token, next="/queue/").url == "/queue/"
    assert sign_in(browser, user, token).url == "/"
    assert sign_in(browser, user, token, next="https://evil.example/").url == "/"
    assert sign_in(browser, user, token, next="/sign-in/").url == "/"


def test_a_stale_sign_in_form_is_shown_afresh_and_then_works(browser):
    user = make_user(password=SECRET)
    token_of(browser)
    browser.cookies["csrftoken"] = "a" * 32

    stale = sign_in(browser, user, "b" * 32, next="/queue/")

    assert stale.status_code == 403
    page = stale.content.decode()
    assert "The form was open too long" in page
    assert f'value="{user.username}"' in page
    assert 'name="next" value="/queue/"' in page
    assert SECRET not in page
    assert "no-store" in stale["Cache-Control"]
    fresh = str(stale.context["csrf_token"])
    assert sign_in(browser, user, fresh, next="/queue/").url == "/queue/"


def test_a_browser_without_cookies_is_told_so(browser, caplog):
    user = make_user(password=SECRET)
    for _ in range(3):
        response = sign_in(browser, user, "b" * 32)
        browser.cookies.clear()

    assert response.status_code == 403
    assert "Allow cookies" in response.content.decode()
    assert len(logged(caplog)) == 1


def test_another_stale_form_says_what_to_do(browser):
    browser.force_login(make_user())
    token_of(browser, "/account/")

    response = browser.post("/theme/", {"theme": "dark", "csrfmiddlewaretoken": "b" * 32})

    assert response.status_code == 403
    assert "load the page again" in response.content.decode()


def test_the_sign_in_page_never_leads_to_itself(client):
    client.force_login(make_user())

    assert client.get("/sign-in/?next=/sign-in/").url == "/"
    assert client.get("/sign-in/?next=/sign-in/%3Fnext=/queue/").url == "/"


def test_after_a_form_signing_in_leads_back_to_the_page_that_held_it(client):
    page = {"referer": "http://testserver/tags/moon/?after=2024-01-01.7#issue-3"}
    response = client.post("/readings/mark/", {"mark": "1:read:unread"}, headers=page)

    assert response.url == "/sign-in/?next=/tags/moon/%3Fafter%3D2024-01-01.7"
    assert "You were signed out" in client.get(response.url).content.decode()


@pytest.mark.parametrize(
    "referer", ["", "https://evil.example/x", "//evil.example", "nonsense", "http://["]
)
def test_a_page_of_another_site_is_no_place_to_go_back_to(client, referer):
    response = client.post("/readings/mark/", headers={"referer": referer})

    assert response.url == "/sign-in/?next=/"


# The admin site's own sign-in


def test_the_admin_signs_in_where_everyone_does(client):
    start = client.get("/admin/catalog/issue/", follow=True)
    assert start.redirect_chain[-1][0] == "/sign-in/?next=/admin/catalog/issue/"
    assert client.get("/admin/login/").url == "/sign-in/?next=/admin/"

    curator = make_user(username="curator", password=SECRET, is_superuser=True)
    data = {"username": curator.username, "password": SECRET}
    assert client.post("/admin/login/", data).status_code == 405
    assert client.post(start.redirect_chain[-1][0], data).url == "/admin/catalog/issue/"
    assert client.get("/admin/login/").url == "/admin/"


def test_the_admin_tells_a_reader_that_it_is_not_theirs(client):
    client.force_login(make_user())

    assert client.get("/admin/", follow=True).status_code == 403


# Addresses that nobody has


NOBODYS = [
    "/sitemap.xml", "/healthz", "/healthz/", "/readyz", "/livez", "/.well-known/security.txt",
    "/.well-known/x/", "/wp-login.php", "/apple-touch-icon.png", "/.env", "/.git/config",
    "/ads.txt", "/index.html", "/static/none.css", "/interconnects/sitemap.xml", "/tags/x.php",
]  # fmt: skip


@pytest.mark.parametrize("address", NOBODYS)
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_reserved_paths_are_404_without_a_query(
    browser, address, method, django_assert_num_queries
):
    with django_assert_num_queries(0):
        response = getattr(browser, method)(address)

    assert response.status_code == 404


def test_a_page_without_its_slash_is_found_by_a_redirect_that_is_not_kept(client):
    client.force_login(make_user())

    for address in ("/interconnects", "/account", "/tags/moon"):
        response = client.get(address)
        assert (response.status_code, response.url) == (302, f"{address}/")


def test_password_managers_find_the_page(client):
    assert client.get("/.well-known/change-password").url == "/account/password/"


def test_strangers_are_not_told_what_there_is(client):
    issue = make_issue()
    publication = issue.publication.slug
    there = [f"/{publication}/", f"/{publication}/{issue.slug}/", f"/{publication}/keepers.atom"]
    not_there = ["/nothing/", "/nothing/at-all/", "/nothing/keepers.atom"]

    answers = [client.get(address) for address in [*there, *not_there]]

    assert {(each.status_code, each.url.partition("?")[0]) for each in answers} == {
        (302, "/sign-in/")
    }
