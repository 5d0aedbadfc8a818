"""A model field that says what its column holds."""

from collections.abc import Sequence
from typing import Any

from django.db import models


class CiphertextField(models.TextField):  # type: ignore[type-arg] # as Django has it
    """What `crypto` made, bound to the row's id; empty where there is none.

    `keys.rotate` finds every column that is one, in whichever app: none has to be listed.
    """

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        """To migrations it is a text like any other."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.TextField", args, options
