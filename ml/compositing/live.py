"""What a browser needs to drape by itself: mask, light, bend and the colours behind the edge, in one small file.

The server's :func:`ml.compositing.drape.drape` stays the truth; :func:`composite` says in NumPy what the browser does
with the file (static/js/live/), and a test holds the two together.

The file: ``AFL1``, the length of a JSON header as uint32 (little-endian), the header, then the planes one after the
other. Each plane in ``header["planes"]`` has ``at`` and ``bytes`` (where it lies, counted from the end of the header),
``width``, ``height``, ``depth`` (1 or 2 bytes a number), ``step`` and ``least``: a stored number n means
``least + step * n``. Stored are the differences from the number to the left (wrapping around), first all low bytes, then
all high bytes, deflated (zlib). It is not a PNG because a browser gives pixels back through a canvas, which some
browsers blur on purpose, and 16-bit numbers would not survive that.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.compositing.bend import LAID_FROM, Bend, bend_of
from ml.compositing.blend import backdrop
from ml.compositing.cloth_map import ClothMap, cloth_slopes
from ml.compositing.drape import KNEE, STRENGTH, WHITE, _grown, relight
from ml.compositing.placement import Placement
from ml.compositing.region import Box, box_of, check_alpha, floats
from ml.compositing.shade import DARKEST, shade_box
from ml.compositing.tile import prepare_tile
from ml.compositing.wrap import _cut, _points, wrap_fabric
from ml.errors import PictureError
from ml.images import Bytes, Floats, linear_to_srgb, srgb_to_linear

MAGIC = b"AFL1"
LIGHT_STEP = 1 / 256  # of the natural log of the light: 0.4 %, less than one code of a screen
BEND_STEP = 1 / 512  # centimetres of cloth
LIE_STEP = 1 / 256  # the same, of shifts that are large and smooth
MAP_STEP = 1 / 100  # the same: a tenth of what a pixel of a page shows
REACH = 320.0  # centimetres of cloth on either side
NIGHT = 1 / 1024  # light below which known cloth is black
STRENGTHS = (0.0, 2.0)
FOLDS, LIES = ("across", "down"), ("lie_across", "lie_down")


@dataclass(frozen=True)
class LivePack:
    """A file read back. ``planes``: float32 (h, w), by name, in the units of :func:`pack_live`."""

    header: dict[str, Any]
    planes: dict[str, Floats]


def pack_live(
    photo: Bytes,
    alpha: Floats,
    px_per_cm: float,
    below: Sequence[Floats] = (),
    more: dict[str, Any] | None = None,
    cloth_map: ClothMap | None = None,
    net: Any = None,
) -> bytes:
    """Everything about one garment that does not depend on the fabric.

    photo: uint8 (H, W, 3) sRGB. alpha: float32 (H, W) in [0, 1]. px_per_cm: above 0. below: masks of the garments that
    are dressed before this one and lie under it. more: what else the header is to say. cloth_map: what is known of the
    cloth, of the photo's size; then nothing is guessed, as in drape. net: who guesses, as in drape. Returns the file
    described above.

    Planes, cut to ``header["box"]``: ``alpha`` in [0, 1]; ``light``, the natural log of the relative light; ``red``,
    ``green``, ``blue``, 8-bit sRGB of what lies behind the soft edge (0 elsewhere); ``under``, how much of that is cloth
    of the garments below, [0, 1]. ``across`` and ``down``, on a coarser grid over the same box: how many centimetres
    further right and down on the cloth a pixel looks, at drape strength 1; ``lie_across`` and ``lie_down``: how many more because of the
    way the cloth lies, from the strength ``header["laid_from"]`` on, and ``header["anchor"]``: how many more at any strength. Those two
    hold one grid below the other, one for each of ``header["pieces"]``; ``piece`` says which a pixel shows. Of known cloth
    (``header["map"]``) there are instead ``u`` and ``v``, the centimetres themselves, one for each pixel. Raises PictureError.
    """
    check_alpha(photo, alpha)
    tight = box_of(alpha)
    if tight is None:
        raise PictureError("There is no garment in this mask, so there is nothing to drape.")
    box = _grown(tight, photo)
    cut, cover = photo[box.window], alpha[box.window].astype(np.float32, copy=False)
    planes = _Planes()
    planes.add("alpha", _mask_codes(cover), 1, 1 / 255)
    for name, codes in zip(("red", "green", "blue"), np.moveaxis(_behind(cut, cover), 2, 0), strict=True):
        planes.add(name, codes, 1, 1.0)
    if below:
        planes.add("under", _under(below, cover, box) * 255, 1, 1 / 255)
    laid: dict[str, Any] = {}
    if cloth_map is None:
        middle = photo.shape[1] / 2 - box.left, photo.shape[0] / 2 - box.top
        laid = _add_guessed(planes, cut, cover, px_per_cm, middle, net)
    else:
        _add_known(planes, cloth_map, cover, box)
    header = {
        "format": 1,
        "width": photo.shape[1],
        "height": photo.shape[0],
        "box": box.corners,
        "px_per_cm": px_per_cm,
        "white": WHITE if cloth_map is None else 1.0,
        "knee": KNEE if cloth_map is None else None,
        "map": cloth_map is not None,
        "laid_from": LAID_FROM,
        **laid,
        "strength": {"usual": STRENGTH, "least": STRENGTHS[0], "most": STRENGTHS[1]},
        **(more or {}),
        "planes": planes.places,
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    return b"".join([MAGIC, struct.pack("<I", len(text)), text, *planes.contents])


def read_live(content: bytes) -> LivePack:
    """Raises PictureError for anything but a whole file of :func:`pack_live`."""
    from isal import isal_zlib

    if content[:4] != MAGIC:
        raise PictureError("This is not a live pack.")
    (length,) = struct.unpack("<I", content[4:8])
    header = json.loads(content[8 : 8 + length])
    body = content[8 + length :]
    planes = {}
    for name, place in header["planes"].items():
        stored = isal_zlib.decompress(body[place["at"] : place["at"] + place["bytes"]])
        kind: Any = np.uint8 if place["depth"] == 1 else np.uint16
        shape = place["height"], place["width"]
        differences = np.zeros(shape, kind)
        for byte, part in enumerate(np.frombuffer(stored, np.uint8).reshape(-1, *shape)):
            differences += part.astype(kind) * kind(256**byte)
        planes[name] = floats(np.cumsum(differences, axis=1, dtype=kind) * place["step"] + place["least"])
    return LivePack(header, planes)


def composite(
    photo: Bytes,
    pack: LivePack,
    tile: Bytes,
    placement: Placement,
    *,
    strength: float = STRENGTH,
    is_block: bool = False,
) -> Bytes:
    """What a browser shows: arguments and answer as of :func:`ml.compositing.drape.drape`, the mask from the pack."""
    box = Box(*pack.header["box"])
    alpha = pack.planes["alpha"]
    if pack.header["map"]:
        cloth = _known_cloth(pack, tile, placement, is_block)
    else:
        cloth = _guessed_cloth(pack, (photo.shape[0], photo.shape[1]), tile, placement, strength, is_block)
    behind = srgb_to_linear(np.dstack([pack.planes[name] for name in ("red", "green", "blue")]).astype(np.uint8))
    mixed = alpha[..., None] * cloth + (1 - alpha[..., None]) * behind
    out = photo.copy()
    out[box.window] = np.where(alpha[..., None] > 0, linear_to_srgb(mixed), photo[box.window])
    return out


def _guessed_cloth(
    pack: LivePack, shape: tuple[int, int], tile: Bytes, placement: Placement, strength: float, is_block: bool
) -> Floats:
    px_per_cm, light = pack.header["px_per_cm"], pack.planes["light"]
    anchor = floats(np.array(pack.header["anchor"]))
    lies = np.dstack([pack.planes[name] for name in LIES])
    lies = lies.reshape(pack.header["pieces"], -1, *lies.shape[1:]) + anchor
    piece = pack.planes["piece"].astype(np.uint8) if "piece" in pack.planes else None
    bend = Bend(np.dstack([pack.planes[name] for name in FOLDS]), lies, anchor, piece)
    shift = bend.rows(bend.at(strength, px_per_cm), (light.shape[0], light.shape[1]), 0, light.shape[0])
    laid = prepare_tile(tile, placement, px_per_cm, is_block)
    flat = laid.sample(shape, Box(*pack.header["box"]).corners, shift)
    return relight(flat, floats(np.exp(light)))


def _known_cloth(pack: LivePack, tile: Bytes, placement: Placement, is_block: bool) -> Floats:
    u, v, light = (pack.planes[name] for name in ("u", "v", "light"))
    cloth = ClothMap(u, v, np.ones(u.shape, bool), floats(np.exp(light)))
    return floats(wrap_fabric(tile, cloth, placement, is_block=is_block) * cloth.light[..., None])


class _Planes:
    def __init__(self) -> None:
        self.places: dict[str, dict[str, Any]] = {}
        self.contents: list[bytes] = []

    def add_light(self, relative: Floats, alpha: Floats, darkest: float) -> None:
        """Linear light as its logarithm; outside the cloth a calm number is a small one."""
        light = np.where(alpha > 0, np.log(relative), 0.0) - np.log(darkest)
        self.add("light", light / LIGHT_STEP, 2, LIGHT_STEP, float(np.log(darkest)))

    def add_around(self, name: str, values: Floats, step: float) -> None:
        least = float(values.min())
        self.add(name, (values - least) / step, 2, step, least)

    def add(self, name: str, codes: npt.NDArray[Any], depth: int, step: float, least: float = 0.0) -> None:
        from isal import isal_zlib

        kind: Any = np.uint8 if depth == 1 else np.uint16
        most = 256**depth - 1
        whole = np.clip(np.rint(codes), 0, most).astype(kind)
        differences = np.diff(whole, axis=1, prepend=kind(0))  # wraps around
        parts = [(differences >> kind(8 * byte)).astype(np.uint8) for byte in range(depth)]
        content = isal_zlib.compress(np.concatenate(parts).tobytes(), 2)
        self.places[name] = {
            "at": sum(map(len, self.contents)),
            "bytes": len(content),
            "width": whole.shape[1],
            "height": whole.shape[0],
            "depth": depth,
            "step": step,
            "least": least,
        }
        self.contents.append(content)


def _add_guessed(
    planes: _Planes, photo: Bytes, alpha: Floats, px_per_cm: float, middle: tuple[float, float], net: Any
) -> dict[str, Any]:
    """What the header says of it."""
    relative = shade_box(photo, alpha)
    planes.add_light(relative, alpha, DARKEST)
    bend = bend_of(relative, alpha, px_per_cm, middle, net)
    for way, (fold, lie) in enumerate(zip(FOLDS, LIES, strict=True)):
        planes.add_around(fold, bend.folds[..., way], BEND_STEP)
        planes.add_around(lie, np.concatenate(list(bend.lies[..., way] - bend.anchor[way])), LIE_STEP)
    if bend.piece is not None:
        planes.add("piece", bend.piece, 1, 1.0)
    return {"pieces": len(bend.lies), "anchor": [float(each) for each in bend.anchor]}


def _add_known(planes: _Planes, cloth: ClothMap, alpha: Floats, box: Box) -> None:
    planes.add_light(np.maximum(cloth.light[box.window], np.float32(NIGHT)), alpha, NIGHT)
    part = _cut(cloth, box)
    for name, point in zip(("u", "v"), _points(part, cloth_slopes(part))[0], strict=True):
        planes.add_around(name, np.clip(point, -REACH, REACH), MAP_STEP)


def _mask_codes(alpha: Floats) -> Floats:
    """In 255ths; what is neither nothing nor everything stays so."""
    codes = np.rint(alpha * 255)
    soft = (alpha > 0) & (alpha < 1)
    return floats(np.where(soft, np.clip(codes, 1, 254), codes))


def _behind(photo: Bytes, alpha: Floats) -> Bytes:
    """The colours that :func:`ml.compositing.blend.blend` mixes with, at the soft edge; black elsewhere."""
    out = np.zeros_like(photo)
    rows, columns = np.nonzero((alpha > 0) & (alpha < 1))
    if rows.size:
        back, trust = backdrop(photo, alpha).at(rows, columns)
        old = srgb_to_linear(photo[rows, columns])
        share = alpha[rows, columns][:, None]
        out[rows, columns] = linear_to_srgb(old + trust * np.clip(share * 4.0, 0.0, 1.0) * (back - old))
    return out


def _under(below: Sequence[Floats], alpha: Floats, box: Box) -> Floats:
    """How much of what lies behind the soft edge belongs to the garments below: their masks, gathered as colours are."""
    union = np.maximum.reduce([mask[box.window] for mask in below])
    grey = linear_to_srgb(np.repeat(union[..., None], 3, axis=2))
    out = np.zeros_like(alpha)
    rows, columns = np.nonzero((alpha > 0) & (alpha < 1))
    if rows.size:
        out[rows, columns] = backdrop(grey, alpha).at(rows, columns)[0][:, 0]
    return out
