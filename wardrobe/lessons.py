"""Garments of many cuts, small and quickly made, from which a net learns how cloth lies: ``python -m wardrobe.lessons --count 200``.

Each is cut from the pieces of the stock garments with other measures and hung on the same forms, then seen from several
sides: light, cover, part and the point of cloth for each pixel. Seeded; needs Blender; what is made already is kept.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from wardrobe.form import body
from wardrobe.garments import circle_skirt, dress, pencil_skirt, slip_dress, tote
from wardrobe.legs import Legs
from wardrobe.legs import garment as legs_garment
from wardrobe.make import RUNS, Garment, blender, sewn_garment
from wardrobe.tops import Top, cuff_ribs, hem_rib, top_of

OUT = RUNS / "lessons"
SIZE = (192, 256)
VIEWS = 4
Rng = np.random.Generator


def top(rng: Rng) -> Garment:
    """T-shirts, long sleeves, sweaters, tunics."""
    kind = str(rng.choice(["man", "woman"]))
    chest = rng.uniform(22.5, 32.0) if kind == "man" else rng.uniform(21.5, 29.0)
    sleeve = float(rng.choice([rng.uniform(11, 30), rng.uniform(48, 60)]))
    wide = rng.uniform(15.5, 21.5) + 0.2 * (chest - 26)
    shoulder = float(np.clip(chest - rng.uniform(3.0, 6.5), 17.0, 26.0))
    cut = Top(
        chest=chest,
        waist=chest - rng.uniform(0.0, 2.5),
        hem=chest + rng.uniform(-1.5, 3.0),
        long=rng.uniform(46, 78),
        neck=rng.uniform(8.8, 12.0),
        drop=rng.uniform(9.5, 16.0),
        shoulder=shoulder,
        slope=rng.uniform(3.6, 5.2),
        armhole=rng.uniform(22.5, 27.0),
        wide=wide,
        cap=rng.uniform(9.5, 12.5),
        sleeve=sleeve,
        cuff=wide - rng.uniform(1.0, 3.0) if sleeve < 35 else rng.uniform(11.0, 15.0),
        band=rng.uniform(1.0, 3.0),
        tight=rng.uniform(0.88, 0.94),
        arms=rng.uniform(14.0, 48.0),
        kind=kind,
        top=149.5 if kind == "man" else 143.0,
    )
    pieces, seams = top_of(cut)
    if rng.random() < 0.4:
        more = [hem_rib(cut, rng.uniform(4, 7))] + ([cuff_ribs(cut, 6.0)] if sleeve > 40 else [])
        for more_pieces, more_seams in more:
            pieces, seams = pieces + more_pieces, seams + more_seams
    fabric = replace(dress.make().fabric, bend=float(10 ** rng.uniform(-4.6, -3.5)), friction=rng.uniform(0.35, 0.55))
    return Garment(dress.ABOUT, pieces, seams, partial(body, kind, cut.arms), fabric, spacing=2.0)


def with_constants(module: ModuleType, changes: dict[str, Any]) -> Garment:
    """What the module makes with other measures; they are put back afterwards."""
    before = {name: getattr(module, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(module, name, value)
        made: Garment = module.make()
        return made
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def flared(rng: Rng) -> Garment:
    return with_constants(
        circle_skirt,
        {"WAIST": rng.uniform(64, 78), "LONG": rng.uniform(42, 78), "SWEEP": rng.uniform(110, 330)},
    )


def narrow(rng: Rng) -> Garment:
    wide = rng.uniform(-0.6, 2.5)
    return with_constants(
        pencil_skirt, {"HIP": 26.2 + wide, "HEM": 23.4 + wide + rng.uniform(-2, 6), "LONG": rng.uniform(42, 74)}
    )


def gathered(rng: Rng) -> Garment:
    gather = rng.uniform(22, 36)
    cut = replace(dress.TOP, arms=rng.uniform(16, 40), sleeve=rng.uniform(11, 34), cuff=rng.uniform(13.8, 15.8))
    cut = replace(cut, neck=rng.uniform(9.2, 11.5), drop=rng.uniform(11, 17), long=rng.uniform(38, 44))
    changes = {"TOP": cut, "GATHER": gather, "HEM": gather + rng.uniform(4, 18), "LONG": rng.uniform(42, 80)}
    return with_constants(dress, changes)


def slip(rng: Rng) -> Garment:
    return with_constants(slip_dress, {"LONG": rng.uniform(72, 104)})


def two_legs(rng: Rng) -> Garment:
    short = rng.random() < 0.4
    hip = rng.uniform(23.8, 28.0)
    hem = rng.uniform(24.0, 31.0) if short else rng.uniform(16.5, 27.0)
    cut = Legs(
        long=rng.uniform(36, 60) if short else rng.uniform(84, 104),
        waist=rng.uniform(20.2, 21.6),
        hip=hip,
        knee=hip - 1 if short else (hip + hem) / 2 + rng.uniform(-1.0, 0.5),
        hem=hem,
    )
    fabric = replace(dress.make().fabric, steps=12, bend=float(10 ** rng.uniform(-4.6, -3.8)), friction=0.5)
    return legs_garment(dress.ABOUT, cut, fabric, spacing=1.9, frames=100, grey=0.5)


def bag(rng: Rng) -> Garment:
    return with_constants(tote, {"HANDLE": rng.uniform(56.0, 66.0)})


KINDS: dict[str, tuple[float, Callable[[Rng], Garment]]] = {
    "top": (0.32, top),
    "flared": (0.26, flared),
    "narrow": (0.05, narrow),
    "gathered": (0.20, gathered),
    "slip": (0.03, slip),
    "legs": (0.12, two_legs),
    "bag": (0.02, bag),
}


def make_lesson(number: int, out: Path) -> None:
    """One garment from several sides: ``NUMBER.npz`` with arrays (views, H, W). Raises SystemExit when Blender stops."""
    rng = np.random.default_rng((20, number))
    shares = np.array([share for share, _ in KINDS.values()])
    kind = list(KINDS)[int(rng.choice(len(KINDS), p=shares / shares.sum()))]
    garment = KINDS[kind][1](rng)
    folder = out / f"work-{number}"
    folder.mkdir(parents=True, exist_ok=True)
    sewn = sewn_garment(garment, garment.spacing * 1.35, garment.frames, halvings=1)
    np.savez(folder / "garment.npz", **sewn)
    turns = rng.normal(0, 16, VIEWS)
    turns[0] = 0.0
    job = {
        "thickness": 0.1,
        "hem": garment.hem,
        "grey": 0.5,
        "weaves": {},
        "grain": 0.0,
        "wall": 60.0,
        "size": SIZE,
        "samples": 16,
        "views": [
            {
                "turn": float(np.clip(turn, -40, 40)),
                "height": float(rng.normal(0, 25)),
                "fill": float(rng.uniform(0.8, 0.95)),
            }
            for turn in turns
        ],
    }
    (folder / "job.json").write_text(json.dumps(job))
    with (folder / "blender.log").open("w") as log:
        command = [blender(), "-b", "-t", "1", "--python-exit-code", "3", "-P"]
        command += [str(Path(__file__).with_name("lessons_render.py")), "--", str(folder)]
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"lessons: Blender stopped; see {folder / 'blender.log'}.")
    cloth, seen = np.load(folder / "cloth.npy"), np.load(folder / "map.npy")
    names = json.dumps([kind, *(str(name) for name in sewn["names"])])
    np.savez_compressed(
        out / f"{number:04d}.npz", cloth=cloth.astype(np.float16), map=seen.astype(np.float32), names=names
    )
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m wardrobe.lessons", description="Make garments to learn from.")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.first, options.first + options.count):
        if not (options.out / f"{number:04d}.npz").exists():
            make_lesson(number, options.out)
            print(number, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
