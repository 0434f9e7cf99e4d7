// How a fabric lies: the numbers that the WebGL picture and the plain one share with the server (ml/compositing/tile.py).

export const CELLS = { straight: [1, 1], "half-drop": [2, 1], "half-brick": [1, 2], mirror: [2, 2] };

// Whether the fabric comes as the whole block that repeats; a tile or its mirror is laid together here.
export const isBlock = (repeat) => repeat === "half-drop" || repeat === "half-brick";

// The smallest size drawn that is not coarser than the tile will be seen in what is kept, so that both are of one colour.
export function tileSize(pack, cm) {
  const sizes = pack.tile_sizes;
  return sizes.find((size) => size >= cm * pack.full_px_per_cm) ?? sizes.at(-1);
}

// What the pixels' places on the cloth are turned and divided by. Block: the source's width and height in pixels. Grain: pixels
// of the picture per pixel drawn.
export function layFabric(pack, look, block, grain = 1) {
  const [across, down] = CELLS[look.repeat];
  const px = pack.map ? 1 : pack.px_per_cm; // a map already counts centimetres
  const width = look.cm * px;
  const height = (width * (block.height / down)) / (block.width / across);
  const quarter = look.rotation / 90;
  const angle = (look.rotation * Math.PI) / 180;
  const [cosine, sine] = Number.isInteger(quarter)
    ? [[1, 0], [0, 1], [-1, 0], [0, -1]][((quarter % 4) + 4) % 4]
    : [Math.cos(angle), Math.sin(angle)];
  const [beginX, beginY] = (pack.anchor ?? [0, 0]).map((cm) => cm * px);
  const period = [width * across, height * down];
  return {
    cosine,
    sine,
    period,
    start: [
      (0.5 - look.dx) / across + (cosine * beginX + sine * beginY) / period[0],
      (0.5 - look.dy) / down + (cosine * beginY - sine * beginX) / period[1],
    ],
    reduced: [reducedSide(block.width, (width * across) / grain), reducedSide(block.height, (height * down) / grain)],
    bend: look.strength * pack.px_per_cm,
    lie: Math.min(1, look.strength / pack.laid_from) * pack.px_per_cm,
  };
}

// The server averages a block down to about one texel a pixel before it reads it.
const reducedSide = (have, wanted) => Math.min(have, Math.max(1, Math.floor(wanted + 1e-6)));

// A tile as its own block, the mirrored one unfolded: a canvas, or the picture itself.
export function blockOf(picture, repeat) {
  if (repeat !== "mirror") return picture;
  const block = new OffscreenCanvas(2 * picture.width, 2 * picture.height);
  const context = block.getContext("2d");
  for (const [flipX, flipY] of [[1, 1], [-1, 1], [1, -1], [-1, -1]]) {
    context.setTransform(flipX, 0, 0, flipY, flipX < 0 ? block.width : 0, flipY < 0 ? block.height : 0);
    context.drawImage(picture, 0, 0);
  }
  return block;
}
