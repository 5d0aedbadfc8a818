"""REST framework and OpenAPI settings."""

from diip.settings.environment import PRODUCTION, env

NUM_PROXIES = env.int("NUM_PROXIES", default=None if PRODUCTION else 0)
"""Number of own reverse proxies, equal to the trusted entries of X-Forwarded-For."""
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["diip.common.http_api.parsers.GuardedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["diip.common.http_api.renderers.MsgspecJSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "diip.common.http_api.pagination.NumberedPages",
    "DEFAULT_SCHEMA_CLASS": "diip.common.http_api.openapi.ProblemAutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "diip.common.http_api.problem_details.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": NUM_PROXIES or 0,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "DIIP",
    "DESCRIPTION": "Developer Issue Intelligence Platform",
    "VERSION": "1.0.0",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "AccountRole": "accounts.models.User.Role",
        "MemberRole": "projects.models.Membership.Role",
        "SyncKind": "integrations.models.SyncRun.Kind",
        "SyncState": "integrations.models.SyncRun.State",
        "MatchState": "issues.models.PersonMatch.State",
        "IssueStatus": "issues.models.Issue.Status",
        "HealthStatus": "monitoring.api.health_views.STATES",
        "IntegrationStatus": "integrations.models.Integration.Status",
        "AlertState": "analytics.models.Alert.State",
        "AlertTopic": "analytics.models.Alert.Topic",
        "AlertLevel": "analytics.models.Alert.Level",
        "AlertChannelKind": "analytics.models.AlertChannel.Kind",
        "AlertChannelState": "analytics.models.AlertChannel.State",
        "AlertMessageState": "analytics.models.AlertMessage.State",
        "AlertEvent": "analytics.models.AlertMessage.Event",
    },
}
