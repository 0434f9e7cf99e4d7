"""What an account has beside its e-mail address and password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """How a person uses the site: one account, two modes. An account without a row shops."""

    class Mode(models.TextChoices):
        SHOPPER = "shopper", _("I try on clothes")
        DESIGNER = "designer", _("I design fabrics")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.SHOPPER)

    def __str__(self) -> str:
        return f"Profile {self.pk}"


def mode_of(user: AbstractBaseUser | AnonymousUser) -> str:
    """The mode of an account; visitors shop."""
    if user.is_anonymous:
        return Profile.Mode.SHOPPER
    known = Profile.objects.filter(user_id=user.pk).values_list("mode", flat=True).first()
    return known or Profile.Mode.SHOPPER


def choose_mode(user_id: int, mode: str) -> None:
    Profile.objects.update_or_create(user_id=user_id, defaults={"mode": mode})
