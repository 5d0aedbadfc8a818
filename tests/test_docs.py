"""The documents name what there is."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

from issues.api.views import LIST_PARAMETERS

ROOT = Path(__file__).resolve().parent.parent
API = (ROOT / "docs" / "api.md").read_text()
PROJECT = "api/projects/{}/"
UNDOCUMENTED = {"connect-unknown"}
"""Answers with the names of the providers that there are."""


def api_paths(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        path = prefix + re.sub("<[^>]*>", "{}", str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from api_paths(entry, path)
        elif isinstance(entry, URLPattern) and entry.name not in UNDOCUMENTED:
            yield path


def test_every_path_of_the_api_is_described() -> None:
    described = set(re.findall(r"`/?([\w/{}.-]+)`", re.sub(r"\{\w+\}", "{}", API)))
    paths = {path for path in api_paths(get_resolver()) if path.startswith("api/")}

    assert len(paths) > 15
    assert {p for p in paths if not {p, p.removeprefix(PROJECT)} & described} == set()


def test_every_filter_is_described() -> None:
    described = set(re.findall(r"`(\w+)`", API))
    names = {
        re.sub("^(closed|updated)_(after|before)", r"opened_\2", p.name) for p in LIST_PARAMETERS
    }

    assert names - described == set()


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    links = {
        (document, link)
        for document in documents
        for link in re.findall(r"\]\(([^)#:]+)\)", document.read_text())
    }

    assert links
    assert {link for document, link in links if not (document.parent / link).exists()} == set()


def test_every_make_target_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text()))

    assert named >= {"demo", "test", "check"}
    assert named <= targets


def test_versions_in_the_table_of_dependencies_are_those_pinned() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text().partition("## Running")[0]
    lock = (ROOT / "requirements-dev.txt").read_text()
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    named = {name.lower(): version for name, version in re.findall(r"`([\w-]+)==([\w.]+)`", table)}

    assert len(named) >= 12
    assert named.items() <= pinned.items()
