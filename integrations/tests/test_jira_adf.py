"""Conversion of Atlassian documents to Markdown."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.providers.jira.adf import to_markdown


def doc(*content: object) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(content)}


def text(words: str, *marks: str, **link: str) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [{"type": mark} for mark in marks]
    if link:
        kinds.append({"type": "link", "attrs": link})
    return {"type": "text", "text": words, "marks": kinds}


def node(kind: str, *content: object, **attrs: object) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def p(*content: object) -> dict[str, Any]:
    return node("paragraph", *[text(each) if isinstance(each, str) else each for each in content])


def li(*content: object) -> dict[str, Any]:
    return node("listItem", *content)


def row(kind: str, *cells: str) -> dict[str, Any]:
    return node("tableRow", *[node(kind, p(cell)) for cell in cells])


@pytest.mark.parametrize(
    ("content", "markdown"),
    [
        (node("heading", text("Steps"), level=2), "## Steps"),
        (node("heading", text("Steps"), level=99), "# Steps"),
        (p("one ", text("two", "strong"), " three"), "one **two** three"),
        (p(text("so ", "em"), "it is"), "*so* it is"),
        (p(text("a", "strike"), text("b", "code")), "~~a~~`b`"),
        (p(text("both", "strong", "em")), "***both***"),
        (p(text("here", href="https://x.test/")), "[here](https://x.test/)"),
        (p(text("x()", "code", href="https://x.test/")), "[`x()`](https://x.test/)"),
        (p("a", node("hardBreak"), "b"), "a\nb"),
        (
            node("codeBlock", text("x = 1\ny = 2"), language="python"),
            "```python\nx = 1\ny = 2\n```",
        ),
        (node("codeBlock", text("a ``` b")), "````\na ``` b\n````"),
        (node("blockquote", p("one"), p("two")), "> one\n>\n> two"),
        (node("panel", p("Mind this."), panelType="warning"), "> **Warning**\n>\n> Mind this."),
        (node("expand", p("Details."), title="More"), "**More**\n\nDetails."),
        (node("rule"), "---"),
        (p(node("mention", text="@Ann", id="5b10")), "@Ann"),
        (p(node("mention", id="5b10")), "@5b10"),
        (p(node("emoji", shortName=":smile:", text="\N{GRINNING FACE}")), "\N{GRINNING FACE}"),
        (p(node("emoji", shortName=":own:")), ":own:"),
        (p("due ", node("date", timestamp="1732838400000")), "due 2024-11-29"),
        (p(node("date", timestamp="soon")), "soon"),
        (p(node("status", text="IN REVIEW", color="blue")), "[IN REVIEW]"),
        (p(node("inlineCard", url="https://x.test/1")), "<https://x.test/1>"),
        (node("blockCard", url="https://x.test/1"), "<https://x.test/1>"),
        (node("mediaSingle", node("media", alt="shot.png", id="7")), "[attachment: shot.png]"),
        (node("mediaGroup", node("media", id="7")), "[attachment: 7]"),
    ],
)
def test_nodes(content, markdown):
    assert to_markdown(doc(content)) == markdown


def test_blocks_stand_apart():
    assert to_markdown(doc(p("one"), p(), p("two"))) == "one\n\ntwo"


def test_lists_nest():
    inner = node("orderedList", li(p("first")), li(p("second")), order=3)

    listed = to_markdown(doc(node("bulletList", li(p("one"), inner), li(p("two")))))

    assert listed == "- one\n  3. first\n  4. second\n- two"


def test_tasks_are_ticked():
    tasks = node(
        "taskList",
        node("taskItem", text("write"), state="DONE"),
        node("taskItem", text("test"), state="TODO"),
        node("taskList", node("taskItem", text("twice"), state="TODO")),
    )

    assert to_markdown(doc(tasks)) == "- [x] write\n- [ ] test\n  - [ ] twice"


def test_tables_have_a_rule_below_their_first_row():
    table = node("table", row("tableHeader", "Name", "Count"), row("tableCell", "a|b", "2"))

    assert to_markdown(doc(table)) == "| Name | Count |\n| --- | --- |\n| a\\|b | 2 |"


def test_rows_of_other_lengths_are_filled_up():
    table = node("table", row("tableCell", "a"), row("tableCell", "b", "c"))

    assert to_markdown(doc(table)) == "| a |  |\n| --- | --- |\n| b | c |"


def test_unknown_node_is_converted_by_its_content():
    layout = node("layoutSection", node("layoutColumn", p("left")), node("newThing", p("right")))

    assert to_markdown(doc(layout)) == "left\n\nright"


def test_a_text_is_a_text_and_nothing_is_nothing():
    assert to_markdown("as it *was*") == "as it *was*"
    assert [to_markdown(each) for each in (None, 7, [], {}, doc())] == [""] * 5


def test_what_is_nested_beyond_sense_keeps_its_text():
    deep: dict[str, Any] = p("bottom")
    for _ in range(5_000):
        deep = node("blockquote", deep)

    assert to_markdown(doc(deep)).endswith("bottom")


# --- whatever comes: nothing raises, no text is lost ---------------------------------------------

PATIENTLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = st.text(alphabet="abcdefghijklmnop ", min_size=1, max_size=12)
KINDS = st.sampled_from(
    ["doc", "paragraph", "heading", "bulletList", "orderedList", "listItem", "taskList",
     "taskItem", "codeBlock", "blockquote", "panel", "expand", "table", "tableRow", "tableCell",
     "rule", "mention", "emoji", "date", "status", "inlineCard", "blockCard", "media",
     "mediaSingle", "hardBreak", "text", "unheardOf", ""]
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
ATTRS = st.dictionaries(
    st.sampled_from(["level", "order", "text", "url", "timestamp", "state", "language", "alt"]),
    JSON,
    max_size=3,
)
MARKS = st.lists(
    st.sampled_from(["strong", "em", "code", "strike", "link"]).map(lambda kind: {"type": kind})
)
TEXTS = st.fixed_dictionaries({"type": st.just("text"), "text": WORDS}, optional={"marks": MARKS})
TREES = st.recursive(
    TEXTS,
    lambda inner: st.fixed_dictionaries(
        {"type": KINDS, "content": st.lists(inner, max_size=4)}, optional={"attrs": ATTRS}
    ),
    max_leaves=20,
)


def words_of(tree: Any) -> list[str]:
    own = tree.get("text", "").split()
    return own + [word for child in tree.get("content", []) for word in words_of(child)]


@PATIENTLY
@given(TREES)
def test_no_text_is_lost(tree):
    markdown = to_markdown(doc(tree))

    assert all(word in markdown for word in words_of(tree))


@PATIENTLY
@given(JSON | st.fixed_dictionaries({"type": KINDS | JSON, "content": JSON, "attrs": JSON}))
def test_nothing_raises(tree):
    assert isinstance(to_markdown(tree), str)
    assert isinstance(to_markdown({"type": "doc", "content": [tree]}), str)


@PATIENTLY
@given(st.dictionaries(st.sampled_from(["type", "text", "content", "attrs", "marks"]), JSON))
def test_nothing_raises_whatever_a_member_is(tree):
    assert isinstance(to_markdown(tree), str)
