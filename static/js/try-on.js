// <try-on>: the preview follows the form while a hand moves a slider. The form's state stays in the address.

const PAUSE = 180; // ms of stillness before a new preview is asked for

class TryOn extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form.try-form");
    this.stage = this.querySelector(".stage");
    this.classList.add("is-live");
    this.#addSliders();
    this.querySelector("[data-reset]").hidden = false;
    this.form.addEventListener("input", () => this.#soon());
    this.form.addEventListener("click", (event) => this.#reset(event));
    for (const chip of this.querySelectorAll(".chip[data-garment]")) {
      for (const [name, on] of [["pointerenter", true], ["pointerleave", false], ["focusin", true], ["focusout", false]]) {
        chip.addEventListener(name, () => this.#point(chip.dataset.garment, on));
      }
    }
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  #addSliders() {
    for (const number of this.form.querySelectorAll(".field input[type=number]")) {
      const range = document.createElement("input");
      range.type = "range";
      for (const name of ["min", "max", "step"]) range[name] = number[name];
      range.value = number.value;
      range.setAttribute("aria-label", `${number.labels[0].textContent} (slider)`);
      range.addEventListener("input", () => { number.value = range.value; });
      number.addEventListener("input", () => { range.value = number.value; });
      number.before(range);
    }
  }

  #reset(event) {
    if (!event.target.matches("[data-reset]")) return;
    for (const field of this.form.querySelectorAll(".field input[type=number], .field select")) {
      field.value = field.dataset.start;
      const range = field.parentElement.querySelector("input[type=range]");
      if (range) range.value = field.value;
    }
    this.#soon();
  }

  #point(garment, on) {
    this.querySelector(`.outlines [data-garment="${garment}"]`)?.classList.toggle("is-pointed", on);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#update(), PAUSE);
  }

  async #update() {
    const shown = this.querySelector(".after img");
    const state = new URLSearchParams(new FormData(this.form));
    this.#markOutlines(state.getAll("garment"));
    if (!this.form.checkValidity()) return this.#say("A number is out of its range. The picture shows the last one that was not.");
    if (!state.has("garment")) return this.#say("Choose at least one garment.");
    if (!shown) return this.form.requestSubmit(); // the first preview brings new parts of the page with it
    const request = Symbol("request");
    this.request = request;
    this.stage.setAttribute("aria-busy", "true");
    const next = new Image();
    next.src = `${this.form.dataset.preview}?${state}`;
    try {
      await next.decode();
    } catch {
      if (this.request === request) {
        this.stage.removeAttribute("aria-busy");
        this.#say("The picture could not be drawn just now. Try again in a moment.");
      }
      return;
    }
    if (this.request !== request) return; // a later wish overtook this one
    shown.src = next.src;
    this.stage.removeAttribute("aria-busy");
    this.#say("");
    history.replaceState(history.state, "", `${this.form.getAttribute("action")}?${state}`);
    this.#carry(state);
  }

  #markOutlines(chosen) {
    for (const outline of this.querySelectorAll(".outlines [data-garment]")) {
      outline.classList.toggle("is-chosen", chosen.includes(outline.dataset.garment));
    }
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
  }

  #say(text) {
    this.querySelector(".stage-note").textContent = text;
  }
}

customElements.define("try-on", TryOn);
