from django.urls import path

from patterns import views

urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("<slug:category>/", views.gallery, name="gallery-category"),
]
