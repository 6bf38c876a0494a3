"""Which web pages of others may ask: the origins of `READINGROOM_CORS`, and by token alone."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from readingroom.settings import env_origins
from tests.api import Api
from tests.factories import make_publication, make_user

OURS, OTHER = "https://notes.example.org", "https://evil.example.org"
PREFLIGHT = {
    "Access-Control-Request-Method": "PATCH",
    "Access-Control-Request-Headers": "authorization, if-match, content-type",
}


@pytest.fixture
def allowed(settings):
    settings.CORS_ORIGINS = frozenset({OURS})


def cors(response):
    return {name: value for name, value in response.items() if name.startswith("Access-Control-")}


def preflight(client, origin, path="/api/v1/issues"):
    return client.options(path, headers={"Origin": origin} | PREFLIGHT)


def test_preflight_from_an_allowed_origin_is_answered_without_a_token(client, allowed):
    response = preflight(client, OURS)

    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == OURS
    assert {"PATCH", "PUT", "DELETE"} <= set(response["Access-Control-Allow-Methods"].split(", "))
    headers = set(response["Access-Control-Allow-Headers"].lower().split(", "))
    assert {"authorization", "content-type", "if-match", "if-none-match"} <= headers
    assert "Origin" in response["Vary"]


@pytest.mark.django_db
def test_answer_to_an_allowed_origin_says_so(allowed):
    response = Api(make_user()).get("issues", Origin=OURS)

    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == OURS
    exposed = set(response["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Location", "Link", "Retry-After"} <= exposed
    assert {"Origin", "Authorization"} <= set(response["Vary"].split(", "))


@pytest.mark.django_db
def test_error_can_be_read_by_an_allowed_origin(allowed):
    response = Api().get("issues", Origin=OURS)

    assert response.status_code == 401
    assert response["Access-Control-Allow-Origin"] == OURS


@pytest.mark.django_db
@pytest.mark.parametrize("origin", [OTHER, "null", f"{OURS}.example.net", OURS.upper()])
def test_other_origin_is_not_let_in(client, allowed, origin):
    answers = [preflight(client, origin), Api(make_user()).get("issues", Origin=origin)]

    assert [response.status_code for response in answers] == [401, 200]
    assert [cors(response) for response in answers] == [{}, {}]
    assert all("Origin" in response["Vary"] for response in answers)


@pytest.mark.django_db
def test_session_is_never_for_other_origins(client, allowed):
    client.force_login(make_user())
    response = client.get("/api/v1/me", headers={"Origin": OURS})

    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.django_db
def test_star_lets_any_origin_in(settings):
    settings.CORS_ORIGINS = frozenset({"*"})
    response = Api(make_user()).get("issues", Origin=OTHER)

    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert "Origin" not in response["Vary"].split(", ")


@pytest.mark.django_db
def test_no_origin_is_let_in_unless_it_is_set(client):
    response = preflight(client, OURS)

    assert response.status_code == 401
    assert not cors(response)


@pytest.mark.django_db
def test_feeds_and_the_schema_can_be_read_and_pages_cannot(client, allowed, settings):
    settings.IS_PUBLIC = True
    home = make_publication()
    addresses = [
        f"/{home.slug}/keepers.atom", f"/{home.slug}/changes.json", "/publications.opml",
        "/api/v1/schema", "/", f"/{home.slug}/", "/sign-in/", "/admin/login/", "/api/v1/docs",
    ]  # fmt: skip
    shared = [bool(cors(client.get(each, headers={"Origin": OURS}))) for each in addresses]

    assert shared == [True] * 4 + [False] * 4 + [True]


@pytest.mark.parametrize(
    ("value", "origins"),
    [
        ("", set()),
        ("*", {"*"}),
        ("https://a.example, app://obsidian.md", {"https://a.example", "app://obsidian.md"}),
        ("HTTPS://A.example:443/", {"https://a.example"}),
        ("http://[::1]:8080,http://localhost:80", {"http://[::1]:8080", "http://localhost"}),
    ],
)
def test_setting_takes_origins_as_browsers_send_them(monkeypatch, value, origins):
    monkeypatch.setenv("READINGROOM_CORS", value)

    assert env_origins("READINGROOM_CORS") == origins


@pytest.mark.parametrize(
    "value", ["a.example", "https://a.example/path", "null", "*,https://a.example", "https://"]
)
def test_setting_refuses_anything_else(monkeypatch, value):
    monkeypatch.setenv("READINGROOM_CORS", value)

    with pytest.raises(ImproperlyConfigured, match="READINGROOM_CORS"):
        env_origins("READINGROOM_CORS")
