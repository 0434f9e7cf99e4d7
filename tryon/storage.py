"""The catalogue's storage as a name that models can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.core.files.storage import Storage, storages
from django.utils.functional import LazyObject

if TYPE_CHECKING:
    Lazy = LazyObject[Storage]
else:
    Lazy = LazyObject


class Catalogue(Lazy):
    """``STORAGES["catalogue"]``, looked up at first use, like Django's own ``default_storage``."""

    def _setup(self) -> None:
        self._wrapped = storages["catalogue"]


catalogue_storage = cast(Storage, Catalogue())


def the_catalogue() -> Storage:
    """What models are given: migrations then name this function, not one machine's folder."""
    return catalogue_storage
