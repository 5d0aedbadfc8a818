"""Conversion of HTML to Markdown."""

import pytest

from integrations.providers.stackoverflow.html_text import markdown_of


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("", ""),
        ("plain &amp; simple", "plain & simple"),
        ("<p>one</p>\n\n<p>two\nlines</p>", "one\n\ntwo lines"),
        ("<p>a<br>b<br/>c</p>", "a\nb\nc"),
        ("<p>a <b>b</b> <em>c</em> <strong>d</strong> <s>e</s></p>", "a **b** *c* **d** ~~e~~"),
        ("<h2>Title</h2><p>text</p>", "## Title\n\ntext"),
        ("<p>Use <code>a &lt; b</code>.</p>", "Use `a < b`."),
        ('<a href="https://x.test/?a=1&amp;b=2">x</a>', "[x](https://x.test/?a=1&b=2)"),
        ('<img src="i.png" alt="a cat">', "![a cat](i.png)"),
        ("<ul><li>one</li><li><p>two</p></li></ul>", "- one\n- two"),
        ("<ol>\n<li>one</li>\n<li>two</li>\n</ol>", "1. one\n2. two"),
        ("<blockquote><p>one</p>\n<p>two</p></blockquote>after", "> one\n>\n> two\n\nafter"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", "> a\n>\n> > b"),
        ("<p>a</p><hr><p>b</p>", "a\n\n---\n\nb"),
        ("<script>alert(1)</script>text", "text"),
        ("a < b and <i>c", "a < b and *c"),
    ],
)
def test_what_people_type(html, markdown):
    assert markdown_of(html) == markdown


def test_code_is_kept_to_the_letter():
    html = '<pre class="lang-py prettyprint"><code>  if a &lt; b:\n\n\n\tpass  \n</code></pre>'

    assert markdown_of(html) == "```py\n  if a < b:\n\n\n\tpass  \n```"


def test_code_inside_a_quotation_stays_in_it():
    assert markdown_of("<blockquote><pre>a\nb</pre></blockquote>") == "> ```\n> a\n> b\n> ```"


def test_a_fence_is_longer_than_those_inside():
    assert markdown_of("<pre>```\nx</pre>") == "````\n```\nx\n````"


def test_markup_inside_code_is_text():
    assert markdown_of("<pre><code>a <b>b</b></code></pre>") == "```\na b\n```"


@pytest.mark.parametrize(
    "piece",
    ["<blockquote>", "<ul><li>", "<", "<b", "<pre>", "&#", "<!--", "</", "`", " \n", "<a href='"],
)
def test_what_never_ends_comes_to_an_end(piece):
    assert isinstance(markdown_of(piece * 20_000), str)
