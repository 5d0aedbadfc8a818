import pytest

from accounts.fields import normalise_email
from accounts.models import User


@pytest.mark.parametrize(
    "typed",
    [
        "ann@example.com",
        "  Ann@EXAMPLE.com ",
        "\uff41nn@example.com",
        "an\uff4e\uff20example.com",
        "ann@ex\u00adample.com",
        "Ann@Example\u3002com",
    ],
)
def test_spellings_of_an_address_are_normalised(typed):
    assert normalise_email(typed) == "ann@example.com"


def test_unicode_and_ascii_domains_are_equal():
    assert normalise_email("ann@BÜCHER.example") == normalise_email("ann@xn--bcher-kva.example")


@pytest.mark.parametrize(
    "typed", ["", "ann", "@", "ann@", "@@", "a@b@c", "ann@-.-", "ann@" + "x" * 300]
)
def test_invalid_address_is_left_to_validators(typed):
    assert isinstance(normalise_email(typed), str)


def test_field_normalises_in_writes_and_queries(make_user):
    user = make_user("Ann@Example.com")

    assert user.email == "ann@example.com"
    assert User.objects.get(email=" ANN@example.com") == user
    assert User.objects.filter(pk=user.pk).update(email="BOB@Example.com") == 1
    assert User.objects.get().email == "bob@example.com"
