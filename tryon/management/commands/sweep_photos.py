"""Delete photos a day after their last use. Workers do this every hour by themselves; this is for sites without one."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tryon.retention import sweep_photos


class Command(BaseCommand):
    help = "Delete every photo that is not kept and was last used more than a day ago, with all that was made of it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{sweep_photos()} photos deleted.")
