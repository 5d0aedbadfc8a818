"""The layout that the documents describe is the layout there is."""

import re

import pytest

from scripts import house, layers

MOST_LOOSE = 12
PATH = re.compile(r"`((?:[a-z_]+/)+[a-z_]+\.py)`")


@pytest.fixture(scope="module")
def graph():
    return house.build_graph()


@pytest.mark.parametrize("app", house.APPS)
def test_few_files_lie_loose_in_an_app(app):
    assert len(house.loose(app)) <= MOST_LOOSE


@pytest.mark.parametrize("app", house.APPS)
def test_no_modules_import_each_other(graph, app):
    assert house.circles(graph, app) == []


def test_circle_of_two_is_found(graph):
    graph.add_import(importer="projects.models", imported="projects.services")

    found = house.circles(graph, "projects")
    graph.remove_import(importer="projects.models", imported="projects.services")

    assert ("projects.models", "projects.services") in found


def test_architecture_shows_the_layers_of_the_import_contracts():
    page = layers.PAGE.read_text()

    assert page == layers.insert(page)
    assert "| `issues` | api" in page


def test_every_file_named_in_a_document_exists():
    pages = [*house.ROOT.glob("*.md"), *house.ROOT.glob("docs/*.md")]
    named = {
        (page.name, path)
        for page in pages
        if page.name != "CHANGELOG.md"
        for path in PATH.findall(page.read_text())
        if (house.ROOT / path.partition("/")[0]).exists()
    }

    assert len(named) > 40
    assert {(page, path) for page, path in named if not (house.ROOT / path).exists()} == set()
