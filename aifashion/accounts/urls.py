from django.urls import include, path

from aifashion.accounts import views

urlpatterns = [
    path("", views.profile, name="profile"),
    path("mode", views.change_mode, name="change-mode"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
