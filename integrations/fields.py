"""Model fields for ciphertexts and for text scrubbed of secrets."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from diip.common.observability.scrubbing import scrub_text

Deconstructed = tuple[str, str, Sequence[Any], dict[str, Any]]


class CiphertextField(models.TextField):  # type: ignore[type-arg] # as Django has it
    """Ciphertext made by `crypto`, bound to the row's id; empty if there is none.

    `key_rotation.rotate` finds every such column in every app by this class.
    """

    def deconstruct(self) -> Deconstructed:
        """Appear as a plain TextField in migrations."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class ScrubbedTextField(models.TextField):  # type: ignore[type-arg] # as Django has it
    """Text that may quote a tracker; secrets are replaced on every write."""

    def get_prep_value(self, value: object) -> object:
        text = super().get_prep_value(value)
        return scrub_text(text) if isinstance(text, str) else text

    def deconstruct(self) -> Deconstructed:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options


class ScrubbedSentencesField(models.JSONField):
    """List of sentences that may quote a tracker; scrubbed on every write."""

    def get_prep_value(self, value: object) -> object:
        if isinstance(value, list):
            value = [scrub_text(item) if isinstance(item, str) else item for item in value]
        return super().get_prep_value(value)

    def deconstruct(self) -> Deconstructed:
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options
