// The live picture over the picture after: it draws what the form says, with what was fetched once. It asks the server only for
// another garment or another fabric, and for a finer tile when the hand lies still.

import { clothOf, pictureAt, recoloured, sourcesOf, unfolded } from "./cloth.js";
import { isBlock, tileSize } from "./law.js";
import { isCloth, loadPack } from "./pack.js";
import { PlainPicture } from "./plain.js";
import { WebGLPicture } from "./webgl.js";

const STILL = 250; // ms after which a finer tile is fetched and, without WebGL, the picture drawn at full size
const SLOW = 30; // ms that a frame may be late
const COARSEST = 4;
const NUMBERS = ["cm", "rotation", "dx", "dy", "strength"];

export class LiveStage {
  // form: its state is what is shown. changed(isLive): the picture came, or went with its graphics context.
  constructor({ form, figure, before, live, fabrics, changed }) {
    Object.assign(this, { form, figure, before, live, fabrics, changed });
    this.isShown = false;
    this.worn = []; // for each layer { pack, block, repeat, key }
    this.image = figure.querySelector("img");
    this.exact = this.image.getAttribute("src"); // the server's picture, to go back to
    this.frames = 0; // drawn so far
    this.grain = 1; // pixels of the picture per pixel drawn now
    this.coarsest = 1; // and while a hand moves
    this.pending = 0; // fetches under way
  }

  // Resolves once the picture is there; rejects where it cannot be.
  async start() {
    await this.#dressAll(this.#layers());
    this.#makePicture();
    this.#draw();
    this.#show();
    this.update(); // with what was changed in the meantime
  }

  stop() {
    this.isStopped = true;
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.canvas?.remove();
  }

  // After any change of the form. False when the picture cannot follow by itself.
  update() {
    if (this.isStopped || !this.picture) return false;
    const layers = this.#layers();
    if (!layers.at(-1).garments.length) return false;
    this.#fetchMissing(layers);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#settle(), STILL);
    if (!this.frame) {
      this.askedAt = performance.now();
      this.frame = requestAnimationFrame(() => this.#draw(true));
    }
    return this.isShown;
  }

  // Nothing is under way: the picture is as exact as it gets.
  get isSettled() { return this.isShown && !this.timer && !this.frame && !this.pending && this.grain === 1; }

  // The picture once more, in full.
  redraw() {
    this.frame ??= requestAnimationFrame(() => this.#draw());
  }

  get pack() { return this.worn.at(-1)?.pack; }

  isCloth({ clientX, clientY }) {
    const place = this.canvas.getBoundingClientRect();
    const { pack } = this;
    return isCloth(pack, ((clientX - place.left) / place.width) * pack.width, ((clientY - place.top) / place.height) * pack.height);
  }

  // Pixels of the picture to one of the page.
  get pixelsOfPage() { return this.pack.width / this.canvas.getBoundingClientRect().width; }

  #layers() {
    const state = new FormData(this.form);
    const held = state.getAll("layer").map((text) => {
      const [names, cm, rotation, dx, dy, repeat, strength, ...fabric] = text.split(",");
      const look = { cm: +cm, rotation: +rotation, dx: +dx, dy: +dy, repeat, strength: +strength };
      return { garments: names.split("."), look, fabric: fabric.join(","), inks: new Map() };
    });
    const look = Object.fromEntries(NUMBERS.map((name) => [name, Number(state.get(name))]));
    if (state.has("inches")) look.cm = 2.54 * Number(state.get("inches"));
    look.repeat = state.get("repeat");
    const fabric = state.get("fabric");
    const inHand = { garments: state.getAll("garment"), plain: state.getAll("plain"), look, fabric, inks: this.#inks(state, fabric) };
    const layers = [...held, inHand];
    layers.forEach((layer, i) => { layer.packed = this.#packAddress(layer, layers.slice(0, i), state); });
    return layers;
  }

  // The inks that differ from the fabric's own.
  #inks(state, fabric) {
    const inks = new Map();
    if (state.get("inks-of") !== fabric) return inks;
    for (const field of this.form.querySelectorAll("input[type=color]")) {
      if (field.value !== field.dataset.start) inks.set(Number(field.name.slice(3)), field.value);
    }
    return inks;
  }

  #packAddress({ garments, plain = [] }, lower, state) {
    const query = new URLSearchParams();
    for (const name of garments) query.append("garment", name);
    for (const name of plain) query.append("plain", name);
    for (const name of lower.flatMap((layer) => layer.garments)) query.append("below", name);
    for (const name of ["v", "sure"]) if (state.get(name)) query.set(name, state.get(name));
    return `${this.live}?${query}`;
  }

  async #dressAll(layers) {
    this.worn = await Promise.all(layers.map(async (layer) => this.#dress(layer, await loadPack(layer.packed))));
  }

  // Other inks are printed here while they are being chosen, and fetched when that is done.
  async #dress(layer, pack, isStill = true) {
    const { fabric, inks, look: { repeat, cm } } = layer;
    if (inks.size && !isStill) {
      const block = await recoloured(await sourcesOf(this.fabrics, fabric), repeat, inks);
      return { pack, block, repeat, key: keyOf(layer, "printed") };
    }
    const size = tileSize(pack, cm);
    const block = await clothOf(await sourcesOf(this.fabrics, fabric, inks), repeat, size);
    return { pack, block, repeat, key: keyOf(layer, size) };
  }

  // Another garment, fabric, repeat or ink: fetched, and put on once it is there. A finer tile alone can wait.
  async #fetchMissing(layers, isStill = false) {
    const request = this.request = Symbol("request");
    const last = layers.at(-1);
    this.pending++;
    try {
      const pack = await loadPack(last.packed);
      const worn = this.worn.at(-1);
      const size = isStill || pack !== worn.pack || changedCloth(last, worn) ? tileSize(pack, last.look.cm) : null;
      if (size === null || (keyOf(last, size) === worn.key && pack === worn.pack)) return;
      await this.#quickly(last, pack, request);
      const made = await this.#dress(last, pack, isStill);
      if (this.request === request) this.#wear(made);
    } catch (error) {
      if (this.request === request && !this.isStopped) this.#hide(error);
    } finally {
      this.pending--;
    }
  }

  // The swatch itself is good enough until the right size has come.
  async #quickly(layer, pack, request) {
    const swatch = this.form.querySelector(`.swatch input[value="${CSS.escape(layer.fabric)}"] + img`);
    const { repeat } = layer.look;
    if (!swatch || layer.inks.size || isBlock(repeat) || !changedCloth(layer, this.worn.at(-1))) return;
    const block = unfolded(await pictureAt(swatch.src), repeat);
    if (this.request === request) this.#wear({ pack, block, repeat, key: keyOf(layer, "swatch") });
  }

  #wear(made) {
    if (this.isStopped) return;
    this.worn = [...this.worn.slice(0, -1), made];
    this.redraw();
  }

  #settle() {
    this.timer = undefined;
    const layers = this.#layers();
    if (layers.at(-1).garments.length) this.#fetchMissing(layers, true);
    this.figure.parentElement.classList.remove("is-moving");
    if (this.grain > 1) this.redraw();
  }

  #makePicture() {
    const canvas = () => Object.assign(document.createElement("canvas"), { className: "live" });
    this.canvas = canvas();
    try {
      this.picture = new WebGLPicture(this.canvas, (isBack) => this.#contextChanged(isBack));
      this.#drawLayers();
    } catch (error) {
      this.whyPlain = error.message;
      this.canvas = canvas();
      this.picture = new PlainPicture(this.canvas);
      this.isPlain = true;
      this.coarsest = 2;
    }
    this.canvas.setAttribute("aria-hidden", "true");
    this.figure.querySelector("img").after(this.canvas);
  }

  #contextChanged(isBack) {
    if (!isBack) return this.#hide();
    this.#draw();
    this.#show();
  }

  #draw(isMoving = false) {
    this.frame = undefined;
    if (this.isStopped || this.picture.isLost) return;
    this.grain = isMoving ? this.#grainOfMoving() : 1;
    this.figure.parentElement.classList.toggle("is-moving", isMoving);
    this.#drawLayers();
    this.frames++;
  }

  // Where frames come later than a hand likes, it sees less detail until it lies still.
  #grainOfMoving() {
    const late = performance.now() - this.askedAt; // ms from the wish to the frame, in which earlier frames are still being drawn
    this.pace = 0.6 * (this.pace ?? 0) + 0.4 * late;
    if (this.pace > SLOW && this.coarsest < COARSEST) {
      this.coarsest++;
      this.pace = 0;
    }
    return this.coarsest;
  }

  #drawLayers() {
    const layers = this.#layers();
    const drawn = this.worn.map(({ pack, block, repeat }, i) => ({ pack, block, look: { ...layers[i].look, repeat } }));
    this.picture.draw(drawn, this.grain);
  }

  // Outside the cloth the live picture is empty: the picture before shows through, whole.
  #show() {
    if (this.isStopped) return;
    this.isShown = true;
    this.image.src = this.before;
    this.canvas.hidden = false;
    this.changed(true);
  }

  #hide(error) {
    this.isShown = false;
    if (this.canvas) this.canvas.hidden = true;
    this.image.src = this.exact;
    this.changed(false, error);
  }
}

const clothKey = ({ fabric, inks, look: { repeat } }) => JSON.stringify([fabric, repeat, [...inks]]);
const keyOf = (layer, size) => `${clothKey(layer)} ${size}`;
const changedCloth = (layer, worn) => !worn.key.startsWith(`${clothKey(layer)} `);
