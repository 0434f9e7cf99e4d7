"""What goes to production is exactly what was locked, byte for byte; and the audit says what it did not look up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.audit import judge

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements-web.lock").read_text()
PIN = re.compile(r"^([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)", re.MULTILINE)


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(text: str) -> dict[str, str]:
    return {plain(name): version for name, version in PIN.findall(text)}


@pytest.mark.parametrize("name", ["requirements-web.txt", "requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    assert [line for line in lines if not PIN.match(line)] == []


def test_the_lock_is_in_step_with_the_requirements():
    asked, locked = pins((ROOT / "requirements-web.txt").read_text()), pins(LOCK)
    assert {name: locked.get(name) for name in asked} == asked, "run: make lock"


def test_every_locked_package_has_its_hashes():
    entries = re.split(r"\n(?=[a-z])", LOCK.strip())
    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_image_and_the_running_site_install_nothing_else():
    for name in ("Dockerfile", "Makefile"):
        assert re.search(r"pip install .*--require-hashes -r requirements-web\.lock", (ROOT / name).read_text()), name


def test_the_audit_tells_what_it_did_not_look_up(capsys):
    skipped = [{"name": "django", "skip_reason": "not found"}]
    assert [judge(skipped, False), judge(None, False), judge(None, True)] == [0, 0, 1]
    assert capsys.readouterr().out.count("NOT AUDITED") == 3


def test_the_audit_fails_for_a_known_vulnerability(capsys):
    found = [
        {"name": "django", "version": "1.0", "vulns": [{"id": "CVE-1"}]},
        {"name": "x", "version": "1", "vulns": []},
    ]
    assert judge(found, False) == 1
    assert "VULNERABLE: django 1.0: CVE-1" in capsys.readouterr().out
    assert judge(found[1:], True) == 0
