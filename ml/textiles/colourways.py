"""Colourways to choose from: six colours each, from dark to light, named after what they look like."""

from __future__ import annotations

COLOURWAYS: dict[str, tuple[str, ...]] = {
    "Indigo and chalk": ("#14213d", "#27406f", "#4f6d9c", "#8fa8c8", "#cfd8e3", "#f4f1ea"),
    "Terracotta": ("#3b1f1a", "#7a3420", "#b5532f", "#d98b5f", "#ecc6a0", "#f8ecdd"),
    "Meadow": ("#1f2f1c", "#3d5a2a", "#6f8f3c", "#b3b84b", "#e6d690", "#f7f3e0"),
    "Dusk": ("#231a35", "#4a2c5e", "#8a4a7d", "#c9728a", "#efa98f", "#fbe3c8"),
    "Ink and paper": ("#111111", "#343434", "#666666", "#9c9c9c", "#d3d2cf", "#f6f4ef"),
    "Harbour": ("#0d2b35", "#14505c", "#2b8085", "#7db8ad", "#d8cfae", "#f3efe2"),
    "Rose garden": ("#3a1527", "#7b2242", "#b8456a", "#dd8a9f", "#f0c3c6", "#fbf0ec"),
    "Citrus": ("#2c3a12", "#5d7a1a", "#d9a400", "#f2c53d", "#f8e08e", "#fdf8e4"),
    "Winter berries": ("#18202b", "#3e1f2f", "#8c1c3b", "#5f7d76", "#b9c7c1", "#eef0ec"),
    "Sand and sea": ("#1c3d4f", "#3f7389", "#86afb5", "#c9b68f", "#e4d7b8", "#f7f2e6"),
    "Spice market": ("#2b1710", "#6b2d12", "#a8431a", "#d97b19", "#edb247", "#f7e3b5"),
    "Confetti": ("#20315c", "#c0305b", "#2a8c82", "#ef8a3c", "#f4cd4f", "#fbf6ec"),
}
