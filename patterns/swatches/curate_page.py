"""What the curation page shows, and what it does when a button is pressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patterns.models import Category
from patterns.swatches import curating
from patterns.swatches.book import takes_plain
from patterns.swatches.enough import judge, tally_of
from patterns.swatches.forms import FLAGS, ORDERS, Looking
from patterns.swatches.models import Swatch
from patterns.words import in_digits

PAGE = 60
State = Swatch.State
DECISIONS = {"accept": State.ACCEPTED, "reject": State.REJECTED, "back": State.NEW}


@dataclass(frozen=True)
class Outcome:
    """``swatch``: the one that was decided about, when it was only one."""

    sentence: str
    swatch: int | None = None
    is_error: bool = False


def context(category: Category, looking: Looking, by: Any) -> dict[str, Any]:
    """Everything the template needs; a fixed number of queries however many swatches there are."""
    matching = looking.narrow(category.swatches.all())
    swatches, after = looking.page(matching.select_related("like"), PAGE)
    plain_is_right = takes_plain(category)
    return {
        "category": category,
        "looking": looking,
        "cards": [(swatch, complaints(swatch, plain_is_right)) for swatch in swatches],
        "next": looking.address(after=after) if after else "",
        "first": looking.address(after=""),
        "matching": matching.count(),
        "tabs": tabs(category, looking),
        "flags": [(value, words) for value, (words, _) in FLAGS.items()],
        "orders": [(value, words) for value, (words, *_) in ORDERS.items()],
        "others": Category.objects.exclude(pk=category.pk),
        **standing(category, by),
    }


def standing(category: Category, by: Any) -> dict[str, Any]:
    """What changes with every decision."""
    tally = tally_of(category)
    return {"tally": tally, "verdict": judge(tally), "undo": curating.undo_words(curating.last_step(category, by))}


def tabs(category: Category, looking: Looking) -> list[tuple[str, str, int, str, bool]]:
    """(state, words, how many, address, whether it is the one looked at)"""
    found = dict(category.swatches.order_by().values_list("state").annotate(Count("pk")))
    rows = [*State.choices, ("all", _("All"))]
    return [
        (state, str(words), found.get(state, 0) if state != "all" else sum(found.values()),
         looking.address(state=state, after=""), state == looking.state)
        for state, words in rows
    ]  # fmt: skip


def complaints(swatch: Swatch, plain_is_right: bool) -> list[tuple[str, str]]:
    """(a word, what it means) for each flag of a swatch. Near-uniform is none where one-colour cloth is wanted."""
    found = []
    if swatch.is_tiny:
        found.append(
            (_("tiny"), _("Its pixels were enlarged %(times)s times.") % {"times": number_format(swatch.enlarged, 1)})
        )
    if swatch.is_blurry:
        found.append((_("blurry"), _("It has no fine detail.")))
    if swatch.is_plain and not plain_is_right:
        found.append((_("near-uniform"), _("There is hardly any pattern to see.")))
    return found


def act(category: Category, looking: Looking, posted: QueryDict, by: Any) -> Outcome:
    """One press of a button on one swatch, on those picked, or on all that match."""
    if "undo" in posted:
        step = curating.undo(category, by)
        return Outcome(_("Taken back.") if step else _("There is nothing to take back."), is_error=step is None)
    for name, state in DECISIONS.items():
        if key := posted.get(name):
            return _decide_one(category, by, key, state)
    chosen = _chosen(category, looking, posted)
    if chosen is None:
        return Outcome(_("Pick some swatches first."), is_error=True)
    if posted.get("do") == "move":
        return _move(chosen, by, posted.get("to", ""))
    if (name := posted.get("do", "")) not in DECISIONS:
        return Outcome(_("Choose what to do with them."), is_error=True)
    changed = curating.decide(category, by, chosen, DECISIONS[name])
    return Outcome(curating.decided_words(DECISIONS[name], changed))


def _decide_one(category: Category, by: Any, key: str, state: Swatch.State) -> Outcome:
    one = category.swatches.filter(pk=_number(key)).first()
    if one is None:
        return Outcome(_("This swatch is no longer here."), is_error=True)
    curating.decide(category, by, Swatch.objects.filter(pk=one.pk), state)
    return Outcome(curating.decided_one_words(state, one.pk), one.pk)


def _chosen(category: Category, looking: Looking, posted: QueryDict) -> QuerySet[Swatch] | None:
    if posted.get("everything"):
        return looking.narrow(category.swatches.all())
    keys = [number for key in posted.getlist("pick") if (number := _number(key))]
    return category.swatches.filter(pk__in=keys) if keys else None


def _move(chosen: QuerySet[Swatch], by: Any, slug: str) -> Outcome:
    target = Category.objects.filter(slug=slug).first()
    if target is None:
        return Outcome(_("Choose the category to move them to."), is_error=True)
    moved, stayed = curating.move(chosen, by, target)
    said = ngettext(
        "Moved %(count)s swatch to %(category)s, to be looked at there.",
        "Moved %(count)s swatches to %(category)s, to be looked at there.",
        moved,
    ) % {"count": in_digits(moved), "category": target}
    if stayed:
        rest = ngettext(
            "%(count)s swatch stayed: %(category)s has them already.",
            "%(count)s swatches stayed: %(category)s has them already.",
            stayed,
        )
        said = f"{said} {rest % {'count': in_digits(stayed), 'category': target}}"
    return Outcome(said)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
