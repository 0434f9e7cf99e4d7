from django.urls import path

from aifashion.api import routes, views

urlpatterns = [
    path("api/", views.documentation, name="api-documentation"),
    path("api/v1/", routes.api.urls),
    path("account/tokens/", views.tokens, name="api-tokens"),
    path("account/tokens/<uuid:public_id>/revoke", views.revoke, name="api-token-revoke"),
]
