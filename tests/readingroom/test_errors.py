"""Errors where no view has answered: problems below /api/, pages elsewhere."""

import pytest
from django.test import Client
from django.urls import path, reverse
from django.urls.resolvers import get_resolver

from accounts.access.tokens import make_token
from catalog.rest.views import Endpoint
from readingroom import api
from tests.api import is_problem
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SECRET = "what nobody is to be told"


class Broken(Endpoint):
    is_open = True
    has_etag = False

    def get(self, request):
        raise RuntimeError(SECRET)

    def post(self, request):
        raise RuntimeError(SECRET)


@pytest.fixture
def broken(monkeypatch):
    """An endpoint that breaks."""
    resolver = get_resolver()
    (found,) = (each for each in resolver.url_patterns if getattr(each, "namespace", "") == "api")
    monkeypatch.setattr(
        api, "urlpatterns", [*api.urlpatterns, path("broken", Broken.as_view(), name="broken")]
    )
    for name in ("url_patterns", "urlconf_module"):
        found.__dict__.pop(name, None)
    yield "/api/v1/broken"
    for name in ("url_patterns", "urlconf_module"):
        found.__dict__.pop(name, None)


@pytest.mark.parametrize(
    "address",
    ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v2/issues", "/api/v1/nothing", "/api/issues/",
     "/api/v1/issues/", "/api/v1/schema/", "/api/v1/%00", "/api/v1/issues/%2e%2e/x/y/z"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "options"])
def test_unknown_endpoint_is_a_404_problem_for_everyone(address, method):
    client = Client(enforce_csrf_checks=True)
    for user in (None, make_user()):
        if user:
            client.force_login(user)
        is_problem(getattr(client, method)(address), 404)


def test_head_of_an_unknown_endpoint_has_no_body(client):
    response = client.head("/api/v1/nothing")
    assert (response.status_code, response.content) == (404, b"")


def test_an_endpoint_that_breaks_says_so_and_no_more(broken, settings):
    client = Client(raise_request_exception=False)
    for method in (client.get, client.post):
        found = is_problem(method(broken), 500)
        assert found["detail"] == "The fault is ours, and it has been logged."
        assert SECRET not in str(found)


def test_a_session_needs_its_csrf_token(monkeypatch):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    address = reverse("api:me")

    found = is_problem(client.patch(address, {}, "application/json"), 403)
    assert "CSRF" in found["detail"]
    client.get("/account/")
    token = client.cookies["csrftoken"].value
    with_token = client.patch(address, {}, "application/json", headers={"X-CSRFToken": token})
    assert with_token.status_code == 200


def test_a_token_needs_none():
    client = Client(enforce_csrf_checks=True)
    _, secret = make_token(make_user(), "x", ["write"])
    headers = {"Authorization": f"Bearer {secret}"}

    response = client.patch(reverse("api:me"), {}, "application/json", headers=headers)

    assert response.status_code == 200


def test_the_view_of_failed_csrf_knows_the_api(rf):
    from readingroom.errors import csrf_failure

    found = is_problem(csrf_failure_json(csrf_failure(rf.post("/api/v1/x"), "It is missing.")), 403)
    assert found["detail"].startswith("It is missing.")
    page = csrf_failure(rf.post("/account/"), "It is missing.")
    assert (page.status_code, page["Content-Type"]) == (403, "text/html; charset=utf-8")


def csrf_failure_json(response):
    import json

    response.json = lambda: json.loads(response.content)
    return response


def test_a_host_that_is_not_ours_is_a_problem_below_the_api():
    client = Client(headers={"host": "evil.example"})

    is_problem(client.get("/api/v1/issues"), 400)
    assert client.get("/catalog/")["Content-Type"].startswith("text/html")


def test_pages_have_pages(client):
    client.force_login(make_user())
    for address in ("/nothing/", "/apis/", "/api-like/nothing/"):
        response = client.get(address)
        assert response.status_code == 404
        assert response["Content-Type"].startswith("text/html")
    assert Client(enforce_csrf_checks=True).post("/theme/").status_code == 403
