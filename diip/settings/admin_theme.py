"""Admin theme: colours, stylesheets and the menu, grouped by operator task.

The theme is django-unfold. Its compiled Tailwind stylesheet contains only the classes it uses, so
our elements have a separate stylesheet, based on its variables.
"""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

Menu = list[dict[str, Any]]


def _style(_request: object) -> str:
    return static("monitoring/admin.css")


def _expressions(_request: object) -> str:
    return static("monitoring/admin_expressions.js")


def _icon(_request: object) -> str:
    return static("monitoring/icon.svg")


def _page(title: str, model: str, icon: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


def _group(title: str, *pages: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(pages)}


_MENU: Menu = [
    {
        "items": [
            {"title": "Overview", "icon": "monitoring", "link": reverse_lazy("admin:index")},
            {"title": "Tasks", "icon": "task_alt", "link": reverse_lazy("tasks-dashboard")},
        ]
    },
    _group(
        "Trackers",
        _page("Integrations", "integrations_integration", "hub"),
        _page("Sync runs", "integrations_syncrun", "sync"),
        _page("API calls", "integrations_apilog", "http"),
        _page("Quarantine", "integrations_quarantinedrecord", "coronavirus"),
        _page("Webhook deliveries", "integrations_webhookdelivery", "webhook"),
        _page("Raw pages", "integrations_rawpage", "inventory_2"),
        _page("Status words", "issues_statusclass", "label"),
    ),
    _group(
        "Alerts",
        _page("Alerts", "analytics_alert", "notifications"),
        _page("Channels", "analytics_alertchannel", "campaign"),
        _page("Rules", "analytics_alertrule", "rule"),
        _page("Messages", "analytics_alertmessage", "outbox"),
        _page("Spikes", "analytics_spike", "trending_up"),
        _page("Days", "analytics_analyticssummary", "calendar_month"),
    ),
    _group(
        "Processes",
        _page("Failed tasks", "monitoring_failedtask", "error"),
        _page("Tasks by minute", "monitoring_tasktally", "speed"),
    ),
    _group(
        "Projects",
        _page("Projects", "projects_project", "folder"),
        _page("Members", "projects_membership", "group"),
        _page("Issues", "issues_issue", "bug_report"),
        _page("People", "issues_person", "person_search"),
    ),
    _group(
        "Accounts",
        _page("Users", "accounts_user", "manage_accounts"),
        _page("Sign-ins", "accounts_refreshfamily", "key"),
        _page("Attempts", "accounts_attemptcounter", "pin"),
        _page("Audit trail", "accounts_auditevent", "history_edu"),
    ),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "DIIP",
    "SITE_HEADER": "DIIP",
    "SITE_SUBHEADER": "Operations",
    "SITE_SYMBOL": "hub",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _icon}],
    "SITE_URL": "/api/docs/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "DASHBOARD_CALLBACK": "monitoring.admin_home.fill",
    "STYLES": [_style],
    "SCRIPTS": [_expressions],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": _MENU},
    "COLORS": {
        "primary": {
            "50": "#eef6ff",
            "100": "#d9eaff",
            "200": "#bbdaff",
            "300": "#8cc3ff",
            "400": "#559fff",
            "500": "#2f7cf6",
            "600": "#1a5edb",
            "700": "#184bb1",
            "800": "#19418e",
            "900": "#1a3a75",
            "950": "#152547",
        }
    },
}
FORMAT_MODULE_PATH = "diip.formats"
