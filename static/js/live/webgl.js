// The live picture in WebGL2: one pass over the garments' box, in linear light, opaque where there is cloth and empty elsewhere.

import { layFabric } from "./law.js";

const CORNERS = `#version 300 es
in vec2 corner;
uniform vec4 corners; // left, top, right, bottom in clip space
void main() { gl_Position = vec4(mix(corners.xy, corners.zw, corner), 0.0, 1.0); }`;

// Averages the block to the size at which it is read: exact areas in linear light.
const REDUCE = `#version 300 es
precision highp float;
uniform sampler2D source;
uniform vec2 size; // of the reduced block
out vec4 colour;
float encode(float c) { return c <= 0.0031308 ? 12.92 * c : 1.055 * pow(c, 1.0 / 2.4) - 0.055; }
void main() {
  vec2 have = vec2(textureSize(source, 0));
  vec2 low = floor(gl_FragCoord.xy) * have / size, high = (floor(gl_FragCoord.xy) + 1.0) * have / size;
  ivec2 first = ivec2(floor(low + 1e-4)), last = ivec2(ceil(high - 1e-4));
  vec3 sum = vec3(0.0);
  float total = 0.0;
  for (int y = first.y; y < last.y; y++) {
    float tall = min(high.y, float(y + 1)) - max(low.y, float(y));
    for (int x = first.x; x < last.x; x++) {
      float weight = tall * (min(high.x, float(x + 1)) - max(low.x, float(x)));
      sum += weight * texelFetch(source, ivec2(x, y), 0).rgb; // sRGB texture: linear light
      total += weight;
    }
  }
  vec3 light = sum / total;
  colour = vec4(encode(light.r), encode(light.g), encode(light.b), 1.0);
}`;

// Layers from the lowest to the highest; each with its mask and light, its bend or map, what lies behind its edge, its cloth.
// Coarse: with curves near those of sRGB (within one code) and plain reads of the cloth, for machines that draw without a graphics card.
const shader = (kinds, coarse) => `#version 300 es
precision highp float;
uniform vec2 picture; // width, height
uniform vec2 grain; // pixels of the picture per pixel drawn
uniform float knee[${kinds.length}], white[${kinds.length}], leastLight[${kinds.length}], lightStep[${kinds.length}], bend[${kinds.length}], lie[${kinds.length}], pieces[${kinds.length}];
uniform vec4 box[${kinds.length}]; // left, top, width, height
uniform vec4 turn[${kinds.length}]; // cosine, sine, period
uniform vec2 start[${kinds.length}];
${kinds.map((_, i) => `uniform sampler2D mask${i}, behind${i}, where${i}, cloth${i};`).join("\n")}
out vec4 shown;

${coarse ? `
vec3 decode(vec3 c) { return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878); }
vec3 encode(vec3 c) { vec3 a = sqrt(c), b = sqrt(a); return 0.662002687 * a + 0.684122060 * b - 0.323583601 * sqrt(b) - 0.0225411470 * c; }
` : `
vec3 decode(vec3 c) { return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
vec3 encode(vec3 c) { return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c)); }
`}
vec4 weights(float t) { // cubic as the server's (a = -0.75)
  const float a = -0.75;
  float s = 1.0 - t, far = 1.0 + t, last = 2.0 - t;
  float w0 = ((a * far - 5.0 * a) * far + 8.0 * a) * far - 4.0 * a;
  float w1 = ((a + 2.0) * t - (a + 3.0)) * t * t + 1.0;
  float w2 = ((a + 2.0) * s - (a + 3.0)) * s * s + 1.0;
  return vec4(w0, w1, w2, 1.0 - w0 - w1 - w2);
}
// Nine bilinear reads for sixteen: the two middle ones of each direction lie side by side.
vec3 cubic(sampler2D cloth, vec2 at) {
  ${coarse ? "return textureLod(cloth, at, 0.0).rgb;" : ""}
  vec2 size = vec2(textureSize(cloth, 0)), place = at * size - 0.5, whole = floor(place), rest = place - whole;
  vec4 x = weights(rest.x), y = weights(rest.y);
  float midX = x.y + x.z, midY = y.y + y.z;
  vec3 column = vec3(-0.5, 0.5 + x.z / midX, 2.5), row = vec3(-0.5, 0.5 + y.z / midY, 2.5);
  vec3 across = vec3(x.x, midX, x.w), down = vec3(y.x, midY, y.w);
  vec3 sum = vec3(0.0);
  for (int j = 0; j < 3; j++) for (int i = 0; i < 3; i++)
    sum += across[i] * down[j] * textureLod(cloth, (whole + vec2(column[i], row[j])) / size, 0.0).rgb;
  return clamp(sum, 0.0, 1.0);
}
// Cloth whose every point is known: the mean of nine points of the pixel, from the level of the pyramid that fits them.
vec2 pointAt(sampler2D map, ivec2 at) { return texelFetch(map, clamp(at, ivec2(0), textureSize(map, 0) - 1), 0).rg; }
vec2 slope(sampler2D map, ivec2 at, ivec2 way) {
  vec2 here = pointAt(map, at), before = here - pointAt(map, at - way), after = pointAt(map, at + way) - here;
  float one = length(before), other = length(after);
  bool far = max(one, other) > 1.5 * min(one, other) + 0.01;
  return far ? (one <= other ? before : after) : 0.5 * (before + after);
}
vec2 turned(vec2 p, vec4 turn) { return vec2(turn.x * p.x + turn.y * p.y, turn.x * p.y - turn.y * p.x) / turn.zw; }
vec3 wrapped(sampler2D map, sampler2D cloth, vec2 at, vec4 turn, vec2 start) {
  ivec2 pixel = ivec2(floor(at));
  vec2 middle = turned(pointAt(map, pixel), turn) + start;
  vec2 x = turned(slope(map, pixel, ivec2(1, 0)), turn), y = turned(slope(map, pixel, ivec2(0, 1)), turn);
  vec2 size = vec2(textureSize(cloth, 0)), ax = x * size, ay = y * size;
  float half_ = 0.5 * (dot(ax, ax) + dot(ay, ay)), area = ax.x * ay.y - ax.y * ay.x;
  float root = sqrt(max(half_ * half_ - area * area, 0.0));
  float narrow = sqrt(max(half_ - root, 1e-8)), wide = sqrt(half_ + root);
  float level = log2(max(max(narrow, wide / 4.5) / 2.0, 1.0));
  vec3 sum = vec3(0.0);
  for (int j = -1; j < 2; j++) for (int i = -1; i < 2; i++)
    sum += textureLod(cloth, middle + float(i) / 3.0 * x + float(j) / 3.0 * y, level).rgb; // sRGB texture: linear light
  return sum / 9.0;
}
// The grids of a garment's pieces lie one below the other; none is read beyond its own.
vec4 shiftAt(sampler2D where, vec2 at, float piece, float pieces) {
  float half_ = 0.5 * pieces / float(textureSize(where, 0).y);
  return texture(where, vec2(at.x, (piece + clamp(at.y, half_, 1.0 - half_)) / pieces));
}
vec3 rolledOff(vec3 lit, float knee) {
  vec3 excess = max(lit - knee, 0.0) / (1.0 - knee);
  return min(lit, knee) + (1.0 - knee) * excess / sqrt(1.0 + excess * excess);
}

void main() {
  vec2 pixel = vec2(gl_FragCoord.x, 0.0) * grain;
  pixel.y = picture.y - gl_FragCoord.y * grain.y;
  vec3 so = vec3(0.0), below = vec3(0.0); // so far in linear light, and the topmost cloth without its edge
  float covered = 0.0;
${kinds.map((kind, i) => layer(kind, i)).join("")}
  if (covered == 0.0) discard;
  shown = vec4(encode(clamp(so, 0.0, 1.0)), 1.0);
}`;

const layer = (kind, i) => `
  {
    vec2 at = pixel - box[${i}].xy;
    if (all(greaterThanEqual(at, vec2(0.0))) && all(lessThan(at, box[${i}].zw))) {
      vec4 stored = texelFetch(mask${i}, ivec2(at), 0);
      float alpha = stored.a;
      if (alpha > 0.0) {
        float light = exp(leastLight[${i}] + lightStep[${i}] * floor(255.0 * stored.r + 256.0 * 255.0 * stored.g + 0.5));
        ${kind === "map"
    ? `vec3 flat_ = wrapped(where${i}, cloth${i}, at, turn[${i}], start[${i}]);`
    : `vec4 shift = shiftAt(where${i}, at / box[${i}].zw, floor(255.0 * texelFetch(behind${i}, ivec2(at), 0).a + 0.5), pieces[${i}]);
        vec2 moved = pixel - 0.5 * picture + bend[${i}] * shift.rg + lie[${i}] * shift.ba;
        vec3 flat_ = decode(cubic(cloth${i}, turned(moved, turn[${i}]) + start[${i}]));`}
        vec3 before = so, lit = flat_ * light * white[${i}];
        vec3 cloth = knee[${i}] < 1.0 ? rolledOff(lit, knee[${i}]) : min(lit, 1.0);
        so = cloth;
        if (alpha < 1.0) {
          vec3 rest = decode(texelFetch(behind${i}, ivec2(at), 0).rgb);
          if (covered > 0.0) rest = mix(before, mix(rest, below, stored.b), min(4.0 * alpha, 1.0));
          so = mix(rest, cloth, alpha);
        }
        below = cloth;
        covered = 1.0;
      }
    }
  }
`;

export class WebGLPicture {
  // Throws where there is no WebGL2.
  constructor(canvas, lost) {
    this.canvas = canvas;
    const gl = canvas.getContext("webgl2", { alpha: true, premultipliedAlpha: true, antialias: false, depth: false });
    if (!gl) throw new Error("no WebGL2");
    this.gl = gl;
    canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); this.#forget(); lost(false); });
    canvas.addEventListener("webglcontextrestored", () => { this.#begin(); lost(true); });
    this.#begin();
  }

  #begin() {
    const { gl } = this;
    this.#forget();
    this.square = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.square);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.disable(gl.DITHER);
    this.target = gl.createFramebuffer();
  }

  #forget() {
    this.programs = new Map();
    this.packs = new Map();
    this.sources = new Map();
    this.reduced = [];
  }

  get isLost() { return this.gl.isContextLost(); }

  // layers: [{ pack, look, block }] from the lowest to the highest; blocks are pictures with width and height. grain: pixels of the
  // picture per pixel drawn.
  draw(layers, grain = 1) {
    const { gl, canvas } = this;
    const [first] = layers;
    const [width, height] = [Math.ceil(first.pack.width / grain), Math.ceil(first.pack.height / grain)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const drawn = layers.map(({ pack, look, block }, i) => {
      const lay = layFabric(pack, look, block, grain);
      const cloth = pack.map ? this.#source(block) : this.#reduce(i, block, lay.reduced);
      return { pack, lay, cloth, textures: this.#texturesOf(pack) };
    });
    this.#forgetSources(layers);
    const kinds = drawn.map(({ pack }) => (pack.map ? "map" : "shift"));
    const program = this.#program(`${kinds} ${grain > 1}`, CORNERS, shader(kinds, grain > 1));
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.useProgram(program.made);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    const place = (name) => program.place(name);
    gl.uniform2f(place("picture"), first.pack.width, first.pack.height);
    gl.uniform2f(place("grain"), first.pack.width / canvas.width, first.pack.height / canvas.height);
    drawn.forEach(({ pack, lay, cloth, textures }, i) => {
      const [top, bottom, left, right] = pack.box;
      gl.uniform4f(place(`box[${i}]`), left, top, right - left, bottom - top);
      gl.uniform1f(place(`knee[${i}]`), pack.knee ?? 1);
      gl.uniform1f(place(`white[${i}]`), pack.white);
      gl.uniform1f(place(`leastLight[${i}]`), pack.planes.light.least);
      gl.uniform1f(place(`lightStep[${i}]`), pack.planes.light.step);
      gl.uniform1f(place(`bend[${i}]`), lay.bend);
      gl.uniform1f(place(`lie[${i}]`), lay.lie);
      gl.uniform1f(place(`pieces[${i}]`), pack.pieces ?? 1);
      gl.uniform4f(place(`turn[${i}]`), lay.cosine, lay.sine, ...lay.period);
      gl.uniform2f(place(`start[${i}]`), ...lay.start);
      [textures.mask, textures.behind, textures.where, cloth].forEach((texture, number) => {
        gl.activeTexture(gl.TEXTURE0 + 4 * i + number);
        gl.bindTexture(gl.TEXTURE_2D, texture);
        gl.uniform1i(place(`${["mask", "behind", "where", "cloth"][number]}${i}`), 4 * i + number);
      });
    });
    gl.uniform4f(place("corners"), ...this.#around(drawn));
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  // The smallest rectangle with all garments in it, in clip space.
  #around(drawn) {
    const boxes = drawn.map(({ pack }) => pack.box);
    const { width, height } = drawn[0].pack;
    const top = Math.min(...boxes.map((box) => box[0])), bottom = Math.max(...boxes.map((box) => box[1]));
    const left = Math.min(...boxes.map((box) => box[2])), right = Math.max(...boxes.map((box) => box[3]));
    return [(2 * left) / width - 1, 1 - (2 * bottom) / height, (2 * right) / width - 1, 1 - (2 * top) / height];
  }

  #reduce(layer, block, [width, height]) {
    const { gl } = this;
    const known = this.reduced[layer];
    if (known?.block === block && known.width === width && known.height === height) return known.texture;
    const source = this.#source(block);
    const texture = known?.texture ?? gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    if (known?.width !== width || known?.height !== height) {
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
      this.#filter(gl.LINEAR, gl.REPEAT);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.target);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    gl.viewport(0, 0, width, height);
    const program = this.#program("reduce", CORNERS, REDUCE);
    gl.useProgram(program.made);
    gl.bindTexture(gl.TEXTURE_2D, source);
    gl.uniform1i(program.place("source"), 0);
    gl.uniform2f(program.place("size"), width, height);
    gl.uniform4f(program.place("corners"), -1, -1, 1, 1);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    this.reduced[layer] = { block, width, height, texture };
    return texture;
  }

  #source(block) {
    const { gl } = this;
    if (!this.sources.has(block)) {
      const texture = this.#texture(gl.SRGB8_ALPHA8, gl.RGBA, gl.UNSIGNED_BYTE, block);
      gl.generateMipmap(gl.TEXTURE_2D);
      this.#filter(gl.LINEAR, gl.REPEAT, gl.LINEAR_MIPMAP_LINEAR);
      this.sources.set(block, texture);
    }
    return this.sources.get(block);
  }

  // Cloth that is not on any more need not stay on the graphics card; the few latest may be asked for again.
  #forgetSources(layers) {
    const worn = new Set(layers.map(({ block }) => block));
    for (const [block, texture] of this.sources) {
      if (this.sources.size <= 8) break;
      if (worn.has(block)) continue;
      this.gl.deleteTexture(texture);
      this.sources.delete(block);
    }
  }

  #texturesOf(pack) {
    if (this.packs.has(pack)) return this.packs.get(pack);
    const { gl } = this;
    const { alpha, light, red, green, blue, under, piece } = pack.planes;
    const count = alpha.codes.length;
    const masks = new Uint8Array(4 * count), behind = new Uint8Array(4 * count);
    for (let i = 0, at = 0; i < count; i++, at += 4) {
      masks[at] = light.codes[i] & 255;
      masks[at + 1] = light.codes[i] >> 8;
      masks[at + 2] = under?.codes[i] ?? 0;
      masks[at + 3] = alpha.codes[i];
      behind[at] = red.codes[i];
      behind[at + 1] = green.codes[i];
      behind[at + 2] = blue.codes[i];
      behind[at + 3] = piece?.codes[i] ?? 0;
    }
    const size = [alpha.width, alpha.height];
    const made = {
      mask: this.#plain(gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, size, masks, gl.NEAREST),
      behind: this.#plain(gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, size, behind, gl.NEAREST),
      where: this.#where(pack),
    };
    for (const [old, textures] of this.packs) {
      if (this.packs.size < 6) break;
      Object.values(textures).forEach((texture) => gl.deleteTexture(texture));
      this.packs.delete(old);
    }
    this.packs.set(pack, made);
    return made;
  }

  // Shifts are few and smooth, and enlarged by the graphics card; a map has a point for every pixel.
  #where(pack) {
    const { gl } = this;
    const names = pack.map ? ["u", "v"] : ["across", "down", "lie_across", "lie_down"];
    const planes = names.map((name) => pack.planes[name]);
    const { width, height } = planes.at(-1); // the folds are the same for all pieces
    const values = new Float32Array(planes.length * width * height);
    planes.forEach(({ codes, step, least }, part) => {
      for (let i = 0; i < width * height; i++) values[planes.length * i + part] = least + step * codes[i % codes.length];
    });
    if (pack.map) return this.#plain(gl.RG32F, gl.RG, gl.FLOAT, [width, height], values, gl.NEAREST);
    return this.#plain(gl.RGBA16F, gl.RGBA, gl.FLOAT, [width, height], values, gl.LINEAR);
  }

  #plain(inside, format, type, [width, height], values, filter) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, width, height, 0, format, type, values);
    this.#filter(filter, gl.CLAMP_TO_EDGE);
    return texture;
  }

  #texture(inside, format, type, picture) {
    const { gl } = this;
    const texture = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, inside, format, type, picture);
    return texture;
  }

  #filter(filter, wrap, smaller = filter) {
    const { gl } = this;
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smaller);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, wrap);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, wrap);
  }

  #program(name, corners, pixels) {
    const { gl } = this;
    if (!this.programs.has(name)) {
      const made = gl.createProgram();
      for (const [kind, text] of [[gl.VERTEX_SHADER, corners], [gl.FRAGMENT_SHADER, pixels]]) {
        const part = gl.createShader(kind);
        gl.shaderSource(part, text);
        gl.compileShader(part);
        gl.attachShader(made, part);
      }
      gl.bindAttribLocation(made, 0, "corner");
      gl.linkProgram(made);
      if (!gl.getProgramParameter(made, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(made) || "shader");
      const places = new Map();
      const place = (each) => {
        if (!places.has(each)) places.set(each, gl.getUniformLocation(made, each));
        return places.get(each);
      };
      this.programs.set(name, { made, place });
    }
    return this.programs.get(name);
  }
}
