"""What curators decide: accept, reject, move, and take it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from patterns.models import Category
from patterns.swatches.models import Step, Swatch

State = Swatch.State
_MANY = 500  # primary keys in one statement
WORDS = {State.ACCEPTED: "Accepted", State.REJECTED: "Rejected", State.NEW: "Put back"}


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
            log(by, category, f"{WORDS[state]} {count_words(len(before))}.")
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
        log(by, category, f"Took back: {WORDS[Swatch.State(step.state)].lower()} {count_words(len(step.before))}.")
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
            log(by, category, f"Moved {count_words(moved)} here.")
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


def count_words(number: int) -> str:
    return "1 swatch" if number == 1 else f"{number:,} swatches"
