"""Staff's page of long work."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult

from patterns.jobs.models import Job
from patterns.staff import Records
from patterns.words import told

admin.site.unregister(DBTaskResult)  # only messages; the truth is the Job row


@admin.register(Job)
class JobAdmin(Records):
    """Looked at here; watched and cancelled on the job's own page."""

    list_display = ("__str__", "state", "stage_told", "created", "finished", "page")
    list_filter = ("state", "kind")
    list_select_related = ("owner",)
    search_fields = ("title", "key", "public_id__startswith")
    ordering = ("-pk",)

    @admin.display(description=_("stage"))
    def stage_told(self, job: Job) -> str:
        return told(job.stage)

    @admin.display(description="")
    def page(self, job: Job) -> SafeString:
        return format_html('<a href="{}">{}</a>', job.get_absolute_url(), _("Watch"))
