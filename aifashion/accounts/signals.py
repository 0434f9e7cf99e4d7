"""Signing in brings along what this browser made before; so does signing out what it made in between."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import user_logged_in, user_logged_out
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from patterns.moving import move_work
from patterns.ownership import visitor_of


def connect() -> None:
    user_logged_in.connect(_bring_work, dispatch_uid="bring-work-at-sign-in")
    user_logged_out.connect(_bring_work, dispatch_uid="bring-work-at-sign-out")


def _bring_work(sender: Any, request: HttpRequest, user: AbstractBaseUser | None, **_: Any) -> None:
    """An upload that began before signing in and ended after it is the visitor's still: hence again at signing out."""
    visitor = visitor_of(request)
    if user is not None and visitor is not None:
        move_work(visitor, user.pk)
