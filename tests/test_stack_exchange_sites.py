"""Several scopes of Stack Exchange in one project: no question counts twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from accounts.models import User
from diip.common.errors import Conflict
from integrations.http import session
from integrations.http.transport import Environment
from integrations.lifecycle.connect import connect_scope
from integrations.models import Integration
from issues.models import Issue, Person
from projects.models import Project
from simulator.server import TrackerServer
from tests.test_sync_trackers import sync

Connect = Callable[..., Integration]


@pytest.fixture(scope="module")
def trackers() -> Iterator[TrackerServer]:
    with TrackerServer(issues=5, quota=None) as server:
        yield server


@pytest.fixture
def connect(db, trackers, settings, monkeypatch) -> Connect:
    monkeypatch.setattr(session, "Environment", lambda: Environment(sleep=lambda _: None))
    settings.DIIP_PRIVATE_HOSTS = [f"127.0.0.1:{trackers.port}"]
    first = Project.objects.create(name="Story")
    owner = User.objects.create_user("ann@example.com", "correct horse 9")
    url = f"{trackers.url}/stackexchange/2.3"

    def make(*tags: str, site: str = "", project: Project = first) -> Integration:
        given = {"tags": tags, "site": site, "key": "k", "api_url": url}
        return connect_scope(project=project, actor=owner, provider="stackoverflow", given=given)

    return make


@pytest.mark.parametrize(
    ("tags", "site"),
    [
        (("engine", "python"), ""),
        (("python",), ""),
        (("engine",), "stackoverflow.com"),
        (("python",), "StackOverflow.com"),
    ],
)
def test_second_connection_of_a_site_is_refused(connect, tags, site):
    """Also without a tag in common: a question may carry one of each."""
    first = connect("engine")

    with pytest.raises(Conflict, match=r"already connected as integration \d+") as refused:
        connect(*tags, site=site)

    assert refused.value.extra == {"integration": first.pk}
    assert Integration.objects.count() == 1


def test_other_tags_can_be_connected_elsewhere_or_after_removing(connect):
    first = connect("engine")
    connect("python", project=Project.objects.create(name="Other"))
    first.delete()

    assert connect("engine", "python").scope == "stackoverflow:engine;python"


def test_accounts_of_two_sites_are_not_one_person(connect):
    """Each site numbers its own: 7 here is somebody else than 7 there."""
    for site in ("", "serverfault"):
        sync(connect("engine", site=site))

    numbers = Counter(Person.objects.values_list("source_person_id", flat=True))
    authors = Issue.objects.exclude(author=None).values_list("author__origin", "url")
    assert set(numbers.values()) == {1, 2}
    assert {urlsplit(url).hostname == origin for origin, url in authors} == {True}


def test_questions_of_two_sites_are_all_different(connect):
    here, there = connect("engine"), connect("engine", site="serverfault")
    sync(here)
    sync(there)

    urls = list(Issue.objects.values_list("url", flat=True))

    assert len(urls) == len(set(urls)) > Issue.objects.filter(integration=here).count()
