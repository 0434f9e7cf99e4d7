"""A row for the garment model that ships with the project. Run it as often as you like: it adds, and never undoes what staff did."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tryon.garment_models import sync_bundled


class Command(BaseCommand):
    help = "Add the bundled garment model if it is not in the database yet."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{int(sync_bundled())} garment models added.")
