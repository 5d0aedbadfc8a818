from typing import Any
from urllib.parse import urlsplit

from django.db import migrations

BATCH = 1_000


def part_by_site(apps: Any, _: Any) -> None:
    """Replace the API host, shared by all sites, with the site as the origin of people.

    If a project reads two sites, the next census rewrites their questions, which separates accounts
    with equal numbers.
    """
    integrations = apps.get_model("integrations", "Integration").objects
    sites: dict[int, set[str]] = {}
    connected = integrations.filter(provider="stackoverflow").exclude(web_url="")
    for project_id, web_url in connected.values_list("project", "web_url"):
        sites.setdefault(project_id, set()).add(_host(web_url))
    _part_people(apps.get_model("issues", "Person").objects, sites)
    several = [project_id for project_id, hosts in sites.items() if len(hosts) > 1]
    issues = apps.get_model("issues", "Issue").objects
    issues.filter(project__in=several, provider="stackoverflow").update(content_hash="")


def _part_people(people: Any, sites: dict[int, set[str]]) -> None:
    found = people.filter(provider="stackoverflow", project__in=sites)
    taken = set(found.values_list("project", "source_person_id", "origin"))
    batch: list[Any] = []
    for person in found.only("project_id", "source_person_id", "url").iterator(chunk_size=BATCH):
        only = next(iter(sites[person.project_id])) if len(sites[person.project_id]) == 1 else ""
        site = only or _host(person.url)
        if not site or (key := (person.project_id, person.source_person_id, site)) in taken:
            continue
        taken.add(key)
        person.origin = site
        batch.append(person)
        if len(batch) == BATCH:
            people.bulk_update(batch, ["origin"])
            batch.clear()
    people.bulk_update(batch, ["origin"])


def _host(url: str) -> str:
    return urlsplit(url).netloc.lower()


class Migration(migrations.Migration):
    dependencies = [
        ("issues", "0007_settled_census_entries"),
        ("integrations", "0008_census_cursors_know_their_last_end"),
    ]

    operations = [migrations.RunPython(part_by_site, migrations.RunPython.noop)]
