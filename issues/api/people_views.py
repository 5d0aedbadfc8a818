"""Views for people: bot flag, and matches between accounts of one person."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from diip.common.http_api.pagination import NumberedPages
from diip.common.http_api.query import KnownParametersMixin
from issues import tasks
from issues.api.people_serializers import (
    ChangePersonSerializer,
    MatchQuerySerializer,
    PersonDetailSerializer,
    PersonMatchSerializer,
    PersonQuerySerializer,
)
from issues.identity import people
from issues.identity.people import Decided
from issues.models import Person, PersonMatch, is_counted_as_bot
from projects.scoping import ProjectScopedMixin


@extend_schema(parameters=[PersonQuerySerializer])
class PersonListView(KnownParametersMixin, ProjectScopedMixin, generics.ListAPIView[Person]):
    """List authors, assignees, commenters and people who changed an issue."""

    serializer_class = PersonDetailSerializer
    pagination_class = NumberedPages
    queryset = Person.objects.none()
    known_parameters = frozenset({"bot", "deleted", "provider", "q"})

    def get_queryset(self) -> "QuerySet[Person]":
        serializer = PersonQuerySerializer(data=self.request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        found = Person.objects.filter(project=self.project).order_by("login", "id")
        if "bot" in given:
            bots = is_counted_as_bot()
            found = found.filter(bots if given["bot"] else ~bots)
        if "deleted" in given:
            found = found.filter(is_deleted=given["deleted"])
        if "provider" in given:
            found = found.filter(provider=given["provider"])
        if "q" in given:
            part = given["q"]
            found = found.filter(Q(login__icontains=part) | Q(display_name__icontains=part))
        return found


class PersonDetailView(ProjectScopedMixin, generics.RetrieveAPIView[Person]):
    serializer_class = PersonDetailSerializer
    queryset = Person.objects.none()
    lookup_url_kwarg = "person_id"

    def get_queryset(self) -> "QuerySet[Person]":
        return Person.objects.filter(project=self.project)

    @extend_schema(request=ChangePersonSerializer, responses=PersonDetailSerializer)
    def patch(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Set whether the account counts as a bot. First responses update within seconds."""
        serializer = ChangePersonSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = people.decide_bot(
            person=self.get_object(), is_bot=serializer.validated_data["is_bot"], actor=self.actor
        )
        tasks.send_review([person.pk])
        return Response(PersonDetailSerializer(person).data)


class MatchesMixin(ProjectScopedMixin, generics.GenericAPIView[PersonMatch]):
    serializer_class = PersonMatchSerializer
    queryset = PersonMatch.objects.none()

    def get_queryset(self) -> "QuerySet[PersonMatch]":
        rows = PersonMatch.objects.filter(project=self.project)
        return rows.select_related("first", "second", "decided_by").order_by("-id")


@extend_schema(parameters=[MatchQuerySerializer])
class PersonMatchListView(KnownParametersMixin, MatchesMixin, generics.ListAPIView[PersonMatch]):
    """List matches, newest first."""

    pagination_class = NumberedPages
    known_parameters = frozenset({"state"})

    def get_queryset(self) -> "QuerySet[PersonMatch]":
        serializer = MatchQuerySerializer(data=self.request.query_params)
        serializer.is_valid(raise_exception=True)
        return super().get_queryset().filter(**serializer.validated_data)


class _DecideView(MatchesMixin):
    """Apply a decision; safe to repeat."""

    lookup_url_kwarg = "match_id"
    problem_statuses = (409,)
    decide: Callable[..., Decided]

    @extend_schema(request=None, responses=PersonMatchSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        decided = type(self).decide(match=self.get_object(), actor=self.actor)
        tasks.send_review(decided.changed)
        return Response(PersonMatchSerializer(decided.match).data)


class AcceptMatchView(_DecideView):
    """Accept the match: both accounts belong to one person."""

    decide = staticmethod(people.accept_match)


class DismissMatchView(_DecideView):
    """Dismiss the match; it is not suggested again."""

    decide = staticmethod(people.dismiss_match)


class UndoMatchView(_DecideView):
    """Undo the decision on the match."""

    decide = staticmethod(people.undo_match)
