"""Everything a site needs before it opens: tables, categories and models, stock garments, no orphaned files or old sessions."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Migrate, add bundled models and stock garments, remove orphaned files and old sessions. Safe to run at every start."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        for name in (
            "make_roles",
            "sync_models",
            "sync_garment_model",
            "load_stock",
            "sweep_photos",
            "sweep_files",
            "clearsessions",
        ):
            call_command(name, stdout=self.stdout)
