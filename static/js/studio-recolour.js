// Recolouring on the separations: the arithmetic of the server's printing (ml/textiles/separations.py), in the browser.

// A grey picture of planes below each other, each `side` rows high → { width, height, shares: [Float32Array], light: Float32Array }.
export async function readPlanes(address, count, ground) {
  const image = new Image();
  image.src = address;
  await image.decode();
  const width = image.naturalWidth;
  const height = image.naturalHeight / (count + 1);
  const canvas = new OffscreenCanvas(width, image.naturalHeight);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const grey = context.getImageData(0, 0, width, image.naturalHeight).data;
  const size = width * height;
  const plane = (number) => {
    const values = new Float32Array(size);
    for (let i = 0, at = 4 * number * size; i < size; i++, at += 4) values[i] = grey[at];
    return values;
  };
  const shares = Array.from({ length: count }, (_, ink) => plane(ink));
  for (let i = 0; i < size; i++) { // whole 255ths again add up to one
    let total = 0;
    for (const share of shares) total += share[i];
    for (const share of shares) share[i] /= total;
  }
  const light = plane(count);
  for (let i = 0; i < size; i++) light[i] /= 255 * ground;
  return { width, height, shares, light };
}

// Colours as "#rrggbb", one for each share, → ImageData.
export function printInks(planes, colours) {
  const { width, height, shares, light } = planes;
  const inks = colours.map((colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
  const picture = new ImageData(width, height);
  for (let i = 0; i < light.length; i++) {
    for (let channel = 0; channel < 3; channel++) {
      let sum = 0;
      for (let ink = 0; ink < inks.length; ink++) sum += shares[ink][i] * inks[ink][channel];
      picture.data[4 * i + channel] = Math.floor(sum * light[i] + 0.5);
    }
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

// A tile or a block of two on `canvas`, as the page shows it: alone, or three by three tiles.
export function layCloth(canvas, picture, { tile, repeat, view }) {
  const block = mirrored(picture, repeat);
  if (view === "tile") {
    [canvas.width, canvas.height] = [block.width, block.height];
    canvas.getContext("2d").drawImage(block, 0, 0);
    return;
  }
  const side = 256;
  const [width, height] = [(block.width * side) / tile, (block.height * side) / tile];
  canvas.width = canvas.height = 3 * side;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  for (let y = 0; y < 3 * side; y += height) {
    for (let x = 0; x < 3 * side; x += width) context.drawImage(block, x, y, width, height);
  }
}

function mirrored(picture, repeat) {
  const tile = new OffscreenCanvas(picture.width, picture.height);
  tile.getContext("2d").putImageData(picture, 0, 0);
  if (repeat !== "mirror") return tile;
  const block = new OffscreenCanvas(2 * tile.width, 2 * tile.height);
  const context = block.getContext("2d");
  for (const [flipX, flipY] of [[1, 1], [-1, 1], [1, -1], [-1, -1]]) {
    context.setTransform(flipX, 0, 0, flipY, flipX < 0 ? block.width : 0, flipY < 0 ? block.height : 0);
    context.drawImage(tile, 0, 0);
  }
  return block;
}
