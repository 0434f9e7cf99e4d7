"""Small typed readers of the environment: a bad value stops the start and says which variable it was."""

from __future__ import annotations

import os
from collections.abc import Sequence
from ipaddress import ip_network

from django.core.exceptions import ImproperlyConfigured

TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_secret(name: str, why: str) -> str:
    """A value that must be given; ``why`` ends the sentence that asks for it."""
    value = env_text(name)
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {why}")
    return value


def env_choice(name: str, choices: Sequence[str], default: str) -> str:
    value = env_text(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be one of: {', '.join(choices)}.")
    return value


def env_flag(name: str, default: bool) -> bool:
    value = env_text(name).lower()
    if not value:
        return default
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; write true or false.")
    return value in TRUE


def env_number(name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
    value = env_text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be a whole number.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name} is {number}; it must lie between {least} and {most}.")
    return number


def env_list(name: str, default: Sequence[str] = ()) -> list[str]:
    """Values separated by commas."""
    return [part.strip() for part in env_text(name).split(",") if part.strip()] or list(default)


def env_networks(name: str) -> list[str]:
    """Addresses or networks, such as 10.0.0.7 or 10.0.0.0/16, separated by commas."""
    networks = env_list(name)
    for each in networks:
        try:
            ip_network(each)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} has {each!r}; write addresses or networks such as 10.0.0.0/16."
            ) from None
    return networks
