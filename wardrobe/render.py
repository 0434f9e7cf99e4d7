"""Runs inside Blender: ``blender -b -P wardrobe/render.py -- FOLDER``. Photo, light, map, and pattern truth of one garment.

Reads ``garment.npz`` (triangles, cloth coordinates, parts) and ``job.json`` (views, sizes, samples) of the folder; writes
.npy arrays of float32, linear light, top row first. One unit of Blender is 10 cm.
"""

# mypy: ignore-errors
# Blender's own modules exist only inside Blender.

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

UNIT = 0.1  # Blender units per centimetre


def build(folder: Path, job: dict) -> "bpy.types.Object":
    data = np.load(folder / "garment.npz")
    points, triangles = data["points"] * UNIT, data["triangles"]
    mesh = bpy.data.meshes.new("cloth")
    mesh.vertices.add(len(points))
    mesh.vertices.foreach_set("co", points.astype(np.float32).ravel())
    mesh.loops.add(triangles.size)
    mesh.loops.foreach_set("vertex_index", triangles.astype(np.int32).ravel())
    mesh.polygons.add(len(triangles))
    mesh.polygons.foreach_set("loop_start", np.arange(0, triangles.size, 3, dtype=np.int32))
    mesh.polygons.foreach_set("loop_total", np.full(len(triangles), 3, np.int32))
    mesh.update()
    for name in ("uv", "marks"):
        mesh.uv_layers.new(name=name).data.foreach_set("uv", data[name].astype(np.float32).ravel())
    part = mesh.attributes.new("part", "FLOAT", "FACE")
    part.data.foreach_set("value", data["part"].astype(np.float32))
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    mesh.validate()
    garment = bpy.data.objects.new("cloth", mesh)
    bpy.context.collection.objects.link(garment)
    thick = garment.modifiers.new("thick", "SOLIDIFY")
    thick.thickness, thick.offset = job["thickness"] * UNIT, -1
    return garment


def build_buttons(folder: Path) -> list:
    """Turned discs with a rim and four holes, as they lie on the cloth."""
    made = []
    for row in np.load(folder / "garment.npz")["buttons"]:
        middle, way, radius = Vector(row[:3] * UNIT), Vector(row[3:6]), row[6] * UNIT
        profile = ((0.0, 0.16), (0.55, 0.15), (0.66, 0.24), (0.84, 0.27), (0.97, 0.2), (1.0, 0.1), (0.96, -0.1))
        count = 40
        points = [
            (radius * r * math.cos(2 * math.pi * k / count), radius * r * math.sin(2 * math.pi * k / count), radius * h)
            for r, h in profile
            for k in range(count)
        ]
        faces = [
            (i * count + k, (i + 1) * count + k, (i + 1) * count + (k + 1) % count, i * count + (k + 1) % count)
            for i in range(len(profile) - 1)
            for k in range(count)
        ]
        made.append(placed("button", points, faces, shine((0.34, 0.325, 0.3)), middle, way))
        holes = [(a * radius * 0.22, b * radius * 0.22) for a in (-1, 1) for b in (-1, 1)]
        dots = [
            (
                x + radius * 0.085 * math.cos(2 * math.pi * k / 12),
                y + radius * 0.085 * math.sin(2 * math.pi * k / 12),
                radius * 0.175,
            )
            for x, y in holes
            for k in range(12)
        ]
        rings = [tuple(range(12 * each, 12 * each + 12)) for each in range(4)]
        made.append(placed("holes", dots, rings, shine((0.05, 0.048, 0.045)), middle, way))
    return made


def placed(name: str, points: list, faces: list, material: "bpy.types.Material", at: Vector, way: Vector) -> object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], faces)
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    thing.matrix_world = way.to_track_quat("Z", "Y").to_matrix().to_4x4()
    thing.location = at
    bpy.context.collection.objects.link(thing)
    return thing


def shine(colour: tuple) -> "bpy.types.Material":
    nodes = Nodes("horn")
    kind = {"Base Color": (*colour, 1), "Roughness": 0.35, "Specular": 0.4}
    return nodes.end(nodes.add("ShaderNodeBsdfPrincipled", kind).outputs[0])


class Nodes:
    """A material's nodes, said shortly."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()

    def add(self, kind: str, inputs: dict | None = None, **settings: object) -> "bpy.types.Node":
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[name])
            else:
                node.inputs[name].default_value = value
        return node

    def math(self, kind: str, *values: object, clamp: bool = False) -> "bpy.types.NodeSocket":
        return self.add("ShaderNodeMath", dict(enumerate(values)), operation=kind, use_clamp=clamp).outputs[0]

    def end(self, shader: "bpy.types.NodeSocket") -> "bpy.types.Material":
        self.add("ShaderNodeOutputMaterial", {"Surface": shader})
        return self.material


def relief(nodes: Nodes, job: dict) -> "bpy.types.NodeSocket":
    """Seams lie a little deep, hems are double and stitched, the weave is just to be felt; as a bent normal."""
    marks = nodes.add("ShaderNodeUVMap", uv_map="marks").outputs[0]
    split = nodes.add("ShaderNodeSeparateXYZ", {0: marks}).outputs
    hem, seam = split[0], split[1]
    uv = nodes.add("ShaderNodeUVMap", uv_map="uv").outputs[0]

    def groove(at: object, middle: float, width: float) -> object:
        off = nodes.math("DIVIDE", nodes.math("ABSOLUTE", nodes.math("SUBTRACT", at, middle)), width)
        return nodes.math("SUBTRACT", 1.0, off, clamp=True)

    height = nodes.math("MULTIPLY", groove(seam, 0.0, 0.2), -0.07)
    if job["hem"]:
        double = nodes.math("MULTIPLY", nodes.math("SUBTRACT", job["hem"] + 0.15, hem), 6.0, clamp=True)
        height = nodes.math("ADD", height, nodes.math("MULTIPLY", double, 0.035))
        height = nodes.math("ADD", height, nodes.math("MULTIPLY", groove(hem, job["hem"] - 0.25, 0.14), -0.05))
    height = nodes.math("MULTIPLY", nodes.math("ADD", height, weave(nodes, job, uv)), UNIT)
    return nodes.add("ShaderNodeBump", {"Height": height, "Strength": 1.0, "Distance": 1.0}).outputs[0]


def weave(nodes: Nodes, job: dict, uv: object) -> object:
    split = nodes.add("ShaderNodeSeparateXYZ", {0: uv}).outputs
    u, v = split[0], split[1]
    part = nodes.add("ShaderNodeAttribute", attribute_name="part").outputs["Fac"]
    grain = nodes.add("ShaderNodeTexNoise", {"Vector": uv, "Scale": 5.5, "Detail": 1.0}).outputs[0]
    total = nodes.math("MULTIPLY", grain, job["grain"])
    for number, kind in job["weaves"].items():
        if kind == "rib":
            wave = nodes.math("MULTIPLY", nodes.math("SINE", nodes.math("MULTIPLY", u, 2 * math.pi / 0.36)), 0.03)
        elif kind == "wide-rib":
            wave = nodes.math("MULTIPLY", nodes.math("SINE", nodes.math("MULTIPLY", u, 2 * math.pi / 0.62)), 0.07)
        elif kind == "knit":
            slant = nodes.math(
                "MULTIPLY", nodes.math("ABSOLUTE", nodes.math("SINE", nodes.math("MULTIPLY", u, math.pi / 0.5))), 1.9
            )
            stitch = nodes.math("SINE", nodes.math("ADD", nodes.math("MULTIPLY", v, 2 * math.pi / 0.36), slant))
            column = nodes.math("ABSOLUTE", nodes.math("SINE", nodes.math("MULTIPLY", u, math.pi / 0.5)))
            wave = nodes.math("ADD", nodes.math("MULTIPLY", stitch, 0.012), nodes.math("MULTIPLY", column, 0.05))
        elif kind == "twill":
            wave = nodes.math(
                "MULTIPLY",
                nodes.math("SINE", nodes.math("MULTIPLY", nodes.math("ADD", u, v), 2 * math.pi / 0.17)),
                0.006,
            )
        else:
            continue
        here = nodes.math("COMPARE", part, float(number), 0.4)
        wave = nodes.math("MULTIPLY", wave, here)
        total = nodes.math("ADD", total, wave)
    return total


def cloth_material(job: dict, picture: "bpy.types.Image | None" = None, cm: float = 20.0) -> "bpy.types.Material":
    nodes = Nodes("cloth")
    colour: object = (*[job["grey"]] * 3, 1)
    if picture is not None:
        uv = nodes.add("ShaderNodeUVMap", uv_map="uv").outputs[0]
        high = cm * picture.size[1] / picture.size[0]
        mapped = nodes.add(
            "ShaderNodeMapping", {"Vector": uv, "Location": (0.5, 0.5, 0), "Scale": (1 / cm, -1 / high, 1)}
        )
        colour = nodes.add("ShaderNodeTexImage", {"Vector": mapped.outputs[0]}, image=picture).outputs[0]
    return nodes.end(nodes.add("ShaderNodeBsdfDiffuse", {"Color": colour, "Normal": relief(nodes, job)}).outputs[0])


def map_material() -> "bpy.types.Material":
    """Shines with what the map needs: u, v in metres, and the part."""
    nodes = Nodes("map")
    split = nodes.add("ShaderNodeSeparateXYZ", {0: nodes.add("ShaderNodeUVMap", uv_map="uv").outputs[0]}).outputs
    part = nodes.add("ShaderNodeAttribute", attribute_name="part").outputs["Fac"]
    both = nodes.add("ShaderNodeCombineXYZ", {0: split[0], 1: split[1], 2: part}).outputs[0]
    return nodes.end(nodes.add("ShaderNodeEmission", {"Color": both}).outputs[0])


def normal_material(job: dict) -> "bpy.types.Material":
    """Shines with the bent normal, which guides what takes the noise from the light."""
    nodes = Nodes("normal")
    return nodes.end(nodes.add("ShaderNodeEmission", {"Color": relief(nodes, job)}).outputs[0])


def light(middle: Vector, size: float, wall: float) -> list:
    """A large soft key from the upper left, a weak fill from the right, a wall behind, a bright room."""

    def box(name: str, at: tuple, across: float, power: float) -> None:
        lamp = bpy.data.lights.new(name, "AREA")
        lamp.size, lamp.energy = across, power
        place = bpy.data.objects.new(name, lamp)
        place.location = middle + Vector(at) * size
        place.rotation_euler = (middle - place.location).to_track_quat("-Z", "Y").to_euler()
        bpy.context.collection.objects.link(place)

    box("key", (-1.25, -1.1, 1.15), 1.1 * size, 46 * size * size)
    box("fill", (1.7, -1.0, 0.1), 1.6 * size, 4 * size * size)
    world = bpy.data.worlds.new("room")
    bpy.context.scene.world = world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs[0].default_value = (0.36, 0.36, 0.365, 1)
    mesh = bpy.data.meshes.new("wall")
    y, w = middle.y + wall * UNIT, 60.0
    mesh.from_pydata([(-w, y, -w), (w, y, -w), (w, y, w), (-w, y, w)], [], [(0, 1, 2, 3)])
    backdrop = bpy.data.objects.new("wall", mesh)
    nodes = Nodes("wall")
    matt = nodes.add("ShaderNodeBsdfDiffuse", {"Color": (0.62, 0.617, 0.61, 1)}).outputs[0]
    glow = nodes.add("ShaderNodeEmission", {"Color": (0.3, 0.298, 0.294, 1)}).outputs[0]
    mesh.materials.append(nodes.end(nodes.add("ShaderNodeAddShader", {0: matt, 1: glow}).outputs[0]))
    bpy.context.collection.objects.link(backdrop)
    return [backdrop]


def camera(garment: "bpy.types.Object", view: dict, size: tuple) -> dict:
    """A long lens, so that the garment keeps its proportions."""
    garment.rotation_euler = (0, 0, math.radians(view["turn"]))
    bpy.context.view_layer.update()
    count = len(garment.data.vertices)
    co = np.empty(count * 3, np.float32)
    garment.data.vertices.foreach_get("co", co)
    co = co.reshape(-1, 3) @ np.array(garment.matrix_world.to_3x3(), np.float32).T
    low, high = co.min(axis=0), co.max(axis=0)
    middle = Vector((low + high) / 2)
    across, tall = float(high[0] - low[0]), float(high[2] - low[2])
    frame = max(tall / view["fill"], across / view["fill"] * size[1] / size[0])
    lens = bpy.data.cameras.new("camera")
    lens.sensor_fit, lens.sensor_height, lens.lens = "VERTICAL", 36.0, 110.0
    far = frame * lens.lens / lens.sensor_height
    eye = bpy.data.objects.new("camera", lens)
    eye.location = middle + Vector((0, -far, view["height"] * UNIT))
    eye.rotation_euler = (middle - eye.location).to_track_quat("-Z", "Y").to_euler()
    bpy.context.collection.objects.link(eye)
    bpy.context.scene.camera = eye
    return {
        "middle": list(middle),
        "tall": max(tall, across),
        "frame_cm": frame / UNIT,
        "far_cm": far / UNIT,
        "lens_mm": 110.0,
        "turn": view["turn"],
    }


def frame_buttons(buttons: list) -> None:
    """Render no more of the picture than where the buttons are."""
    from bpy_extras.object_utils import world_to_camera_view

    scene = bpy.context.scene
    bpy.context.view_layer.update()
    corners = [each.matrix_world @ Vector(corner) for each in buttons for corner in each.bound_box]
    seen = [world_to_camera_view(scene, scene.camera, corner) for corner in corners]
    room = 0.01
    render = scene.render
    render.use_border, render.use_crop_to_border = True, False
    render.border_min_x, render.border_max_x = min(p.x for p in seen) - room, max(p.x for p in seen) + room
    render.border_min_y, render.border_max_y = min(p.y for p in seen) - room, max(p.y for p in seen) + room


def settings(size: tuple, samples: int, sharp: bool = False) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = *size, 100
    scene.render.image_settings.file_format = "OPEN_EXR"
    scene.render.image_settings.color_depth = "32"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"
    cycles = scene.cycles
    cycles.samples, cycles.use_adaptive_sampling, cycles.use_denoising = samples, False, False
    cycles.diffuse_bounces, cycles.max_bounces, cycles.seed = 1, 1, 7
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.pixel_filter_type = "BOX" if sharp else "BLACKMAN_HARRIS"
    cycles.filter_width = 0.01 if sharp else 1.5


def shoot(folder: Path, name: str, channels: int = 3) -> None:
    scene = bpy.context.scene
    scene.render.filepath = str(folder / f"{name}.exr")
    bpy.ops.render.render(write_still=True)
    image = bpy.data.images.load(scene.render.filepath)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    pixels = pixels.reshape(image.size[1], image.size[0], 4)[::-1, :, :channels]
    np.save(folder / f"{name}.npy", pixels.astype(np.float32))
    bpy.data.images.remove(image)
    Path(scene.render.filepath).unlink()


def dress(garment: "bpy.types.Object", material: "bpy.types.Material") -> None:
    garment.data.materials.clear()
    garment.data.materials.append(material)


def main(folder: Path) -> None:
    job = json.loads((folder / "job.json").read_text())
    for each in list(bpy.data.objects):
        bpy.data.objects.remove(each)
    garment = build(folder, job)
    buttons = build_buttons(folder)
    for button in buttons:
        button.parent, button.visible_camera = garment, False  # but its shadow is
    size = tuple(job["size"])
    seen = camera(garment, job["view"], size)
    walls = light(Vector(seen.pop("middle")), seen.pop("tall"), job["wall"])
    (folder / "camera.json").write_text(json.dumps(seen))
    scene = bpy.context.scene
    if job["wall_samples"]:
        settings(tuple(job["wall_size"]), job["wall_samples"])
        dress(garment, cloth_material(job))
        garment.visible_camera = False
        shoot(folder, "wall")
        garment.visible_camera = True
    for wall in walls:
        wall.visible_camera = False  # it still gives its light back
    scene.render.film_transparent = True
    if job["samples"]:
        settings(tuple(job["light_size"]), job["samples"])
        dress(garment, cloth_material(job))
        shoot(folder, "cloth", 4)
        (folder / "trim.npy").unlink(missing_ok=True)
        if buttons:
            garment.is_holdout = True
            for button in buttons:
                button.visible_camera = True
            frame_buttons(buttons)
            settings(size, job["trim_samples"])
            shoot(folder, "trim", 4)
            scene.render.use_border = garment.is_holdout = False
            for button in buttons:
                button.visible_camera = False
    for name, each in job["truth"].items():  # the same seed for all, so that their noise is the same too
        settings(tuple(job["truth_size"]), job["truth_samples"])
        look = bpy.data.images.load(each["path"]) if each else None
        dress(garment, cloth_material(job, look, each["cm"] if each else 1.0))
        shoot(folder, f"truth-{name}", 4)
    for wall in walls:
        wall.hide_render = True
    scene.world.node_tree.nodes["Background"].inputs[1].default_value = 0
    if job["map"]:
        dress(garment, map_material())
        settings(size, 1, sharp=True)
        shoot(folder, "map", 4)
        settings(size, job["mask_samples"])
        dress(garment, normal_material(job))
        shoot(folder, "normal", 4)


if __name__ == "__main__":
    main(Path(sys.argv[sys.argv.index("--") + 1]))
