from django.urls import URLPattern, URLResolver, path

from accounts.api import mail_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/auth/register/", views.RegisterView.as_view(), name="register"),
    path("api/auth/login/", views.LoginView.as_view(), name="login"),
    path("api/auth/refresh/", views.RefreshView.as_view(), name="refresh"),
    path("api/auth/logout/", views.LogoutView.as_view(), name="logout"),
    path("api/auth/me/", views.MeView.as_view(), name="me"),
    path("api/auth/password/", views.PasswordView.as_view(), name="password"),
    path("mail/refuse/", mail_views.RefusePage.as_view(), name="mail-refuse"),
    path("mail/account/", mail_views.AccountPage.as_view(), name="mail-account"),
    path("api/token/", views.LoginView.as_view(), name="token"),
    path("api/token/refresh/", views.RefreshView.as_view(), name="token-refresh"),
]
