"""Two tenants in a real database, their rows marked, secrets hidden where secrets lie."""

import secrets
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import CharField, F, QuerySet, TextField, Value
from django.db.models.functions import Concat

from accounts.models import User
from accounts.sign_in import tokens
from analytics import services
from analytics.models import Alert, AlertChannel, AlertRule
from integrations.credentials import crypto
from integrations.models import Integration
from issues.models import Issue, Person
from issues.store import search_index
from projects.models import Project
from tests.tenants import World, make_world

MARKED = (
    (Project, "name", "pk"),
    (Issue, "title", "project_id"),
    (Issue, "body", "project_id"),
    (Person, "display_name", "project_id"),
    (Person, "login", "project_id"),
    (AlertChannel, "name", "project_id"),
    (AlertRule, "name", "project_id"),
    (Alert, "title", "project_id"),
    (Integration, "status_message", "project_id"),
)
ISSUES = 300


@dataclass(frozen=True)
class Planted:
    world: World
    marks: dict[str, bytes]
    """By tenant, `ours` and `theirs`: in the other's answers they are a leak."""
    secrets: tuple[bytes, ...]
    """They belong into nobody's answer."""

    def ids(self) -> dict[str, object]:
        return self.world.ours.ids

    def authority(self, actor: str) -> tuple[tuple[bytes, bytes], ...]:
        """Fresh: an access token lives for fifteen minutes."""
        if actor == "anonymous":
            return ()
        if actor == "session":
            return (
                (b"Cookie", b"sessionid=" + _open_session(self.world.people["admin"]).encode()),
            )
        access = tokens.issue(self.world.people[actor]).access
        return ((b"Authorization", b"Bearer " + access.encode()),)


def plant() -> Planted:
    _make_room()
    world = make_world()
    marks, hidden = {}, []
    for name, tenant in (("ours", world.ours), ("theirs", world.theirs)):
        mark = f"MARK{secrets.token_hex(8)}"
        marks[name] = mark.encode()
        hidden.append(_hide(Integration.objects.get(pk=tenant.ids["integration_id"])))
        _add_issues(int(str(tenant.ids["issue_id"])))
        for model, column, by in MARKED:
            _mark(model._default_manager.filter(**{by: tenant.project.pk}), column, mark)
        search_index.index_issues(
            Issue.objects.filter(project=tenant.project).values_list("pk", flat=True)
        )
        services.aggregate(tenant.project.pk)
    return Planted(world, marks, (*hidden, *_stored_secrets()))


def _make_room() -> None:
    """The accounts of the round before make way: their names are wanted again."""
    for user in User.objects.filter(email__endswith="@example.com"):
        User.objects.filter(pk=user.pk).update(email=f"{secrets.token_hex(8)}@gone.example")


def _mark(rows: "QuerySet[Project]", column: str, mark: str) -> None:
    kind = rows.model._meta.get_field(column)
    text = CharField() if isinstance(kind, CharField) else TextField()
    together = Concat(Value(f"{mark} "), F(column), output_field=text)
    rows.update(**{column: together})


def _hide(integration: Integration) -> bytes:
    secret = f"ghp_{secrets.token_hex(16)}"
    ciphertext = crypto.encrypt(secret, row_id=integration.pk)
    Integration.objects.filter(pk=integration.pk).update(token_ciphertext=ciphertext)
    return secret.encode()


def _stored_secrets() -> tuple[bytes, ...]:
    ciphertexts = Integration.objects.values_list("token_ciphertext", flat=True)
    hashes = User.objects.values_list("password", flat=True)
    found = [*ciphertexts, *(text.rpartition("$")[2] for text in hashes)]
    keys = [settings.SECRET_KEY, settings.JWT_SIGNING_KEY, *settings.DIIP_ENCRYPTION_KEYS]
    return tuple(text.encode() for text in (*found, *keys) if len(text) > 20)


def _add_issues(first: int) -> None:
    issue = Issue.objects.get(pk=first)
    more = []
    for number in range(ISSUES):
        fields = {
            field.attname: getattr(issue, field.attname) for field in Issue._meta.concrete_fields
        }
        fields.pop("id")
        more.append(Issue(**{**fields, "source_issue_id": f"n{number}", "key": f"#{number + 2}"}))
    Issue.objects.bulk_create(more)


def _open_session(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
