"""Colour profiles made by code."""

from __future__ import annotations

import struct


def profile(gamma: float = 1.0, grey: bool = False) -> bytes:
    """A small ICC profile with sRGB's primaries, or for grey, and a curve of its own (ICC.1:2001-04)."""
    fixed = [struct.Struct(">i").pack(round(value * 65536)) for value in (0.9642, 1.0, 0.8249)]
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    primaries = {b"r": (0.4361, 0.2225, 0.0139), b"g": (0.3851, 0.7169, 0.0971), b"b": (0.1431, 0.0606, 0.7141)}
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + b"\0" * 78,
        b"wtpt": b"XYZ \0\0\0\0" + b"".join(fixed),
        b"cprt": b"text\0\0\0\0none\0",
    }
    if grey:
        tags[b"kTRC"] = curve
    else:
        for name, values in primaries.items():
            tags[name + b"XYZ"] = b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in values)
            tags[name + b"TRC"] = curve
    table, body, at = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content + b"\0" * (-len(content) % 4)
    head = struct.pack(">I", at + len(body)) + b"\0\0\0\0\x02\x40\0\0mntr" + (b"GRAY" if grey else b"RGB ") + b"XYZ "
    return (head + b"\0" * 12 + b"acsp" + b"\0" * 28 + b"".join(fixed)).ljust(128, b"\0") + table + body
