"""Where allauth asks us: names nobody chose, mail that may not go out, the address of who asks."""

from __future__ import annotations

import logging
import secrets
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.core import context as allauth_context
from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)
NOWHERE = "0.0.0.0"  # noqa: S104  # nosec B104  (said of a connection, nothing listens there)
NOT_SENT = _("The e-mail could not be sent just now. Wait a few minutes, then ask for it again.")


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    def populate_username(self, request: HttpRequest, user: AbstractUser) -> None:
        """People are known by their e-mail address alone; the column wants something, so it gets what tells nothing."""
        user.username = user.username or f"person-{secrets.token_hex(8)}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """A mail server that is away is no failed page: the person is told, and asks again."""
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            log.exception("an e-mail (%s) could not be sent", template_prefix)
            if allauth_context.request is not None:
                messages.error(allauth_context.request, NOT_SENT)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The connection's address, or what our own load balancer says (BEHIND_PROXY); a local socket has none."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return NOWHERE


def display_name(user: AbstractUser) -> str:
    """What pages and e-mails call a person."""
    return user.email or user.get_username()


def account_tried(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """Whose account somebody tries to get into, for axes: the e-mail address as it was entered, in small letters."""
    given = credentials or {}
    return str(given.get("email") or given.get("username") or request.POST.get("login", "")).lower()


def client_address(request: HttpRequest) -> str:
    """The same for axes."""
    return str(get_adapter().get_client_ip(request))
