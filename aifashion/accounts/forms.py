"""What an account's own pages ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from aifashion.accounts.models import Profile


class ModeForm(forms.Form):
    mode = forms.ChoiceField(choices=Profile.Mode.choices)


class DeleteForm(forms.Form):
    """Whoever deletes an account knows its password."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password, so that nobody else deletes your account.")},
    )

    def __init__(self, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("This is not your password. Try again, or choose a new one first."))
        return password
