"""Accounts, passwords, tokens and limits on attempts."""

from datetime import timedelta

from diip.settings.environment import JWT_SIGNING_KEY, env

AUTH_USER_MODEL = "accounts.User"
LOGIN_REDIRECT_URL = "admin:index"  # after a sign-in without a next page
PASSWORD_HASHERS = [
    "accounts.sign_in.hashers.BoundedArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# simplejwt only signs and reads; rotation and revocation are in accounts/sign_in/tokens.py.
_LEEWAY = timedelta(seconds=30)
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": JWT_SIGNING_KEY,
    # Clocks of web machines differ: a new token must not be "not valid yet" on one of them.
    # Lifetimes plus leeway are exactly 15 minutes and 7 days.
    "LEEWAY": _LEEWAY,
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15) - _LEEWAY,
    "REFRESH_TOKEN_LIFETIME": timedelta(days=7) - _LEEWAY,
}
_WINDOW = timedelta(seconds=env.int("DIIP_LOGIN_WINDOW_SECONDS", default=900))
DIIP_ATTEMPT_LIMITS = {
    "login_by_account": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "login_by_known_browser": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "password_change": (env.int("DIIP_LOGINS_PER_ACCOUNT", default=10), _WINDOW),
    "login_by_address": (env.int("DIIP_LOGINS_PER_ADDRESS", default=100), _WINDOW),
    "registration_by_address": (
        env.int("DIIP_REGISTRATIONS_PER_ADDRESS", default=200),
        timedelta(hours=1),
    ),
    "member_lookup": (env.int("DIIP_MEMBER_LOOKUPS_PER_HOUR", default=30), timedelta(hours=1)),
    "test_message": (env.int("DIIP_TEST_MESSAGES_PER_HOUR", default=20), timedelta(hours=1)),
}
"""Attempts and window per kind: sign-ins, registrations, account look-ups, test messages."""
