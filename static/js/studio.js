// <studio-table>: sliders beside their numbers, a new preview while a hand moves one, inks recoloured at once. The page itself, its
// address included, follows by htmx when the hand lets go. Its words are attributes of the element.

import { layCloth, printInks, readPlanes } from "./studio-recolour.js";
import { fill } from "./words.js";

const PAUSE = 60; // ms of stillness before a new preview is asked for
const unfolded = new Set(); // which details stay open when the page comes again

class StudioTable extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("#studio-form");
    this.classList.add("is-live");
    this.#addSliders();
    this.form.addEventListener("input", (event) => this.#moved(event.target));
    this.form.addEventListener("change", (event) => { if ("quiet" in event.target.dataset) event.stopPropagation(); }, true);
    for (const field of this.form.elements) { // those that stand elsewhere on the page
      if (!this.form.contains(field)) field.addEventListener("change", () => this.form.dispatchEvent(new Event("change")));
    }
    this.addEventListener("keydown", (event) => this.#shortcut(event));
    this.form.addEventListener("htmx:configRequest", (event) => this.#unpress(event.detail));
    this.form.addEventListener("htmx:validation:halted", () => this.#say(this.dataset.sayOutOfRange));
    this.form.addEventListener("htmx:responseError", (event) => this.#refused(event.detail.xhr));
    this.form.addEventListener("htmx:sendError", () => this.#say(this.dataset.sayAway));
    for (const details of this.querySelectorAll("details[id]")) {
      details.open ||= unfolded.has(details.id);
      details.addEventListener("toggle", () => unfolded[details.open ? "add" : "delete"](details.id));
    }
    const inks = this.querySelector(".inks");
    for (const name of ["pointerenter", "focusin"]) inks?.addEventListener(name, () => this.#planes(), { once: true });
    this.timer = setTimeout(() => this.#show(this.dataset.preview)); // once htmx has put the preserved picture back
  }

  // The picture outlives the page around it (hx-preserve), so it is looked up when needed.
  get picture() { return this.querySelector("#picture"); }
  get image() { return this.picture.querySelector("img"); }
  get canvas() { return this.picture.querySelector("canvas"); }

  disconnectedCallback() {
    clearTimeout(this.timer);
    this.latest = undefined;
  }

  #addSliders() {
    for (const number of this.form.querySelectorAll("input[data-slider]")) {
      const range = document.createElement("input");
      range.type = "range";
      for (const name of ["min", "max", "step"]) range[name] = number[name];
      range.value = number.value;
      range.id = `${number.id}-slider`;
      range.setAttribute("aria-label", fill(this.dataset.saySlider, { name: number.labels[0].firstChild.textContent.trim() }));
      range.addEventListener("input", () => { number.value = range.value; });
      number.addEventListener("input", () => { range.value = number.value; });
      number.before(range);
    }
  }

  #moved(field) {
    if (field.type === "color") return this.#recolour();
    if (!field.matches("[type=range], [data-slider]")) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#preview(), PAUSE);
  }

  #preview() {
    if (!this.form.checkValidity()) return;
    const state = new URLSearchParams(new FormData(this.form));
    for (const name of ["h", "of", "degrees", "number"]) state.delete(name);
    return this.#show(`${this.dataset.live}?${state}`);
  }

  // Ctrl or Cmd with Z undoes, with Shift redoes, except where it undoes typing.
  #shortcut(event) {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey)) return;
    if (event.target.matches("input[type=number], input[type=text]")) return;
    event.preventDefault();
    this.querySelector(event.shiftKey ? "a#redo" : "a#undo")?.click();
  }

  // A Tab out of a changed field lands on a button, which htmx would then take for pressed.
  #unpress({ triggeringEvent, formData }) {
    if (triggeringEvent?.type !== "change") return;
    for (const button of this.form.elements) {
      if (button.type === "submit" && button.name) formData.delete(button.name);
    }
  }

  // The picture changes when the new one is there, never to nothing; a later wish overtakes an earlier one.
  async #show(address) {
    const request = (this.latest = Symbol("request"));
    if (this.image.getAttribute("src") === address && this.canvas.hidden) return;
    const next = new Image();
    next.src = address;
    this.picture.setAttribute("aria-busy", "true");
    const drawn = await next.decode().then(() => true, () => false);
    if (this.latest !== request) return;
    this.picture.removeAttribute("aria-busy");
    if (!drawn) return this.#say(this.dataset.sayNotDrawn);
    this.image.width = next.naturalWidth;
    this.image.height = next.naturalHeight;
    this.image.src = address;
    this.image.hidden = false;
    this.canvas.hidden = true;
    this.#say("");
  }

  #planes() {
    const count = this.dataset.inkNumbers.split(",").length;
    this.planes ??= readPlanes(this.dataset.inks, count, Number(this.dataset.ground));
    return this.planes;
  }

  async #recolour() {
    const planes = await this.#planes().catch(() => null);
    if (!planes) return; // the server's picture will come instead
    this.latest = undefined;
    const colours = this.dataset.inkNumbers.split(",").map((ink) => this.querySelector(`#ink-${ink}`).value);
    const { repeat, view } = this.dataset;
    layCloth(this.canvas, printInks(planes, colours), { tile: Number(this.dataset.tile), repeat, view });
    this.canvas.hidden = false;
    this.image.hidden = true;
  }

  #refused(answer) {
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    this.#say(page.querySelector("[role=alert], main p")?.textContent.trim() ?? this.dataset.sayFailed);
  }

  #say(text) {
    this.querySelector(".stage-note").textContent = text;
  }
}

customElements.define("studio-table", StudioTable);
