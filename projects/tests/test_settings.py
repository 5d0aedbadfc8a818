"""Time zone and working hours of a project: permissions and validation."""

import pytest

from projects.models import Project

OFFICE = {"days": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:00"}


def stored(team) -> tuple[str, object]:
    project = Project.objects.get(pk=team.project.pk)
    return project.time_zone, project.working_hours


def test_defaults_are_utc_and_no_working_hours(team):
    shown = team.call("viewer").get(team.url).json()

    assert (shown["time_zone"], shown["working_hours"]) == ("UTC", None)


def test_maintainer_changes_zone_and_hours(team):
    changes = {"time_zone": "Asia/Kathmandu", "working_hours": OFFICE}

    changed = team.call("maintainer").patch(team.url, changes)

    assert changed.status_code == 200
    assert changes.items() <= changed.json().items()
    assert stored(team) == ("Asia/Kathmandu", OFFICE)
    assert team.call("viewer").get(team.url).json()["working_hours"] == OFFICE


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("viewer", 403)])
def test_lower_roles_cannot_change_zone_and_hours(team, who, status):
    refused = team.call(who).patch(team.url, {"time_zone": "Asia/Tokyo", "working_hours": OFFICE})

    assert refused.status_code == status
    assert stored(team) == ("UTC", None)


def test_new_project_accepts_zone_and_hours(team):
    given = {"name": "New", "time_zone": "America/St_Johns", "working_hours": OFFICE}

    made = team.call("outsider").post("/api/projects/", given)

    assert made.status_code == 201
    assert given.items() <= made.json().items()
    assert Project.objects.get(pk=made.json()["id"]).working_hours == OFFICE


def test_null_removes_the_hours(team):
    team.call("owner").patch(team.url, {"working_hours": OFFICE})

    changed = team.call("owner").patch(team.url, {"working_hours": None})

    assert changed.json()["working_hours"] is None
    assert Project.objects.filter(pk=team.project.pk, working_hours__isnull=True).exists()


def test_unnamed_settings_are_unchanged(team):
    team.call("owner").patch(team.url, {"working_hours": OFFICE, "time_zone": "Asia/Tokyo"})

    team.call("owner").patch(team.url, {"name": "Renamed"})

    assert stored(team) == ("Asia/Tokyo", OFFICE)


def test_days_are_sorted(team):
    changed = team.call("owner").patch(team.url, {"working_hours": OFFICE | {"days": [7, 1]}})

    assert changed.json()["working_hours"]["days"] == [1, 7]


@pytest.mark.parametrize(
    "zone",
    ["Berlin", "europe/berlin", "+02:00", "", " ", None, 1, "../etc/passwd", "localtime",
     "Factory", "Europe/Berlin\u0000", "x" * 65],
)  # fmt: skip
def test_unknown_zone_is_refused(team, zone):
    refused = team.call("owner").patch(team.url, {"time_zone": zone})

    assert refused.status_code == 400
    assert "time_zone" in refused.json()["detail"]
    assert stored(team) == ("UTC", None)


def test_zone_refusal_gives_an_example(team):
    refused = team.call("owner").patch(team.url, {"time_zone": "CEST"})

    assert "Europe/Berlin" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("hours", "field"),
    [
        ({}, "days"),
        ([], "working_hours"),
        ("9-17", "working_hours"),
        (OFFICE | {"until": "18:00"}, "until"),
        (OFFICE | {"days": []}, "days"),
        (OFFICE | {"days": [0]}, "days"),
        (OFFICE | {"days": [8]}, "days"),
        (OFFICE | {"days": ["1"]}, "days"),
        (OFFICE | {"days": [True]}, "days"),
        (OFFICE | {"days": [1.0]}, "days"),
        (OFFICE | {"days": [1, 1]}, "days"),
        (OFFICE | {"days": 5}, "days"),
        (OFFICE | {"from": "9:00"}, "from"),
        (OFFICE | {"from": "09:00:00"}, "from"),
        (OFFICE | {"from": 9}, "from"),
        (OFFICE | {"from": None}, "from"),
        (OFFICE | {"to": "24:00"}, "to"),
        (OFFICE | {"to": "09:00"}, "from"),
        (OFFICE | {"from": "22:00", "to": "06:00"}, "from"),
        ({"days": [1], "from": "09:00"}, "to"),
    ],
)
def test_invalid_hours_are_refused(team, hours, field):
    refused = team.call("owner").patch(team.url, {"working_hours": hours})

    assert refused.status_code == 400
    assert field in refused.json()["detail"]
    assert stored(team) == ("UTC", None)
