// <try-on>: the picture follows the form while a hand moves it, drawn here when it can be (live/), by the server when not.
// The form's state stays in the address; the server draws what is kept.

import { listen } from "./live/gestures.js";
import { sourcesOf } from "./live/cloth.js";
import { LiveStage } from "./live/stage.js";
import { fill, number, percent } from "./words.js";

const PAUSE = 180; // ms of stillness before the address follows, or a new preview is asked for
const CM_PER_INCH = 2.54;
const WIDEST = { cm: 80, inches: 32 }; // that the slider offers; wider ones are typed
const NUDGE = 0.025; // repeats that an arrow key moves the cloth

class TryOn extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.try-form");
    this.stage = this.querySelector(".stage");
    this.classList.add("is-live");
    this.#addSliders();
    this.querySelector("[data-reset]").hidden = false;
    this.form.addEventListener("input", () => this.#changed());
    this.form.addEventListener("click", (event) => this.#reset(event));
    this.querySelector("details.inks")?.addEventListener("toggle", () => this.#showInks());
    for (const chip of this.querySelectorAll(".chip[data-garment]")) {
      for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
        chip.addEventListener(name, () => this.#point(chip.dataset.garment, on));
      }
    }
    setTimeout(() => this.#begin()); // once <before-after> has put its figures in order
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.live?.stop();
    this.letGo?.();
  }

  async #begin() {
    const figure = this.querySelector("figure.after"), { live, fabric } = this.form.dataset;
    const before = this.querySelector("figure.before img")?.src;
    if (!figure || !before || !live || !("DecompressionStream" in window)) return;
    this.live = new LiveStage({
      form: this.form, figure, before, live, fabrics: fabric, changed: (isLive, error) => this.#liveChanged(isLive, error),
    });
    try {
      await this.live.start();
      this.#listen(this.querySelector("[data-before-after]"));
    } catch (error) {
      this.#liveChanged(false, error);
      this.live.stop();
      this.live = null;
    }
  }

  // data-live: "yes" while the browser draws. Then the server draws nothing until something is kept.
  #liveChanged(isLive, error) {
    this.dataset.live = isLive ? "yes" : "no";
    if (!isLive && error && this.isConnected) this.#changed();
  }

  #listen(box) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", this.dataset.sayPicture);
    this.querySelector(".live-help").hidden = false;
    this.letGo = listen(box, {
      isCloth: (point) => this.live.isShown && this.live.isCloth(point),
      move: (x, y) => this.#moveBy(x * this.live.pixelsOfPage, y * this.live.pixelsOfPage),
      nudge: (x, y) => this.#shift(NUDGE * x, NUDGE * y),
      resize: (factor) => this.#set(this.#width, this.#number(this.#width) * factor),
      turn: (degrees) => this.#set("rotation", ((this.#number("rotation") + degrees + 540) % 360) - 180),
      done: (byKey) => this.#settled(byKey),
    });
  }

  // Pixels of the picture, as repeats along the pattern's own axes.
  #moveBy(x, y) {
    const angle = (this.#number("rotation") * Math.PI) / 180;
    const cm = this.#number(this.#width) * (this.#width === "cm" ? 1 : CM_PER_INCH);
    const tile = cm * this.live.pack.px_per_cm;
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    this.#shift((cosine * x + sine * y) / tile, (cosine * y - sine * x) / tile);
  }

  #shift(x, y) {
    for (const [name, by] of [["dx", x], ["dy", y]]) {
      const to = this.#number(name) + by;
      this.#set(name, to - 2 * Math.floor((to + 1) / 2)); // two repeats on, every pattern is itself again
    }
  }

  // The field of the width: it is given in centimetres or in inches.
  get #width() { return this.form.elements.cm ? "cm" : "inches"; }

  #number(name) {
    return this.exactly?.[name] ?? Number(this.form.elements[name].value);
  }

  // A hand is finer than a field's steps: what it means is kept until it lets go.
  #set(name, value) {
    const field = this.form.elements[name];
    const within = Math.min(Number(field.max), Math.max(Number(field.min), value));
    this.exactly = { ...this.exactly, [name]: within };
    field.value = String(Number(within.toFixed(4)));
    this.#followSlider(field);
    this.live.update();
  }

  #settled(byKey) {
    for (const name of Object.keys(this.exactly ?? {})) {
      const field = this.form.elements[name], step = Number(field.step), least = Number(field.min);
      const value = least + Math.round((Number(field.value) - least) / step) * step;
      field.value = String(Number(Math.min(Number(field.max), value).toFixed(4)));
      this.#followSlider(field);
    }
    this.exactly = null;
    this.#changed();
    if (byKey) this.#say(this.#placeInWords());
  }

  #placeInWords() {
    const [width, turn, dx, dy] = [this.#width, "rotation", "dx", "dy"].map((name) => this.#number(name));
    return fill(this.dataset.sayPlace, { width: number(width), turn: number(turn), right: number(dx), down: number(dy) });
  }

  #followSlider(field) {
    const range = field.parentElement.querySelector("input[type=range]");
    if (range) range.value = field.value;
  }

  #addSliders() {
    for (const field of this.form.querySelectorAll(".field input[type=number]")) {
      const range = document.createElement("input");
      range.type = "range";
      for (const name of ["min", "max", "step"]) range[name] = field[name];
      if (field.name in WIDEST) range.max = WIDEST[field.name];
      range.value = field.value;
      range.setAttribute("aria-label", fill(this.dataset.saySlider, { field: field.labels[0].textContent }));
      range.addEventListener("input", () => { field.value = range.value; });
      field.addEventListener("input", () => { range.value = field.value; });
      field.before(range);
    }
  }

  #reset(event) {
    if (!event.target.matches("[data-reset]")) return;
    for (const field of this.form.querySelectorAll(".field input[type=number], .field select")) {
      field.value = field.dataset.start;
      this.#followSlider(field);
    }
    this.#changed();
  }

  #point(garment, on) {
    this.querySelector(`.outlines [data-garment="${garment}"]`)?.classList.toggle("is-pointed", on);
  }

  #changed() {
    clearTimeout(this.timer);
    const state = new FormData(this.form);
    this.#markOutlines(state.getAll("garment"));
    this.#offerInks(state.get("fabric"));
    const isLive = this.form.checkValidity() && this.live?.update();
    this.timer = setTimeout(() => this.#follow(isLive), PAUSE);
  }

  // The address, the form that keeps, and without live drawing the picture too.
  async #follow(isLive) {
    const state = new URLSearchParams(new FormData(this.form));
    if (!this.form.checkValidity()) return this.#say(this.dataset.sayRange);
    if (!state.has("garment")) return this.#say(this.dataset.sayNone);
    if (!this.querySelector(".after img")) return this.form.requestSubmit(); // the first preview brings new parts of the page with it
    if (!(isLive || await this.#preview(state))) return;
    this.#say("");
    history.replaceState(history.state, "", `${this.form.getAttribute("action")}?${state}`);
    this.#carry(state);
  }

  // The server's picture of this state; false when a later wish overtook it or it could not be drawn.
  async #preview(state) {
    const shown = this.querySelector(".after img");
    const request = (this.request = Symbol("request"));
    this.stage.setAttribute("aria-busy", "true");
    const next = new Image();
    next.src = `${this.form.dataset.preview}?${state}`;
    const drawn = await next.decode().then(() => true, () => false);
    if (this.request !== request) return false;
    this.stage.removeAttribute("aria-busy");
    if (this.live?.isShown) return true; // it came to be drawn here while the server drew
    if (drawn) shown.src = next.src;
    else this.#say(this.dataset.sayNotDrawn);
    return drawn;
  }

  #markOutlines(chosen) {
    for (const outline of this.querySelectorAll(".outlines [data-garment]")) {
      outline.classList.toggle("is-chosen", chosen.includes(outline.dataset.garment));
    }
  }

  #offerInks(fabric) {
    const inks = this.querySelector("details.inks");
    if (inks && inks.querySelector("[name=inks-of]")?.value !== fabric) this.#showInks();
  }

  // The inks of the fabric that is on, each with its colour.
  async #showInks() {
    const details = this.querySelector("details.inks"), list = details.querySelector(".ink-list");
    const fabric = new FormData(this.form).get("fabric");
    if (list.querySelector("[name=inks-of]")?.value === fabric) return;
    list.replaceChildren();
    if (!details.open) return;
    const source = await sourcesOf(this.form.dataset.fabric, fabric).catch(() => null);
    if (!source || new FormData(this.form).get("fabric") !== fabric || list.firstChild) return;
    const owner = Object.assign(document.createElement("input"), { type: "hidden", name: "inks-of", value: fabric });
    list.append(owner, ...source.inks.map(({ number, colour, share }, i) => {
      const label = Object.assign(document.createElement("label"), { className: "ink" });
      const input = Object.assign(document.createElement("input"), { type: "color", name: `ink${number}`, value: colour });
      input.dataset.start = colour;
      const part = Object.assign(document.createElement("small"), { textContent: percent(share) });
      const name = Object.assign(document.createElement("span"), { className: "visually-hidden", textContent: `${fill(this.dataset.sayInk, { number: i + 1 })}, ` });
      label.append(input, name, part);
      return label;
    }));
  }

  // The form that keeps the result carries the same state as the one that shows it.
  #carry(state) {
    const keep = this.querySelector(".keep-form");
    for (const input of keep.querySelectorAll("input:not([name=csrfmiddlewaretoken])")) input.remove();
    for (const [name, value] of state) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      keep.append(input);
    }
    for (const link of this.querySelectorAll("a[data-carries]")) link.search = `?${state}`;
  }

  #say(text) {
    this.querySelector(".stage-note").textContent = text;
  }
}

customElements.define("try-on", TryOn);
