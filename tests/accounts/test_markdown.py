import time

import pytest

from accounts.markdown import render


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


@pytest.mark.parametrize("piece", [">", "- ", "[", "![", "*", "`", "~~", "<", "[](", "1. "])
def test_the_longest_hostile_note_is_rendered_quickly(piece):
    began = time.perf_counter()
    render((piece * 20_000)[:20_000])

    assert time.perf_counter() - began < 3
