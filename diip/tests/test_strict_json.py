import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diip.common.http_api.renderers import encode_json
from diip.common.http_api.strict_json import JsonRefused, guarded_loads


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, "\\u00e9", null, true, -1.5]}', {"a": [1, "é", None, True, -1.5]}),
        (b'"[[[[ \\" ]]]]"', '[[[[ " ]]]]'),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"\\\\u0000 \\\\ud800"', "\\u0000 \\ud800"),
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"[" * 50 + b"]" * 50, None),
    ],
)
def test_valid_json_is_decoded(body, value):
    assert guarded_loads(body) == value or value is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[" * 51 + b"]" * 51, "deeper than 50"),
        (b'{"a":' * 51 + b"1" + b"}" * 51, "deeper than 50"),
        (b"[" * 100_000, "deeper than 50"),
        (b'{"a":[{"b":"\\ud800"}]}', "$.a[0].b"),
        (b'["\\udc00\\ud800x"]', "$[0]"),
        (b'{"\\ud800": 1}', "the name itself"),
        (b'{"a": "x\\u0000"}', "$.a"),
        (b'{"a\\u0000": 1}', "the name itself"),
        (b'{"a": "\x00"}', "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8"),
        (b"NaN", "not valid JSON"),
        (b'{"a": Infinity}', "not valid JSON"),
        (b"1e400", "not valid JSON"),
        (b"9" * 5000, "not valid JSON"),
        (b'{"a": 9223372036854775808}', "$.a does not fit"),
        (b"{", "not valid JSON"),
        (b"", "not valid JSON"),
        (b'{"a": 1} x', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
    ],
)
def test_refusal_gives_the_reason(body, words):
    with pytest.raises(JsonRefused) as refusal:
        guarded_loads(body)

    assert words in str(refusal.value)
    str(refusal.value).encode()


def test_depth_can_be_chosen():
    assert guarded_loads(b"[[1]]", max_depth=2) == [[1]]
    with pytest.raises(JsonRefused):
        guarded_loads(b"[[1]]", max_depth=1)


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 500_000, b"[]," * 100_000, b'"\\u0041' * 100_000])
def test_cost_is_linear_in_length(body):
    """With quadratic cost this would take minutes."""
    with pytest.raises(JsonRefused):
        guarded_loads(body)


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)


@settings(max_examples=50)
@given(VALUES)
def test_rendered_json_is_decoded(value):
    assert guarded_loads(encode_json(value)) == value


@settings(max_examples=200)
@given(st.binary(max_size=30))
def test_any_bytes_are_decoded_or_refused(body):
    try:
        guarded_loads(body)
    except JsonRefused as refusal:
        assert str(refusal)
