"""Runs inside Blender for ``wardrobe/lessons.py``: light and map of one garment from several sides, in two arrays."""

# mypy: ignore-errors
# Blender's own modules exist only inside Blender.

import json
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).resolve().parent))

from render import build, camera, cloth_material, dress, light, map_material, settings, shoot


def main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    garment = build(folder, job)
    size = tuple(job["size"])
    seen = camera(garment, job["views"][0], size)
    walls = light(Vector(seen["middle"]), seen["tall"], job["wall"])
    for wall in walls:
        wall.visible_camera = False
    bpy.context.scene.render.film_transparent = True
    background = bpy.context.scene.world.node_tree.nodes["Background"].inputs[1]
    shown, bright = cloth_material(job), map_material()
    clothes, maps = [], []
    for view in job["views"]:
        camera(garment, view, size)
        background.default_value = 1
        for wall in walls:
            wall.hide_render = False
        settings(size, job["samples"])
        dress(garment, shown)
        shoot(folder, "one", 4)
        clothes.append(np.load(folder / "one.npy"))
        background.default_value = 0
        for wall in walls:
            wall.hide_render = True
        settings(size, 1, sharp=True)
        dress(garment, bright)
        shoot(folder, "one", 4)
        maps.append(np.load(folder / "one.npy"))
    np.save(folder / "cloth.npy", np.stack(clothes))
    np.save(folder / "map.npy", np.stack(maps))


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]))
