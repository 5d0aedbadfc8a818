import pytest

from integrations.models import ApiLog, QuarantinedRecord, SyncRun

LISTS = ("integration", "syncrun", "apilog", "quarantinedrecord")


@pytest.fixture
def admin(client, make_user):
    client.force_login(make_user("admin@example.com", role="admin"))
    return client


@pytest.fixture
def filled(connect):
    def fill(count: int) -> None:
        for number in range(count):
            one = connect(f"octo/{count}-{number}")
            QuarantinedRecord.objects.create(
                integration=one,
                feed="issues",
                source_id=number,
                reason="r",
                raw=b"<b>\xff",
                raw_size=4,
            )

    return fill


@pytest.mark.parametrize("name", LISTS)
def test_list_costs_the_same_for_many(admin, filled, name, django_assert_max_num_queries):
    filled(1)
    url = f"/admin/integrations/{name}/"
    with django_assert_max_num_queries(10) as few:
        assert admin.get(url).status_code == 200
    filled(8)

    with django_assert_max_num_queries(len(few)):
        assert admin.get(url).status_code == 200


@pytest.mark.parametrize("name", LISTS)
def test_facts_cannot_be_written(admin, filled, name):
    filled(1)
    pk = {"syncrun": SyncRun, "apilog": ApiLog}.get(name, QuarantinedRecord).objects.get().pk

    assert admin.get(f"/admin/integrations/{name}/add/").status_code == 403
    assert admin.post(f"/admin/integrations/{name}/{pk}/change/").status_code == 403
    assert admin.post(f"/admin/integrations/{name}/{pk}/delete/").status_code == 403
    assert admin.get(f"/admin/integrations/{name}/").status_code == 200


def test_quarantined_body_is_shown_as_text(admin, filled):
    filled(1)
    pk = QuarantinedRecord.objects.get().pk

    page = admin.get(f"/admin/integrations/quarantinedrecord/{pk}/change/").content.decode()

    assert "&lt;b&gt;\ufffd" in page
