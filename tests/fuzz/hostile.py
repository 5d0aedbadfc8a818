"""What is sent to break things: values, bodies, queries, headers, ids, methods."""

import json
from collections.abc import Iterator

GOOD = {"email": "ann@example.com", "password": "correct horse 9"}
VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1.5, 2**31, 2**53 + 1, 2**63 - 1, 10**30, "", " ", "0", "null", "\0",
    "a\0b", "\ud800", "\udfffx", "\u202ex", "\ufeff", "\x7f", "a" * 300, "x" * 100_000, "é" * 3_000,
    "../../etc/passwd", "%00", "' OR 1=1--", "<script>alert(1)</script>", "${jndi:ldap://x}",
    "{{7*7}}", "=1+1", "\r\nX-Evil: 1", "1e999", "NaN", "0000-00-00", "9999-12-31T23:59:60Z",
    "2026-02-30", "10000-01-01", "-0001-01-01T00:00:00Z", "2026-01-01T00:00:00+25:00", [], [[]],
    [None], ["\0"], ["x"] * 3_000, {}, {"a": 1}, {"$gt": ""}, {"__class__": "x"}, [{}] * 100,
    {"a": {"b": {"c": ["\ud800"]}}}, "https://[::1", "http://169.254.169.254/", "a@b@c", "😀" * 200,
)  # fmt: skip
BODIES: tuple[bytes, ...] = (
    b"", b" ", b"null", b"12", b'"x"', b"[]", b"{}", b"[{}]", b'{"a":', b"{'a':1}", b"{]", b"\xff",
    b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"[" * 3_000 + b"]" * 3_000, b"[" * 100_000,
    b'{"a":' * 1_000 + b"1" + b"}" * 1_000, b'{"name":"\xed\xa0\x80"}', b'{"name":"\\ud800"}',
    b'{"\\u0000":1}', b'{"name":NaN}', b'{"id":' + b"9" * 5_000 + b"}", b'{"x":1e999}',
    b'{"name":"a","name":["b"]}', b'{"__proto__":{"role":"admin"}}', b"a=1&b=2", b"<x/>", b"\x80\x04.",
    b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--", b" " * 2_000_001,
    json.dumps([GOOD] * 500).encode(), b'{"a":"' + b"\\" * 50_001 + b'"}', b"%7B%7D", b"\0" * 100,
)  # fmt: skip
QUERIES: tuple[bytes, ...] = (
    b"a=%00", b"%00=1", b"a=\xff\xfe", b"a=%ff%fe", b"a=%ed%a0%80", b"a=%", b"a=%zz", b"&&&", b"=",
    b"a[]=1", b"a[$ne]=1", b"__class__=x", b"id__gt=0", b"_connector=OR", b"page=0", b"page=-1",
    b"page=9999999999999999999999", b"page=" + b"9" * 4_000, b"page_size=1000000", b"page_size=x",
    b"cursor=x", b"cursor=%00", b"cursor=" + b"A" * 3_000, b"ordering=password", b"format=xml",
    b"fields=*", b"a=1&" * 1_500, b"q=%22", b"q=" + b"(" * 500, b"q=*&q=*", b"q=" + b"a" * 3_000,
    b"from=0000-00-00", b"from=9999-12-31&to=0001-01-01", b"from=2026-01-01&to=9999-12-31",
    b"from=1970-01-01&to=2100-01-01", b"link=x", b"link=" + b"A" * 600, b"_method=DELETE", b"?", b"a=b=c",
    b"tz=x", b"interval=second", b"limit=1000000000000&offset=1000000000000", b"script=", b"a=%0d%0aX:1",
)  # fmt: skip
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"Content-Type", b"application/json; charset=bz2"), (b"Content-Type", b"text/plain"),
    (b"Content-Type", b"application/json; charset=utf-16"), (b"Content-Type", b"\xff/\xff"),
    (b"Content-Type", b"multipart/form-data"), (b"Content-Type", b""), (b"Content-Type", b"a" * 5_000),
    (b"Content-Type", b"multipart/form-data; boundary=x"), (b"Content-Encoding", b"gzip"),
    (b"Content-Type", b"application/x-www-form-urlencoded"), (b"Accept", b"text/html"),
    (b"Accept", b"*/*;q=\xff"), (b"Accept", b",,,"), (b"Accept", b"application/json;version=\xe9"),
    (b"Accept", b"a/b," * 1_000), (b"Accept-Encoding", b"\xff"), (b"Accept-Language", b"../../x"),
    (b"Authorization", b"Bearer"), (b"Authorization", b"Bearer " + b"e" * 60_000),
    (b"Authorization", b"Bearer a.b.c"), (b"Authorization", b"Basic eDp5"), (b"Authorization", b"\xff"),
    (b"Authorization", b"Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyX2lkIjoiMSJ9."),
    (b"Cookie", b"sessionid=\x00"), (b"Cookie", b'sessionid="\\000\\000"'), (b"Cookie", b"=;=;\xff"),
    (b"Cookie", b"sessionid=" + b"x" * 4_000), (b"Cookie", b"csrftoken=\xe9; messages=[[\"__json\"]]"),
    (b"X-Forwarded-For", b"\xff, ::1, 999.9.9.9"), (b"X-Forwarded-For", b"1.2.3.4," * 500),
    (b"X-Forwarded-Host", b"evil.example"), (b"X-Forwarded-Proto", b"http"), (b"Range", b"bytes=0-1,5-2"),
    (b"If-None-Match", b'"\xff"'), (b"If-Modified-Since", b"yesterday"), (b"Origin", b"null"),
    (b"Origin", b"https://evil.example"), (b"Referer", b"\xff\xfe"), (b"Expect", b"100-continue"),
    (b"X-HTTP-Method-Override", b"DELETE"), (b"Idempotency-Key", b"\xff" * 300), (b"X-Request-Id", b"\xff\n"),
    (b"X-Request-ID", b"x" * 9_000), (b"X-Correlation-ID", b"{\"a\":1}"), (b"traceparent", b"00-x-y-zz"),
    (b"baggage", b"sentry-trace_id=%ff,a=\xff"), (b"sentry-trace", b"x-y-z"), (b"Host", b"evil.example"),
    (b"Host", b""), (b"Content-Length", b"-1"), (b"Content-Length", b"99999999999"), (b"X-Odd_Name", b"1"),
    (b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"\x0bchunked"), (b"Upgrade", b"h2c"),
    (b"X-GitHub-Event", b"\xff"), (b"X-Hub-Signature-256", b"sha256=\xff"), (b"X-Hub-Signature", b"sha1=0"),
)  # fmt: skip
IDS: tuple[bytes, ...] = (
    b"0", b"-1", b"9" * 19, b"9" * 400, b"%31", b"1%00", b"%ff", b"%ed%a0%80", b"\xd9\xa1", b"1.0",
    b"..", b"%2e%2e", b"%2f", b"1;2", b"%0d%0aX-Evil:1", b"null", b"%2500", b"*", b"'", b"a" * 2_000,
)  # fmt: skip
METHODS: tuple[bytes, ...] = (
    b"PUT", b"TRACE", b"OPTIONS", b"HEAD", b"PROPFIND", b"CONNECT", b"DELETE", b"get", b"X" * 30,
)  # fmt: skip
PATHS: tuple[bytes, ...] = (
    b"/../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"/static/../manage.py", b"/static/%2e%2e%2fx",
    b"/static/%00", b"/static/\xff", b"/.env", b"/.git/config", b"//evil.example/", b"/\\evil.example",
    b"/api/%ff%fe/", b"/api//projects//", b"/api/projects", b"/api/projects/%0d%0aX:1", b"*", b"/%",
    b"/api/" + b"a/" * 2_000, b"/?" + b"a" * 7_000, b"/admin/%00/", b"/admin/../api/", b"/healthz/x",
    b"http://evil.example/api/", b"/api/schema/?format=../../x", b"/api/docs/?script=\xff", b"/api/;x",
    b"/admin/login/?next=//evil.example", b"/admin/jsi18n/", b"/admin/r/1/1/", b"/admin/r/999999/\xff/",
    b"/admin/autocomplete/?term=x&app_label=accounts&model_name=user&field_name=password",
)  # fmt: skip


def mutate(body: dict[str, object]) -> Iterator[bytes]:
    """The body with one value odd, one field missing, one too many."""
    for name in body:
        yield encode({key: value for key, value in body.items() if key != name})
        for value in VALUES:
            yield encode({**body, name: value})
    for extra in (
        "id",
        "role",
        "is_staff",
        "project",
        "owner",
        "user_id",
        "token_ciphertext",
        "\0",
    ):
        yield encode({**body, extra: "admin"})


def encode(value: object) -> bytes:
    return json.dumps(value).encode()
