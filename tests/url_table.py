"""Who gets what, by hand: every route and method against everybody who might call it.

A new route or method fails `test_url_table` until it has a line here. `ours` and `theirs` are two
tenants with the same things in them; the URLs are those of `ours`, where the outsider is nobody.
"""

ACTORS = ("anonymous", "outsider", "viewer", "maintainer", "owner", "admin")

# fmt: off
TABLE = """
                                                                     anonymous  viewer    owner
                                                                          outsider  maintainer admin
POST   api/auth/register/                                             202  202  202  202  202  202
POST   api/auth/login/                                                200  200  200  200  200  200
POST   api/auth/refresh/                                              200  200  200  200  200  200
POST   api/auth/logout/                                               204  204  204  204  204  204
GET    api/auth/me/                                                   401  200  200  200  200  200
PATCH  api/auth/me/                                                   401  200  200  200  200  200
POST   api/auth/password/                                             401  200  200  200  200  200
POST   api/token/                                                     200  200  200  200  200  200
POST   api/token/refresh/                                             200  200  200  200  200  200
GET    api/projects/                                                  401  200  200  200  200  200
POST   api/projects/                                                  401  201  201  201  201  201
GET    api/projects/<project_id>/                                     401  404  200  200  200  200
PATCH  api/projects/<project_id>/                                     401  404  403  200  200  200
DELETE api/projects/<project_id>/                                     401  404  403  403  204  204
GET    api/projects/<project_id>/members/                             401  404  200  200  200  200
POST   api/projects/<project_id>/members/                             401  404  403  403  201  201
GET    api/projects/<project_id>/members/<membership_id>/             401  404  200  200  200  200
PATCH  api/projects/<project_id>/members/<membership_id>/             401  404  403  403  200  200
DELETE api/projects/<project_id>/members/<membership_id>/             401  404  403  403  204  204
POST   api/projects/<project_id>/integrations/github/connect/         401  404  403  201  201  201
POST   api/projects/<project_id>/integrations/jira/connect/           401  404  403  201  201  201
POST   api/projects/<project_id>/integrations/stackoverflow/connect/  401  404  403  201  201  201
POST   api/projects/<project_id>/integrations/<provider>/connect/     401  404  403  404  404  404
GET    api/projects/<project_id>/integrations/                        401  404  200  200  200  200
GET    api/projects/<project_id>/integrations/<integration_id>/       401  404  200  200  200  200
PATCH  api/projects/<project_id>/integrations/<integration_id>/       401  404  403  200  200  200
DELETE api/projects/<project_id>/integrations/<integration_id>/       401  404  403  204  204  204
POST   api/projects/<project_id>/integrations/<integration_id>/resume/ 401 404 403 200 200 200
GET    api/projects/<project_id>/integrations/<integration_id>/webhook/ 401 404 200 200 200 200
POST   api/projects/<project_id>/integrations/<integration_id>/webhook/ 401 404 403 201 201 201
DELETE api/projects/<project_id>/integrations/<integration_id>/webhook/ 401 404 403 204 204 204
POST   api/projects/<project_id>/sync/                                401  404  403  202  202  202
GET    api/projects/<project_id>/syncs/                               401  404  200  200  200  200
GET    api/projects/<project_id>/syncs/<run_id>/                      401  404  200  200  200  200
GET    api/projects/<project_id>/integrations/<integration_id>/statuses/ 401 404 200 200 200 200
PATCH  api/projects/<project_id>/integrations/<integration_id>/statuses/ 401 404 403 200 200 200
POST   api/projects/<project_id>/integrations/<integration_id>/statuses/preview/ 401 404 403 200 200 200
POST   api/projects/<project_id>/integrations/<integration_id>/remap/ 401 404 403 202 202 202
GET    api/projects/<project_id>/people/                              401  404  200  200  200  200
GET    api/projects/<project_id>/people/<person_id>/                  401  404  200  200  200  200
PATCH  api/projects/<project_id>/people/<person_id>/                  401  404  403  200  200  200
GET    api/projects/<project_id>/people/<person_id>/export/           401  404  403  403  200  200
GET    api/projects/<project_id>/people/matches/                      401  404  200  200  200  200
POST   api/projects/<project_id>/people/matches/<match_id>/accept/    401  404  403  200  200  200
POST   api/projects/<project_id>/people/matches/<match_id>/dismiss/   401  404  403  200  200  200
POST   api/projects/<project_id>/people/matches/<match_id>/undo/      401  404  403  200  200  200
GET    api/projects/<project_id>/issues/                              401  404  200  200  200  200
GET    api/projects/<project_id>/issues/export/                       401  404  200  200  200  200
GET    api/projects/<project_id>/issues/<issue_id>/                   401  404  200  200  200  200
GET    api/projects/<project_id>/issues/<issue_id>/links/             401  404  200  200  200  200
GET    api/projects/<project_id>/issues/<issue_id>/history/           401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/summary/                   401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/trends/                    401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/current/                       401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/drilldown/                    401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/data-quality/              401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/data-quality/<finding>/issues/ 401 404 200 200 200 200
GET    api/projects/<project_id>/analytics/data-quality/<finding>/issues/export/ 401 404 200 200 200 200
GET    api/projects/<project_id>/analytics/trends/export/             401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/drilldown/export/             401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/report/                    401  404  200  200  200  200
POST   api/projects/<project_id>/analytics/report/link/               401  404  201  201  201  201
GET    api/projects/<project_id>/analytics/report/charts/<chart>.svg         401  404  200  200  200  200
GET    api/analytics/definitions/                                     401  200  200  200  200  200
GET    api/analytics/compare/                                         401  200  200  200  200  200
GET    api/projects/<project_id>/alerts/                              401  404  200  200  200  200
GET    api/projects/<project_id>/alerts/<alert_id>/                   401  404  200  200  200  200
POST   api/projects/<project_id>/alerts/<alert_id>/mute/              401  404  403  200  200  200
POST   api/projects/<project_id>/alerts/<alert_id>/unmute/            401  404  403  200  200  200
POST   api/projects/<project_id>/alerts/<alert_id>/snooze/            401  404  403  200  200  200
GET    api/projects/<project_id>/alerts/channels/                     401  404  200  200  200  200
POST   api/projects/<project_id>/alerts/channels/                     401  404  403  201  201  201
GET    api/projects/<project_id>/alerts/channels/<channel_id>/        401  404  200  200  200  200
PATCH  api/projects/<project_id>/alerts/channels/<channel_id>/        401  404  403  200  200  200
DELETE api/projects/<project_id>/alerts/channels/<channel_id>/        401  404  403  204  204  204
POST   api/projects/<project_id>/alerts/channels/<channel_id>/enable/ 401  404  403  200  200  200
POST   api/projects/<project_id>/alerts/channels/<channel_id>/test/   401  404  403  200  200  200
GET    api/projects/<project_id>/alerts/channels/<channel_id>/confirmations/ 401 404 200 200 200 200
POST   api/projects/<project_id>/alerts/channels/<channel_id>/confirmations/ 401 404 403 200 200 200
POST   api/projects/<project_id>/alerts/channels/<channel_id>/secret/ 401  404  403  201  201  201
GET    api/projects/<project_id>/alerts/channels/<channel_id>/deliveries/ 401 404 200 200 200 200
GET    api/projects/<project_id>/alerts/rules/                        401  404  200  200  200  200
POST   api/projects/<project_id>/alerts/rules/                        401  404  403  201  201  201
GET    api/projects/<project_id>/alerts/rules/<rule_id>/              401  404  200  200  200  200
PATCH  api/projects/<project_id>/alerts/rules/<rule_id>/              401  404  403  200  200  200
DELETE api/projects/<project_id>/alerts/rules/<rule_id>/              401  404  403  204  204  204
GET    api/projects/<project_id>/analytics/spikes/                    401  404  200  200  200  200
GET    api/projects/<project_id>/analytics/spikes/<spike_id>/         401  404  200  200  200  200
POST   api/projects/<project_id>/analytics/spikes/backtest/           401  404  200  200  200  200
POST   api/webhooks/<provider>/<integration_id>/                      401  401  401  401  401  401
GET    api/admin/audit/                                               401  403  403  403  403  200
GET    api/projects/<project_id>/audit/                               401  404  403  403  200  200
GET    api/admin/health/                                              401  403  403  403  403  200
GET    /                                                              302  302  302  302  302  302
GET    api/                                                           302  302  302  302  302  302
GET    api/schema/                                                    200  200  200  200  200  200
GET    api/docs/                                                      200  200  200  200  200  200
GET    mail/account/                                                  400  400  400  400  400  400
POST   mail/account/                                                  400  400  400  400  400  400
GET    mail/confirm/                                                  400  400  400  400  400  400
POST   mail/confirm/                                                  400  400  400  400  400  400
GET    mail/refuse/                                                   400  400  400  400  400  400
POST   mail/refuse/                                                   400  400  400  400  400  400
GET    healthz                                                        200  200  200  200  200  200
GET    readyz                                                         200  200  200  200  200  200
GET    metrics                                                        200  200  200  200  200  200
GET    tasks/dashboard/                                               401  403  403  403  403  200
GET    tasks/dashboard/live/                                          401  403  403  403  403  200
POST   tasks/failed/<task_id>/retry/                                  401  403  403  403  403  200
POST   tasks/<task_id>/cancel/                                        401  403  403  403  403  503
POST   tasks/runs/<run_id>/retry/                                     401  403  403  403  403  200
POST   tasks/runs/<run_id>/cancel/                                    401  403  403  403  403  409
GET    admin/login/                                                   200  200  200  200  200  200
GET    admin/*                                                        302  302  302  302  302  302
"""
# fmt: on
"""The admin knows sessions only: a token, even an admin's, is sent to its sign-in page."""

BODIES = {
    "POST api/auth/register/": {"email": "new@example.com", "password": "correct horse 9"},
    "POST api/auth/login/": {"email": "viewer@example.com", "password": "correct horse 9"},
    "POST api/auth/refresh/": {"refresh": "{refresh}"},
    "POST api/auth/logout/": {"refresh": "{refresh}"},
    "PATCH api/auth/me/": {"username": "somebody"},
    "POST api/auth/password/": {
        "old_password": "correct horse 9",
        "new_password": "battery staple 8",
    },
    "POST api/token/": {"email": "viewer@example.com", "password": "correct horse 9"},
    "POST api/token/refresh/": {"refresh": "{refresh}"},
    "POST api/projects/": {"name": "New"},
    "PATCH api/projects/<project_id>/": {"name": "Changed"},
    "POST api/projects/<project_id>/members/": {"email": "new-member@example.com"},
    "PATCH api/projects/<project_id>/members/<membership_id>/": {"role": "maintainer"},
    "POST api/projects/<project_id>/integrations/github/connect/": {"repository": "octo/new"},
    "POST api/projects/<project_id>/integrations/jira/connect/": {
        "site_url": "https://example.atlassian.net",
        "project_key": "ABC",
        "token": "t",
        "email": "ann@example.com",
    },
    "POST api/projects/<project_id>/integrations/stackoverflow/connect/": {"tags": ["python"]},
    "PATCH api/projects/<project_id>/integrations/<integration_id>/": {"paused": True},
    "PATCH api/projects/<project_id>/integrations/<integration_id>/statuses/": {
        "overrides": {"open": "in_progress"}
    },
    "POST api/projects/<project_id>/integrations/<integration_id>/statuses/preview/": {
        "overrides": {"open": "in_progress"}
    },
    "PATCH api/projects/<project_id>/people/<person_id>/": {"is_bot": True},
    "POST api/projects/<project_id>/alerts/<alert_id>/snooze/": {"until": "2100-01-01T00:00:00Z"},
    "POST api/projects/<project_id>/alerts/channels/": {
        "kind": "email",
        "name": "New",
        "recipients": ["ann@example.com"],
    },
    "PATCH api/projects/<project_id>/alerts/channels/<channel_id>/": {"name": "Changed"},
    "POST api/projects/<project_id>/alerts/rules/": {"name": "New", "channels": []},
    "PATCH api/projects/<project_id>/alerts/rules/<rule_id>/": {"min_level": "notice"},
}
"""What makes a call succeed for those who may; an empty body where nothing stands here."""


def read_table() -> dict[str, dict[str, int]]:
    """`{"GET api/projects/": {"anonymous": 401, …}, …}`."""
    lines = [line.split() for line in TABLE.splitlines() if line[:1].isalpha()]
    return {
        f"{method} {route}": dict(zip(ACTORS, map(int, statuses), strict=True))
        for method, route, *statuses in lines
    }
