"""What the environment may say, and what production refuses to guess. Each case starts a Python of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from aifashion.environment import env_choice, env_flag, env_list, env_number, env_secret, env_text

ROOT = Path(__file__).resolve().parents[2]
LONG = "k8s0d-fj20s9-v0s9d8-f7g6h5-j4k3l2-q1w2e3-r4t5y6-u7i8o9"
PRODUCTION = {"AIFASHION_ENV": "production", "SECRET_KEY": LONG, "ALLOWED_HOSTS": "example.com"}


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "manage.py", *words], cwd=ROOT, env=bare | environment, capture_output=True, text=True
    )


def refusal(**environment: str) -> str:
    told = manage("check", **environment)
    assert told.returncode != 0
    return told.stderr.strip().splitlines()[-1]


def test_an_empty_environment_is_enough_for_development():
    told = manage("shell", "-v0", "-c", "from django.conf import settings as s; print(s.PRODUCTION, s.DEBUG)")
    assert told.stdout.split() == ["False", "False"]


def test_production_passes_djangos_own_deployment_check():
    told = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert told.returncode == 0, told.stderr


def test_productions_cookies_go_to_this_host_alone_by_https_and_never_to_scripts():
    names = ("NAME", "SECURE", "HTTPONLY", "SAMESITE", "PATH", "DOMAIN")
    for kind in ("SESSION", "CSRF"):
        program = f"from django.conf import settings as s; print(*(getattr(s, '{kind}_COOKIE_' + n) for n in {names}))"
        name, *rest = manage("shell", "-v0", "-c", program, **PRODUCTION).stdout.split()
        assert name.startswith("__Host-")
        assert rest == ["True", "True", "Lax", "/", "None"]


def test_production_is_reached_by_https_alone_for_a_year():
    names = ("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
    program = f"from django.conf import settings as s; print(*(getattr(s, n) for n in {names}))"
    assert manage("shell", "-v0", "-c", program, **PRODUCTION).stdout.split() == ["True", "31536000", "True", "True"]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_does_not_start_without(missing):
    assert missing in refusal(**{name: value for name, value in PRODUCTION.items() if name != missing})


def test_production_does_not_start_on_a_published_secret():
    from aifashion.settings import DEVELOPMENT_SECRET

    for secret in (DEVELOPMENT_SECRET, "change-me-please-change-me"):
        assert "SECRET_KEY" in refusal(**PRODUCTION | {"SECRET_KEY": secret})


def test_production_does_not_start_with_debug_on():
    assert "DEBUG" in refusal(**PRODUCTION, DEBUG="true")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AIFASHION_ENV", "staging"),
        ("DEBUG", "perhaps"),
        ("DATABASE_URL", "a database"),
        ("MODEL_CONCURRENCY", "many"),
        ("MODEL_CONCURRENCY", "0"),
        ("DOWNLOAD_LINK_SECONDS", "301"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_bad_value_stops_the_start_by_name(name, value):
    assert name in refusal(**{name: value})


def test_the_server_door_is_production_unless_told_otherwise():
    told = subprocess.run(
        [sys.executable, "-c", "import aifashion.wsgi"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert "SECRET_KEY is not set" in told.stderr


def test_a_bucket_in_the_environment_moves_the_files_there():
    names = "from django.core.files.storage import storages as s; print([type(s[n]).__name__ for n in ('default', 'catalogue')])"
    told = manage(
        "shell", "-v0", "-c", names, AWS_STORAGE_BUCKET_NAME="people", AWS_S3_ENDPOINT_URL="http://127.0.0.1:1"
    )
    assert told.stdout.strip() == "['Bucket', 'Bucket']", told.stderr


def test_a_postgres_address_is_read():
    engine = (
        "from django.conf import settings as s; d = s.DATABASES['default']; print(d['ENGINE'], d['NAME'], d['PORT'])"
    )
    told = manage("shell", "-v0", "-c", engine, DATABASE_URL="postgres://ada:secret@db.example.com:5433/fashion")
    assert told.stdout.split() == ["django.db.backends.postgresql", "fashion", "5433"], told.stderr


def test_sqlite_waits_and_writes_ahead(tmp_path):
    pragmas = (
        "from django.db import connection as c; k = c.cursor();"
        "print(*(k.execute(f'PRAGMA {p}').fetchone()[0] for p in ('journal_mode', 'busy_timeout')))"
    )
    told = manage("shell", "-v0", "-c", pragmas, DATABASE_URL=f"sqlite:///{tmp_path}/db.sqlite3")
    assert told.stdout.split() == ["wal", "20000"], told.stderr


def test_readers_of_the_environment(monkeypatch):
    monkeypatch.setenv("X", "  value ")
    assert env_text("X") == "value"
    assert env_choice("X", ("value",), "other") == "value"
    for word, meaning in (("TRUE", True), ("on", True), ("0", False), ("", True)):
        monkeypatch.setenv("X", word)
        assert env_flag("X", True) is meaning
    monkeypatch.setenv("X", "a, b,,c")
    assert env_list("X") == ["a", "b", "c"]
    monkeypatch.setenv("X", "7")
    assert env_number("X", 1) == 7
    monkeypatch.delenv("X")
    assert env_number("X", 1) == 1
    with pytest.raises(ImproperlyConfigured, match="X is not set: because"):
        env_secret("X", "because")
