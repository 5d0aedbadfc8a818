"""Check of a Jira address and credential, with detection of the dialect."""

import re

from integrations.providers.contract.base import (
    HttpResponse,
    ProviderAuthError,
    ProviderConfigError,
    ProviderResponseError,
    ProviderUnavailable,
    Scope,
    ScopeInfo,
)
from integrations.providers.jira.client import JiraClient, Question, segment
from integrations.providers.jira.errors import error_for, refused_credential
from integrations.providers.jira.payloads import (
    MyselfPayload,
    ProjectPayload,
    ServerPayload,
    TenantPayload,
)
from integrations.providers.jira.site import Place, place_of
from integrations.providers.parsing.limits_and_text import clean_url
from integrations.providers.parsing.record_reader import read_object

_SERVER = Question(path="/rest/api/2/serverInfo", endpoint="/serverInfo")
_TENANT = Question(path="/_edge/tenant_info")
_MYSELF = Question(path="/myself")
_CLOUD_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_NO_JIRA = (
    "No Jira answers at this address. Open Jira in a browser and copy the part of the address "
    "before /browse/ or /projects/."
)
_NO_EMAIL = "This is Jira Cloud: give the e-mail address of the account that the token belongs to."
_SPARE_EMAIL = (
    "This is Jira Data Center: its personal access tokens need no e-mail address. Remove it."
)
_GATEWAY_SILENT = (
    "If it is a scoped token: DIIP cannot reach Atlassian's gateway (api.atlassian.com), which "
    "accepts scoped tokens."
)
_SCOPED = "This is a scoped token: Jira is read through Atlassian's gateway."


class Checker:
    def __init__(self, scope: Scope, client: JiraClient, gateway: str) -> None:
        self._scope = scope
        self._client = client
        self._gateway = gateway.rstrip("/")

    def check(self) -> ScopeInfo:
        """Check the account first: with a wrong token Jira may answer as for anonymous users."""
        place = self.find()
        try:
            me = self.myself(place)
        except ProviderAuthError as refusal:
            if not place.is_cloud or self._is_gateway(place.root):
                raise
            place, me = self._ask_gateway(place.root, refusal)
        project = self.project(place)
        return ScopeInfo(
            scope=project.key,
            scope_id=str(project.id),
            base_url=place.base_url,
            web_url=clean_url(place.browse(project.key)),
            notes=self._notes(place, me, project),
        )

    def find(self) -> Place:
        """Return the stored location, or the one the server reports."""
        place = place_of(self._scope.base_url) or self._discover(self._scope.base_url.rstrip("/"))
        if place.is_cloud and not self._scope.account and not self._is_gateway(place.root):
            raise ProviderConfigError(_NO_EMAIL)
        if not place.is_cloud and self._scope.account:
            raise ProviderConfigError(_SPARE_EMAIL)
        return place

    def myself(self, place: Place) -> MyselfPayload:
        """Fetch the token's account. Raises ProviderAuthError if anonymous.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-myself/
        """
        me = read_object(self._client.ask(place.api, _MYSELF).body, MyselfPayload)
        if not (me.account_id or me.name or me.key):
            raise refused_credential(self._scope)
        return me

    def project(self, place: Place) -> ProjectPayload:
        """Fetch the project.

        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-projects/
        """
        name = self._scope.scope_id or self._scope.scope
        question = Question(path=f"/project/{segment(name)}", endpoint="/project/{project}")
        return read_object(self._client.ask(place.api, question).body, ProjectPayload)

    def _discover(self, root: str) -> Place:
        """Identify the server; send the credential only if it refuses anonymous requests.

        https://developer.atlassian.com/cloud/jira/platform/rest/v2/api-group-server-info/
        """
        at_gateway = self._is_gateway(root)
        reply = self._client.send(root, _SERVER, with_credential=at_gateway)
        if reply.status in (401, 403) and not at_gateway:
            reply = self._client.send(root, _SERVER)
        if reply.status == 401 and not at_gateway:
            return self._through_gateway(root)
        server = self._read_server(reply)
        site = clean_url(server.base_url.rstrip("/")) if at_gateway else root
        is_cloud = at_gateway or server.deployment_type.lower() == "cloud"
        return Place(root=root, is_cloud=is_cloud, site=site or root)

    def _read_server(self, reply: HttpResponse) -> ServerPayload:
        if reply.status == 404:
            raise ProviderConfigError(_NO_JIRA)
        if reply.status != 200:
            raise error_for(reply, self._scope)
        try:
            server = read_object(reply.body, ServerPayload)
        except ProviderResponseError:
            raise ProviderConfigError(_NO_JIRA) from None
        if not server.base_url and not server.version:
            raise ProviderConfigError(_NO_JIRA)
        return server

    def _ask_gateway(self, site: str, refusal: ProviderAuthError) -> tuple[Place, MyselfPayload]:
        """Try a refused token as a scoped token; raise the refusal if that fails."""
        try:
            place = self._through_gateway(site)
            return place, self.myself(place)
        except (ProviderUnavailable, ProviderConfigError):
            raise ProviderAuthError(f"{refusal.message} {_GATEWAY_SILENT}") from None

    def _through_gateway(self, site: str) -> Place:
        """Return the gateway's location by the site's id; only it accepts scoped tokens.

        https://support.atlassian.com/jira/kb/retrieve-my-atlassian-sites-cloud-id/
        """
        reply = self._client.send(site, _TENANT, with_credential=False)
        try:
            tenant = read_object(reply.body, TenantPayload) if reply.status == 200 else None
        except ProviderResponseError:
            tenant = None
        if tenant is None or not _CLOUD_ID.fullmatch(tenant.cloud_id):
            raise refused_credential(self._scope)
        return Place(root=f"{self._gateway}/{tenant.cloud_id}", is_cloud=True, site=site)

    def _is_gateway(self, root: str) -> bool:
        return root.startswith(f"{self._gateway}/")

    def _notes(self, place: Place, me: MyselfPayload, project: ProjectPayload) -> tuple[str, ...]:
        name = me.display_name or me.name or "an account without a name"
        zone = f" (time zone {me.time_zone})" if me.time_zone else ""
        notes = [f"Jira is read as {name[:100]}{zone[:60]}, limited to what this account can see."]
        if self._is_gateway(place.root):
            notes.append(_SCOPED)
        if project.archived:
            notes.append("The project is archived: its issues do not appear in searches.")
        return tuple(notes)
