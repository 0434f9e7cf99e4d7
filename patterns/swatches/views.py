"""The staff's pages of swatches; admin gives them their addresses and checks that who asks is staff."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from patterns.models import Category
from patterns.ownership import person_of
from patterns.swatches import curate_page, services
from patterns.swatches.book import book_of, fresh_book
from patterns.swatches.enough import Tally, judge, tallies
from patterns.swatches.forms import LICENCES, BringForm, Looking
from patterns.swatches.jobs import ask_to_take_in, job_of
from patterns.swatches.models import Delivery, Item, Swatch, SwatchBook
from patterns.uploads import UploadError
from patterns.words import told

ROWS_SHOWN = 100
TOO_MANY = gettext_lazy("These are more files than fit into one go. Send at most 500 at once, or pack them into a zip.")
Context = dict[str, Any]


def require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(f"swatches.{permission}"):
        raise PermissionDenied


def curate(request: HttpRequest, slug: str, shared: Context) -> HttpResponse:
    require(request, "change_swatch")
    category = get_object_or_404(Category, slug=slug)
    looking = Looking.read(request.GET)
    if request.method == "POST":
        outcome = curate_page.act(category, looking, request.POST, request.user)
        return _told(request, category, looking, outcome)
    context = curate_page.context(category, looking, request.user)
    return TemplateResponse(
        request,
        "admin/swatches/curate.html",
        {**shared, "title": _("Curate %(category)s") % {"category": category}, **context},
    )


def _told(request: HttpRequest, category: Category, looking: Looking, outcome: curate_page.Outcome) -> HttpResponse:
    """The script is told in JSON; without it the page comes again, with the sentence on top."""
    if request.headers.get("Accept") == "application/json":
        standing = curate_page.standing(category, request.user)
        counts = {name: getattr(standing["tally"], name) for name in ("new", "accepted", "rejected", "total")}
        told = {"said": outcome.sentence, "undo": standing["undo"], "verdict": vars(standing["verdict"])}
        return JsonResponse({**told, "counts": counts}, status=400 if outcome.is_error else 200)
    (messages.error if outcome.is_error else messages.success)(request, outcome.sentence)
    place = f"#s{outcome.swatch}" if outcome.swatch and looking.state == "all" else "#swatches"
    return redirect(f"{reverse('admin:swatches_curate', args=[category.slug])}?{looking.address()}{place}")


def overview(request: HttpRequest, shared: Context) -> HttpResponse:
    """Every category: how many are accepted, palette, contact sheet, and whether it is enough to train."""
    require(request, "view_swatchbook")
    books = {book.category_id: book for book in SwatchBook.objects.all()}
    found = tallies()
    rows = []
    for category in Category.objects.all():
        tally = found.get(category.pk, Tally())
        rows.append({"category": category, "tally": tally, "verdict": judge(tally), "book": books.get(category.pk)})
    return TemplateResponse(
        request, "admin/swatches/overview.html", {**shared, "title": _("Swatch books"), "rows": rows}
    )


def book(request: HttpRequest, slug: str, shared: Context) -> HttpResponse:
    require(request, "view_swatchbook")
    category = get_object_or_404(Category, slug=slug)
    if request.method == "POST":
        require(request, "change_swatchbook")
        SwatchBook.objects.filter(pk=book_of(category).pk).update(takes_plain="takes_plain" in request.POST)
        messages.success(request, _("Kept."))
        return redirect("admin:swatches_book", slug)
    tally = tallies().get(category.pk, Tally())
    context = {
        "title": _("Swatch book: %(category)s") % {"category": category},
        "category": category,
        "book": fresh_book(category),
        "tally": tally,
        "verdict": judge(tally),
        "deliveries": category.deliveries.all()[:10],
    }
    return TemplateResponse(request, "admin/swatches/book.html", {**shared, **context})


def bring(request: HttpRequest, shared: Context) -> HttpResponseBase:
    """Permission first, then the body is read: nobody else's files are even received. The token is checked after that."""
    require(request, "add_delivery")
    complaint = ""
    try:
        request.FILES  # noqa: B018  (reads and parses the body)
    except (SuspiciousOperation, MultiPartParserError):
        complaint, request.method = str(TOO_MANY), "GET"
    return csrf_protect(_bring)(request, shared, complaint)


def _bring(request: HttpRequest, shared: Context, complaint: str) -> HttpResponse:
    starting = {name: request.GET.get(name, "")[:300] for name in ("source", "licence")}
    starting["category"] = request.GET.get("category", "") if request.GET.get("category", "").isdigit() else ""
    form = BringForm(request.POST, request.FILES) if request.method == "POST" else BringForm(initial=starting)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            files = [(file.name or "picture", file) for file in asked["pictures"]]
            delivery = services.receive(files, asked["category"], asked["source"], asked["licence"], request.user)
        except UploadError as error:
            form.add_error("pictures", told(str(error)))
        else:
            return redirect(ask_to_take_in(delivery, person_of(request)))
    context = {"title": _("Bring swatches"), "form": form, "licences": LICENCES, "complaint": complaint}
    status = 400 if complaint or form.errors else 200
    return TemplateResponse(request, "admin/swatches/bring.html", {**shared, **context}, status=status)


def delivery(request: HttpRequest, pk: int, shared: Context) -> HttpResponse:
    """The report of a delivery: how far it is, and a row for each failure."""
    require(request, "view_delivery")
    found = get_object_or_404(Delivery.objects.select_related("category", "by"), pk=pk)
    if request.method == "POST":
        require(request, "add_delivery")
        if "again" in request.POST:
            services.try_failures_again(found)
            found.refresh_from_db()
        return redirect(ask_to_take_in(found, person_of(request)))
    counts = dict(found.items.order_by().values_list("state").annotate(Count("pk")))
    failed = found.items.filter(state=Item.State.FAILED)
    context = {
        "title": str(found),
        "delivery": found,
        "job": job_of(found),
        "counts": [(label, counts.get(state, 0)) for state, label in Item.State.choices],
        "waiting": counts.get(Item.State.WAITING, 0),
        "rest": Paginator(found.items.filter(state__in=(Item.State.FAILED, Item.State.KNOWN)), ROWS_SHOWN).get_page(
            request.GET.get("page")
        ),
        "can_ask_again": failed.filter(category__isnull=False).exclude(cut={}).count(),
        "brought_to": Category.objects.filter(swatches__item__delivery=found).distinct(),
        "swatches": Swatch.objects.filter(item__delivery=found).count(),
    }
    return TemplateResponse(request, "admin/swatches/delivery.html", {**shared, **context})


class _Echo:
    def write(self, line: str) -> str:
        return line


def report(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What became of each picture, as CSV."""
    require(request, "view_delivery")
    found = get_object_or_404(Delivery, pk=pk)
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow([_("Number"), _("Picture"), _("Outcome"), _("Note")])
        for item in found.items.iterator(500):
            yield writer.writerow(
                [item.number, harmless(item.name), item.get_state_display(), harmless(told(item.note))]
            )

    headers = {
        "Content-Disposition": f'attachment; filename="delivery-{found.pk}.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8", headers=headers)


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula (owasp.org/www-community/attacks/CSV_Injection)."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
