"""What the house does for itself again and again. Workers take turns: each chore is done once in its time, whoever is first.

A chore is a function without arguments that does no harm when done twice, in a module that ``AppConfig.ready`` imports::

    @every(hours=1)
    def sweep_photos() -> int: ...
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from patterns.jobs.models import Turn

log = logging.getLogger(__name__)
Chore = TypeVar("Chore", bound=Callable[[], object])
_chores: dict[str, tuple[timedelta, Callable[[], object]]] = {}


def every(**span: float) -> Callable[[Chore], Chore]:
    """Decorates a chore; ``span`` as for timedelta."""

    def register(chore: Chore) -> Chore:
        _chores[f"{chore.__module__}.{chore.__name__}"] = timedelta(**span), chore
        return chore

    return register


def do_what_is_due() -> list[str]:
    """Do each chore whose turn has come; returns their names. One that fails is logged, and tried again at its next turn."""
    done = []
    for name, (span, chore) in _chores.items():
        if not take_turn(name, span):
            continue
        done.append(name)
        try:
            chore()
        except Exception:  # the next chore has nothing to do with it
            log.exception("the chore %s failed", name)
    return done


def take_turn(name: str, span: timedelta) -> bool:
    """Whether the chore is ours now. One conditional UPDATE, so that two workers cannot both win.

    A turn that lies far ahead was written by a clock that was wrong.
    """
    now = timezone.now()
    is_due = Q(next__lte=now) | Q(next__gt=now + 2 * span)
    _, is_first = Turn.objects.get_or_create(name=name, defaults={"next": now + span})
    return is_first or bool(Turn.objects.filter(is_due, name=name).update(next=now + span))
