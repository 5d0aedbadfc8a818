"""Plain, well-written DRF endpoint, to compare DIIP's issue list with.

Model instances, prefetched relations, ModelSerializer, page numbers. The benchmark's server has
its URLs beside DIIP's (see `api_settings`), with the same authentication.
"""

from django.db.models import QuerySet
from django.urls import include, path
from rest_framework import generics, serializers
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import JSONRenderer

from issues.models import Issue, Label, Person


class PeerPerson(serializers.ModelSerializer[Person]):
    class Meta:
        model = Person
        fields = ("id", "login", "display_name", "is_bot")


class PeerIssue(serializers.ModelSerializer[Issue]):
    author = PeerPerson()
    assignees = PeerPerson(many=True)
    labels: "serializers.SlugRelatedField[Label]" = serializers.SlugRelatedField(
        "name", many=True, read_only=True
    )

    class Meta:
        model = Issue
        fields = (
            "id",
            "project_id",
            "provider",
            "source_issue_id",
            "key",
            "url",
            "title",
            "body",
            "status",
            "source_status",
            "outcome",
            "type",
            "priority",
            "author",
            "assignees",
            "labels",
            "comment_count",
            "opened_at",
            "closed_at",
            "source_updated_at",
            "first_response_at",
            "removed_at",
            "removed_reason",
        )


class PeerPages(PageNumberPagination):
    page_size = 50


class PeerList(generics.ListAPIView[Issue]):
    serializer_class = PeerIssue
    pagination_class = PeerPages
    renderer_classes = (JSONRenderer,)

    def get_queryset(self) -> "QuerySet[Issue]":
        return (
            Issue.objects.filter(project=self.kwargs["project_id"], removed_at=None)
            .filter(project__memberships__user=self.request.user.pk)
            .select_related("author")
            .prefetch_related("assignees", "labels")
            .order_by("-opened_at", "-id")
        )


urlpatterns = [
    path("peer/<int:project_id>/", PeerList.as_view()),
    path("", include("diip.urls")),
]
