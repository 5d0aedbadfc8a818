"""Model fields for login names, normalised for blanks, case and Unicode form."""

import unicodedata
from contextlib import suppress

import idna
from django.core.validators import RegexValidator, validate_email
from django.db import models

USERNAME_RULE = RegexValidator(
    r"\A[A-Za-z0-9][A-Za-z0-9._+-]*\Z",
    "A username starts with a letter or digit; then letters, digits and . _ + - are allowed.",
)


def normalise_email(typed: str) -> str:
    """Normalise an address. Text that is no address passes through, for validators."""
    local, at, domain = _fold(typed.strip()).rpartition("@")
    with suppress(UnicodeError):  # idna's own errors are of this kind
        domain = idna.encode(domain, uts46=True).decode("ascii") if domain else ""
    return f"{local}{at}{domain}"


def _fold(text: str) -> str:
    # Folding can leave the normal form, so it is restored after.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def normalise_username(typed: str) -> str:
    """Normalise a username, keeping its case; the unique constraint ignores case."""
    return unicodedata.normalize("NFKC", typed).strip()


class OneSpellingField(models.CharField):  # type: ignore[type-arg] # Any: one may be null
    """Text field that applies `normalise` to writes (bulk too) and lookups."""

    def normalise(self, typed: str) -> str | None:
        raise NotImplementedError

    def to_python(self, value: object) -> object:
        text = super().to_python(value)
        return self.normalise(text) if isinstance(text, str) else text

    def get_prep_value(self, value: object) -> object:
        text = super().get_prep_value(value)
        return self.normalise(text) if isinstance(text, str) else text

    def pre_save(self, model_instance: models.Model, add: bool) -> object:  # noqa: FBT001 - Django's
        """Set the normalised value on the instance too."""
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


class EmailAddressField(OneSpellingField):
    default_validators = [validate_email]

    def normalise(self, typed: str) -> str:
        return normalise_email(typed)


class UsernameField(OneSpellingField):
    """ASCII username, so that the upper-case unique constraint works on every database."""

    default_validators = [USERNAME_RULE]

    def normalise(self, typed: str) -> str | None:
        return normalise_username(typed) or None
