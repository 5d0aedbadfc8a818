"""Installed apps, middleware, templates."""

INSTALLED_APPS = [
    "diip.apps.DiipConfig",
    "unfold.apps.BasicAppConfig",  # admin theme; must precede the admin, whose pages it replaces
    "diip.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "projects",
    "integrations",
    "issues",
    "analytics",
    "monitoring",
]

MIDDLEWARE = [
    "diip.common.observability.watchdog.WatchdogMiddleware",
    "diip.common.http_api.disconnects.HangUpMiddleware",
    "diip.common.observability.tracing.TraceMiddleware",
    "monitoring.prometheus.request_metrics.RequestCountMiddleware",
    "diip.common.http_api.middleware.HeadersMiddleware",
    "diip.common.http_api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "diip.common.http_api.middleware.RequestGuardMiddleware",
    "diip.common.http_api.middleware.BudgetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "diip.common.http_api.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "diip.urls"
WSGI_APPLICATION = "diip.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
