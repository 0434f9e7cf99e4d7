"""What curators decide: accept, reject, move, and take it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from patterns.models import Category
from patterns.swatches.models import Step, Swatch
from patterns.words import in_digits

State = Swatch.State
_MANY = 500  # primary keys in one statement


def decide(category: Category, by: Any, swatches: QuerySet[Swatch], state: Swatch.State) -> int:
    """Give these swatches of the category a state, as one step that can be undone. Returns how many changed."""
    with transaction.atomic():
        changing = swatches.filter(category=category).exclude(state=state).order_by("pk")
        before = dict(changing.values_list("pk", "state"))
        if before:
            _set_state(before.keys(), state, timezone.now() if state != State.NEW else None)
            Step.objects.create(
                category=category, by=by, state=state, before={str(pk): was for pk, was in before.items()}
            )
            with override("en"):
                log(by, category, decided_words(state, len(before)))
    return len(before)


def last_step(category: Category, by: Any) -> Step | None:
    return Step.objects.filter(category=category, by=by).first()


def undo(category: Category, by: Any) -> Step | None:
    """Take this curator's last step back, except where somebody decided otherwise since. None: there is no step."""
    with transaction.atomic():
        step = Step.objects.select_for_update().filter(category=category, by=by).first()
        if step is None or not Step.objects.filter(pk=step.pk).delete()[0]:
            return None
        for state in State:
            keys = [int(pk) for pk, was in step.before.items() if was == state]
            unchanged = Swatch.objects.filter(category=category, state=step.state)
            _set_state(keys, state, timezone.now() if state != State.NEW else None, unchanged)
        with override("en"):
            log(by, category, taken_back_words(step))
    return step


def move(swatches: QuerySet[Swatch], by: Any, category: Category) -> tuple[int, int]:
    """Put swatches into another category, as new ones. Returns how many moved, and how many were there already and stayed."""
    moved = stayed = 0
    with transaction.atomic():
        there = set(Swatch.objects.filter(category=category).values_list("digest", flat=True))
        for swatch in swatches.exclude(category=category):
            if swatch.digest in there:
                stayed += 1
                continue
            there.add(swatch.digest)
            Swatch.objects.filter(pk=swatch.pk).update(category=category, state=State.NEW, decided=None, like=None)
            moved += 1
        if moved:
            log(by, category, f"Moved {moved:,} swatch{'es' * (moved != 1)} here.")
    return moved, stayed


def log(by: Any, category: Category, sentence: str) -> None:
    LogEntry.objects.log_actions(by.pk, [category], CHANGE, sentence, single_object=True)


def _set_state(
    keys: Iterable[int], state: Swatch.State, decided: datetime | None, among: QuerySet[Swatch] | None = None
) -> None:
    for some in _in_batches(keys):
        (Swatch.objects.all() if among is None else among).filter(pk__in=some).update(state=state, decided=decided)


def _in_batches(keys: Iterable[int]) -> Iterator[list[int]]:
    every = list(keys)
    yield from (every[start : start + _MANY] for start in range(0, len(every), _MANY))


def decided_words(state: str, number: int) -> str:
    """ "Accepted 3 swatches." """
    said = {
        State.ACCEPTED: ngettext("Accepted %(count)s swatch.", "Accepted %(count)s swatches.", number),
        State.REJECTED: ngettext("Rejected %(count)s swatch.", "Rejected %(count)s swatches.", number),
        State.NEW: ngettext("Put back %(count)s swatch.", "Put back %(count)s swatches.", number),
    }
    return said[State(state)] % {"count": in_digits(number)}


def taken_back_words(step: Step) -> str:
    """ "Took back: accepted 3 swatches." """
    number = len(step.before)
    said = {
        State.ACCEPTED: ngettext(
            "Took back: accepted %(count)s swatch.", "Took back: accepted %(count)s swatches.", number
        ),
        State.REJECTED: ngettext(
            "Took back: rejected %(count)s swatch.", "Took back: rejected %(count)s swatches.", number
        ),
        State.NEW: ngettext("Took back: put back %(count)s swatch.", "Took back: put back %(count)s swatches.", number),
    }
    return said[State(step.state)] % {"count": in_digits(number)}


def undo_words(step: Step | None) -> str:
    """ "Undo: accepted 3 swatches"; nothing where there is no step."""
    if step is None:
        return ""
    number = len(step.before)
    said = {
        State.ACCEPTED: ngettext("Undo: accepted %(count)s swatch", "Undo: accepted %(count)s swatches", number),
        State.REJECTED: ngettext("Undo: rejected %(count)s swatch", "Undo: rejected %(count)s swatches", number),
        State.NEW: ngettext("Undo: put back %(count)s swatch", "Undo: put back %(count)s swatches", number),
    }
    return said[State(step.state)] % {"count": in_digits(number)}


def decided_one_words(state: str, swatch: int) -> str:
    said = {
        State.ACCEPTED: _("Accepted swatch %(number)s."),
        State.REJECTED: _("Rejected swatch %(number)s."),
        State.NEW: _("Put back swatch %(number)s."),
    }
    return said[State(state)] % {"number": swatch}
