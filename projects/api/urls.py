from django.urls import URLPattern, URLResolver, path

from projects.api import views

MEMBERS = "<int:project_id>/members/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.ProjectListView.as_view(), name="project-list"),
    path("<int:project_id>/", views.ProjectDetailView.as_view(), name="project-detail"),
    path(MEMBERS, views.MemberListView.as_view(), name="member-list"),
    path(f"{MEMBERS}<int:membership_id>/", views.MemberDetailView.as_view(), name="member-detail"),
]
