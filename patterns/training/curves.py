"""Curves as SVG, drawn on the server: no script, any size, both colour schemes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from patterns.words import in_digits

WIDE, HIGH, LEFT, BOTTOM, TOP = 480, 200, 46, 26, 12
MOST_POINTS = 240


@dataclass(frozen=True)
class Line:
    """``name`` is a key of the rows, ``label`` what people read; ``style`` picks colour and dashes in the style sheet: 1, 2 or 3."""

    name: str
    label: str | Promise
    style: int


LOSSES = (Line("loss_g", _("Generator"), 1), Line("loss_d", _("Discriminator"), 2))
DISTANCE = (Line("distance", _("Distance from real cloth"), 1),)
VARIETY = (Line("variety", _("Fabrics"), 1), Line("variety_real", _("Real swatches"), 3))


def draw_curves(title: str, rows: Sequence[dict[str, Any]], lines: Sequence[Line], last_step: int) -> SafeString | str:
    """Lines over the steps; empty while there are fewer than two rows."""
    rows = [row for row in rows if any(isinstance(row.get(line.name), int | float) for line in lines)]
    if len(rows) < 2:
        return ""
    rows = rows[:: -(-len(rows) // MOST_POINTS)] if len(rows) > MOST_POINTS else rows
    values = [float(row[line.name]) for row in rows for line in lines if line.name in row]
    low, high = min(values), max(values)
    if high - low < 1e-9:
        low, high = low - 1, high + 1
    end = max(last_step, int(rows[-1]["step"]), 1)

    def x(step: float) -> float:
        return LEFT + (WIDE - LEFT - 8) * step / end

    def y(value: float) -> float:
        return TOP + (HIGH - TOP - BOTTOM) * (high - value) / (high - low)

    marks = [low, (low + high) / 2, high]
    grid = format_html_join(
        "",
        '<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>',
        ((LEFT, WIDE - 8, _round(y(m)), _round(y(m)), LEFT - 6, _round(y(m) + 4), _short(m)) for m in marks),
    )
    paths = format_html_join(
        "",
        '<polyline class="curve curve-{}" points="{}"/>',
        ((line.style, _points(rows, line.name, x, y)) for line in lines),
    )
    foot = format_html(
        '<text class="tick" x="{}" y="{}">0</text><text class="tick" x="{}" y="{}" text-anchor="end">{}</text>',
        LEFT,
        HIGH - 8,
        WIDE - 8,
        HIGH - 8,
        _("step %(step)s") % {"step": in_digits(end)},
    )
    said = "; ".join(f"{line.label} {_short(float(rows[-1].get(line.name, 0)))}" for line in lines)
    return format_html(
        '<svg class="curves" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}{}</svg>',
        WIDE,
        HIGH,
        _("%(title)s up to step %(step)s: %(values)s.")
        % {"title": title, "step": in_digits(int(rows[-1]["step"])), "values": said},
        grid,
        paths,
        foot,
    )


def _points(rows: Sequence[dict[str, Any]], name: str, x: Any, y: Any) -> str:
    found = ((row["step"], row[name]) for row in rows if isinstance(row.get(name), int | float))
    return " ".join(f"{_round(x(step))},{_round(y(float(value)))}" for step, value in found)


def _round(value: float) -> float:
    return round(value, 1)


def _short(value: float) -> str:
    return number_format(value, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2, force_grouping=True)
