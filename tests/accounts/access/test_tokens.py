"""Tokens: what the pages make and show, and what the API takes."""

import datetime
import logging
import re

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.access import tokens
from accounts.access.tokens import NOTED_EVERY, make_token
from accounts.models import FEEDS, Token, digest
from tests.factories import make_issue, make_publication, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db
LIST = "/account/tokens/"
NEW, NEW_FEED = f"{LIST}new/", f"{LIST}new-feed/"
API = "/api/v1/issues"
FORM = {"name": "Reader’s phone", "allowed": ["read", "notes"], "days": "30"}


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def secret_in(response):
    (secret,) = re.findall(r'<code id="secret">(rr_[\w-]{40})</code>', response.content.decode())
    return secret


def ask(client, secret, path=API, **extra):
    return client.get(path, headers={"Authorization": f"Bearer {secret}"}, **extra)


def revoke(token):
    return reverse("accounts:token_revoke", args=[token.pk])


def dumped():
    """Everything that the database holds, as text."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found += [repr(row) for row in cursor.fetchall()]
    return "\n".join(found)


# The pages


def test_a_token_is_made_with_a_name_scopes_and_an_end(client, reader):
    with time_machine.travel("2026-03-01T12:00Z", tick=False):
        response = client.post(NEW, FORM)
        assert ask(client, secret_in(response)).status_code == 200

    token = Token.objects.get()
    assert response.status_code == 201
    assert (token.user, token.name, token.scopes) == (reader, FORM["name"], ["notes", "read"])
    assert token.expires_at == datetime.datetime(2026, 3, 31, 12, tzinfo=datetime.UTC)
    assert token.hint == secret_in(response)[:8]
    assert response["Cache-Control"] == ("max-age=0, no-cache, no-store, must-revalidate, private")


@pytest.mark.full
@pytest.mark.parametrize(("days", "lives"), [("90", 90), ("365", 365), ("", None)])
def test_a_token_lives_as_long_as_is_chosen(client, reader, days, lives):
    client.post(NEW, FORM | {"days": days})

    expires_at = Token.objects.get().expires_at
    if lives is None:
        assert expires_at is None
    else:
        assert (expires_at - timezone.now()).days in (lives - 1, lives)


def test_a_secret_is_shown_once_and_kept_nowhere(client, reader, caplog):
    caplog.set_level(logging.DEBUG)
    secret = secret_in(client.post(NEW, FORM))
    feed_secret = secret_in(client.post(NEW_FEED, {"name": "Feeds", "days": ""}))
    make_issue()
    ask(client, secret)
    ask(client, secret, "/api/v1/nothing")
    client.get(f"/publications.opml?token={feed_secret}")
    client.get(f"/nothing/keepers.atom?token={feed_secret}")

    for page in (LIST, NEW, NEW_FEED, "/account/", *map(revoke, Token.objects.all()), "/"):
        shown = client.get(page).content.decode()
        assert secret[8:] not in shown
        assert feed_secret[8:] not in shown
    stored = dumped()
    assert digest(secret) in stored
    for each in (secret, feed_secret):
        assert each not in stored
        assert each not in caplog.text


def test_the_list_shows_what_is_known_of_a_token(client, reader):
    with time_machine.travel("2026-03-01T12:00Z"):
        token, secret = make_token(reader, "<b>Phone</b>", ["read", "curate"])
        make_token(reader, "Old", ["notes"], timezone.now() + datetime.timedelta(days=1))
        ask(client, secret)
    make_token(make_user(), "Someone else’s", ["read"])

    page = client.get(LIST).content.decode()

    assert "&lt;b&gt;Phone&lt;/b&gt;" in page
    assert f"<code>{token.hint}…</code>" in page
    assert "read the catalog and what you have read; curate the catalog, as far as you may" in page
    assert "Made 1 Mar 2026" in page
    assert "Never expires" in page
    assert "<strong>Expired</strong> 2 Mar 2026" in page
    assert "Last used 1 Mar 2026, 12:00" in page
    assert "Not used yet" in page
    assert "Someone else’s" not in page


def test_instants_are_of_the_readers_own_time_zone(client):
    user = make_user(time_zone="Pacific/Auckland")
    client.force_login(user)
    with time_machine.travel("2026-03-01T12:00Z"):
        make_token(user, "Phone", ["read"])

    assert "Made 2 Mar 2026" in client.get(LIST).content.decode()


def test_curating_is_offered_to_those_who_may(client, reader):
    assert 'value="curate"' not in client.get(NEW).content.decode()
    refused = client.post(NEW, FORM | {"allowed": ["read", "curate"]})
    assert refused.status_code == 422
    assert "Choose from the list." in refused.content.decode()

    reader.groups.add(Group.objects.get(name="Curators"))
    assert 'value="curate"' in client.get(NEW).content.decode()
    assert client.post(NEW, FORM | {"allowed": ["read", "curate"]}).status_code == 201


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": " "}, "Give it a name."),
        ({"name": "x" * 101}, "A name has up to 100 characters; shorten it."),
        ({"name": "a\x01b"}, "This holds a character that cannot be kept"),
        ({"allowed": []}, "Choose what it may do."),
        ({"allowed": ["everything"]}, "Choose from the list."),
        ({"allowed": [FEEDS]}, "Choose from the list."),
        ({"days": "36500"}, "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_a_form_is_told_and_makes_nothing(client, reader, wrong, words):
    response = client.post(NEW, FORM | wrong)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Token.objects.exists()


def test_of_a_form_that_is_sent_twice_the_token_that_was_seen_stands(client, reader):
    client.post(NEW, FORM)
    second = client.post(NEW, FORM)
    client.post(NEW, FORM | {"allowed": ["read"]})

    standing = Token.objects.of(reader).standing()
    assert standing.count() == 2
    assert second.context["token"] in standing
    standing.update(last_used_at=timezone.now())
    client.post(NEW, FORM)
    assert standing.count() == 3


def test_there_are_only_so_many_tokens(client, reader, monkeypatch):
    monkeypatch.setattr(tokens, "MOST_TOKENS", 2)
    client.post(NEW, FORM)
    client.post(NEW, FORM | {"name": "Reader’s laptop"})

    refused = client.post(NEW, FORM | {"name": "Reader’s tablet"})

    assert refused.status_code == 422
    assert "There are 2 tokens already; revoke one." in refused.content.decode()
    client.post(revoke(Token.objects.first()))
    assert client.post(NEW, FORM).status_code == 201


def test_revoking_asks_first_and_shuts_the_token_out(client, reader):
    token, secret = make_token(reader, "Phone", ["read"])

    asked = client.get(revoke(token))
    assert asked.status_code == 200
    assert "Revoke “Phone”?" in asked.content.decode()
    assert ask(client, secret).status_code == 200
    assert client.post(revoke(token)).url == LIST

    assert ask(client, secret).status_code == 401
    assert (
        "Phone"
        not in client.get(LIST, follow=True)
        .content.decode()
        .split("<main")[1]
        .split('id="toasts"')[0]
    )
    # The form sent a second time is answered like the first.
    assert client.post(revoke(token)).url == LIST
    assert client.get(revoke(token)).status_code == 404


def test_a_feed_token_comes_with_the_publications_in_the_order_of_the_library(client, reader):
    for name in ("Zürich", "Łódź"):
        make_publication(name=name)

    shown = client.post(NEW_FEED, {"name": "Feeds", "days": ""}).context["publications"]

    assert [each.name for each in shown] == ["Łódź", "Zürich"]


def test_another_readers_token_is_not_here(client, reader):
    token, secret = make_token(make_user(), "Theirs", ["read"])

    assert client.get(revoke(token)).status_code == 404
    assert client.post(revoke(token)).status_code == 404
    assert client.post(f"{LIST}999999/revoke/").status_code == 404
    assert ask(client, secret).status_code == 200


def test_strangers_are_led_to_sign_in(client):
    token, _ = make_token(make_user(), "Theirs", ["read"])

    for method in (client.get, client.post):
        for path in (LIST, NEW, NEW_FEED, revoke(token)):
            assert method(path).url.startswith("/sign-in/")
    assert Token.objects.standing().count() == 1


def test_pages_refuse_methods_that_are_not_theirs(client, reader):
    token, _ = make_token(reader, "Phone", ["read"])

    assert client.post(LIST).status_code == 405
    for path in (LIST, NEW, NEW_FEED, revoke(token)):
        assert client.delete(path).status_code == 405


def test_asking_for_a_page_writes_nothing(client, reader):
    token, _ = make_token(reader, "Phone", ["read"])
    before = list(Token.objects.values())

    for path in (LIST, NEW, NEW_FEED, revoke(token)):
        client.get(f"{path}?name=x&allowed=read&days=30")

    assert list(Token.objects.values()) == before


def test_forms_of_other_sites_make_and_revoke_nothing(reader):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(reader)
    token, _ = make_token(reader, "Phone", ["read"])

    assert client.post(NEW, FORM).status_code == 403
    assert client.post(revoke(token)).status_code == 403
    assert Token.objects.standing().count() == 1


def test_the_list_takes_as_many_queries_however_many_tokens(
    client, reader, django_assert_num_queries
):
    make_token(reader, "One", ["read"])
    with django_assert_num_queries(3):
        client.get(LIST)
    for number in range(10):
        make_token(reader, f"Token {number}", ["read"])
    with django_assert_num_queries(3):
        client.get(LIST)


def test_a_feed_tokens_page_has_addresses_that_work(client, reader):
    publication = make_publication()

    response = client.post(NEW_FEED, {"name": "Feeds", "days": "365"})

    assert Token.objects.get().scopes == [FEEDS]
    client.logout()
    addresses = re.findall(r"http://testserver(/[^<]+\?token=[^<]+)</code>", response.text)
    assert [address.partition("?")[0] for address in addresses] == [
        f"/{publication.slug}/keepers.atom",
        "/publications.opml",
    ]
    for address in addresses:
        assert client.get(address).status_code == 200


def test_the_account_page_leads_to_them(client, reader):
    assert f'href="{LIST}"' in client.get("/account/").content.decode()


# The API


def test_a_token_that_is_revoked_expired_or_of_someone_inactive_is_refused(client):
    user = make_user()
    _, expired = make_token(user, "x", ["read"], timezone.now())
    token, revoked = make_token(user, "x", ["read"])
    tokens.revoke_token(user, token.pk)
    _, inactive = make_token(make_user(is_active=False), "x", ["read"])
    _, good = make_token(user, "x", ["read"])

    for secret in (expired, revoked, inactive, "", "rr_", good[:-1], good + "x", good.upper()):
        response = ask(client, secret)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == 'Bearer realm="Reading Room"'
        assert response["Content-Type"] == "application/problem+json"
    assert ask(client, good).status_code == 200


def test_a_token_ends_on_the_instant(client):
    with time_machine.travel("2026-03-01T12:00Z", tick=False) as clock:
        end = timezone.now() + datetime.timedelta(hours=1)
        _, secret = make_token(make_user(), "x", ["read"], end)
        clock.shift(3599)
        assert ask(client, secret).status_code == 200
        clock.shift(1)
        assert ask(client, secret).status_code == 401


def test_a_token_does_what_its_scopes_say_and_no_more(client):
    user = make_user()
    _, notes = make_token(user, "x", ["notes"])
    _, nothing = make_token(user, "x", [])

    for secret in (notes, nothing):
        response = ask(client, secret)
        assert response.status_code == 403
        assert response.json()["detail"] == "This token lacks the scope “read”."


def test_whoever_has_the_table_has_no_token(client):
    user = make_user()
    make_token(user, "x", ["read"])

    for value in some(Token.objects.values_list("digest", "hint", "name", "id").get()):
        assert ask(client, value).status_code == 401


def test_secrets_are_long_and_no_two_alike():
    user = make_user()
    made = {make_token(user, "x", [])[1] for _ in range(40)}

    assert len(made) == 40
    # 40 characters of 64 are 240 bits.
    assert all(re.fullmatch(r"rr_[\w-]{40}", secret) for secret in made)


def test_the_last_use_is_noted_and_not_too_often(client, django_assert_num_queries):
    with time_machine.travel("2026-03-01T12:00Z", tick=False) as clock:
        first = timezone.now()
        token, secret = make_token(make_user(), "x", ["read"])

        def last_used_after(seconds):
            clock.shift(seconds)
            ask(client, secret)
            token.refresh_from_db()
            return (token.last_used_at - first).total_seconds()

        assert last_used_after(0) == 0
        assert last_used_after(200) == 0
        assert last_used_after(100) == 0
        assert last_used_after(1) == NOTED_EVERY.total_seconds() + 1
        with django_assert_num_queries(1):
            tokens.token_of(secret)


def test_a_refused_token_is_not_noted_as_used(client):
    token, secret = make_token(make_user(is_active=False), "x", ["read"])

    ask(client, secret)

    token.refresh_from_db()
    assert token.last_used_at is None


def test_a_token_opens_no_page(client):
    _, secret = make_token(make_user(is_superuser=True), "x", ["read", "write", "notes", "curate"])

    for page in ("/", "/account/", LIST, "/notes/", "/admin/", "/catalog/"):
        response = ask(client, secret, page)
        assert response.status_code == 302
        assert "sign-in" in response.url or "login" in response.url
        assert "sessionid" not in response.cookies
    assert "sessionid" not in ask(client, secret).cookies


def test_a_tokens_reader_is_not_the_sessions(client):
    mine = make_user()
    client.force_login(mine)

    # A token that is wrong is not made good by a session beside it.
    assert ask(client, "rr_wrong").status_code == 401
    assert client.get(API).status_code == 200


def test_a_feed_token_is_none_for_the_api(client):
    _, secret = make_token(make_user(), "x", [FEEDS])

    assert ask(client, secret).status_code == 401
    assert client.get(f"{API}?token={secret}").status_code == 401
