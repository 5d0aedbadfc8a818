"""Conversion of wiki markup to Markdown."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.providers.jira.wiki import to_markdown


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("h1. Steps", "# Steps"),
        ("h6. *Deep*", "###### **Deep**"),
        ("see h1. here", "see h1. here"),
        ("*bold* and _em_", "**bold** and _em_"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("-gone- but 2012-05-16 stays", "~~gone~~ but 2012-05-16 stays"),
        ("call {{run()}} now", "call `run()` now"),
        ("{{a *b* c}}", "`a *b* c`"),
        ("[here|https://x.test/]", "[here](https://x.test/)"),
        ("[here|https://x.test/|smart-link]", "[here](https://x.test/)"),
        ("[https://x.test/|https://x.test/]", "<https://x.test/>"),
        ("[https://x.test/]", "<https://x.test/>"),
        ("[mail us|mailto:a@x.test]", "[mail us](mailto:a@x.test)"),
        ("pick [a|b] or [c]", "pick [a|b] or [c]"),
        ("[~ann] and [~accountid:5b10]", "@ann and @5b10"),
        ("[^log.txt]", "[attachment: log.txt]"),
        ("!shot.png|thumbnail!", "[attachment: shot.png]"),
        ("!https://x.test/a.png!", "![](https://x.test/a.png)"),
        ("Wow! It works! Really!", "Wow! It works! Really!"),
        ("{color:#ff0000}red{color} alert", "red alert"),
        ("----", "---"),
        ("bq. as she said", "> as she said"),
        ("* one\n** two\n*** three", "- one\n  - two\n    - three"),
        ("# one\n## two\n#* three", "1. one\n   1. two\n   - three"),
        ("- one\n- two", "- one\n- two"),
        ("||Name||Count||\n|a|2|", "| Name | Count |\n| --- | --- |\n| a | 2 |"),
        ("|a|[b|https://x.test/]|", "| a | [b](https://x.test/) |\n| --- | --- |"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_markup(markup, markdown):
    assert to_markdown(markup) == markdown


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("{code:java}\nint *x;\n{code}", "```java\nint *x;\n```"),
        ("{code}\nx\n{code}", "```\nx\n```"),
        ("{code:title=A.java|borderStyle=solid}\nx\n{code}", "**A.java**\n```\nx\n```"),
        ("{code:language=sql|title=Q}\nx\n{code}", "**Q**\n```sql\nx\n```"),
        ("{noformat}\nh1. no\n{noformat}", "```\nh1. no\n```"),
        ("{code}a ``` b{code}", "````\na ``` b\n````"),
        ("see {code}x{code} there", "see `x` there"),
        ("before {code}\nx\n{code} after", "before \n```\nx\n```\n after"),
        ("{code}\nnever closed *b*", "{code}\nnever closed **b**"),
        ("{code}\nopen {noformat}x{noformat}", "{code}\nopen `x`"),
    ],
)
def test_code_stays_as_it_is(markup, markdown):
    assert to_markdown(markup) == markdown


@pytest.mark.parametrize(
    ("markup", "markdown"),
    [
        ("{quote}\none\n\ntwo\n{quote}\nthree", ">\n> one\n> \n> two\n>\nthree"),
        ("{quote}one{quote}", "> one"),
        ("{panel:title=Mind|borderStyle=solid}\nthis\n{panel}", "> **Mind**\n> this\n>"),
        ("{warning}never{warning}", "> never"),
    ],
)
def test_what_is_quoted(markup, markdown):
    assert to_markdown(markup) == markdown


def test_what_nobody_knows_stays_as_it_is():
    markup = "{gallery:x}\n{jira-macro}\n+under+ ^up^ ??cite??"

    assert to_markdown(markup) == markup


@pytest.mark.parametrize("nothing", [None, 7, {"type": "doc"}, [], ""])
def test_what_is_no_text_is_empty(nothing):
    assert to_markdown(nothing) == ""


PATIENTLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES = st.sampled_from(
    ["h1. ", "*", "_", "-", "{{", "}}", "{code}", "{code:java}", "{noformat}", "{quote}", "bq. ",
     "* ", "# ", "[", "]", "|", "||", "~", "!", "{color:red}", "{color}", "{panel}", "----", "\n",
     "http://x.test/", "{", "}", " "]
)  # fmt: skip
WORDS = st.text(alphabet="klmnopqrs", min_size=6, max_size=12)


@PATIENTLY
@given(st.lists(PIECES | WORDS, max_size=40))
def test_no_text_is_lost(pieces):
    """Return words outside braces, which could be macro settings."""
    markup = "".join(pieces)
    outside = re.sub(r"\{[^{}\n]*\}|![^!\n]*!|\[[^\[\]\n]*\]", " ", markup)

    markdown = to_markdown(markup)

    assert all(word in markdown for word in re.findall("[k-s]{6,}", outside))


@PATIENTLY
@given(st.text())
def test_nothing_raises(markup):
    assert isinstance(to_markdown(markup), str)


@pytest.mark.parametrize(
    "piece", ["{code}", "{code:a", "{{", "[", "[a|", "!a.", "*a ", "-a ", "{quote}", "||", "h1. *"]
)
def test_a_long_line_is_read_to_its_end(piece):
    assert "end" in to_markdown(piece * 20_000 + "end")
