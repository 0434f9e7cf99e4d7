from django.urls import path

from patterns.jobs import views

urlpatterns = [
    path("<uuid:public_id>/", views.job_page, name="job"),
    path("<uuid:public_id>/cancel", views.cancel, name="job-cancel"),
]
