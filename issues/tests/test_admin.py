"""Admin pages of issues: constant number of queries, read-only, escaped."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from issues.tests.api import board

__all__ = ["board"]


@pytest.fixture
def admin(client, make_user):
    client.force_login(make_user("root@example.com", role="admin"))
    return client


@pytest.mark.parametrize("path", ["issue/", "issue/?q=%231", "person/", "person/?q=ann"])
def test_lists_use_a_constant_number_of_queries(admin, board, path):
    counts = []
    for _ in range(2):
        for _ in range(3):
            board.add(author="ann", assignees=["bob"], labels=["red"])
        with CaptureQueriesContext(connection) as queries:
            assert admin.get(f"/admin/issues/{path}").status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_issue_is_escaped_and_read_only(admin, board):
    issue = board.add("<script>alert(1)</script>", labels=["red"], body="<img src=x>")
    url = f"/admin/issues/issue/{issue.pk}/change/"

    page = admin.get(url).content.decode()

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x>" not in page
    assert admin.post(url, {"title": "Mine"}).status_code == 403
    assert admin.get("/admin/issues/issue/add/").status_code == 403


def test_model_names_are_readable(admin):
    page = admin.get("/admin/").content.decode()

    assert all(name in page for name in (">People<", ">API calls<", ">Webhook deliveries<"))
