"""Make stock garments: cut, sew, drape, render. ``python -m wardrobe.make [NAME...]`` (``make wardrobe``); needs Blender.

Each garment is a file in ``wardrobe/garments`` whose ``make()`` gives a :class:`Garment`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.spatial import cKDTree

from ml.compositing.bench_patterns import bench_patterns
from wardrobe.about import About
from wardrobe.cloth import Fabric, sew, welds
from wardrobe.finish import finished, true_pictures, write_stock
from wardrobe.form import Form
from wardrobe.pattern import Cut, Piece, Place, Seam, cut
from wardrobe.smooth import fair, finer

Array = npt.NDArray[np.float64]

ALL = (
    *("tshirt", "shirt", "sweater", "coat", "trousers", "shorts"),
    *("circle_skirt", "pencil_skirt", "dress", "slip_dress", "scarf", "tote"),
)
HERE = Path(__file__).resolve().parent
STOCK = HERE.parent / "tryon" / "stock"
SIZE = (1200, 1600)
NICE = 5  # how far Blender stands back for other work
TRUTH = HERE / "truth"
RUNS = HERE.parent / "runs" / "wardrobe"


@dataclass(frozen=True)
class View:
    """How a garment is seen. turn: degrees to its right that it is turned; height: of the camera over its middle, cm;
    fill: share of the picture's height that it takes."""

    slug: str
    turn: float = 0.0
    height: float = 0.0
    fill: float = 0.86
    words: str = "from the side"


@dataclass(frozen=True)
class Button:
    """Where on a piece, and how wide, cm."""

    piece: str
    u: float
    v: float
    radius: float = 0.56


@dataclass(frozen=True)
class Garment:
    about: About
    pieces: list[Piece]
    seams: list[Seam]
    form: Callable[[], Form] | None
    fabric: Fabric
    spacing: float = 1.5
    frames: int = 90
    closing: int = 30
    thickness: float = 0.12  # cm
    grey: float = 0.62  # how much light the cloth gives back
    hem: float = 2.0  # where a hem is stitched, cm from the edge; 0 for none
    plain: tuple[str, ...] = ()  # parts that never take a pattern
    pinned: tuple[str, ...] = ()  # edges that stay where they begin
    views: tuple[View, ...] = ()
    weave: str = "plain"
    grain: float = 0.004  # how rough the yarn is, cm
    wall: float = 45.0  # how far the wall is behind its middle, cm
    buttons: tuple[Button, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def around_body(top: float, across: float, deep: float, front: bool, gather: float = 26.0) -> Place:
    """Before or behind the body, bent around it; over the shoulders (the upper ``gather`` cm) nearer to it."""
    angle = np.linspace(-np.pi / 2, np.pi / 2, 721)

    def place(u: Array, v: Array) -> Array:
        near = 0.42 + 0.58 * np.clip(v / gather, 0, 1) if gather else np.ones_like(v)
        steps = np.hypot(np.cos(angle) * across, np.sin(angle) * deep)
        arc = np.concatenate([[0], np.cumsum((steps[1:] + steps[:-1]) / 2 * np.diff(angle))])
        arc -= arc[360]
        at = np.interp(u, arc, angle)
        beyond = u - np.clip(u, arc[0], arc[-1])
        x, y = across * np.sin(at) + beyond * 0.4, -deep * np.cos(at) * near
        way = 1 if front else -1
        return np.stack([way * x, way * y, top - v], axis=1)

    return place


def around_arm(shoulder: Array, hand: Array, side: int, start: float, radius: float = 6.6) -> Place:
    """A sleeve's tube around the right (side 1) or left (-1) arm; its u = 0 lies on the outside."""
    way = (hand - shoulder) / np.linalg.norm(hand - shoulder)
    out: Array = np.array([-way[2], 0.0, way[0]])
    out /= np.linalg.norm(out)
    deep: Array = np.array([0.0, 1.0, 0.0])

    def place(u: Array, v: Array) -> Array:
        angle = u / radius
        middle = shoulder + (v[:, None] + start) * way
        at = middle + radius * (np.cos(angle)[:, None] * out + side * np.sin(angle)[:, None] * deep)
        return np.asarray(at * np.array([side, 1, 1]), dtype=np.float64)

    return place


def ring(
    height: float, total: float, front: float, across: float = 8.6, deep: float = 8.2, behind: float = 1.0
) -> Place:
    """A band around the neck or waist: from the left over the front (``front`` cm) and back behind."""

    def place(u: Array, v: Array) -> Array:
        angle = np.where(u < front, u / front - 0.5, 0.5 + (u - front) / max(total - front, 1e-6)) * np.pi
        return np.stack([across * np.sin(angle), behind - deep * np.cos(angle), height - v], axis=1)

    return place


def over_shoulder(x: float, height: float, long: float) -> Place:
    """A strap from the front (v = 0) up over the shoulder and down the back."""

    def place(u: Array, v: Array) -> Array:
        angle = v / long * np.pi
        return np.stack([x - u, -13.0 * np.cos(angle), height + 10.5 * np.sin(angle)], axis=1)

    return place


def sewn_garment(
    garment: Garment, spacing: float | None = None, frames: int | None = None, halvings: int = 2
) -> dict[str, Any]:
    """Cut, sew and drape; gives the arrays that the renderer reads. halvings: how often its triangles are made finer."""
    made = cut(garment.pieces, garment.seams, spacing or garment.spacing)
    pins = np.unique(np.concatenate([made.edges[name] for name in garment.pinned])) if garment.pinned else None
    x = sew(
        made,
        garment.form() if garment.form else None,
        garment.fabric,
        frames or garment.frames,
        pins,
        garment.closing,
    )
    mesh = welded(garment, made, x)
    for _ in range(halvings):
        mesh = finer(mesh)
    return {**mesh, "marks": marks(garment, made, mesh)}


def welded(garment: Garment, made: Cut, x: Array) -> dict[str, Any]:
    """Sewn vertices become one; what belongs to a place on the table stays with the corners of the triangles."""
    group = welds(made)
    count = np.bincount(group)
    total = np.zeros((len(count), 3))
    np.add.at(total, group, x)
    lines = [(group[line], bool(np.isin(line, made.folded).all())) for line in made.edges.values()]
    points = fair(total / count[:, None], group[made.triangles], lines)
    names = list(dict.fromkeys(piece.part for piece in garment.pieces))
    part = np.array([names.index(piece.part) + 1 for piece in garment.pieces])[made.piece]
    corners = made.triangles
    return {
        "points": points,
        "triangles": group[corners],
        "uv": on_bolt(made)[corners],
        "lines": np.unique(np.concatenate([np.sort(np.stack([a[:-1], a[1:]], axis=1)) for a, _ in lines]), axis=0),
        "part": part[corners[:, 0]],
        "piece": made.piece[corners[:, 0]],
        "names": names,
        "buttons": np.array([hung(made, x, each) for each in garment.buttons]).reshape(-1, 7),
    }


def hung(made: Cut, x: Array, button: Button) -> Array:
    """Middle, outward normal and radius of a button on draped cloth, (7,)."""
    number = [piece.name for piece in made.pieces].index(button.piece)
    here = made.triangles[made.piece[made.triangles[:, 0]] == number]
    a, b, c = (made.flat[here[:, each]] for each in range(3))
    frame = np.stack([b - a, c - a], axis=-1)
    share = np.linalg.solve(frame, (np.array([button.u, button.v]) - a)[..., None])[..., 0]
    weights = np.column_stack([1 - share.sum(axis=1), share])
    at = int(np.argmax(weights.min(axis=1)))
    corners = x[here[at]]
    way = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    return np.concatenate([weights[at] @ corners, way / np.linalg.norm(way), [button.radius]])


def on_bolt(made: Cut) -> Array:
    """Where each vertex lies on the bolt of cloth, cm."""
    out = made.flat.copy()
    for number, piece in enumerate(made.pieces):
        here = made.piece == number
        c, s = np.cos(np.radians(piece.turn)), np.sin(np.radians(piece.turn))
        u, v = made.flat[here].T
        out[here] = np.stack([c * u - s * v + piece.origin[0], s * u + c * v + piece.origin[1]], axis=1)
    return out


def marks(garment: Garment, made: Cut, mesh: dict[str, Any]) -> Array:
    """How far each corner (T, 3) is from the nearest free edge and the nearest seam of its own piece, cm on the bolt, at most 9."""
    bolt = on_bolt(made)
    sewn = np.zeros(len(bolt), bool)
    sewn[made.sewn.ravel()] = True
    out = np.full((*mesh["uv"].shape[:2], 2), 9.0)
    for number, piece in enumerate(made.pieces):
        here = mesh["piece"] == number
        edges = [made.edges[f"{piece.name}.{name}"] for name in piece.edges]
        for kind in (0, 1):
            lines = [bolt[edge] for edge in edges if int(sewn[edge[1:-1]].all()) == kind]
            if lines:
                far = cKDTree(np.concatenate([_dense(line) for line in lines])).query(mesh["uv"][here].reshape(-1, 2))[
                    0
                ]
                out[here, :, kind] = far.reshape(-1, 3)
        if piece.stitch:
            out[here, :, 0] *= garment.hem / piece.stitch
    return np.minimum(out, 9.0)


def _dense(line: Array) -> Array:
    at = np.linspace(0, len(line) - 1, 12 * len(line))
    return np.stack([np.interp(at, np.arange(len(line)), line[:, each]) for each in (0, 1)], axis=1)


def job_of(garment: Garment, view: View, names: list[str], **changes: Any) -> dict[str, Any]:
    """What the renderer is told; a draft has small sizes and few samples."""
    weaves = garment.facts.get("weaves", {})
    return {
        "thickness": garment.thickness,
        "hem": garment.hem,
        "grey": garment.grey,
        "weaves": {str(at + 1): weaves.get(name, garment.weave) for at, name in enumerate(names)},
        "view": asdict(view),
        "size": SIZE,
        "light_size": (600, 800),  # relief finer than that comes from the normals
        "samples": 8,
        "wall": garment.wall,
        "grain": garment.grain,
        "wall_size": (150, 200),
        "wall_samples": 12,
        "map": True,
        "mask_samples": 6,
        "trim_samples": 16,
        "truth": {},
        "truth_size": (240, 320),
        "truth_samples": 8,
        **changes,
    }


def passes_of(folder: Path) -> dict[str, npt.NDArray[np.float32]]:
    names = ("cloth", "wall", "normal", "map", "trim")
    return {name: np.load(folder / f"{name}.npy") for name in names if (folder / f"{name}.npy").exists()}


def make_garment(name: str, out: Path, draft: bool = False, again: bool = True, only: int | None = None) -> None:
    """Cut, sew, drape, render and write every view of one garment, or ``only`` one of them.

    again: drape it again even where that was done.
    """
    garment: Garment = importlib.import_module(f"wardrobe.garments.{name}").make()
    folder = RUNS / name
    folder.mkdir(parents=True, exist_ok=True)
    if again or not (folder / "garment.npz").exists():
        np.savez(folder / "garment.npz", **sewn_garment(garment))
    names = [str(each) for each in np.load(folder / "garment.npz")["names"]]
    views = garment.views or (View(garment.about.slug),)
    for view in views if only is None else views[only : only + 1]:
        changes = (
            {"size": (450, 600), "light_size": (300, 400), "samples": 6, "mask_samples": 8, "wall_samples": 4}
            if draft
            else {}
        )
        render(folder, job_of(garment, view, names, **changes))
        made = finished(passes_of(folder), garment.grey)
        facts = {"part_names": names, "cloth": "uv.png", "camera": json.loads((folder / "camera.json").read_text())}
        facts["seams"] = [[seam.first, seam.second] for seam in garment.seams]
        about = garment.about
        if view.slug != about.slug:
            facts["view_of"] = about.slug
            about = replace(about, slug=view.slug, order=about.order + 1, name=f"{about.name}, {view.words}")
        write_stock(out / view.slug, made, about, facts, [names.index(each) + 1 for each in garment.plain])
        print(f"{about.name}: {out / view.slug}")


def make_truth(name: str, out: Path) -> None:
    """Render a garment, draped before, in the eight patterns of the bench: JPEG, cloth on the photo's usual grey."""
    garment: Garment = importlib.import_module(f"wardrobe.garments.{name}").make()
    folder = RUNS / name
    view = garment.views[0] if garment.views else View(garment.about.slug)
    names = [str(each) for each in np.load(folder / "garment.npz")["names"]]
    looks: dict[str, Any] = {"white": None}
    for called, pattern in bench_patterns().items():
        path = folder / f"{called}.png"
        Image.fromarray(pattern.tile).save(path)
        looks[called] = {"path": str(path), "cm": pattern.cm}
    render(folder, job_of(garment, view, names, size=(600, 800), samples=0, wall_samples=0, truth=looks))
    normal = np.load(folder / "normal.npy")
    shown = {called: np.load(folder / f"truth-{called}.npy") for called in looks}
    (out / view.slug).mkdir(parents=True, exist_ok=True)
    for called, picture in true_pictures(shown, normal, garment.grey).items():
        Image.fromarray(picture).save(out / view.slug / f"{called}.jpg", quality=94, subsampling=0, optimize=True)
    print(f"{garment.about.name}: {out / view.slug}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m wardrobe.make", description="Sew and render the stock garments.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(ALL)} (all when left out)")
    parser.add_argument("--out", type=Path, default=STOCK)
    parser.add_argument("--draft", action="store_true", help="small and noisy, to look at")
    parser.add_argument("--truth", action="store_true", help="render the bench's patterns of what was draped before")
    parser.add_argument("--view", type=int, help="only this view, from 0")
    parser.add_argument("--keep-drape", action="store_true", help="render again what was draped before")
    options = parser.parse_args(arguments)
    for name in options.names or ALL:
        if name not in ALL:
            print(f"make: there is no garment {name}; choose from {', '.join(ALL)}.", file=sys.stderr)
            return 2
        if options.truth:
            make_truth(name, TRUTH if options.out == STOCK else options.out)
            continue
        make_garment(name, options.out, options.draft, not options.keep_drape, options.view)
    return 0


def blender() -> str:
    found = shutil.which("blender")
    if not found:
        raise SystemExit(
            "make: Blender is not installed (Debian: apt-get install --no-install-recommends blender python3-numpy)."
        )
    return found


def render(folder: Path, job: dict[str, Any]) -> None:
    """Let Blender render what ``garment.npz`` in the folder holds; the passes come as .npy beside it."""
    (folder / "job.json").write_text(json.dumps(job))
    with (folder / "blender.log").open("w") as log:
        command = [
            "nice",
            "-n",
            str(max(0, NICE - os.nice(0))),
            blender(),
            "-b",
            "-t",
            str(job.get("threads", 1)),
            "--python-exit-code",
            "3",
            "-P",
            str(HERE / "render.py"),
            "--",
            str(folder),
        ]
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(f"make: Blender stopped; see {folder / 'blender.log'}.")


if __name__ == "__main__":
    sys.exit(main())
