"""Which function does which kind of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patterns.jobs.models import Job
    from patterns.jobs.work import Work

Handler = Callable[["Work"], dict[str, Any] | None]
After = Callable[["Job"], None]


@dataclass(frozen=True)
class Kind:
    name: str
    handler: Handler
    yields: bool  # to work of kinds that do not
    trains: bool  # needs torch
    after: After | None  # called in the transaction that ends a job, however it ends


_kinds: dict[str, Kind] = {}


def handles(
    name: str, *, yields: bool = False, trains: bool = False, after: After | None = None
) -> Callable[[Handler], Handler]:
    """Decorates the function that does this kind of work. Its module must be imported by its app's ``ready``."""

    def register(handler: Handler) -> Handler:
        _kinds[name] = Kind(name, handler, yields, trains, after)
        return handler

    return register


def kind_of(name: str) -> Kind:
    """Raises LookupError on a kind nobody handles."""
    if name not in _kinds:
        raise LookupError(f"Nobody handles jobs of kind '{name}'; there are: {', '.join(sorted(_kinds)) or 'none'}.")
    return _kinds[name]


def after_of(name: str) -> After | None:
    """What is done when such a job ends; nothing for one that nobody handles any more."""
    return _kinds[name].after if name in _kinds else None


def kinds_without_training() -> list[str]:
    return [kind.name for kind in _kinds.values() if not kind.trains]


def all_kinds() -> list[str]:
    return list(_kinds)
