from django.urls import path

from patterns import views

urlpatterns = [
    path("", views.categories, name="categories"),
    path("<slug:category>/", views.fabrics, name="fabrics"),
    path("<slug:category>/<str:seed>.png", views.tile, name="fabric-tile"),
    path("<slug:category>/<str:seed>.webp", views.shown_tile, name="fabric-shown"),
]
