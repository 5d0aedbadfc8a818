"""Simultaneous writes. SQLite serialises them by itself; PostgreSQL needs locks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from diip.common.errors import Conflict
from projects.models import Membership
from projects.services import create_project, remove_member

pytestmark = pytest.mark.skipif(
    connection.vendor == "sqlite", reason="needs a database with concurrent writers"
)


@pytest.mark.django_db(transaction=True)
def test_one_of_two_simultaneously_leaving_owners_stays(make_user):
    project = create_project(owner=make_user("one@example.com"), name="P")
    Membership.objects.create(project=project, user=make_user("two@example.com"), role="owner")
    together = Barrier(2)

    def leave(membership: Membership) -> bool:
        together.wait()
        try:
            remove_member(membership=membership)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        left = list(pool.map(leave, project.memberships.all()))

    assert sorted(left) == [False, True]
    assert project.memberships.count() == 1
