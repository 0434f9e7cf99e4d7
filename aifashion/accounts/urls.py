from django.urls import include, path

from aifashion.accounts import views

urlpatterns = [
    path("", views.profile, name="profile"),
    path("mode", views.change_mode, name="change-mode"),
    path("export.zip", views.export, name="export"),
    path("delete/", views.delete, name="delete-account"),
    path("deleted/", views.deleted, name="account-deleted"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
