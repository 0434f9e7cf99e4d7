// The live picture where there is no WebGL2: the same law, number by number, with less detail while a hand moves.

import { layFabric } from "./law.js";

const DECODE = Float32Array.from({ length: 256 }, (_, code) => {
  const c = code / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
});
const STEPS = 4096;
const ENCODE = Uint8ClampedArray.from({ length: STEPS + 1 }, (_, step) => {
  const c = step / STEPS;
  return 255 * (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055);
});

export class PlainPicture {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.lights = new WeakMap();
    this.reduced = new WeakMap();
  }

  get isLost() { return false; }

  // As WebGLPicture.draw.
  draw(layers, grain = 1) {
    const [{ pack }] = layers;
    const [width, height] = [Math.ceil(pack.width / grain), Math.ceil(pack.height / grain)];
    const picture = new ImageData(width, height);
    const below = new Float32Array(layers.length > 1 ? 3 * width * height : 0);
    layers.forEach((layer, i) => this.#dress(picture, grain, layer, below, i + 1 < layers.length));
    [this.canvas.width, this.canvas.height] = [width, height];
    this.context.putImageData(picture, 0, 0);
  }

  #dress(picture, grain, { pack, look, block }, below, isCovered) {
    const lay = layFabric(pack, look, block, grain);
    const read = this.#reader(pack, lay, block);
    const [top, bottom, left, right] = pack.box;
    const { alpha, red, green, blue, under } = pack.planes;
    const light = this.#lightOf(pack);
    const behind = [red.codes, green.codes, blue.codes];
    const { knee, white } = pack;
    const flat = new Float32Array(3);
    const wide = right - left;
    for (let row = Math.ceil(top / grain); row * grain < bottom; row++) {
      const y = row * grain;
      for (let column = Math.ceil(left / grain); column * grain < right; column++) {
        const x = column * grain;
        const at = (y - top) * wide + x - left;
        const code = alpha.codes[at];
        if (code === 0) continue;
        read(x, y, at, flat);
        const share = code / 255;
        const out = 4 * (row * picture.width + column);
        const hasBelow = picture.data[out + 3] > 0;
        for (let channel = 0; channel < 3; channel++) {
          let lit = flat[channel] * light[at] * white;
          if (knee && lit > knee) {
            const excess = (lit - knee) / (1 - knee);
            lit = knee + ((1 - knee) * excess) / Math.sqrt(1 + excess * excess);
          }
          let rest = DECODE[behind[channel][at]];
          const kept = 3 * (row * picture.width + column) + channel;
          if (hasBelow) {
            const so = DECODE[picture.data[out + channel]];
            const cloth = rest + (under ? under.codes[at] / 255 : 0) * (below[kept] - rest);
            rest = so + Math.min(1, 4 * share) * (cloth - so);
          }
          if (isCovered) below[kept] = lit;
          const mixed = share * lit + (1 - share) * rest;
          picture.data[out + channel] = ENCODE[Math.round(STEPS * Math.min(1, Math.max(0, mixed)))];
        }
        picture.data[out + 3] = 255;
      }
    }
  }

  // Gives (x, y, place in the box, out): the cloth's own colour there, in linear light.
  #reader(pack, lay, block) {
    if (pack.map) return this.#mapReader(pack, lay, block);
    const source = this.#reduce(block, ...lay.reduced);
    const [top, bottom, left, right] = pack.box;
    const { across, down, lie_across: lieAcross, lie_down: lieDown, piece } = pack.planes;
    const grow = growth(across, right - left, bottom - top);
    const perPiece = across.width * across.height;
    return (x, y, at, out) => {
      grow(x - left, y - top);
      const first = piece ? piece.codes[at] * perPiece : 0;
      const moveX = x + 0.5 - pack.width / 2 + lay.bend * grow.read(across) + lay.lie * grow.read(lieAcross, first);
      const moveY = y + 0.5 - pack.height / 2 + lay.bend * grow.read(down) + lay.lie * grow.read(lieDown, first);
      const u = (lay.cosine * moveX + lay.sine * moveY) / lay.period[0] + lay.start[0];
      const v = (lay.cosine * moveY - lay.sine * moveX) / lay.period[1] + lay.start[1];
      readCubic(source, u, v, out);
    };
  }

  // Nine points of the pixel, each from a block about as fine as they lie apart.
  #mapReader(pack, lay, block) {
    const { u, v } = pack.planes;
    const slopes = usualSlope(u) / 2;
    const finer = (side, period) => Math.max(1, Math.min(side, Math.round(period / slopes)));
    const source = this.#reduce(block, finer(block.width, lay.period[0]), finer(block.height, lay.period[1]));
    const value = ({ codes, step, least }, at) => least + step * codes[at];
    const point = new Float32Array(3);
    return (x, y, at, out) => {
      const [here, there] = [value(u, at), value(v, at)];
      const slope = (plane, way) => shorter(value(plane, Math.max(0, at - way)), value(plane, at), value(plane, Math.min(plane.codes.length - 1, at + way)));
      const [ux, uy, vx, vy] = [slope(u, 1), slope(u, u.width), slope(v, 1), slope(v, v.width)];
      out.fill(0);
      for (let j = -1; j < 2; j++) {
        for (let i = -1; i < 2; i++) {
          const [across, down] = [here + (i * ux + j * uy) / 3, there + (i * vx + j * vy) / 3];
          readCubic(
            source,
            (lay.cosine * across + lay.sine * down) / lay.period[0] + lay.start[0],
            (lay.cosine * down - lay.sine * across) / lay.period[1] + lay.start[1],
            point,
          );
          for (let channel = 0; channel < 3; channel++) out[channel] += point[channel] / 9;
        }
      }
    };
  }

  #lightOf(pack) {
    if (!this.lights.has(pack)) {
      const { codes, least, step } = pack.planes.light;
      this.lights.set(pack, Float32Array.from(codes, (code) => Math.exp(least + step * code)));
    }
    return this.lights.get(pack);
  }

  // Exact areas in linear light, kept as sRGB codes, as the server keeps them.
  #reduce(block, width, height) {
    const known = this.reduced.get(block);
    if (known?.width === width && known.height === height) return known;
    const pixels = pixelsOf(block);
    const made = { width, height, data: new Float32Array(3 * width * height) };
    const columns = shares(block.width, width), rows = shares(block.height, height);
    for (let row = 0, out = 0; row < height; row++) {
      for (let column = 0; column < width; column++, out += 3) {
        let red = 0, green = 0, blue = 0, total = 0;
        for (const [y, tall] of rows[row]) {
          for (const [x, wide] of columns[column]) {
            const at = 4 * (y * block.width + x), weight = tall * wide;
            red += weight * DECODE[pixels[at]];
            green += weight * DECODE[pixels[at + 1]];
            blue += weight * DECODE[pixels[at + 2]];
            total += weight;
          }
        }
        [red, green, blue].forEach((sum, channel) => { made.data[out + channel] = ENCODE[Math.round((STEPS * sum) / total)]; });
      }
    }
    this.reduced.set(block, made);
    return made;
  }
}

function pixelsOf(block) {
  const canvas = new OffscreenCanvas(block.width, block.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(block, 0, 0);
  return context.getImageData(0, 0, block.width, block.height).data;
}

// Which old pixels each new one is made of, and how much of them.
function shares(have, wanted) {
  return Array.from({ length: wanted }, (_, i) => {
    const [low, high] = [(i * have) / wanted, ((i + 1) * have) / wanted];
    const found = [];
    for (let at = Math.floor(low + 1e-6); at < high - 1e-6; at++) found.push([at, Math.min(high, at + 1) - Math.max(low, at)]);
    return found;
  });
}

// Bilinear places on a coarse grid, found once for both planes.
function growth(grid, width, height) {
  let at, beside, under, both, fx, fy;
  const place = (x, y) => {
    const gx = Math.min(grid.width - 1, Math.max(0, ((x + 0.5) * grid.width) / width - 0.5));
    const gy = Math.min(grid.height - 1, Math.max(0, ((y + 0.5) * grid.height) / height - 0.5));
    const [left, top] = [Math.floor(gx), Math.floor(gy)];
    const right = left + 1 < grid.width ? 1 : 0, lower = top + 1 < grid.height ? grid.width : 0;
    [fx, fy, at] = [gx - left, gy - top, top * grid.width + left];
    [beside, under, both] = [at + right, at + lower, at + right + lower];
  };
  place.read = ({ codes, least, step }, first = 0) => {
    const above = codes[first + at] + fx * (codes[first + beside] - codes[first + at]);
    const below = codes[first + under] + fx * (codes[first + both] - codes[first + under]);
    return least + step * (above + fy * (below - above));
  };
  return place;
}

function weight(t) {
  const a = -0.75;
  if (t <= 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return ((a * t - 5 * a) * t + 8 * a) * t - 4 * a;
}

function readCubic({ width, height, data }, u, v, out) {
  const x = (u - Math.floor(u)) * width - 0.5, y = (v - Math.floor(v)) * height - 0.5;
  const left = Math.floor(x), top = Math.floor(y);
  let red = 0, green = 0, blue = 0;
  for (let j = -1; j < 3; j++) {
    const down = weight(Math.abs(y - top - j));
    const row = ((top + j + 2 * height) % height) * width;
    for (let i = -1; i < 3; i++) {
      const share = down * weight(Math.abs(x - left - i));
      const at = 3 * (row + ((left + i + 2 * width) % width));
      red += share * data[at];
      green += share * data[at + 1];
      blue += share * data[at + 2];
    }
  }
  out[0] = decoded(red);
  out[1] = decoded(green);
  out[2] = decoded(blue);
}

const decoded = (code) => DECODE[code < 0 ? 0 : code > 255 ? 255 : Math.round(code)];

function shorter(before, here, after) {
  const [one, other] = [here - before, after - here];
  return Math.abs(Math.abs(one) - Math.abs(other)) > 0.5 * Math.min(Math.abs(one), Math.abs(other)) + 0.01
    ? (Math.abs(one) < Math.abs(other) ? one : other) : (one + other) / 2;
}

// Centimetres from one pixel to the next, as it is most often.
function usualSlope({ codes, step, width }) {
  const found = [];
  for (let at = width; at < codes.length; at += 97) found.push(Math.hypot(codes[at] - codes[at - 1], codes[at] - codes[at - width]) * step);
  found.sort((one, other) => one - other);
  return Math.max(1e-3, found[found.length >> 1]);
}
