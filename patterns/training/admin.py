"""Staff's pages of training runs, and the log of what staff did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from ml.textiles.run_folder import sample_name, sample_steps
from patterns.staff import QuickAdmin, Records
from patterns.training import pages, services
from patterns.training.forms import RunForm, estimate_in_words, usual_choices
from patterns.training.models import TrainingRun
from patterns.training.recipes import NETS, afterwards, seconds_a_step
from patterns.training.services import Refused
from patterns.words import in_digits, told

SAID = {
    "pause": gettext_noop("Pausing: the run stops after the step it is at, and everything is kept."),
    "cancel": gettext_noop("Cancelled. What was trained is kept until the run is deleted."),
    "resume": gettext_noop("It goes on where it stopped."),
    "further": gettext_noop("It trains further."),
}
NET_WORDS = {"usual": _("usual"), "small": _("small"), "trial": _("trial")}


@admin.register(TrainingRun)
class TrainingRunAdmin(QuickAdmin):
    list_display = ("__str__", "state", "done", "version", "by", "created")
    list_filter = ("state", "category")
    list_select_related = ("category", "version__category", "by")
    search_fields = ("category_name", "version__version")
    ordering = ("-pk",)

    @admin.display(description=_("Steps"))
    def done(self, run: TrainingRun) -> str:
        return _("%(step)s of %(steps)s") % {"step": in_digits(run.step), "steps": in_digits(run.steps)}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/panel/", wrap(self.panel_view), name="training_run_panel"),
            path("<int:pk>/do/", wrap(self.do_view), name="training_run_do"),
            path("<int:pk>/samples/<int:step>.png", wrap(self.sample_view), name="training_run_sample"),
            *super().get_urls(),
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj and obj.is_under_way)

    def delete_model(self, request: HttpRequest, obj: TrainingRun) -> None:
        super().delete_model(request, obj)
        services.delete_files(obj)

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for run in queryset.exclude(state__in=(TrainingRun.State.QUEUED, TrainingRun.State.RUNNING)):
            self.delete_model(request, run)

    # Begin ---------------------------------------------------------------------------------------------------------

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = RunForm(request.POST or None, initial=usual_choices(request.GET))
        if request.method == "POST" and form.is_valid():
            answer = self._start(request, form)
            if answer is not None:
                return answer
        first = form.data if form.is_bound else form.initial
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Train a category"),
            "form": form,
            "notice": pages.training_notice(),
            "estimates": [
                {
                    "net": net.value,
                    "words": NET_WORDS[net.value],
                    "first": estimate_in_words(net, 300),
                    "step": seconds_a_step(net),
                    "after": afterwards(net),
                }
                for net in NETS
            ],
            "category": first.get("category"),
        }
        return TemplateResponse(request, "admin/training/start.html", context)

    def _start(self, request: HttpRequest, form: RunForm) -> HttpResponse | None:
        category = form.cleaned_data["category"]
        known = TrainingRun.objects.filter(category=category, state__in=("queued", "running")).first()
        if known:
            said = _("A run of %(category)s is under way already: here it is.") % {"category": category}
            self.message_user(request, said, messages.WARNING)
            return redirect(known)
        try:
            run = services.start_run(category, request.user.pk, **form.choices())
        except Refused as error:
            form.add_error(None, str(error))
            return None
        self.log_addition(request, run, f"Training begun: {run.steps} steps, seed {run.seed}, loss {run.loss}.")
        return redirect(run)

    # Watch ---------------------------------------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        run = self.row_or_404(request, int(object_id) if object_id.isdecimal() else 0)
        panel = pages.panel_of(run)
        asked = request.GET.get("sample", "")
        samples = panel["samples"]
        shown = int(asked) if asked.isdecimal() and int(asked) < len(samples) else len(samples) - 1
        context = {
            **self.admin_site.each_context(request),
            **panel,
            **pages.outcome_of(run),
            "opts": self.opts,
            "title": f"{run}",
            "shown": shown,
            "shown_step": samples[shown] if samples else None,
            "may_act": self.has_change_permission(request),
            "may_delete": self.has_delete_permission(request, run),
        }
        return never_cache(lambda _: TemplateResponse(request, "admin/training/run.html", context))(request)

    def panel_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.row_or_404(request, pk)
        context = {**pages.panel_of(run), "may_act": self.has_change_permission(request), "is_poll": True}
        context["is_news"] = request.GET.get("said", "") != context["mark"]
        response = render(request, "admin/training/panel.html", context)
        if not run.is_under_way:
            response["HX-Refresh"] = "true"  # the page of a run that is over is another one
        response["Cache-Control"] = "private, no-store"
        return response

    def sample_view(self, request: HttpRequest, pk: int, step: int) -> HttpResponseBase:
        run = self.row_or_404(request, pk)
        if step not in sample_steps(run.folder):
            raise Http404
        opened = (run.folder / sample_name(step)).open("rb")
        return FileResponse(opened, content_type="image/png", headers={"Cache-Control": "private, max-age=3600"})

    # Act -----------------------------------------------------------------------------------------------------------

    def do_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        run = self.row_or_404(request, pk)
        if not self.has_change_permission(request, run):
            raise PermissionDenied
        what = request.POST.get("do", "")
        more = request.POST.get("more", "")
        actions: dict[str, Callable[[], None]] = {
            "pause": lambda: services.pause(run),
            "cancel": lambda: services.cancel(run),
            "resume": lambda: services.resume(run),
            "further": lambda: services.train_further(run, int(more) if more.isdecimal() and len(more) < 8 else 0),
        }
        if what in actions:
            try:
                actions[what]()
            except Refused as error:
                self.message_user(request, str(error), messages.WARNING)
            else:
                self.log_change(request, run, f"{SAID[what]}{f' {more} steps more.' if what == 'further' else ''}")
                self.message_user(request, gettext(SAID[what]))
        return redirect(run)


@admin.register(LogEntry)
class LogEntryAdmin(Records):
    """Who did what in these pages, and when. Nobody changes it."""

    list_display = ("action_time", "user", "what", "message")
    list_filter = (("content_type", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("user", "content_type")
    search_fields = ("object_repr", "change_message", "user__username")
    ordering = ("-pk",)

    @admin.display(description=_("What"))
    def what(self, entry: LogEntry) -> str:
        return f"{entry.object_repr} ({entry.content_type.name})" if entry.content_type else entry.object_repr

    @admin.display(description=_("What was done"))
    def message(self, entry: LogEntry) -> str:
        usual = {ADDITION: _("Added."), CHANGE: _("Changed."), DELETION: _("Deleted.")}
        return told(entry.get_change_message()) or str(usual.get(entry.action_flag, ""))
