"""Model fields that say what their columns hold."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from diip.common.observability.scrubbing import scrub_text

Deconstructed = tuple[str, str, Sequence[Any], dict[str, Any]]


class CiphertextField(models.TextField):  # type: ignore[type-arg] # as Django has it
    """What `crypto` made, bound to the row's id; empty where there is none.

    `keys.rotate` finds every column that is one, in whichever app: none has to be listed.
    """

    def deconstruct(self) -> Deconstructed:
        """To migrations it is a text like any other."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class ScrubbedTextField(models.TextField):  # type: ignore[type-arg] # as Django has it
    """Text that may quote a tracker: secrets are replaced whenever it is written."""

    def get_prep_value(self, value: object) -> object:
        text = super().get_prep_value(value)
        return scrub_text(text) if isinstance(text, str) else text

    def deconstruct(self) -> Deconstructed:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class ScrubbedSentencesField(models.JSONField):
    """A list of sentences that may quote a tracker, scrubbed whenever it is written."""

    def get_prep_value(self, value: object) -> object:
        if isinstance(value, list):
            value = [scrub_text(item) if isinstance(item, str) else item for item in value]
        return super().get_prep_value(value)

    def deconstruct(self) -> Deconstructed:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options
