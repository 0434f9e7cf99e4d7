"""The groups of staff: curators and administrators. Run as often as you like."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from patterns.training.roles import make_roles


class Command(BaseCommand):
    help = "Make the groups Curators and Administrators, or bring their permissions in line."

    def handle(self, *args: Any, **options: Any) -> None:
        make_roles()
        self.stdout.write("The groups Curators and Administrators are there.")
