"""The OpenAPI document as a page that needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Part:
    """Something to send along: a field, a part of the address, a parameter."""

    name: str
    kind: str
    about: str
    is_required: bool


@dataclass(frozen=True)
class Question:
    method: str
    address: str
    about: str
    parts: list[Part]
    answers: list[str]


def groups_of(schema: dict[str, Any]) -> dict[str, list[Question]]:
    """The questions by their tag, in the order of the document."""
    groups: dict[str, list[Question]] = {}
    for address, methods in schema["paths"].items():
        for method, told in methods.items():
            groups.setdefault(told["tags"][0], []).append(_question(method, address, told, schema))
    return groups


def _question(method: str, address: str, told: dict[str, Any], schema: dict[str, Any]) -> Question:
    parts = [
        Part(each["name"], _kind(each["schema"]), each["schema"].get("description", ""), each.get("required", False))
        for each in told["parameters"]
    ]
    for content in told.get("requestBody", {}).get("content", {}).values():
        body = _resolved(content["schema"], schema)
        needed = body.get("required", [])
        parts += [
            Part(name, _kind(field), field.get("description", ""), name in needed)
            for name, field in body["properties"].items()
        ]
    answers = [status for status in told["responses"] if int(status) < 400]
    return Question(method.upper(), address, told.get("description", "").replace("``", ""), parts, answers)


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = part.get("$ref", "").rpartition("/")[2]
    return dict(schema["components"]["schemas"][name]) if name else part


def _kind(field: dict[str, Any]) -> str:
    """What may stand there, in a few words."""
    if "anyOf" in field:
        return next(_kind(each) for each in field["anyOf"] if each.get("type") != "null")
    if "enum" in field:
        return ", ".join(map(str, field["enum"]))
    if field.get("type") == "array":
        return f"list of {_kind(field['items'])}"
    limits = (field.get("minimum"), field.get("maximum"))
    span = f" {limits[0]:,} to {limits[1]:,}" if None not in limits else ""
    return f"{field.get('format', field.get('type', ''))}{span}"
