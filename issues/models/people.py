"""Accounts at providers, and matches between accounts of one person."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from diip.common.models import TimestampedModel
from projects.models import Project


class PersonQuerySet(models.QuerySet["Person"]):
    def bots(self) -> Self:
        """Return accounts counted as bots, by override or else by provider."""
        return self.filter(is_counted_as_bot())

    def humans(self) -> Self:
        return self.exclude(is_counted_as_bot())


def is_counted_as_bot(role: str = "") -> Q:
    """Build the bot filter for the row, or for its relation `role` (`author`)."""
    prefix = f"{role}__" if role else ""
    by_hand = Q(**{f"{prefix}bot_override": True})
    by_provider = Q(**{f"{prefix}bot_override": None, f"{prefix}is_bot": True})
    return by_hand | by_provider


class Person(TimestampedModel):
    """Account at a provider, stored once per project."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="people", db_index=False
    )
    provider = models.CharField(max_length=32)
    origin = models.CharField(max_length=255)
    """Host of the tracker; person ids are unique only within it."""
    source_person_id = models.CharField(max_length=64)
    login = models.CharField(max_length=255)
    display_name = models.CharField(max_length=255, blank=True, default="")
    url = models.CharField(max_length=500, blank=True, default="")
    is_bot = models.BooleanField(default=False)
    """Bot flag from the provider or the login's form."""
    bot_override = models.BooleanField(null=True, blank=True)
    """Decision of a project maintainer; null uses `is_bot`."""
    is_deleted = models.BooleanField(db_default=False, default=False)
    """Flag: the account was deleted upstream."""
    email_digest = models.CharField(
        max_length=64, blank=True, db_default="", default="", db_index=True
    )
    """Keyed digest: equal for equal addresses; the address is not stored."""
    identity = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    """Main account of the same person; null if the account stands alone."""

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(
                fields=["project", "provider", "origin", "source_person_id"],
                name="person_once_per_account",
            )
        ]
        indexes = [models.Index(fields=["project", "login"], name="person_by_login")]

    def __str__(self) -> str:
        return self.login

    @property
    def counts_as_bot(self) -> bool:
        return self.is_bot if self.bot_override is None else self.bot_override


class PersonMatch(TimestampedModel):
    """Suggestion that two accounts belong to one person, with its decision."""

    class State(models.TextChoices):
        SUGGESTED = "suggested"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="person_matches")
    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=16, choices=State.choices, default=State.SUGGESTED)
    evidence = models.JSONField(default=list)
    """Evidence codes: same_email, same_login, same_name, linked_issues."""
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    suggested_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "person matches"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="person_match_once"),
            models.CheckConstraint(
                condition=Q(first__lt=F("second")), name="person_match_in_order"
            ),
        ]
        indexes = [models.Index(fields=["project", "state"], name="person_match_by_state")]
