"""Every page of the admin, whatever is registered: no secrets, facts stay facts, few queries."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AttemptCounter, RefreshFamily, User
from diip.common.http_api.middleware import PAGE_POLICY
from projects.models import Membership, Project
from tests.admin_rows import fill_rows, plant_secrets
from tests.tenants import make_account, make_tenant, make_world

WRITTEN_HERE = {User, Project, Membership}
WITHOUT_PAGES = {RefreshFamily, AttemptCounter}


@pytest.fixture
def world(db):
    world = make_world()
    for tenant in (world.ours, world.theirs):
        fill_rows(tenant)
    return world


@pytest.fixture
def client(client, world):
    client.force_login(world.people["admin"])
    return client


def shown_models():
    """Those that DIIP registers."""
    models = [model for model in admin.site._registry if model.__module__.split(".")[0] in OURS]
    return sorted(models, key=lambda model: model._meta.label)


OURS = {"accounts", "projects", "integrations", "issues", "analytics", "monitoring"}


def page_of(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


def pages_of(model):
    row = model._default_manager.first()
    assert row is not None, f"{model} needs a row in tests/admin_rows.py"
    yield page_of(model, "changelist")
    if model not in WITHOUT_PAGES:
        yield page_of(model, "change", row.pk)
        yield page_of(model, "history", row.pk)


class Scripts(HTMLParser):
    """Collects what a strict policy would have to allow."""

    def __init__(self):
        super().__init__()
        self.inline = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script" and not given.get("src"):
            self.inline.append(tag)
        self.inline += [name for name in given if re.fullmatch(r"on[a-z]+", name)]
        self.inline += [
            value for value in given.values() if (value or "").startswith("javascript:")
        ]


def test_no_page_shows_a_secret_or_needs_an_inline_script(client):
    planted = plant_secrets()
    shown = {}
    for model in shown_models():
        for page in pages_of(model):
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert answer["Content-Security-Policy"] == PAGE_POLICY
            text = answer.content.decode()
            shown[page] = [secret for secret in planted if secret in text]
            scripts = Scripts()
            scripts.feed(text)
            shown[page] += scripts.inline

    assert len(shown) > 60
    assert {page: found for page, found in shown.items() if found} == {}


def test_the_policy_lets_no_text_become_code():
    assert "unsafe-eval" not in PAGE_POLICY
    assert "'unsafe-inline'" not in PAGE_POLICY.split("style-src")[0]


def test_facts_are_neither_made_nor_changed_nor_deleted(client):
    statuses = {}
    for model in set(shown_models()) - WRITTEN_HERE:
        pk = model._default_manager.first().pk
        urls = [page_of(model, "add"), page_of(model, "delete", pk)]
        if model not in WITHOUT_PAGES:
            urls.append(page_of(model, "change", pk))
        statuses |= {url: client.post(url, {"post": "yes"}).status_code for url in urls}

    assert len(statuses) > 50
    assert set(statuses.values()) == {403}


def test_rows_whose_ids_say_too_much_have_no_page(client):
    for model in WITHOUT_PAGES:
        pk = model._default_manager.first().pk
        assert client.get(page_of(model, "change", pk)).status_code == 404
        assert client.get(page_of(model, "history", pk)).status_code == 404


def test_lists_ask_as_often_for_many_rows_as_for_few(client):
    asked = []
    for turn in range(2):
        counts = {}
        for model in shown_models():
            with CaptureQueriesContext(connection) as queries:
                client.get(page_of(model, "changelist"))
            counts[model._meta.label] = len(queries)
        asked.append(counts)
        for number in range(2):
            owner = make_account(f"more-{turn}-{number}")
            fill_rows(make_tenant(owner))

    assert asked[0] == asked[1]
    assert max(asked[0].values()) <= 8


def test_a_search_for_anything_is_answered(client):
    found = {
        model._meta.label: client.get(page_of(model, "changelist"), {"q": "a'\"%_<1"}).status_code
        for model in shown_models()
    }

    assert set(found.values()) == {200}


def test_the_themes_own_search_is_off(client):
    answer = client.get("/admin/search/?s=a&page=nonsense")

    assert (answer.status_code, answer.content) == (200, b"")
