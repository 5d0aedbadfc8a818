"""Markup in what trackers and people send: text on every page, in a real browser too."""

import json
import re
from importlib import import_module

import pytest
from django.conf import settings as django_settings
from django.contrib import admin
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import CharField, TextField

from analytics import services
from analytics.models import Alert, AlertChannel, AlertRule
from integrations.models import Integration
from issues.models import Issue, Label, Person
from projects.models import Project
from tests import browser
from tests.tenants import World, make_world
from tests.test_url_table import admin_pages

SCRIPT = (
    "\"'><script id=planted>window.planted=1;alert(1)</script>"
    "<img id=planted src=x onerror=alert(2)>"
)
MODELS = (Project, Issue, Person, Label, AlertChannel, AlertRule, Alert, Integration)
KEPT = {"provider", "status", "state", "kind", "level", "topic", "type", "origin", "content_hash"}
"""Words that the code reads, not people."""
RAW = re.compile(r"<(script|img) id=planted")


def plant_everywhere() -> World:
    world = make_world()
    for model in MODELS:
        for name in shown_text(model):
            for pk in list(model._default_manager.values_list("pk", flat=True)):
                model._default_manager.filter(pk=pk).update(**{name: f"{SCRIPT}{pk}"})
    services.aggregate(world.ours.project.pk)
    return world


def shown_text(model) -> list[str]:
    """Columns that hold words of people."""
    return [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, CharField | TextField)
        and not (field.choices or field.unique or field.name in KEPT)
        and not field.name.endswith(("_ciphertext", "_id", "_key", "url", "_terms"))
        and (field.max_length or 1000) > len(SCRIPT) + 9
    ]


def change_pages() -> list[str]:
    registered = [model for model in MODELS if admin.site.is_registered(model)]
    return [
        f"admin/{model._meta.app_label}/{model._meta.model_name}/{model._default_manager.first().pk}/change/"
        for model in registered
        if model._default_manager.exists()
    ]


@pytest.fixture
def planted(db) -> World:
    return plant_everywhere()


def test_markup_is_text_on_every_page_of_the_admin(planted, client):
    client.force_login(planted.people["admin"])
    pages = [page for page in admin_pages() if "<" not in page and "autocomplete" not in page]
    shown = 0

    for page in [*pages, *change_pages()]:
        html = client.get(f"/{page}").content.decode()
        shown += "id=planted" in html
        assert not RAW.search(html), page

    assert shown > 5


def test_markup_in_the_api_is_json_that_no_browser_reads(planted):
    url = f"/api/projects/{planted.ours.project.pk}/issues/"
    answer = planted.clients["owner"].get(url)

    assert SCRIPT in json.loads(answer.content)["results"][0]["title"]
    assert answer["Content-Type"] == "application/json"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_markup_is_text_in_the_report(planted):
    url = f"/api/projects/{planted.ours.project.pk}/analytics/report/"
    pages = [
        planted.clients["owner"].get(url + part)
        for part in ("", "charts/flow.svg", "charts/aging.svg")
    ]

    assert all(page.status_code == 200 for page in pages)
    assert not any(RAW.search(page.content.decode()) for page in pages)


# --- in a browser ---------------------------------------------------------------------------------


def session_of(user) -> str:
    store = import_module(django_settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return store.session_key


@pytest.mark.e2e
@pytest.mark.skipif(not browser.find(), reason="no Chromium on this machine")
@pytest.mark.django_db(transaction=True)
def test_no_page_runs_what_was_planted_or_breaks_its_policy(live_server):
    world = plant_everywhere()
    link = f"/api/projects/{world.ours.project.pk}/analytics/report/link/"
    report = world.clients["owner"].post(link).json()["url"].partition("/api/")[2]
    lists = [page.partition("/change")[0].rpartition("/")[0] + "/" for page in change_pages()]
    pages = [f"api/{report}", "api/docs/", "admin/", "tasks/dashboard/", *lists, *change_pages()]
    cookies = {"sessionid": session_of(world.people["admin"])}

    with browser.Browser.start() as chromium:
        for page in pages:
            seen = chromium.visit(f"{live_server.url}/{page}", cookies)

            assert (page, seen.dialogs, seen.marks, seen.asked) == (page, [], 0, [])
            assert (page, seen.violations) == (page, [])


@pytest.mark.e2e
@pytest.mark.skipif(not browser.find(), reason="no Chromium on this machine")
def test_the_browser_would_tell(tmp_path):
    page = tmp_path / "page.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"script-src 'nonce-a'\">"
    page.write_text(f"{policy}<script nonce=a>alert(3)</script><b id=planted1></b><p>{SCRIPT}")

    with browser.Browser.start() as chromium:
        seen = chromium.visit(f"file://{page}", {})

    assert (seen.dialogs, seen.marks) == (["3"], 3)
    assert seen.violations
