import time
from types import SimpleNamespace

import pytest

from accounts import markdown
from accounts.markdown import LINKED_ADDRESS, render


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <b onclick=x>b</b>"]
)
def test_raw_html_is_shown_as_text(text):
    html = render(text)

    assert "&lt;" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "<b " not in html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///x"]
)
def test_a_link_to_what_is_no_page_is_no_link(url):
    assert "href" not in render(f"[here]({url})")


@pytest.mark.parametrize(
    "url", ["https://example.org/", "http://example.org/", "mailto:a@example.org"]
)
def test_a_link_leaves_without_a_referrer_and_unfollowed(url):
    html = render(f"[here]({url})")

    assert f'href="{url}"' in html
    assert 'rel="noopener nofollow noreferrer"' in html


def test_an_image_from_elsewhere_is_a_link_with_its_words():
    html = render("![A lamp](https://example.org/lamp.png)")

    assert "<img" not in html
    assert ">A lamp</a>" in html


def test_code_tables_and_strikethrough_are_rendered():
    html = render("`x` ~~y~~\n\n|a|b|\n|-|-|\n|1|2|\n")

    assert "<code>x</code>" in html
    assert "<s>y</s>" in html
    assert "<td>1</td>" in html


def test_a_line_break_is_kept():
    assert render("one\ntwo").startswith("<p>one<br>\ntwo</p>")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("See http://example.org/a_b_c?d=e.", "http://example.org/a_b_c?d=e"),
        ("(https://example.org/Kerb_(stone))", "https://example.org/Kerb_(stone)"),
        ("“https://example.org/a”, he wrote", "https://example.org/a"),
        ("*https://example.org/a*", "https://example.org/a"),
        ("one\nhttps://example.org/a\ntwo", "https://example.org/a"),
        ("- HTTPS://example.org:8443/a#b", "HTTPS://example.org:8443/a#b"),
        ("https://example.org/q?a=1,2…", "https://example.org/q?a=1,2"),
    ],
)
def test_an_address_in_the_text_is_a_link(text, address):
    html = render(text)

    assert f'<a href="{address}" rel="noopener nofollow noreferrer">{address}</a>' in html
    assert html.count("<a ") == 1


def test_an_address_in_any_script_is_a_link():
    html = render("https://пример.рф/путь")

    assert 'href="https://xn--e1afmkfd.xn--p1ai/%D0%BF' in html
    assert ">https://пример.рф/путь</a>" in html


@pytest.mark.parametrize(
    "text",
    [
        "javascript://example.org/%0aalert(1)", "data://text/html,x", "ftp://example.org/",
        "xhttp://example.org/", "view-source:https", "https://", "https://…", "://example.org",
        "`https://example.org/`", "    https://example.org/", "https\\://example.org/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_stays_text(text):
    assert "<a" not in render(text)


def test_an_address_is_only_read_behind_a_scheme(monkeypatch):
    read = []
    address = SimpleNamespace(
        match=lambda text, at: read.append(at) or LINKED_ADDRESS.match(text, at)
    )
    monkeypatch.setattr(markdown, "LINKED_ADDRESS", address)

    # To read an address takes as long as it is, and here each would reach to the end.
    render("://a" * 500 + ":b" * 500 + " https://example.org/")

    assert len(read) == 1


def test_an_address_ends_where_html_could_begin():
    html = render('https://example.org/"onmouseover="alert(1) https://example.org/<b>')

    assert html.count('<a href="https://example.org/" rel=') == 2
    assert "<b>" not in html


def test_a_link_that_is_written_as_one_is_not_linked_again():
    html = render("[https://example.org/a](https://example.org/b) <https://example.org/c>")

    assert html.count("<a ") == 2


@pytest.mark.full
@pytest.mark.parametrize(
    "piece",
    [
        ">", "- ", "[", "![", "*", "`", "~~", "<", "[](", "1. ", "https://a-", "https://a.b/(",
        "https://a.b ", "https://a.b)", "http://", "://", "://a", ":",
    ],
)  # fmt: skip
def test_the_longest_hostile_note_is_rendered_quickly(piece):
    began = time.process_time()
    render((piece * 20_000)[:20_000])

    assert time.process_time() - began < 3
