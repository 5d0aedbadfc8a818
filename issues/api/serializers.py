"""OpenAPI descriptions of issues and history; `issues.queries.output` encodes them."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from issues.models import Issue, IssueLink
from issues.queries.filters import Parameter
from issues.queries.links import WORDS


class PersonSerializer(serializers.Serializer[Any]):
    """Account at the tracker."""

    id = serializers.IntegerField()
    login = serializers.CharField(allow_blank=True)
    display_name = serializers.CharField(allow_blank=True)
    is_bot = serializers.BooleanField(
        help_text="Decision of a project maintainer, else the provider's value."
    )
    is_deleted = serializers.BooleanField(help_text="The account was deleted upstream.")


class IssueSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    provider = serializers.CharField(help_text="Kind of tracker: `github`, `jira` …")
    source_issue_id = serializers.CharField(help_text="The tracker's stable id.")
    key = serializers.CharField(help_text="Key as shown to users: `#45`, `ABC-12`.")
    url = serializers.CharField(help_text="Web address of the issue.")
    title = serializers.CharField()
    body = serializers.CharField(
        help_text="As written in the tracker; do not render it as trusted HTML."
    )
    status = serializers.ChoiceField(Issue.Status.choices)
    source_status = serializers.CharField(help_text="The tracker's own word.")
    outcome = serializers.ChoiceField(
        Issue.Outcome.choices, allow_null=True, help_text="Set for done issues only."
    )
    type = serializers.CharField()
    priority = serializers.CharField()
    author = PersonSerializer(allow_null=True)
    assignees = PersonSerializer(many=True)
    labels = serializers.ListField(child=serializers.CharField(), help_text="Names, sorted.")
    components = serializers.ListField(child=serializers.CharField(), help_text="Names, sorted.")
    comment_count = serializers.IntegerField(allow_null=True)
    reopen_count = serializers.IntegerField(
        allow_null=True, help_text="Changes from done to not done; null: not known yet."
    )
    opened_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    source_updated_at = serializers.DateTimeField(help_text="Last change in the tracker.")
    first_response_at = serializers.DateTimeField(allow_null=True)
    removed_at = serializers.DateTimeField(
        allow_null=True, help_text="Time the issue was found removed upstream."
    )
    removed_reason = serializers.ChoiceField(
        Issue.RemovedReason.choices, allow_blank=True, help_text="Empty unless removed."
    )
    moved_to = serializers.CharField(
        allow_null=True, help_text="New location of a transferred or moved issue."
    )


class IssueDetailSerializer(IssueSerializer):
    former_keys = serializers.ListField(
        child=serializers.CharField(), help_text="Keys before the issue moved, sorted."
    )


class HistoryEntrySerializer(serializers.Serializer[Any]):
    """Comment (body, url) or transition (field, from, to); the other fields are null."""

    kind = serializers.ChoiceField(["comment", "transition"])
    at = serializers.DateTimeField()
    actor = PersonSerializer(allow_null=True)
    field = serializers.CharField(allow_null=True)
    to = serializers.CharField(allow_null=True)
    body = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {**super().get_fields(), "from": serializers.CharField(allow_null=True)}


class LinkEndSerializer(serializers.Serializer[Any]):
    """Other end of a link; if not stored, only key and url are set."""

    id = serializers.IntegerField(allow_null=True)
    provider = serializers.CharField(allow_null=True)
    key = serializers.CharField()
    url = serializers.CharField()
    title = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(Issue.Status.choices, allow_null=True)


class LinkSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(IssueLink.Kind.choices)
    relation = serializers.ChoiceField(
        sorted(WORDS.values()), help_text="Relation, read as: this issue … the other issue."
    )
    sources = serializers.ListField(
        child=serializers.ChoiceField(IssueLink.Source.choices),
        help_text="tracker: link in the tracker; text: named in a text.",
    )
    issue = LinkEndSerializer()


class CursorPageSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)


class IssuePageSerializer(CursorPageSerializer):
    count = serializers.IntegerField(required=False, help_text="Only with `count=true`.")
    results = IssueSerializer(many=True)


class HistoryPageSerializer(CursorPageSerializer):
    results = HistoryEntrySerializer(many=True)


class LinkPageSerializer(CursorPageSerializer):
    results = LinkSerializer(many=True)


def describe(parameters: Iterable[Parameter]) -> list[OpenApiParameter]:
    return [_describe(parameter) for parameter in parameters]


def _describe(parameter: Parameter) -> OpenApiParameter:
    schema = dict(parameter.schema)
    if parameter.many:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": 20}
    return OpenApiParameter(parameter.name, schema, description=parameter.about)
