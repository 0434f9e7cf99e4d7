"""What the account's own page shows."""

from __future__ import annotations

from typing import Any

from django.db.models import Count

from aifashion.accounts.models import Profile
from patterns import queries as fabrics
from patterns.ownership import Person
from patterns.studio.pages import fabric_card
from tryon import queries

LATEST = 6


def profile_page(person: Person) -> dict[str, Any]:
    """The latest of everything a person has, and how many there are."""
    photos, results, saved = queries.photos_of(person), queries.results_of(person), fabrics.saved_fabrics(person)
    return {
        "photos": photos.defer("found", "as_found")[:LATEST],
        "photo_count": photos.count(),
        "results": results[:LATEST],
        "result_count": results.count(),
        "cards": [fabric_card(fabric) for fabric in saved[:LATEST]],
        "fabric_count": saved.count(),
        "collections": fabrics.collections_of(person).annotate(count=Count("fabrics")),
        "modes": Profile.Mode.choices,
    }
