"""Staff's page of long work."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_tasks_db.models import DBTaskResult

from patterns.jobs.models import Job
from patterns.staff import QuickAdmin

admin.site.unregister(DBTaskResult)  # only messages; the truth is the Job row


@admin.register(Job)
class JobAdmin(QuickAdmin):
    """Looked at here; watched and cancelled on the job's own page."""

    list_display = ("title", "state", "stage", "created", "finished", "page")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("title", "key", "public_id__startswith")
    ordering = ("-pk",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="")
    def page(self, job: Job) -> SafeString:
        return format_html('<a href="{}">Watch</a>', job.get_absolute_url())
