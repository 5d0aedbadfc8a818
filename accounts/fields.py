"""Names that people sign in with, in one spelling each: blanks, case and Unicode forms aside."""

import unicodedata
from contextlib import suppress

import idna
from django.core.validators import RegexValidator, validate_email
from django.db import models

USERNAME_RULE = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._+-]*\Z",
    "A username begins with a letter or a digit and goes on with letters, digits and . _ + -",
)


def normalise_email(typed: str) -> str:
    """The one spelling of an address. What is no address comes back as it is, for validators."""
    local, at, domain = _fold(typed.strip()).rpartition("@")
    with suppress(UnicodeError):  # idna's own errors are of this kind
        domain = idna.encode(domain, uts46=True).decode("ascii") if domain else ""
    return f"{local}{at}{domain}"


def _fold(text: str) -> str:
    # Folding can leave the normal form, so it is restored after.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def normalise_username(typed: str) -> str:
    """Keeps the case for show; the unique constraint looks past it."""
    return unicodedata.normalize("NFKC", typed).strip()


class OneSpellingField(models.CharField):  # type: ignore[type-arg] # Any: one may be null
    """Stores and looks up `normalise(value)`, in queries and bulk writes too."""

    def normalise(self, typed: str) -> str | None:
        raise NotImplementedError

    def to_python(self, value: object) -> object:
        text = super().to_python(value)
        return self.normalise(text) if isinstance(text, str) else text

    def get_prep_value(self, value: object) -> object:
        text = super().get_prep_value(value)
        return self.normalise(text) if isinstance(text, str) else text

    def pre_save(self, model_instance: models.Model, add: bool) -> object:  # noqa: FBT001 - Django's
        """Leaves the stored spelling on the instance too."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class EmailAddressField(OneSpellingField):
    default_validators = [validate_email]

    def normalise(self, typed: str) -> str:
        return normalise_email(typed)


class UsernameField(OneSpellingField):
    """ASCII, so that a unique constraint on its upper case holds on every database."""

    default_validators = [USERNAME_RULE]

    def normalise(self, typed: str) -> str | None:
        return normalise_username(typed) or None
