"""Report over HTTP: access, no scripts, correct numbers."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from analytics import services
from analytics.charts import CHARTS, flow
from analytics.charts.data import Flow, Period
from analytics.models import AnalyticsSummary, IssueFacts, Spike
from analytics.tests.conftest import BEGIN
from issues.models import IssueAssignee, Person
from projects.models import Membership, Project

RANGE = "from=2026-01-05&to=2026-02-01"
HOSTILE = '</text><script>alert("1")</script>\x01\u202e&'


@pytest.fixture
def viewer(project, make_user) -> User:
    user = make_user("viewer@example.com")
    Membership.objects.create(project=project, user=user, role="viewer")
    return user


@pytest.fixture
def client(viewer) -> APIClient:
    client = APIClient()
    client.force_authenticate(viewer)
    return client


@pytest.fixture
def url(project) -> str:
    return f"/api/projects/{project.pk}/analytics/report/"


@pytest.fixture
def page(client, project, url):
    """`page(RANGE)` returns the page as text; `page(RANGE, "charts/flow.svg")` a chart."""

    def read(query: str = RANGE, part: str = "") -> str:
        services.aggregate(project.pk)
        answer = client.get(f"{url}{part}?{query}", HTTP_ACCEPT="text/html")
        assert answer.status_code == 200, answer.content
        return answer.content.decode()

    return read


@pytest.fixture
def link(client, url) -> str:
    return client.post(f"{url}link/").json()["url"]


def table(html: str, chart: str) -> list[list[str]]:
    """Return the cells of a chart's table."""
    section = html.partition(f'id="{chart}-head"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section.partition("<tbody>")[2], re.DOTALL)
    return [re.findall(r"<bdi>(.*?)</bdi>", row, re.DOTALL) for row in rows]


# --- access --------------------------------------------------------------------------------------


def test_outsider_gets_404(url, make_user):
    outsider = APIClient()
    outsider.force_authenticate(make_user("outsider@example.com"))

    parts = [outsider.get(url), outsider.get(f"{url}charts/flow.svg"), outsider.post(f"{url}link/")]

    assert [answer.status_code for answer in parts] == [404, 404, 404]


def test_link_opens_page_and_charts_without_authentication(link):
    page = APIClient().get(link)

    picture = re.search(r'href="(/api/[^"]*flow\.svg[^"]*)"', page.content.decode())[1]
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert APIClient().get(picture.replace("&amp;", "&")).status_code == 200


def test_link_opens_no_other_page(link, url):
    signed = link.partition("?")[2]

    others = [url.replace("report/", "summary/"), url.replace("analytics/report/", "issues/")]

    assert [APIClient().get(f"{other}?{signed}").status_code for other in others] == [401, 401]
    assert APIClient().post(f"{url}link/?{signed}").status_code == 401


def test_a_link_expires(link, monkeypatch):
    later = signing.time.time() + 3601
    monkeypatch.setattr(signing.time, "time", lambda: later)

    answer = APIClient().get(link)

    assert answer.status_code == 401
    assert "expired" in answer.json()["detail"]


@pytest.mark.parametrize("change", [lambda s: s[:-2], lambda s: "x" + s, lambda s: s + "A" * 600])
def test_a_forged_link_is_refused(link, change):
    before, _, signed = link.partition("link=")

    answer = APIClient().get(f"{before}link={change(signed)}")

    assert answer.status_code == 401
    assert "invalid or incomplete" in answer.json()["detail"]


def test_a_link_of_another_project_is_refused(link, viewer, project):
    other = Project.objects.create(name="Other")
    Membership.objects.create(project=other, user=viewer, role="viewer")

    answer = APIClient().get(link.replace(f"/{project.pk}/", f"/{other.pk}/"))

    assert answer.status_code == 401


def test_link_expires_when_its_creator_leaves(link):
    Membership.objects.all().delete()

    assert APIClient().get(link).status_code == 404


@pytest.mark.parametrize("change", [{"is_active": False}, {"password": "another"}])
def test_link_expires_with_account_or_password(link, viewer, change):
    User.objects.filter(pk=viewer.pk).update(**change)

    assert APIClient().get(link).status_code == 401


# --- content -------------------------------------------------------------------------------------


def test_page_has_no_scripts_and_no_requests(client, url):
    answer = client.get(url)

    policy = answer["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert answer["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<script|<img|\bsrc=|\bstyle=|@import|url\(http", answer.content.decode())


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("issues", [0, 1, 30])
def test_every_chart_is_well_formed(page, make_issue, chart, issues):
    for number in range(issues):
        make_issue(number / 2, (number / 2 + 1, "Doing"), key=HOSTILE[:60])

    picture = ElementTree.fromstring(page(f"{RANGE}&by=person", f"charts/{chart}.svg"))

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.get("role") == "img"
    assert [child.tag.partition("}")[2] for child in picture[:2]] == ["title", "desc"]


def test_hostile_text_is_escaped(page, make_issue, project):
    Project.objects.filter(pk=project.pk).update(name=HOSTILE)
    issue = make_issue(0, (1, "Doing"), key=HOSTILE[:60], title=HOSTILE, url="javascript:alert(1)")
    person = Person.objects.create(project=project, provider="jira", login=HOSTILE)
    IssueAssignee.objects.create(issue=issue, person=person)

    html = page(f"{RANGE}&by=person")

    assert "<script" not in html
    assert "javascript:" not in html
    assert "&lt;script&gt;" in html


def test_empty_project_shows_messages(page):
    html = page()

    assert "No issue was resolved in this range." in html
    assert "No issue is in progress." in html
    assert "The first sync of" in html


@pytest.mark.parametrize("chart", ["nonsense", "link"])
def test_unknown_chart_gets_404(client, url, chart):
    answer = client.get(f"{url}charts/{chart}.svg")

    assert answer.status_code == 404
    assert "flow" in answer.json()["detail"]


@pytest.mark.parametrize("query", ["colour=red", "days=0", "days=99999999", "from=x", "by=team"])
def test_invalid_parameters_are_refused(client, url, query):
    assert client.get(f"{url}?{query}").status_code == 400


# --- numbers -------------------------------------------------------------------------------------


def test_flow_matches_the_daily_rows(page, make_issue, project):
    for day in range(9):
        make_issue(day, (day + 1, "Closed"), *([(day + 2, "Open")] if day % 3 else []))

    rows = {row[0]: [int(n) for n in row[2:]] for row in table(page(), "flow")}

    assert len(rows) == 28
    for kept in AnalyticsSummary.objects.filter(project=project):
        expected = [kept.opened, kept.reopened, kept.closed, kept.closed_undated, kept.open_issues]
        assert rows[f"{kept.day:%-d %b %Y}"] == expected


@pytest.mark.parametrize(("backlog", "is_below"), [((40, 80, 60), True), ((40, 60, 80), False)])
def test_the_line_of_open_issues_does_not_cross_its_label(backlog, is_below):
    weeks = [date(2026, 1, 5) + timedelta(weeks=number) for number in range(3)]
    periods = [
        Period(first, first + timedelta(days=6), True, 1, 1, 0, 0, open_issues)
        for first, open_issues in zip(weeks, backlog, strict=True)
    ]

    root = flow.draw(Flow("week", periods, [], 0, 90)).canvas.root

    (label,) = [text for text in root.iter("text") if (text.text or "").endswith(" open")]
    (end,) = root.iter("circle")
    assert (float(label.get("y")) > float(end.get("cy"))) == is_below


def test_percentiles_need_twenty_durations(page, make_issue):
    for day in range(1, 20):
        make_issue(0, (day, "Closed"))
    few = page()

    make_issue(0, (20, "Closed"))

    assert "Not enough data for percentiles: n = 19" in few
    said = re.search(r"P50 ([\d.]+) days, P75 ([\d.]+) days, P90 ([\d.]+) days", page())
    assert [float(days) for days in said.groups()] == pytest.approx([10, 15, 18], rel=0.03)


def test_exclusions_are_named(page, make_issue):
    make_issue(0, (1, "Closed"), outcome="duplicate")

    assert "Not counted: 1 closed as not planned, duplicate or moved." in page()


def test_the_oldest_in_progress_are_linked(page, make_issue):
    make_issue(0, (1, "Doing"), url="https://tracker.test/ENG-1")

    html = page()

    assert [row[0] for row in table(html, "aging")] == ["ENG-1"]
    assert html.count('href="https://tracker.test/ENG-1"') == 2


def test_names_are_shown_only_on_request(page, make_issue, project):
    person = Person.objects.create(project=project, provider="jira", login="octo-ann")
    IssueAssignee.objects.create(issue=make_issue(0), person=person)

    assert "octo-ann" not in page()
    assert table(page(f"{RANGE}&by=person"), "workload") == [["octo-ann", "1", "0"]]


def test_spikes_are_marked_and_explained(page, make_issue, project):
    make_issue(0)
    Spike.objects.create(
        project=project, series_kind="label", series_value="<b>crash", level="alert",
        first_day=BEGIN.date(), last_day=BEGIN.date() + timedelta(days=1), ended_at=timezone.now(),
        observed_reporters=9, observed_issues=11, expected=2.5, expected_low=0, expected_high=6,
        probability=1e-6,
    )  # fmt: skip

    html = page()

    assert (
        "5 Jan 2026 to 6 Jan 2026 (label &lt;b&gt;crash): From 5 Jan 2026 to 6 Jan 2026, 9 people "
        "opened 11 issues: 4.5 people per day. Expected: 1.2 (0.0 to 3.0) per day." in html
    )


def test_queries_do_not_grow_with_issues(client, url, make_issue, project):
    def queries() -> int:
        services.aggregate(project.pk)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"{url}?{RANGE}").status_code == 200
        return len(asked)

    make_issue(0, (1, "Doing"))
    few = queries()
    for day in range(30):
        make_issue(day, (day + 1, "Doing"), *([(day + 2, "Closed")] if day % 2 else []))

    assert queries() == few
    assert IssueFacts.objects.count() == 31


@pytest.mark.parametrize("query", ["from=2016-01-01&to=2026-02-01", "days=18300", "days=1"])
def test_any_range_can_be_drawn(page, make_issue, query):
    make_issue(0, (1, "Closed"))

    assert page(query).count("<svg") == len(CHARTS)
