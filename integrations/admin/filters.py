"""Admin filters with fixed choices, to avoid queries on large tables."""

from typing import Any

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from integrations.providers.registry import PROVIDERS

FEEDS = ("issues", "comments", "transitions")


class _Exact(SimpleListFilter):
    parameter_name: str

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any]":
        wanted = self.value()
        return queryset.filter(**{self.parameter_name: wanted}) if wanted else queryset


class ProviderFilter(_Exact):
    title = "provider"
    parameter_name = "provider"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in sorted(PROVIDERS)]


class FeedFilter(_Exact):
    title = "feed"
    parameter_name = "feed"

    def lookups(
        self, request: HttpRequest, model_admin: "ModelAdmin[Any]"
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in FEEDS]
